//! Fisher's F distribution with real degrees of freedom above zero.

use super::super::error::{Result, open_unit, ordered, positive};
use super::super::special::beta::{Tail, UnitPoint, incomplete_beta, inverse_ln_odds};

/// (P(F <= x), P(F > x)).
fn both(x: f64, d1: f64, d2: f64) -> Result<(f64, f64)> {
    ordered("x", x)?;
    positive("d1", d1)?;
    positive("d2", d2)?;
    if x <= 0.0 {
        return Ok((0.0, 1.0));
    }
    if x == f64::INFINITY {
        return Ok((1.0, 0.0));
    }
    let odds = x * (d1 / d2);
    let at = if odds.is_finite() && odds > 0.0 {
        UnitPoint::from_odds(odds)
    } else {
        UnitPoint::from_ln_odds(x.ln() + d1.ln() - d2.ln())
    };
    incomplete_beta(d1 / 2.0, d2 / 2.0, at)
}

/// P(F <= x); 0 below zero.
///
/// # Errors
/// A degree of freedom that is not finite and positive, or `x` is NaN.
pub fn cdf(x: f64, d1: f64, d2: f64) -> Result<f64> {
    Ok(both(x, d1, d2)?.0)
}

/// P(F > x).
///
/// # Errors
/// As [`cdf`].
pub fn sf(x: f64, d1: f64, d2: f64) -> Result<f64> {
    Ok(both(x, d1, d2)?.1)
}

/// The point with probability `p` below it.
///
/// # Errors
/// `p` is not strictly between 0 and 1, or a bad degree of freedom.
pub fn quantile(p: f64, d1: f64, d2: f64) -> Result<f64> {
    open_unit("p", p)?;
    at_tail(Tail::Lower(p).smaller(), d1, d2)
}

/// The point with probability `upper_tail` above it.
///
/// # Errors
/// As [`quantile`].
pub fn isf(upper_tail: f64, d1: f64, d2: f64) -> Result<f64> {
    open_unit("upper_tail", upper_tail)?;
    at_tail(Tail::Upper(upper_tail).smaller(), d1, d2)
}

fn at_tail(tail: Tail, d1: f64, d2: f64) -> Result<f64> {
    positive("d1", d1)?;
    positive("d2", d2)?;
    let u = inverse_ln_odds(d1 / 2.0, d2 / 2.0, tail, None)?;
    Ok(u.exp() * (d2 / d1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_numerator_degree_is_the_square_of_t() {
        let t = super::super::students_t::isf(0.01, 7.5).unwrap();
        assert!((sf(t * t, 1.0, 7.5).unwrap() / 0.02 - 1.0).abs() < 1e-13);
        assert_eq!(cdf(-1.0, 2.0, 2.0).unwrap(), 0.0);
        assert!(quantile(1.0, 2.0, 2.0).is_err() && cdf(1.0, 0.0, 2.0).is_err());
    }

    proptest! {
        #[test]
        fn quantile_undoes_cdf(p in 1e-9..0.999f64, d1 in 0.5..200.0f64, d2 in 0.5..200.0f64) {
            let x = quantile(p, d1, d2).unwrap();
            prop_assert!((cdf(x, d1, d2).unwrap() / p - 1.0).abs() < 1e-11);
            let y = isf(p, d1, d2).unwrap();
            prop_assert!((sf(y, d1, d2).unwrap() / p - 1.0).abs() < 1e-11);
        }
    }
}
