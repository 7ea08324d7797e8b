//! The numbers of many metrics as a file is read, of each those that [`Take`] asks for.

use std::collections::{BTreeMap, BTreeSet};

use reprove_model::escape::printable;
use reprove_model::manifest::Take;

use crate::error::{MetricError, absent};
use crate::value::{MetricValue, Readings};

/// The greatest number of differently named metrics that one source may yield.
const MOST_METRICS: usize = 10_000;

/// The greatest number of observations that one source may yield.
const MOST_NUMBERS: usize = 100_000;

/// Those of the numbers that `take` keeps; all where what counts depends on how many there are.
pub(crate) fn taken(take: &Take, values: &[MetricValue]) -> Vec<MetricValue> {
    let mut picked = Picked::new(take);
    values.iter().for_each(|one| picked.offer(one.clone()));
    picked.kept
}

/// Keeps of the numbers of one metric those that [`Take`] asks for.
#[derive(Debug)]
pub(crate) struct Picked<'a> {
    take: &'a Take,
    kept: Vec<MetricValue>,
}

impl<'a> Picked<'a> {
    fn new(take: &'a Take) -> Self {
        Picked {
            take,
            kept: Vec::new(),
        }
    }

    /// Takes or leaves the next number, in the order of the file.
    fn offer(&mut self, found: MetricValue) {
        let is_chosen = match (self.take, self.kept.first()) {
            (Take::Only | Take::All | Take::Best | Take::At(_), _) | (_, None) => {
                self.kept.push(found);
                return;
            }
            (Take::First, Some(_)) => false,
            (Take::Last | Take::Where { .. }, Some(_)) => true,
            (Take::Max, Some(old)) => found.value > old.value || old.value.is_nan(),
            (Take::Min, Some(old)) => found.value < old.value || old.value.is_nan(),
        };
        if is_chosen {
            self.kept = vec![found];
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
pub(crate) struct Collected<'a> {
    file: &'a str,
    take: &'a Take,
    pub(crate) metrics: BTreeMap<String, Picked<'a>>,
    /// Names that numbers stand under, also those that were not asked for, at most [`MOST_NAMES`].
    names: BTreeSet<String>,
    /// The first thing under the name that was asked for that is no number.
    pub(crate) other: Option<MetricError>,
    /// What records that were passed over have under the key of [`Take::Where`], at most five.
    pub(crate) passed: Vec<String>,
}

/// The greatest number of names that are remembered for a message.
pub(crate) const MOST_NAMES: usize = 100;

impl<'a> Collected<'a> {
    pub(crate) fn new(file: &'a str, take: &'a Take) -> Self {
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
    pub(crate) fn looks_at(&mut self, value_of: impl Fn(&str) -> Option<String>) -> bool {
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
    pub(crate) fn saw(&mut self, name: &str) {
        if self.names.len() < MOST_NAMES && !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
    }

    /// Why there is no number under the name that was asked for.
    pub(crate) fn nothing(self, wanted: &str) -> MetricError {
        if let Some(other) = self.other {
            return other;
        }
        let seen = self.metrics.keys().chain(&self.names).map(String::as_str);
        let names: BTreeSet<&str> = seen.collect();
        match self.take {
            Take::Where { key, value } if names.is_empty() => MetricError::Absent {
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

    pub(crate) fn offer(&mut self, name: &str, found: MetricValue) -> Result<(), MetricError> {
        let full = |reason| {
            Err(MetricError::Unreadable {
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
    pub(crate) fn finish(self, only: Option<&str>) -> Result<Readings, MetricError> {
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
    use crate::value::Provenance;
    use reprove_model::record::NumberUnit;

    fn found(value: f64) -> MetricValue {
        let provenance = Provenance {
            file: "f".into(),
            line: Some(1),
            text: String::new(),
        };
        MetricValue {
            value,
            unit: NumberUnit::Unknown,
            provenance,
        }
    }

    fn kept(take: &Take, values: &[f64]) -> Vec<f64> {
        let all: Vec<MetricValue> = values.iter().map(|value| found(*value)).collect();
        taken(take, &all).iter().map(|found| found.value).collect()
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
}
