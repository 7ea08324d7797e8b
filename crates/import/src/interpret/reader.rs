//! A section of a table with everything that is known about it.

use std::sync::Arc;

use super::column::{Column, ColumnRole};
use super::found::FoundUnit;
use super::metric_of::{MetricOf, WordMetrics};
use super::rows::RowFacts;
use crate::cells::CellReading;
use crate::grid::Grid;
use crate::options::ImportOptions;
use crate::source::SourceFiles;
use crate::words::{TableWords, folded};

/// A section with everything that is known about it.
pub(crate) struct SectionReader<'g> {
    /// The files.
    pub files: &'g SourceFiles,
    /// The table.
    pub grid: &'g Grid,
    /// Its number, counted from 1.
    pub number: usize,
    /// What each cell holds.
    pub readings: &'g [CellReading],
    /// Whether spreads are over documents.
    pub is_harness: bool,
    /// The columns.
    pub columns: &'g [Column],
    /// The metric of each column.
    pub column_metrics: Vec<MetricOf>,
    /// The rows.
    pub rows: &'g [RowFacts],
    /// The words about the table.
    pub words: &'g TableWords<'g>,
    /// The metrics that they name.
    pub metrics: &'g WordMetrics,
    /// What the user says.
    pub options: &'g ImportOptions,
}

impl SectionReader<'_> {
    /// The metric of a cell.
    pub fn metric(&self, row: &RowFacts, column: usize) -> MetricOf {
        let header = &self.column_metrics[column];
        match &row.metric {
            Some(metric) if self.options.metric.is_none() => {
                let mut metric = metric.clone();
                metric.percent |= header.percent;
                metric.higher = row.higher.or(metric.higher);
                metric
            }
            Some(_) | None => header.clone(),
        }
    }

    /// The labels of a cell's column, with those that stand in cells of the row.
    pub fn column_labels(&self, row: &RowFacts, column: usize) -> Arc<[String]> {
        let path = &self.columns[column].path;
        row.column_labels.iter().chain(path).cloned().collect()
    }

    /// What a number of runs counts where the table's structure says so.
    pub fn structural_unit(&self) -> FoundUnit {
        match self.is_harness {
            true => FoundUnit::Document,
            false => FoundUnit::Run,
        }
    }

    /// Whether the values of a column are asked for.
    pub fn is_wanted(&self, column: usize) -> bool {
        let role = self.columns[column].role;
        let is_value = matches!(
            role,
            ColumnRole::Value | ColumnRole::OneRun | ColumnRole::Difference
        );
        if self.options.columns.is_empty() {
            return is_value;
        }
        let path = &self.columns[column].path;
        let named = self
            .options
            .columns
            .iter()
            .any(|wanted| path.iter().any(|label| folded(label) == folded(wanted)));
        named && (is_value || matches!(role, ColumnRole::Setup | ColumnRole::Ignored))
    }
}
