//! What the readers of tables and of JSON share: the names of columns, seeds, numbers and errors.

use std::collections::BTreeMap;

use reprove_model::escape::printable;
use reprove_model::seeds::RunSeed;

use super::file_run::{FileRun, RunNumber, RunQuery};
use crate::error::MetricError;
use crate::number;

/// A run with its other cells, which tell runs of one seed apart.
pub(super) struct Entry {
    pub(super) run: FileRun,
    pub(super) others: BTreeMap<String, String>,
}

/// What reads one file.
#[derive(Clone, Copy)]
pub(super) struct Reader<'q> {
    pub(super) file: &'q str,
    pub(super) query: &'q RunQuery,
}

/// The names that a column of seeds has.
const SEEDS: [&str; 3] = ["seed", "random_seed", "rng_seed"];

/// Whether a column or key of this name holds seeds.
pub fn is_seed(name: &str) -> bool {
    SEEDS.contains(&name.to_lowercase().as_str())
}

/// Whether a column is the index of a data frame, which pandas writes without a name.
pub fn is_index(name: &str) -> bool {
    name.is_empty() || name.starts_with("Unnamed: ")
}

/// Reads a seed: a whole number from 0, also one that a data frame wrote as `3.0`.
pub fn parse_seed(text: &str) -> Option<RunSeed> {
    let text = text.trim();
    let whole = text.parse::<u64>().ok();
    let is_exact = |seed: &f64| seed.fract() == 0.0 && (0.0..=2f64.powi(53)).contains(seed);
    let seed = whole.or_else(|| text.parse().ok().filter(is_exact).map(|seed| seed as u64));
    seed.map(RunSeed)
}

impl Reader<'_> {
    pub(super) fn malformed(&self, line: u64, reason: String) -> MetricError {
        MetricError::Malformed {
            file: self.file.to_owned(),
            line,
            reason,
        }
    }

    pub(super) fn unreadable(&self, reason: String) -> MetricError {
        MetricError::Unreadable {
            file: self.file.to_owned(),
            reason,
        }
    }

    pub(super) fn seed(&self, text: &str, line: u64) -> Result<RunSeed, MetricError> {
        parse_seed(text).ok_or_else(|| {
            let shown = printable(text.trim(), 60);
            let reason = format!("expected a seed, a whole number from 0, found `{shown}`");
            self.malformed(line, reason)
        })
    }

    pub(super) fn number(&self, text: &str, line: u64) -> Result<RunNumber, MetricError> {
        match number::parse(text) {
            Some((value, unit)) => Ok(RunNumber::Number { value, unit }),
            None if number::is_lost(text) => Ok(RunNumber::Lost),
            None => Err(self.malformed(line, number::expected(text))),
        }
    }

    /// Several columns could be meant, the cells of which may be the halves of numbers.
    pub(super) fn many<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        may_be_split: bool,
    ) -> MetricError {
        MetricError::ManyColumns {
            file: self.file.to_owned(),
            columns: names.take(20).map(|name| printable(name, 60)).collect(),
            may_be_split,
        }
    }

    /// The only name beside seeds and indices, or `value`; `may_be_split` as in [`Self::many`].
    pub(super) fn only<'n>(
        &self,
        names: &[&'n str],
        may_be_split: impl FnOnce() -> bool,
    ) -> Result<&'n str, MetricError> {
        let is_filter = |name: &str| self.query.filters.iter().any(|(key, _)| key == name);
        let is_value = |name: &&&str| !is_seed(name) && !is_index(name) && !is_filter(name);
        let candidates: Vec<&&str> = names.iter().filter(is_value).collect();
        let value = names.iter().find(|name| **name == "value");
        match (&candidates[..], value) {
            ([one], _) => Ok(one),
            (_, Some(value)) => Ok(value),
            (_, None) => Err(self.many(names.iter().copied(), may_be_split())),
        }
    }
}
