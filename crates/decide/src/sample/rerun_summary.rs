//! The reruns as numbers: what each seed gave, and the mean with its noise.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use reprove_model::manifest::{FailureThreshold, Pairing};
use reprove_model::record::NumberUnit;
use reprove_model::seeds::RunSeed;
use reprove_stats::sample::mean;
use reprove_stats::t_tests::combine_standard_errors;
use reprove_stats::{Result, Sample};

/// What one run gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Observation {
    /// A finite value of the metric.
    Value(f64),
    /// Training ended without a finite value.
    Diverged,
    /// The run itself failed, which says nothing about the claim.
    Failed,
}

impl Observation {
    /// A number that was read: finite values are values, all others mean divergence.
    pub fn from_number(value: f64) -> Self {
        if value.is_finite() {
            Self::Value(value)
        } else {
            Self::Diverged
        }
    }
}

/// One run of one arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeedRun {
    /// Its seed.
    pub seed: RunSeed,
    /// What it gave.
    pub observed: Observation,
    /// What is known of the unit of its value.
    pub unit: NumberUnit,
}

impl SeedRun {
    /// The run with its value multiplied.
    fn times(self, factor: f64) -> Self {
        let observed = match self.observed {
            Observation::Value(value) => Observation::from_number(value * factor),
            Observation::Diverged | Observation::Failed => self.observed,
        };
        Self { observed, ..self }
    }

    /// The run with its value in the unit that a stated scale brings it to.
    pub fn scaled(self, scale: f64) -> Self {
        Self {
            unit: NumberUnit::Stated,
            ..self.times(scale)
        }
    }
}

/// The runs of a claim in the order of the seeds, whatever the order of their completion.
#[derive(Debug, Clone, PartialEq)]
pub enum Runs {
    /// Runs of one configuration.
    Single(Vec<SeedRun>),
    /// Runs of two configurations, of which the second is subtracted.
    Difference {
        /// The arm that counts positively.
        of: Vec<SeedRun>,
        /// The arm that is subtracted.
        minus: Vec<SeedRun>,
        /// Whether equal seeds are compared.
        pairing: Pairing,
    },
}

/// How runs without a usable value enter the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MissingDataPolicy {
    /// They are left out.
    Exclude,
    /// Each counts as this value.
    Impute(f64),
}

/// Counts of the runs by what they gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Runs that ended by themselves.
    pub finished: usize,
    /// Of these, runs without a finite value.
    pub diverged: usize,
    /// Of these, runs whose value lies beyond the declared failure threshold.
    pub collapsed: usize,
    /// Runs that failed.
    pub failed: usize,
}

impl Tally {
    /// Runs that diverged or collapsed.
    pub fn lost(&self) -> usize {
        self.diverged + self.collapsed
    }
}

/// The rerun's mean (or difference of means) with its noise.
#[derive(Debug, Clone, PartialEq)]
pub struct RerunSummary {
    /// Values of the single arm, of the paired differences, or of the first arm.
    pub first: Vec<f64>,
    /// Values of the subtracted arm, when the arms are independent.
    pub second: Option<Vec<f64>>,
    /// Mean, or difference of means; `None` without values.
    pub mean: Option<f64>,
    /// Noise of the mean; `None` with fewer than two values of an arm.
    pub noise: Option<StandardError>,
}

/// Noise of a rerun's mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StandardError {
    /// Standard deviation of one observation (of a difference of two for independent arms) that the
    /// decision uses: no smaller than half of the metric's resolution.
    pub sd: f64,
    /// The same as measured.
    pub measured_sd: f64,
    /// Standard error of the mean.
    pub standard_error: f64,
    /// Its degrees of freedom.
    pub df: f64,
}

impl StandardError {
    /// Whether the runs vary by less than the resolution of the metric, so that half of it stands for
    /// their standard deviation.
    pub fn is_at_floor(&self) -> bool {
        self.sd > self.measured_sd
    }

