//! Names of configurations, metrics and claims.

use std::collections::{HashMap, HashSet};

use super::claims::BlockClaim;
use crate::names::slug;

/// Names of claims and configurations are cut to this, in characters.
const LONGEST: usize = 90;

/// The names of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identifiers {
    /// The configuration.
    pub configuration: String,
    /// The metric.
    pub metric: String,
    /// The claim.
    pub id: String,
}

/// The names of claims: the same file always gives the same.
pub(super) fn identifiers(claims: &[BlockClaim<'_>]) -> Vec<Identifiers> {
    let configurations: Vec<String> = claims.iter().map(|claim| configuration(claim)).collect();
    let mut columns: HashMap<(&str, &str), HashSet<String>> = HashMap::new();
    for (claim, configuration) in claims.iter().zip(&configurations) {
        let key = (configuration.as_str(), claim.first.metric.as_ref());
        columns
            .entry(key)
            .or_default()
            .insert(claim.first.column.join(" "));
    }
    let mut taken: HashMap<String, usize> = HashMap::new();
    claims
        .iter()
        .zip(&configurations)
        .map(|(claim, configuration)| {
            let name = claim.first.metric.as_ref();
            let several = columns
                .get(&(configuration.as_str(), name))
                .is_some_and(|columns| columns.len() > 1);
            let metric = match several {
                true => slug(&claim.first.column.join(" ")),
                false => slug(name),
            };
            let metric = if metric.is_empty() {
                "metric".to_owned()
            } else {
                metric
            };
            let difference = if claim.is_difference() {
                "-difference"
            } else {
                ""
            };
            let id = cut(&format!("{configuration}-{metric}{difference}"));
            let count = taken.entry(id.clone()).or_insert(0);
            *count += 1;
            let id = if *count > 1 {
                format!("{id}-{count}")
            } else {
                id
            };
            Identifiers {
                configuration: configuration.clone(),
                metric,
                id,
            }
        })
        .collect()
}

/// The name of a configuration: its rows, then the data set.
fn configuration(claim: &BlockClaim<'_>) -> String {
    let labels = claim.configuration_labels();
    let parts: Vec<String> = labels
        .iter()
        .map(|label| slug(label))
        .filter(|part| !part.is_empty())
        .collect();
    match parts.is_empty() {
        true if labels.is_empty() => "reported".to_owned(),
        true => format!("row-{}", claim.first.line),
        false => cut(&parts.join("-")),
    }
}

fn cut(name: &str) -> String {
    let cut: String = name.chars().take(LONGEST).collect();
    cut.trim_end_matches(['-', '.', '_']).to_owned()
}
