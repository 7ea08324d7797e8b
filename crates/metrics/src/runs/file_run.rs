//! Runs of a file, and which values of it are meant.

use reprove_model::record::NumberUnit;
use reprove_model::seeds::RunSeed;

/// Which values of a file are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunQuery {
    /// The column or key; the place of the column, from 1, in a table without names. Without it the
    /// only one beside the seed, or the one called `value`.
    pub column: Option<String>,
    /// The values that runs have in other columns; runs with others are left out.
    pub filters: Vec<(String, String)>,
}

/// What a file has for one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RunNumber {
    /// A number, finite or not.
    Number {
        /// The number as it was written.
        value: f64,
        /// What is known of its unit.
        unit: NumberUnit,
    },
    /// A blank, or a word for a run that was lost, as `crashed` or `N/A`.
    Lost,
}

/// One run of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileRun {
    /// Its line, or its place in a list, counted from 1.
    pub line: u64,
    /// Its seed, where the file has seeds.
    pub seed: Option<RunSeed>,
    /// Its number.
    pub number: RunNumber,
    /// Whether the file ends with its number, without a newline, so that it may be cut off.
    pub is_open: bool,
}
