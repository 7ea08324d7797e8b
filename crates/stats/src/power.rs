//! Power: the chance of a verdict, the runs that it needs, and the tolerance that no number of runs
//! can decide.
//!
//! All probabilities are exact for normal data: with `U = s / σ` the verdict given `U` is a normal
//! probability, and one integral over the density of `U` remains. Formulas: Owen (1965), Phillips
//! (1990), written as that integral because Owen's difference of Q functions cancels.
//!
//! ```
//! use reprove_stats::power::{Goal, Scenario, against_printed, runs_against_printed};
//! use reprove_stats::students_t;
//!
//! let case = Scenario { sd: 0.5, tolerance: 1.0, difference: 0.0 };
//! // Numerical integration with SciPy 1.17.
//! let t = students_t::isf(0.05, 4.0)?;
//! let power = against_printed(Goal::Reproduced, 5, &case, t)?;
//! assert!((power - 0.949_956_852_359_157_1).abs() < 1e-10);
//! assert_eq!(runs_against_printed(Goal::Reproduced, &case, 0.05, 0.9)?, Some(5));
//! # Ok::<(), reprove_stats::StatsError>(())
//! ```

use super::dist::root::increasing_root;
use super::dist::{noncentral_t, normal, students_t};
use super::error::{Result, StatsError, finite, non_negative, open_unit, positive};
use super::sample::power_of_two_near;
use super::special::quadrature::SpreadRatio;

/// A true state of affairs and the tolerance that it is judged by, all in units of the metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scenario {
    /// Standard deviation of one rerun, above 0.
    pub sd: f64,
    /// Half-width of the margin, above 0.
    pub tolerance: f64,
    /// True difference from the target.
    pub difference: f64,
}

impl Scenario {
    fn check(&self) -> Result<()> {
        positive("sd", self.sd)?;
        positive("tolerance", self.tolerance)?;
        finite("difference", self.difference)?;
        Ok(())
    }
}

/// Verdicts whose probability can be planned against an exact target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The interval inside the margin.
    Reproduced,
    /// The interval outside the margin, on either side.
    NotReproduced,
    /// The lower end above the lower bound only (higher is better).
    NotWorse,
}

/// The largest number of runs that a search for the needed number looks at.
pub const MOST_RUNS: usize = 1_000_000;

fn degrees(runs: usize) -> Result<f64> {
    if runs < 2 {
        return Err(StatsError::TooFew {
            what: "a planned interval",
            needed: 2,
            found: runs,
        });
    }
    Ok(runs as f64 - 1.0)
}

/// The chance of `goal` with `runs` reruns against the printed number as an exact target.
///
/// `multiplier` is that of the standard error: a t quantile, or that of the last look of a
/// sequential plan (then the result is a lower bound).
///
/// # Errors
/// Fewer than two runs, or a scenario out of range.
pub fn against_printed(goal: Goal, runs: usize, case: &Scenario, multiplier: f64) -> Result<f64> {
    case.check()?;
    non_negative("multiplier", multiplier)?;
    let df = degrees(runs)?;
    let per_sd = (runs as f64).sqrt() / case.sd;
    let to_upper = (case.tolerance - case.difference) * per_sd;
    let to_lower = (-case.tolerance - case.difference) * per_sd;
    let c = multiplier;
    let ratio = SpreadRatio::new(df)?;
    // Where the normal factors change, as points of u.
    let breaks: Vec<f64> = [-6.0, -2.0, 0.0, 2.0, 6.0]
        .iter()
        .flat_map(|z| [(to_upper.abs() + z) / c, (to_lower.abs() + z) / c])
        .collect();
    let chance = match goal {
        Goal::NotWorse => noncentral_t::sf(c, df, -to_lower)?,
        Goal::Reproduced => {
            let widest = case.tolerance * per_sd / c;
            ratio.expect_below(widest, &breaks, |u| {
                normal::between(to_lower + c * u, to_upper - c * u)
            })
        }
        Goal::NotReproduced => ratio.expect_below(f64::INFINITY, &breaks, |u| {
            normal::sf(to_upper + c * u) + normal::cdf(to_lower - c * u)
        }),
    };
    Ok(chance.clamp(0.0, 1.0))
}

/// The reported side of a comparison with the original process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReportedSpread {
    /// Number of reported seeds, at least 2.
    pub n: usize,
    /// Their printed standard deviation, above 0.
    pub sd: f64,
}

impl ReportedSpread {
    fn standard_error(&self) -> Result<f64> {
        positive("reported sd", self.sd)?;
        degrees(self.n)?;
        Ok(self.sd / (self.n as f64).sqrt())
    }
}

