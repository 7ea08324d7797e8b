//! The records of the runs, as the observations of one claim.

use super::{Observation, Runs, SeedRun};
use reprove_model::manifest::Quantity;
use reprove_model::name::{ConfigurationId, MetricName};
use reprove_model::record::NumberUnit;
use reprove_model::record::{Outcome, Record, Records};
use reprove_model::seeds::RunSeed;

/// The runs of a claim in the order of the seeds, up to the first seed without a record.
pub fn gather(quantity: &Quantity, seeds: &[RunSeed], records: &Records) -> Runs {
    let arm = |configuration: Option<&ConfigurationId>, metric: &MetricName| -> Vec<SeedRun> {
        let observe = |record: &Record| SeedRun {
            seed: record.seed,
            observed: observation(record, metric),
            unit: unit(record, metric),
        };
        records
            .of(configuration, seeds)
            .into_iter()
            .map(observe)
            .collect()
    };
    match quantity {
        Quantity::Metric {
            configuration,
            metric,
        } => Runs::Single(arm(configuration.as_ref(), metric)),
        Quantity::Difference {
            of,
            minus,
            metric,
            pairing,
        } => Runs::Difference {
            of: arm(Some(of), metric),
            minus: arm(Some(minus), metric),
            pairing: *pairing,
        },
    }
}

/// A metric that a finished run did not give is a failure of the run, not a low value.
fn observation(record: &Record, metric: &MetricName) -> Observation {
    match &record.outcome {
        Outcome::Finished { metrics } => metrics.get(metric).map_or(Observation::Failed, |value| {
            Observation::from_number(*value)
        }),
        Outcome::Diverged { metrics, .. } => {
            metrics.get(metric).map_or(Observation::Diverged, |value| {
                Observation::from_number(*value)
            })
        }
        Outcome::Failed { .. } => Observation::Failed,
    }
}

/// What is known of the unit of a run's metric. What a program wrote has a place that it was read
/// at; what has none was trained in-process, and the recipe's language fixes its unit.
fn unit(record: &Record, metric: &MetricName) -> NumberUnit {
    match (record.units.get(metric), record.origins.get(metric)) {
        (Some(unit), _) => *unit,
        (None, Some(_)) => NumberUnit::Unknown,
        (None, None) => NumberUnit::Stated,
    }
}
