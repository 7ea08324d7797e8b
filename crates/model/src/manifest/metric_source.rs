//! Where the metrics of the paper's own program are read from.

use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::error::Problem;
use super::metric_fields::Fields;
use crate::escape;
use crate::name::MetricName;

/// The sources of a program's metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metrics {
    /// One source holds every metric under its name.
    Shared(MetricSource),
    /// Each metric has a source of its own; at least one.
    Each(IndexMap<MetricName, MetricSource>),
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

/// Where numbers stand. Files are relative to the run's output folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A JSON file.
    Json(JsonSource),
    /// A file with a JSON object on each line.
    Jsonl(JsonlSource),
    /// A CSV file with a header.
    Csv(CsvSource),
    /// A regular expression over text.
    Regex(RegexSource),
    /// Event files of TensorBoard.
    Tensorboard(TensorboardSource),
}

/// A number, or a list of numbers, in one JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonSource {
    /// The file.
    pub file: PathBuf,
    /// Path of the number or of a list of numbers: keys joined by dots (`test.accuracy`) or a JSON
    /// pointer (`/test/accuracy`); the metric's name where absent. A list of objects on the way is a
    /// series of records.
    pub path: Option<String>,
}

/// A number in each of many JSON documents, one a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonlSource {
    /// The file.
    pub file: PathBuf,
    /// Path of the number in a line, as [`JsonSource::path`]; the metric's name where absent.
    pub path: Option<String>,
}

/// A column of a table with a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvSource {
    /// The file.
    pub file: PathBuf,
    /// Name of the column; the metric's name where absent.
    pub column: Option<String>,
}

/// A regular expression over text, matched line by line; a carriage return ends a line too, as
/// progress bars use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegexSource {
    /// The text.
    pub text: RegexText,
    /// A pattern that compiles and has a group. The number is the group with the metric's name,
    /// else the first group that [`Take::Where`] does not look at.
    pub pattern: String,
}

/// A scalar in event files of TensorBoard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorboardSource {
    /// An event file, or the folder that holds some.
    pub file: PathBuf,
    /// Name of the scalar; the metric's name where absent.
    pub tag: Option<String>,
}

/// How the manifest writes one kind of source.
pub(super) struct KindRules {
    /// The key that names the kind.
    pub name: &'static str,
    /// The keys beside [`KindRules::take_key`] and `scale`.
    pub keys: &'static [&'static str],
    /// The key of [`MetricSource::take`].
    pub take_key: &'static str,
    /// What is taken where the manifest does not say it.
    pub take: Take,
    /// The source that the keys state.
    pub read: fn(&Fields<'_>) -> Result<SourceKind, Problem>,
}

/// Lists the kinds of source once: a kind without its rules does not compile.
macro_rules! kinds {
    ($($kind:ident: $rules:expr,)*) => {
        /// The rules of every kind, in the order that messages name them.
        pub(super) const KINDS: &[KindRules] = &[$($rules),*];

        impl SourceKind {
            /// The rules of this kind.
            pub(super) fn rules(&self) -> &'static KindRules {
                match self {
                    $(Self::$kind(_) => const { &$rules },)*
                }
            }
        }
    };
}

kinds! {
    Json: KindRules {
        name: "json",
        keys: &["file", "path"],
        take_key: "take",
        take: Take::Only,
        read: |fields| {
            let (file, path) = (fields.file()?, fields.text("path")?);
            Ok(SourceKind::Json(JsonSource { file, path }))
        },
    },
    Jsonl: KindRules {
        name: "jsonl",
        keys: &["file", "path"],
        take_key: "take",
        take: Take::Last,
        read: |fields| {
            let (file, path) = (fields.file()?, fields.text("path")?);
            Ok(SourceKind::Jsonl(JsonlSource { file, path }))
        },
    },
    Csv: KindRules {
        name: "csv",
        keys: &["file", "column"],
        take_key: "row",
        take: Take::Only,
        read: |fields| {
            let (file, column) = (fields.file()?, fields.text("column")?);
            Ok(SourceKind::Csv(CsvSource { file, column }))
        },
    },
    Regex: KindRules {
        name: "regex",
        keys: &["file", "pattern"],
        take_key: "take",
        take: Take::Last,
        read: |fields| {
            let text = match fields.text("file")?.as_deref() {
                None | Some("stdout") => RegexText::Stdout,
                Some("stderr") => RegexText::Stderr,
                Some(_) => RegexText::File(fields.file()?),
            };
            let pattern = fields.pattern()?;
            Ok(SourceKind::Regex(RegexSource { text, pattern }))
        },
    },
    Tensorboard: KindRules {
        name: "tensorboard",
        keys: &["file", "tag"],
        take_key: "take",
        take: Take::Last,
        read: |fields| {
            let (file, tag) = (fields.file()?, fields.text("tag")?);
            Ok(SourceKind::Tensorboard(TensorboardSource { file, tag }))
        },
    },
}

impl SourceKind {
    /// Refuses a record's key that the source can never have.
    pub(super) fn check_record_key(&self, key: &str, path: &str) -> Result<(), Problem> {
        let problem = |text: &str, hint: &str| {
            let found = escape::text(key);
            Err(Problem::at(path, format!("expected {text}, found `{found}`")).hint(hint))
        };
        match self {
            Self::Json(_) | Self::Jsonl(_) | Self::Csv(_) => Ok(()),
            Self::Regex(regex) => match groups(&regex.pattern).iter().any(|name| name == key) {
                true => Ok(()),
                false => problem(
                    "the name of a group of the pattern",
                    "name the group, as in `step (?<step>[0-9]+) acc=([-+.\\w]+)`",
                ),
            },
            Self::Tensorboard(_) if key == "step" => Ok(()),
            Self::Tensorboard(_) => problem("`step`", "write `{step: 1000}`"),
        }
    }
}

impl MetricSource {
    /// Whether it gives one number that has no name of its own: such a source, alone, is that of
    /// the one metric that claims need.
    pub fn is_nameless(&self) -> bool {
        match &self.kind {
            SourceKind::Regex(regex) => {
                let names = groups(&regex.pattern);
                let mut names = names.iter();
                match &self.take {
                    Take::Where { key, .. } => names.all(|name| name == key),
                    Take::Only
                    | Take::First
                    | Take::Last
                    | Take::Max
                    | Take::Min
                    | Take::Best
                    | Take::All
                    | Take::At(_) => names.len() == 0,
                }
            }
            SourceKind::Csv(csv) => csv.column.is_some(),
            SourceKind::Tensorboard(events) => events.tag.is_some(),
            SourceKind::Json(_) | SourceKind::Jsonl(_) => false,
        }
    }
}

/// The names of the groups of a pattern.
fn groups(pattern: &str) -> Vec<String> {
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
            kind: SourceKind::Regex(RegexSource {
                text: RegexText::Stdout,
                pattern: pattern.to_owned(),
            }),
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
