//! Student's t distribution with any real number of degrees of freedom above zero.

use super::super::error::{Result, open_unit, ordered, positive};
use super::super::special::beta::{Tail, UnitPoint, incomplete_beta, inverse_ln_odds, ln_beta};
use super::normal;

/// P(T <= x).
///
/// # Errors
/// `df` is not finite and positive, or `x` is NaN.
pub fn cdf(x: f64, df: f64) -> Result<f64> {
    sf(-x, df)
}

/// P(T > x), with full relative precision in the upper tail.
///
/// # Errors
/// As [`cdf`].
pub fn sf(x: f64, df: f64) -> Result<f64> {
    ordered("x", x)?;
    positive("df", df)?;
    if x.is_infinite() {
        return Ok(if x > 0.0 { 0.0 } else { 1.0 });
    }
    if x == 0.0 {
        return Ok(0.5);
    }
    let (inside, outside) = central_and_tails(x, df)?;
    Ok(if x < 0.0 {
        0.5 + 0.5 * inside
    } else {
        0.5 * outside
    })
}

/// (P(|T| <= |x|), P(|T| > |x|)) for finite x other than zero.
fn central_and_tails(x: f64, df: f64) -> Result<(f64, f64)> {
    let ratio = x.abs() / df.sqrt();
    let odds = ratio * ratio;
    let at = if odds.is_finite() && odds > 0.0 {
        UnitPoint::from_odds(odds)
    } else {
        UnitPoint::from_ln_odds(2.0 * (x.abs().ln() - 0.5 * df.ln()))
    };
    incomplete_beta(0.5, df / 2.0, at)
}

/// Density at `x`.
///
/// # Errors
/// As [`cdf`].
pub fn pdf(x: f64, df: f64) -> Result<f64> {
    ordered("x", x)?;
    positive("df", df)?;
    let squared = (x / df.sqrt()).powi(2);
    let ln_kernel = -0.5 * (df + 1.0) * squared.ln_1p();
    Ok((ln_kernel - 0.5 * df.ln() - ln_beta(0.5, df / 2.0)).exp())
}

/// The point with probability `upper_tail` above it.
///
/// # Errors
/// `upper_tail` is not strictly between 0 and 1, or `df` is not finite and positive.
pub fn isf(upper_tail: f64, df: f64) -> Result<f64> {
    open_unit("upper_tail", upper_tail)?;
    positive("df", df)?;
    if upper_tail > 0.5 {
        // The complement is exact in floating point here.
        return Ok(-isf(1.0 - upper_tail, df)?);
    }
    let central = 1.0 - 2.0 * upper_tail;
    if central == 0.0 {
        return Ok(0.0);
    }
    let tail = if upper_tail < 0.25 {
        Tail::Upper(2.0 * upper_tail)
    } else {
        Tail::Lower(central)
    };
    let z = normal::isf(upper_tail)?;
    // First Cornish-Fisher correction; only a starting point.
    let start = z + (z * z * z + z) / (4.0 * df);
    let u = inverse_ln_odds(0.5, df / 2.0, tail, Some(2.0 * start.ln() - df.ln()))?;
    Ok((0.5 * (u + df.ln())).exp())
}

/// The point with probability `p` below it.
///
/// # Errors
/// As [`isf`].
pub fn quantile(p: f64, df: f64) -> Result<f64> {
    Ok(-isf(p, df)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_and_two_degrees_have_closed_forms() {
        for x in [-1e9_f64, -40.0, -1.0, -1e-9, 1e-9, 0.3, 2.0, 1e5, 1e200] {
            let cauchy = (1.0 / x).atan() / std::f64::consts::PI;
            let exact = if x > 0.0 { cauchy } else { 1.0 + cauchy };
            assert!((sf(x, 1.0).unwrap() / exact - 1.0).abs() < 1e-13, "{x}");
        }
        let t = isf(1e-12, 2.0).unwrap();
        let q: f64 = 1e-12;
        let exact = (1.0 - 2.0 * q) / (2.0 * q * (1.0 - q)).sqrt();
        assert!((t / exact - 1.0).abs() < 1e-13);
    }

    #[test]
    fn a_hundred_million_degrees_are_normal_to_first_order() {
        for q in [0.3, 0.05, 1e-6, 1e-12] {
            let z = normal::isf(q).unwrap();
            let t = isf(q, 1e8).unwrap();
            assert!(
                (t - (z + (z * z * z + z) / 4e8)).abs() < 1e-11,
                "{q}: {t} {z}"
            );
        }
    }

    #[test]
    fn no_finite_input_panics_or_hangs() {
        for df in [
            1e-300,
            1e-3,
            0.5,
            1.0,
            1e8,
            1e300,
            f64::MAX,
            0.0,
            -1.0,
            f64::NAN,
        ] {
            for x in [0.0, 1e-300, 1.0, 1e300, -1e-10, f64::NAN] {
                let _ = cdf(x, df);
                let _ = pdf(x, df);
            }
            for p in [
                1e-300,
                1e-9,
                0.499_999_999,
                0.5,
                0.999,
                1.0,
                0.0,
                -1.0,
                f64::NAN,
            ] {
                let _ = isf(p, df);
            }
        }
    }

    proptest! {
        #[test]
        fn isf_undoes_sf(ln_q in -60.0..-0.7f64, ln_df in -0.5..18.0f64) {
            let (q, df) = (ln_q.exp(), ln_df.exp());
            let t = isf(q, df).unwrap();
            prop_assert!((sf(t, df).unwrap() / q - 1.0).abs() < 1e-11 * (1.0 + t * t).min(df.max(1.0) * 100.0));
        }

        #[test]
        fn cdf_rises(x in -30.0..30.0f64, step in 1e-3..5.0f64, df in 0.5..500.0f64) {
            prop_assert!(cdf(x + step, df).unwrap() >= cdf(x, df).unwrap());
        }
    }
}
