//! The rules of claims.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::claim::{
    Better, Claim, FailureThreshold, MetricFacts, ObservationUnit, Pairing, Quantity, Reported,
    ReportedForm,
};
use super::common::{Context, finite, name, positive, required, word};
use super::criterion_rules::criterion;
use super::document::{ClaimDoc, DifferenceDoc, FailedDoc, MetricDoc, Share};
use super::error::Problem;
use super::reported_rules::reported;
use super::scalar::Scalar;

use crate::diagnostics::nearest_hint;
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
) -> Result<IndexMap<MetricName, MetricFacts>, Problem> {
    let facts = docs.into_iter().map(|(metric, doc)| {
        let path = format!("metrics.{metric}");
        let range = match doc.range {
            Some((low, high)) if !(low.is_finite() && high.is_finite() && low < high) => {
                return Err(Problem::at(
                    format!("{path}.range"),
                    format!("expected [least, largest], found [{low}, {high}]"),
                ));
            }
            range => range,
        };
        let chance = chance(doc.chance, range, &format!("{path}.chance"))?;
        Ok((metric, MetricFacts { chance, range }))
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
        )),
        Some(_) | None => Ok(Some(found)),
    }
}

/// The claims in the order of the manifest.
pub(super) fn claims(
    docs: Vec<ClaimDoc>,
    known: &Known<'_>,
    context: &Context<'_>,
) -> Result<Vec<Claim>, Problem> {
    if docs.is_empty() {
        return Err(
            Problem::at("claims", "expected at least one claim, found none")
                .hint("add `claims`, a list of `{id, metric, reported, tolerance}`"),
        );
    }
    let mut ids = BTreeSet::new();
    let mut claims = Vec::new();
    for (index, doc) in docs.into_iter().enumerate() {
        let path = format!("claims[{index}]");
        let claim = claim(doc, &path, known, context)?;
        if !ids.insert(claim.id.clone()) {
            return Err(Problem::at(
                format!("{path}.id"),
                format!("the id `{}` stands twice", claim.id),
            ));
        }
        claims.push(claim);
    }
    Ok(claims)
}

fn claim(
    doc: ClaimDoc,
    path: &str,
    stated: &Known<'_>,
    context: &Context<'_>,
) -> Result<Claim, Problem> {
    let id = required(doc.id, path, "id", "a short unique name")?;
    name(&id, &format!("{path}.id"))?;
    let quantity = match doc.difference {
        None => Quantity::Metric {
            configuration: configuration(doc.configuration, path, stated.configurations)?,
            metric: required(
                doc.metric,
                path,
                "metric",
                "the name of the metric, as `test_accuracy`",
            )?,
        },
        Some(difference) => {
            alone(
                &[
                    ("configuration", doc.configuration.is_some()),
                    ("metric", doc.metric.is_some()),
                ],
                path,
            )?;
            self::difference(
                difference,
                &format!("{path}.difference"),
                stated.configurations,
            )?
        }
    };
    let reported = doc
        .reported
        .map(|r| reported(r, doc.decimals, path, context))
        .transpose()?;
    let stated_criterion = (doc.tolerance, doc.at_least, doc.greater);
    let criterion = criterion(stated_criterion, reported.as_ref(), path, &id)?;
    let better = [("higher", Better::Higher), ("lower", Better::Lower)];
    let units = [
        ("run", ObservationUnit::Run),
        ("fold", ObservationUnit::Fold),
        ("split", ObservationUnit::Split),
        ("episode", ObservationUnit::Episode),
    ];
    let facts = claim_facts(doc.chance, &quantity, stated, path)?;
    is_in_range(reported.as_ref(), facts.range, path)?;
    let unit = word(
        doc.unit.as_deref().unwrap_or("run"),
        &format!("{path}.unit"),
        &units,
    )?;
    Ok(Claim {
        id,
        quantity,
        reported,
        criterion,
        better: doc
            .better
            .map(|text| word(&text, &format!("{path}.better"), &better))
            .transpose()?,
        unit,
        failure_rate: failure_rate(&doc.failed, &format!("{path}.failed.rate"))?,
        failure: failure(doc.failed, &format!("{path}.failed"))?,
        resolution: resolution(doc.test_size, doc.scale, path)?,
        facts,
        test_train_ratio: ratio(doc.test_train_ratio, unit, path)?,
    })
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
        // The chance level and the range are of values, not of their differences.
        Quantity::Difference { .. } if own.is_none() => Ok(MetricFacts::default()),
        Quantity::Difference { .. } => {
            Err(Problem::at(path, "`chance` does not go with `difference`"))
        }
    }
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
        return Err(Problem::at(path, problem));
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

