//! Intervals for counts: `k` successes of `n`.
//!
//! ```
//! use reprove_stats::proportions::Count;
//!
//! // statsmodels: proportion_confint(94, 104, alpha=0.05, method="wilson" and "beta")
//! let count = Count::new(94, 104)?;
//! assert!((count.wilson(0.05)?.lo - 0.831_991_182_457_376_8).abs() < 1e-12);
//! assert!((count.clopper_pearson(0.05)?.lo - 0.830_272_200_996_249_3).abs() < 1e-12);
//! # Ok::<(), reprove_stats::StatsError>(())
//! ```

use super::dist::{beta, normal};
use super::error::{Result, StatsError, open_unit};
use super::t_tests::Interval;

/// `k` successes of `n > 0` trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    successes: u64,
    trials: u64,
}

impl Count {
    /// Checks `successes <= trials` and `trials > 0`.
    ///
    /// # Errors
    /// No trials, or more successes than trials.
    pub fn new(successes: u64, trials: u64) -> Result<Self> {
        if trials == 0 || successes > trials {
            return Err(StatsError::OutOfRange {
                name: "successes",
                value: successes as f64,
                expected: "a count of at most the (non-zero) number of trials",
            });
        }
        Ok(Self { successes, trials })
    }

    /// The share of successes.
    #[must_use]
    pub fn proportion(&self) -> f64 {
        self.successes as f64 / self.trials as f64
    }

    /// The exact interval of Clopper and Pearson (1934) at `1 - alpha`.
    ///
    /// # Errors
    /// `alpha` is not strictly between 0 and 1.
    pub fn clopper_pearson(&self, alpha: f64) -> Result<Interval> {
        open_unit("alpha", alpha)?;
        let (k, n) = (self.successes as f64, self.trials as f64);
        let lo = if self.successes == 0 {
            0.0
        } else {
            beta::quantile(alpha / 2.0, k, n - k + 1.0)?
        };
        let hi = if self.successes == self.trials {
            1.0
        } else {
            beta::isf(alpha / 2.0, k + 1.0, n - k)?
        };
        Ok(Interval { lo, hi })
    }

    /// The score interval of Wilson (1927) at `1 - alpha`.
    ///
    /// # Errors
    /// `alpha` is not strictly between 0 and 1.
    pub fn wilson(&self, alpha: f64) -> Result<Interval> {
        open_unit("alpha", alpha)?;
        let z = normal::isf(alpha / 2.0)?;
        let n = self.trials as f64;
        let p = self.proportion();
        let shrink = 1.0 + z * z / n;
        let centre = (p + z * z / (2.0 * n)) / shrink;
        let half = z / shrink * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        // At the ends the exact value is the end itself; rounding must not cross it.
        Ok(Interval {
            lo: if self.successes == 0 {
                0.0
            } else {
                (centre - half).max(0.0)
            },
            hi: if self.successes == self.trials {
                1.0
            } else {
                (centre + half).min(1.0)
            },
        })
    }
}

/// The interval of Newcombe (1998, method 10) for the difference `a - b` of independent
/// proportions at `1 - alpha`.
///
/// # Errors
/// `alpha` is not strictly between 0 and 1.
pub fn newcombe_difference(a: Count, b: Count, alpha: f64) -> Result<Interval> {
    let (wa, wb) = (a.wilson(alpha)?, b.wilson(alpha)?);
    let (pa, pb) = (a.proportion(), b.proportion());
    let difference = pa - pb;
    Ok(Interval {
        lo: difference - (pa - wa.lo).hypot(wb.hi - pb),
        hi: difference + (wa.hi - pa).hypot(pb - wb.lo),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn impossible_counts_are_errors() {
        assert!(Count::new(1, 0).is_err() && Count::new(3, 2).is_err());
    }

    #[test]
    fn a_million_trials_are_not_too_many() {
        let ci = Count::new(904_000, 1_000_000)
            .unwrap()
            .clopper_pearson(0.05)
            .unwrap();
        assert!((ci.lo - 0.903_420).abs() < 1e-5 && (ci.hi - 0.904_577).abs() < 1e-5);
        // The definition: the lower end has probability alpha/2 at or above k.
        let tail = beta::cdf(ci.lo, 904_000.0, 96_001.0).unwrap();
        assert!((tail / 0.025 - 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn intervals_hold_the_estimate_and_mirror(k in 0..200u64, more in 0..200u64) {
            prop_assume!(k + more > 0);
            let n = k + more;
            let (a, b) = (Count::new(k, n).unwrap(), Count::new(more, n).unwrap());
            for (x, y) in [
                (a.wilson(0.1).unwrap(), b.wilson(0.1).unwrap()),
                (a.clopper_pearson(0.1).unwrap(), b.clopper_pearson(0.1).unwrap()),
            ] {
                prop_assert!(x.contains(a.proportion()));
                prop_assert!((x.lo - (1.0 - y.hi)).abs() < 1e-12);
            }
        }
    }
}
