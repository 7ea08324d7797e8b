//! The numbers of many metrics as a file is read, of each those that [`Take`] asks for.

use std::collections::{BTreeMap, BTreeSet};

use reprove_model::escape::printable;
use reprove_model::manifest::Take;
use reprove_model::record::{LEFT_OUT, NO_NEWLINE};

use crate::error::{MetricError, absent};
use crate::value::{MetricValue, Readings};
use reprove_model::name::MetricName;

/// The greatest number of differently named metrics that one source may yield.
const MOST_METRICS: usize = 10_000;

/// The greatest number of observations that one source may yield.
const MOST_NUMBERS: usize = 100_000;

/// The greatest number of names that are remembered for a message.
pub(crate) const MOST_NAMES: usize = 100;

/// Those of the numbers that `take` keeps; all where what counts depends on how many there are.
pub(crate) fn taken(take: &Take, values: &[MetricValue]) -> Vec<MetricValue> {
    let mut picked = Picked::new(take);
    values.iter().for_each(|one| picked.offer(one.clone()));
    picked.kept
}

/// The numbers of one metric that [`Take`] asks for.
#[derive(Debug)]
struct Picked<'a> {
    take: &'a Take,
    kept: Vec<MetricValue>,
    /// Why the metric has no value: something else stands where its number should.
    missing: Option<MetricError>,
}

impl<'a> Picked<'a> {
    fn new(take: &'a Take) -> Self {
        Picked {
            take,
            kept: Vec::new(),
            missing: None,
        }
    }

    /// Takes or leaves the next number, in the order of the file.
    fn offer(&mut self, found: MetricValue) {
        let is_chosen = match (self.take, self.kept.first()) {
            (Take::Only | Take::All | Take::Best | Take::At(_), _) => {
                self.kept.push(found);
                return;
            }
            (Take::First, kept) => kept.is_none() && self.missing.is_none(),
            (Take::Last | Take::Where { .. }, _) => {
                self.missing = None;
                true
            }
            (Take::Max, Some(old)) => found.value > old.value || old.value.is_nan(),
            (Take::Min, Some(old)) => found.value < old.value || old.value.is_nan(),
            (Take::Max | Take::Min, None) => true,
        };
        if self.take == &Take::Max || self.take == &Take::Min {
            self.missing = None;
        }
        if is_chosen {
            self.kept = vec![found];
        }
    }

    /// Notes that the next entry is no number. The last entry decides, so that a run that ended
    /// without a value has none; where every entry counts, each does.
    fn miss(&mut self, why: MetricError) {
        match self.take {
            Take::First if !self.kept.is_empty() => {}
            Take::First | Take::Only | Take::All | Take::Best | Take::At(_) => {
                self.missing.get_or_insert(why);
            }
            Take::Last | Take::Max | Take::Min | Take::Where { .. } => self.missing = Some(why),
        }
    }

    fn finish(self) -> Result<Vec<MetricValue>, MetricError> {
        match self.missing {
            Some(why) => Err(why),
            None => Ok(self.kept),
        }
    }
}

/// Equal as numbers where both are, else as text.
pub(crate) fn same(a: &str, b: &str) -> bool {
    match (a.trim().parse::<f64>(), b.trim().parse::<f64>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a.trim() == b.trim(),
    }
}

/// That a number was cut off, where the others of its metric show it.
pub(crate) fn cut_number(shown: &str) -> String {
    let shown = printable(shown, 60);
    if shown.is_empty() {
        return "the last row is cut off before its last cell".to_owned();
    }
    format!(
        "`{shown}` is cut off: the text ends there without a newline, and every other number has more digits"
    )
}

/// The numbers of many metrics, as a file is read.
pub(crate) struct Collected<'a> {
    file: &'a str,
    take: &'a Take,
    metrics: BTreeMap<MetricName, Picked<'a>>,
    /// Names that numbers stand under, also those that were not asked for, at most [`MOST_NAMES`].
    names: BTreeSet<String>,
    /// What records that were passed over have under the key of [`Take::Where`], at most five.
    passed: Vec<String>,
    /// What is to be said of the file beside the provenance of its numbers.
    remarks: BTreeSet<String>,
}

impl<'a> Collected<'a> {
    pub(crate) fn new(file: &'a str, take: &'a Take) -> Self {
        Collected {
            file,
            take,
            metrics: BTreeMap::new(),
            names: BTreeSet::new(),
            passed: Vec::new(),
            remarks: BTreeSet::new(),
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

    /// Whether no entry was found, and whether records were passed over.
    pub(crate) fn is_empty(&self) -> bool {
        self.metrics.is_empty()
    }

    /// Whether records were passed over.
    pub(crate) fn has_passed(&self) -> bool {
        !self.passed.is_empty()
    }

    /// Remembers for a message that a number stands under this name.
    pub(crate) fn saw(&mut self, name: &str) {
        if self.names.len() < MOST_NAMES && !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
    }

    /// Why there is no number under the name that was asked for.
    pub(crate) fn nothing(&self, wanted: &str) -> MetricError {
        let seen = self.metrics.keys().map(MetricName::as_str);
        let seen = seen.chain(self.names.iter().map(String::as_str));
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
            Take::Only
            | Take::First
            | Take::Last
            | Take::Max
            | Take::Min
            | Take::Best
            | Take::All
            | Take::At(_)
            | Take::Where { .. } => absent(self.file, wanted, names),
        }
    }

    /// The entries of a metric, which may have none yet.
    fn picked(&mut self, name: &str) -> Result<&mut Picked<'a>, MetricError> {
        let full = |reason| MetricError::Unreadable {
            file: self.file.to_owned(),
            reason,
        };
        match self.metrics.get(name) {
            Some(picked) if picked.kept.len() >= MOST_NUMBERS => {
                return Err(full(format!("has more than {MOST_NUMBERS} numbers")));
            }
            None if self.metrics.len() >= MOST_METRICS => {
                return Err(full(format!("has more than {MOST_METRICS} metrics")));
            }
            Some(_) | None => {}
        }
        let take = self.take;
        if !self.metrics.contains_key(name) {
            self.metrics.insert(name.into(), Picked::new(take));
        }
        self.metrics
            .get_mut(name)
            .ok_or_else(|| absent(self.file, name, []))
    }

