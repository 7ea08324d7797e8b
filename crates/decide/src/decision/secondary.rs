//! What is shown beside a verdict and never decides: effect sizes, prediction intervals, ranks,
//! how many runs are needed, and warnings.

use super::analysis_plan::{AnalysisPlan, Schedule};
use super::flag::Flag;
use super::judge::{Comparison, Target};
use super::look::SequentialResult;
use super::reason::ReasonClass;
use crate::power_analysis::{Decidability, RunsRequired, analyze_power, sd_upper_factor};
use crate::reported::Uncertainty;
use crate::sample::{Observation, RerunSummary, Runs, SeedRun};
use reprove_model::manifest::{Criterion, ReportedForm};
use reprove_model::seeds::RunSeed;
use reprove_stats::checks::{Granularity, grim, spread_test};
use reprove_stats::{Interval, Result, Sample, Summary, best_of, students_t};

/// Runs up to which an undecided claim is projected.
const PROJECTION_LIMIT: usize = 10_000;

/// The error below which a spread or a lucky value is flagged.
const FLAG_LEVEL: f64 = 0.05;

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
            mean - interpretation.value,
            Interval::around(0.0, half),
        )))
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
        let d = mean - self.interpretations[0].value;
        let cautious = noise.sd * sd_upper_factor(noise.df)?;
        let width = self.margin.high.min(-self.margin.low);
        let mut needed = RunsRequired {
            projected: self.projected(d, noise.sd, rerun.n())?,
            cautious: self.projected(d, cautious, rerun.n())?,
            planned: None,
            planned_here: None,
            limit: PROJECTION_LIMIT,
        };
        if noise.is_zero() || !(width.is_finite() && width > 0.0) {
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
            let own = sd / (total as f64).sqrt();
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
        let mut total = (n + 1).max(2);
        while total < PROJECTION_LIMIT {
            if decided(total)? {
                return Ok(Some(total));
            }
            // Past a hundred runs the exact number does not matter.
            total += (total / 100).max(1);
        }
        Ok(None)
    }

    /// The warnings.
    pub(super) fn flags(
        &self,
        settled: &SequentialResult,
        rerun: &RerunSummary,
        used: &Runs,
    ) -> Result<Vec<Flag>> {
        let mut flags = self.flags_of_reported()?;
        if self.determinism.is_some() {
            flags.push(Flag::DeterminismAsserted);
        }
        let tally = used.tally(self.failure);
        if tally.lost() > 0 {
            flags.push(Flag::Lost {
                lost: tally.lost(),
                runs: tally.finished,
            });
        }
        if self.schedule == Schedule::Fixed && self.max_runs.is_none() && used.len() > 1 {
            flags.push(Flag::SingleLook);
        }
        let Some(noise) = rerun.noise else {
            return Ok(flags);
        };
        if noise.is_at_floor() {
            flags.push(Flag::ResolutionFloor { sd: noise.sd });
        }
        if noise.is_zero() || noise.measured_sd == 0.0 {
            flags.push(Flag::Identical {
                runs: settled.n,
                seeds: distinct_seeds(used),
            });
            return Ok(flags);
        }
        // Numbers that may be in another unit say nothing of what was reported.
        let is_comparable = settled.reason.code().class() != ReasonClass::Units;
        if is_comparable && rerun.second.is_none() && rerun.first.len() >= 2 {
            let reruns = Sample::new(rerun.first.clone())?;
            self.flag_against_reported(&reruns, &mut flags)?;
        }
        Ok(flags)
    }

    fn flag_against_reported(&self, reruns: &Sample, flags: &mut Vec<Flag>) -> Result<()> {
        let summary = reruns.summary()?;
        let interpretation = &self.interpretations[0];
        if let Some((sd, n)) = interpretation.spread.of_runs() {
            if sd > 0.0 && summary.sd() > 0.0 && self.interpretations.len() == 1 {
                let reported = Summary::new(n as usize, interpretation.value, sd)?;
                let test = spread_test(&summary, &reported)?;
                let (ratio, p_value) = (test.ratio.sqrt(), test.p_two_sided);
                if p_value < FLAG_LEVEL && ratio > 1.0 {
                    flags.push(Flag::SpreadLarger { ratio, p_value });
                } else if p_value < FLAG_LEVEL {
                    flags.push(Flag::SpreadSmaller { ratio, p_value });
                }
            }
            let skewness = reruns.skewness().unwrap_or(0.0);
            if skewness.abs() > 1.0
                && reruns.len() > 2 * n as usize
                && self.target == Target::Process
            {
                flags.push(Flag::Skewed { skewness });
            }
        }
        // A value of one run; the position of a mean among single runs says nothing.
        let is_single = matches!(
            interpretation.spread,
            Uncertainty::Unknown { runs: 1, sd: None }
        );
        if is_single && summary.sd() > 0.0 && matches!(self.criterion, Criterion::Within(_)) {
            self.flag_lucky(&summary, flags)?;
        }
        Ok(())
    }

    fn flag_lucky(&self, reruns: &Summary, flags: &mut Vec<Flag>) -> Result<()> {
        let sign = self.best_sign();
        let reruns = Summary::new(reruns.n(), sign * reruns.mean(), reruns.sd())?;
        let value = self.interpretations[0].value;
        let mut of = 1;
        if let Some(ReportedForm::Best { of: seeds, .. }) = self.form {
            of = u64::from(seeds);
        }
        if best_of::p_reached(&reruns, sign * value, of)? < FLAG_LEVEL {
            flags.push(Flag::LooksLikeBest {
                share: best_of::share_bound(&reruns, sign * value, 0.5)?,
                most: best_of::share_bound(&reruns, sign * value, FLAG_LEVEL)?,
                value,
            });
        }
        Ok(())
    }

    /// Warnings that the reported side alone gives.
    pub fn flags_of_reported(&self) -> Result<Vec<Flag>> {
        let mut flags = Vec::new();
        let interpretation = &self.interpretations[0];
        if self.interpretations.len() > 1 {
            let interpretations = self
                .interpretations
                .iter()
                .map(|r| r.label.clone())
                .collect();
            flags.push(Flag::SeveralReadings { interpretations });
        }
        let limit = analyze_power(interpretation, &self.margin, self.alpha)?;
        if limit.process == Some(Decidability::Never)
            && let Some(smallest_tolerance) = limit.smallest_process_tolerance
        {
            flags.push(Flag::NeverDecidable { smallest_tolerance });
        }
        flags.extend(self.form.as_ref().and_then(|form| self.flag_of_form(form)));
        if let Criterion::Within(reprove_model::manifest::Tolerance::Sd(_)) = self.criterion
            && let Uncertainty::Known { runs: Some(n), .. } = interpretation.spread
        {
            let variation = 1.0 / (2.0 * (f64::from(n) - 1.0)).sqrt();
            flags.push(Flag::NoisyTolerance { variation });
        }
        match self.vacuity() {
            Some(vacuity) => flags.push(Flag::Vacuous { vacuity }),
            None => flags.extend(self.reached_end().map(|end| Flag::ReachesEnd { end })),
        }
        self.flag_impossible(&mut flags)?;
        Ok(flags)
    }

    /// The warning that a reported form calls for by itself.
    fn flag_of_form(&self, form: &ReportedForm) -> Option<Flag> {
        match *form {
            ReportedForm::Median { .. } => Some(Flag::NormalQuartiles),
            ReportedForm::Best { .. } => self.better.is_none().then_some(Flag::DirectionAssumed),
            ReportedForm::Ci95 {
                mean, low, high, ..
            } => {
                let (below, above) = (mean - low, high - mean);
                let is_uneven = (above - below).abs() > 0.05 * above.max(below);
                is_uneven.then_some(Flag::AsymmetricInterval)
            }
            ReportedForm::Bare { .. }
            | ReportedForm::Std { .. }
            | ReportedForm::Sem { .. }
            | ReportedForm::PlusMinus { .. }
            | ReportedForm::Values(_)
            | ReportedForm::Proportion { .. } => None,
        }
    }

    /// Values that no count of correct answers gives (GRIM): a mean over `n` runs of a metric with this
    /// resolution is a multiple of it over `n`, a value of one run a multiple of it, and neither lies beyond
    /// the metric's range.
    fn flag_impossible(&self, flags: &mut Vec<Flag>) -> Result<()> {
        let Some(resolution) = self.resolution.filter(|step| *step > 0.0) else {
            return Ok(());
        };
        let interpretation = &self.interpretations[0];
        let (value, half) = (interpretation.value, interpretation.half_unit);
        // A resolution is stated for shares: of 1 where the value can be one, of 100 else.
        let whole = if value <= 1.0 { 1.0 } else { 100.0 };
        let beyond = value.clamp(0.0, whole);
        if self.range.is_none() && (value - beyond).abs() > half {
            flags.push(Flag::ImpossibleValue { nearest: beyond });
            return Ok(());
        }
        let runs = self.form.as_ref().and_then(runs_of);
        let mut printed: Vec<(f64, f64, u32)> =
            runs.into_iter().map(|runs| (value, half, runs)).collect();
        if let Some(ReportedForm::Values(values)) = &self.form {
            let of_run = |value: &f64| (*value, half_unit_of(*value), 1);
            printed = values.iter().map(of_run).collect();
        }
        for (value, half, runs) in printed.into_iter().filter(|(_, half, _)| *half > 0.0) {
            let step = resolution / f64::from(runs.max(1));
            if let Granularity::Impossible { nearest } = grim(value, half, step)? {
                flags.push(Flag::ImpossibleValue { nearest });
                break;
            }
        }
        Ok(())
    }
}

