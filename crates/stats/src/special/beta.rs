//! The beta function's logarithm, the incomplete beta integral and its inverse.
//!
//! A point of (0, 1) is given as a [`UnitPoint`], which knows `x`, `1 - x` and both logarithms to
//! full precision: with 10⁸ degrees of freedom `1 - x` has no digits left in `x`.

use super::super::error::{Result, StatsError, open_unit, positive};
use super::gamma::{STIRLING_FROM, ln_gamma, stirling_correction};
use super::series::{continued_fraction, iteration_limit, x_minus_ln_1p};

/// A number strictly inside (0, 1) with its complement and both logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnitPoint {
    x: f64,
    y: f64,
    ln_x: f64,
    ln_y: f64,
}

impl UnitPoint {
    /// From `x` itself, `0 < x < 1`.
    ///
    /// # Errors
    /// `x` outside the open unit interval.
    pub fn from_value(x: f64) -> Result<Self> {
        open_unit("x", x)?;
        Ok(Self {
            x,
            y: 1.0 - x,
            ln_x: x.ln(),
            ln_y: (-x).ln_1p(),
        })
    }

    /// From the logarithm of the odds, `ln(x / (1 - x))`.
    #[must_use]
    pub fn from_ln_odds(u: f64) -> Self {
        let ln_logistic = |u: f64| {
            if u < 0.0 {
                u - u.exp().ln_1p()
            } else {
                -(-u).exp().ln_1p()
            }
        };
        let (ln_x, ln_y) = (ln_logistic(u), ln_logistic(-u));
        Self {
            x: ln_x.exp(),
            y: ln_y.exp(),
            ln_x,
            ln_y,
        }
    }

    /// From the odds `x / (1 - x) >= 0`, exact for odds of any size.
    #[must_use]
    pub fn from_odds(odds: f64) -> Self {
        Self {
            x: 1.0 / (1.0 + 1.0 / odds),
            y: 1.0 / (1.0 + odds),
            ln_x: -(1.0 / odds).ln_1p(),
            ln_y: -odds.ln_1p(),
        }
    }

    /// The point `1 - x`.
    #[must_use]
    pub fn complement(self) -> Self {
        Self {
            x: self.y,
            y: self.x,
            ln_x: self.ln_y,
            ln_y: self.ln_x,
        }
    }

    /// The number itself.
    #[must_use]
    pub fn value(self) -> f64 {
        self.x
    }
}

/// `ln B(a, b)` for finite `a, b > 0`, without the cancellation of three `ln Γ`; NaN elsewhere.
#[must_use]
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (p, q) = if a < b { (a, b) } else { (b, a) };
    if !(p > 0.0 && q.is_finite()) {
        return f64::NAN;
    }
    if q < STIRLING_FROM {
        return ln_gamma(p) + (ln_gamma(q) - ln_gamma(p + q));
    }
    let large = stirling_correction(q) - stirling_correction(p + q);
    // ln(q / (p + q)): the small part p is what ln_1p must see.
    let ln_share = -(p / q).ln_1p();
    if p < STIRLING_FROM {
        return ln_gamma(p) + large + p - p * (p + q).ln() + (q - 0.5) * ln_share;
    }
    let half_ln_2pi = std::f64::consts::TAU.ln() / 2.0;
    -0.5 * q.ln()
        + half_ln_2pi
        + stirling_correction(p)
        + large
        + (p - 0.5) * (p / (p + q)).ln()
        + q * ln_share
}

/// `x^a (1-x)^b / B(a, b)`: the derivative of the integral with respect to the logarithm of the
/// odds.
fn ln_front(a: f64, b: f64, at: UnitPoint) -> f64 {
    if a < STIRLING_FROM || b < STIRLING_FROM {
        return a * at.ln_x + b * at.ln_y - ln_beta(a, b);
    }
    // Both shapes large: the exponents cancel around the mean, and their difference is a deviance
    // (Didonato and Morris 1992; Loader 2000).
    let excess = b * at.x - a * at.y;
    let deviance = a * x_minus_ln_1p(excess / a) + b * x_minus_ln_1p(-excess / b);
    let correction = stirling_correction(a) + stirling_correction(b) - stirling_correction(a + b);
    let scale = (a / std::f64::consts::TAU) * (b / (a + b));
    0.5 * scale.ln() - deviance - correction
}

/// The regularised incomplete beta integrals `(I_x(a, b), 1 - I_x(a, b))`.
///
/// Relative error about 1e-14 in the smaller one (1e-12 with shapes of 10⁸). Continued fraction
/// of Didonato and Morris (1992), evaluated on the side of the mean where it converges fast.
///
/// # Errors
/// A shape that is not finite and positive, or no convergence.
pub fn incomplete_beta(a: f64, b: f64, at: UnitPoint) -> Result<(f64, f64)> {
    let (ln_lower, ln_upper) = ln_incomplete_beta(a, b, at)?;
    Ok((ln_lower.exp(), ln_upper.exp()))
}

/// The logarithms of both integrals: finite where the integrals themselves underflow.
///
/// # Errors
/// As [`incomplete_beta`].
pub fn ln_incomplete_beta(a: f64, b: f64, at: UnitPoint) -> Result<(f64, f64)> {
    positive("a", a)?;
    positive("b", b)?;
    let ln_rest = |ln_part: f64| (-ln_part.exp()).ln_1p();
    if at.x * (a + b + 2.0) > a + 1.0 {
        let ln_upper = ln_fraction_side(b, a, at.complement())?;
        return Ok((ln_rest(ln_upper), ln_upper));
    }
    let ln_lower = ln_fraction_side(a, b, at)?;
    Ok((ln_lower, ln_rest(ln_lower)))
}

