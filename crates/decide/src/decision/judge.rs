//! The rule at one look: two intervals, one table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reported::{EquivalenceMargin, Interpretation, Uncertainty};
use crate::sample::RerunSummary;
use reprove_stats::equivalence::{minimum_effect, tost};
use reprove_stats::t_tests::combine_standard_errors;
use reprove_stats::{Estimate, Interval, Result, students_t};

/// What is said of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The difference lies inside the tolerance, at the stated error rate.
    Reproduced,
    /// The difference lies outside the tolerance, at the stated error rate.
    NotReproduced,
    /// Neither can be said.
    Inconclusive,
}

/// What the reruns are compared with.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The true mean of the original procedure: both sides' noise counts.
    Process,
    /// The printed number: the rerun's noise alone counts.
    Printed,
}

/// The error level of one look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Level {
    /// Quantiles of t at this one-sided level.
    Nominal(f64),
    /// A confidence sequence, valid at every number of runs.
    Anytime {
        /// Its one-sided error.
        alpha: f64,
        /// Its multiplier at this number of runs; infinite before its start.
        multiplier: f64,
        /// The multiplier of the sequence with half the error, for sums of two intervals.
        halved: f64,
    },
}

/// The interval of the difference for either target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intervals {
    /// With the rerun's noise alone.
    pub printed: Interval,
    /// With both sides' noise.
    pub process: Interval,
}

impl Intervals {
    /// The interval of a target.
    pub fn of(&self, target: Target) -> Interval {
        match target {
            Target::Process => self.process,
            Target::Printed => self.printed,
        }
    }

    /// The smallest intervals that hold both: a verdict from them is one that both give.
    pub fn union(&self, other: &Self) -> Self {
        Self {
            printed: self.printed.union(&other.printed),
            process: self.process.union(&other.process),
        }
    }
}

/// A difference of rerun and interpretation with standard errors, degrees of freedom for either target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Rerun minus printed value.
    pub difference: f64,
    /// Standard error and degrees of freedom of the rerun alone.
    pub printed: (f64, f64),
    /// The same with the reported side's noise.
    pub process: (f64, f64),
    /// Standard error and degrees of freedom of the reported side.
    pub reported: (f64, f64),
}

impl Comparison {
    /// Sets the reruns against a interpretation; `None` with fewer than two values of an arm.
    ///
    /// # Errors
    /// Numbers that overflow.
    pub fn new(rerun: &RerunSummary, interpretation: &Interpretation) -> Result<Option<Self>> {
        let (Some(mean), Some(noise)) = (rerun.mean, rerun.noise) else {
            return Ok(None);
        };
        let printed = (noise.standard_error, noise.df);
        let reported = match interpretation.spread {
            Uncertainty::Exact => (0.0, noise.df),
            // One seed varies at least as much as reported: an honest noisy report is not refuted
            // because its reruns happen to vary less.
            Uncertainty::Unknown { runs, sd } => {
                let sd = noise.sd.max(sd.unwrap_or(0.0));
                (sd / f64::from(runs).sqrt(), noise.df)
            }
            Uncertainty::Known {
                standard_error, df, ..
            } => (standard_error, df),
        };
        let process = match interpretation.spread {
            Uncertainty::Exact => printed,
            Uncertainty::Unknown { .. } => (printed.0.hypot(reported.0), noise.df),
            Uncertainty::Known { .. } if printed.0 == 0.0 && reported.0 == 0.0 => printed,
            Uncertainty::Known { runs, .. } => {
                let (se, df) = combine_standard_errors(&[printed, reported])?;
                // Two reported runs: Welch's degrees of freedom are too many there (measured).
                (se, if runs == Some(2) { 1.0 } else { df })
            }
        };
        Ok(Some(Self {
            difference: interpretation.difference(mean),
            printed,
            process,
            reported,
        }))
    }

    /// Standard error and degrees of freedom for a target.
    pub fn error(&self, target: Target) -> (f64, f64) {
        match target {
            Target::Process => self.process,
            Target::Printed => self.printed,
        }
    }

