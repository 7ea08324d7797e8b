//! Reads the values of a file.

use crate::error::ImportError;
use crate::format::TableFormat;
use crate::interpret::{Findings, read_grid};
use crate::options::ImportOptions;
use crate::source::SourceFiles;

/// A table of a file, for a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSummary {
    /// Its number, counted from 1.
    pub number: usize,
    /// Its label.
    pub label: Option<String>,
    /// The line of its first cell, counted from 1.
    pub first_line: usize,
    /// The line of its last cell.
    pub last_line: usize,
    /// The first words of its caption, or of another passage about it.
    pub words: String,
    /// The number of rows.
    pub rows: usize,
    /// The number of columns.
    pub columns: usize,
}

/// What is read of a file.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// Its tables.
    pub tables: Vec<TableSummary>,
    /// What is found in the tables that were asked for, and in text outside tables.
    pub findings: Findings,
    /// What the reader passed over: place and text.
    pub problems: Vec<(crate::source::Place, String)>,
}

/// Reads a file: all its tables, or the one that the options name.
///
/// # Errors
/// When the file is not what its format asks for.
pub fn import(
    files: &mut SourceFiles,
    format: TableFormat,
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    let document = format.read(files)?;
    let mut imported = Imported::default();
    let spaces = format != TableFormat::Layout;
    for (index, grid) in document.grids.iter().enumerate() {
        let summary = summary(files, grid, index + 1);
        let is_wanted = options.table.as_ref().is_none_or(|wanted| {
            *wanted == summary.number.to_string() || summary.label.as_ref() == Some(wanted)
        });
        imported.tables.push(summary);
        if is_wanted {
            read_grid(
                files,
                grid,
                index + 1,
                spaces,
                options,
                &mut imported.findings,
            );
        }
    }
    crate::prose::read(files, &document, &mut imported.findings);
    imported.findings.warnings = crate::checks::warnings(&imported.findings.found);
    let problems = document.problems.into_iter();
    imported.problems = problems
        .map(|problem| {
            (
                files.place(problem.origin.file, problem.origin.offset),
                problem.text,
            )
        })
        .collect();
    Ok(imported)
}

fn summary(files: &SourceFiles, grid: &crate::grid::Grid, number: usize) -> TableSummary {
    let lines = grid
        .cells
        .iter()
        .filter_map(|cell| cell.text.origin(0))
        .map(|origin| files.file(origin.file).line(origin.offset));
    let (first_line, last_line) = lines.fold((usize::MAX, 0), |(first, last), line| {
        (first.min(line), last.max(line))
    });
    let nearest = grid.passages.iter().min_by_key(|passage| passage.kind);
    let words = nearest.map_or(String::new(), |passage| {
        let words: Vec<&str> = passage.text.as_str().split_whitespace().collect();
        words.iter().take(10).copied().collect::<Vec<_>>().join(" ")
    });
    TableSummary {
        number,
        label: grid.label.clone(),
        first_line: if last_line == 0 { 0 } else { first_line },
        last_line,
        words,
        rows: grid.rows.len(),
        columns: grid.width(),
    }
}
