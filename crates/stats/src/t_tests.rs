//! Student's t tests and intervals: one sample, paired and Welch, from values or summaries.
//!
//! Each gives an [`Estimate`]: a number, its standard error and the degrees of freedom of that error.
//! Tests and intervals follow from it.
//!
//! ```
//! use reprove_stats::{Sample, t_tests};
//!
//! let x = Sample::new([90.1, 90.6, 90.3, 90.8, 90.2])?.summary()?;
//! let y = Sample::new([89.2, 90.0, 89.5, 89.9])?.summary()?;
//! let difference = t_tests::welch(&x, &y)?;
//! // scipy.stats.ttest_ind(x, y, equal_var=False)
//! assert!((difference.df() - 5.674_460_142_891_536).abs() < 1e-10);
//! assert!((difference.test(0.0)?.p_two_sided - 0.017_477_659_881_624_207).abs() < 1e-12);
//! let interval = difference.interval(0.9)?;
//! assert!((interval.lo - 0.305_894_088_708_817_2).abs() < 1e-10);
//! # Ok::<(), reprove_stats::StatsError>(())
//! ```

use super::dist::students_t;
use super::error::{Result, StatsError, finite, non_negative, open_unit, ordered, positive};
use super::sample::{Sample, Summary, power_of_two_near};

/// A closed interval `lo <= hi`; either end may be infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

impl Interval {
    /// `centre ± half_width`.
    #[must_use]
    pub fn around(centre: f64, half_width: f64) -> Self {
        Self {
            lo: centre - half_width,
            hi: centre + half_width,
        }
    }

    /// Whether `x` lies inside, ends included.
    #[must_use]
    pub fn contains(&self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            lo: self.lo.min(other.lo),
            hi: self.hi.max(other.hi),
        }
    }

    /// `hi - lo`.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.hi - self.lo
    }
}

/// An estimated number whose error over its standard error follows Student's t.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    value: f64,
    standard_error: f64,
    df: f64,
}

/// A t test of "the estimated number is `null`".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TTest {
    /// `(value - null) / standard error`.
    pub statistic: f64,
    /// Degrees of freedom, not always whole.
    pub df: f64,
    /// P(|T| >= |statistic|).
    pub p_two_sided: f64,
    /// P(T >= statistic): small when the number is greater than `null`.
    pub p_greater: f64,
    /// P(T <= statistic): small when the number is less than `null`.
    pub p_less: f64,
}

impl Estimate {
    /// From its parts.
    ///
    /// # Errors
    /// A value that is not finite, a negative standard error, or `df` not above zero.
    pub fn new(value: f64, standard_error: f64, df: f64) -> Result<Self> {
        Ok(Self {
            value: finite("value", value)?,
            standard_error: non_negative("standard error", standard_error)?,
            df: positive("df", df)?,
        })
    }

    /// The estimated number.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Its standard error, possibly 0.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        self.standard_error
    }

    /// Degrees of freedom of the standard error.
    #[must_use]
    pub fn df(&self) -> f64 {
        self.df
    }

    /// Tests "the number is `null`", which may be infinite.
    ///
    /// # Errors
    /// `null` is NaN, or the standard error is zero, so that the statistic has no value.
    pub fn test(&self, null: f64) -> Result<TTest> {
        ordered("null", null)?;
        if self.standard_error == 0.0 {
            return Err(StatsError::NoSpread { what: "a t test" });
        }
        let statistic = (self.value - null) / self.standard_error;
        let p_greater = students_t::sf(statistic, self.df)?;
        let p_less = students_t::cdf(statistic, self.df)?;
        Ok(TTest {
            statistic,
            df: self.df,
            p_two_sided: (2.0 * p_greater.min(p_less)).min(1.0),
            p_greater,
            p_less,
        })
    }

    /// The two-sided confidence interval at `level`, for example 0.9.
    ///
    /// # Errors
    /// `level` is not strictly between 0 and 1.
    pub fn interval(&self, level: f64) -> Result<Interval> {
        open_unit("level", level)?;
        self.interval_with_tails((1.0 - level) / 2.0)
    }

    /// The confidence interval with the one-sided error `tail` at either end: its level is
    /// `1 - 2 tail`.
    ///
    /// # Errors
    /// `tail` is not strictly between 0 and 1.
    pub fn interval_with_tails(&self, tail: f64) -> Result<Interval> {
        Ok(self.interval_with(students_t::isf(tail, self.df)?))
    }

    /// `value ± multiplier · standard error`, for multipliers found elsewhere.
    #[must_use]
    pub fn interval_with(&self, multiplier: f64) -> Interval {
        // An infinite multiplier of no spread is still the whole line, not NaN.
        let half = if multiplier.is_infinite() {
            f64::INFINITY
        } else {
            multiplier * self.standard_error
        };
        Interval::around(self.value, half)
    }
}

/// The mean of one sample.
///
/// # Errors
/// Numbers whose standard error overflows.
pub fn one_sample(sample: &Summary) -> Result<Estimate> {
    Estimate::new(sample.mean(), sample.standard_error(), sample.df())
}

/// The mean difference `x - y` of paired values.
///
/// # Errors
/// Different lengths, or fewer than two pairs.
pub fn paired(x: &Sample, y: &Sample) -> Result<Estimate> {
    one_sample(&differences(x, y)?.summary()?)
}

