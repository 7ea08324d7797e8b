//! Intervals from the replicates of a statistic (Efron and Tibshirani 1993).

use super::super::dist::normal;
use super::super::error::{Result, StatsError, finite, finite_values, open_unit, probability};
use super::super::t_tests::Interval;

/// A statistic and its values on resampled data, all finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates {
    observed: f64,
    values: Vec<f64>,
}

impl Replicates {
    /// From the observed statistic and its replicates.
    ///
    /// # Errors
    /// No replicate, or a number that is not finite.
    pub fn new(observed: f64, values: Vec<f64>) -> Result<Self> {
        finite("observed statistic", observed)?;
        finite_values(&values)?;
        Ok(Self { observed, values })
    }

    /// The statistic of the data themselves.
    #[must_use]
    pub fn observed(&self) -> f64 {
        self.observed
    }

    /// The replicates in the order drawn.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Standard deviation of the replicates (divisor B - 1); 0 for a single one.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        let count = self.values.len() as f64;
        let mean = super::super::sample::mean(&self.values);
        let squares: f64 = self.values.iter().map(|v| (v - mean) * (v - mean)).sum();
        (squares / (count - 1.0).max(1.0)).sqrt()
    }

    /// Between the quantiles of the replicates.
    ///
    /// # Errors
    /// `level` is not strictly between 0 and 1.
    pub fn percentile(&self, level: f64) -> Result<Interval> {
        let tail = (1.0 - open_unit("level", level)?) / 2.0;
        self.between(tail, 1.0 - tail)
    }

    /// The percentile interval mirrored at the observed statistic.
    ///
    /// # Errors
    /// `level` is not strictly between 0 and 1.
    pub fn basic(&self, level: f64) -> Result<Interval> {
        let Interval { lo, hi } = self.percentile(level)?;
        Ok(Interval {
            lo: 2.0 * self.observed - hi,
            hi: 2.0 * self.observed - lo,
        })
    }

    /// Bias-corrected and accelerated (Efron 1987).
    ///
    /// # Errors
    /// A bad level, or all replicates on one side of the observed statistic.
    pub fn bca(&self, level: f64, acceleration: f64) -> Result<Interval> {
        let (lo, hi) = self.bca_levels(level, acceleration)?;
        self.between(lo, hi)
    }

    /// The probabilities whose quantiles are the ends of the BCa interval.
    ///
    /// # Errors
    /// As [`Self::bca`].
    pub fn bca_levels(&self, level: f64, acceleration: f64) -> Result<(f64, f64)> {
        open_unit("level", level)?;
        finite("acceleration", acceleration)?;
        let bias = self.bias()?;
        let z = normal::isf((1.0 - level) / 2.0)?;
        let adjusted = |z: f64| normal::cdf(bias + (bias + z) / (1.0 - acceleration * (bias + z)));
        Ok((adjusted(-z), adjusted(z)))
    }

    /// `z0`, the normal quantile of the share of replicates below the observed statistic. Those
    /// that equal it but for rounding count half.
    ///
    /// # Errors
    /// The share is 0 or 1.
    pub fn bias(&self) -> Result<f64> {
        let room = 1e-12 * self.observed.abs().max(1.0);
        let (low, high) = (self.observed - room, self.observed + room);
        // Replicates up to the tie, and those below it: half of both is below plus half the ties.
        let (mut below, mut at_most) = (0_usize, 0_usize);
        for v in &self.values {
            below += usize::from(*v < low);
            at_most += usize::from(*v <= high);
        }
        let share = (below + at_most) as f64 / (2.0 * self.values.len() as f64);
        open_unit("share of replicates below the observed statistic", share)?;
        normal::quantile(share)
    }

    fn between(&self, p_lo: f64, p_hi: f64) -> Result<Interval> {
        let mut values = self.values.clone();
        let lo = quantile_type7(&mut values, p_lo)?;
        // The first selection left everything above its place behind it.
        let place = (p_lo * (values.len() as f64 - 1.0)).floor();
        let above = &mut values[place as usize..];
        let rest = p_hi * (self.values.len() as f64 - 1.0) - place;
        let hi = if p_hi >= p_lo {
            at_place(above, rest)?
        } else {
            quantile_type7(&mut values, p_hi)?
        };
        Ok(Interval { lo, hi })
    }
}

