//! The warnings about the numbers of a claim: of the reported side alone, and of the runs.

use super::analysis_plan::{AnalysisPlan, Schedule};
use super::flag::Flag;
use super::judge::Target;
use super::look::SequentialResult;
use super::metric_facts::is_beyond;
use super::reason_code::ReasonClass;
use crate::power_analysis::{Decidability, analyze_power};
use crate::reported::Uncertainty;
use crate::sample::{Observation, RerunSummary, Runs, SeedRun};
use reprove_model::manifest::{Criterion, ReportedForm, Tolerance};
use reprove_model::seeds::RunSeed;
use reprove_stats::checks::{Granularity, grim, spread_test};
use reprove_stats::{Result, Sample, Summary, best_of};

/// The error below which a spread or a lucky value is flagged.
const FLAG_LEVEL: f64 = 0.05;

impl AnalysisPlan {
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
        flags.extend(self.flag_of_values(settled, used));
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
                seeds: Some(distinct_seeds(used)),
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

    /// The warning that a run has a value that the metric cannot have by its name.
    fn flag_of_values(&self, settled: &SequentialResult, used: &Runs) -> Option<Flag> {
        let is_single = matches!(used, Runs::Single(_));
        let is_comparable = settled.reason.code().class() != ReasonClass::Units;
        let (low, high) = self
            .range
            .filter(|_| is_single && is_comparable && self.stated_range.is_none())?;
        let mut values = used.values().map(|(value, _)| value);
        let value = values.find(|value| is_beyond(*value, (low, high)))?;
        Some(Flag::ImpossibleShare {
            value,
            whole: high,
            is_rerun: true,
        })
    }

    /// The warning that there are more runs than were planned.
    pub(super) fn flag_of_plan(&self, runs: &Runs) -> Option<Flag> {
        let (planned, runs) = (self.max_runs?, runs.len());
        (runs > planned).then_some(Flag::BeyondPlan { planned, runs })
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
        if let Criterion::Within(Tolerance::Sd(_)) = self.criterion
            && let Uncertainty::Known { runs: Some(n), .. } = interpretation.spread
        {
            let variation = 1.0 / (2.0 * (f64::from(n) - 1.0)).sqrt();
            flags.push(Flag::NoisyTolerance { variation });
        }
        match self.vacuity() {
            Some(vacuity) => flags.push(Flag::Vacuous { vacuity }),
            None => {
                flags.extend(self.reached_end().map(|end| Flag::ReachesEnd { end }));
                let wide = self.wide_share();
                flags.extend(wide.map(|(share, (low, high))| Flag::WideTolerance {
                    share,
                    low,
                    high,
                }));
            }
        }
        self.flag_impossible(&mut flags)?;
        flags.extend(self.named.exceeded.map(|whole| Flag::ImpossibleShare {
            value: interpretation.value,
            whole,
            is_rerun: false,
        }));
        let is_of_mean = self.criterion != Criterion::Within(Tolerance::Exact);
        let is_judged = is_of_mean && self.determinism.is_none() && !self.is_of_published_seeds;
        let planned = self.max_runs.filter(|runs| *runs < self.min_runs);
        flags.extend(
            planned
                .filter(|_| is_judged)
                .map(|planned| Flag::TooFewPlanned {
                    planned,
                    needed: self.min_runs,
                }),
        );
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
