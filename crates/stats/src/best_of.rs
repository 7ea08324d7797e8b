//! A reported value that is the best of `k` seeds, or looks as if it were.
//!
//! Everything is for "higher is better"; negate the numbers otherwise.
//!
//! ```
//! use reprove_stats::{Summary, best_of};
//!
//! // The median of the best of five standard normal values: scipy.stats.norm.ppf(2 ** (-1 / 5)).
//! assert!((best_of::median_of_best(5)? - 1.128_997_535_296_101_7).abs() < 1e-14);
//! // The best of three seeds lies above all of 57 reruns with chance 3 / 60.
//! assert!((best_of::rank_p(3, 57, 0)? - 0.05).abs() < 1e-15);
//! // At the mean, one fresh seed reaches the reported value with chance 1/2.
//! let reruns = Summary::new(7, 90.2, 0.16)?;
//! assert!((best_of::p_reached(&reruns, 90.2, 1)? - 0.5).abs() < 1e-12);
//! # Ok::<(), reprove_stats::StatsError>(())
//! ```

use super::dist::{noncentral_t, normal, students_t};
use super::error::{Result, StatsError, finite, open_unit};
use super::sample::Summary;
use super::special::quadrature::{SpreadRatio, integrate_pieces};
use super::t_tests::Interval;

/// More seeds than this are not considered.
pub const MOST_SEEDS: u64 = 1_000_000_000;

fn at_least_one(k: u64) -> Result<f64> {
    if (1..=MOST_SEEDS).contains(&k) {
        Ok(k as f64)
    } else {
        Err(StatsError::OutOfRange {
            name: "k",
            value: k as f64,
            expected: "a number of seeds from 1 to 10⁹",
        })
    }
}

/// How far `reported` lies above the reruns, in their standard deviations.
fn standardised(reruns: &Summary, reported: f64) -> Result<f64> {
    finite("reported", reported)?;
    if reruns.sd() == 0.0 {
        return Err(StatsError::NoSpread {
            what: "the position of the reported value",
        });
    }
    finite(
        "position of the reported value",
        (reported - reruns.mean()) / reruns.sd(),
    )
}

/// `1 - Φ(x)^k` without cancellation.
fn some_of_k_above(x: f64, k: f64) -> f64 {
    -(k * (-normal::sf(x)).ln_1p()).exp_m1()
}

/// The chance that the best of `k` fresh seeds of the reruns' process reaches `reported`:
/// `1 - E[Φ(Z / sqrt(m) + q U)^k]`, exact under normality whatever mean and sd are.
///
/// For `k = 1` this is the t prediction test of a single value.
///
/// # Errors
/// `k` is 0 or above [`MOST_SEEDS`], or the reruns have no spread.
pub fn p_reached(reruns: &Summary, reported: f64, k: u64) -> Result<f64> {
    let k = at_least_one(k)?;
    let q = standardised(reruns, reported)?;
    let noise = 1.0 / (reruns.n() as f64).sqrt();
    let given_spread = |u: f64| {
        integrate_pieces((-9.0, 9.0), &[-6.0, -3.0, -1.0, 1.0, 3.0, 6.0], |z| {
            normal::pdf(z) * some_of_k_above(z * noise + q * u, k)
        })
    };
    // The inner factor falls from 1 to 0 around the level that the best of k typically reaches.
    let level = typical_best(k)?;
    let breaks = [-3.0, -1.0, 0.0, 1.0, 3.0].map(|z| (level + z) / q);
    let p = SpreadRatio::new(reruns.df())?.expect_below(f64::INFINITY, &breaks, given_spread);
    Ok(p.clamp(0.0, 1.0))
}

/// `z_k`, the median of the best of `k` standard normal values: `Φ⁻¹(2^(-1/k))`.
///
/// # Errors
/// `k` is 0 or above [`MOST_SEEDS`].
pub fn median_of_best(k: u64) -> Result<f64> {
    typical_best(at_least_one(k)?)
}

fn typical_best(k: f64) -> Result<f64> {
    normal::isf(-(-std::f64::consts::LN_2 / k).exp_m1())
}

/// The exact interval at `1 - 2 alpha` for the median of the best of `k` fresh seeds.
///
/// # Errors
/// `k` out of range, or `alpha` not strictly between 0 and 1/2.
pub fn median_interval(reruns: &Summary, k: u64, alpha: f64) -> Result<Interval> {
    let factors = median_factors(reruns.n(), k, alpha)?;
    Ok(Interval {
        lo: reruns.mean() + factors.lo * reruns.sd(),
        hi: reruns.mean() + factors.hi * reruns.sd(),
    })
}

/// The factors `K` of the sd in [`median_interval`] for `m` reruns: quantiles of the noncentral t
/// distribution over `sqrt(m)` (Owen 1968).
///
/// # Errors
/// Fewer than two reruns, or as [`median_interval`].
pub fn median_factors(m: usize, k: u64, alpha: f64) -> Result<Interval> {
    open_unit("alpha", 2.0 * alpha)?;
    if m < 2 {
        return Err(StatsError::TooFew {
            what: "the interval of a best value",
            needed: 2,
            found: m,
        });
    }
    let (root, df) = ((m as f64).sqrt(), m as f64 - 1.0);
    let ncp = root * median_of_best(k)?;
    Ok(Interval {
        lo: noncentral_t::quantile(alpha, df, ncp)? / root,
        hi: noncentral_t::quantile(1.0 - alpha, df, ncp)? / root,
    })
}

