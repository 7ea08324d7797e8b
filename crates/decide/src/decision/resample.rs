//! The bootstrap half of the rule: [`beta_t`] of one or two rerun arms against the reported side,
//! which is a list, a standard error or a number alone.

use sha2::{Digest, Sha256};

use super::judge::{Comparison, Intervals, Level};
use crate::reported::{Interpretation, Uncertainty};
use crate::sample::RerunSummary;
use reprove_stats::bootstrap::studentized::{ResampledMean, arms_error, beta_t, replicates_for};
use reprove_stats::random::StreamKey;
use reprove_stats::sample::power_of_two_near;
use reprove_stats::{Interval, Result};

/// Resamples at most, whatever the level: a million bounds the time of one look.
const MOST_RESAMPLES: usize = 1_000_000;

/// The smallest one-sided level that resampling is asked for.
const SMALLEST_TAIL: f64 = 1e-12;

/// The key of one look's resamples: a digest of the plan's seed and the number of values.
pub(super) fn seed(analysis_plan: &[u8; 32], rerun: &RerunSummary) -> StreamKey {
    let mut digest = Sha256::new();
    digest.update(analysis_plan);
    digest.update((rerun.n() as u64).to_le_bytes());
    StreamKey::from_bytes(digest.finalize().into())
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
    key: StreamKey,
) -> Result<Intervals> {
    // Squares are taken in units near the noise, so that none vanishes or overflows.
    let unit = power_of_two_near([comparison.printed.0, comparison.reported.0]);
    let in_units = |values: &[f64]| -> Vec<f64> { values.iter().map(|v| v / unit).collect() };
    let arms: Vec<ResampledMean> = std::iter::once(&rerun.first)
        .chain(rerun.second.as_ref())
        .map(|values| ResampledMean::of_values(&in_units(values)))
        .collect::<Result<_>>()?;
    if arms_error(&arms) == 0.0 {
        return comparison.intervals(level);
    }
    // No number of resamples sees a tail below this.
    let nominal = level.nominal(comparison.printed.1)?.max(SMALLEST_TAIL);
    let reported = resampled(interpretation, unit)?;
    let drawn = arms.iter().chain([&reported]).map(ResampledMean::weights);
    let count = replicates_for(nominal, drawn.sum()).min(MOST_RESAMPLES);
    let (d, shown) = (comparison.difference / unit, 1.0 - 2.0 * nominal);
    let found = beta_t(d, &arms, &reported, shown, count, key)?;
    let process = match reported {
        ResampledMean::Exact if comparison.printed.0 > 0.0 => {
            // As many runs as reported, that vary as the reruns do: the same shape, wider.
            let ratio = comparison.process.0 / comparison.printed.0;
            Interval {
                lo: d - (d - found.arms.lo) * ratio,
                hi: d + (found.arms.hi - d) * ratio,
            }
        }
        ResampledMean::Exact | ResampledMean::Sample(_) | ResampledMean::Normal { .. } => {
            found.both
        }
    };
    let in_metric = |interval: Interval| Interval {
        lo: interval.lo * unit,
        hi: interval.hi * unit,
    };
    Ok(Intervals {
        printed: in_metric(found.arms),
        process: in_metric(process),
    })
}

/// The reported side in `unit`s as resamples draw it; exact where nothing is known of its noise.
fn resampled(interpretation: &Interpretation, unit: f64) -> Result<ResampledMean> {
    match (&interpretation.values, interpretation.spread) {
        (Some(values), _) if values.len() >= 2 => {
            ResampledMean::of_values(&values.iter().map(|v| v / unit).collect::<Vec<f64>>())
        }
        (
            _,
            Uncertainty::Known {
                standard_error, df, ..
            },
        ) => ResampledMean::with_standard_error(standard_error / unit, df),
        (_, Uncertainty::Exact | Uncertainty::Unknown { .. }) => Ok(ResampledMean::Exact),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{MissingDataPolicy, Observation, Runs, SeedRun};
    use reprove_model::manifest::Pairing;
    use reprove_model::seeds::RunSeed;
    use reprove_stats::Sample;

    const LEVEL: f64 = 0.0005;
    const Y: [f64; 6] = [1.0, 1.4, 0.7, 1.9, 1.1, 1.3];
    const Z: [f64; 5] = [0.2, 0.9, 0.4, 0.3, 0.7];

    fn arm(values: &[f64]) -> Vec<SeedRun> {
        let run = |(i, v): (usize, &f64)| SeedRun {
            seed: RunSeed(i as u64),
            observed: Observation::Value(*v),
            unit: reprove_model::record::NumberUnit::Stated,
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
            StreamKey::from_number(1),
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
    fn every_side_is_resampled_as_what_is_known_of_it() {
        let mean = |values: &[f64]| reprove_stats::sample::mean(values);
        let means = |values: &[f64]| ResampledMean::of_values(values).unwrap();
        let expected = |d: f64, arms: &[ResampledMean], other: &ResampledMean| {
            let (level, count) = (1.0 - 2.0 * LEVEL, replicates_for(LEVEL, 20));
            beta_t(d, arms, other, level, count, StreamKey::from_number(1)).unwrap()
        };
        let single = Runs::Single(arm(&Y));
        let number = of(&single, &Interpretation::exact(0.0));
        let alone = expected(mean(&Y), &[means(&Y)], &ResampledMean::Exact);
        assert_eq!((number.printed, number.process), (alone.arms, alone.arms));

        let interpretation = Interpretation::from_sd("", 0.4, 0.0, 0.3, 8);
        let summary = ResampledMean::with_standard_error(0.3 / 8_f64.sqrt(), 7.0).unwrap();
        let found = of(&single, &interpretation);
        let wanted = expected(mean(&Y) - 0.4, &[means(&Y)], &summary);
        assert_eq!((found.printed, found.process), (wanted.arms, wanted.both));

        let list = Interpretation {
            values: Some(Z.to_vec()),
            ..Interpretation::from_sd("", 0.5, 0.0, Sample::new(Z).unwrap().sd().unwrap(), 5)
        };
        let wanted = expected(mean(&Y) - 0.5, &[means(&Y)], &means(&Z));
        assert_eq!(of(&single, &list).process, wanted.both);

        let difference = Runs::Difference {
            of: arm(&Y),
            minus: arm(&Z),
            pairing: Pairing::Independent,
        };
        let arms = [means(&Y), means(&Z)];
        let wanted = expected(mean(&Y) - mean(&Z), &arms, &ResampledMean::Exact);
        let found = of(&difference, &Interpretation::exact(0.0));
        assert_eq!(found.printed, wanted.arms);
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
