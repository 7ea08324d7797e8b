//! All that a report shows of one claim.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::analysis_plan::{AnalysisPlan, BasisReason};
use super::flag::{Flag, FlagCode};
use super::judge::{Comparison, Level, Target, Verdict, p_values};
use super::look::{IntervalMethod, SequentialResult};
use super::reason::Reason;
use super::reason_code::ReasonClass;
use super::secondary::Measure;
use crate::power_analysis::RunsRequired;
use crate::recomputation::{Recomputation, RecomputationFinding};
use crate::sample::{MissingDataPolicy, RerunSummary, Runs, Tally};
use reprove_model::manifest::{Method, ReportedForm};
use reprove_model::seeds::RunSeed;
use reprove_stats::proportions::Count;
use reprove_stats::{Interval, Result};

/// A claim decided, with everything that a report shows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimDecision {
    /// The claim's id.
    pub id: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Whether more runs under the same analysis_plan cannot change it.
    pub done: bool,
    /// The target of the verdict.
    pub target: Target,
    /// Why this one.
    pub basis_reason: BasisReason,
    /// Number of values that the decision uses; of the smaller arm for a difference.
    pub n: usize,
    /// Mean of the values, or difference of the means.
    pub mean: Option<f64>,
    /// Standard deviation of one observation as measured (n − 1).
    pub sd: Option<f64>,
    /// The values by seed, in the order of the seeds; differences of equal seeds for a difference.
    pub values: Vec<(RunSeed, f64)>,
    /// Runs that diverged, collapsed or failed.
    pub tally: Tally,
    /// 95 % interval (Clopper and Pearson 1934) of the share of runs that are lost, when any is.
    pub lost_share: Option<Interval>,
    /// The tolerance as values of the metric; an end may be infinite.
    pub tolerance: (f64, f64),
    /// The difference with the interval that decides.
    pub difference: Option<Difference>,
    /// Both targets, each with its own interval and verdict.
    pub targets: Vec<TargetDecision>,
    /// The tests, those that decide first.
    pub tests: Vec<Test>,
    /// p-value of "the difference is inside the tolerance", for correction over many claims.
    pub p_outside: Option<f64>,
    /// The looks in order.
    pub looks: Vec<LookRow>,
    /// How many runs would decide it; `None` when decided.
    pub runs_needed: Option<RunsRequired>,
    /// Measures that are shown and never decide.
    pub secondary: Vec<Measure>,
    /// Warnings about the numbers.
    pub flags: Vec<Flag>,
    /// Whether the published seeds give the published numbers, and the runs on them.
    pub recomputation: Recomputation,
}

/// A difference with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Rerun minus printed value.
    pub estimate: f64,
    /// Its interval; ends may be infinite.
    pub interval: Interval,
    /// Nominal two-sided level.
    pub level: f64,
    /// How it was made.
    pub method: String,
}

/// One target with its own interval and verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetDecision {
    /// Which target.
    pub target: Target,
    /// The verdict if it were the basis.
    pub verdict: Verdict,
    /// Its interval of the difference.
    pub difference: Option<Difference>,
}

/// What a test is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The verdict rests on it.
    Decides,
    /// Shown beside.
    Supports,
}

/// A test.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// The statistic, where it has one.
    pub statistic: Option<f64>,
    /// Degrees of freedom, where it has them.
    pub df: Option<f64>,
    /// The p-value.
    pub p_value: f64,
    /// What it is for.
    pub role: Role,
}

/// One look as a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LookRow {
    /// Runs seen.
    pub n: usize,
    /// One-sided nominal level.
    pub level: f64,
    /// Rerun minus printed value.
    pub estimate: Option<f64>,
    /// The interval of this look.
    pub interval: Option<Interval>,
    /// The verdict at this look.
    pub verdict: Verdict,
}

impl ClaimDecision {
    /// The decision without its verdict, for this reason.
    pub fn withdrawn(mut self, reason: Reason) -> Self {
        for target in &mut self.targets {
            target.verdict = Verdict::Inconclusive;
        }
        // It is in doubt what the reruns are to be near to.
        self.flags
            .retain(|flag| flag.code() != FlagCode::LooksLikeBest);
        Self {
            verdict: Verdict::Inconclusive,
            reason,
            runs_needed: None,
            ..self
        }
    }
}

impl AnalysisPlan {
    /// The decision on these runs with everything that is shown of it.
    ///
    /// # Errors
    /// Values so large that their variance overflows.
    pub fn decide(&self, runs: &Runs) -> Result<ClaimDecision> {
        let settled = self.take_looks(runs)?;
        let used = runs.first(settled.n);
        let rerun = self.summarize(&used, MissingDataPolicy::Exclude)?;
        let level = match self.level(settled.n)? {
            Some(level) => level,
            None => Level::Nominal(self.alpha),
        };
        let tally = used.tally(self.failure);
        let targets = self.targets(&settled, &rerun, level)?;
        let headline = targets.iter().find(|t| t.target == self.target);
        let comparison = Comparison::new(&rerun, &self.interpretations[0])?;
        let (mut tests, p_outside) = self.tests(comparison.as_ref())?;
        tests.extend(self.supporting_tests(&rerun, &used)?);
        let mut flags = self.flags(&settled, &rerun, &used)?;
        flags.extend(self.flag_of_plan(runs));
        let runs_needed = match settled.verdict {
            Verdict::Inconclusive if settled.reason.code().class() == ReasonClass::Noise => {
                self.runs_needed(&rerun)?
            }
            Verdict::Inconclusive | Verdict::Reproduced | Verdict::NotReproduced => None,
        };
        Ok(ClaimDecision {
            id: self.id.clone(),
            verdict: settled.verdict,
            reason: settled.reason.clone(),
            done: settled.done,
            target: self.target,
            basis_reason: self.basis_reason,
            n: rerun.n(),
            mean: rerun.mean,
            sd: rerun.noise.map(|noise| noise.measured_sd),
            values: used.by_seed(),
            lost_share: lost_share(&tally)?,
            tally,
            tolerance: self.tolerance(),
            difference: headline.and_then(|t| t.difference.clone()),
            targets,
            tests,
            p_outside,
            looks: settled.looks.iter().map(LookRow::from).collect(),
            runs_needed,
            secondary: self.secondary(&rerun, comparison.as_ref(), settled.n)?,
            flags,
            recomputation: Recomputation::not_asked(RecomputationFinding::NoPublishedSeeds),
        })
    }

