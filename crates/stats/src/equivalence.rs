//! Two one-sided tests (TOST) of equivalence (Schuirmann 1987), and the test of the opposite
//! statement, a minimum-effect test (Murphy and Myors 1999).
//!
//! TOST rejects at level a exactly when the two-sided interval at 1 - 2a lies inside the margin; a
//! property test holds both routes together.

use super::error::{Result, ordered};
use super::t_tests::{Estimate, TTest};

/// A one-sided test of an estimate against one bound of a margin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneSided {
    /// Signed distance from the bound in standard errors; infinite for an infinite bound.
    pub statistic: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// The p-value, in [0, 1].
    pub p: f64,
}

impl OneSided {
    fn above(test: &TTest) -> Self {
        Self {
            statistic: test.statistic,
            df: test.df,
            p: test.p_greater,
        }
    }

    fn below(test: &TTest) -> Self {
        Self {
            statistic: test.statistic,
            df: test.df,
            p: test.p_less,
        }
    }
}

/// The result of a TOST.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Equivalence {
    /// The test of "above the lower bound": the statistic is positive there and p is small.
    pub lower: OneSided,
    /// The test of "below the upper bound": the statistic is negative there and p is small.
    pub upper: OneSided,
}

impl Equivalence {
    /// The distance from the nearer bound in standard errors; negative outside the margin.
    #[must_use]
    pub fn statistic(&self) -> f64 {
        // Adding 0 turns the -0 of an estimate on the upper bound into 0.
        self.lower.statistic.min(-self.upper.statistic) + 0.0
    }

    /// The p-value of "outside the margin or on a bound": that of the nearer bound, which is the
    /// larger of the two.
    #[must_use]
    pub fn p(&self) -> f64 {
        if self.lower.statistic <= -self.upper.statistic {
            self.lower.p
        } else {
            self.upper.p
        }
    }
}

/// Tests that `estimate` lies strictly inside `(low, upp)` (TOST).
///
/// An infinite bound makes it a test of non-inferiority or non-superiority. A margin with
/// `low >= upp` holds no number: p is then at least 1/2.
///
/// # Errors
/// A bound that is NaN, or a standard error of zero.
///
/// # Examples
/// ```
/// use reprove_stats::equivalence::tost;
/// use reprove_stats::{Sample, t_tests};
///
/// let sample = Sample::new([0.1, -0.2, 0.3, 0.0, -0.1])?;
/// let estimate = t_tests::one_sample(&sample.summary()?)?;
/// let found = tost(&estimate, -0.5, 0.5)?;
/// // The mean is 0.02, the standard error 0.0860, and the upper bound is the nearer one.
/// assert!((found.statistic() - 0.48 / 0.0074_f64.sqrt()).abs() < 1e-12);
/// assert!((found.p() - 0.002_528_794_437).abs() < 1e-12);
/// # Ok::<(), reprove_stats::StatsError>(())
/// ```
pub fn tost(estimate: &Estimate, low: f64, upp: f64) -> Result<Equivalence> {
    let (lower, upper) = against_bounds(estimate, low, upp)?;
    Ok(Equivalence {
        lower: OneSided::above(&lower),
        upper: OneSided::below(&upper),
    })
}

/// The result of a minimum-effect test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MinimumEffect {
    /// The test of "below the lower bound": the statistic is negative there and p is small.
    pub lower: OneSided,
    /// The test of "above the upper bound": the statistic is positive there and p is small.
    pub upper: OneSided,
}

impl MinimumEffect {
    /// The distance beyond the bound that is exceeded most, in standard errors; negative inside.
    #[must_use]
    pub fn statistic(&self) -> f64 {
        (-self.lower.statistic).max(self.upper.statistic) + 0.0
    }

    /// The p-value of that bound, the smaller of the two. It is one-sided: a margin of two finite
    /// bounds has two chances of a false rejection, each at most the level.
    #[must_use]
    pub fn p(&self) -> f64 {
        if -self.lower.statistic >= self.upper.statistic {
            self.lower.p
        } else {
            self.upper.p
        }
    }
}

/// Tests that `estimate` lies outside `[low, upp]`.
///
/// # Errors
/// As [`tost`].
pub fn minimum_effect(estimate: &Estimate, low: f64, upp: f64) -> Result<MinimumEffect> {
    let (lower, upper) = against_bounds(estimate, low, upp)?;
    Ok(MinimumEffect {
        lower: OneSided::below(&lower),
        upper: OneSided::above(&upper),
    })
}

/// The t tests against both bounds.
fn against_bounds(estimate: &Estimate, low: f64, upp: f64) -> Result<(TTest, TTest)> {
    ordered("low", low)?;
    ordered("upp", upp)?;
    Ok((estimate.test(low)?, estimate.test(upp)?))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, Summary};
    use super::super::t_tests::{one_sample, welch};
    use super::*;
    use proptest::prelude::*;

    fn summary(values: &[f64]) -> Summary {
        Sample::new(values).unwrap().summary().unwrap()
    }

    #[test]
    fn a_margin_that_holds_no_number_is_never_met() {
        let estimate = one_sample(&summary(&[1.0, 2.0, 3.0])).unwrap();
        assert_eq!(tost(&estimate, 2.0, 2.0).unwrap().p(), 0.5);
        for (low, upp) in [(1.0, 1.0), (2.5, 1.5), (f64::INFINITY, 1.0)] {
            let found = tost(&estimate, low, upp).unwrap();
            assert!(found.p() >= 0.5 && found.statistic() <= 0.0, "{found:?}");
        }
        assert!(tost(&estimate, f64::NAN, 1.0).is_err());
    }

    #[test]
    fn an_infinite_bound_is_met_with_certainty() {
        let estimate = one_sample(&summary(&[1.0, 2.0, 3.0])).unwrap();
        let (low, test) = (0.5, estimate.test(0.5).unwrap());
        let found = tost(&estimate, low, f64::INFINITY).unwrap();
        assert_eq!((found.p(), found.upper.p), (test.p_greater, 0.0));
        let beyond = minimum_effect(&estimate, low, f64::INFINITY).unwrap();
        assert_eq!((beyond.p(), beyond.upper.p), (test.p_less, 1.0));
    }

    proptest! {
        #[test]
        fn both_tests_reject_exactly_when_the_interval_is_inside_or_outside(
            x in prop::collection::vec(-1.0..1.0f64, 3..12),
            y in prop::collection::vec(-1.0..1.0f64, 3..12),
            low in -2.0..-0.1f64,
            upp in 0.1..2.0f64,
            alpha in 0.01..0.2f64,
        ) {
            let (a, b) = (summary(&x), summary(&y));
            prop_assume!(a.sd() > 1e-6 && b.sd() > 1e-6);
            let estimate = welch(&a, &b).unwrap();
            let inside = tost(&estimate, low, upp).unwrap();
            let outside = minimum_effect(&estimate, low, upp).unwrap();
            prop_assert_eq!(inside.p(), inside.lower.p.max(inside.upper.p));
            prop_assert_eq!(outside.p(), outside.lower.p.min(outside.upper.p));
            prop_assert_eq!(inside.statistic(), -outside.statistic());
            prop_assume!((inside.p() - alpha).abs() > 1e-9 && (outside.p() - alpha).abs() > 1e-9);
            let ci = estimate.interval(1.0 - 2.0 * alpha).unwrap();
            prop_assert_eq!(inside.p() < alpha, low < ci.lo && ci.hi < upp);
            prop_assert_eq!(outside.p() < alpha, ci.hi < low || upp < ci.lo);
        }
    }
}
