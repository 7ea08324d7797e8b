//! A block of lines to a grid.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::block::{Block, Page};
use super::columns::{Cells, Columns, Named, columns, place_header, place_spanning};
use super::groups::groups;
use super::lines::{Run, is_missing, is_value};
use crate::error::ImportError;
use crate::grid::{Grid, GridCell};
use crate::grid_builder::{GridBuilder, SpanStyle};
use crate::source::FileId;
use crate::text::CellText;

/// A line of a table.
#[derive(Debug)]
struct TableLine {
    cells: Cells,
    is_header: bool,
    /// Number of rows that the label in the first column holds for.
    label_rows: usize,
    /// Whether the line is a label over all columns.
    is_heading: bool,
}

/// Why a block is not read: a reason for the user, or an error of the import.
#[derive(Debug)]
pub(super) enum GridError {
    /// The block is ambiguous.
    Refused(&'static str),
    /// The import ends.
    Import(ImportError),
}

impl From<ImportError> for GridError {
    fn from(error: ImportError) -> Self {
        GridError::Import(error)
    }
}

/// The grid of a block.
pub(super) fn grid(page: &Page<'_>, block: &Block, file: FileId) -> Result<Grid, GridError> {
    let rows: Vec<usize> = (block.body..block.lines.end)
        .filter(|&line| !page.is_empty(line, &block.columns))
        .collect();
    let runs: Vec<Vec<Run>> = rows
        .iter()
        .map(|&line| page.runs(line, &block.columns))
        .collect();
    let full: Vec<Vec<Run>> = runs.iter().filter(|runs| runs.len() > 1).cloned().collect();
    let Columns {
        spans,
        rows: placed,
    } = columns(&full).map_err(GridError::Refused)?;
    let mut lines = header(page, block, &spans, &placed)?;
    let mut placed = placed.into_iter();
    let mut body = Vec::with_capacity(rows.len());
    for runs in runs {
        let line = if runs.len() > 1 {
            TableLine {
                cells: placed.next().unwrap_or_default(),
                is_header: false,
                label_rows: 1,
                is_heading: false,
            }
        } else {
            let mut cells: Cells = vec![None; spans.len()];
            if let (Some(cell), Some(run)) = (cells.first_mut(), runs.into_iter().next()) {
                *cell = Some((run, spans.len()));
            }
            TableLine {
                cells,
                is_header: false,
                label_rows: 1,
                is_heading: true,
            }
        };
        body.push(line);
    }
    let body = group_labels(page, &rows, body, &spans)?;
    lines.extend(body);
    build(page, lines, file)
}

/// Header lines, from the top.
fn header(
    page: &Page<'_>,
    block: &Block,
    spans: &[Run],
    rows: &[Cells],
) -> Result<Vec<TableLine>, GridError> {
    let first = first_values(page, rows);
    let mut below: Vec<Named<'_>> = spans
        .iter()
        .map(|run| Named {
            run: run.clone(),
            name: None,
        })
        .collect();
    let mut lines = Vec::new();
    for line in (block.lines.start..block.body).rev() {
        let runs = page.runs(line, &block.columns);
        if runs.is_empty() {
            continue;
        }
        let is_lowest = lines.is_empty();
        // A line of as many names as columns, or nearly, names the columns one by one.
        let names_columns = is_lowest && runs.len() + 1 >= spans.len() - first.min(spans.len())
            || runs.len() == spans.len();
        let cells = if names_columns {
            place_header(&runs, spans)
        } else {
            place_spanning(&runs, &below, first)
        };
        let cells = cells.ok_or(GridError::Refused("the header does not fit the columns"))?;
        if names_columns {
            for (column, cell) in cells.iter().enumerate() {
                if let Some((run, _)) = cell {
                    below[column] = Named {
                        run: run.clone(),
                        name: Some(page.text(run)),
                    };
                }
            }
        }
        lines.push(TableLine {
            cells,
            is_header: true,
            label_rows: 1,
            is_heading: false,
        });
    }
    lines.reverse();
    Ok(lines)
}

/// The first column most of whose cells are values.
fn first_values(page: &Page<'_>, rows: &[Cells]) -> usize {
    let width = rows.first().map_or(0, Vec::len);
    (0..width)
        .find(|&column| {
            let cells = || rows.iter().filter_map(|row| row[column].as_ref());
            let values = cells()
                .filter(|(run, _)| is_value(page.text(run)) || is_missing(page.text(run)))
                .count();
            column > 0 && 2 * values > cells().count()
        })
        .unwrap_or(width)
}

/// Joins labels of groups of rows that stand in a column of their own before the labels of the rows.
fn group_labels(
    page: &Page<'_>,
    rows: &[usize],
    mut lines: Vec<TableLine>,
    spans: &[Run],
) -> Result<Vec<TableLine>, GridError> {
    let has = |line: &TableLine, column: usize| line.cells.get(column).is_some_and(Option::is_some);
    let blank = lines
        .iter()
        .any(|line| !line.is_heading && !has(line, 0) && has(line, 1));
    if !blank || spans.len() < 3 {
        return Ok(lines);
    }
    // A label by itself between two lines without one stands at the middle of an even number.
    for line in &mut lines {
        if let Some(Some((run, _))) = line.cells.first()
            && spans[0].overlap(run) > 0
        {
            line.is_heading = false;
        }
    }
    let sections = sections(page, rows);
    let mut moved: HashMap<usize, (Run, usize)> = HashMap::new();
    let mut dropped = HashSet::new();
    for section in sections {
        let (labels, kept) = section_labels(&lines, section);
        let positions: Vec<usize> = labels.iter().map(|(position, _)| *position).collect();
        let found = groups(&positions, kept.len()).ok_or(GridError::Refused(
            "the rows of a group label are not clear",
        ))?;
        for ((_, line), group) in labels.into_iter().zip(found) {
            if let Some((run, _)) = lines[line].cells[0].take() {
                moved.insert(kept[group.start], (run, group.len()));
            }
            if !has(&lines[line], 1) {
                dropped.insert(line);
            }
        }
    }
    for (line, (run, height)) in moved {
        lines[line].cells[0] = Some((run, 1));
        lines[line].label_rows = height;
    }
    let mut index = 0;
    lines.retain(|_| {
        index += 1;
        !dropped.contains(&(index - 1))
    });
    Ok(lines)
}

/// Labels of a section, each with its position among the rows and its line; and the rows.
fn section_labels(lines: &[TableLine], section: Range<usize>) -> (Vec<(usize, usize)>, Vec<usize>) {
    let mut labels = Vec::new();
    let mut kept = Vec::new();
    for line in section {
        let cells = &lines[line].cells;
        let has_row = cells.iter().skip(1).any(Option::is_some);
        if cells.first().is_some_and(Option::is_some) && !lines[line].is_heading {
            // A label between two rows counts for the upper one.
            let position = if has_row {
                kept.len()
            } else {
                kept.len().saturating_sub(1)
            };
            labels.push((position, line));
        }
        if has_row {
            kept.push(line);
        }
    }
    (labels, kept)
}

/// Runs of rows without an empty line between them, as positions in `rows`.
fn sections(page: &Page<'_>, rows: &[usize]) -> Vec<Range<usize>> {
    let mut sections: Vec<Range<usize>> = Vec::new();
    for (position, &line) in rows.iter().enumerate() {
        match sections.last_mut() {
            Some(section) if !page.is_blank(line - 1) => section.end = position + 1,
            _ => sections.push(position..position + 1),
        }
    }
    sections
}

fn build(page: &Page<'_>, lines: Vec<TableLine>, file: FileId) -> Result<Grid, GridError> {
    let mut builder = GridBuilder::new(SpanStyle::Blank);
    let mut was_header = false;
    for line in lines {
        if was_header && !line.is_header {
            builder.rule();
        }
        was_header = line.is_header;
        builder.row(line.is_header)?;
        let mut column = 0;
        while column < line.cells.len() {
            let mut wide = 1;
            let mut text = CellText::new();
            if let Some((run, columns)) = &line.cells[column] {
                text.push_literal(file, run.bytes.start, page.text(run));
                wide = *columns;
            }
            let tall = if column == 0 { line.label_rows } else { 1 };
            let cell = GridCell {
                text,
                ..GridCell::default()
            };
            builder.spanning_cell(cell, wide, i64::try_from(tall).unwrap_or(1))?;
            column += wide;
        }
    }
    Ok(builder.finish()?)
}