    /// Whether every run of every arm gave the same value and the metric has no stated resolution.
    pub fn is_zero(&self) -> bool {
        self.standard_error == 0.0
    }
}

impl Runs {
    /// Number of runs so far: of the seeds that both arms have where equal seeds are compared, of the arm that
    /// has more where the arms are independent, since all runs of both count there.
    pub fn len(&self) -> usize {
        match self {
            Self::Single(runs) => runs.len(),
            Self::Difference {
                of,
                minus,
                pairing: Pairing::BySeed,
            } => pairs(of, minus).count(),
            Self::Difference { of, minus, .. } if of.is_empty() || minus.is_empty() => 0,
            Self::Difference {
                of,
                minus,
                pairing: Pairing::Independent,
            } => of.len().max(minus.len()),
        }
    }

    /// Number of different seeds whose runs ended by themselves: of the arm that has fewer for a difference,
    /// of those that did in both arms where equal seeds are compared.
    pub fn ended(&self) -> usize {
        let of_arm = |runs: &[SeedRun]| -> BTreeSet<RunSeed> {
            let ended = runs
                .iter()
                .filter(|run| run.observed != Observation::Failed);
            ended.map(|run| run.seed).collect()
        };
        match self {
            Self::Single(runs) => of_arm(runs).len(),
            Self::Difference {
                of,
                minus,
                pairing: Pairing::BySeed,
            } => of_arm(of).intersection(&of_arm(minus)).count(),
            Self::Difference {
                of,
                minus,
                pairing: Pairing::Independent,
            } => of_arm(of).len().min(of_arm(minus).len()),
        }
    }

    /// Whether there is no run.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first `n` runs of each arm; where equal seeds are compared, those of the first `n` seeds that both
    /// arms have.
    pub fn first(&self, n: usize) -> Self {
        let cut = |runs: &[SeedRun]| runs[..n.min(runs.len())].to_vec();
        let (of, minus, pairing) = match self {
            Self::Single(runs) => return Self::Single(cut(runs)),
            Self::Difference {
                of,
                minus,
                pairing: Pairing::BySeed,
            } => {
                let (of, minus) = pairs(of, minus).take(n).unzip();
                (of, minus, Pairing::BySeed)
            }
            Self::Difference {
                of,
                minus,
                pairing: Pairing::Independent,
            } => (cut(of), cut(minus), Pairing::Independent),
        };
        Self::Difference { of, minus, pairing }
    }

    /// The seeds that one arm has alone where equal seeds are compared, in their order.
    pub fn unpaired(&self) -> Vec<RunSeed> {
        let Self::Difference {
            of,
            minus,
            pairing: Pairing::BySeed,
        } = self
        else {
            return Vec::new();
        };
        let seeds =
            |runs: &[SeedRun]| -> BTreeSet<RunSeed> { runs.iter().map(|run| run.seed).collect() };
        let (of, minus) = (seeds(of), seeds(minus));
        of.symmetric_difference(&minus).copied().collect()
    }

    /// The runs of all arms.
    fn all(&self) -> impl Iterator<Item = &SeedRun> {
        let arms: [&[SeedRun]; 2] = match self {
            Self::Single(runs) => [runs, &[]],
            Self::Difference { of, minus, .. } => [of, minus],
        };
        arms.into_iter().flatten()
    }

    /// The finite values of all arms, each with what is known of its unit.
    pub fn values(&self) -> impl Iterator<Item = (f64, NumberUnit)> {
        self.all().filter_map(|run| match run.observed {
            Observation::Value(value) => Some((value, run.unit)),
            Observation::Diverged | Observation::Failed => None,
        })
    }

    /// The finite values by seed, in the order of the runs; for a difference those of seeds that both arms
    /// have, subtracted.
    pub fn by_seed(&self) -> Vec<(RunSeed, f64)> {
        let value = |run: &SeedRun| match run.observed {
            Observation::Value(value) => Some(value),
            Observation::Diverged | Observation::Failed => None,
        };
        match self {
            Self::Single(runs) => runs
                .iter()
                .filter_map(|run| Some((run.seed, value(run)?)))
                .collect(),
            Self::Difference { of, minus, .. } => pairs(of, minus)
                .filter_map(|(a, b)| Some((a.seed, value(&a)? - value(&b)?)))
                .collect(),
        }
    }

