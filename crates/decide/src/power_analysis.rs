//! How many runs a claim needs, and whether any number of them can ever decide it.

use serde::{Deserialize, Serialize};

use crate::reported::{EquivalenceMargin, Interpretation, Uncertainty};
use reprove_stats::power::{
    Goal, ReportedSpread, Scenario, runs_against_printed, runs_against_process,
    smallest_decidable_tolerance, tolerance_for_power,
};
use reprove_stats::{Result, chi_squared};

/// How many runs in all would decide an undecided claim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunsRequired {
    /// If mean and spread stay as they are; `None` when no number up to the limit would do.
    pub projected: Option<usize>,
    /// The same with the spread at its upper bound at 80 % confidence.
    pub cautious: Option<usize>,
    /// For 80 % power if there is no true difference.
    pub planned: Option<usize>,
    /// For 80 % power if the true difference is the present one and inside the tolerance.
    pub planned_here: Option<usize>,
    /// The largest number that was considered.
    pub limit: usize,
}

/// What can be said of a claim before any run, from the reported side alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PowerAnalysis {
    /// The standard deviation that is planned with: the reported one.
    pub sd: Option<f64>,
    /// Runs for 80 % power against the printed number when there is no difference.
    pub printed_80: Option<usize>,
    /// Runs for 90 % power against the printed number.
    pub printed_90: Option<usize>,
    /// Runs for 80 % power against the original process.
    pub process_80: Option<usize>,
    /// Runs for 90 % power against the original process.
    pub process_90: Option<usize>,
    /// The tolerance at or below which no number of runs can show agreement with the original
    /// process.
    pub smallest_process_tolerance: Option<f64>,
    /// The tolerance above which 80 % power against the original process can be reached.
    pub tolerance_for_80: Option<f64>,
    /// Whether agreement with the original process can ever be shown; `None` when its spread is
    /// unknown.
    pub process: Option<Decidability>,
}

/// Whether any number of runs can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decidability {
    /// Enough runs can show agreement.
    Yes,
    /// The reported side is too noisy for this tolerance: no number of runs can.
    Never,
}

/// The outlook of a claim at the one-sided level `alpha`. A tolerance with one open end is planned
/// by its one bound.
///
/// # Errors
/// A level out of range.
pub fn analyze_power(
    interpretation: &Interpretation,
    margin: &EquivalenceMargin,
    alpha: f64,
) -> Result<PowerAnalysis> {
    let mut power = PowerAnalysis {
        sd: interpretation.printed_sd,
        printed_80: None,
        printed_90: None,
        process_80: None,
        process_90: None,
        smallest_process_tolerance: None,
        tolerance_for_80: None,
        process: None,
    };
    let tolerance = margin.high.min(-margin.low);
    let two_sided = margin.high.is_finite() && margin.low.is_finite();
    let goal = if two_sided {
        Goal::Reproduced
    } else {
        Goal::NotWorse
    };
    if let (Some(sd), true) = (
        interpretation.printed_sd,
        tolerance.is_finite() && tolerance > 0.0,
    ) && sd > 0.0
    {
        let case = Scenario {
            sd,
            tolerance,
            difference: 0.0,
        };
        power.printed_80 = runs_against_printed(goal, &case, alpha, 0.8)?;
        power.printed_90 = runs_against_printed(goal, &case, alpha, 0.9)?;
    }
    let Uncertainty::Known {
        sd: Some(sd),
        runs: Some(n),
        ..
    } = interpretation.spread
    else {
        return Ok(power);
    };
    let reported = ReportedSpread { n: n as usize, sd };
    let effective = tolerance - interpretation.half_unit;
    let limit = smallest_decidable_tolerance(&reported, alpha)? + interpretation.half_unit;
    power.smallest_process_tolerance = Some(limit);
    let ever = if tolerance > limit {
        Decidability::Yes
    } else {
        Decidability::Never
    };
    power.process = Some(ever);
    if sd > 0.0 {
        power.tolerance_for_80 =
            Some(tolerance_for_power(&reported, alpha, 0.8)? + interpretation.half_unit);
        if ever == Decidability::Yes && two_sided {
            let case = Scenario {
                sd,
                tolerance: effective,
                difference: 0.0,
            };
            power.process_80 = runs_against_process(&case, &reported, alpha, 0.8)?;
            power.process_90 = runs_against_process(&case, &reported, alpha, 0.9)?;
        }
    }
    Ok(power)
}

