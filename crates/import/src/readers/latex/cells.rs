//! Cells of a table to a grid.

use std::ops::Range;

use super::columns::Column;
use super::environments::table_arguments;
use super::printer::{Printed, Printer};
use super::rows::Row;
use super::token::Kind;
use crate::error::ImportError;
use crate::grid::GridCell;
use crate::grid_builder::GridBuilder;
use crate::text::CellText;

/// Prints rows into a grid.
pub(super) struct Builder<'a, 'b> {
    pub(super) printer: &'a mut Printer<'b>,
    pub(super) columns: Vec<Column>,
    pub(super) maths: bool,
    /// Number of cells of the row that has most.
    pub(super) widest: usize,
    pub(super) grid: GridBuilder,
    /// Tables inside cells: index of their `\begin`.
    pub(super) inner: Vec<usize>,
}

/// A cell that was printed.
struct PrintedCell {
    printed: Printed,
    columns: usize,
}

impl Builder<'_, '_> {
    /// Prints a row; whether it has any text.
    pub(super) fn row(&mut self, row: &Row, rule: bool) -> Result<bool, ImportError> {
        let undecided = self.is_undecided(row);
        let mut cells: Vec<PrintedCell> = Vec::with_capacity(row.cells.len());
        let mut column = 0;
        let mut skip = 0_usize;
        for range in &row.cells {
            if skip > 0 {
                skip -= 1;
                column += 1;
                continue;
            }
            let style = self.columns.get(column).cloned().unwrap_or_default();
            let printed = self.cell(range.clone(), &style, undecided);
            let span = printed.span;
            // A span beyond the last column is cut to it.
            let most = self.widest.saturating_sub(column).max(1);
            let wide = span.map_or(1, |span| span.columns.clamp(1, most));
            if span.is_some_and(|span| span.blanks) {
                skip = wide - 1;
            }
            let first = column;
            column += if skip > 0 { 1 } else { wide };
            if style.hidden {
                continue;
            }
            if let Some(separator) = style.joined.as_ref().filter(|_| span.is_none())
                && let Some(before) = cells.last_mut()
            {
                join(before, printed, separator, style.closing.as_deref());
                continue;
            }
            cells.push(PrintedCell {
                columns: self.visible(first, wide),
                printed,
            });
        }
        if cells.iter().all(|cell| cell.printed.text.is_blank()) {
            return Ok(false);
        }
        if rule {
            self.grid.rule();
        }
        self.grid.row(row.header)?;
        for cell in cells {
            let rows = cell.printed.span.map_or(1, |span| span.rows);
            let grid_cell = GridCell {
                text: cell.printed.text,
                is_siunitx: cell.printed.siunitx,
                ..GridCell::default()
            };
            self.grid.spanning_cell(grid_cell, cell.columns, rows)?;
        }
        Ok(true)
    }

    fn is_undecided(&self, row: &Row) -> bool {
        row.cells.iter().any(|range| {
            self.printer.tokens.tokens[range.clone()]
                .iter()
                .any(|token| token.kind == Kind::Undecided)
        })
    }

    fn cell(&mut self, range: Range<usize>, style: &Column, undecided: bool) -> Printed {
        if let Some(inner) = self.inner_table(range.clone()) {
            self.inner.push(inner);
            return Printed::default();
        }
        let place = self
            .printer
            .tokens
            .tokens
            .get(range.start)
            .map(|token| token.place);
        let maths = self.maths || style.maths;
        let mut printed = self.printer.range(range, maths, style.siunitx);
        if undecided
            && printed.text.as_str().contains(|c: char| c.is_ascii_digit())
            && let Some(place) = place
        {
            self.printer.push_unreadable(&mut printed.text, place);
        }
        printed
    }

    /// The table that is all of a cell and has columns of its own.
    fn inner_table(&self, range: Range<usize>) -> Option<usize> {
        let tokens = self.printer.tokens;
        let mut at = tokens.skip_spaces(range.start, range.end);
        if let Some(Kind::Open(close)) = tokens.kind(at)
            && close as usize > at
        {
            at = tokens.skip_spaces(at + 1, range.end);
        }
        let Some(Kind::Begin(name)) = tokens.kind(at).filter(|_| at < range.end) else {
            return None;
        };
        table_arguments(tokens.name(name))?;
        let close = tokens.ends.get(&at).copied().unwrap_or(range.end);
        let has_columns = tokens.tokens[at..close.min(range.end)]
            .iter()
            .any(|token| token.kind == Kind::Align);
        let rest = tokens.skip_spaces(close + 1, range.end);
        (has_columns && rest >= range.end).then_some(at)
    }

    /// Number of the columns of a span that the grid has.
    fn visible(&self, first: usize, wide: usize) -> usize {
        let unseen = (first..first + wide)
            .filter_map(|column| self.columns.get(column))
            .filter(|column| column.hidden || column.joined.is_some())
            .count();
        (wide - unseen).max(1)
    }
}

/// Appends a cell to the one before, with the text between their columns.
fn join(before: &mut PrintedCell, printed: Printed, separator: &str, closing: Option<&str>) {
    if printed.text.is_blank() {
        return;
    }
    let place = printed
        .text
        .file_range(0..printed.text.len())
        .map(|(file, range)| (file, range.start));
    let Some((file, start)) = place else {
        return;
    };
    let mut text = CellText::new();
    text.push_text(&before.printed.text);
    if !before.printed.text.is_blank() {
        text.push_replaced(separator, file, start..start);
    }
    text.push_text(&printed.text);
    if let Some(closing) = closing.filter(|_| !before.printed.text.is_blank()) {
        text.push_replaced(closing, file, start..start);
    }
    before.printed.text = text;
    before.printed.siunitx |= printed.siunitx;
}