/// The number of runs whose sum of correct answers a reported value states: of a mean those that are stated,
/// of a median two unless their number is odd.
fn runs_of(form: &ReportedForm) -> Option<u32> {
    match form {
        ReportedForm::Bare { runs, .. }
        | ReportedForm::Std { runs, .. }
        | ReportedForm::Sem { runs, .. }
        | ReportedForm::Ci95 { runs, .. }
        | ReportedForm::PlusMinus { runs, .. } => *runs,
        ReportedForm::Best { .. } => Some(1),
        // The one in the middle, or the mean of two.
        ReportedForm::Median { runs, .. } => Some(match runs {
            Some(runs) if runs % 2 == 1 => 1,
            Some(_) | None => 2,
        }),
        ReportedForm::Values(_) | ReportedForm::Proportion { .. } => None,
    }
}

/// Half a unit of the last digit of the shortest form of a number.
fn half_unit_of(value: f64) -> f64 {
    let text = value.to_string();
    let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    0.5 * 10f64.powi(-i32::try_from(digits).unwrap_or(i32::MAX))
}

fn distinct_seeds(runs: &Runs) -> usize {
    let (Runs::Single(arm) | Runs::Difference { of: arm, .. }) = runs;
    let finished = |run: &&SeedRun| run.observed != Observation::Failed;
    let seeds: std::collections::BTreeSet<RunSeed> =
        arm.iter().filter(finished).map(|run| run.seed).collect();
    seeds.len()
}
