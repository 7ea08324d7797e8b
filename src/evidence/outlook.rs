//! How many runs a claim needs, and whether any number of them can ever decide it.

use serde::{Deserialize, Serialize};

use super::reading::{Band, Reading, Spread};
use crate::stats::power::{
    Goal, ReportedSpread, Scenario, runs_against_printed, runs_against_process,
    smallest_decidable_tolerance, tolerance_for_power,
};
use crate::stats::{Result, chi_squared};

/// How many runs in all would decide an undecided claim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunsNeeded {
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
pub struct Outlook {
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
    pub process: Option<Decidable>,
}

/// Whether any number of runs can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decidable {
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
pub fn outlook(reading: &Reading, band: &Band, alpha: f64) -> Result<Outlook> {
    let mut outlook = Outlook {
        sd: reading.printed_sd,
        printed_80: None,
        printed_90: None,
        process_80: None,
        process_90: None,
        smallest_process_tolerance: None,
        tolerance_for_80: None,
        process: None,
    };
    let tolerance = band.high.min(-band.low);
    let two_sided = band.high.is_finite() && band.low.is_finite();
    let goal = if two_sided {
        Goal::Reproduced
    } else {
        Goal::NotWorse
    };
    if let (Some(sd), true) = (reading.printed_sd, tolerance.is_finite() && tolerance > 0.0)
        && sd > 0.0
    {
        let case = Scenario {
            sd,
            tolerance,
            difference: 0.0,
        };
        outlook.printed_80 = runs_against_printed(goal, &case, alpha, 0.8)?;
        outlook.printed_90 = runs_against_printed(goal, &case, alpha, 0.9)?;
    }
    let Spread::Known {
        sd: Some(sd),
        runs: Some(n),
        ..
    } = reading.spread
    else {
        return Ok(outlook);
    };
    let reported = ReportedSpread { n: n as usize, sd };
    let effective = tolerance - reading.half_unit;
    let limit = smallest_decidable_tolerance(&reported, alpha)? + reading.half_unit;
    outlook.smallest_process_tolerance = Some(limit);
    let ever = if tolerance > limit {
        Decidable::Yes
    } else {
        Decidable::Never
    };
    outlook.process = Some(ever);
    if sd > 0.0 {
        outlook.tolerance_for_80 =
            Some(tolerance_for_power(&reported, alpha, 0.8)? + reading.half_unit);
        if ever == Decidable::Yes && two_sided {
            let case = Scenario {
                sd,
                tolerance: effective,
                difference: 0.0,
            };
            outlook.process_80 = runs_against_process(&case, &reported, alpha, 0.8)?;
            outlook.process_90 = runs_against_process(&case, &reported, alpha, 0.9)?;
        }
    }
    Ok(outlook)
}

/// The factor by which a standard deviation from `df` degrees of freedom may be too small, at 80 %
/// confidence.
///
/// # Errors
/// Degrees of freedom out of range.
pub fn sd_upper_factor(df: f64) -> Result<f64> {
    Ok((df / chi_squared::quantile(0.2, df)?).sqrt())
}
