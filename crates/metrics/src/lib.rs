//! Reads metrics out of what a program wrote: JSON, JSON lines, CSV, any text by a regular
//! expression, TensorBoard event files.
//!
//! The files are a stranger's: they are opened without following links, read up to a limit, and
//! whatever is in them is at worst an [`Error`]. Every number keeps the place that it came from.
//! Numbers that are not finite are kept, because a run that diverged must not look like one that
//! said nothing.

pub mod choice;
mod json;
mod message;
mod number;
mod open;
mod pattern;
mod records;
mod source;
mod tensorboard;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use reprove_model::escape::printable;
pub use reprove_model::record::Unit;
pub use source::{
    CsvSource, JsonSource, JsonlSource, Metrics, RegexSource, Source, Take, TensorboardSource,
};
pub use written::{opened, written};

/// One number and where it stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The number as it was written: `94.2%` is 94.2. May be infinite or not a number.
    pub value: f64,
    /// Whether a percent sign stood behind it.
    pub unit: Unit,
    /// Where it stood.
    pub origin: Origin,
}

/// The place that a number came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file, relative to the run's output folder, or `stdout` or `stderr`.
    pub file: String,
    /// The line, counted from 1; `None` in binary files.
    pub line: Option<u64>,
    /// The line's text or the record's tag and step, shortened, without control characters.
    pub text: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.text),
            None => write!(f, "{}:{}", self.file, self.text),
        }
    }
}

/// Where a run's output lies.
#[derive(Clone, Copy, Debug)]
pub struct Outputs<'a> {
    /// The folder that sources name their files in.
    pub folder: &'a Path,
    /// What it wrote to standard output.
    pub stdout: &'a Path,
    /// What it wrote to standard error.
    pub stderr: &'a Path,
}

/// Why a metric could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is not there, or is no plain file.
    #[error("{file}: {reason}")]
    Unreadable {
        /// The file as the source names it.
        file: String,
        /// The system's reason, or what it is instead of a file.
        reason: String,
    },
    /// The file is not what it should be.
    #[error("{file}:{line}: {reason}")]
    Malformed {
        /// The file as the source names it.
        file: String,
        /// The line, or the record of a binary file, counted from 1.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The file has no such metric.
    #[error("{file}: no {what}{}", present(.known))]
    Absent {
        /// The file as the source names it.
        file: String,
        /// What was looked for.
        what: String,
        /// Names that are there, the most similar first, at most five.
        known: Vec<String>,
    },
    /// The text has no match of a pattern.
    #[error("{file}: no match of `{pattern}`")]
    NoMatch {
        /// The file as the source names it.
        file: String,
        /// The pattern.
        pattern: String,
    },
    /// The source itself cannot be used.
    #[error("metric source: {0}")]
    Source(String),
    /// The source of one metric gives nothing, for a reason that does not name the metric.
    #[error("`{}`: {error}", printable(.name, 60))]
    OfMetric {
        /// The metric.
        name: String,
        /// Why.
        error: Box<Error>,
    },
}

impl Error {
    /// The error, with the name of the metric that was asked for where it does not say it.
    fn of(self, name: &str) -> Self {
        match self {
            Self::Unreadable { .. } | Self::NoMatch { .. } | Self::Source(_) => Self::OfMetric {
                name: name.to_owned(),
                error: Box::new(self),
            },
            Self::Malformed { .. } | Self::Absent { .. } | Self::OfMetric { .. } => self,
        }
    }
}

fn present(known: &[String]) -> String {
    if known.is_empty() {
        ", found no numbers".to_owned()
    } else {
        format!(", found `{}`", known.join("`, `"))
    }
}

/// The greatest number of differently named metrics that one source may yield.
const MOST_METRICS: usize = 10_000;

/// The greatest number of observations that one source may yield.
const MOST_NUMBERS: usize = 100_000;

/// What a source yields: for each metric its numbers, several only with [`Take::All`].
pub type Readings = BTreeMap<String, Vec<Found>>;

/// Reads all that `metrics` names.
///
/// # Errors
/// The first source that cannot be read, or does not have its metric.
pub fn read(metrics: &Metrics, outputs: &Outputs) -> Result<Readings, Error> {
    match metrics {
        Metrics::All(source) => read_source(source, None, outputs),
        Metrics::Named(sources) => {
            let mut readings = Readings::new();
            for (name, source) in sources {
                let found = read_source(source, Some(name), outputs);
                let found = found.map_err(|error| error.of(name))?;
                readings.insert(name.clone(), found.into_values().flatten().collect());
            }
            Ok(readings)
        }
    }
}

