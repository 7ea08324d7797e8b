//! Studentized bootstrap (bootstrap-t) intervals with beta weights (Owen 2025, arXiv 2508.10083).
//!
//! A resample draws a weight w ~ Beta(1/2, 3/2) for each value of a sample in place of a count. With
//! weighted means and variances, `t* = Σ ±(weighted mean - mean) / sqrt(Σ weighted variance / (n-1))`,
//! and the interval is `[d - Q(1-a) se, d - Q(a) se]` with the same standard error of the data. The
//! weighted variance is 0 for no sample of at least three different values, and coverage at three to
//! ten values is close to the nominal one, where percentile intervals fall far short.

use super::super::error::{Result, StatsError, non_negative, open_unit, positive};
use super::super::random::{StreamKey, SubStream};
use super::super::sample::mean;
use super::super::t_tests::Interval;
use super::replicates::quantile_type7;

/// Degrees of freedom above which a known standard error is taken as certain: the quantile of t
/// moves by a thousandth.
const CERTAIN_DF: f64 = 1000.0;

/// Draws of one interval at most, while more than [`FEWEST_BEYOND`] replicates lie beyond its
/// quantiles.
const MOST_DRAWS: f64 = 67_108_864.0;

/// Replicates beyond a quantile that very long samples keep.
const FEWEST_BEYOND: f64 = 5.0;

/// Replicates that very long samples keep.
const FEWEST_REPLICATES: f64 = 1999.0;

/// Replicates that an interval of `values` values with the one-sided error `tail` needs: 9999, and
/// more for small tails so that 40 replicates lie beyond the quantile.
///
/// Long samples need fewer: the interval is Student's but for terms of order `values`^(-1/2), and
/// 1999 replicates place its ends within a twentieth of a standard error (one standard deviation of
/// the Monte Carlo error at `tail` = 0.05). Samples of up to 6700 values are not affected at that
/// tail.
#[must_use]
pub fn replicates_for(tail: f64, values: usize) -> usize {
    // Ten million bounds the work for tails that no plan spends.
    let wanted = (40.0 / tail).ceil().clamp(9999.0, 1e7);
    let fewest = (FEWEST_BEYOND / tail).ceil().max(FEWEST_REPLICATES);
    let affordable = (MOST_DRAWS / values.max(1) as f64).ceil();
    wanted.min(affordable.max(fewest)) as usize
}

/// The interval from an estimate, its error in the units of `t_values`, and the t values of
/// resamples: `[value - Q(1-a) error, value - Q(a) error]` with `a = (1 - level) / 2`.
///
/// A t value of 0/0 counts as 0. The order of `t_values` changes.
///
/// # Errors
/// No t values, or a bad level.
pub fn interval_from_t(
    value: f64,
    error: f64,
    t_values: &mut [f64],
    level: f64,
) -> Result<Interval> {
    let tail = (1.0 - open_unit("level", level)?) / 2.0;
    for t in t_values.iter_mut().filter(|t| t.is_nan()) {
        *t = 0.0;
    }
    let high = quantile_type7(t_values, 1.0 - tail)?;
    let low = quantile_type7(t_values, tail)?;
    Ok(Interval {
        lo: value - high * error,
        hi: value - low * error,
    })
}

/// A sample as its deviations from the mean, with the variance of the mean.
#[derive(Debug, Clone, PartialEq)]
pub struct CentredSample {
    deviations: Vec<f64>,
    variance_of_mean: f64,
}

impl CentredSample {
    /// From at least two values.
    ///
    /// # Errors
    /// Fewer than two values.
    pub fn new(values: &[f64]) -> Result<Self> {
        if values.len() < 2 {
            return Err(StatsError::TooFew {
                what: "a bootstrap-t interval",
                needed: 2,
                found: values.len(),
            });
        }
        let centre = mean(values);
        let mut deviations: Vec<f64> = values.iter().map(|v| v - centre).collect();
        // Sorted, the draws do not depend on the order of the values.
        deviations.sort_by(f64::total_cmp);
        let n = deviations.len() as f64;
        let squares: f64 = deviations.iter().map(|d| d * d).sum();
        Ok(Self {
            variance_of_mean: squares / (n * (n - 1.0)),
            deviations,
        })
    }

