//! The rules of claims.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::claim::{
    BETTER, Claim, MetricFacts, ObservationUnit, Quantity, Reported, ReportedForm, UNITS,
};
use super::claim_references;
use super::claim_source_rules::claim_source;
use super::common::{Context, finite, name, positive, required, word_or};
use super::criterion_rules::{criterion, criterion_alone};
use super::document::{ClaimDoc, MetricDoc};
use super::error::{Problem, Problems};
use super::failure_rules::{failure, failure_rate};
use super::reported_rules::reported;
use super::scalar::Scalar;

use crate::name::{ConfigurationId, MetricName};

type Configurations = IndexMap<ConfigurationId, BTreeMap<String, Scalar>>;

/// The parts of the manifest that claims refer to.
pub(super) struct Known<'m> {
    /// The values of each configuration.
    pub configurations: &'m Configurations,
    /// The stated facts of each metric.
    pub facts: &'m IndexMap<MetricName, MetricFacts>,
}

/// The stated facts of each metric.
pub(super) fn facts(
    docs: IndexMap<MetricName, MetricDoc>,
    problems: &mut Problems,
) -> IndexMap<MetricName, MetricFacts> {
    let facts = docs.into_iter().map(|(metric, doc)| {
        let path = format!("metrics.{metric}");
        let range = problems.keep(match doc.range {
            Some((low, high)) if !(low.is_finite() && high.is_finite() && low < high) => {
                Err(Problem::at(
                    format!("{path}.range"),
                    format!("expected [least, largest], found [{low}, {high}]"),
                )
                .hint("write `range: [0, 1]` for a fraction, `range: [0, 100]` for a percentage"))
            }
            range => Ok(range),
        });
        let range = range.flatten();
        let chance = problems.keep(chance(doc.chance, range, &format!("{path}.chance")));
        let chance = chance.flatten();
        (metric, MetricFacts { chance, range })
    });
    facts.collect()
}

/// The chance level, within the range.
fn chance(
    found: Option<f64>,
    range: Option<(f64, f64)>,
    path: &str,
) -> Result<Option<f64>, Problem> {
    let Some(found) = found else { return Ok(None) };
    let found = finite(found, path)?;
    match range {
        Some((low, high)) if found < low || found > high => Err(Problem::at(
            path,
            format!("expected a value in the range [{low}, {high}], found {found}"),
        )
        .hint("state both in the unit of the reported value")),
        Some(_) | None => Ok(Some(found)),
    }
}

/// The claims in the order of the manifest with their positions, without those that are wrong.
pub(super) fn claims(
    docs: Vec<ClaimDoc>,
    known: &Known<'_>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Vec<(usize, Claim)> {
    if docs.is_empty() {
        let problem = Problem::at("claims", "expected at least one claim, found none")
            .refers_to("claims")
            .hint("add `claims`, a list of `{id, metric, reported, tolerance}`");
        problems.keep::<()>(Err(problem));
    }
    let mut ids = BTreeSet::new();
    let mut claims = Vec::new();
    for (index, doc) in docs.into_iter().enumerate() {
        let path = format!("claims[{index}]");
        if let Some(id) = doc.id.as_ref().filter(|id| !ids.insert((*id).clone())) {
            let problem = Problem::at(format!("{path}.id"), format!("the id `{id}` stands twice"))
                .hint("give each claim an id of its own");
            problems.keep::<()>(Err(problem));
        }
        let claim = claim(doc, &path, known, context, problems);
        claims.extend(claim.map(|claim| (index, claim)));
    }
    claims
}

