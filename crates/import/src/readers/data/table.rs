//! Tables out of paths and values.

use crate::error::ImportError;
use crate::grid::{ColumnHint, Grid, RowKind};
use crate::grid_builder::{GridBuilder, SpanStyle};
use crate::text::CellText;

/// A value with its labels.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// The labels of the row.
    pub row: CellText,
    /// The data set.
    pub dataset: CellText,
    /// The metric.
    pub metric: CellText,
    /// `↑` or `↓`, where the file says it.
    pub direction: CellText,
    /// The value.
    pub value: CellText,
    /// The spread.
    pub spread: CellText,
}

/// A table with one row for each value.
pub(super) fn long(entries: Vec<Entry>, row_kind: RowKind) -> Result<Option<Grid>, ImportError> {
    if entries.is_empty() {
        return Ok(None);
    }
    let mut builder = GridBuilder::new(SpanStyle::Absent);
    builder.row(true)?;
    for _ in 0..6 {
        builder.cell(CellText::new(), true)?;
    }
    for entry in entries {
        builder.row(false)?;
        for text in [
            entry.row,
            entry.dataset,
            entry.metric,
            entry.direction,
            entry.value,
            entry.spread,
        ] {
            builder.cell(text, false)?;
        }
    }
    let mut grid = builder.finish()?;
    grid.row_kind = row_kind;
    grid.hints = [
        ColumnHint::Row,
        ColumnHint::Dataset,
        ColumnHint::Metric,
        ColumnHint::Direction,
        ColumnHint::Value,
        ColumnHint::Spread,
    ]
    .map(Some)
    .to_vec();
    Ok(Some(grid))
}

/// A table with a column for each key. `labels` columns label the rows.
pub(super) fn wide(
    keys: &[CellText],
    rows: Vec<Vec<CellText>>,
    labels: usize,
    row_kind: RowKind,
) -> Result<Grid, ImportError> {
    let mut builder = GridBuilder::new(SpanStyle::Absent);
    builder.row(true)?;
    for _ in 0..labels {
        builder.cell(CellText::new(), true)?;
    }
    for key in keys {
        builder.cell(key.clone(), true)?;
    }
    for row in rows {
        builder.row(false)?;
        for text in row {
            builder.cell(text, false)?;
        }
    }
    let mut grid = builder.finish()?;
    grid.row_kind = row_kind;
    let label_hints = (0..labels).map(|_| Some(ColumnHint::Row));
    let key_hints = keys.iter().map(|key| hint(key.as_str(), row_kind));
    grid.hints = label_hints.chain(key_hints).collect();
    Ok(grid)
}

/// Keys with which programs keep books: no results.
fn hint(key: &str, row_kind: RowKind) -> Option<ColumnHint> {
    let lower = key.to_lowercase();
    let parts: Vec<&str> = lower.split(['/', '.']).collect();
    let is_book = parts.iter().any(|part| part.starts_with('_'));
    let words = [
        "per_second",
        "runtime",
        "flos",
        "samples",
        "_time",
        "timestamp",
        "global_step",
    ];
    let is_cost = words.iter().any(|word| lower.contains(word));
    let settings = [
        "config",
        "args",
        "params",
        "hparams",
        "hyperparameters",
        "hyperparams",
        "settings",
        "options",
    ];
    let is_setting = parts.len() > 1 && settings.contains(&parts[0]);
    let is_training = row_kind == RowKind::Runs
        && (lower.starts_with("train/")
            || lower.starts_with("train_")
            || lower.starts_with("train."));
    (is_book || is_cost || is_setting || is_training).then_some(ColumnHint::Setup)
}
