//! Where the metrics of the paper's own program are read from.

use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The sources of a program's metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metrics {
    /// One source holds every metric under its name.
    Shared(MetricSource),
    /// Each metric has a source of its own; at least one.
    Each(IndexMap<String, MetricSource>),
}

/// One source of metrics: where its numbers stand, and which of them counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricSource {
    /// Where the numbers stand.
    #[serde(flatten)]
    pub kind: SourceKind,
    /// Which of several numbers counts.
    pub take: Take,
    /// What each number is multiplied by, finite and above 0, to be in the unit of the paper: 100
    /// where the program writes a fraction and the paper prints a percentage. A source that states
    /// it says that the unit is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
}

/// Where numbers stand. Its file is relative to the run's output folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A JSON file.
    Json {
        /// The file.
        file: PathBuf,
        /// Path of the number or of a list of numbers, as `test.accuracy`; the metric's name where
        /// absent.
        path: Option<String>,
    },
    /// A file with a JSON object on each line.
    Jsonl {
        /// The file.
        file: PathBuf,
        /// Path of the number in a line; the metric's name where absent.
        path: Option<String>,
    },
    /// A CSV file with a header.
    Csv {
        /// The file.
        file: PathBuf,
        /// Name of the column; the metric's name where absent.
        column: Option<String>,
    },
    /// A regular expression over text.
    Regex {
        /// The text.
        text: RegexText,
        /// A pattern that compiles and has a group; the first group is the number.
        pattern: String,
    },
    /// Event files of TensorBoard.
    Tensorboard {
        /// An event file, or the folder that holds some.
        file: PathBuf,
        /// Name of the scalar; the metric's name where absent.
        tag: Option<String>,
    },
}

impl MetricSource {
    /// Whether it gives one number that has no name of its own: such a source, alone, is that of
    /// the one metric that claims need.
    pub fn is_nameless(&self) -> bool {
        match &self.kind {
            SourceKind::Regex { pattern, .. } => {
                let names = groups(pattern);
                let mut names = names.iter();
                match &self.take {
                    Take::Where { key, .. } => names.all(|name| name == key),
                    _ => names.len() == 0,
                }
            }
            SourceKind::Csv { column, .. } => column.is_some(),
            SourceKind::Tensorboard { tag, .. } => tag.is_some(),
            SourceKind::Json { .. } | SourceKind::Jsonl { .. } => false,
        }
    }
}

/// The names of the groups of a pattern.
pub(super) fn groups(pattern: &str) -> Vec<String> {
    let regex = regex::Regex::new(pattern).ok();
    let names = regex
        .iter()
        .flat_map(|regex| regex.capture_names().flatten());
    names.map(str::to_owned).collect()
}

/// The text that a pattern is matched against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegexText {
    /// What the program writes to its standard output.
    Stdout,
    /// What the program writes to its standard error.
    Stderr,
    /// A file that it writes.
    File(PathBuf),
}

/// Which of several numbers counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The only one: more than one is an error of the run.
    Only,
    /// The first.
    First,
    /// The last.
    Last,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The best, as the claims' `better` says: a manifest whose rules hold has [`Take::Max`] or
    /// [`Take::Min`] in its place.
    Best,
    /// All: their mean is the number of the run.
    All,
    /// The one at this position, from 0.
    At(u64),
    /// The last one in a record that has this value under this key, as in `{step: 1000}`.
    Where {
        /// The key of a JSON line, the column of a table, the group of a pattern, or `step`.
        key: String,
        /// Its value; numbers are compared as numbers.
        value: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_with_names_says_which_metric_is_which() {
        let taken = |pattern: &str, take: Take| MetricSource {
            kind: SourceKind::Regex {
                text: RegexText::Stdout,
                pattern: pattern.to_owned(),
            },
            take,
            scale: None,
        };
        let regex = |pattern: &str| taken(pattern, Take::Last);
        let step = Take::Where {
            key: "step".to_owned(),
            value: "2".to_owned(),
        };
        assert!(taken("(?<step>[0-9]+) acc=([0-9.]+)", step).is_nameless());
        assert!(regex("acc=([0-9.]+)").is_nameless());
        assert!(!regex("acc=(?<accuracy>[0-9.]+)").is_nameless());
    }
}
