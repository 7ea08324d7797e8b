//! A table while its tags are read.

use html5gum::StartTag;

use super::elements::{attribute, span};
use crate::error::ImportError;
use crate::grid::{Grid, GridCell};
use crate::grid_builder::{GridBuilder, SpanStyle};
use crate::passage::{Passage, PassageKind};
use crate::text::CellText;

/// A table that is open.
pub(super) struct OpenTable {
    builder: GridBuilder,
    label: Option<String>,
    passages: Vec<Passage>,
    cell: Option<OpenCell>,
    is_row_open: bool,
    is_head: bool,
    is_foot: bool,
    has_cells: bool,
    /// Tables within the open cell.
    pub nested: usize,
}

struct OpenCell {
    cell: GridCell,
    columns: usize,
    rows: usize,
    is_hidden: bool,
}

impl OpenTable {
    /// A table with its start tag, and what is said about it so far.
    pub fn new(tag: &StartTag<usize>, passages: Vec<Passage>) -> Self {
        OpenTable {
            builder: GridBuilder::new(SpanStyle::Absent),
            label: attribute(tag, "id"),
            passages,
            cell: None,
            is_row_open: false,
            is_head: false,
            is_foot: false,
            has_cells: false,
            nested: 0,
        }
    }

    /// Begins `thead`, `tbody` or `tfoot`.
    pub fn part(&mut self, name: &str, text: CellText) -> Result<(), ImportError> {
        self.end_row(text)?;
        self.is_head = name == "thead";
        self.is_foot = name == "tfoot";
        Ok(())
    }

    /// Begins a row; an open one ends with `text` in its last cell.
    pub fn row(&mut self, text: CellText) -> Result<(), ImportError> {
        self.end_row(text)?;
        self.builder.row(self.is_head)?;
        self.is_row_open = true;
        Ok(())
    }

    /// Begins a cell; an open one ends with `text`.
    pub fn begin_cell(
        &mut self,
        tag: &StartTag<usize>,
        is_header: bool,
        is_hidden: bool,
        text: CellText,
    ) -> Result<(), ImportError> {
        self.end_cell(text)?;
        if !self.is_row_open {
            self.builder.row(self.is_head)?;
            self.is_row_open = true;
        }
        self.cell = Some(OpenCell {
            cell: GridCell {
                is_header,
                ..GridCell::default()
            },
            columns: span(tag, "colspan"),
            rows: span(tag, "rowspan"),
            is_hidden,
        });
        Ok(())
    }

    /// Whether text belongs to a cell.
    pub fn is_in_cell(&self) -> bool {
        self.cell.is_some()
    }

    /// Ends the open cell.
    pub fn end_cell(&mut self, text: CellText) -> Result<(), ImportError> {
        let Some(open) = self.cell.take() else {
            return Ok(());
        };
        if open.is_hidden {
            return Ok(());
        }
        if self.is_foot && open.columns > 1 {
            self.note(PassageKind::Note, text.clone());
        }
        self.has_cells = true;
        let cell = GridCell { text, ..open.cell };
        let rows = i64::try_from(open.rows).unwrap_or(i64::MAX);
        self.builder.spanning_cell(cell, open.columns, rows)
    }

    /// Ends the open row.
    pub fn end_row(&mut self, text: CellText) -> Result<(), ImportError> {
        self.end_cell(text)?;
        self.is_row_open = false;
        Ok(())
    }

    /// Notes what is said about the table.
    pub fn note(&mut self, kind: PassageKind, text: CellText) {
        if !text.is_blank() {
            self.passages.push(Passage { kind, text });
        }
    }

    /// The table, if it has cells.
    pub fn finish(mut self, text: CellText) -> Result<Option<Grid>, ImportError> {
        self.end_row(text)?;
        if !self.has_cells {
            return Ok(None);
        }
        let mut grid = self.builder.finish()?;
        (grid.label, grid.passages) = (self.label, self.passages);
        Ok(Some(grid))
    }
}
