//! Columns that say who measured a value, and the row that differences are taken to.

use std::sync::Arc;

use super::column::ColumnRole;
use super::reader::SectionReader;
use crate::cells::CellReading;
use crate::words::folded;

const REPORTED: &[&str] = &[
    "paper",
    "reported",
    "published",
    "original",
    "claimed",
    "original paper",
    "in paper",
    "papers",
    "authors",
    "from paper",
];

const RERUN: &[&str] = &[
    "here",
    "ours",
    "our",
    "reproduced",
    "this repo",
    "our run",
    "rerun",
    "replicated",
    "reproduction",
    "obtained",
    "measured",
    "this repository",
    "this implementation",
    "our implementation",
    "re implementation",
    "this work",
    "our results",
    "we get",
    "replication",
    "my run",
    "got",
];

/// Whether a column holds someone's rerun of what another column reports.
pub(crate) fn is_rerun(reader: &SectionReader<'_>, column: usize) -> bool {
    let named = |column: usize, names: &[&str]| {
        let path = &reader.columns[column].path;
        path.iter()
            .any(|label| names.contains(&folded(label).as_str()))
    };
    named(column, RERUN)
        && (0..reader.columns.len())
            .any(|other| reader.columns[other].role == ColumnRole::Value && named(other, REPORTED))
}

/// The labels of the one row that has a dash in a column of differences.
pub(crate) fn baseline(reader: &SectionReader<'_>, column: usize) -> Option<Arc<[String]>> {
    if reader.columns[column].role != ColumnRole::Difference {
        return None;
    }
    let mut missing = reader.rows.iter().filter(|row| {
        let cell = reader.grid.rows[row.row].slots[column];
        cell.is_some_and(|cell| {
            matches!(
                reader.readings[cell],
                CellReading::Missing | CellReading::Blank
            )
        })
    });
    let first = missing.next()?;
    missing.next().is_none().then(|| first.labels.clone())
}
