//! The root of an increasing function.

use super::super::error::{Result, StatsError};

/// A root of the increasing function `f` that changes sign inside `[lo, hi]`.
///
/// Bisection that takes the secant step where it falls well inside the bracket (Illinois rule).
pub(crate) fn increasing_root(
    what: &'static str,
    (mut lo, mut hi): (f64, f64),
    f: impl Fn(f64) -> Result<f64>,
) -> Result<f64> {
    let (mut f_lo, mut f_hi) = (f(lo)?, f(hi)?);
    if f_lo.is_nan() || f_hi.is_nan() || f_lo > 0.0 || f_hi < 0.0 {
        return Err(StatsError::NoConvergence { what });
    }
    for round in 0..300 {
        let width = hi - lo;
        if width <= 4.0 * f64::EPSILON * lo.abs().max(hi.abs()) {
            return Ok(f64::midpoint(lo, hi));
        }
        let secant = lo - f_lo * width / (f_hi - f_lo);
        // Every third step halves, so that a flat side cannot stall the search.
        let x = if round % 3 == 2 || !(secant > lo && secant < hi) {
            f64::midpoint(lo, hi)
        } else {
            secant
        };
        let value = f(x)?;
        if value == 0.0 {
            return Ok(x);
        }
        if value < 0.0 {
            (lo, f_lo) = (x, value);
            f_hi /= 2.0;
        } else {
            (hi, f_hi) = (x, value);
            f_lo /= 2.0;
        }
    }
    Err(StatsError::NoConvergence { what })
}