    /// The variance of the mean, `Σ (x - mean)² / (n (n-1))`.
    #[must_use]
    pub fn variance_of_mean(&self) -> f64 {
        self.variance_of_mean
    }

    /// The weighted mean less the mean, and the variance of the weighted mean: the weighted variance
    /// over `n - 1`. The weights belong to the values in ascending order; there is one
    /// for each.
    #[inline]
    #[must_use]
    pub fn reweighted(&self, weights: &[f64]) -> (f64, f64) {
        let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
        for (d, w) in self.deviations.iter().zip(weights) {
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

/// A mean that resampling draws anew.
#[derive(Debug, Clone, PartialEq)]
pub enum ResampledMean {
    /// A number without sampling error.
    Exact,
    /// The mean of known values.
    Sample(CentredSample),
    /// A mean of which only the standard error is known; normal draws stand for the values.
    Normal {
        /// Variance of the mean.
        variance: f64,
        /// Degrees of freedom of that variance.
        df: f64,
    },
}

impl ResampledMean {
    /// The mean of at least two values.
    ///
    /// # Errors
    /// Fewer than two values.
    pub fn of_values(values: &[f64]) -> Result<Self> {
        Ok(Self::Sample(CentredSample::new(values)?))
    }

    /// A mean with a standard error and its degrees of freedom.
    ///
    /// # Errors
    /// A standard error that is negative or not finite, or degrees of freedom not above 0.
    pub fn with_standard_error(standard_error: f64, df: f64) -> Result<Self> {
        non_negative("standard error", standard_error)?;
        Ok(Self::Normal {
            variance: standard_error * standard_error,
            df: positive("df", df)?,
        })
    }

    /// The variance of the mean; 0 where it is exact.
    #[must_use]
    pub fn variance(&self) -> f64 {
        match self {
            Self::Exact => 0.0,
            Self::Sample(sample) => sample.variance_of_mean,
            Self::Normal { variance, .. } => *variance,
        }
    }

    /// Weights that one resample draws.
    #[must_use]
    pub fn weights(&self) -> usize {
        match self {
            Self::Exact | Self::Normal { .. } => 0,
            Self::Sample(sample) => sample.deviations.len(),
        }
    }

    /// Whether weights are all that a resample draws.
    fn is_weighted(&self) -> bool {
        match self {
            Self::Exact | Self::Sample(_) => true,
            Self::Normal { .. } => false,
        }
    }

    /// The deviation of a drawn mean, and the variance of the drawn mean. The weights are drawn
    /// here unless they are already.
    #[inline]
    fn draw(&self, stream: &mut SubStream, weights: &mut [f64], are_drawn: bool) -> (f64, f64) {
        match self {
            Self::Exact => (0.0, 0.0),
            Self::Sample(sample) => {
                if !are_drawn {
                    stream.fill_beta_half_three_halves(weights);
                }
                sample.reweighted(weights)
            }
            Self::Normal { variance, df } => {
                let shift = variance.sqrt() * stream.polar_normal();
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

/// The bootstrap-t intervals of one difference against two targets, from the same draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapT {
    /// With the noise of the resampled arms alone.
    pub arms: Interval,
    /// With the noise of the other side, too.
    pub both: Interval,
}

/// The intervals at `level` of `difference`, the mean of the first arm less that of the second, if
/// there is one, less the mean of `other`.
///
/// # Errors
/// No spread in the arms, a bad level, or `count` of 0.
///
/// # Examples
/// ```
/// use reprove_stats::bootstrap::studentized::{ResampledMean, beta_t};
/// use reprove_stats::random::StreamKey;
///
/// let values = [90.1, 90.6, 90.3, 90.8, 90.2];
/// let arms = [ResampledMean::of_values(&values)?];
/// let key = StreamKey::from_number(1);
/// let found = beta_t(90.4 - 90.0, &arms, &ResampledMean::Exact, 0.9, 9999, key)?;
/// // Student's interval is [0.122, 0.678].
/// assert!((found.arms.lo - 0.141_743_604_8).abs() < 1e-9);
/// assert!((found.arms.hi - 0.756_191_549_8).abs() < 1e-9);
/// assert_eq!(found.arms, found.both);
/// # Ok::<(), reprove_stats::StatsError>(())
/// ```
pub fn beta_t(
    difference: f64,
    arms: &[ResampledMean],
    other: &ResampledMean,
    level: f64,
    count: usize,
    key: StreamKey,
) -> Result<BootstrapT> {
    let error = arms_error(arms);
    if error <= 0.0 {
        return Err(StatsError::NoSpread {
            what: "a bootstrap-t interval",
        });
    }
    let (mut own, mut joint) = t_values(arms, other, count, key);
    let arms = interval_from_t(difference, error, &mut own, level)?;
    let both = match other {
        ResampledMean::Exact => arms,
        ResampledMean::Sample(_) | ResampledMean::Normal { .. } => {
            let error = error.hypot(other.variance().sqrt());
            interval_from_t(difference, error, &mut joint, level)?
        }
    };
    Ok(BootstrapT { arms, both })
}

/// The standard error of a difference of arms.
#[must_use]
pub fn arms_error(arms: &[ResampledMean]) -> f64 {
    arms.iter().map(ResampledMean::variance).sum::<f64>().sqrt()
}

/// Weights that are drawn at once; they stay in the fastest cache.
const WEIGHTS_AT_ONCE: usize = 2048;

/// The t values of all resamples, for the arms alone and with the other side.
fn t_values(
    arms: &[ResampledMean],
    other: &ResampledMean,
    count: usize,
    key: StreamKey,
) -> (Vec<f64>, Vec<f64>) {
    let sides = || arms.iter().chain([other]);
    let width = sides().map(ResampledMean::weights).sum::<usize>().max(1);
    // Draws of another kind come between the weights: then each mean draws its own.
    let at_once = sides().all(ResampledMean::is_weighted);
    let rows = if at_once {
        (WEIGHTS_AT_ONCE / width).max(1)
    } else {
        1
    };
    let pairs = key.fill_chunks(2 * count, |stream, out| {
        let mut weights = vec![0.0; rows * width];
        for pairs in out.chunks_mut(2 * rows) {
            let drawn = &mut weights[..width * (pairs.len() / 2)];
            if at_once {
                stream.fill_beta_half_three_halves(drawn);
            }
            let rows = drawn.chunks_exact_mut(width);
            for (pair, mut row) in pairs.chunks_exact_mut(2).zip(rows) {
                let mut draw = |mean: &ResampledMean| {
                    let (own, rest) = std::mem::take(&mut row).split_at_mut(mean.weights());
                    row = rest;
                    mean.draw(stream, own, at_once)
                };
                let (mut shift, mut variance) = (0.0, 0.0);
                for (place, arm) in arms.iter().enumerate() {
                    let (s, v) = draw(arm);
                    shift += if place == 0 { s } else { -s };
                    variance += v;
                }
                let (s, v) = draw(other);
                pair[0] = shift / variance.sqrt();
                pair[1] = (shift - s) / (variance + v).sqrt();
            }
        }
    });
    let every_other = |first: usize| pairs.iter().skip(first).step_by(2).copied().collect();
    (every_other(0), every_other(1))
}

#[cfg(test)]
mod tests {
    use super::super::super::dist::normal;
    use super::super::super::sample::{Sample, Summary};
    use super::super::super::t_tests::{one_sample, welch};
    use super::*;
    use proptest::prelude::*;

    fn key(number: u64) -> StreamKey {
        StreamKey::from_number(number)
    }

    /// The interval of one mean at 0.9.
    fn of_mean(values: &[f64], count: usize, key: StreamKey) -> Result<Interval> {
        let arms = [ResampledMean::of_values(values)?];
        Ok(beta_t(mean(values), &arms, &ResampledMean::Exact, 0.9, count, key)?.arms)
    }

    #[test]
    fn many_normal_scores_agree_with_t() {
        let scores: Vec<f64> = (1..40)
            .map(|i| normal::quantile(f64::from(i) / 40.0).unwrap())
            .collect();
        let summary = Sample::new(scores.as_slice()).unwrap().summary().unwrap();
        let t = one_sample(&summary).unwrap().interval(0.9).unwrap();
        let beta = of_mean(&scores, 50_000, key(1)).unwrap();
        assert!((beta.lo / t.lo - 1.0).abs() < 0.05 && (beta.hi / t.hi - 1.0).abs() < 0.05);
    }

    #[test]
    fn a_summary_on_both_sides_is_close_to_welch() {
        let (a, b) = (
            Summary::new(12, 1.0, 1.0).unwrap(),
            Summary::new(9, 0.5, 2.0).unwrap(),
        );
        let side =
            |s: &Summary| ResampledMean::with_standard_error(s.standard_error(), s.df()).unwrap();
        let t = welch(&a, &b).unwrap().interval(0.9).unwrap();
        let as_other = beta_t(0.5, &[side(&a)], &side(&b), 0.9, 100_000, key(2)).unwrap();
        let two_arms = [side(&a), side(&b)];
        let as_arm = beta_t(0.5, &two_arms, &ResampledMean::Exact, 0.9, 100_000, key(2)).unwrap();
        for ci in [as_other.both, as_arm.arms] {
            assert!(
                (ci.lo - t.lo).abs() < 0.04 && (ci.hi - t.hi).abs() < 0.04,
                "{ci:?} {t:?}"
            );
        }
        assert!(as_other.arms.width() < as_other.both.width());
    }

    #[test]
    fn intervals_of_three_values_are_finite() {
        let ci = of_mean(&[1.0, 2.0, 4.0], 9999, key(1)).unwrap();
        assert!(ci.width().is_finite());
    }

    #[test]
    fn no_spread_is_an_error() {
        let flat = of_mean(&[1.0, 1.0], 100, key(1));
        assert!(matches!(flat, Err(StatsError::NoSpread { .. })));
        assert!(ResampledMean::of_values(&[1.0]).is_err());
        assert!(ResampledMean::with_standard_error(-1.0, 2.0).is_err());
        assert!(of_mean(&[1.0, 2.0], 0, key(1)).is_err());
    }

    #[test]
    fn long_samples_take_fewer_replicates() {
        assert_eq!(replicates_for(0.05, 30), 9999);
        assert_eq!(replicates_for(0.05, 6700), 9999);
        assert_eq!(replicates_for(0.001, 30), 40_000);
        assert_eq!(replicates_for(0.05, 50_000), 1999);
        assert_eq!(replicates_for(0.0005, 50_000), 10_000);
    }

    #[test]
    fn a_long_sample_keeps_students_interval() {
        let scores: Vec<f64> = (1..50_000)
            .map(|i| normal::quantile(f64::from(i) / 50_000.0).unwrap())
            .collect();
        let summary = Sample::new(scores.as_slice()).unwrap().summary().unwrap();
        let t = one_sample(&summary).unwrap().interval(0.9).unwrap();
        let count = replicates_for(0.05, scores.len());
        let beta = of_mean(&scores, count, key(1)).unwrap();
        assert!((beta.lo / t.lo - 1.0).abs() < 0.1 && (beta.hi / t.hi - 1.0).abs() < 0.1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn order_shift_and_scale(
            mut x in prop::collection::vec(-1.0..1.0f64, 3..8),
            shift in -10.0..10.0f64,
            scale in 0.5..4.0f64,
        ) {
            prop_assume!(Sample::new(x.as_slice()).unwrap().sd().unwrap() > 1e-3);
            let ci = of_mean(&x, 500, key(9)).unwrap();
            let moved: Vec<f64> = x.iter().map(|v| scale * v + shift).collect();
            let carried = of_mean(&moved, 500, key(9)).unwrap();
            prop_assert!((carried.lo - (scale * ci.lo + shift)).abs() < 1e-9);
            prop_assert!((carried.hi - (scale * ci.hi + shift)).abs() < 1e-9);
            let centre = mean(&x);
            x.reverse();
            let reversed = of_mean(&x, 500, key(9)).unwrap();
            // The mean alone may depend on the order, by its last bit.
            let room = if mean(&x).to_bits() == centre.to_bits() { 0.0 } else { 1e-14 };
            prop_assert!((reversed.lo - ci.lo).abs() <= room && (reversed.hi - ci.hi).abs() <= room);
        }
    }
}