/// The chance that the Welch interval lies inside the margin, both sides' noise included, at the
/// one-sided `level` (that of the last look, when sequential). Absolute error below 1e-4: the
/// integrand has a kink where the interval leaves no room.
///
/// # Errors
/// Fewer than two runs on a side, or a number out of range.
pub fn against_process(
    runs: usize,
    case: &Scenario,
    reported: &ReportedSpread,
    level: f64,
) -> Result<f64> {
    case.check()?;
    open_unit("level", level)?;
    let (df, reported_se) = (degrees(runs)?, reported.standard_error()?);
    // Squares are taken in units of a power of two, so that none vanishes or overflows.
    let unit = power_of_two_near([case.sd, reported_se]);
    let case = Scenario {
        sd: case.sd / unit,
        tolerance: case.tolerance / unit,
        difference: case.difference / unit,
    };
    let reported_variance = (reported_se / unit).powi(2);
    let rerun_variance = case.sd * case.sd / runs as f64;
    let room = |u: f64| -> Result<f64> {
        let v = rerun_variance * u * u;
        let total = v + reported_variance;
        let spread = v * v / df + reported_variance * reported_variance / (reported.n as f64 - 1.0);
        let t = students_t::isf(level, total * total / spread)?;
        Ok(case.tolerance - t * total.sqrt())
    };
    let sd = (rerun_variance + reported_variance).sqrt();
    let chance = SpreadRatio::new(df)?.expect_coarse(|u| {
        let room = room(u)?;
        Ok(normal::between(
            (-room - case.difference) / sd,
            (room - case.difference) / sd,
        )
        .max(0.0))
    })?;
    Ok(chance.clamp(0.0, 1.0))
}

/// The fewest runs, at least 2, whose chance reaches `power`; none up to [`MOST_RUNS`].
///
/// `chance(m)` must not fall with `m`; doubling, then bisection.
///
/// # Errors
/// Those of `chance`, or a power that is not strictly between 0 and 1.
pub fn fewest_runs(power: f64, chance: impl Fn(usize) -> Result<f64>) -> Result<Option<usize>> {
    open_unit("power", power)?;
    let mut enough = 2;
    let mut too_few = 1;
    while chance(enough)? < power {
        if enough == MOST_RUNS {
            return Ok(None);
        }
        too_few = enough;
        enough = (enough * 2).min(MOST_RUNS);
    }
    while enough - too_few > 1 {
        let middle = usize::midpoint(too_few, enough);
        if chance(middle)? < power {
            too_few = middle;
        } else {
            enough = middle;
        }
    }
    Ok(Some(enough))
}

/// The fewest runs for `goal` against the printed number at fixed one-sided level `alpha`.
///
/// # Errors
/// As [`against_printed`].
pub fn runs_against_printed(
    goal: Goal,
    case: &Scenario,
    alpha: f64,
    power: f64,
) -> Result<Option<usize>> {
    fewest_runs(power, |runs| {
        let t = students_t::isf(alpha, degrees(runs)?)?;
        against_printed(goal, runs, case, t)
    })
}

/// The fewest runs for an interval inside the margin against the original process at fixed
/// one-sided level `alpha`; none when no number suffices.
///
/// # Errors
/// As [`against_process`].
pub fn runs_against_process(
    case: &Scenario,
    reported: &ReportedSpread,
    alpha: f64,
    power: f64,
) -> Result<Option<usize>> {
    // The chance has a limit below 1, which is cheap to ask first.
    if against_process_limit(case, reported, alpha)? <= power {
        return Ok(None);
    }
    fewest_runs(power, |runs| against_process(runs, case, reported, alpha))
}

/// The chance against the original process with endless reruns: that of a one-sample interval of
/// the reported seeds alone.
///
/// # Errors
/// A number out of range.
pub fn against_process_limit(
    case: &Scenario,
    reported: &ReportedSpread,
    alpha: f64,
) -> Result<f64> {
    case.check()?;
    // The printed sd is known, so that only the noise of the reported mean is left.
    let se = reported.standard_error()?;
    let t = students_t::isf(alpha, reported.n as f64 - 1.0)?;
    let room = case.tolerance - t * se;
    if room <= 0.0 {
        return Ok(0.0);
    }
    Ok(normal::between(
        (-room - case.difference) / se,
        (room - case.difference) / se,
    ))
}

/// The tolerance at or below which no number of reruns can show agreement with the original
/// process: `t(1 - alpha, n - 1) · sd / sqrt(n)` of the reported seeds.
///
/// # Errors
/// Fewer than two reported seeds, or an sd that is negative or not finite.
pub fn smallest_decidable_tolerance(reported: &ReportedSpread, alpha: f64) -> Result<f64> {
    non_negative("reported sd", reported.sd)?;
    let t = students_t::isf(alpha, degrees(reported.n)?)?;
    Ok(t * reported.sd / (reported.n as f64).sqrt())
}

