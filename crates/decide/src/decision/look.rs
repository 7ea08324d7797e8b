//! One look at the runs, and the walk over all looks up to the first verdict.

use super::analysis_plan::{AnalysisPlan, Schedule};
use super::judge::{Comparison, Intervals, Level, Target, Verdict, judge, judge_identical};
use super::reason::{Reason, Side};
use super::resample;
use super::resampling::Resampling;
use crate::reported::{EquivalenceMargin, Interpretation, Uncertainty};
use crate::sample::{MissingDataPolicy, RerunSummary, Runs};
use reprove_model::manifest::{Criterion, Method, ReportedForm, Tolerance};
use reprove_stats::{Interval, Result};

/// What one look says.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Runs seen, those that diverged included.
    pub n: usize,
    /// One-sided nominal level.
    pub level: f64,
    /// The verdict at this look.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Rerun minus printed value; `None` without values.
    pub estimate: Option<f64>,
    /// Interval of the difference for the basis; `None` with fewer than two values.
    pub interval: Option<Interval>,
}

impl Look {
    /// Whether no further look is needed.
    pub fn ends(&self) -> bool {
        self.verdict != Verdict::Inconclusive || self.reason.is_final()
    }
}

/// The looks that were taken; the last one is the decision.
#[derive(Debug, Clone, PartialEq)]
pub struct SequentialResult {
    /// The looks in order; empty before the first.
    pub looks: Vec<Look>,
    /// The verdict so far.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Runs that the decision uses.
    pub n: usize,
    /// Whether more runs cannot change it.
    pub done: bool,
}

/// Which intervals are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IntervalMethod {
    /// Student's t alone.
    T,
    /// The t interval joined with the bootstrap's.
    Both,
}

/// Verdicts of a target, a interpretation each, with the widest interval.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TargetVerdicts {
    pub by_interpretation: Vec<Verdict>,
    pub interval: Option<Interval>,
    /// Whether all runs gave one value and the comparison was exact.
    pub identical: bool,
}

impl TargetVerdicts {
    /// The verdict that holds under every interpretation.
    pub fn verdict(&self) -> Verdict {
        match self.by_interpretation.split_first() {
            Some((first, rest)) if rest.iter().all(|v| v == first) => *first,
            _ => Verdict::Inconclusive,
        }
    }

    fn is_ambiguous(&self) -> bool {
        self.by_interpretation
            .windows(2)
            .any(|pair| pair[0] != pair[1])
    }
}

impl AnalysisPlan {
    /// Takes the looks in the order of the seeds, up to the first verdict.
    ///
    /// `runs` are those so far; with more of them the looks already taken stay as they are.
    ///
    /// # Errors
    /// Values so large that their variance overflows.
    pub fn take_looks(&self, runs: &Runs) -> Result<SequentialResult> {
        let failed = runs.tally(self.failure).failed;
        if failed > self.max_failed {
            let allowed = self.max_failed;
            return Ok(SequentialResult::without_look(
                Reason::TooManyFailed { failed, allowed },
                runs.len(),
            ));
        }
        let mut looks = Vec::new();
        for n in self.look_times(runs.len()) {
            let Some(level) = self.level(n)? else {
                continue;
            };
            let look = self.look(&runs.first(n), level)?;
            let ends = look.ends();
            looks.push(look);
            if ends {
                break;
            }
        }
        Ok(self.settled(looks, runs.len()))
    }

    fn look_times(&self, runs: usize) -> std::ops::RangeInclusive<usize> {
        match self.schedule {
            Schedule::Fixed => {
                // Runs beyond the plan were added after it, and its one look leaves them out.
                let planned = self.max_runs.map_or(runs, |max_runs| runs.min(max_runs));
                planned.max(1)..=planned
            }
            Schedule::Sequential(ref looks) => {
                self.min_runs..=runs.min(looks.last().map_or(0, |look| look.n))
            }
            Schedule::OpenEnded(_) => self.min_runs..=runs,
        }
    }

    fn settled(&self, looks: Vec<Look>, runs: usize) -> SequentialResult {
        let Some(last) = looks.last() else {
            let reason = match runs {
                0 => Reason::NoRuns,
                1 => Reason::OneRun,
                _ => Reason::BeforeFirstLook {
                    runs,
                    first: self.min_runs,
                },
            };
            return SequentialResult::without_look(reason, runs);
        };
        let at_end = match self.schedule {
            Schedule::Fixed | Schedule::Sequential(_) => {
                self.max_runs.is_none_or(|max_runs| last.n >= max_runs)
            }
            Schedule::OpenEnded(_) => false,
        };
        // A single look is the one that was planned only when all runs are in.
        let done = match self.schedule {
            Schedule::Fixed => at_end,
            Schedule::Sequential(_) | Schedule::OpenEnded(_) => last.ends() || at_end,
        };
        SequentialResult {
            verdict: last.verdict,
            reason: last.reason.clone(),
            n: last.n,
            done,
            looks,
        }
    }

