//! Every statistic against reference values computed elsewhere, each at the tolerance of its case.
//!
//! The cases and their sources are in `fixtures/vectors`. A group without a test fails the last
//! test below, except `verdict`, which is tested with the decision rule.

mod bootstrap;
mod distributions;
mod planning;
mod tests_and_intervals;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use reprove_stats::{Sample, Summary};
use serde_json::Value;

/// Groups tested here; the rest of the file must hold none but `verdict`.
const GROUPS: [&[&str]; 4] = [
    bootstrap::GROUPS,
    distributions::GROUPS,
    planning::GROUPS,
    tests_and_intervals::GROUPS,
];

/// One reference case.
pub struct Case {
    id: String,
    input: Value,
    expect: Value,
    rtol: f64,
}

fn all() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/vectors/vectors.json");
    let text = fs::read_to_string(path).expect("the vectors are part of the repository");
    let mut file: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    match file["cases"].take() {
        Value::Array(cases) => cases,
        other => panic!("`cases` is {other}"),
    }
}

/// The cases of a group; at least one.
pub fn cases(group: &str) -> Vec<Case> {
    let found: Vec<Case> = all()
        .into_iter()
        .filter(|c| c["group"] == group)
        .map(|mut c| Case {
            id: c["id"].as_str().unwrap().to_owned(),
            input: c["input"].take(),
            expect: c["expect"].take(),
            rtol: c["rtol"].as_f64().unwrap_or(1e-12),
        })
        .collect();
    assert!(!found.is_empty(), "no case of group {group}");
    found
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value
        .as_array()
        .unwrap_or_else(|| panic!("no list: {value}"));
    list.iter().map(|v| v.as_f64().unwrap()).collect()
}

/// A table of numbers, row by row.
pub fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

impl Case {
    /// A number of the input.
    pub fn num(&self, key: &str) -> f64 {
        self.input[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{}: no `{key}`", self.id))
    }

    /// A count of the input.
    pub fn count(&self, key: &str) -> usize {
        self.input[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{}: no `{key}`", self.id)) as usize
    }

    /// A list of the input.
    pub fn list(&self, key: &str) -> Vec<f64> {
        numbers(&self.input[key])
    }

    /// A list of the input as a sample.
    pub fn sample(&self, key: &str) -> Sample {
        Sample::new(self.list(key)).unwrap()
    }

    /// The summary of such a sample.
    pub fn summary(&self, key: &str) -> Summary {
        self.sample(key).summary().unwrap()
    }

    /// The expected number or list under `key` must be what was found.
    pub fn check(&self, key: &str, found: impl Into<Found>) {
        let expected = match &self.expect[key] {
            Value::Array(list) => list.iter().map(|v| v.as_f64().unwrap()).collect(),
            one => vec![
                one.as_f64()
                    .unwrap_or_else(|| panic!("{}: expects no `{key}`", self.id)),
            ],
        };
        let found = found.into().0;
        assert_eq!(expected.len(), found.len(), "{} `{key}`", self.id);
        for (e, f) in expected.iter().zip(&found) {
            // An exact zero, such as a mean shift, can only be met absolutely.
            let room = self.rtol * if *e == 0.0 { 1.0 } else { e.abs() };
            assert!(
                (e - f).abs() <= room,
                "{} `{key}`: expected {e}, found {f}, {:.1e} apart",
                self.id,
                (e - f).abs() / e.abs()
            );
        }
    }
}

/// One number or several.
pub struct Found(Vec<f64>);

impl From<f64> for Found {
    fn from(one: f64) -> Self {
        Self(vec![one])
    }
}

impl From<Vec<f64>> for Found {
    fn from(list: Vec<f64>) -> Self {
        Self(list)
    }
}

impl From<reprove_stats::Interval> for Found {
    fn from(interval: reprove_stats::Interval) -> Self {
        Self(vec![interval.lo, interval.hi])
    }
}

#[test]
fn every_group_has_its_test() {
    let tested: BTreeSet<&str> = GROUPS.concat().into_iter().chain(["verdict"]).collect();
    for case in all() {
        let group = case["group"].as_str().unwrap();
        assert!(tested.contains(group), "no test for group {group}");
    }
}
