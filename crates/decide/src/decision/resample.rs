//! The bootstrap half of the rule: the beta-weighted bootstrap-t (Owen 2025, arXiv 2508.10083) of
//! one or two rerun arms against the reported side, which is a list, a summary or nothing.
//!
//! A resample draws weights w ~ Beta(1/2, 3/2) for the values of each arm. With weighted mean and
//! variance, t* = Σ (weighted mean − mean) / sqrt(Σ weighted variance / (n − 1)), and the interval is
//! [d − Q(1 − a) se, d − Q(a) se] with the same standard error of the data.
//!
//! [`reprove_stats::bootstrap::studentized`] has the interval of one side and of two; here both
//! targets come from the same draws, a difference of two arms may be set against a reported side,
//! and that side may be a standard error alone. A test holds the two against each other.

use sha2::{Digest, Sha256};

use super::judge::{Comparison, Intervals, Level};
use crate::reported::{Interpretation, Uncertainty};
use crate::sample::RerunSummary;
use reprove_stats::bootstrap::stream::{Seed, Stream};
use reprove_stats::bootstrap::studentized::{interval_from_t, replicates_for};
use reprove_stats::{Interval, Result};

/// Resamples at most, whatever the level: a million bounds the time of one look.
const MOST_RESAMPLES: usize = 1_000_000;

/// The smallest one-sided level that resampling is asked for.
const SMALLEST_TAIL: f64 = 1e-12;

/// Degrees of freedom above which a reported variance is taken as certain: the quantile of t moves
/// by a thousandth, and the t interval, which must agree, has the exact one.
const CERTAIN_DF: f64 = 1000.0;

/// The seed of one look: a digest of the analysis_plan and the number of values.
pub(super) fn seed(analysis_plan: &[u8; 32], rerun: &RerunSummary) -> Seed {
    let mut digest = Sha256::new();
    digest.update(analysis_plan);
    digest.update((rerun.n() as u64).to_le_bytes());
    Seed::from_bytes(digest.finalize().into())
}

/// The bootstrap-t intervals of the difference; those of Student's t where the values do not vary.
///
/// # Errors
/// A level outside (0, 1).
pub(super) fn intervals(
    rerun: &RerunSummary,
    interpretation: &Interpretation,
    comparison: &Comparison,
    level: Level,
    seed: Seed,
) -> Result<Intervals> {
    let arms: Vec<Arm> = std::iter::once(&rerun.first)
        .chain(rerun.second.as_ref())
        .map(|values| Arm::new(values))
        .collect();
    let printed_se = sum_of_squares(arms.iter().map(|arm| arm.variance));
    if printed_se == 0.0 {
        return comparison.intervals(level);
    }
    // No number of resamples sees a tail below this.
    let nominal = level.nominal(comparison.printed.1)?.max(SMALLEST_TAIL);
    let reported = Reported::new(interpretation);
    let process_se = printed_se.hypot(reported.standard_error());
    let (mut printed, mut process) = t_values(&arms, &reported, nominal, seed);
    let (d, shown) = (comparison.difference, 1.0 - 2.0 * nominal);
    let own = interval_from_t(d, printed_se, &mut printed, shown)?;
    let both = match reported {
        Reported::Nothing if comparison.printed.0 > 0.0 => {
            // As many runs as reported, that vary as the reruns do: the same shape, wider.
            let ratio = comparison.process.0 / comparison.printed.0;
            Interval {
                lo: d - (d - own.lo) * ratio,
                hi: d + (own.hi - d) * ratio,
            }
        }
        Reported::Nothing => own,
        _ => interval_from_t(d, process_se, &mut process, shown)?,
    };
    Ok(Intervals {
        printed: own,
        process: both,
    })
}

/// The t values of all resamples, for the reruns alone and with the reported side.
fn t_values(arms: &[Arm], reported: &Reported, level: f64, seed: Seed) -> (Vec<f64>, Vec<f64>) {
    let count = replicates_for(level).min(MOST_RESAMPLES);
    let pairs = seed.fill_chunks(2 * count, |stream, out| {
        for pair in out.chunks_exact_mut(2) {
            let (mut shift, mut variance) = (0.0, 0.0);
            for (place, arm) in arms.iter().enumerate() {
                let (s, v) = arm.draw(stream);
                shift += if place == 0 { s } else { -s };
                variance += v;
            }
            let (s, v) = reported.draw(stream);
            pair[0] = shift / variance.sqrt();
            pair[1] = (shift - s) / (variance + v).sqrt();
        }
    });
    let every_other = |first: usize| pairs.iter().skip(first).step_by(2).copied().collect();
    (every_other(0), every_other(1))
}

fn sum_of_squares(variances: impl Iterator<Item = f64>) -> f64 {
    variances.sum::<f64>().sqrt()
}

/// One arm: its values less their mean, in ascending order, and the variance of the mean.
struct Arm {
    deviations: Vec<f64>,
    variance: f64,
}

impl Arm {
    fn new(values: &[f64]) -> Self {
        let mean = reprove_stats::sample::mean(values);
        let mut deviations: Vec<f64> = values.iter().map(|v| v - mean).collect();
        deviations.sort_by(f64::total_cmp);
        let n = deviations.len() as f64;
        let squares: f64 = deviations.iter().map(|d| d * d).sum();
        Self {
            variance: squares / (n * (n - 1.0)),
            deviations,
        }
    }

