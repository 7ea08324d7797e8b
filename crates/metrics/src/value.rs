//! A number that a program wrote, with its unit and its provenance.

use std::collections::BTreeMap;
use std::fmt;

use reprove_model::name::MetricName;
use reprove_model::record::NumberUnit;
use serde::{Deserialize, Serialize};

/// A number and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricValue {
    /// The number as it was written: `94.2%` is 94.2. May be infinite or not a number.
    pub value: f64,
    /// What is known of its unit: [`NumberUnit::Percent`] where a percent sign stands behind it.
    pub unit: NumberUnit,
    /// Where it stands.
    pub provenance: Provenance,
}

/// The place of a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The file, relative to the run's output folder, or `stdout` or `stderr`.
    pub file: String,
    /// The line, counted from 1; `None` in binary files.
    pub line: Option<u64>,
    /// The line's text or the record's tag and step, shortened, without control characters.
    pub text: String,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.text),
            None => write!(f, "{}:{}", self.file, self.text),
        }
    }
}

/// The numbers of each metric; several only where the source takes several.
pub type Readings = BTreeMap<MetricName, Vec<MetricValue>>;

/// The one metric that was read, under the name that was asked for.
pub(crate) fn renamed(readings: Readings, name: Option<&str>) -> Readings {
    match name {
        Some(name) => Readings::from([(name.into(), readings.into_values().flatten().collect())]),
        None => readings,
    }
}