    /// The same runs with every value multiplied.
    pub fn times(&self, factor: f64) -> Self {
        let arm = |runs: &[SeedRun]| runs.iter().map(|run| run.times(factor)).collect();
        match self {
            Self::Single(runs) => Self::Single(arm(runs)),
            Self::Difference { of, minus, pairing } => Self::Difference {
                of: arm(of),
                minus: arm(minus),
                pairing: *pairing,
            },
        }
    }

    /// How many runs diverged, collapsed or failed.
    pub fn tally(&self, threshold: Option<FailureThreshold>) -> Tally {
        let mut tally = Tally::default();
        for run in self.all() {
            match run.observed {
                Observation::Failed => tally.failed += 1,
                Observation::Diverged => tally.diverged += 1,
                Observation::Value(v) if beyond(v, threshold) => tally.collapsed += 1,
                Observation::Value(_) => {}
            }
            tally.finished += usize::from(run.observed != Observation::Failed);
        }
        tally
    }

    /// The mean and its noise. `resolution` is that of a coarse metric: no standard
    /// deviation is taken as smaller than half of it.
    ///
    /// # Errors
    /// Values so large that their variance overflows.
    pub fn summarize(
        &self,
        threshold: Option<FailureThreshold>,
        treatment: MissingDataPolicy,
        resolution: Option<f64>,
    ) -> Result<RerunSummary> {
        let value = |run: &SeedRun| usable(run.observed, threshold, treatment);
        match self {
            Self::Single(runs) => {
                RerunSummary::one(runs.iter().filter_map(value).collect(), resolution)
            }
            Self::Difference {
                of,
                minus,
                pairing: Pairing::BySeed,
            } => {
                let differences =
                    pairs(of, minus).filter_map(|(a, b)| Some(value(&a)? - value(&b)?));
                RerunSummary::one(differences.collect(), resolution)
            }
            Self::Difference { of, minus, .. } => RerunSummary::two(
                of.iter().filter_map(value).collect(),
                minus.iter().filter_map(value).collect(),
                resolution,
            ),
        }
    }
}

impl RerunSummary {
    fn one(values: Vec<f64>, resolution: Option<f64>) -> Result<Self> {
        let noise = arm_noise(&values, resolution)?;
        Ok(Self {
            mean: (!values.is_empty()).then(|| mean(&values)),
            first: values,
            second: None,
            noise,
        })
    }

    fn two(a: Vec<f64>, b: Vec<f64>, resolution: Option<f64>) -> Result<Self> {
        let noise = match (arm_noise(&a, resolution)?, arm_noise(&b, resolution)?) {
            (Some(x), Some(y)) => Some(sum_of_noises(x, y)?),
            _ => None,
        };
        let known = !a.is_empty() && !b.is_empty();
        Ok(Self {
            mean: known.then(|| mean(&a) - mean(&b)),
            first: a,
            second: Some(b),
            noise,
        })
    }

    /// Number of observations: of the smaller arm.
    pub fn n(&self) -> usize {
        let second = self.second.as_ref().map_or(usize::MAX, Vec::len);
        self.first.len().min(second)
    }
}

fn arm_noise(values: &[f64], resolution: Option<f64>) -> Result<Option<StandardError>> {
    if values.len() < 2 {
        return Ok(None);
    }
    let summary = Sample::new(values)?.summary()?;
    let all_same = values.iter().all(|v| v.to_bits() == values[0].to_bits());
    let measured = if all_same { 0.0 } else { summary.sd() };
    let sd = measured.max(resolution.unwrap_or(0.0) / 2.0);
    let n = values.len() as f64;
    Ok(Some(StandardError {
        sd,
        measured_sd: measured,
        standard_error: sd / n.sqrt(),
        df: n - 1.0,
    }))
}

