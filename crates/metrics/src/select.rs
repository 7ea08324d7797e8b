//! The number that counts, of all that a run's program wrote.

use std::collections::BTreeMap;

use reprove_model::escape::printable;
use reprove_model::failure::FailureKind;
use reprove_model::manifest::{MetricSource, Metrics, Take};
use reprove_model::plan::Configuration;
use reprove_model::record::{NumberUnit, Outcome};

use crate::collect::taken;
use crate::error::MetricError;
use crate::open::Outputs;
use crate::read::{MetricRequest, read};
use crate::value::{MetricValue, Readings};
use reprove_model::name::MetricName;

/// Reads a run's metrics again from what it wrote, exactly as they were read when it ended.
///
/// # Errors
/// A source that cannot be read.
pub fn read_again(
    metrics: &Metrics,
    configuration: &Configuration,
    outputs: &Outputs<'_>,
) -> Result<SelectedMetrics, MetricError> {
    let request = MetricRequest {
        sources: metrics,
        metrics: &configuration.metrics,
    };
    Ok(select(metrics, configuration, &read(request, outputs)?))
}

/// What is known of the metrics of a run that ended by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectedMetrics {
    /// Its metrics, or why it has none.
    pub outcome: Outcome,
    /// Where each was read.
    pub origins: BTreeMap<MetricName, String>,
    /// The units that are known.
    pub units: BTreeMap<MetricName, NumberUnit>,
}

/// The metrics that claims need, picked from all that were read. One that is missing fails the run,
/// and one that is no finite number makes it a diverged one.
pub fn select(
    metrics: &Metrics,
    configuration: &Configuration,
    readings: &Readings,
) -> SelectedMetrics {
    let (mut origins, mut units) = (BTreeMap::new(), BTreeMap::new());
    let mut finite = BTreeMap::new();
    let mut infinite = None;
    for name in &configuration.metrics {
        let found = readings.get(name).map(Vec::as_slice).unwrap_or_default();
        let source = source(metrics, name);
        let take = source.map_or(&Take::Only, |source| &source.take);
        let number = match pick(take, found) {
            Ok(number) => number.scaled(source.and_then(|source| source.scale)),
            Err(problem) => {
                let outcome = no_metric(name, &problem, readings);
                return SelectedMetrics {
                    outcome,
                    origins,
                    units,
                };
            }
        };
        if number.value.is_finite() {
            finite.insert(name.clone(), number.value);
        } else {
            infinite.get_or_insert_with(|| {
                format!("`{name}` is {} in {}", number.value, number.origin)
            });
        }
        origins.insert(name.clone(), number.origin);
        if number.unit != NumberUnit::Unknown {
            units.insert(name.clone(), number.unit);
        }
    }
    let outcome = match infinite {
        None => Outcome::Finished { metrics: finite },
        Some(message) => Outcome::Diverged {
            metrics: finite,
            message,
        },
    };
    SelectedMetrics {
        outcome,
        origins,
        units,
    }
}

/// The failure of a run that did not give a metric.
fn no_metric(name: &str, problem: &str, readings: &Readings) -> Outcome {
    const SHOWN: usize = 8;
    let mut known: Vec<String> = readings
        .keys()
        .take(SHOWN)
        .map(|name| printable(name, 60))
        .collect();
    if readings.len() > SHOWN {
        known.push("…".to_owned());
    }
    Outcome::Failed {
        kind: FailureKind::NoMetric,
        message: format!(
            "`{name}`: {problem}; what it wrote has {}",
            known.join(", ")
        ),
        log_tail: Vec::new(),
    }
}

/// The number of a run that claims are about.
#[derive(Debug, PartialEq)]
struct Number {
    value: f64,
    unit: NumberUnit,
    /// Where it stood, or those that it is the mean of.
    origin: String,
}

impl Number {
    fn of(found: &MetricValue) -> Self {
        Self {
            value: found.value,
            unit: found.unit,
            origin: found.provenance.to_string(),
        }
    }

    /// The number in the unit that the manifest brings it to.
    fn scaled(self, scale: Option<f64>) -> Self {
        let Some(scale) = scale else {
            return self;
        };
        let value = self.value * scale;
        let origin = if scale == 1.0 {
            self.origin
        } else {
            format!("{scale} times {}", self.origin)
        };
        Self {
            value,
            unit: NumberUnit::Stated,
            origin,
        }
    }
}

/// The one number of a metric that counts.
fn pick(take: &Take, found: &[MetricValue]) -> Result<Number, String> {
    if let Take::At(position) = take {
        return at(*position, found);
    }
    match found {
        [] => Err("expected a number, found none".to_owned()),
        [one] => Ok(Number::of(one)),
        many if *take == Take::All => mean(many),
        // What reads records has picked already; a list in a JSON file is whole.
        many => match &taken(take, many)[..] {
            [one] => Ok(Number::of(one)),
            many => Err(format!(
                "expected one number, found {} (`first`, `last`, `max`, `min` or a position picks \
                 one, `all` takes their mean)",
                many.len()
            )),
        },
    }
}

/// The number at a position, counted from 0.
fn at(position: u64, found: &[MetricValue]) -> Result<Number, String> {
    let index = usize::try_from(position).ok();
    let number = index.and_then(|index| found.get(index)).map(Number::of);
    number.ok_or_else(|| {
        format!(
            "expected a number at position {position}, found {} numbers",
            found.len()
        )
    })
}