    /// Takes the next number of a metric.
    pub(crate) fn offer(&mut self, name: &str, found: MetricValue) -> Result<(), MetricError> {
        self.picked(name)?.offer(found);
        Ok(())
    }

    /// Notes that the next entry of a metric is no number.
    pub(crate) fn miss(&mut self, name: &str, why: MetricError) -> Result<(), MetricError> {
        self.picked(name)?.miss(why);
        Ok(())
    }

    /// Notes that the file ends within its last record, on `line`: what stood there is not known, so
    /// that no metric has a last value. What was taken for another reason says so.
    pub(crate) fn cut_off(&mut self, line: u64, reason: &str) {
        if self.has_other_than_last() {
            self.remark(format!("line {line} {reason} {LEFT_OUT}"));
            return;
        }
        for picked in self.metrics.values_mut() {
            picked.miss(MetricError::Malformed {
                file: self.file.to_owned(),
                line,
                reason: format!("the last record {reason}"),
            });
        }
    }

    /// The same of the last number of one metric, which is `shown`.
    pub(crate) fn cut_number(
        &mut self,
        name: &str,
        line: u64,
        shown: &str,
    ) -> Result<(), MetricError> {
        if self.has_other_than_last() {
            self.remark(format!("line {line} is cut off {LEFT_OUT}"));
            return Ok(());
        }
        let why = MetricError::Malformed {
            file: self.file.to_owned(),
            line,
            reason: cut_number(shown),
        };
        self.miss(name, why)
    }

    /// Notes that the last line has no end: a number there, or behind it, may be cut off.
    pub(crate) fn no_newline(&mut self, line: u64) {
        if self.remarks.is_empty() {
            self.remark(format!("line {line} {NO_NEWLINE}"));
        }
    }

    /// Adds a remark to the provenance of all numbers.
    pub(crate) fn remark(&mut self, remark: String) {
        self.remarks.insert(remark);
    }

    /// Whether what is taken need not be the last that was written.
    fn has_other_than_last(&self) -> bool {
        match self.take {
            Take::First | Take::Max | Take::Min | Take::At(_) | Take::Where { .. } => true,
            Take::Only | Take::Last | Take::Best | Take::All => false,
        }
    }

    /// All metrics, or only the one that is asked for.
    pub(crate) fn finish(mut self, only: Option<&str>) -> Result<Readings, MetricError> {
        let remarks = std::mem::take(&mut self.remarks);
        let remarked = |mut values: Vec<MetricValue>| {
            for remark in &remarks {
                for value in &mut values {
                    value.provenance.text += &format!(" ({remark})");
                }
            }
            values
        };
        if let Some(only) = only {
            let picked = self.metrics.remove(only);
            let picked = picked.ok_or_else(|| self.nothing(only))?;
            return Ok(Readings::from([(only.into(), remarked(picked.finish()?))]));
        }
        let (mut readings, mut missing) = (Readings::new(), None);
        for (name, picked) in self.metrics {
            match picked.finish() {
                Ok(values) => {
                    readings.insert(name, remarked(values));
                }
                Err(why) => {
                    missing.get_or_insert(why);
                }
            }
        }
        match missing {
            Some(why) if readings.is_empty() => Err(why),
            Some(_) | None => Ok(readings),
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

    /// What is taken of entries, of which `None` is no number.
    fn of(take: Take, entries: &[Option<f64>]) -> Result<Vec<f64>, String> {
        let mut collected = Collected::new("f", &take);
        for (line, entry) in (1..).zip(entries) {
            match entry {
                Some(value) => collected.offer("acc", found(*value)).unwrap(),
                None => {
                    let file = "f".to_owned();
                    let reason = "no number".to_owned();
                    let why = MetricError::Malformed { file, line, reason };
                    collected.miss("acc", why).unwrap();
                }
            }
        }
        let readings = collected.finish(Some("acc"));
        let readings = readings.map_err(|error| error.to_string())?;
        Ok(readings["acc"].iter().map(|found| found.value).collect())
    }

    #[test]
    fn a_last_entry_that_is_no_number_leaves_none() {
        let lost = [Some(1.0), Some(2.0), None];
        for take in [Take::Last, Take::Max, Take::Min, Take::All, Take::Only] {
            assert_eq!(of(take, &lost).unwrap_err(), "f:3: no number");
        }
        assert_eq!(of(Take::First, &lost), Ok(vec![1.0]));
        let passing = [None, Some(1.0), Some(2.0)];
        assert_eq!(of(Take::Last, &passing), Ok(vec![2.0]));
        assert_eq!(of(Take::Max, &passing), Ok(vec![2.0]));
        for take in [Take::First, Take::All, Take::At(1)] {
            assert_eq!(of(take, &passing).unwrap_err(), "f:1: no number");
        }
    }
}
