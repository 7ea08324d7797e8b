//! The noncentral t distribution: the law of `(Z + ncp) / U`, with `U` the spread ratio.

use super::super::error::{Result, finite, open_unit, ordered, positive};
use super::super::special::quadrature::SpreadRatio;
use super::root::increasing_root;
use super::{normal, students_t};

/// P(T <= t) with `df` degrees of freedom and noncentrality `ncp`.
///
/// The integral of `Φ(t u - ncp)` over the density of `U`, in pieces around the place where that
/// factor rises.
///
/// # Errors
/// `df` is not finite and positive, `ncp` is not finite, or `t` is NaN.
pub fn cdf(t: f64, df: f64, ncp: f64) -> Result<f64> {
    ordered("t", t)?;
    finite("ncp", ncp)?;
    positive("df", df)?;
    if t.is_infinite() {
        return Ok(if t > 0.0 { 1.0 } else { 0.0 });
    }
    if ncp == 0.0 {
        return students_t::cdf(t, df);
    }
    if t > 0.0 && ncp < t {
        return Ok(1.0 - above(t, df, ncp)?);
    }
    below(t, df, ncp)
}

/// P(T > t), with relative precision in the upper tail.
///
/// # Errors
/// As [`cdf`].
pub fn sf(t: f64, df: f64, ncp: f64) -> Result<f64> {
    cdf(-t, df, -ncp)
}

/// `E[Φ(t U - ncp)]`.
fn below(t: f64, df: f64, ncp: f64) -> Result<f64> {
    let value = SpreadRatio::new(df)?
        .expect_below(f64::INFINITY, &rise(t, ncp), |u| normal::cdf(t * u - ncp));
    Ok(value.clamp(0.0, 1.0))
}

/// `E[1 - Φ(t U - ncp)]`.
fn above(t: f64, df: f64, ncp: f64) -> Result<f64> {
    let value = SpreadRatio::new(df)?
        .expect_below(f64::INFINITY, &rise(t, ncp), |u| normal::sf(t * u - ncp));
    Ok(value.clamp(0.0, 1.0))
}

/// Where `Φ(t u - ncp)` leaves 0, passes its middle and reaches 1.
fn rise(t: f64, ncp: f64) -> [f64; 5] {
    [-9.0, -3.0, 0.0, 3.0, 9.0].map(|z| (ncp + z) / t)
}

/// The point with probability `p` below it.
///
/// # Errors
/// `p` is not strictly between 0 and 1, a bad parameter, or no convergence.
pub fn quantile(p: f64, df: f64, ncp: f64) -> Result<f64> {
    open_unit("p", p)?;
    finite("ncp", ncp)?;
    positive("df", df)?;
    let objective = |t: f64| -> Result<f64> {
        if p <= 0.5 {
            Ok(cdf(t, df, ncp)? - p)
        } else {
            Ok((1.0 - p) - sf(t, df, ncp)?)
        }
    };
    let (mut lo, mut hi) = (ncp - 1.0, ncp + 1.0);
    let mut width = 1.0;
    while objective(lo)? > 0.0 && lo.is_finite() {
        width *= 2.0;
        lo = ncp - width;
    }
    width = 1.0;
    while objective(hi)? < 0.0 && hi.is_finite() {
        width *= 2.0;
        hi = ncp + width;
    }
    increasing_root("noncentral t quantile", (lo, hi), objective)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_noncentrality_it_is_students() {
        for t in [-3.0, -0.2, 0.4, 5.0] {
            let exact = students_t::cdf(t, 6.0).unwrap();
            assert!(
                (below(t, 6.0, 0.0).unwrap() / exact - 1.0).abs() < 1e-12,
                "{t}"
            );
        }
    }

    #[test]
    fn at_zero_it_is_normal() {
        for ncp in [-2.0, 0.5, 3.0] {
            assert!((cdf(0.0, 4.0, ncp).unwrap() / normal::cdf(-ncp) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn quantile_undoes_cdf() {
        for (df, ncp) in [(1.0, 0.5), (4.0, -3.0), (29.0, 10.0), (1e6, 2.0)] {
            for p in [1e-6, 0.05, 0.5, 0.95, 0.999] {
                let t = quantile(p, df, ncp).unwrap();
                assert!(
                    (cdf(t, df, ncp).unwrap() - p).abs() < 1e-10 * p.max(1e-3),
                    "{df} {ncp} {p}"
                );
            }
        }
    }

    #[test]
    fn bad_parameters_are_errors() {
        assert!(cdf(1.0, 0.0, 1.0).is_err());
        assert!(cdf(1.0, 2.0, f64::INFINITY).is_err());
        assert!(quantile(0.0, 2.0, 1.0).is_err());
        assert_eq!(cdf(f64::INFINITY, 2.0, 1.0).unwrap(), 1.0);
    }
}