    /// The difference with the noise of a target.
    ///
    /// # Errors
    /// Numbers that overflow.
    fn estimate(&self, target: Target) -> Result<Estimate> {
        let (standard_error, df) = self.error(target);
        Estimate::new(self.difference, standard_error, df)
    }

    /// The t intervals at a level.
    ///
    /// # Errors
    /// A level outside (0, 1).
    pub fn intervals(&self, level: Level) -> Result<Intervals> {
        let interval = |target: Target| -> Result<Interval> {
            let estimate = self.estimate(target)?;
            if estimate.standard_error() == 0.0 {
                return Ok(Interval::around(self.difference, 0.0));
            }
            match (level, target) {
                (Level::Nominal(alpha), _) => estimate.interval_with_tails(alpha),
                (Level::Anytime { multiplier, .. }, Target::Printed) => {
                    Ok(estimate.interval_with(multiplier))
                }
                (Level::Anytime { multiplier, .. }, Target::Process) if self.reported.0 == 0.0 => {
                    Ok(estimate.interval_with(multiplier))
                }
                (Level::Anytime { alpha, halved, .. }, Target::Process) => {
                    let reported = students_t::isf(alpha / 2.0, self.reported.1)?;
                    let half = halved * self.printed.0 + reported * self.reported.0;
                    Ok(Interval::around(self.difference, half))
                }
            }
        };
        Ok(Intervals {
            printed: interval(Target::Printed)?,
            process: interval(Target::Process)?,
        })
    }
}

/// The verdict of one look, from the intervals of the difference.
///
/// With `d` inside meaning strictly between the ends, and `h` half a unit of the last printed digit:
///
/// | target  | interval                                        | verdict        |
/// |---------|-------------------------------------------------|----------------|
/// | printed | rerun's interval inside (low, high)             | reproduced     |
/// | process | both sides' interval inside (low + h, high - h) | reproduced     |
/// | either  | both sides' interval below low - h              | not reproduced |
/// | either  | both sides' interval above high + h             | not reproduced |
/// | either  | anything else                                   | inconclusive   |
///
/// An accusation always includes the reported side's own noise, so that an honest lucky seed is not
/// called irreproducible. A one-sided band has an infinite end, which nothing lies beyond.
pub fn judge(
    intervals: &Intervals,
    target: Target,
    band: &EquivalenceMargin,
    half_unit: f64,
) -> Verdict {
    let (own, margin) = match target {
        Target::Process => (intervals.process, half_unit),
        Target::Printed => (intervals.printed, 0.0),
    };
    if own.lo > band.low + margin && own.hi < band.high - margin {
        return Verdict::Reproduced;
    }
    let both = intervals.process;
    if both.hi < band.low - half_unit || both.lo > band.high + half_unit {
        return Verdict::NotReproduced;
    }
    Verdict::Inconclusive
}

/// The verdict where every run gave the same value, so that there is no noise to speak of.
///
/// The comparison is exact up to the printed digits; the ends count as inside.
pub fn judge_identical(
    difference: f64,
    band: &EquivalenceMargin,
    half_unit: f64,
    scale: f64,
) -> Verdict {
    // Decimal numbers are not exact in binary: 90.4 - 90.3 is a little more than 0.1.
    let slack = half_unit + 4.0 * f64::EPSILON * scale.abs();
    if difference >= band.low - slack && difference <= band.high + slack {
        Verdict::Reproduced
    } else {
        Verdict::NotReproduced
    }
}

/// p-values of the two statements, for display and for correction over many claims.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PValues {
    /// Statistic and p-value of the TOST: small when reproduced.
    pub inside: (f64, f64),
    /// Statistic and p-value of the minimum-effect test: small when not reproduced.
    pub outside: (f64, f64),
}