/// The mean of all numbers; none where some are percentages and others are not.
fn mean(found: &[MetricValue]) -> Result<Number, String> {
    let unit = found[0].unit;
    let percentages = found
        .iter()
        .filter(|one| one.unit == NumberUnit::Percent)
        .count();
    let count = found.len();
    if found.iter().any(|one| one.unit != unit) {
        return Err(format!(
            "expected numbers in one unit, found {percentages} of {count} with a percent sign"
        ));
    }
    Ok(Number {
        value: found.iter().map(|one| one.value).sum::<f64>() / count as f64,
        unit,
        origin: format!("the mean of {count} numbers from {}", found[0].provenance),
    })
}

/// The source of a metric.
fn source<'m>(metrics: &'m Metrics, name: &str) -> Option<&'m MetricSource> {
    match metrics {
        Metrics::Shared(source) => Some(source),
        Metrics::Each(sources) => sources.get(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Provenance;
    use reprove_model::manifest::SourceKind;
    use reprove_model::manifest::metric_source::JsonSource;

    fn found(values: &[f64]) -> Vec<MetricValue> {
        let provenance = Provenance {
            file: "m.json".into(),
            line: Some(2),
            text: "text".into(),
        };
        values
            .iter()
            .map(|value| MetricValue {
                value: *value,
                unit: NumberUnit::Unknown,
                provenance: provenance.clone(),
            })
            .collect()
    }

    fn json(take: Take, scale: Option<f64>) -> Metrics {
        Metrics::Shared(MetricSource {
            kind: SourceKind::Json(JsonSource {
                file: "m.json".into(),
                path: None,
            }),
            take,
            scale,
        })
    }

    fn seen(values: &[f64]) -> (Outcome, BTreeMap<MetricName, String>) {
        let chosen = chosen_of(&json(Take::Only, None), values);
        (chosen.outcome, chosen.origins)
    }

    fn chosen_of(metrics: &Metrics, values: &[f64]) -> SelectedMetrics {
        let configuration = Configuration {
            name: None,
            values: BTreeMap::new(),
            metrics: ["accuracy".into()].into(),
        };
        let readings = [
            ("accuracy".into(), found(values)),
            ("other".into(), found(&[f64::NAN])),
        ];
        select(metrics, &configuration, &readings.into())
    }

    #[test]
    fn what_claims_need_is_chosen_with_its_origin() {
        let (outcome, origins) = seen(&[0.5]);
        // That another number is none does not matter.
        assert_eq!(
            outcome,
            Outcome::Finished {
                metrics: [("accuracy".into(), 0.5)].into()
            }
        );
        assert_eq!(origins["accuracy"], "m.json:2: text");
        assert_eq!(seen(&[f64::INFINITY]).0.code().code(), "diverged");
        for (values, words) in [
            (&[][..], "expected a number, found none"),
            (
                &[1.0, 2.0],
                "expected one number, found 2 (`first`, `last`, `max`, `min` or a position picks \
                 one, `all` takes their mean)",
            ),
        ] {
            let Outcome::Failed { kind, message, .. } = seen(values).0 else {
                panic!()
            };
            assert_eq!(kind, FailureKind::NoMetric);
            assert_eq!(
                message,
                format!("`accuracy`: {words}; what it wrote has accuracy, other")
            );
        }
    }

    #[test]
    fn a_position_counts_from_zero() {
        let numbers = found(&[1.0, 2.0]);
        assert_eq!(pick(&Take::At(1), &numbers).unwrap().value, 2.0);
        assert_eq!(
            pick(&Take::At(2), &numbers).unwrap_err(),
            "expected a number at position 2, found 2 numbers"
        );
    }

    #[test]
    fn a_list_has_a_first_a_best_and_a_mean() {
        let numbers = found(&[1.0, 4.0, 2.5]);
        for (take, value) in [
            (Take::First, 1.0),
            (Take::Last, 2.5),
            (Take::Max, 4.0),
            (Take::Min, 1.0),
            (Take::All, 2.5),
        ] {
            assert_eq!(pick(&take, &numbers).unwrap().value, value, "{take:?}");
        }
        assert_eq!(
            pick(&Take::All, &numbers).unwrap().origin,
            "the mean of 3 numbers from m.json:2: text"
        );
        assert!(
            pick(&Take::All, &found(&[1.0, f64::NAN]))
                .unwrap()
                .value
                .is_nan()
        );
        let mut mixed = numbers;
        mixed[1].unit = NumberUnit::Percent;
        assert_eq!(
            pick(&Take::All, &mixed).unwrap_err(),
            "expected numbers in one unit, found 1 of 3 with a percent sign"
        );
    }

    #[test]
    fn a_stated_scale_brings_numbers_to_the_unit_of_the_paper() {
        for (scale, read, value) in [(100.0, 0.25, 25.0), (0.01, 90.5, 0.905), (1.0, 0.5, 0.5)] {
            let chosen = chosen_of(&json(Take::Only, Some(scale)), &[read]);
            let metrics = [("accuracy".into(), value)].into();
            assert_eq!(chosen.outcome, Outcome::Finished { metrics });
            assert_eq!(chosen.units["accuracy"], NumberUnit::Stated);
        }
        let origins = chosen_of(&json(Take::Only, Some(100.0)), &[0.5]).origins;
        assert_eq!(origins["accuracy"], "100 times m.json:2: text");
        assert!(chosen_of(&json(Take::Only, None), &[0.5]).units.is_empty());
    }
}