    /// The rerun's mean with its standard error, which counts the overlap of folds and splits.
    ///
    /// # Errors
    /// Values so large that their variance overflows.
    pub(super) fn summarize(&self, runs: &Runs, policy: MissingDataPolicy) -> Result<RerunSummary> {
        let rerun = runs.summarize(self.failure, policy, self.resolution)?;
        Ok(match self.resampling {
            Some(resampling) => resampling.corrected(rerun),
            None => rerun,
        })
    }

    /// One look at exactly these runs.
    ///
    /// # Errors
    /// Values so large that their variance overflows.
    pub fn look(&self, runs: &Runs, level: Level) -> Result<Look> {
        let look = self.look_as_read(runs, level)?;
        let look = self.check_units(look, runs, level)?;
        let look = self.check_run_count(look, runs);
        let look = self.check_range(look, runs);
        Ok(self.check_prespecified(look, runs))
    }

    /// Withdraws a verdict that the plan cannot carry: of published seeds alone, of splits whose overlap is
    /// unknown, or of a program that is called deterministic and may not be.
    fn check_prespecified(&self, look: Look, runs: &Runs) -> Look {
        let reason = if let Some(determinism) = &self.determinism {
            match self.doubt_of_determinism(determinism) {
                Some(doubt) if look.estimate.is_some() => doubt,
                Some(_) | None => return look,
            }
        } else if self.is_of_published_seeds {
            Reason::PublishedSeedsOnly { runs: runs.len() }
        } else if self.resampling == Some(Resampling::UnknownSplits) {
            Reason::SplitRatioUnknown
        } else {
            return look;
        };
        Look {
            verdict: Verdict::Inconclusive,
            reason,
            ..look
        }
    }

    /// One look at the numbers as they are, whatever their unit.
    pub(super) fn look_as_read(&self, runs: &Runs, level: Level) -> Result<Look> {
        let rerun = self.summarize(runs, MissingDataPolicy::Exclude)?;
        let n = runs.len();
        let df = rerun.noise.map_or(1.0, |noise| noise.df);
        let mut look = Look {
            n,
            level: level.nominal(df)?,
            verdict: Verdict::Inconclusive,
            reason: if n == 0 {
                Reason::NoRuns
            } else {
                Reason::OneRun
            },
            estimate: rerun
                .mean
                .map(|mean| self.interpretations[0].difference(mean)),
            interval: None,
        };
        if self.determinism.is_some() && runs.tally(self.failure).lost() == 0 {
            return Ok(self.look_at_value(look, &rerun));
        }
        if self.criterion == Criterion::Within(Tolerance::Exact) {
            (look.verdict, look.reason) = self.exact(&rerun, runs);
            return Ok(look);
        }
        if rerun.noise.is_none()
            && let Some(lost) = self.nothing_left(runs)
        {
            look.reason = lost;
            self.check_failure_rate(&mut look, runs)?;
            return Ok(look);
        }
        if let Some(ReportedForm::Best { of, .. }) = self.form
            && matches!(self.criterion, Criterion::Within(_))
        {
            return self.look_at_best(look, &rerun, of, runs);
        }
        if rerun.noise.is_none() {
            return Ok(look);
        }
        let t = self.target_verdicts(&rerun, level, self.target, IntervalMethod::T)?;
        look.interval = t.interval;
        look.verdict = t.verdict();
        look.reason = self.reason(&rerun, &t);
        if look.verdict != Verdict::Inconclusive && self.method == Method::Both && !t.identical {
            let both = self.target_verdicts(&rerun, level, self.target, IntervalMethod::Both)?;
            look.interval = both.interval;
            look.verdict = both.verdict();
            look.reason = match look.verdict {
                Verdict::Inconclusive => Reason::MethodsDisagree {
                    t: t.verdict(),
                    bootstrap: Verdict::Inconclusive,
                },
                Verdict::Reproduced | Verdict::NotReproduced => self.reason(&rerun, &both),
            };
        }
        self.check_lost_runs(&mut look, runs, level)?;
        if look.verdict == Verdict::Inconclusive
            && let Some(futile) = self.futile(&rerun, n)?
        {
            look.reason = futile;
        }
        Ok(look)
    }

