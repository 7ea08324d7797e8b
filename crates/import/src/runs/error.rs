//! Errors of reading runs.

use reprove_metrics::MetricError;

use super::format::RunFormat;
use super::table::ValuePlace;
use crate::error::ImportError;

/// A kind of file that holds runs and is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreadableKind {
    /// A database of SQLite, as MLflow writes.
    Sqlite,
    /// A pickle of Python, or an archive of PyTorch.
    Pickle,
    /// A spreadsheet or another archive.
    Archive,
    /// Apache Parquet.
    Parquet,
}

/// Why a metric is no value of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricRefusal {
    /// It is the best of the evaluations of a run.
    BestOfEvaluations,
    /// It is a standard error over documents.
    ErrorOverDocuments,
    /// The summary of the tool is the greatest, least or mean value of all steps.
    SummaryOfSteps,
}

/// A seed that a run states, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedSeed {
    /// The key, or `@path` for a name in the run's path.
    pub key: String,
    /// The seed.
    pub seed: String,
}

/// Why runs cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunImportError {
    /// A file or folder cannot be read.
    #[error("{file}: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file is not what its format asks for.
    #[error(transparent)]
    Malformed(#[from] ImportError),
    /// A table or an event file is not what its format asks for.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// Something in a file is not as expected.
    #[error("{place}: {reason}")]
    Unexpected {
        /// The place.
        place: Box<ValuePlace>,
        /// What was expected and found.
        reason: String,
    },
    /// A file is of a kind that is not read.
    #[error("{file}: expected text or event files, found {}", kind_name(*.kind))]
    ForeignFile {
        /// The file.
        file: String,
        /// Its kind.
        kind: UnreadableKind,
    },
    /// A file fits no layout.
    #[error("{file}: expected results of runs, found {found}")]
    UnknownFormat {
        /// The file.
        file: String,
        /// What was found.
        found: String,
    },
    /// A file fits two layouts.
    #[error("{file}: {what}")]
    AmbiguousFormat {
        /// The file.
        file: String,
        /// What it may be.
        what: String,
        /// The formats that it may have.
        formats: Vec<RunFormat>,
    },
    /// A folder has no runs in a known layout.
    #[error("{folder}: expected a folder of runs, found no known layout")]
    NoRuns {
        /// The folder.
        folder: String,
    },
    /// A file is given twice.
    #[error("{file}: the same file as {first}")]
    SameFile {
        /// The second name.
        file: String,
        /// The first name.
        first: String,
    },
    /// No metric is named, and there are several.
    #[error("{file}: expected the name of a metric, found {}", quoted(.names))]
    ManyMetrics {
        /// The first file.
        file: String,
        /// The names of metrics.
        names: Vec<String>,
    },
    /// No run has a metric.
    #[error("{file}: no metric `{name}`{}", nearest_names(.nearest))]
    NoMetric {
        /// The first file.
        file: String,
        /// The name.
        name: String,
        /// Names of metrics, the most similar first.
        nearest: Vec<String>,
    },
    /// A metric is no value of a run.
    #[error("{place}: `{name}` is {}", refusal(*.why))]
    RefusedMetric {
        /// The place.
        place: Box<ValuePlace>,
        /// The name.
        name: String,
        /// Why.
        why: MetricRefusal,
    },
    /// The best value is asked for, and the direction of the metric is not known.
    #[error("expected a metric with a known direction, found `{name}`")]
    NoDirection {
        /// The metric.
        name: String,
    },
    /// A run states several seeds.
    #[error("{place}: expected one seed, found {}", seeds_text(.found))]
    ManySeeds {
        /// The run.
        place: Box<ValuePlace>,
        /// The seeds.
        found: Vec<StatedSeed>,
    },
    /// A run has a seed and another has none.
    #[error("{place}: expected a seed, as {first} has one, found none")]
    MissingSeed {
        /// The run without one.
        place: Box<ValuePlace>,
        /// The run with one.
        first: Box<ValuePlace>,
    },
    /// No run has the setting that a key names.
    #[error("{place}: no setting `{key}`{}", nearest_names(.nearest))]
    NoSetting {
        /// The run.
        place: Box<ValuePlace>,
        /// The key.
        key: String,
        /// Names of settings, the most similar first.
        nearest: Vec<String>,
    },
    /// A seed stands twice.
    #[error("{place}: the seed {seed} stands twice, first in {first}{}", differing_text(.differing))]
    SeedTwice {
        /// The second run.
        place: Box<ValuePlace>,
        /// The first run.
        first: Box<ValuePlace>,
        /// The seed.
        seed: String,
        /// Settings that tell the two runs apart, with their values.
        differing: Vec<(String, String, String)>,
    },
    /// Runs that have no value cannot be written as reported values.
    #[error("{place}: expected a value of every run, found {lost} of {runs} runs without one")]
    LostValues {
        /// The first of them.
        place: Box<ValuePlace>,
        /// How many have none.
        lost: usize,
        /// How many there are.
        runs: usize,
    },
    /// A list of values is asked for, and there are several metrics or configurations.
    #[error("expected the values of one metric and one configuration, found {found}")]
    ManyLists {
        /// What was found.
        found: String,
    },
}

/// The foreign kind, for a message.
fn kind_name(kind: UnreadableKind) -> &'static str {
    match kind {
        UnreadableKind::Sqlite => "a database of SQLite",
        UnreadableKind::Pickle => "a pickle of Python",
        UnreadableKind::Archive => "an archive",
        UnreadableKind::Parquet => "a file of Apache Parquet",
    }
}

fn refusal(why: MetricRefusal) -> &'static str {
    match why {
        MetricRefusal::BestOfEvaluations => {
            "the best of all evaluations of the run, which were chosen by it: no value of one evaluation"
        }
        MetricRefusal::ErrorOverDocuments => {
            "a standard error over documents: no value of a run, and no spread of runs"
        }
        MetricRefusal::SummaryOfSteps => {
            "a summary over all steps of the run: no value of one step"
        }
    }
}

fn quoted(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn nearest_names(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!(", found {}", quoted(names)),
    }
}

fn seeds_text(found: &[StatedSeed]) -> String {
    let seeds = found
        .iter()
        .map(|source| format!("{} (`{}`)", source.seed, source.key));
    seeds.collect::<Vec<_>>().join(", ")
}

fn differing_text(differing: &[(String, String, String)]) -> String {
    match differing.first() {
        None => String::new(),
        Some((key, first, second)) => format!("; `{key}` is `{first}` there and `{second}` here"),
    }
}
