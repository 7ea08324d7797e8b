//! Intervals and tests for counts: `k` successes of `n`.

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

/// Exact two-sided McNemar test: `b` and `c` examples on which only one of two classifiers is
/// right. 1 when they agree on everything.
///
/// # Errors
/// No convergence (not known to happen).
pub fn mcnemar_exact(b: u64, c: u64) -> Result<f64> {
    let (few, many) = (b.min(c) as f64, b.max(c) as f64);
    if few == many {
        return Ok(1.0);
    }
    // P(X <= few) of a fair binomial is an incomplete beta integral.
    Ok((2.0 * beta::cdf(0.5, many, few + 1.0)?).min(1.0))
}

/// The interval for the difference of two paired proportions, `(b - c) / n`, at `1 - alpha`:
/// `d ± z sqrt(b + c - (b - c)²/n) / n`.
///
/// # Errors
/// `alpha` is not strictly between 0 and 1, or `b + c > n`, or `n` is 0.
pub fn paired_difference(b: u64, c: u64, n: u64, alpha: f64) -> Result<Interval> {
    open_unit("alpha", alpha)?;
    Count::new(b.saturating_add(c), n)?;
    let (b, c, n) = (b as f64, c as f64, n as f64);
    let z = normal::isf(alpha / 2.0)?;
    let half = z * (b + c - (b - c) * (b - c) / n).max(0.0).sqrt() / n;
    Ok(Interval::around((b - c) / n, half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn impossible_counts_are_errors() {
        assert!(Count::new(1, 0).is_err() && Count::new(3, 2).is_err());
        assert!(paired_difference(3, 3, 5, 0.1).is_err());
        assert_eq!(mcnemar_exact(0, 0).unwrap(), 1.0);
        assert!((mcnemar_exact(0, 5).unwrap() / 0.0625 - 1.0).abs() < 1e-13);
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
