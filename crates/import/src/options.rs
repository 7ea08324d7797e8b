//! What the user says about a table.

use serde::Serialize;

use crate::interpret::FoundSpread;

/// What the columns of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ColumnAxis {
    /// Data sets.
    Dataset,
    /// Metrics.
    Metric,
    /// Methods.
    Method,
}

/// What a number in parentheses is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ParenthesisMeaning {
    /// The spread of the value before it.
    Spread,
    /// The spread, in units of the value's last digit.
    LastDigits,
    /// The rank, a gain: no part of the value.
    Other,
}

/// Answers to what a file may leave open; they go before what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// The table, by its number counted from 1 or its label; all tables where it is not given.
    pub table: Option<String>,
    /// Only rows with one of these labels.
    pub rows: Vec<String>,
    /// Only columns with one of these labels; settings and costs too.
    pub columns: Vec<String>,
    /// The metric of all values.
    pub metric: Option<String>,
    /// What the columns are.
    pub across: Option<ColumnAxis>,
    /// What ± is.
    pub spread: Option<FoundSpread>,
    /// The number of runs.
    pub runs: Option<u32>,
    /// Of how many runs the values are the best.
    pub best_of: Option<u32>,
    /// What is repeated.
    pub unit: Option<crate::interpret::FoundUnit>,
    /// Whether higher values are better.
    pub higher_is_better: Option<bool>,
    /// Whether the scale is percent, instead of a fraction.
    pub percent: Option<bool>,
    /// Whether a comma is the decimal point.
    pub decimal_comma: bool,
    /// The names of two values in a cell.
    pub pair: Option<[String; 2]>,
    /// What stands in parentheses.
    pub parentheses: Option<ParenthesisMeaning>,
}
