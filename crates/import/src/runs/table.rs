//! The values of runs as a table.

use std::fmt;

use serde::Serialize;

/// Where a value stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ValuePlace {
    /// The file or folder.
    pub file: String,
    /// The line, counted from 1; the record in an event file.
    pub line: Option<usize>,
    /// The column in characters, counted from 1.
    pub column: Option<usize>,
    /// What else leads to it: a step, a key.
    pub detail: Option<String>,
}

impl ValuePlace {
    /// A whole file or folder.
    pub(crate) fn file(file: &str) -> Self {
        ValuePlace {
            file: file.to_owned(),
            ..ValuePlace::default()
        }
    }

    /// A line of a file.
    pub(crate) fn line(file: &str, line: u64) -> Self {
        ValuePlace {
            file: file.to_owned(),
            line: usize::try_from(line).ok(),
            ..ValuePlace::default()
        }
    }
}

impl fmt::Display for ValuePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

/// The value of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunValue {
    /// A finite number, as it stands in the file.
    Number(String),
    /// A number that is not finite, as it stands in the file: the run diverged.
    Diverged(String),
    /// Nothing stands where the value should.
    Missing,
    /// The run failed, was stopped or goes on: the word of its tool.
    Failed(String),
}

/// A run with the value of one metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedRun {
    /// The configuration.
    pub configuration: String,
    /// The seed, where the runs have seeds.
    pub seed: Option<u64>,
    /// What the tool calls the run, or its file.
    pub run: String,
    /// The metric, by the name that was asked for.
    pub metric: String,
    /// The value.
    pub value: RunValue,
    /// Where it stands.
    pub source: ValuePlace,
}

/// The values of runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportedRuns {
    /// In the order of metrics, configurations and runs.
    pub runs: Vec<ImportedRun>,
    /// What was chosen, each a sentence.
    pub notes: Vec<String>,
}

impl ImportedRuns {
    /// The number of rows without a finite value.
    pub fn lost(&self) -> usize {
        let is_lost = |run: &&ImportedRun| !matches!(run.value, RunValue::Number(_));
        self.runs.iter().filter(is_lost).count()
    }
}
