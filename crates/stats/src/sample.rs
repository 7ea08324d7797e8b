//! A sample of measured values and what is computed from it once: mean, spread and shape.

use super::error::{Result, StatsError, finite, finite_values, non_negative};

/// Finite values, at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    values: Vec<f64>,
}

impl Sample {
    /// Checks and keeps the values in their order.
    ///
    /// # Errors
    /// No value, or a value that is not finite.
    pub fn new(values: impl Into<Vec<f64>>) -> Result<Self> {
        let values = values.into();
        finite_values(&values)?;
        Ok(Self { values })
    }

    /// The values in the order given.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many there are; never 0.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a sample is never empty by construction"
    )]
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The values from least to greatest.
    #[must_use]
    pub fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    /// The arithmetic mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        mean(&self.values)
    }

    /// The variance with divisor `n - 1`; none for a single value.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        let n = self.values.len();
        (n >= 2).then(|| centred_power_sum(&self.values, self.mean(), 2) / (n as f64 - 1.0))
    }

    /// The standard deviation with divisor `n - 1`; none for a single value.
    ///
    /// Deviations are squared in units of a power of two near the largest one, so that the squares of
    /// very small or very large values neither vanish nor overflow; other results stay the same to the
    /// bit.
    #[must_use]
    pub fn sd(&self) -> Option<f64> {
        let n = self.values.len();
        let mean = self.mean();
        let unit = power_of_two_near(self.values.iter().map(|v| v - mean));
        let scaled: Vec<f64> = self.values.iter().map(|v| v / unit).collect();
        (n >= 2)
            .then(|| (centred_power_sum(&scaled, mean / unit, 2) / (n as f64 - 1.0)).sqrt() * unit)
    }

    /// The moment coefficient of skewness, `m3 / m2^1.5` with divisors `n`; none without spread.
    #[must_use]
    pub fn skewness(&self) -> Option<f64> {
        let n = self.values.len() as f64;
        let mean = self.mean();
        let m2 = centred_power_sum(&self.values, mean, 2) / n;
        let m3 = centred_power_sum(&self.values, mean, 3) / n;
        (m2 > 0.0).then(|| m3 / m2.powf(1.5))
    }

    /// The middle value, or the mean of the two middle ones.
    #[must_use]
    pub fn median(&self) -> f64 {
        let sorted = self.sorted();
        let n = sorted.len();
        f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2])
    }

    /// Count, mean and standard deviation.
    ///
    /// # Errors
    /// Fewer than two values: their spread is unknown.
    pub fn summary(&self) -> Result<Summary> {
        let Some(sd) = self.sd() else {
            return Err(StatsError::TooFew {
                what: "a standard deviation",
                needed: 2,
                found: self.len(),
            });
        };
        Summary::new(self.len(), self.mean(), sd)
    }
}

/// What a paper prints of a sample: its size, mean and standard deviation (divisor `n - 1`).
///
/// Mean and sd are finite, sd is not negative, and n is at least 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    n: usize,
    mean: f64,
    sd: f64,
}

impl Summary {
    /// Checks the three numbers.
    ///
    /// # Errors
    /// `n < 2`, a mean that is not finite, or an sd that is negative or not finite.
    pub fn new(n: usize, mean: f64, sd: f64) -> Result<Self> {
        if n < 2 {
            return Err(StatsError::TooFew {
                what: "a standard deviation",
                needed: 2,
                found: n,
            });
        }
        finite("mean", mean)?;
        non_negative("sd", sd)?;
        Ok(Self { n, mean, sd })
    }

    /// Number of values, at least 2.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// Their mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Their standard deviation (divisor `n - 1`).
    #[must_use]
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// Degrees of freedom of the sd, `n - 1`.
    #[must_use]
    pub fn df(&self) -> f64 {
        self.n as f64 - 1.0
    }

    /// Variance of the mean, `sd² / n`.
    #[must_use]
    pub fn variance_of_mean(&self) -> f64 {
        self.sd * self.sd / self.n as f64
    }

    /// Standard error of the mean, `sd / sqrt(n)`.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        self.sd / (self.n as f64).sqrt()
    }
}

/// The power of two at or below the largest magnitude, as a unit in which squares neither vanish nor
/// overflow; 1 where there is no finite magnitude above 0.
#[must_use]
pub fn power_of_two_near(values: impl IntoIterator<Item = f64>) -> f64 {
    let largest = values.into_iter().map(f64::abs).fold(0.0, f64::max);
    if !(largest.is_finite() && largest > 0.0) {
        return 1.0;
    }
    // A division by the smallest normal number may overflow.
    2f64.powi((largest.log2().floor() as i32).clamp(-1000, 1000))
}