/// The acceleration of BCa from the influence values of each sample: one sample, or the two of a
/// difference. 0 without any influence.
#[must_use]
pub fn acceleration(samples: &[&[f64]]) -> f64 {
    let (mut cubes, mut squares) = (0.0, 0.0);
    for influence in samples {
        let n = influence.len() as f64;
        // Influence (n-1)(θ· - θ_i), each sample weighted by its size (Efron and Tibshirani 1993).
        let scaled = |u: &f64| u * (n - 1.0) / n;
        cubes += influence.iter().map(|u| scaled(u).powi(3)).sum::<f64>();
        squares += influence.iter().map(|u| scaled(u).powi(2)).sum::<f64>();
    }
    if squares > 0.0 {
        cubes / (6.0 * squares.powf(1.5))
    } else {
        0.0
    }
}

/// The quantile at `p` by linear interpolation between order statistics (type 7 of Hyndman and Fan
/// 1996), by selection: the order of `values` changes.
///
/// # Errors
/// No values, or `p` is not a probability.
pub fn quantile_type7(values: &mut [f64], p: f64) -> Result<f64> {
    probability("p", p)?;
    let place = p * (values.len() as f64 - 1.0);
    at_place(values, place)
}

/// The value at a fractional place of the ascending order.
fn at_place(values: &mut [f64], place: f64) -> Result<f64> {
    if values.is_empty() {
        return Err(StatsError::Empty);
    }
    let (index, share) = (place.floor() as usize, place.fract());
    let (_, at, above) = values.select_nth_unstable_by(index, f64::total_cmp);
    let at = *at;
    if share == 0.0 || above.is_empty() {
        return Ok(at);
    }
    let next = above.iter().copied().fold(f64::INFINITY, f64::min);
    // Equal ends first: between two infinities there is no difference to interpolate.
    Ok(if at == next {
        at
    } else {
        at + share * (next - at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_by_hand() {
        let mut v = vec![4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile_type7(&mut v, 0.0).unwrap(), 1.0);
        assert_eq!(quantile_type7(&mut v, 0.5).unwrap(), 2.5);
        assert_eq!(quantile_type7(&mut v, 1.0).unwrap(), 4.0);
        assert_eq!(
            quantile_type7(&mut [f64::INFINITY; 3], 0.4).unwrap(),
            f64::INFINITY
        );
        assert!(quantile_type7(&mut [], 0.5).is_err());
    }

    #[test]
    fn one_sided_replicates_have_no_bias_correction() {
        let r = Replicates::new(0.0, vec![1.0, 2.0]).unwrap();
        assert!(r.bca(0.9, 0.0).is_err());
        assert!(Replicates::new(0.0, vec![]).is_err());
        assert!(Replicates::new(0.0, vec![f64::NAN]).is_err());
    }

    proptest! {
        #[test]
        fn quantile_is_that_of_the_sorted_values(
            v in prop::collection::vec(-5.0..5.0f64, 1..40),
            p in 0.0..=1.0f64,
        ) {
            let mut sorted = v.clone();
            sorted.sort_by(f64::total_cmp);
            let place = p * (v.len() - 1) as f64;
            let (i, j) = (place.floor() as usize, place.ceil() as usize);
            let expected = sorted[i] + (place - i as f64) * (sorted[j] - sorted[i]);
            prop_assert!((quantile_type7(&mut v.clone(), p).unwrap() - expected).abs() < 1e-12);
        }
    }
}
