//! Where the metrics of the paper's own program are read from.

use std::collections::BTreeSet;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_yaml::Value;

use super::error::{Problem, nearest};
use super::rules::{inner_path, word};
use super::{Claim, Experiment};

/// The kinds of source; no metric can have one of these names.
const KINDS: [&str; 5] = ["json", "jsonl", "csv", "regex", "tensorboard"];

/// The sources of a program's metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metrics {
    /// One source holds every metric under its name.
    Shared(MetricSource),
    /// Each metric has a source of its own; at least one.
    Each(IndexMap<String, MetricSource>),
}

/// One source of metrics. Its file is relative to the run's output folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricSource {
    /// A JSON file.
    Json {
        /// The file.
        file: PathBuf,
        /// Path of the number, as `test.accuracy`; the metric's name where absent.
        path: Option<String>,
    },
    /// A file with a JSON object on each line.
    Jsonl {
        /// The file.
        file: PathBuf,
        /// Path of the number in a line; the metric's name where absent.
        path: Option<String>,
        /// Which of the lines that have the number counts.
        take: Take,
    },
    /// A CSV file with a header.
    Csv {
        /// The file.
        file: PathBuf,
        /// Name of the column; the metric's name where absent.
        column: Option<String>,
        /// Which row counts.
        row: Take,
    },
    /// A regular expression over text.
    Regex {
        /// The text.
        text: RegexText,
        /// A pattern that compiles and has a group; the first group is the number.
        pattern: String,
        /// Which match counts.
        take: Take,
    },
    /// An event file of TensorBoard.
    Tensorboard {
        /// The file, or the folder that holds it.
        file: PathBuf,
        /// Name of the scalar; the metric's name where absent.
        tag: Option<String>,
        /// Which step counts.
        take: Take,
    },
}

impl MetricSource {
    /// Whether it gives one number that has no name of its own: such a source, alone, is that of
    /// the one metric that claims need.
    pub fn is_nameless(&self) -> bool {
        match self {
            Self::Regex { pattern, .. } => regex::Regex::new(pattern)
                .is_ok_and(|regex| regex.capture_names().flatten().next().is_none()),
            Self::Csv { column, .. } => column.is_some(),
            Self::Tensorboard { tag, .. } => tag.is_some(),
            Self::Json { .. } | Self::Jsonl { .. } => false,
        }
    }
}

/// Refuses one source without names for several metrics.
pub(super) fn fits(experiment: &Experiment, claims: &[Claim]) -> Result<(), Problem> {
    let Experiment::Program(program) = experiment else {
        return Ok(());
    };
    let Metrics::Shared(source) = &program.metrics else {
        return Ok(());
    };
    let metrics: BTreeSet<&str> = claims
        .iter()
        .flat_map(|claim| claim.quantity.arms())
        .map(|(_, metric)| metric)
        .collect();
    if !source.is_nameless() || metrics.len() < 2 {
        return Ok(());
    }
    let names: Vec<String> = metrics.iter().map(|name| format!("`{name}`")).collect();
    Err(Problem::at(
        "experiment.metrics",
        format!(
            "expected the source of each of {}, found one number without a name",
            names.join(", ")
        ),
    )
    .hint("give each metric a source of its own, as in `{accuracy: {regex: …}, loss: {regex: …}}`"))
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The one at this position, from 0.
    At(u64),
}

/// The sources that `value`, the manifest's key at `path`, names.
pub(super) fn metrics(value: &Value, path: &str) -> Result<Metrics, Problem> {
    let entries = entries(value, path)?;
    if entries.is_empty() {
        return Err(
            Problem::at(path, "expected a source, found an empty mapping")
                .hint("write `{json: metrics.json}`"),
        );
    }
    if entries.iter().any(|(key, _)| KINDS.contains(key)) {
        return source(&entries, path).map(Metrics::Shared);
    }
    let mut each = IndexMap::new();
    for (metric, value) in entries {
        let at = format!("{path}.{metric}");
        if !value.is_mapping()
            && let Some(kind) = nearest(metric, KINDS)
        {
            return Err(
                Problem::at(at, "unknown key").hint(format!("the nearest known key is `{kind}`"))
            );
        }
        let found = self::entries(value, &at)?;
        each.insert(metric.to_owned(), source(&found, &at)?);
    }
    Ok(Metrics::Each(each))
}

type Entries<'a> = Vec<(&'a str, &'a Value)>;

fn entries<'a>(value: &'a Value, path: &str) -> Result<Entries<'a>, Problem> {
    let Value::Mapping(mapping) = value else {
        let found = found(value);
        return Err(
            Problem::at(path, format!("expected a mapping, found {found}"))
                .hint("write `{json: metrics.json}`, or a metric's name with such a source"),
        );
    };
    mapping
        .iter()
        .map(|(key, value)| match key.as_str() {
            Some(key) => Ok((key, value)),
            None => Err(Problem::at(
                path,
                format!("expected a name as key, found {}", found(key)),
            )),
        })
        .collect()
}

fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(value) => format!("the number `{value}`"),
        Value::String(text) => format!("the text {text:?}"),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) | Value::Tagged(_) => "a mapping".to_owned(),
    }
}

