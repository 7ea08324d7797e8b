//! Why a metric cannot be read.

use reprove_model::diagnostics::by_likeness;
use reprove_model::escape::printable;

use crate::number;
use reprove_model::seeds::RunSeed;

/// Why a metric cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
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
    #[error("{file}: no match of `{pattern}`{}", has_one(.elsewhere.as_deref()))]
    NoMatch {
        /// The file as the source names it.
        file: String,
        /// The pattern.
        pattern: String,
        /// The other stream, where it has a match.
        elsewhere: Option<String>,
    },
    /// A file of runs has none that the filters leave in.
    #[error("{file}: no run with {what}{}", found(.known))]
    NoRun {
        /// The file.
        file: String,
        /// The values that were looked for, with their columns.
        what: String,
        /// Values that runs have in the column, the most similar first, at most five.
        known: Vec<String>,
    },
    /// A file of runs has several columns of values.
    #[error("{file}: which column? it has `{}`{}", .columns.join("`, `"), decimal_comma(*.may_be_split))]
    ManyColumns {
        /// The file.
        file: String,
        /// Its columns, at most 20.
        columns: Vec<String>,
        /// Whether cells may be the halves of numbers with a decimal comma.
        may_be_split: bool,
    },
    /// A file of runs has a seed twice.
    #[error("{file}:{line}: the seed {seed} stands twice")]
    SeedTwice {
        /// The file.
        file: String,
        /// The line of the second run, or its place in a list, from 1.
        line: u64,
        /// The seed.
        seed: RunSeed,
        /// Columns that tell the two runs apart, and the value of the second there.
        differing: Vec<(String, String)>,
    },
    /// The source itself cannot be used.
    #[error("metric source: {0}")]
    Source(String),
    /// The source of one metric has no number, for a reason that does not name the metric.
    #[error("`{}`: {error}", printable(.name, 60))]
    OfMetric {
        /// The metric.
        name: String,
        /// Why.
        error: Box<MetricError>,
    },
}

impl MetricError {
    /// The error, with the name of the metric that was asked for where it does not say it.
    pub(crate) fn of_metric(self, name: &str) -> Self {
        match self {
            Self::Unreadable { .. } | Self::NoMatch { .. } | Self::Source(_) => Self::OfMetric {
                name: name.to_owned(),
                error: Box::new(self),
            },
            Self::Malformed { .. }
            | Self::Absent { .. }
            | Self::NoRun { .. }
            | Self::ManyColumns { .. }
            | Self::SeedTwice { .. }
            | Self::OfMetric { .. } => self,
        }
    }
}

fn has_one(elsewhere: Option<&str>) -> String {
    elsewhere.map_or_else(String::new, |other| format!("; {other} has one"))
}

fn decimal_comma(may_be_split: bool) -> &'static str {
    if may_be_split {
        "; commas part the cells: write the decimal point as `.`"
    } else {
        ""
    }
}

fn present(known: &[String]) -> String {
    match known {
        [] => ", found no numbers".to_owned(),
        known => found(known),
    }
}

fn found(known: &[String]) -> String {
    match known {
        [] => String::new(),
        known => format!(", found `{}`", known.join("`, `")),
    }
}

/// That `file` has no `what`, with the most similar names that it does have.
pub(crate) fn absent<'a>(
    file: &str,
    what: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> MetricError {
    MetricError::Absent {
        file: file.to_owned(),
        what: format!("`{what}`"),
        known: similar(what, known),
    }
}

/// At most five of the names, the most similar to `what` first, as people may see them.
pub(crate) fn similar<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names = by_likeness(what, names);
    // `accuracy` is what `acc` is short for, however few letters another name differs by.
    names.sort_by_key(|name| !name.contains(what));
    let names = names.into_iter().take(5);
    names.map(|name| printable(name, 60)).collect()
}

/// That what stands under a metric's name is no number.
pub(crate) fn no_number(file: &str, line: u64, name: &str, found: &str) -> MetricError {
    let name = printable(name, 60);
    MetricError::Malformed {
        file: file.to_owned(),
        line,
        reason: format!("`{name}`: {}", number::expected(found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_metric_names_the_nearest() {
        let error = absent("m.json", "acuracy", ["loss", "accuracy", "f1"]);
        assert_eq!(
            error.to_string(),
            "m.json: no `acuracy`, found `accuracy`, `f1`, `loss`"
        );
    }
}