    /// A weighted mean's shift from the mean, and its variance.
    fn draw(&self, stream: &mut Stream) -> (f64, f64) {
        let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
        for d in &self.deviations {
            let w = stream.beta_half_three_halves();
            total += w;
            first += w * d;
            second += w * d * d;
        }
        let shift = first / total;
        // Deviations are centred, so that little is lost in this difference.
        let variance = (second / total - shift * shift).max(0.0);
        (shift, variance / (self.deviations.len() as f64 - 1.0))
    }
}

/// The reported side of a resample.
enum Reported {
    Nothing,
    List(Arm),
    Summary { variance: f64, df: f64 },
}

impl Reported {
    fn new(interpretation: &Interpretation) -> Self {
        match (&interpretation.values, interpretation.spread) {
            (Some(values), _) if values.len() >= 2 => Self::List(Arm::new(values)),
            (
                _,
                Uncertainty::Known {
                    standard_error, df, ..
                },
            ) => Self::Summary {
                variance: standard_error * standard_error,
                df,
            },
            _ => Self::Nothing,
        }
    }

    fn standard_error(&self) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::List(arm) => arm.variance.sqrt(),
            Self::Summary { variance, .. } => variance.sqrt(),
        }
    }

    /// Shift and variance of a drawn mean; zeros where nothing is known.
    fn draw(&self, stream: &mut Stream) -> (f64, f64) {
        match self {
            Self::Nothing => (0.0, 0.0),
            Self::List(arm) => arm.draw(stream),
            Self::Summary { variance, df } => {
                let shift = variance.sqrt() * stream.normal();
                let ratio = if *df < CERTAIN_DF {
                    let whole = df.round().max(1.0);
                    stream.chi_squared(whole as usize) / whole
                } else {
                    1.0
                };
                (shift, variance * ratio)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{MissingDataPolicy, Observation, Runs, SeedRun};
    use reprove_model::manifest::Pairing;
    use reprove_stats::bootstrap::studentized::{Side, beta_t, beta_t_difference};
    use reprove_stats::{Sample, Summary};

    const LEVEL: f64 = 0.0005;
    const Y: [f64; 6] = [1.0, 1.4, 0.7, 1.9, 1.1, 1.3];
    const Z: [f64; 5] = [0.2, 0.9, 0.4, 0.3, 0.7];

    fn arm(values: &[f64]) -> Vec<SeedRun> {
        let run = |(i, v): (usize, &f64)| SeedRun {
            seed: i as u64,
            observed: Observation::Value(*v),
            unit: reprove_model::record::Unit::Stated,
        };
        values.iter().enumerate().map(run).collect()
    }

    fn of(runs: &Runs, interpretation: &Interpretation) -> Intervals {
        let rerun = runs
            .summarize(None, MissingDataPolicy::Exclude, None)
            .unwrap();
        let comparison = Comparison::new(&rerun, interpretation).unwrap().unwrap();
        let level = Level::Nominal(LEVEL);
        intervals(
            &rerun,
            interpretation,
            &comparison,
            level,
            Seed::from_number(1),
        )
        .unwrap()
    }

    fn close(found: Interval, wanted: Interval) {
        let width = wanted.width();
        let (lo, hi) = (found.lo - wanted.lo, found.hi - wanted.hi);
        assert!(
            lo.abs() < 0.05 * width && hi.abs() < 0.05 * width,
            "{found:?} {wanted:?}"
        );
    }

    #[test]
    fn one_and_two_sides_agree_with_the_library() {
        let level = 1.0 - 2.0 * LEVEL;
        let (count, seed) = (200_000, Seed::from_number(2));
        let y = Sample::new(Y).unwrap();
        let single = Runs::Single(arm(&Y));
        let alone = beta_t(&y, level, count, seed).unwrap();
        close(of(&single, &Interpretation::exact(0.0)).printed, alone);

        let summary = Summary::new(8, 0.4, 0.3).unwrap();
        let interpretation = Interpretation::from_sd("", 0.4, 0.0, 0.3, 8);
        let sides = (Side::Values(y.clone()), Side::Summary(summary));
        let wanted = beta_t_difference(&sides.0, &sides.1, level, count, seed).unwrap();
        close(of(&single, &interpretation).process, wanted);

        let z = Side::Values(Sample::new(Z).unwrap());
        let wanted = beta_t_difference(&Side::Values(y), &z, level, count, seed).unwrap();
        let list = Interpretation {
            values: Some(Z.to_vec()),
            ..Interpretation::from_sd("", 0.5, 0.0, Sample::new(Z).unwrap().sd().unwrap(), 5)
        };
        close(of(&single, &list).process, wanted);
        let arms = Runs::Difference {
            of: arm(&Y),
            minus: arm(&Z),
            pairing: Pairing::Independent,
        };
        close(of(&arms, &Interpretation::exact(0.0)).printed, wanted);
    }

    #[test]
    fn a_spread_from_very_many_runs_is_certain() {
        let known = |df| Interpretation {
            spread: Uncertainty::Known {
                standard_error: 0.2,
                df,
                sd: None,
                runs: None,
            },
            ..Interpretation::exact(1.0)
        };
        let single = Runs::Single(arm(&Y));
        let (nearly, quite) = (of(&single, &known(999.0)), of(&single, &known(1e8)));
        close(nearly.process, quite.process);
        assert!(quite.process.width() > quite.printed.width());
    }
}
