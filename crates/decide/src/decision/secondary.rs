//! What is shown beside a verdict and never decides: effect sizes, prediction intervals, ranks,
//! how many runs are needed.

use super::analysis_plan::{AnalysisPlan, Schedule};
use super::judge::{Comparison, Target};
use crate::power_analysis::{Decidability, RunsRequired, analyze_power, sd_upper_factor};
use crate::reported::Uncertainty;
use crate::sample::RerunSummary;
use reprove_model::manifest::ReportedForm;
use reprove_stats::{Interval, Result, students_t};

/// Runs up to which an undecided claim is projected.
const PROJECTION_LIMIT: usize = 10_000;

/// A measure that is shown and never decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its interval, when it has one.
    pub interval: Option<Interval>,
    /// What the interval is about.
    pub about: IntervalKind,
}

/// What the interval of a measure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalKind {
    /// The measure itself.
    Estimate,
    /// Values to come: the measure is one that was seen, and may lie outside.
    Prediction,
}

impl Measure {
    pub(super) fn new(name: impl Into<String>, value: f64, interval: Option<Interval>) -> Self {
        Self {
            name: name.into(),
            value,
            interval,
            about: IntervalKind::Estimate,
        }
    }

    /// A value that was seen, with the interval of such values to come.
    fn prediction(name: &str, value: f64, interval: Interval) -> Self {
        Self {
            about: IntervalKind::Prediction,
            ..Self::new(name, value, Some(interval))
        }
    }
}

impl AnalysisPlan {
    /// Effect sizes, the prediction interval (Patil, Peng and Leek 2016) and the measures that support.
    pub(super) fn secondary(
        &self,
        rerun: &RerunSummary,
        comparison: Option<&Comparison>,
        n: usize,
    ) -> Result<Vec<Measure>> {
        let mut measures = self.counts(rerun)?;
        if let (Some(mean), [_]) = (rerun.mean, rerun.first.as_slice()) {
            measures.extend(self.single_run(mean)?);
        }
        let is_best = matches!(self.form, Some(ReportedForm::Best { .. }));
        let (Some(comparison), Some(noise)) = (comparison.filter(|_| !is_best), rerun.noise) else {
            return Ok(measures);
        };
        if noise.is_zero() {
            return Ok(measures);
        }
        let in_sd = comparison.difference / noise.sd;
        measures.push(Measure::new(
            "difference in rerun standard deviations",
            in_sd,
            None,
        ));
        measures.extend(self.prediction(comparison, n)?);
        measures.extend(self.supporting_measures(rerun, comparison)?);
        Ok(measures)
    }

    /// Where the difference lies if the reruns are further runs of the original process.
    fn prediction(&self, comparison: &Comparison, n: usize) -> Result<Option<Measure>> {
        let (se, df) = match self.interpretations[0].spread {
            Uncertainty::Known {
                sd: Some(sd), df, ..
            } => ((sd / (n as f64).sqrt()).hypot(comparison.reported.0), df),
            Uncertainty::Unknown { .. } => comparison.process,
            Uncertainty::Exact | Uncertainty::Known { sd: None, .. } => return Ok(None),
        };
        let half = students_t::isf(0.025, df)? * se;
        Ok(Some(Measure::prediction(
            "difference to expect of further runs of the same process (95 % prediction interval)",
            comparison.difference,
            Interval::around(0.0, half),
        )))
    }

    /// One run against a reported spread: the prediction interval if both vary alike. It cannot show
    /// that they do, so that no verdict rests on it.
    fn single_run(&self, mean: f64) -> Result<Option<Measure>> {
        let interpretation = &self.interpretations[0];
        let Some((sd, n)) = interpretation.spread.of_runs() else {
            return Ok(None);
        };
        if n < 2 || sd == 0.0 {
            return Ok(None);
        }
        let n = f64::from(n);
        let half = students_t::isf(0.025, n - 1.0)? * sd * (1.0 + 1.0 / n).sqrt();
        Ok(Some(Measure::prediction(
            "difference to expect of one further run, equal spread assumed (95 % prediction interval)",
            interpretation.difference(mean),
            Interval::around(0.0, half),
        )))
    }