    /// The verdicts of all interpretations for a target.
    pub(super) fn target_verdicts(
        &self,
        rerun: &RerunSummary,
        level: Level,
        target: Target,
        half: IntervalMethod,
    ) -> Result<TargetVerdicts> {
        let mut verdicts = TargetVerdicts {
            by_interpretation: Vec::new(),
            interval: None,
            identical: false,
        };
        for interpretation in &self.interpretations {
            let Some(comparison) = Comparison::new(rerun, interpretation)? else {
                verdicts.by_interpretation.push(Verdict::Inconclusive);
                continue;
            };
            let mut intervals = comparison.intervals(level)?;
            if comparison.printed.0 == 0.0 {
                verdicts.identical = true;
                verdicts.by_interpretation.push(self.judge_identical(
                    &comparison,
                    &intervals,
                    interpretation,
                    target,
                ));
            } else {
                if half == IntervalMethod::Both {
                    let seed = resample::seed(&self.seed, rerun);
                    let other =
                        resample::intervals(rerun, interpretation, &comparison, level, seed)?;
                    intervals = intervals.union(&other);
                }
                verdicts.by_interpretation.push(judge(
                    &intervals,
                    target,
                    &self.margin,
                    interpretation.half_unit,
                ));
            }
            let own = intervals.of(target);
            verdicts.interval = Some(verdicts.interval.map_or(own, |all| all.union(&own)));
        }
        Ok(verdicts)
    }

    /// The verdict where the reruns have no noise.
    fn judge_identical(
        &self,
        comparison: &Comparison,
        intervals: &Intervals,
        interpretation: &Interpretation,
        target: Target,
    ) -> Verdict {
        let d = comparison.difference;
        if self.criterion == Criterion::Greater {
            return if d > 0.0 {
                Verdict::Reproduced
            } else {
                Verdict::NotReproduced
            };
        }
        let noisy = comparison.reported.0 > 0.0;
        let exact = judge_identical(
            d,
            &self.margin,
            interpretation.half_unit,
            interpretation.value,
        );
        match target {
            Target::Process if noisy => {
                judge(intervals, target, &self.margin, interpretation.half_unit)
            }
            Target::Printed if noisy && exact == Verdict::NotReproduced => judge(
                intervals,
                Target::Process,
                &self.margin,
                interpretation.half_unit,
            ),
            Target::Process | Target::Printed => exact,
        }
    }

    fn exact(&self, rerun: &RerunSummary, runs: &Runs) -> (Verdict, Reason) {
        let interpretation = &self.interpretations[0];
        let n = rerun.n() + runs.tally(self.failure).lost();
        let nothing = EquivalenceMargin {
            low: 0.0,
            high: 0.0,
        };
        let same = |v: &&f64| {
            judge_identical(
                **v - interpretation.value,
                &nothing,
                interpretation.half_unit,
                interpretation.value,
            ) == Verdict::Reproduced
        };
        let differing = n - rerun.first.iter().filter(same).count();
        match (n, differing) {
            (0, _) => (Verdict::Inconclusive, Reason::NoRuns),
            (1, 0) => (Verdict::Inconclusive, Reason::OneRun),
            (runs, 0) => (Verdict::Reproduced, Reason::AllExact { runs }),
            (runs, differing) => (Verdict::NotReproduced, Reason::NotExact { differing, runs }),
        }
    }

    fn reason(&self, rerun: &RerunSummary, verdicts: &TargetVerdicts) -> Reason {
        let difference = self.interpretations[0].difference(rerun.mean.unwrap_or(f64::NAN));
        let runs = rerun.n();
        let Interval { lo: low, hi: high } = verdicts.interval.unwrap_or(Interval {
            lo: f64::NEG_INFINITY,
            hi: f64::INFINITY,
        });
        let side = if difference < 0.0 {
            Side::Below
        } else {
            Side::Above
        };
        match verdicts.verdict() {
            Verdict::Reproduced if verdicts.identical => {
                Reason::IdenticalInside { runs, difference }
            }
            Verdict::NotReproduced if verdicts.identical => {
                Reason::IdenticalOutside { runs, difference }
            }
            Verdict::Reproduced => Reason::IntervalInside { low, high },
            Verdict::NotReproduced => Reason::IntervalOutside { side, low, high },
            Verdict::Inconclusive if verdicts.is_ambiguous() => {
                let labels = self.interpretations.iter().map(|r| r.label.clone());
                let interpretations = labels
                    .zip(verdicts.by_interpretation.iter().copied())
                    .collect();
                Reason::AmbiguousReported { interpretations }
            }
            Verdict::Inconclusive
                if self.target == Target::Printed
                    && (high < self.margin.low || low > self.margin.high) =>
            {
                let spread = self.interpretations[0].spread;
                Reason::OutsideWithoutReportedNoise {
                    side,
                    low,
                    high,
                    is_noise_known: matches!(spread, Uncertainty::Known { .. }),
                }
            }
            Verdict::Inconclusive => {
                let is_inside = low > self.margin.low && high < self.margin.high;
                let is_outside = high < self.margin.low || low > self.margin.high;
                match is_inside || is_outside {
                    true => Reason::WithinRounding { low, high },
                    false => Reason::IntervalTooWide { low, high },
                }
            }
        }
    }
}

impl SequentialResult {
    fn without_look(reason: Reason, n: usize) -> Self {
        Self {
            looks: Vec::new(),
            verdict: Verdict::Inconclusive,
            // More runs do not undo failures.
            done: matches!(reason, Reason::TooManyFailed { .. }),
            reason,
            n,
        }
    }
}