/// Reads one source: all of its metrics, or the one that `name` asks for.
fn read_source(source: &Source, name: Option<&str>, outputs: &Outputs) -> Result<Readings, Error> {
    let readings = match source {
        Source::Json(json) => json::read(json, name, outputs),
        Source::Jsonl(lines) => records::read_jsonl(lines, name, outputs),
        Source::Csv(table) => records::read_csv(table, name, outputs),
        Source::Regex(pattern) => pattern::read(pattern, name, outputs),
        Source::Tensorboard(events) => tensorboard::read(events, name, outputs),
    }?;
    if readings.is_empty() {
        return Err(absent(source.file(), name.unwrap_or("number"), []));
    }
    Ok(readings)
}

/// That `file` has no `what`, with the most similar names that it does have.
fn absent<'a>(file: &str, what: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    Error::Absent {
        file: file.to_owned(),
        what: format!("`{what}`"),
        known: similar(what, known),
    }
}

/// At most five of the names, the most similar to `what` first, as people may see them.
fn similar<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_by(|a, b| {
        let likeness = |name: &str| strsim::jaro_winkler(what, name);
        likeness(b).total_cmp(&likeness(a)).then_with(|| a.cmp(b))
    });
    names.dedup();
    names.truncate(5);
    names.into_iter().map(|name| printable(name, 60)).collect()
}

impl Take {
    /// Those of the numbers that it keeps.
    pub fn of(&self, found: &[Found]) -> Vec<Found> {
        let mut picked = Picked::new(self);
        found.iter().for_each(|one| picked.offer(one.clone()));
        picked.kept
    }
}

/// That what stands under a metric's name is no number.
fn no_number(file: &str, line: u64, name: &str, found: &str) -> Error {
    let (name, found) = (printable(name, 60), printable(found, 60));
    Error::Malformed {
        file: file.to_owned(),
        line,
        reason: format!("`{name}`: expected a number, found `{found}`"),
    }
}

/// Keeps of the numbers of one metric those that [`Take`] asks for.
#[derive(Debug)]
struct Picked<'a> {
    take: &'a Take,
    kept: Vec<Found>,
}

impl<'a> Picked<'a> {
    fn new(take: &'a Take) -> Self {
        Picked {
            take,
            kept: Vec::new(),
        }
    }

    /// Takes or leaves the next number, in the order of the file.
    fn offer(&mut self, found: Found) {
        let better = |old: &Found| match self.take {
            Take::First => false,
            Take::Last | Take::Where { .. } => true,
            Take::Max => found.value > old.value || old.value.is_nan(),
            Take::Min => found.value < old.value || old.value.is_nan(),
            Take::All => false,
        };
        match self.kept.first() {
            Some(_) if *self.take == Take::All => self.kept.push(found),
            Some(old) if better(old) => self.kept = vec![found],
            Some(_) => {}
            None => self.kept.push(found),
        }
    }
}

/// Equal as numbers where both are, else as text.
fn same(a: &str, b: &str) -> bool {
    match (a.trim().parse::<f64>(), b.trim().parse::<f64>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a.trim() == b.trim(),
    }
}

/// The numbers of many metrics, as a file is read.
struct Collected<'a> {
    file: &'a str,
    take: &'a Take,
    metrics: BTreeMap<String, Picked<'a>>,
    /// Names that numbers stand under, also those that were not asked for, at most [`MOST_NAMES`].
    names: BTreeSet<String>,
    /// The first thing under the name that was asked for that is no number.
    other: Option<Error>,
    /// What records that were passed over have under the key of [`Take::Where`], at most five.
    passed: Vec<String>,
}

/// The greatest number of names that are remembered for a message.
const MOST_NAMES: usize = 100;

impl<'a> Collected<'a> {
    fn new(file: &'a str, take: &'a Take) -> Self {
        Collected {
            file,
            take,
            metrics: BTreeMap::new(),
            names: BTreeSet::new(),
            other: None,
            passed: Vec::new(),
        }
    }

    /// Whether a record is one that is looked at; `value_of` gives what it has under a key.
    fn looks_at(&mut self, value_of: impl Fn(&str) -> Option<String>) -> bool {
        let Take::Where { key, value } = self.take else {
            return true;
        };
        let Some(found) = value_of(key) else {
            return false;
        };
        let is_meant = same(&found, value);
        if !is_meant && self.passed.len() < 5 && !self.passed.contains(&found) {
            self.passed.push(found);
        }
        is_meant
    }