fn claim(
    doc: ClaimDoc,
    path: &str,
    stated: &Known<'_>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<Claim> {
    let id = required(doc.id.clone(), path, "id", "a short unique name");
    let id = id.and_then(|id| name(&id, &format!("{path}.id")).map(|()| id));
    let id = problems.keep(id);
    let quantity = quantity(&doc, path, stated, problems);
    let reported = doc
        .reported
        .map(|r| reported(r, doc.decimals, path, context));
    let reported = problems.keep(reported.transpose());
    let stated_criterion = (doc.tolerance, doc.at_least, doc.greater);
    // A reported value that is wrong is no reason to miss one.
    let criterion = match &reported {
        Some(reported) => criterion(stated_criterion, reported.as_ref(), path, id.as_deref()),
        None => criterion_alone(stated_criterion, path, id.as_deref()),
    };
    let criterion = problems.keep(criterion);
    let facts = match &quantity {
        Some(quantity) => problems.keep(claim_facts(doc.chance, quantity, stated, path)),
        None => None,
    };
    if let (Some(reported), Some(facts), Some(quantity)) = (&reported, &facts, &quantity) {
        let range = reported_range(quantity, *facts);
        problems.keep(is_in_range(reported.as_ref(), range, path));
    }
    let unit = doc.unit.as_deref().unwrap_or("run");
    let meant = [
        (&["runs", "seed", "trial", "trials", "repeat"][..], "run"),
        (&["folds", "cv", "cross-validation"], "fold"),
        (&["splits"], "split"),
        (&["episodes"], "episode"),
    ];
    let unit = problems.keep(word_or(unit, &format!("{path}.unit"), &UNITS, &meant));
    let better = doc
        .better
        .map(|text| word_or(&text, &format!("{path}.better"), &BETTER, &DIRECTIONS));
    let better = problems.keep(better.transpose());
    let failed = format!("{path}.failed");
    let failure_rate = problems.keep(failure_rate(&doc.failed, &format!("{failed}.rate")));
    let failure = problems.keep(failure(doc.failed, &failed));
    let resolution = problems.keep(resolution(doc.test_size, doc.scale, path));
    let ratio = unit.and_then(|unit| problems.keep(ratio(doc.test_train_ratio, unit, path)));
    let source = problems.keep(claim_source(doc.source, path));
    Some(Claim {
        id: id?,
        quantity: quantity?,
        reported: reported?,
        criterion: criterion?,
        better: better?,
        unit: unit?,
        failure_rate: failure_rate?,
        failure: failure?,
        resolution: resolution?,
        facts: facts?,
        test_train_ratio: ratio?,
        source: source?,
    })
}

/// Other words for the better direction.
const DIRECTIONS: [(&[&str], &str); 2] = [
    (
        &[
            "max",
            "maximize",
            "maximise",
            "greater",
            "larger",
            "up",
            "true",
            "increasing",
        ],
        "higher",
    ),
    (
        &[
            "min",
            "minimize",
            "minimise",
            "less",
            "smaller",
            "down",
            "false",
            "decreasing",
        ],
        "lower",
    ),
];

/// What a claim is about: a metric of a configuration, or the difference of two.
fn quantity(
    doc: &ClaimDoc,
    path: &str,
    stated: &Known<'_>,
    problems: &mut Problems,
) -> Option<Quantity> {
    let Some(difference) = &doc.difference else {
        let name =
            claim_references::configuration(doc.configuration.clone(), path, stated.configurations);
        let configuration = problems.keep(name);
        let what = "the name of the metric, as `test_accuracy`";
        let metric = problems.keep(required(doc.metric.clone(), path, "metric", what));
        return Some(Quantity::Metric {
            configuration: configuration?,
            metric: metric?,
        });
    };
    let keys = [
        ("configuration", doc.configuration.is_some()),
        ("metric", doc.metric.is_some()),
    ];
    problems.keep(alone(&keys, path));
    let path = format!("{path}.difference");
    problems.keep(claim_references::difference(
        difference,
        &path,
        stated.configurations,
    ))
}

/// Refuses keys that are stated beside `difference`.
fn alone(keys: &[(&str, bool)], path: &str) -> Result<(), Problem> {
    match keys.iter().find(|(_, is_stated)| *is_stated) {
        None => Ok(()),
        Some((key, _)) => Err(Problem::at(
            format!("{path}.{key}"),
            format!("`{key}` does not go with `difference`"),
        )
        .hint("a difference is written `{of, minus, metric}`")),
    }
}

/// The facts of a claim's metric; the claim's own chance level precedes that of the metric.
fn claim_facts(
    own: Option<f64>,
    quantity: &Quantity,
    stated: &Known<'_>,
    path: &str,
) -> Result<MetricFacts, Problem> {
    let path = format!("{path}.chance");
    match quantity {
        Quantity::Metric { metric, .. } => {
            let facts = stated.facts.get(metric).copied().unwrap_or_default();
            let own = chance(own, facts.range, &path)?;
            Ok(MetricFacts {
                chance: own.or(facts.chance),
                ..facts
            })
        }
        // The chance level is of values, not of their differences; the range is that of either arm.
        Quantity::Difference { metric, .. } if own.is_none() => Ok(MetricFacts {
            chance: None,
            range: stated.facts.get(metric).and_then(|facts| facts.range),
        }),
        Quantity::Difference { .. } => {
            Err(Problem::at(path, "`chance` does not go with `difference`"))
        }
    }
}

