//! Names of configurations, metrics and claims.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use compact_str::{CompactString, format_compact};
use rayon::prelude::*;

use super::claims::BlockClaim;
use crate::names::slug;

/// Names of claims and configurations are cut to this, in characters.
const LONGEST: usize = 90;

/// The names of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identifiers {
    /// The configuration.
    pub configuration: CompactString,
    /// The metric.
    pub metric: CompactString,
    /// The claim.
    pub id: CompactString,
}

/// The names of claims: the same file always gives the same.
pub(super) fn identifiers(claims: &[BlockClaim<'_>]) -> Vec<Identifiers> {
    let configurations: Vec<CompactString> = claims.par_iter().map(configuration).collect();
    let columns = ColumnsOf::of(claims, &configurations);
    let names = claims.par_iter().zip(&configurations);
    let mut names: Vec<Identifiers> = names
        .map(|(claim, configuration)| {
            let several = columns.are_several(configuration, claim.first.metric.as_ref());
            let metric = metric(claim, several);
            let difference = match claim.is_difference() {
                true => "-difference",
                false => "",
            };
            let id = cut(format_compact!("{configuration}-{metric}{difference}"));
            Identifiers {
                configuration: configuration.clone(),
                metric,
                id,
            }
        })
        .collect();
    number_repeated(&mut names);
    names
}

/// Of each configuration and metric, whether its claims stand in several columns.
struct ColumnsOf<'f>(HashMap<ConfigurationAndMetric<'f>, FirstColumn<'f>>);

/// The names of a configuration and of a metric.
type ConfigurationAndMetric<'f> = (&'f str, &'f str);

/// The labels of a column, and whether there are others beside it.
type FirstColumn<'f> = (&'f Arc<[String]>, bool);

impl<'f> ColumnsOf<'f> {
    fn of(claims: &'f [BlockClaim<'f>], configurations: &'f [CompactString]) -> Self {
        let mut columns: HashMap<ConfigurationAndMetric<'_>, FirstColumn<'_>> = HashMap::new();
        for (claim, configuration) in claims.iter().zip(configurations) {
            let column = &claim.first.column;
            let key = (configuration.as_str(), claim.first.metric.as_ref());
            let (first, several) = columns.entry(key).or_insert((column, false));
            *several |= !Arc::ptr_eq(first, column) && first.join(" ") != column.join(" ");
        }
        ColumnsOf(columns)
    }

    fn are_several(&self, configuration: &str, metric: &str) -> bool {
        let columns = self.0.get(&(configuration, metric));
        columns.is_some_and(|(_, several)| *several)
    }
}

/// The name of a claim's metric: that of the column where one metric stands in several.
fn metric(claim: &BlockClaim<'_>, several: bool) -> CompactString {
    let metric = match several {
        true => slug(&claim.first.column.join(" ")),
        false => slug(&claim.first.metric),
    };
    match metric.is_empty() {
        true => CompactString::const_new("metric"),
        false => CompactString::from(metric),
    }
}

/// Numbers the identifiers that occur again: `a`, `a-2`, `a-3`.
fn number_repeated(names: &mut [Identifiers]) {
    let mut taken: HashSet<CompactString> = HashSet::with_capacity(names.len());
    let mut counts: HashMap<CompactString, usize> = HashMap::new();
    for names in names {
        if taken.insert(names.id.clone()) {
            continue;
        }
        let count = counts.entry(names.id.clone()).or_insert(1);
        loop {
            *count += 1;
            let numbered = format_compact!("{}-{count}", names.id);
            if taken.insert(numbered.clone()) {
                names.id = numbered;
                break;
            }
        }
    }
}

/// The name of a configuration: its rows, then the data set.
fn configuration(claim: &BlockClaim<'_>) -> CompactString {
    let labels = claim.configuration_labels();
    let mut name = CompactString::default();
    for label in &labels {
        let part = slug(label);
        if !name.is_empty() && !part.is_empty() {
            name.push('-');
        }
        name.push_str(&part);
    }
    match name.is_empty() {
        true if labels.is_empty() => CompactString::const_new("reported"),
        true => format_compact!("row-{}", claim.first.line),
        false => cut(name),
    }
}

/// A name of ASCII characters, cut.
fn cut(mut name: CompactString) -> CompactString {
    let end = name.char_indices().nth(LONGEST);
    let end = end.map_or(name.len(), |(at, _)| at);
    let length = name[..end].trim_end_matches(['-', '.', '_']).len();
    name.truncate(length);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(ids: &[&str]) -> Vec<Identifiers> {
        let names = ids.iter().map(|id| Identifiers {
            configuration: CompactString::default(),
            metric: CompactString::default(),
            id: CompactString::from(*id),
        });
        names.collect()
    }

    #[test]
    fn a_number_never_makes_an_identifier_that_another_claim_has() {
        let mut names = names(&["a", "a", "a-2", "a"]);
        number_repeated(&mut names);
        let ids: Vec<&str> = names.iter().map(|names| names.id.as_str()).collect();
        assert_eq!(ids, ["a", "a-2", "a-2-2", "a-3"]);
    }

    #[test]
    fn names_are_cut_without_a_dash_at_the_end() {
        let long = format!("{}-b", "a".repeat(LONGEST - 1));
        assert_eq!(cut(CompactString::from(long)), "a".repeat(LONGEST - 1));
    }
}
