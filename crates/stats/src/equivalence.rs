//! Two one-sided tests (TOST): is a number inside a margin? (Schuirmann 1987)
//!
//! TOST rejects at level a exactly when the two-sided interval at 1 - 2a lies inside the margin;
//! a property test below holds the two routes together.

use super::error::{Result, StatsError, finite};
use super::t_tests::Estimate;

/// One side of a TOST.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneSided {
    /// Distance from the bound in standard errors.
    pub statistic: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Small when the number is on the inner side of the bound.
    pub p: f64,
}

/// Both sides of a TOST.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Equivalence {
    /// Against the lower bound: its statistic is large and positive inside the margin.
    pub lower: OneSided,
    /// Against the upper bound: its statistic is large and negative inside the margin.
    pub upper: OneSided,
}

impl Equivalence {
    /// The p-value of "outside the margin": the larger of the two.
    #[must_use]
    pub fn p(&self) -> f64 {
        self.lower.p.max(self.upper.p)
    }
}

/// Tests that `estimate` lies strictly inside `(low, upp)`.
///
/// Works for every estimate: one-sample, paired, pooled or Welch.
///
/// # Errors
/// Bounds that are not finite and in order, or a standard error of zero.
pub fn tost(estimate: &Estimate, low: f64, upp: f64) -> Result<Equivalence> {
    finite("low", low)?;
    finite("upp", upp)?;
    if low >= upp {
        return Err(StatsError::OutOfRange {
            name: "upp",
            value: upp,
            expected: "a bound above `low`",
        });
    }
    let (lower, upper) = (estimate.test(low)?, estimate.test(upp)?);
    Ok(Equivalence {
        lower: OneSided {
            statistic: lower.statistic,
            df: lower.df,
            p: lower.p_greater,
        },
        upper: OneSided {
            statistic: upper.statistic,
            df: upper.df,
            p: upper.p_less,
        },
    })
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
    fn bounds_must_be_in_order() {
        let estimate = one_sample(&summary(&[1.0, 2.0, 3.0])).unwrap();
        assert!(tost(&estimate, 1.0, 1.0).is_err());
        assert!(tost(&estimate, f64::NEG_INFINITY, 1.0).is_err());
    }

    proptest! {
        #[test]
        fn tost_rejects_exactly_when_the_interval_is_inside(
            x in prop::collection::vec(-1.0..1.0f64, 3..12),
            y in prop::collection::vec(-1.0..1.0f64, 3..12),
            low in -2.0..-0.1f64,
            upp in 0.1..2.0f64,
            alpha in 0.01..0.2f64,
        ) {
            let (a, b) = (summary(&x), summary(&y));
            prop_assume!(a.sd() > 1e-6 && b.sd() > 1e-6);
            let estimate = welch(&a, &b).unwrap();
            let p = tost(&estimate, low, upp).unwrap().p();
            prop_assume!((p - alpha).abs() > 1e-9);
            let ci = estimate.interval(1.0 - 2.0 * alpha).unwrap();
            prop_assert_eq!(p < alpha, low < ci.lo && ci.hi < upp);
        }
    }
}
