//! The chi-squared distribution with real degrees of freedom above zero.

use super::super::error::{Result, StatsError, open_unit, ordered, positive};
use super::super::special::beta::Tail;
use super::super::special::gamma::{incomplete_gamma, ln_front, ln_gamma, ln_incomplete_gamma};

fn both(x: f64, df: f64) -> Result<(f64, f64)> {
    ordered("x", x)?;
    positive("df", df)?;
    if x <= 0.0 {
        return Ok((0.0, 1.0));
    }
    incomplete_gamma(df / 2.0, x / 2.0)
}

/// P(X <= x); 0 below zero.
///
/// # Errors
/// `df` is not finite and positive, or `x` is NaN.
pub fn cdf(x: f64, df: f64) -> Result<f64> {
    Ok(both(x, df)?.0)
}

/// P(X > x).
///
/// # Errors
/// As [`cdf`].
pub fn sf(x: f64, df: f64) -> Result<f64> {
    Ok(both(x, df)?.1)
}

/// The point with probability `p` below it.
///
/// # Errors
/// `p` is not strictly between 0 and 1, or `df` is not finite and positive.
pub fn quantile(p: f64, df: f64) -> Result<f64> {
    open_unit("p", p)?;
    at_tail(Tail::Lower(p).smaller(), df)
}

/// The point with probability `upper_tail` above it.
///
/// # Errors
/// As [`quantile`].
pub fn isf(upper_tail: f64, df: f64) -> Result<f64> {
    open_unit("upper_tail", upper_tail)?;
    at_tail(Tail::Upper(upper_tail).smaller(), df)
}

/// Newton's method on the logarithm of the tail in `ln x`, which is concave.
fn at_tail(tail: Tail, df: f64) -> Result<f64> {
    let a = positive("df", df)? / 2.0;
    let mut u = start(tail, a)?;
    let mut last_step = f64::INFINITY;
    for _ in 0..500 {
        let x = u.exp();
        let (ln_lower, ln_upper) = ln_incomplete_gamma(a, x)?;
        let step = match tail {
            Tail::Lower(p) => (p.ln() - ln_lower) / (ln_front(a, x) - ln_lower).exp(),
            Tail::Upper(q) => (ln_upper - q.ln()) / (ln_front(a, x) - ln_upper).exp(),
        };
        if x == 0.0 {
            return Ok(0.0);
        }
        let next = u + step.clamp(-5.0, 5.0);
        let size = (next - u).abs();
        if size <= 2e-16 * (1.0 + u.abs()) || (size < 1e-10 && size >= last_step) {
            return Ok(2.0 * next.exp());
        }
        last_step = size;
        u = next;
    }
    Err(StatsError::NoConvergence {
        what: "chi-squared quantile",
    })
}

/// A point near the root in `ln(x / 2)`: Wilson and Hilferty (1931), or the leading power for
/// small tails of small shapes.
fn start(tail: Tail, a: f64) -> Result<f64> {
    let z = match tail {
        Tail::Lower(p) => super::normal::quantile(p)?,
        Tail::Upper(q) => super::normal::isf(q)?,
    };
    let ninth = 1.0 / (9.0 * a);
    let cube_root = 1.0 - ninth + z * ninth.sqrt();
    if let Tail::Lower(p) = tail {
        let leading = (p.ln() + ln_gamma(a + 1.0)) / a;
        if cube_root <= 0.2 || leading < -3.0 {
            return Ok(leading);
        }
    }
    Ok(a.ln() + 3.0 * cube_root.max(0.05).ln())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_degrees_are_exponential() {
        for q in [1e-300, 1e-12, 0.05, 0.7] {
            let found = isf(q, 2.0).unwrap();
            assert!(
                (found / (-2.0 * f64::ln(q)) - 1.0).abs() < 1e-13,
                "{q}: {found}"
            );
        }
        assert!((quantile(0.05, 1e8).unwrap() - 1e8).abs() < 3e4);
        assert!(quantile(0.0, 1.0).is_err() && cdf(1.0, -1.0).is_err());
    }

    proptest! {
        #[test]
        fn quantile_undoes_cdf(ln_p in -40.0..-0.01f64, ln_df in -1.0..12.0f64) {
            let (p, df) = (ln_p.exp(), ln_df.exp());
            let x = quantile(p, df).unwrap();
            prop_assert!((cdf(x, df).unwrap() / p - 1.0).abs() < 1e-9, "{x}");
            let y = isf(p, df).unwrap();
            prop_assert!((sf(y, df).unwrap() / p - 1.0).abs() < 1e-9, "{y}");
        }
    }
}
