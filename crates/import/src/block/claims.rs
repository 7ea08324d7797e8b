//! Claims out of what is found.

use std::collections::HashMap;
use std::sync::Arc;

use crate::cells::Decimal;
use crate::interpret::{FoundClaim, FoundRole, FoundSpread, FoundUnit};

/// A claim: one value, or the values of its runs.
pub(super) struct BlockClaim<'f> {
    /// The value, or that of the first run.
    pub first: &'f FoundClaim,
    /// The values of the runs, where the runs stand by themselves.
    pub runs: Vec<&'f str>,
}

/// The claims of what is found. Someone's reruns beside the reported values are none.
pub(super) fn claims(found: &[FoundClaim]) -> Vec<BlockClaim<'_>> {
    type Key<'f> = (usize, &'f str, Vec<&'f str>, Option<&'f Arc<[String]>>);
    let mut runs: HashMap<Key<'_>, usize> = HashMap::new();
    let mut claims: Vec<BlockClaim<'_>> = Vec::new();
    for value in found {
        match value.role {
            FoundRole::Rerun => {}
            FoundRole::Reported | FoundRole::Difference => claims.push(BlockClaim {
                first: value,
                runs: Vec::new(),
            }),
            FoundRole::Run => {
                let row: Vec<&str> = value.run_key.iter().map(String::as_str).collect();
                let column = (!value.run_is_column).then_some(&value.column);
                let key = (value.table, value.metric.as_ref(), row, column);
                match runs.get(&key) {
                    Some(index) => claims[*index].runs.push(&value.number),
                    None => {
                        runs.insert(key, claims.len());
                        claims.push(BlockClaim {
                            first: value,
                            runs: vec![&value.number],
                        });
                    }
                }
            }
        }
    }
    claims
}

impl BlockClaim<'_> {
    /// Whether the value is a difference to another row.
    pub fn is_difference(&self) -> bool {
        self.first.role == FoundRole::Difference
    }

    /// The labels that name the configuration: those of the row, and the data set.
    pub fn configuration_labels(&self) -> Vec<&str> {
        let row = match self.first.role {
            FoundRole::Run => &self.first.run_key,
            FoundRole::Reported | FoundRole::Rerun | FoundRole::Difference => &self.first.row,
        };
        let dataset = self.dataset();
        row.iter().map(String::as_str).chain(dataset).collect()
    }

    /// The data set, or what else the columns are.
    pub fn dataset(&self) -> Vec<&str> {
        let named = self.first.dataset.as_deref().into_iter();
        let columns = self.first.column_key.iter().map(String::as_str);
        let columns = columns.filter(|_| !self.first.run_is_column);
        named.chain(columns).collect()
    }

    /// The reported value as the manifest writes it.
    pub fn reported(&self) -> String {
        let value = self.first;
        if self.runs.len() > 1 {
            return format!("{{values: [{}]}}", self.runs.join(", "));
        }
        if !value.values.is_empty() {
            return format!("{{values: [{}]}}", value.values.join(", "));
        }
        if let Some(of) = value.best_of {
            return format!("{{best: {}, of: {of}}}", value.number);
        }
        let runs = match (value.runs, value.unit) {
            (Some(runs), FoundUnit::Run | FoundUnit::Fold | FoundUnit::Episode) => {
                format!(", runs: {runs}")
            }
            (_, FoundUnit::Document) | (None, _) => String::new(),
        };
        match self.spread() {
            Some(spread) => format!("{{{spread}{runs}}}"),
            None if runs.is_empty() => value.number.to_string(),
            None => format!("{{value: {}{runs}}}", value.number),
        }
    }

    /// The value with its spread; `None` where the spread is no spread over runs, or has no form.
    fn spread(&self) -> Option<String> {
        let value = self.first;
        if value.is_sampled || value.unit == FoundUnit::Document {
            return None;
        }
        let number = &value.number;
        let kind = value.spread_kind?;
        if let Some([low, high]) = value.interval.as_deref() {
            return match kind {
                FoundSpread::Ci95 => Some(format!("mean: {number}, ci95: [{low}, {high}]")),
                FoundSpread::Iqr => Some(format!("median: {number}, iqr: [{low}, {high}]")),
                FoundSpread::Sd | FoundSpread::Sem | FoundSpread::Unknown => None,
            };
        }
        let spread = value.spread.as_ref()?;
        match kind {
            FoundSpread::Sd => Some(format!("mean: {number}, std: {spread}")),
            FoundSpread::Sem => Some(format!("mean: {number}, sem: {spread}")),
            FoundSpread::Unknown => Some(format!("mean: {number}, plus_minus: {spread}")),
            FoundSpread::Iqr => None,
            FoundSpread::Ci95 => {
                let (mean, half) = (Decimal::parse(number)?, Decimal::parse(spread)?);
                Some(format!(
                    "mean: {number}, ci95: [{}, {}]",
                    mean.minus(half)?,
                    mean.plus(half)?
                ))
            }
        }
    }
}