fn ln_fraction_side(a: f64, b: f64, at: UnitPoint) -> Result<f64> {
    let limit = iteration_limit(a.max(b));
    let (x, y) = (at.x, at.y);
    // y enters by itself: 1 - x would lose it for large shapes, and with it the convergence.
    let linear = |m: f64| (a + m) * (a * y - b * x + 1.0 + m * (1.0 + y)) / (a + 2.0 * m + 1.0);
    let value = continued_fraction("incomplete beta", linear(0.0), limit, |m| {
        let d = a + 2.0 * m - 1.0;
        let product = m * (b - m) * x / d;
        let numerator = ((a + m - 1.0) / d) * (a + b + m - 1.0) * x * product;
        (numerator, m + product + linear(m))
    })?;
    Ok((ln_front(a, b, at) - value.ln()).min(0.0))
}

/// A probability given by the tail that it leaves, so that no digits are lost near one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tail {
    /// The probability below the point.
    Lower(f64),
    /// The probability above the point.
    Upper(f64),
}

impl Tail {
    /// The same point, told by its smaller tail.
    #[must_use]
    pub fn smaller(self) -> Self {
        match self {
            Self::Lower(p) if p > 0.5 => Self::Upper(1.0 - p),
            Self::Upper(q) if q > 0.5 => Self::Lower(1.0 - q),
            tail @ (Self::Lower(_) | Self::Upper(_)) => tail,
        }
    }
}

/// The logarithm of the odds `u` of the point where `I_x(a, b)` has the given tail, strictly
/// between 0 and 1.
///
/// `start` is a guess. Newton's method on `ln I` in `u`: that function is concave, so every step
/// after the first lands on one side of the root and the sequence is monotone.
///
/// # Errors
/// A probability outside (0, 1), a bad shape, or no convergence.
pub fn inverse_ln_odds(a: f64, b: f64, tail: Tail, start: Option<f64>) -> Result<f64> {
    match tail {
        Tail::Lower(p) => lower_ln_odds(a, b, p, start),
        Tail::Upper(q) => Ok(-lower_ln_odds(b, a, q, start.map(|u| -u))?),
    }
}

fn lower_ln_odds(a: f64, b: f64, p: f64, start: Option<f64>) -> Result<f64> {
    open_unit("p", p)?;
    positive("a", a)?;
    positive("b", b)?;
    let ln_p = p.ln();
    // The asymptote x^a / (a B) lies above I, so its root lies below the wanted one.
    let floor = (ln_p + a.ln() + ln_beta(a, b)) / a;
    let mut u = start.filter(|s| *s > floor).unwrap_or(floor);
    let mut last_step = f64::INFINITY;
    for _ in 0..500 {
        let at = UnitPoint::from_ln_odds(u);
        let (ln_lower, _) = ln_incomplete_beta(a, b, at)?;
        let slope = (ln_front(a, b, at) - ln_lower).exp();
        let next = (u + (ln_p - ln_lower) / slope).max(floor);
        let step = (next - u).abs();
        if step <= 2e-16 * (1.0 + u.abs()) || (step < 1e-10 && step >= last_step) {
            return Ok(next);
        }
        last_step = step;
        u = next;
    }
    Err(StatsError::NoConvergence {
        what: "inverse incomplete beta",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_shapes_are_binomial_sums() {
        // I_x(2, 3) = P(at least 2 of 4) = 6x²y² + 4x³y + x⁴.
        for x in [0.01, 0.3, 0.5, 0.8, 0.999] {
            let y: f64 = 1.0 - x;
            let exact = 6.0 * x * x * y * y + 4.0 * x * x * x * y + x * x * x * x;
            let (lower, upper) =
                incomplete_beta(2.0, 3.0, UnitPoint::from_value(x).unwrap()).unwrap();
            assert!((lower / exact - 1.0).abs() < 1e-14, "{x}: {lower} {exact}");
            assert!((lower + upper - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn inverse_undoes_the_integral() {
        for (a, b) in [
            (0.5, 0.5),
            (2.0, 3.0),
            (0.5, 5e7),
            (904_001.0, 96_000.0),
            (0.01, 4.0),
        ] {
            for p in [1e-12, 1e-3, 0.3, 0.5] {
                for tail in [Tail::Lower(p), Tail::Upper(p)] {
                    let u = inverse_ln_odds(a, b, tail, None).unwrap();
                    let (lower, upper) = incomplete_beta(a, b, UnitPoint::from_ln_odds(u)).unwrap();
                    let back = if tail == Tail::Lower(p) { lower } else { upper };
                    assert!((back / p - 1.0).abs() < 1e-9, "{a} {b} {tail:?}: {back}");
                }
            }
        }
    }

    #[test]
    fn bad_shapes_are_errors() {
        let at = UnitPoint::from_value(0.5).unwrap();
        assert!(incomplete_beta(0.0, 1.0, at).is_err());
        assert!(incomplete_beta(f64::NAN, 1.0, at).is_err());
        assert!(inverse_ln_odds(1.0, 1.0, Tail::Lower(0.0), None).is_err());
        assert!(UnitPoint::from_value(1.0).is_err());
    }
}