/// Sum with the rounding errors carried along (Neumaier 1974).
#[must_use]
pub fn compensated_sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for v in values {
        let next = sum + v;
        lost += if sum.abs() >= v.abs() {
            (sum - next) + v
        } else {
            (v - next) + sum
        };
        sum = next;
    }
    let total = sum + lost;
    // An overflowed sum leaves NaN in the correction; the plain sum says what happened.
    if total.is_nan() { sum } else { total }
}

/// The mean of finite values; NaN for none.
///
/// Scaled when the sum would overflow, and the same for equal values whatever their number.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let sum = compensated_sum(values.iter().copied());
    let mean = if sum.is_finite() {
        sum / n
    } else {
        compensated_sum(values.iter().map(|v| v / n))
    };
    if !mean.is_finite() {
        return mean;
    }
    // Rounding can carry it past the values: three times 90.4 is not 271.2 in binary.
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    mean.max(least).min(most)
}

/// `Σ (x - mean)^power`, corrected for the rounding of the mean when `power` is 2 (the two-pass
/// algorithm of Chan, Golub and LeVeque 1983).
fn centred_power_sum(values: &[f64], mean: f64, power: i32) -> f64 {
    let sum = compensated_sum(values.iter().map(|v| (v - mean).powi(power)));
    if power != 2 {
        return sum;
    }
    let residual = compensated_sum(values.iter().map(|v| v - mean));
    let corrected = sum - residual * residual / values.len() as f64;
    // `max` takes 0 for NaN, and an overflow must not pass for no spread.
    if corrected.is_nan() {
        f64::INFINITY
    } else {
        corrected.max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn squares_that_overflow_or_vanish_leave_the_spread_as_it_is() {
        let sd = Sample::new(vec![1.0, -1.0, 1.75]).unwrap().sd().unwrap();
        for unit in [2f64.powi(-1020), 2f64.powi(1022)] {
            let scaled = Sample::new(vec![unit, -unit, 1.75 * unit]).unwrap();
            assert_eq!(scaled.sd().unwrap() / unit, sd);
        }
        // No deviation can be told where it overflows itself.
        let huge = Sample::new(vec![1.7e308, -1.7e308, 1.7e308]).unwrap();
        assert!(huge.summary().is_err());
    }

    #[test]
    fn constructor_refuses_what_is_no_sample() {
        assert_eq!(Sample::new(vec![]), Err(StatsError::Empty));
        assert!(matches!(
            Sample::new(vec![1.0, f64::NAN]),
            Err(StatsError::NotFinite { index: 1, .. })
        ));
        assert!(Sample::new(vec![1.0]).unwrap().summary().is_err());
        assert!(Summary::new(3, 1.0, -0.1).is_err());
    }

    #[test]
    fn identical_values_have_no_spread_at_all() {
        let s = Sample::new(vec![0.1; 7]).unwrap();
        assert_eq!(s.mean(), 0.1);
        assert_eq!(s.sd(), Some(0.0));
        assert_eq!(s.skewness(), None);
    }

    #[test]
    fn huge_values_do_not_overflow_the_mean() {
        let s = Sample::new(vec![f64::MAX, f64::MAX]).unwrap();
        assert_eq!(s.mean(), f64::MAX);
    }

    #[test]
    fn medians_of_even_and_odd_counts() {
        assert_eq!(Sample::new(vec![3.0, 1.0, 2.0]).unwrap().median(), 2.0);
        assert_eq!(Sample::new(vec![4.0, 1.0, 2.0, 3.0]).unwrap().median(), 2.5);
    }

    proptest! {
        #[test]
        fn shift_and_scale_carry_over(
            values in prop::collection::vec(-10.0..10.0f64, 2..30),
            shift in -100.0..100.0f64,
            scale in 0.1..10.0f64,
        ) {
            let a = Sample::new(values.clone()).unwrap();
            let b = Sample::new(values.iter().map(|v| scale * v + shift).collect::<Vec<_>>()).unwrap();
            prop_assert!((b.mean() - (scale * a.mean() + shift)).abs() < 1e-11);
            prop_assert!((b.sd().unwrap() - scale * a.sd().unwrap()).abs() < 1e-11);
        }
    }
}