/// The smallest tolerance that endless reruns of an equal process meet with chance `power` when
/// the reported sd is itself random: the one-sample plan of the reported seeds.
///
/// # Errors
/// Numbers out of range, or no convergence.
pub fn tolerance_for_power(reported: &ReportedSpread, alpha: f64, power: f64) -> Result<f64> {
    open_unit("power", power)?;
    positive("reported sd", reported.sd)?;
    let t = students_t::isf(alpha, degrees(reported.n)?)?;
    let chance = |tolerance: f64| -> Result<f64> {
        let case = Scenario {
            sd: reported.sd,
            tolerance,
            difference: 0.0,
        };
        Ok(against_printed(Goal::Reproduced, reported.n, &case, t)? - power)
    };
    let mut hi = reported.sd;
    while chance(hi)? < 0.0 {
        hi *= 2.0;
    }
    increasing_root("tolerance for a power", (hi * 1e-6, hi), chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(sd: f64, difference: f64) -> Scenario {
        Scenario {
            sd,
            tolerance: 1.0,
            difference,
        }
    }

    /// Seeds for 80 and 90 % (printed, alpha 0.05), measured for the design by an independent
    /// program: sd/tol, no difference 80/90, half a tolerance 80/90, not worse 80/90, refuted at
    /// two tolerances 80.
    #[test]
    fn runs_needed_match_the_design_table() {
        let table = [
            (0.5, [4, 5], [8, 11], [4, 4], 4),
            (1.0, [11, 13], [27, 36], [8, 11], 8),
            (2.0, [36, 45], [101, 139], [27, 36], 27),
            (3.0, [79, 99], [224, 310], [58, 79], 58),
        ];
        for (sd, none, half, worse, refuted) in table {
            let runs = |goal, difference, power| {
                runs_against_printed(goal, &case(sd, difference), 0.05, power).unwrap()
            };
            for (i, power) in [0.8, 0.9].into_iter().enumerate() {
                assert_eq!(runs(Goal::Reproduced, 0.0, power), Some(none[i]), "{sd}");
                assert_eq!(runs(Goal::Reproduced, 0.5, power), Some(half[i]), "{sd}");
                assert_eq!(runs(Goal::NotWorse, 0.0, power), Some(worse[i]), "{sd}");
            }
            assert_eq!(runs(Goal::NotReproduced, 2.0, 0.8), Some(refuted), "{sd}");
        }
    }

    #[test]
    fn error_at_the_boundary_is_below_alpha() {
        for runs in [2, 3, 10, 100] {
            let t = students_t::isf(0.05, runs as f64 - 1.0).unwrap();
            for sd in [0.05, 0.5, 2.0] {
                let chance = |goal| against_printed(goal, runs, &case(sd, 1.0), t).unwrap();
                assert!(chance(Goal::Reproduced) <= 0.05 + 1e-12, "{runs} {sd}");
                // Crossing the far bound adds a little where the noise is wider than the margin.
                let slack = if sd > 1.0 { 0.005 } else { 1e-4 };
                assert!(chance(Goal::NotReproduced) <= 0.05 + slack, "{runs} {sd}");
            }
        }
    }

    #[test]
    fn what_cannot_be_decided_needs_no_number() {
        let reported = ReportedSpread { n: 3, sd: 0.8 };
        assert!(smallest_decidable_tolerance(&reported, 0.05).unwrap() > 1.0);
        assert_eq!(
            runs_against_process(&case(0.5, 0.0), &reported, 0.05, 0.8).unwrap(),
            None
        );
        let good = ReportedSpread { n: 20, sd: 0.5 };
        assert!(
            runs_against_process(&case(0.5, 0.0), &good, 0.05, 0.8)
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn tolerances_for_power_match_the_design_table() {
        for (n, expected) in [
            (2, 6.31),
            (3, 2.66),
            (5, 1.60),
            (10, 1.00),
            (30, 0.547),
            (100, 0.295),
        ] {
            let found = tolerance_for_power(&ReportedSpread { n, sd: 1.0 }, 0.05, 0.8).unwrap();
            assert!((found / expected - 1.0).abs() < 0.006, "{n}: {found}");
        }
    }

    #[test]
    fn nonsense_is_an_error() {
        assert!(against_printed(Goal::Reproduced, 1, &case(1.0, 0.0), 2.0).is_err());
        assert!(against_printed(Goal::Reproduced, 5, &case(0.0, 0.0), 2.0).is_err());
        assert!(fewest_runs(1.0, |_| Ok(0.5)).is_err());
        assert_eq!(fewest_runs(0.8, |_| Ok(0.5)).unwrap(), None);
    }
}
