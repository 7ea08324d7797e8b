//! The gamma function's logarithm and the incomplete gamma integrals.

use super::super::error::{Result, StatsError, non_negative, positive};
use super::series::{continued_fraction, iteration_limit, x_minus_ln_1p};

const HALF_LN_2PI: f64 = 0.918_938_533_204_672_8;

/// From here on the Stirling correction series below is exact to rounding.
pub(crate) const STIRLING_FROM: f64 = 10.0;

/// `ln Γ(x) - [(x - 1/2) ln x - x + ln(2π)/2]` for `x >= 10`.
///
/// Bernoulli-number series: Abramowitz and Stegun (1964), 6.1.41.
#[must_use]
pub fn stirling_correction(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 9] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
        -3617.0 / 122_400.0,
        43867.0 / 244_188.0,
    ];
    let y = 1.0 / (x * x);
    COEFFICIENTS.iter().rev().fold(0.0, |sum, c| sum * y + c) / x
}

/// `ln Γ(x)` for finite `x > 0`; NaN elsewhere.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    if !(x > 0.0 && x.is_finite()) {
        return f64::NAN;
    }
    let mut shift = 1.0;
    let mut y = x;
    while y < STIRLING_FROM {
        shift *= y;
        y += 1.0;
    }
    (y - 0.5) * y.ln() - y + HALF_LN_2PI + stirling_correction(y) - shift.ln()
}

/// The logarithm of `x^a e^-x / Γ(a)`, the factor before both expansions and the derivative of
/// `P(a, x)` with respect to `ln x`.
pub(crate) fn ln_front(a: f64, x: f64) -> f64 {
    if a < STIRLING_FROM {
        return a * x.ln() - x - ln_gamma(a);
    }
    // Around x = a the exponents cancel; their difference is a deviance (Loader 2000).
    let deviance = a * x_minus_ln_1p((x - a) / a);
    0.5 * (a / std::f64::consts::TAU).ln() - deviance - stirling_correction(a)
}

/// The regularised incomplete gamma integrals `(P(a, x), Q(a, x))`, `P + Q = 1`.
///
/// `a > 0`, `x >= 0`. Series below `a + 1`, continued fraction above: Abramowitz and Stegun
/// (1964), 6.5.29 and 6.5.31.
///
/// # Errors
/// Parameters out of range, or no convergence.
pub fn incomplete_gamma(a: f64, x: f64) -> Result<(f64, f64)> {
    let (ln_p, ln_q) = ln_incomplete_gamma(a, x)?;
    Ok((ln_p.exp(), ln_q.exp()))
}

/// The logarithms of both integrals: finite where the integrals themselves underflow.
///
/// # Errors
/// As [`incomplete_gamma`].
pub fn ln_incomplete_gamma(a: f64, x: f64) -> Result<(f64, f64)> {
    positive("a", a)?;
    if x == f64::INFINITY {
        return Ok((0.0, f64::NEG_INFINITY));
    }
    non_negative("x", x)?;
    if x == 0.0 {
        return Ok((f64::NEG_INFINITY, 0.0));
    }
    let ln_rest = |ln_part: f64| (-ln_part.exp()).ln_1p();
    let ln_front = ln_front(a, x);
    let limit = iteration_limit(a.max(x));
    if x < a + 1.0 {
        let ln_p = (ln_front + power_series(a, x, limit)?.ln()).min(0.0);
        return Ok((ln_p, ln_rest(ln_p)));
    }
    let fraction = continued_fraction("incomplete gamma", x + 1.0 - a, limit, |j| {
        (-j * (j - a), x + 2.0 * j + 1.0 - a)
    })?;
    let ln_q = (ln_front - fraction.ln()).min(0.0);
    Ok((ln_rest(ln_q), ln_q))
}

/// `1/a + x/(a(a+1)) + x²/(a(a+1)(a+2)) + …`
fn power_series(a: f64, x: f64, limit: usize) -> Result<f64> {
    let mut term = 1.0 / a;
    let mut sum = term;
    for j in 1..=limit {
        term *= x / (a + j as f64);
        sum += term;
        if term < sum * 1e-17 {
            return Ok(sum);
        }
    }
    Err(StatsError::NoConvergence {
        what: "incomplete gamma",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_gamma_of_whole_and_half_numbers() {
        let mut factorial = 1.0_f64;
        for n in 1..30 {
            assert!(
                (ln_gamma(f64::from(n)) - factorial.ln()).abs() < 2e-13,
                "{n}"
            );
            factorial *= f64::from(n);
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-14);
        assert!(ln_gamma(0.0).is_nan() && ln_gamma(f64::NAN).is_nan());
    }

    #[test]
    fn the_first_shape_is_the_exponential() {
        for x in [1e-12, 0.3, 1.9, 2.1, 40.0, 700.0] {
            let (p, q) = incomplete_gamma(1.0, x).unwrap();
            assert!((q / (-x).exp() - 1.0).abs() < 1e-13, "{x}");
            assert!((p / -(-x).exp_m1() - 1.0).abs() < 1e-13, "{x}");
        }
    }

    #[test]
    fn huge_shapes_converge() {
        let (p, q) = incomplete_gamma(5e7, 5e7).unwrap();
        assert!((p + q - 1.0).abs() < 1e-15 && (p - 0.5).abs() < 1e-4);
        assert!(incomplete_gamma(-1.0, 1.0).is_err());
    }
}
