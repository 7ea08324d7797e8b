//! Means of evaluation that the special functions share: a difference from the logarithm, and the
//! continued fraction.

use super::super::error::{Result, StatsError};

/// Steps that a continued fraction or series may take for parameters of size `scale`.
///
/// They need on the order of the square root of the largest parameter.
pub(super) fn iteration_limit(scale: f64) -> usize {
    // The cast saturates, and the cap keeps the worst call below a tenth of a second.
    (1000.0 + 40.0 * scale.sqrt()).min(5e6) as usize
}

/// `x - ln(1 + x)` for `x > -1`, without cancellation near zero.
#[must_use]
pub fn x_minus_ln_1p(x: f64) -> f64 {
    if x.abs() > 0.3 {
        return x - x.ln_1p();
    }
    // With r = x/(2+x), ln(1+x) = 2(r + r³/3 + r⁵/5 + …) and x = 2r/(1-r), so that the difference
    // is 2r²/(1-r) - 2(r³/3 + r⁵/5 + …): the second part is at most a ninth of the first.
    let r = x / (2.0 + x);
    let r2 = r * r;
    let mut term = r2 * r;
    let mut tail = 0.0;
    let mut k = 3.0;
    while k < 60.0 {
        let add = term / k;
        tail += add;
        if add.abs() <= tail.abs() * 1e-18 {
            break;
        }
        term *= r2;
        k += 2.0;
    }
    2.0 * r2 / (1.0 - r) - 2.0 * tail
}

/// Runs the modified Lentz algorithm on `b0 + a1/(b1 + a2/(b2 + …))`.
///
/// `step(j)` gives `(a_j, b_j)` for `j = 1, 2, …`. Source: Thompson and Barnett (1986).
pub(super) fn continued_fraction(
    what: &'static str,
    b0: f64,
    limit: usize,
    step: impl Fn(f64) -> (f64, f64),
) -> Result<f64> {
    const TINY: f64 = 1e-300;
    let nonzero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut value = nonzero(b0);
    let mut c = value;
    let mut d = 0.0;
    for j in 1..=limit {
        let (a, b) = step(j as f64);
        d = 1.0 / nonzero(b + a * d);
        c = nonzero(b + a / c);
        let factor = c * d;
        value *= factor;
        if (factor - 1.0).abs() < 4.0 * f64::EPSILON {
            return Ok(value);
        }
    }
    Err(StatsError::NoConvergence { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_from_the_logarithm_keeps_its_digits_near_zero() {
        for x in [1e-9, -1e-9, 1e-5, -1e-4] {
            let series = x * x / 2.0 - x * x * x / 3.0 + x * x * x * x / 4.0;
            assert!((x_minus_ln_1p(x) / series - 1.0).abs() < 1e-12, "{x}");
        }
        for x in [0.2999, 0.3001, -0.2999, -0.3001] {
            assert!(
                (x_minus_ln_1p(x) - (x - f64::ln_1p(x))).abs() < 1e-15,
                "{x}"
            );
        }
    }
}