/// The tests of both statements for a target; `None` without noise.
///
/// The tests are [`tost`] and [`minimum_effect`] with the bounds of [`judge`].
///
/// # Errors
/// Numbers that overflow.
pub fn p_values(
    comparison: &Comparison,
    target: Target,
    band: &EquivalenceMargin,
    half_unit: f64,
) -> Result<Option<PValues>> {
    let (own, both) = (
        comparison.estimate(target)?,
        comparison.estimate(Target::Process)?,
    );
    if own.standard_error() == 0.0 || both.standard_error() == 0.0 {
        return Ok(None);
    }
    let margin = match target {
        Target::Process => half_unit,
        Target::Printed => 0.0,
    };
    let inside = tost(&own, band.low + margin, band.high - margin)?;
    let outside = minimum_effect(&both, band.low - half_unit, band.high + half_unit)?;
    Ok(Some(PValues {
        inside: (inside.statistic(), inside.p()),
        outside: (outside.statistic(), outside.p()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAND: EquivalenceMargin = EquivalenceMargin {
        low: -1.0,
        high: 1.0,
    };

    fn at(printed: (f64, f64), process: (f64, f64)) -> Intervals {
        let interval = |(lo, hi)| Interval { lo, hi };
        Intervals {
            printed: interval(printed),
            process: interval(process),
        }
    }

    #[test]
    fn printed_inside_is_reproduced() {
        let intervals = at((-0.99, 0.5), (-2.0, 2.0));
        assert_eq!(
            judge(&intervals, Target::Printed, &BAND, 0.05),
            Verdict::Reproduced
        );
        assert_eq!(
            judge(&intervals, Target::Process, &BAND, 0.05),
            Verdict::Inconclusive
        );
    }

    #[test]
    fn process_inside_needs_half_a_digit_more() {
        let intervals = at((0.0, 0.1), (-0.96, 0.5));
        assert_eq!(
            judge(&intervals, Target::Process, &BAND, 0.05),
            Verdict::Inconclusive
        );
        assert_eq!(
            judge(&intervals, Target::Process, &BAND, 0.03),
            Verdict::Reproduced
        );
    }

    #[test]
    fn below_or_above_is_not_reproduced_on_both_sides_noise() {
        for target in [Target::Printed, Target::Process] {
            let below = at((-2.0, -1.5), (-3.0, -1.06));
            assert_eq!(judge(&below, target, &BAND, 0.05), Verdict::NotReproduced);
            let above = at((1.5, 2.0), (1.06, 3.0));
            assert_eq!(judge(&above, target, &BAND, 0.05), Verdict::NotReproduced);
            let lucky = at((1.5, 2.0), (0.5, 3.0));
            assert_eq!(judge(&lucky, target, &BAND, 0.05), Verdict::Inconclusive);
            let rounding = at((1.5, 2.0), (1.04, 3.0));
            assert_eq!(judge(&rounding, target, &BAND, 0.05), Verdict::Inconclusive);
        }
    }

    #[test]
    fn anything_else_is_inconclusive() {
        let touching = at((-1.0, 0.5), (-1.0, 0.5));
        assert_eq!(
            judge(&touching, Target::Printed, &BAND, 0.0),
            Verdict::Inconclusive
        );
        let endless = at(
            (f64::NEG_INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, f64::INFINITY),
        );
        let not_worse = EquivalenceMargin {
            low: -1.0,
            high: f64::INFINITY,
        };
        assert_eq!(
            judge(&endless, Target::Printed, &not_worse, 0.0),
            Verdict::Inconclusive
        );
    }

    #[test]
    fn one_sided_bands_have_no_other_side() {
        let not_worse = EquivalenceMargin {
            low: -1.0,
            high: f64::INFINITY,
        };
        let better = at((5.0, 9.0), (5.0, 9.0));
        assert_eq!(
            judge(&better, Target::Process, &not_worse, 0.1),
            Verdict::Reproduced
        );
        let worse = at((-9.0, -5.0), (-9.0, -5.0));
        assert_eq!(
            judge(&worse, Target::Process, &not_worse, 0.1),
            Verdict::NotReproduced
        );
    }

    #[test]
    fn identical_runs_compare_exactly_up_to_the_print() {
        let tenth = EquivalenceMargin {
            low: -0.1,
            high: 0.1,
        };
        let judge = |d, h| judge_identical(d, &tenth, h, 90.4);
        assert_eq!(judge(90.4 - 90.3, 0.0), Verdict::Reproduced);
        assert_eq!(judge(0.14, 0.05), Verdict::Reproduced);
        assert_eq!(judge(0.16, 0.05), Verdict::NotReproduced);
    }
}