/// The factor by which a standard deviation from `df` degrees of freedom may be too small, at 80 %
/// confidence.
///
/// # Errors
/// Degrees of freedom out of range.
pub fn sd_upper_factor(df: f64) -> Result<f64> {
    Ok((df / chi_squared::quantile(0.2, df)?).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(tolerance: f64) -> EquivalenceMargin {
        EquivalenceMargin {
            low: -tolerance,
            high: tolerance,
        }
    }

    #[test]
    fn too_noisy_a_report_can_never_be_confirmed() {
        // Tolerances in reported standard deviations below which agreement with the process can
        // never be shown, and those above which it can with 80 % power (planned for this design).
        for (runs, impossible, for_80) in [(3, 1.69, 2.66), (5, 0.953, 1.60), (10, 0.580, 1.00)] {
            let interpretation = Interpretation::from_sd("", 90.0, 0.0, 1.0, runs);
            let at = |tolerance| analyze_power(&interpretation, &within(tolerance), 0.05).unwrap();
            let power = at(impossible - 0.01);
            assert_eq!(power.process, Some(Decidability::Never), "{runs}");
            assert_eq!((power.process_80, power.process_90), (None, None), "{runs}");
            let smallest = power.smallest_process_tolerance.unwrap();
            assert!((smallest - impossible).abs() < 0.005, "{runs} {smallest}");
            assert!(
                (power.tolerance_for_80.unwrap() / for_80 - 1.0).abs() < 0.01,
                "{runs} {power:?}"
            );
            assert_eq!(at(impossible + 0.01).process, Some(Decidability::Yes));
            assert!(at(1.2 * for_80).process_80.is_some(), "{runs}");
        }
    }

    #[test]
    fn half_a_printed_digit_is_added_to_the_limit() {
        let limit = |half_unit| {
            let interpretation = Interpretation::from_sd("", 90.0, half_unit, 1.0, 5);
            let power = analyze_power(&interpretation, &within(2.0), 0.05).unwrap();
            power.smallest_process_tolerance.unwrap()
        };
        assert!((limit(0.05) - limit(0.0) - 0.05).abs() < 1e-12);
    }

    #[test]
    fn runs_against_the_printed_number_are_those_of_the_design() {
        for (sd, at_80, at_90) in [(0.5, 4, 5), (1.0, 11, 13), (2.0, 36, 45)] {
            let interpretation = Interpretation::from_sd("", 90.0, 0.0, sd, 5);
            let power = analyze_power(&interpretation, &within(1.0), 0.05).unwrap();
            assert_eq!(
                (power.printed_80, power.printed_90),
                (Some(at_80), Some(at_90)),
                "{sd}"
            );
        }
        let interpretation = Interpretation::from_sd("", 90.0, 0.0, 1.0, 5);
        let not_worse = EquivalenceMargin {
            low: -1.0,
            high: f64::INFINITY,
        };
        let power = analyze_power(&interpretation, &not_worse, 0.05).unwrap();
        assert_eq!((power.printed_80, power.printed_90), (Some(8), Some(11)));
    }

    #[test]
    fn nothing_is_planned_without_a_spread() {
        let power = analyze_power(&Interpretation::exact(0.5), &within(0.1), 0.05).unwrap();
        assert_eq!(
            (power.sd, power.printed_80, power.process),
            (None, None, None)
        );
    }

    #[test]
    fn a_spread_from_three_runs_may_be_twice_as_large() {
        let factor = sd_upper_factor(2.0).unwrap();
        assert!((factor - 2.12).abs() < 0.01, "{factor}");
        assert!(sd_upper_factor(100.0).unwrap() < 1.1);
    }
}
