//! What the runs of a plan will cost, as earlier runs of the same experiment say.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::identity::{Started, store_name};
use super::usage::{self, Intensity, Measured};
use super::{Ledger, LedgerError, Record};
use reprove_model::manifest::{Device, Experiment, Manifest};
use reprove_model::name::ConfigurationId;
use reprove_model::plan::Plan;

/// What the runs of a plan will cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Earlier runs of this commit that it rests on.
    pub from_runs: usize,
    /// Of each configuration in the plan's order, the median time of an earlier run.
    pub seconds_a_run: Vec<Seconds>,
    /// All runs at most.
    pub at_most: Amount,
    /// The runs that the claims are likely to need.
    pub likely: Amount,
    /// Wall seconds of all runs at most, one after the other, by the time that the manifest allows
    /// each; none where it states no limit.
    pub allowed_seconds: Option<f64>,
}

/// The time of a run in seconds; none where no run is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Seconds {
    /// Wall time.
    pub wall: Option<f64>,
    /// Processor time.
    pub cpu: Option<f64>,
}

/// What a number of runs costs; times and energy only where every configuration's are known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Amount {
    /// The runs.
    pub runs: usize,
    /// Wall time in seconds, one run after the other.
    pub wall_seconds: Option<f64>,
    /// Processor time in seconds.
    pub cpu_seconds: Option<f64>,
    /// Energy in watt-hours, estimated; none where a GPU computes.
    pub energy_wh: Option<f64>,
    /// Carbon dioxide equivalent in grams.
    pub carbon_g: Option<f64>,
}

/// Estimates the cost of a plan of which `likely` says, for each configuration, how many runs the
/// claims are likely to need.
///
/// The runs in the store are those of the manifest's commit and recipe or command; data, device or
/// machine may have been others.
///
/// # Errors
/// A store that is there and cannot be read.
pub fn estimate(
    manifest: &Manifest,
    plan: &Plan,
    likely: &[usize],
    store: Option<&Path>,
) -> Result<Estimate, LedgerError> {
    let ledger = match store {
        Some(store) => Ledger::open_existing(store, &name(manifest))?,
        None => None,
    };
    let mut earlier: BTreeMap<Option<&ConfigurationId>, Vec<&Record>> = BTreeMap::new();
    let records = ledger.iter().flat_map(Ledger::records);
    for record in records.filter(|record| record.outcome.is_final()) {
        let of = earlier.entry(record.configuration.as_ref());
        of.or_default().push(record);
    }
    let mut from_runs = 0;
    let mut seconds_a_run = Vec::new();
    for configuration in &plan.configurations {
        let runs = earlier.remove(&configuration.name.as_ref());
        let runs = runs.unwrap_or_default();
        from_runs += runs.len();
        seconds_a_run.push(Seconds {
            wall: median(runs.iter().map(|run| run.usage.wall_seconds)),
            cpu: median(runs.iter().filter_map(|run| run.usage.cpu_seconds)),
        });
    }
    let all = vec![plan.seeds.len(); plan.configurations.len()];
    let amount = |runs: &[usize]| amount(runs, &seconds_a_run, plan.device);
    let (at_most, likely) = (amount(&all), amount(likely));
    let allowed_seconds = match &manifest.experiment {
        Experiment::Program(program) => program.limits.time,
        Experiment::Recipe(_) => None,
    }
    .map(|limit| limit.as_secs_f64() * at_most.runs as f64);
    Ok(Estimate {
        from_runs,
        seconds_a_run,
        at_most,
        likely,
        allowed_seconds,
    })
}

/// The ledger's name for the runs of the manifest's experiment.
fn name(manifest: &Manifest) -> String {
    let code = &manifest.code;
    let what = match &manifest.experiment {
        Experiment::Recipe(path) => Started::Recipe(path),
        Experiment::Program(program) => Started::Command(&program.run),
    };
    store_name(&code.commit, &code.directory, what)
}

fn amount(runs: &[usize], seconds: &[Seconds], device: Device) -> Amount {
    let total = |of: &dyn Fn(&Seconds) -> Option<f64>| {
        let each = runs.iter().zip(seconds);
        each.map(|(runs, seconds)| Some(*runs as f64 * of(seconds)?))
            .sum::<Option<f64>>()
    };
    let wall_seconds = total(&|seconds| seconds.wall);
    let cpu_seconds = total(&|seconds| seconds.cpu);
    let gpu_seconds = match device {
        Device::Cpu => 0.0,
        Device::Cuda(_) | Device::Metal => wall_seconds.unwrap_or(1.0),
    };
    let energy = cpu_seconds.and_then(|cpu| usage::energy(Measured::default(), cpu, gpu_seconds));
    let carbon = energy
        .as_ref()
        .map(|energy| usage::carbon(energy, &Intensity::default()));
    Amount {
        runs: runs.iter().sum(),
        wall_seconds,
        cpu_seconds,
        energy_wh: energy.map(|energy| energy.watt_hours),
        carbon_g: carbon.map(|carbon| carbon.grams),
    }
}

/// The middle value, of an even number the lower of the two in the middle; none of an empty list.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_needs_no_runs_in_order() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), Some(2.0));
        assert_eq!(median(std::iter::empty()), None);
    }

    #[test]
    fn one_unknown_configuration_makes_the_sum_unknown() {
        let known = Seconds {
            wall: Some(2.0),
            cpu: Some(3600.0),
        };
        let unknown = Seconds {
            wall: None,
            cpu: None,
        };
        let sum = amount(&[10, 5], &[known, known], Device::Cpu);
        assert_eq!((sum.runs, sum.wall_seconds), (15, Some(30.0)));
        assert_eq!(sum.energy_wh, Some(15.0 * usage::CORE_WATTS));
        let sum = amount(&[10, 5], &[known, unknown], Device::Cpu);
        assert_eq!((sum.wall_seconds, sum.energy_wh), (None, None));
        let sum = amount(&[10], &[known], Device::Cuda(0));
        assert_eq!((sum.wall_seconds, sum.energy_wh), (Some(20.0), None));
    }
}