    /// Remembers for a message that a number stands under this name.
    fn saw(&mut self, name: &str) {
        if self.names.len() < MOST_NAMES && !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
    }

    /// Why there is no number under the name that was asked for.
    fn nothing(self, wanted: &str) -> Error {
        if let Some(other) = self.other {
            return other;
        }
        let seen = self.metrics.keys().chain(&self.names).map(String::as_str);
        let names: BTreeSet<&str> = seen.collect();
        match self.take {
            Take::Where { key, value } if names.is_empty() => Error::Absent {
                file: self.file.to_owned(),
                what: format!(
                    "record with `{}` under `{}`",
                    printable(value, 60),
                    printable(key, 60)
                ),
                known: self
                    .passed
                    .iter()
                    .map(|value| printable(value, 60))
                    .collect(),
            },
            _ => absent(self.file, wanted, names),
        }
    }

    fn offer(&mut self, name: &str, found: Found) -> Result<(), Error> {
        let full = |reason| {
            Err(Error::Unreadable {
                file: self.file.to_owned(),
                reason,
            })
        };
        if let Some(picked) = self.metrics.get_mut(name) {
            if picked.kept.len() >= MOST_NUMBERS {
                return full(format!("has more than {MOST_NUMBERS} numbers"));
            }
            picked.offer(found);
            return Ok(());
        }
        if self.metrics.len() >= MOST_METRICS {
            return full(format!("has more than {MOST_METRICS} metrics"));
        }
        let mut picked = Picked::new(self.take);
        picked.offer(found);
        self.metrics.insert(name.to_owned(), picked);
        Ok(())
    }

    /// All metrics, or only the one that is asked for.
    fn finish(self, only: Option<&str>) -> Result<Readings, Error> {
        let Some(only) = only else {
            return Ok(self
                .metrics
                .into_iter()
                .map(|(name, picked)| (name, picked.kept))
                .collect());
        };
        let mut collected = self;
        match collected.metrics.remove(only) {
            Some(picked) => Ok(BTreeMap::from([(only.to_owned(), picked.kept)])),
            None => Err(collected.nothing(only)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes `text` as the file `f.csv` (or as standard output) and reads `yaml` from it.
    pub(super) fn readings(text: &str, yaml: &str) -> Result<Readings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        std::fs::write(&path, text).unwrap();
        let outputs = Outputs {
            folder: folder.path(),
            stdout: &path,
            stderr: &path,
        };
        let metrics: Metrics = serde_yaml::from_str(yaml).unwrap();
        read(&metrics, &outputs).map_err(|error| error.to_string())
    }

    /// The same, the numbers alone.
    pub(super) fn reading(text: &str, yaml: &str) -> Result<Vec<(String, Vec<f64>)>, String> {
        Ok(readings(text, yaml)?
            .into_iter()
            .map(|(name, found)| (name, found.iter().map(|one| one.value).collect()))
            .collect())
    }

    pub(super) fn one(text: &str, yaml: &str) -> f64 {
        let readings = reading(text, yaml).unwrap();
        assert_eq!(
            (readings.len(), readings[0].1.len()),
            (1, 1),
            "{readings:?}"
        );
        readings[0].1[0]
    }

    fn found(value: f64) -> Found {
        let origin = Origin {
            file: "f".into(),
            line: Some(1),
            text: String::new(),
        };
        Found {
            value,
            unit: Unit::Unknown,
            origin,
        }
    }

    fn kept(take: &Take, values: &[f64]) -> Vec<f64> {
        let all: Vec<Found> = values.iter().map(|value| found(*value)).collect();
        take.of(&all).iter().map(|found| found.value).collect()
    }

    #[test]
    fn each_way_to_take_keeps_its_number() {
        let values = [2.0, f64::NAN, 9.0, 1.0, 3.0];
        assert_eq!(kept(&Take::First, &values), [2.0]);
        assert_eq!(kept(&Take::Last, &values), [3.0]);
        assert_eq!(kept(&Take::Max, &values), [9.0]);
        assert_eq!(kept(&Take::Min, &values), [1.0]);
        assert_eq!(kept(&Take::All, &values).len(), 5);
        assert_eq!(kept(&Take::Max, &[f64::NAN, 1.0]), [1.0]);
        assert!(kept(&Take::Min, &[f64::NAN])[0].is_nan());
    }

    #[test]
    fn an_absent_metric_names_the_nearest() {
        let error = absent("m.json", "acuracy", ["loss", "accuracy", "f1"]);
        assert_eq!(
            error.to_string(),
            "m.json: no `acuracy`, found `accuracy`, `f1`, `loss`"
        );
    }
}
