//! Secondary measures: shown beside a verdict, never part of it.

use super::dist::root::increasing_root;
use super::dist::{fisher_f, noncentral_t, normal, students_t};
use super::error::{Result, StatsError, finite, open_unit, positive};
use super::sample::Summary;
use super::t_tests::Estimate;

/// Whether a printed mean can come from whole counts (Brown and Heathers 2017).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Granularity {
    /// Some count gives the printed mean.
    Possible,
    /// No count does.
    Impossible {
        /// The nearest mean that a count can give.
        nearest: f64,
    },
}

/// Checks a printed mean against the grid of means that are possible.
///
/// `step` is the distance of possible means: for accuracies over `n` seeds on `n_test` examples
/// `unit / (n · n_test)`, where `unit` is 1, or 100 for percent. `half_unit` is half a unit of the
/// last printed digit. Both are in the units of the mean.
///
/// # Errors
/// Numbers that are not finite, a step not above 0 or a negative half unit.
pub fn grim(printed_mean: f64, half_unit: f64, step: f64) -> Result<Granularity> {
    finite("printed mean", printed_mean)?;
    positive("step", step)?;
    super::error::non_negative("half unit", half_unit)?;
    let nearest = (printed_mean / step).round() * step;
    // A mean exactly between two prints may be rounded either way; binary fractions add an ulp.
    let slack = 8.0 * f64::EPSILON * printed_mean.abs().max(step);
    Ok(if (nearest - printed_mean).abs() <= half_unit + slack {
        Granularity::Possible
    } else {
        Granularity::Impossible { nearest }
    })
}

/// The F test of equal spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpreadTest {
    /// `s²` of the first sample over that of the second.
    pub ratio: f64,
    /// Twice the smaller tail, at most 1.
    pub p_two_sided: f64,
    /// Small when the first spread is the larger one.
    pub p_greater: f64,
    /// Small when the first spread is the smaller one.
    pub p_less: f64,
}

/// Compares two sample variances (Fisher 1924).
///
/// # Errors
/// The second spread is zero.
pub fn spread_test(a: &Summary, b: &Summary) -> Result<SpreadTest> {
    if b.sd() == 0.0 {
        return Err(StatsError::NoSpread {
            what: "a ratio of variances",
        });
    }
    let ratio = (a.sd() / b.sd()).powi(2);
    let p_greater = fisher_f::sf(ratio, a.df(), b.df())?;
    let p_less = fisher_f::cdf(ratio, a.df(), b.df())?;
    Ok(SpreadTest {
        ratio,
        p_two_sided: (2.0 * p_greater.min(p_less)).min(1.0),
        p_greater,
        p_less,
    })
}

/// The two-sided sceptical p-value of a replication (Held 2020).
///
/// `z_original` and `z_replication` are estimates over their standard errors; `c` is the variance
/// of the original estimate over that of the replication.
///
/// # Errors
/// Numbers that are not finite, or `c` not above 0.
pub fn sceptical_p(z_original: f64, z_replication: f64, c: f64) -> Result<f64> {
    finite("z_original", z_original)?;
    finite("z_replication", z_replication)?;
    positive("c", c)?;
    let (o, r) = (z_original * z_original, z_replication * z_replication);
    if o == 0.0 || r == 0.0 {
        return Ok(1.0);
    }
    let (harmonic, arithmetic) = (2.0 / (1.0 / o + 1.0 / r), f64::midpoint(o, r));
    // (sqrt(A(A + (c-1)H)) - A) / (c - 1), multiplied out so that c near 1 cancels nothing.
    let root = (arithmetic * (arithmetic + (c - 1.0) * harmonic)).sqrt();
    let squared = arithmetic * harmonic / (root + arithmetic);
    Ok((2.0 * normal::sf(squared.sqrt())).min(1.0))
}

/// The rerun of a claimed effect seen through the original study's telescope (Simonsohn 2015).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmallTelescopes {
    /// The effect that the original study had a 33 % chance to find.
    pub small_effect: f64,
    /// Upper bound of the rerun effect at `1 - alpha`.
    pub upper_bound: f64,
}

/// Compares a rerun effect (positive in the claimed direction) with what the original could see in
/// a two-sided test at `alpha`.
///
/// # Errors
/// A standard error of zero in the original, or `alpha` not strictly between 0 and 1/2.
pub fn small_telescopes(
    original: &Estimate,
    rerun: &Estimate,
    alpha: f64,
) -> Result<SmallTelescopes> {
    open_unit("alpha", 2.0 * alpha)?;
    let se = positive("original standard error", original.standard_error())?;
    let df = original.df();
    let critical = students_t::isf(alpha / 2.0, df)?;
    let excess = |ncp: f64| -> Result<f64> {
        let power = noncentral_t::sf(critical, df, ncp)? + noncentral_t::cdf(-critical, df, ncp)?;
        Ok(power - 1.0 / 3.0)
    };
    let ncp = increasing_root("the effect with 33 % power", (0.0, critical + 10.0), excess)?;
    Ok(SmallTelescopes {
        small_effect: ncp * se,
        upper_bound: rerun.value() + students_t::isf(alpha, rerun.df())? * rerun.standard_error(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grim_finds_the_impossible_mean() {
        // Three seeds on 100 examples in percent: steps of a third.
        let step = 100.0 / 300.0;
        assert_eq!(grim(90.33, 0.005, step).unwrap(), Granularity::Possible);
        assert!(matches!(
            grim(90.4, 0.05, 100.0 / 3.0 / 100.0 * 3.0).unwrap(),
            Granularity::Impossible { .. }
        ));
        assert_eq!(grim(0.5, 0.0, 0.1).unwrap(), Granularity::Possible);
        assert!(grim(0.5, 0.05, 0.0).is_err());
    }

    #[test]
    fn equal_spreads_have_an_unremarkable_ratio() {
        let a = Summary::new(5, 0.0, 1.0).unwrap();
        let test = spread_test(&a, &a).unwrap();
        assert_eq!(test.ratio, 1.0);
        assert!((test.p_two_sided - 1.0).abs() < 1e-12);
        assert!(spread_test(&a, &Summary::new(5, 0.0, 0.0).unwrap()).is_err());
    }

    #[test]
    fn sceptical_p_is_continuous_where_its_formula_divides_by_zero() {
        let (at, near) = (
            sceptical_p(3.0, 2.5, 1.0).unwrap(),
            sceptical_p(3.0, 2.5, 1.0 + 1e-9).unwrap(),
        );
        assert!((at / near - 1.0).abs() < 1e-8);
        assert_eq!(sceptical_p(0.0, 2.0, 1.0).unwrap(), 1.0);
    }

    #[test]
    fn telescopes_find_a_third_of_the_effects() {
        let original = Estimate::new(0.5, 0.2, 1e6).unwrap();
        let found =
            small_telescopes(&original, &Estimate::new(0.0, 0.05, 50.0).unwrap(), 0.05).unwrap();
        // Normal theory: 1.95996 - Φ⁻¹(2/3) = 1.5292 standard errors, a little less for the far side.
        assert!(
            (found.small_effect / 0.2 - 1.5292).abs() < 2e-3,
            "{found:?}"
        );
        assert!(found.upper_bound < found.small_effect);
    }
}