/// The values that a reported number can have: of a difference, as far apart as the range is wide.
fn reported_range(quantity: &Quantity, facts: MetricFacts) -> Option<(f64, f64)> {
    let (low, high) = facts.range?;
    Some(match quantity {
        Quantity::Metric { .. } => (low, high),
        Quantity::Difference { .. } => (low - high, high - low),
    })
}

/// Refuses a reported value beyond the range of its metric, and a standard deviation that no values within
/// the range have.
fn is_in_range(
    reported: Option<&Reported>,
    range: Option<(f64, f64)>,
    path: &str,
) -> Result<(), Problem> {
    let (Some(reported), Some((low, high))) = (reported, range) else {
        return Ok(());
    };
    let path = format!("{path}.reported");
    let room = reported.half_unit();
    let values = if let ReportedForm::Values(values) = &reported.form {
        values.clone()
    } else {
        vec![reported.form.value()]
    };
    let is_beyond = |value: &&f64| **value < low - room || **value > high + room;
    if let Some(found) = values.iter().find(is_beyond) {
        let problem =
            format!("expected a value in the metric's range [{low}, {high}], found {found}");
        let is_percent = (low, high) == (0.0, 1.0) && (0.0..=100.0).contains(found);
        let hint = "write `range: [0, 100]`: the range is in the unit of the reported value";
        return Err(Problem::at(path, problem).maybe_hint(is_percent.then(|| hint.to_owned())));
    }
    // The widest spread is that of two values, one at each end.
    let widest = (high - low) / 2f64.sqrt();
    if let ReportedForm::Std { std, .. } = reported.form
        && std - room > widest
    {
        let problem = format!(
            "expected a standard deviation of at most {widest:.4}, as the metric's range [{low}, {high}] \
             allows, found {std}"
        );
        return Err(Problem::at(format!("{path}.std"), problem));
    }
    Ok(())
}

/// The largest ratio of test to training examples of a fold: that of two folds.
const LARGEST_FOLD_RATIO: f64 = 1.0;

/// The largest ratio of test to training examples of a split: a larger one is a count or a percentage.
const LARGEST_SPLIT_RATIO: f64 = 100.0;

/// The stated ratio of test to training examples.
fn ratio(found: Option<f64>, unit: ObservationUnit, path: &str) -> Result<Option<f64>, Problem> {
    let path = format!("{path}.test_train_ratio");
    match (found, unit) {
        (None, _) => Ok(None),
        (Some(found), ObservationUnit::Fold | ObservationUnit::Split) => {
            let found = positive(found, &path)?;
            let (most, example) = match unit {
                ObservationUnit::Fold => (LARGEST_FOLD_RATIO, "fold, as 0.111 for ten folds"),
                ObservationUnit::Split | ObservationUnit::Run | ObservationUnit::Episode => (
                    LARGEST_SPLIT_RATIO,
                    "split, as 0.25 for 200 of 1000 examples",
                ),
            };
            match found <= most {
                true => Ok(Some(found)),
                false => Err(Problem::at(
                    path,
                    format!("expected a ratio of at most {most}, found {found}"),
                )
                .hint(format!(
                    "the ratio is test examples over training examples of one {example}"
                ))),
            }
        }
        (Some(_), ObservationUnit::Run | ObservationUnit::Episode) => Err(Problem::at(
            path,
            "`test_train_ratio` belongs to `unit: fold` or `unit: split`",
        )),
    }
}

/// The step between possible values of a proportion over a test set; `scale` is the metric's value
/// when all is right, 100 for percent (the default) or 1.
fn resolution(
    test_size: Option<u64>,
    scale: Option<f64>,
    path: &str,
) -> Result<Option<f64>, Problem> {
    let scale = positive(scale.unwrap_or(100.0), &format!("{path}.scale"))?;
    match test_size {
        Some(0) => Err(Problem::at(
            format!("{path}.test_size"),
            "expected at least 1, found 0",
        )),
        Some(size) => Ok(Some(scale / size as f64)),
        None => Ok(None),
    }
}