/// The differences `x_i - y_i`.
///
/// # Errors
/// Different lengths, or a difference that overflows.
pub fn differences(x: &Sample, y: &Sample) -> Result<Sample> {
    if x.len() != y.len() {
        return Err(StatsError::LengthMismatch {
            what: "a paired test",
            left: x.len(),
            right: y.len(),
        });
    }
    let pairs = x.values().iter().zip(y.values());
    Sample::new(pairs.map(|(a, b)| a - b).collect::<Vec<_>>())
}

/// The difference of means `x - y` with unequal variances (Welch 1947, Satterthwaite 1946).
///
/// # Errors
/// Both spreads are zero, so that the degrees of freedom have no value, or overflow.
pub fn welch(x: &Summary, y: &Summary) -> Result<Estimate> {
    let combined = combine_variances(&[
        (x.variance_of_mean(), x.df()),
        (y.variance_of_mean(), y.df()),
    ])?;
    Estimate::new(x.mean() - y.mean(), combined.0, combined.1)
}

/// Standard error and Satterthwaite degrees of freedom of a sum of independent parts, each given
/// by its standard error and the degrees of freedom of that; see [`combine_variances`].
///
/// Squares are taken in units of a power of two, so that none vanishes or overflows.
///
/// # Errors
/// All standard errors are zero.
pub fn combine_standard_errors(parts: &[(f64, f64)]) -> Result<(f64, f64)> {
    let unit = power_of_two_near(parts.iter().map(|(standard_error, _)| *standard_error));
    let variance = |(standard_error, df): &(f64, f64)| ((standard_error / unit).powi(2), *df);
    let variances: Vec<(f64, f64)> = parts.iter().map(variance).collect();
    let (standard_error, df) = combine_variances(&variances)?;
    Ok((standard_error * unit, df))
}

/// Standard error and Satterthwaite degrees of freedom of a sum of independent parts, each given
/// by its variance and the degrees of freedom of that.
///
/// # Errors
/// All variances are zero.
pub fn combine_variances(parts: &[(f64, f64)]) -> Result<(f64, f64)> {
    let largest = parts.iter().map(|(v, _)| *v).fold(0.0, f64::max);
    if largest == 0.0 {
        return Err(StatsError::NoSpread {
            what: "Welch's degrees of freedom",
        });
    }
    // Relative to the largest part nothing overflows or underflows when squared.
    let total: f64 = parts.iter().map(|(v, _)| v / largest).sum();
    let spread: f64 = parts.iter().map(|(v, df)| (v / largest).powi(2) / df).sum();
    Ok(((total * largest).sqrt(), total * total / spread))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn summary(values: &[f64]) -> Summary {
        Sample::new(values).unwrap().summary().unwrap()
    }

    #[test]
    fn one_sample_by_hand() {
        // Mean 2, sd 1, n 3: t = 2 / (1/√3), 2 degrees of freedom.
        let test = one_sample(&summary(&[1.0, 2.0, 3.0]))
            .unwrap()
            .test(0.0)
            .unwrap();
        assert!((test.statistic - 12.0_f64.sqrt()).abs() < 1e-15);
        assert_eq!(test.df, 2.0);
        assert!((test.p_greater + test.p_less - 1.0).abs() < 1e-15);
    }

    #[test]
    fn no_spread_is_an_error_not_a_certainty() {
        let flat = one_sample(&summary(&[2.0, 2.0])).unwrap();
        assert!(matches!(flat.test(1.0), Err(StatsError::NoSpread { .. })));
        assert_eq!(flat.interval(0.9).unwrap(), Interval { lo: 2.0, hi: 2.0 });
        assert!(welch(&summary(&[1.0, 1.0]), &summary(&[2.0, 2.0])).is_err());
    }

    #[test]
    fn pairs_must_match() {
        let (x, y) = (
            Sample::new([1.0, 2.0]).unwrap(),
            Sample::new([1.0]).unwrap(),
        );
        assert!(matches!(
            paired(&x, &y),
            Err(StatsError::LengthMismatch { .. })
        ));
    }

    proptest! {
        #[test]
        fn welch_mirrors_and_its_degrees_are_bounded(
            x in prop::collection::vec(-5.0..5.0f64, 2..12),
            y in prop::collection::vec(-5.0..5.0f64, 2..12),
        ) {
            let (a, b) = (summary(&x), summary(&y));
            prop_assume!(a.sd() > 1e-6 && b.sd() > 1e-6);
            let (ab, ba) = (welch(&a, &b).unwrap(), welch(&b, &a).unwrap());
            prop_assert_eq!(ab.value(), -ba.value());
            prop_assert!((ab.df() / ba.df() - 1.0).abs() < 1e-12);
            prop_assert!(ab.df() <= (a.df() + b.df()) * (1.0 + 1e-12));
            prop_assert!(ab.df() >= a.df().min(b.df()) * (1.0 - 1e-12));
        }

        #[test]
        fn interval_excludes_exactly_what_the_test_rejects(
            x in prop::collection::vec(-5.0..5.0f64, 3..12),
            null in -5.0..5.0f64,
        ) {
            let estimate = one_sample(&summary(&x)).unwrap();
            prop_assume!(estimate.standard_error() > 1e-6);
            let p = estimate.test(null).unwrap().p_two_sided;
            prop_assume!((p - 0.1).abs() > 1e-9);
            prop_assert_eq!(p < 0.1, !estimate.interval(0.9).unwrap().contains(null));
        }
    }
}