fn sum_of_noises(x: StandardError, y: StandardError) -> Result<StandardError> {
    let sd = x.sd.hypot(y.sd);
    let measured_sd = x.measured_sd.hypot(y.measured_sd);
    if x.is_zero() && y.is_zero() {
        return Ok(StandardError {
            sd,
            measured_sd,
            standard_error: 0.0,
            df: x.df + y.df,
        });
    }
    let (standard_error, df) =
        combine_standard_errors(&[(x.standard_error, x.df), (y.standard_error, y.df)])?;
    Ok(StandardError {
        sd,
        measured_sd,
        standard_error,
        df,
    })
}

/// The runs of seeds that both arms have, in the order of the first.
fn pairs(of: &[SeedRun], minus: &[SeedRun]) -> impl Iterator<Item = (SeedRun, SeedRun)> {
    let by_seed: BTreeMap<RunSeed, SeedRun> = minus.iter().map(|run| (run.seed, *run)).collect();
    of.iter()
        .filter_map(move |run| Some((*run, *by_seed.get(&run.seed)?)))
}

fn beyond(value: f64, threshold: Option<FailureThreshold>) -> bool {
    match threshold {
        Some(FailureThreshold::Below(bound)) => value < bound,
        Some(FailureThreshold::Above(bound)) => value > bound,
        None => false,
    }
}

fn usable(
    observed: Observation,
    threshold: Option<FailureThreshold>,
    treatment: MissingDataPolicy,
) -> Option<f64> {
    match (observed, treatment) {
        (Observation::Failed, _) => None,
        (Observation::Value(v), _) if !beyond(v, threshold) => Some(v),
        (Observation::Value(_) | Observation::Diverged, MissingDataPolicy::Exclude) => None,
        (Observation::Value(_) | Observation::Diverged, MissingDataPolicy::Impute(worst)) => {
            Some(worst)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(values: &[f64]) -> Vec<SeedRun> {
        let run = |(i, v): (usize, &f64)| SeedRun {
            seed: RunSeed(i as u64),
            observed: Observation::from_number(*v),
            unit: NumberUnit::Stated,
        };
        values.iter().enumerate().map(run).collect()
    }

    #[test]
    fn lost_runs_are_counted_and_treated() {
        let runs = Runs::Single(arm(&[0.9, f64::NAN, 0.1, 0.8]));
        let threshold = Some(FailureThreshold::Below(0.5));
        let tally = runs.tally(threshold);
        assert_eq!((tally.finished, tally.diverged, tally.collapsed), (4, 1, 1));
        let rerun = runs
            .summarize(threshold, MissingDataPolicy::Exclude, None)
            .unwrap();
        assert_eq!(rerun.first, [0.9, 0.8]);
        let rerun = runs
            .summarize(threshold, MissingDataPolicy::Impute(0.0), None)
            .unwrap();
        assert_eq!(rerun.first, [0.9, 0.0, 0.0, 0.8]);
    }

    #[test]
    fn coarse_metrics_keep_half_a_step_of_noise() {
        let runs = Runs::Single(arm(&[0.99, 0.99, 0.99]));
        let noise = |resolution| {
            let rerun = runs
                .summarize(None, MissingDataPolicy::Exclude, resolution)
                .unwrap();
            rerun.noise.unwrap()
        };
        assert!(noise(None).is_zero());
        assert_eq!(noise(Some(0.01)).sd, 0.005);
    }

    #[test]
    fn pairs_are_matched_by_seed() {
        let mut minus = arm(&[1.0, 2.0, 4.0]);
        minus.reverse();
        let runs = Runs::Difference {
            of: arm(&[2.0, 4.0, 6.0]),
            minus,
            pairing: Pairing::BySeed,
        };
        let rerun = runs
            .summarize(None, MissingDataPolicy::Exclude, None)
            .unwrap();
        assert_eq!(rerun.first, [1.0, 2.0, 2.0]);
    }
}