fn source(entries: &Entries<'_>, path: &str) -> Result<MetricSource, Problem> {
    let [(kind, value)] = entries[..] else {
        let problem = format!("expected exactly one source, found {} keys", entries.len());
        return Err(Problem::at(path, problem));
    };
    let at = format!("{path}.{kind}");
    let known: &[&str] = match kind {
        "json" => &["file", "path"],
        "jsonl" => &["file", "path", "take"],
        "csv" => &["file", "column", "row"],
        "regex" => &["file", "pattern", "take"],
        "tensorboard" => &["file", "tag", "take"],
        _ => return Err(unknown(&at, kind, &KINDS)),
    };
    let fields = Fields::read(value, at, known)?;
    Ok(match kind {
        "json" => MetricSource::Json {
            file: fields.file()?,
            path: fields.text("path")?,
        },
        "jsonl" => MetricSource::Jsonl {
            file: fields.file()?,
            path: fields.text("path")?,
            take: fields.take("take", Take::Last)?,
        },
        "csv" => MetricSource::Csv {
            file: fields.file()?,
            column: fields.text("column")?,
            row: fields.take("row", Take::Only)?,
        },
        "regex" => fields.regex()?,
        _ => MetricSource::Tensorboard {
            file: fields.file()?,
            tag: fields.text("tag")?,
            take: fields.take("take", Take::Last)?,
        },
    })
}

fn unknown(path: &str, found: &str, known: &[&str]) -> Problem {
    let problem = Problem::at(path, "unknown key");
    match nearest(found, known.iter().copied()) {
        Some(name) => problem.hint(format!("the nearest known key is `{name}`")),
        None => problem.hint(format!("known keys here: {}", known.join(", "))),
    }
}

/// The keys of one source; a bare text stands for `{file: TEXT}`.
struct Fields<'a> {
    path: String,
    entries: Entries<'a>,
}

impl<'a> Fields<'a> {
    fn read(value: &'a Value, path: String, known: &[&str]) -> Result<Self, Problem> {
        let entries = match value {
            Value::String(_) => vec![("file", value)],
            Value::Mapping(_) => entries(value, &path)?,
            other => {
                let found = found(other);
                return Err(Problem::at(
                    path,
                    format!("expected a file or a mapping, found {found}"),
                ));
            }
        };
        for (key, _) in &entries {
            if !known.contains(key) {
                return Err(unknown(&format!("{path}.{key}"), key, known));
            }
        }
        Ok(Self { path, entries })
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        let entry = self.entries.iter().find(|(name, _)| *name == key)?;
        (!entry.1.is_null()).then_some(entry.1)
    }

    fn text(&self, key: &str) -> Result<Option<String>, Problem> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(other) => Err(Problem::at(
                format!("{}.{key}", self.path),
                format!("expected a text, found {}", found(other)),
            )),
        }
    }

    fn needed(&self, key: &str) -> Result<String, Problem> {
        self.text(key)?
            .ok_or_else(|| Problem::at(&self.path, format!("the key `{key}` is missing")))
    }

    fn file(&self) -> Result<PathBuf, Problem> {
        inner_path(&self.needed("file")?, &format!("{}.file", self.path))
    }

    fn take(&self, key: &str, default: Take) -> Result<Take, Problem> {
        let words = [
            ("only", Take::Only),
            ("first", Take::First),
            ("last", Take::Last),
            ("max", Take::Max),
            ("min", Take::Min),
        ];
        let path = format!("{}.{key}", self.path);
        match self.get(key) {
            None => Ok(default),
            Some(Value::String(text)) => word(text, &path, &words),
            Some(other) => other.as_u64().map(Take::At).ok_or_else(|| {
                let found = found(other);
                Problem::at(
                    path,
                    format!("expected a word or a position from 0, found {found}"),
                )
            }),
        }
    }

    fn regex(&self) -> Result<MetricSource, Problem> {
        let text = match self.text("file")?.as_deref() {
            None | Some("stdout") => RegexText::Stdout,
            Some("stderr") => RegexText::Stderr,
            Some(_) => RegexText::File(self.file()?),
        };
        let pattern = self.needed("pattern")?;
        let at = format!("{}.pattern", self.path);
        match regex::Regex::new(&pattern) {
            Err(_) => Err(Problem::at(
                at,
                format!("expected a regular expression, found `{pattern}`"),
            )),
            Ok(compiled) if compiled.captures_len() < 2 => Err(Problem::at(
                at,
                format!("expected a group for the number, found none in `{pattern}`"),
            )
            .hint("put the number in parentheses, as in `acc=([0-9.]+)`")),
            Ok(_) => Ok(MetricSource::Regex {
                text,
                pattern,
                take: self.take("take", Take::Last)?,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_with_names_says_which_metric_is_which() {
        let regex = |pattern: &str| MetricSource::Regex {
            text: RegexText::Stdout,
            pattern: pattern.to_owned(),
            take: Take::Last,
        };
        assert!(regex("acc=([0-9.]+)").is_nameless());
        assert!(!regex("acc=(?<accuracy>[0-9.]+)").is_nameless());
    }
}