/// The stated ratio of test to training examples.
fn ratio(found: Option<f64>, unit: ObservationUnit, path: &str) -> Result<Option<f64>, Problem> {
    let path = format!("{path}.test_train_ratio");
    match (found, unit) {
        (None, _) => Ok(None),
        (Some(found), ObservationUnit::Fold | ObservationUnit::Split) => {
            positive(found, &path).map(Some)
        }
        (Some(_), ObservationUnit::Run | ObservationUnit::Episode) => Err(Problem::at(
            path,
            "`test_train_ratio` belongs to `unit: fold` or `unit: split`",
        )),
    }
}

/// The share of runs that may fail.
fn failure_rate(doc: &Option<FailedDoc>, path: &str) -> Result<Option<f64>, Problem> {
    let rate = doc.as_ref().and_then(|doc| doc.rate);
    match rate {
        Some(Share(rate)) if !(0.0..1.0).contains(&rate) => Err(Problem::at(
            path,
            format!("expected a share of at least 0 and less than 1, found {rate}"),
        )),
        rate => Ok(rate.map(|rate| rate.0)),
    }
}

/// The values beyond which a run counts as failed.
fn failure(doc: Option<FailedDoc>, path: &str) -> Result<Option<FailureThreshold>, Problem> {
    let Some(doc) = doc else { return Ok(None) };
    match (doc.below, doc.above) {
        (None, None) if doc.rate.is_some() => Ok(None),
        (Some(value), None) => finite(value, &format!("{path}.below"))
            .map(|value| Some(FailureThreshold::Below(value))),
        (None, Some(value)) => finite(value, &format!("{path}.above"))
            .map(|value| Some(FailureThreshold::Above(value))),
        _ => Err(Problem::at(
            path,
            "expected exactly one of `below`, `above`",
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

fn configuration(
    found: Option<ConfigurationId>,
    path: &str,
    configurations: &Configurations,
) -> Result<Option<ConfigurationId>, Problem> {
    match found {
        None if configurations.is_empty() => Ok(None),
        None => Err(Problem::at(path, "the key `configuration` is missing")
            .hint(format!("name one of {}", list(configurations)))),
        Some(found) => known(found, &format!("{path}.configuration"), configurations).map(Some),
    }
}

fn list(configurations: &Configurations) -> String {
    let names: Vec<String> = configurations
        .keys()
        .take(12)
        .map(|n| format!("`{n}`"))
        .collect();
    let more = if configurations.len() > 12 {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", names.join(", "))
}

fn known(
    found: ConfigurationId,
    path: &str,
    configurations: &Configurations,
) -> Result<ConfigurationId, Problem> {
    if configurations.contains_key(&found) {
        return Ok(found);
    }
    let problem = Problem::at(
        path,
        format!("no configuration is named `{}`", found.escape_default()),
    );
    let hint = nearest_hint(&found, configurations.keys().map(ConfigurationId::as_str));
    Err(problem.hint(hint.unwrap_or_else(|| {
        if configurations.is_empty() {
            "the manifest has no `configurations`".to_owned()
        } else {
            format!("there are {}", list(configurations))
        }
    })))
}

fn difference(
    doc: DifferenceDoc,
    path: &str,
    configurations: &Configurations,
) -> Result<Quantity, Problem> {
    let of = required(
        doc.of,
        path,
        "of",
        "the configuration that counts positively",
    )?;
    let minus = required(
        doc.minus,
        path,
        "minus",
        "the configuration that is subtracted",
    )?;
    let of = known(of, &format!("{path}.of"), configurations)?;
    let minus = known(minus, &format!("{path}.minus"), configurations)?;
    if of == minus {
        return Err(Problem::at(
            path,
            format!("`of` and `minus` are both `{of}`"),
        ));
    }
    let pairing = if doc.paired == Some(true) {
        Pairing::BySeed
    } else {
        Pairing::Independent
    };
    Ok(Quantity::Difference {
        of,
        minus,
        metric: required(doc.metric, path, "metric", "the name of the metric")?,
        pairing,
    })
}