    /// The factor of the standard error of a mean over `n` observations that their overlap makes: 1 for
    /// independent runs.
    pub(super) fn overlap(&self, n: usize) -> f64 {
        self.resampling.map_or(1.0, |overlap| overlap.factor(n))
    }

    /// How many runs would decide an undecided claim.
    pub(super) fn runs_needed(&self, rerun: &RerunSummary) -> Result<Option<RunsRequired>> {
        let special = matches!(self.form, Some(ReportedForm::Best { .. }));
        let (Some(mean), Some(noise)) = (rerun.mean, rerun.noise.filter(|_| !special)) else {
            return Ok(None);
        };
        let limit = analyze_power(&self.interpretations[0], &self.margin, self.alpha)?;
        if self.target == Target::Process && limit.process == Some(Decidability::Never) {
            return Ok(None);
        }
        let d = self.interpretations[0].difference(mean);
        let cautious = noise.sd * sd_upper_factor(noise.df)?;
        let width = self.margin.high.min(-self.margin.low);
        let mut needed = RunsRequired {
            projected: self.projected(d, noise.sd, rerun.n())?,
            cautious: self.projected(d, cautious, rerun.n())?,
            planned: None,
            planned_here: None,
            limit: PROJECTION_LIMIT,
        };
        // The power of a design is known for independent runs alone.
        let is_planned = width.is_finite() && width > 0.0 && self.resampling.is_none();
        if noise.is_zero() || !is_planned {
            return Ok(Some(needed));
        }
        needed.planned = self.planned(noise.sd, width)?;
        let inside = d > self.margin.low && d < self.margin.high;
        if inside {
            needed.planned_here =
                self.planned(noise.sd, (self.margin.high - d).min(d - self.margin.low))?;
        }
        Ok(Some(needed))
    }

    fn planned(&self, sd: f64, width: f64) -> Result<Option<usize>> {
        let interpretation = crate::reported::Interpretation {
            printed_sd: Some(sd),
            ..self.interpretations[0].clone()
        };
        let margin = crate::reported::EquivalenceMargin {
            low: if self.margin.low.is_finite() {
                -width
            } else {
                self.margin.low
            },
            high: if self.margin.high.is_finite() {
                width
            } else {
                self.margin.high
            },
        };
        let power = analyze_power(&interpretation, &margin, self.alpha)?;
        Ok(match self.target {
            Target::Printed => power.printed_80,
            Target::Process => power.process_80,
        })
    }

    /// The fewest runs at which the interval would lie on one side, if mean and sd stayed so.
    fn projected(&self, d: f64, sd: f64, n: usize) -> Result<Option<usize>> {
        let decided = |total: usize| -> Result<bool> {
            let level = match &self.schedule {
                Schedule::Sequential(looks) => match looks.iter().find(|look| look.n == total) {
                    Some(look) => look.level,
                    None => looks.last().map_or(self.alpha, |look| look.level),
                },
                Schedule::Fixed | Schedule::OpenEnded(_) => {
                    self.schedule.last_level(self.alpha, total)?
                }
            };
            let interpretation = &self.interpretations[0];
            let t = students_t::isf(level, total as f64 - 1.0)?;
            let own = sd * self.overlap(total) / (total as f64).sqrt();
            let reported = match interpretation.spread {
                Uncertainty::Known { standard_error, .. } => standard_error,
                Uncertainty::Unknown { runs, sd: reported } => {
                    sd.max(reported.unwrap_or(0.0)) / f64::from(runs).sqrt()
                }
                Uncertainty::Exact => 0.0,
            };
            let both = t * own.hypot(reported) + interpretation.half_unit;
            let mine = if self.target == Target::Process {
                both
            } else {
                t * own
            };
            let inside = d - mine > self.margin.low && d + mine < self.margin.high;
            let outside = d + both < self.margin.low || d - both > self.margin.high;
            Ok(inside || outside)
        };
        let mut total = (n + 1).max(self.min_runs);
        while total < PROJECTION_LIMIT {
            if decided(total)? {
                return Ok(Some(total));
            }
            // Past a hundred runs the exact number does not matter.
            total += (total / 100).max(1);
        }
        Ok(None)
    }
}
