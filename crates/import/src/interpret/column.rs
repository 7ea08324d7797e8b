//! A column and its role.

use crate::words::SpreadWord;

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnRole {
    /// Labels of rows.
    Label,
    /// Names of data sets, which belong to the path of the column.
    Dataset,
    /// Names of metrics, which belong to the path of the column.
    MetricNames,
    /// Values.
    Value,
    /// Differences to another row, of the value column before it.
    Difference,
    /// One run of several.
    OneRun,
    /// Spreads of a value column.
    Spread(Option<SpreadWord>),
    /// Intervals of a value column.
    Interval(SpreadWord),
    /// Lower ends of the intervals of a value column.
    Low(SpreadWord),
    /// Upper ends.
    High(SpreadWord),
    /// Numbers of runs.
    Runs,
    /// Indices of runs.
    RunIndex,
    /// `↑` or `↓`.
    Direction,
    /// p-values.
    PValue,
    /// The best over the epochs of a run.
    BestOverEpochs,
    /// No result: a setting, a cost, a note, a minimum beside a mean.
    Ignored,
    /// A setting or a cost.
    Setup,
}

/// A column of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// What it is.
    pub role: ColumnRole,
    /// Its labels, the outermost first.
    pub path: Vec<String>,
    /// The value column that a spread, an interval, a difference belongs to.
    pub of: Option<usize>,
}

impl ColumnRole {
    /// Whether its cells belong to a value column.
    pub fn belongs_to_values(self) -> bool {
        match self {
            ColumnRole::Spread(_)
            | ColumnRole::Interval(_)
            | ColumnRole::Low(_)
            | ColumnRole::High(_)
            | ColumnRole::Runs
            | ColumnRole::Difference => true,
            ColumnRole::Label
            | ColumnRole::Dataset
            | ColumnRole::MetricNames
            | ColumnRole::Value
            | ColumnRole::OneRun
            | ColumnRole::RunIndex
            | ColumnRole::Direction
            | ColumnRole::PValue
            | ColumnRole::BestOverEpochs
            | ColumnRole::Ignored
            | ColumnRole::Setup => false,
        }
    }
}
