//! Two one-sided tests (TOST): is a number inside a margin? (Schuirmann 1987)
//!
//! TOST rejects at level a exactly when the two-sided interval at 1 - 2a lies inside the margin;
//! a property test below holds the two routes together.

use super::dist::students_t;
use super::error::{Result, StatsError, finite, positive};
use super::sample::Summary;
use super::t_tests::{Estimate, combine_variances};

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

/// Tests that the ratio of true means `rerun / reported` lies inside `(1 - rel_tol, 1 + rel_tol)`,
/// with the noise of both sides (Sasabuchi 1980; each side has its own Welch degrees of freedom).
///
/// # Errors
/// `rel_tol` is not above zero, the reported mean is zero, or there is no spread at all.
pub fn tost_ratio(rerun: &Summary, reported: &Summary, rel_tol: f64) -> Result<Equivalence> {
    positive("rel_tol", rel_tol)?;
    if reported.mean() == 0.0 {
        return Err(StatsError::OutOfRange {
            name: "reported mean",
            value: 0.0,
            expected: "a number other than 0 for a relative tolerance",
        });
    }
    // For a negative reported mean the bound of larger magnitude is the lower one.
    let (low, upp) = if reported.mean() > 0.0 {
        (1.0 - rel_tol, 1.0 + rel_tol)
    } else {
        (1.0 + rel_tol, 1.0 - rel_tol)
    };
    let side = |factor: f64| -> Result<Estimate> {
        let (standard_error, df) = combine_variances(&[
            (rerun.variance_of_mean(), rerun.df()),
            (factor * factor * reported.variance_of_mean(), reported.df()),
        ])?;
        Estimate::new(rerun.mean() - factor * reported.mean(), standard_error, df)
    };
    let one_sided = |estimate: Estimate, sign: f64| -> Result<OneSided> {
        let statistic = estimate.value() / estimate.standard_error();
        let p = students_t::sf(sign * statistic, estimate.df())?;
        Ok(OneSided {
            statistic,
            df: estimate.df(),
            p,
        })
    };
    Ok(Equivalence {
        lower: one_sided(side(low)?, 1.0)?,
        upper: one_sided(side(upp)?, -1.0)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
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

    #[test]
    fn a_negative_reported_mean_mirrors_the_ratio() {
        let (y, r) = (summary(&[0.9, 1.0, 1.1, 1.05]), summary(&[1.0, 1.1, 0.95]));
        let (ny, nr) = (
            summary(&[-0.9, -1.0, -1.1, -1.05]),
            summary(&[-1.0, -1.1, -0.95]),
        );
        let (plus, minus) = (
            tost_ratio(&y, &r, 0.3).unwrap(),
            tost_ratio(&ny, &nr, 0.3).unwrap(),
        );
        assert!((plus.lower.p - minus.upper.p).abs() < 1e-15);
        assert!((plus.upper.p - minus.lower.p).abs() < 1e-15);
        assert!(tost_ratio(&y, &summary(&[-1.0, 1.0]), 0.3).is_err());
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