/// The chance, from ranks alone, that the best of `k` seeds has at most `reached` of `m` reruns at
/// or above it, all `m + k` being exchangeable: `Σ_{j<=r} C(m-j+k-1, k-1) / C(m+k, k)`.
///
/// # Errors
/// `k` out of range, or `reached > m`.
pub fn rank_p(k: u64, m: u64, reached: u64) -> Result<f64> {
    let k = at_least_one(k)?;
    if reached > m {
        return Err(StatsError::OutOfRange {
            name: "reruns at or above the reported value",
            value: reached as f64,
            expected: "at most the number of reruns",
        });
    }
    // C(m+k-1, k-1) / C(m+k, k) = k / (m+k); each next term follows by one ratio.
    let mut term = k / (m as f64 + k);
    let mut sum = term;
    for j in 0..reached {
        let left = (m - j) as f64;
        term *= left / (left + k - 1.0);
        sum += term;
    }
    Ok(sum.min(1.0))
}

/// How a value claimed to be typical compares with single fresh seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CherryPick {
    /// Chance that one fresh seed reaches the value; below 0.05 it does not look typical.
    pub p_single: f64,
    /// The value looks like the best of about this many seeds.
    pub looks_like_best_of: f64,
    /// The fewest seeds whose best reaches the value with a chance of at least 5 %; none up to
    /// [`MOST_SEEDS`].
    pub at_least: Option<u64>,
}

/// Compares a reported value with single seeds of the reruns' process.
///
/// # Errors
/// The reruns have no spread.
pub fn cherry_pick(reruns: &Summary, reported: f64) -> Result<CherryPick> {
    let q = standardised(reruns, reported)?;
    let widened = (1.0 + 1.0 / reruns.n() as f64).sqrt();
    let p_single = students_t::sf(q / widened, reruns.df())?;
    let plausible = |k: u64| -> Result<bool> { Ok(p_reached(reruns, reported, k)? >= 0.05) };
    Ok(CherryPick {
        p_single,
        looks_like_best_of: -std::f64::consts::LN_2 / (-p_single).ln_1p(),
        at_least: fewest_seeds(plausible)?,
    })
}

/// The upper bound at `1 - alpha` of the share of single seeds that reach `reported`: exact for normal data,
/// by the noncentral t distribution (Owen 1968). At `alpha` = 1/2 it is the median-unbiased estimate.
///
/// ```
/// use reprove_stats::{Summary, best_of};
///
/// let reruns = Summary::new(20, 82.4, 3.1)?;
/// let (about, most) = (best_of::share_bound(&reruns, 89.5, 0.5)?, best_of::share_bound(&reruns, 89.5, 0.05)?);
/// assert!(0.01 < about && about < most && most < 0.07);
/// # Ok::<(), reprove_stats::StatsError>(())
/// ```
///
/// # Errors
/// The reruns have no spread, or `alpha` is not strictly between 0 and 1.
pub fn share_bound(reruns: &Summary, reported: f64, alpha: f64) -> Result<f64> {
    open_unit("alpha", alpha)?;
    let root = (reruns.n() as f64).sqrt();
    let t = standardised(reruns, reported)? * root;
    // The true position at which so high a value of t has the chance alpha; it falls with the position.
    let is_too_high = |position: f64| -> Result<bool> {
        Ok(noncentral_t::sf(t, reruns.df(), root * position)? > alpha)
    };
    let (mut low, mut high) = (t / root - 1.0, t / root);
    while is_too_high(low)? {
        low -= high - low;
    }
    while high - low > 1e-9 * (1.0 + high.abs()) {
        let middle = f64::midpoint(low, high);
        if is_too_high(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(normal::sf(high))
}

/// The smallest `k` that is plausible, by doubling and bisection; plausibility grows with `k`.
fn fewest_seeds(plausible: impl Fn(u64) -> Result<bool>) -> Result<Option<u64>> {
    let (mut too_few, mut enough) = (0, 1);
    while !plausible(enough)? {
        if enough == MOST_SEEDS {
            return Ok(None);
        }
        too_few = enough;
        enough = (enough * 2).min(MOST_SEEDS);
    }
    while enough - too_few > 1 {
        let middle = u64::midpoint(too_few, enough);
        if plausible(middle)? {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Ok(Some(enough))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reruns() -> Summary {
        Summary::new(7, 90.2, 0.16).unwrap()
    }

    #[test]
    fn one_seed_is_the_t_prediction() {
        for reported in [89.9, 90.2, 90.4, 90.9] {
            let single = cherry_pick(&reruns(), reported).unwrap().p_single;
            let p = p_reached(&reruns(), reported, 1).unwrap();
            assert!((p / single - 1.0).abs() < 1e-9, "{reported}: {p} {single}");
        }
    }

    #[test]
    fn typical_values_look_like_one_seed() {
        let at_mean = cherry_pick(&reruns(), 90.2).unwrap();
        assert!((at_mean.looks_like_best_of - 1.0).abs() < 1e-12);
        assert_eq!(at_mean.at_least, Some(1));
        let lucky = cherry_pick(&reruns(), 90.75).unwrap();
        assert!(lucky.p_single < 0.05 && lucky.at_least.unwrap() > 1);
    }

    #[test]
    fn rank_chance_of_all_is_one() {
        assert!((rank_p(5, 10, 10).unwrap() - 1.0).abs() < 1e-14);
        assert!((rank_p(3, 57, 0).unwrap() - 0.05).abs() < 1e-15);
        assert!(rank_p(0, 3, 0).is_err() && rank_p(2, 3, 4).is_err());
    }

    #[test]
    fn flat_reruns_are_an_error() {
        let flat = Summary::new(3, 1.0, 0.0).unwrap();
        assert!(p_reached(&flat, 1.0, 2).is_err());
        assert!(p_reached(&reruns(), f64::NAN, 2).is_err());
    }
}
