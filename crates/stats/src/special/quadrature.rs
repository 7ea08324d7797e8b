//! Gauss-Legendre quadrature, and expectations over the spread ratio `U = s / σ`.

use std::sync::LazyLock;

use super::super::dist::chi_squared;
use super::super::error::{Result, positive};
use super::gamma::{STIRLING_FROM, ln_gamma, stirling_correction};
use super::series::x_minus_ln_1p;

/// Nodes and weights of the 40-point rule on [-1, 1], nodes descending.
static RULE: LazyLock<[(f64, f64); 40]> = LazyLock::new(gauss_legendre);
/// The 200-point rule for integrands with a kink.
static LONG_RULE: LazyLock<[(f64, f64); 200]> = LazyLock::new(gauss_legendre);
/// The 8-point rule for many small pieces.
static FINE_RULE: LazyLock<[(f64, f64); 8]> = LazyLock::new(gauss_legendre);

/// Roots of the Legendre polynomial by Newton's method from the cosine guess.
fn gauss_legendre<const N: usize>() -> [(f64, f64); N] {
    let n = N as f64;
    std::array::from_fn(|i| {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 1.0;
        // Quadratic convergence: six steps from this guess reach rounding, ten are certain.
        for _ in 0..10 {
            let (mut p, mut before) = (1.0, 0.0);
            for k in 1..=N {
                let k = k as f64;
                (p, before) = (((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k, p);
            }
            slope = n * (x * p - before) / (x * x - 1.0);
            x -= p / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    })
}

/// The integral of `f` over `[lo, hi]` by one 40-point rule: for smooth `f`.
pub fn integrate(lo: f64, hi: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    let (half, middle) = ((hi - lo) / 2.0, f64::midpoint(lo, hi));
    half * RULE
        .iter()
        .map(|(x, w)| w * f(middle + half * x))
        .sum::<f64>()
}

/// Ascending points and weights of an 8-point rule on equal pieces of at most `width` over
/// `(lo, hi)`.
#[must_use]
pub fn gauss_nodes((lo, hi): (f64, f64), width: f64) -> Vec<(f64, f64)> {
    let pieces = ((hi - lo) / width).ceil().max(1.0);
    let half = (hi - lo) / pieces / 2.0;
    (0..pieces as usize)
        .flat_map(|i| {
            let middle = lo + half * (2.0 * i as f64 + 1.0);
            FINE_RULE
                .iter()
                .rev()
                .map(move |(x, w)| (middle + half * x, half * w))
        })
        .collect()
}

/// The integral over consecutive pieces between the sorted, clipped `breaks`.
pub fn integrate_pieces(
    (lo, hi): (f64, f64),
    breaks: &[f64],
    mut f: impl FnMut(f64) -> f64,
) -> f64 {
    let mut points: Vec<f64> = breaks
        .iter()
        .copied()
        .filter(|b| *b > lo && *b < hi)
        .collect();
    points.sort_by(f64::total_cmp);
    points.push(hi);
    let mut from = lo;
    let mut sum = 0.0;
    for to in points {
        if to > from {
            sum += integrate(from, to, &mut f);
            from = to;
        }
    }
    sum
}

/// The ratio `U = s / σ` of the standard deviation of normal values to the true one: `ν U²` is
/// chi-squared with `ν` degrees of freedom.
#[derive(Debug, Clone, Copy)]
pub struct SpreadRatio {
    df: f64,
    ln_scale: f64,
}

impl SpreadRatio {
    /// With `df > 0` degrees of freedom.
    ///
    /// # Errors
    /// `df` is not finite and positive.
    pub fn new(df: f64) -> Result<Self> {
        let half = positive("df", df)? / 2.0;
        // Density at u: 2 (ν/2)^(ν/2) e^(-ν/2) / Γ(ν/2) · e^(-ν/2 [w - ln(1+w)]) / u, w = u² - 1.
        let ln_scale = if half < STIRLING_FROM {
            half * half.ln() - half - ln_gamma(half)
        } else {
            0.5 * (half / std::f64::consts::TAU).ln() - stirling_correction(half)
        };
        Ok(Self {
            df,
            ln_scale: ln_scale + std::f64::consts::LN_2,
        })
    }

    /// Density at `u > 0`.
    #[must_use]
    pub fn density(&self, u: f64) -> f64 {
        if u <= 0.0 {
            return 0.0;
        }
        let w = (u - 1.0) * (u + 1.0);
        // Near zero the digits of u are gone from w.
        let deviance = if u < 0.5 {
            w - 2.0 * u.ln()
        } else {
            x_minus_ln_1p(w)
        };
        (self.ln_scale - 0.5 * self.df * deviance).exp() / u
    }

    /// `E[g(U); U < upper]`. `breaks` are points where `g` changes quickly.
    pub fn expect_below(&self, upper: f64, breaks: &[f64], g: impl Fn(f64) -> f64) -> f64 {
        let sd = (0.5 / self.df).sqrt();
        // Twelve standard deviations leave less than 1e-30 on the right (the tail is Gaussian or
        // lighter), and the same holds on the left until zero cuts it off.
        let (lo, hi) = ((1.0 - 12.0 * sd).max(0.0), (1.0 + 14.0 * sd).min(upper));
        if lo >= hi {
            return 0.0;
        }
        let mut points: Vec<f64> = [-6.0, -3.0, -1.0, 1.0, 3.0, 6.0]
            .iter()
            .map(|k| 1.0 + k * sd)
            .collect();
        points.extend_from_slice(breaks);
        integrate_pieces((lo, hi), &points, |u| g(u) * self.density(u))
    }
}

impl SpreadRatio {
    /// `E[g(U)]` by one rule of 200 points between the quantiles of `U` at 1e-14 and 1 - 1e-16.
    ///
    /// # Errors
    /// Those of `g`, or no convergence of the quantiles.
    pub fn expect_coarse(&self, g: impl Fn(f64) -> Result<f64>) -> Result<f64> {
        let lo = (chi_squared::quantile(1e-14, self.df)? / self.df).sqrt();
        let hi = (chi_squared::isf(1e-16, self.df)? / self.df).sqrt();
        let (half, middle) = ((hi - lo) / 2.0, f64::midpoint(lo, hi));
        let mut sum = 0.0;
        for (x, w) in LONG_RULE.iter() {
            let u = middle + half * x;
            sum += w * g(u)? * self.density(u);
        }
        Ok(half * sum)
    }
}

#[cfg(test)]
mod tests {
    use super::super::beta::ln_beta;
    use super::*;

    #[test]
    fn polynomials_are_exact() {
        assert!((integrate(0.0, 2.0, |x| x.powi(9)) - 102.4).abs() < 1e-11);
        let weights: f64 = RULE.iter().map(|(_, w)| w).sum();
        assert!((weights - 2.0).abs() < 1e-14);
    }

    #[test]
    fn density_has_mass_one_and_second_moment_one() {
        for df in [1.0, 2.0, 3.0, 9.0, 40.0, 1e4, 1e8] {
            let u = SpreadRatio::new(df).unwrap();
            let mass = u.expect_below(f64::INFINITY, &[], |_| 1.0);
            assert!((mass - 1.0).abs() < 1e-12, "{df}: {mass}");
            assert!(
                (u.expect_below(f64::INFINITY, &[], |u| u * u) - 1.0).abs() < 1e-12,
                "{df}"
            );
            let mean = u.expect_below(f64::INFINITY, &[], |u| u);
            // E[U] = sqrt(2/ν) Γ((ν+1)/2) / Γ(ν/2), and the quotient is √π / B(ν/2, 1/2).
            let ln_quotient = 0.5 * std::f64::consts::PI.ln() - ln_beta(df / 2.0, 0.5);
            let exact = (ln_quotient + 0.5 * (2.0 / df).ln()).exp();
            assert!((mean / exact - 1.0).abs() < 1e-12, "{df}");
        }
    }
}