    /// Both targets at the last look. The headline's verdict is the decision itself.
    fn targets(
        &self,
        settled: &SequentialResult,
        rerun: &RerunSummary,
        level: Level,
    ) -> Result<Vec<TargetDecision>> {
        let mut targets = Vec::new();
        for target in [Target::Process, Target::Printed] {
            let is_headline = target == self.target;
            let noisy = rerun.noise.is_some_and(|noise| !noise.is_zero());
            let half = match self.method {
                Method::Both if noisy => IntervalMethod::Both,
                Method::Both | Method::T => IntervalMethod::T,
            };
            let verdicts = self.target_verdicts(rerun, level, target, half)?;
            let best = matches!(self.form, Some(ReportedForm::Best { .. }));
            let last = settled.looks.last();
            let is_point = self.determinism.is_some();
            let interval = match best || is_point || self.is_exact() {
                true => last.and_then(|look| look.interval).filter(|_| is_headline),
                false => verdicts.interval,
            };
            let estimate = match best {
                true => last.and_then(|look| look.estimate),
                false => rerun
                    .mean
                    .map(|mean| self.interpretations[0].difference(mean)),
            };
            let verdict = match is_headline {
                true => settled.verdict,
                false if settled.looks.is_empty() || best || is_point || self.is_exact() => {
                    Verdict::Inconclusive
                }
                // What is in doubt about the runs themselves is so for either target.
                false if !settled.reason.code().is_about_difference() => Verdict::Inconclusive,
                false => verdicts.verdict(),
            };
            let nominal = level.nominal(rerun.noise.map_or(1.0, |noise| noise.df))?;
            let difference = estimate
                .zip(interval)
                .map(|(estimate, interval)| Difference {
                    estimate,
                    interval,
                    level: 1.0 - 2.0 * nominal,
                    method: self.method_name(target, half, best, rerun),
                });
            targets.push(TargetDecision {
                target,
                verdict,
                difference,
            });
        }
        Ok(targets)
    }

    fn is_exact(&self) -> bool {
        use reprove_model::manifest::{Criterion, Tolerance};
        self.criterion == Criterion::Within(Tolerance::Exact)
    }

    fn method_name(
        &self,
        target: Target,
        half: IntervalMethod,
        best: bool,
        rerun: &RerunSummary,
    ) -> String {
        if self.determinism.is_some() {
            return "exact, the program is called deterministic".to_string();
        }
        if best {
            return "median best of fresh seeds, normal".to_string();
        }
        if rerun.noise.is_some_and(|noise| noise.is_zero()) && target == Target::Printed {
            return "exact, all runs gave one value".to_string();
        }
        let welch = rerun.second.is_some() || target == Target::Process;
        let t = if welch { "Welch t" } else { "Student t" };
        match half {
            IntervalMethod::T => t.to_string(),
            IntervalMethod::Both => format!("{t} and beta bootstrap-t"),
        }
    }

    fn tests(&self, comparison: Option<&Comparison>) -> Result<(Vec<Test>, Option<f64>)> {
        let mut tests = Vec::new();
        let mut p_outside = None;
        let skip = self.is_exact() || matches!(self.form, Some(ReportedForm::Best { .. }));
        let Some(comparison) = comparison.filter(|_| !skip) else {
            return Ok((tests, p_outside));
        };
        let other = match self.target {
            Target::Process => Target::Printed,
            Target::Printed => Target::Process,
        };
        for (target, role) in [(self.target, Role::Decides), (other, Role::Supports)] {
            let h = self.interpretations[0].half_unit;
            let Some(p) = p_values(comparison, target, &self.margin, h)? else {
                continue;
            };
            let two_sided = self.margin.low.is_finite() && self.margin.high.is_finite();
            let kind = if two_sided {
                "equivalence (TOST)"
            } else {
                "one-sided bound"
            };
            tests.push(Test {
                name: format!("{kind}, {} target", target.name()),
                statistic: Some(p.inside.0),
                df: Some(comparison.error(target).1),
                p_value: p.inside.1,
                role,
            });
            if role == Role::Decides {
                p_outside = Some(p.outside.1);
                tests.push(Test {
                    name: "outside the tolerance, both sides' noise".to_string(),
                    statistic: Some(p.outside.0),
                    df: Some(comparison.process.1),
                    p_value: p.outside.1,
                    role,
                });
            }
        }
        tests.sort_by_key(|test| test.role == Role::Supports);
        Ok((tests, p_outside))
    }
}

impl From<&super::look::Look> for LookRow {
    fn from(look: &super::look::Look) -> Self {
        Self {
            n: look.n,
            level: look.level,
            estimate: look.estimate,
            interval: look.interval,
            verdict: look.verdict,
        }
    }
}

fn lost_share(tally: &Tally) -> Result<Option<Interval>> {
    if tally.lost() == 0 {
        return Ok(None);
    }
    Count::new(tally.lost() as u64, tally.finished as u64)?
        .clopper_pearson(0.05)
        .map(Some)
}
