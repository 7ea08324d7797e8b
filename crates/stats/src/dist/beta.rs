//! The beta distribution on (0, 1).

use super::super::error::{Result, open_unit, ordered, positive};
use super::super::special::beta::{Tail, UnitPoint, incomplete_beta, inverse_ln_odds};

fn both(x: f64, a: f64, b: f64) -> Result<(f64, f64)> {
    ordered("x", x)?;
    positive("a", a)?;
    positive("b", b)?;
    if x <= 0.0 {
        return Ok((0.0, 1.0));
    }
    if x >= 1.0 {
        return Ok((1.0, 0.0));
    }
    incomplete_beta(a, b, UnitPoint::from_value(x)?)
}

/// P(X <= x), the regularised incomplete beta integral.
///
/// # Errors
/// A shape that is not finite and positive, or `x` is NaN.
pub fn cdf(x: f64, a: f64, b: f64) -> Result<f64> {
    Ok(both(x, a, b)?.0)
}

/// P(X > x).
///
/// # Errors
/// As [`cdf`].
pub fn sf(x: f64, a: f64, b: f64) -> Result<f64> {
    Ok(both(x, a, b)?.1)
}

/// The point with probability `p` below it.
///
/// # Errors
/// `p` is not strictly between 0 and 1, or a bad shape.
pub fn quantile(p: f64, a: f64, b: f64) -> Result<f64> {
    open_unit("p", p)?;
    let u = inverse_ln_odds(a, b, Tail::Lower(p).smaller(), None)?;
    Ok(UnitPoint::from_ln_odds(u).value())
}

/// The point with probability `upper_tail` above it.
///
/// # Errors
/// As [`quantile`].
pub fn isf(upper_tail: f64, a: f64, b: f64) -> Result<f64> {
    open_unit("upper_tail", upper_tail)?;
    let u = inverse_ln_odds(a, b, Tail::Upper(upper_tail).smaller(), None)?;
    Ok(UnitPoint::from_ln_odds(u).value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn uniform_is_its_own_cdf() {
        for p in [1e-12, 0.2, 0.5, 0.9] {
            assert!((cdf(p, 1.0, 1.0).unwrap() / p - 1.0).abs() < 1e-13);
            assert!((quantile(p, 1.0, 1.0).unwrap() / p - 1.0).abs() < 1e-13);
        }
        assert_eq!(cdf(2.0, 1.0, 1.0).unwrap(), 1.0);
    }

    proptest! {
        #[test]
        fn quantile_undoes_cdf(p in 1e-9..0.999f64, a in 0.5..500.0f64, b in 0.5..500.0f64) {
            let x = quantile(p, a, b).unwrap();
            prop_assert!((0.0..=1.0).contains(&x));
            // Where x rounds to 1 its digits are in the complement.
            prop_assume!(x < 0.99);
            prop_assert!((cdf(x, a, b).unwrap() / p - 1.0).abs() < 1e-10);
        }
    }
}
