//! What is fixed before any rerun: interpretations, tolerance as a number, basis, levels of all looks.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::analysis_error::{AnalysisError, refuse_too_large};
use super::determinism::Determinism;
use super::judge::{Level, Target};
use super::metric_facts::{self, NamedMetric};
use super::resampling::Resampling;
use crate::reported::{self, EquivalenceMargin, Interpretation, NormaliseError};
use reprove_model::manifest::{
    Basis, Better, Claim, Criterion, Decision, FailureThreshold, Looks, Method, ReportedForm,
    Tolerance,
};
use reprove_stats::power::{ReportedSpread, Scenario};
use reprove_stats::sequential::{Lai, Spending, every_run, lai};
use reprove_stats::{StatsError, power, students_t};

/// Why a target is the basis of the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum BasisReason {
    /// The manifest or the command line says so.
    Chosen,
    /// There is no printed value with noise: a threshold is exact.
    Threshold,
    /// The criterion is about the printed digits or the exact value.
    PrintedDigits,
    /// The reported spread or its number of runs is unknown.
    SpreadUnknown,
    /// The manifest asserts that the program has no randomness.
    Deterministic,
    /// The planned chance of a verdict at the last run is high enough.
    Decidable {
        /// That chance when there is no difference.
        power: f64,
    },
    /// The planned chance of a verdict at the last run is too low.
    Undecidable {
        /// That chance when there is no difference.
        power: f64,
    },
}

/// When the data are looked at, with the levels.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// Once, when all runs are in.
    Fixed,
    /// After each run, at these one-sided nominal levels; never empty, the last at the last run.
    Sequential(Vec<PlannedLook>),
    /// After each run without end.
    OpenEnded(OpenEnded),
}

/// One planned look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlannedLook {
    /// Runs at this look.
    pub n: usize,
    /// Its one-sided nominal level.
    pub level: f64,
}

/// The two confidence sequences of the open-ended mode.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenEnded {
    full: Lai,
    halved: Lai,
    start: usize,
}

/// The chance of a verdict below which a target is not made the basis by itself.
const POWER_OF_BASIS: f64 = 0.5;

/// A claim and its decision, fixed before any rerun.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalysisPlan {
    /// The claim's id.
    pub id: String,
    /// What counts as the same result.
    pub criterion: Criterion,
    /// The printed form.
    pub form: Option<ReportedForm>,
    /// The ways to read the printed value, at least one.
    pub interpretations: Vec<Interpretation>,
    /// The tolerance as differences from the printed value.
    pub margin: EquivalenceMargin,
    /// The target of the headline verdict.
    pub target: Target,
    /// Why this one.
    pub basis_reason: BasisReason,
    /// One-sided error rate of each verdict.
    pub alpha: f64,
    /// The intervals that must agree.
    pub method: Method,
    /// When the data are looked at.
    pub schedule: Schedule,
    /// Runs before the first look.
    pub min_runs: usize,
    /// Runs at most, where a number was planned.
    pub max_runs: Option<usize>,
    /// Failed runs that are tolerated.
    pub max_failed: usize,
    /// The better direction, when stated.
    pub better: Option<Better>,
    /// Values beyond which a run has collapsed.
    pub failure: Option<FailureThreshold>,
    /// Whether every planned run has a seed that the paper used: such runs decide nothing about others.
    pub is_of_published_seeds: bool,
    /// What is known of the program, where the manifest asserts that it has no randomness.
    pub determinism: Option<Determinism>,
    /// The number of test examples over that of training examples where observations are folds or splits,
    /// and `None` among them where it is unknown.
    pub resampling: Option<Resampling>,
    /// The share of runs that may diverge, where the claim states it.
    pub failure_rate: Option<f64>,
    /// The value that guessing gives, where it is stated.
    pub chance: Option<f64>,
    /// Lowest and highest value that the compared number can take, where they are known.
    pub range: Option<(f64, f64)>,
    /// Lowest and highest value of a single run, where they are stated.
    pub stated_range: Option<(f64, f64)>,
    /// What the metric's name says of it.
    pub named: NamedMetric,
    /// Resolution of the metric.
    pub resolution: Option<f64>,
    /// Seed of the bootstrap: a digest of claim and decision.
    pub seed: [u8; 32],
}

impl AnalysisPlan {
    /// Fixes the analysis of a claim for at most as many runs as the decision states, `planned` where it
    /// states none.
    ///
    /// # Errors
    /// A printed value or tolerance that is no number, a level out of range, no possible look.
    pub fn new(
        claim: &Claim,
        decision: &Decision,
        planned: Option<u32>,
    ) -> Result<Self, AnalysisError> {
        if !(decision.alpha > 0.0 && decision.alpha < 0.5) {
            return Err(AnalysisError::Alpha(decision.alpha));
        }
        refuse_contradiction(claim)?;
        let max_runs = decision.max_runs.or(planned);
        let min_runs = decision.min_runs.max(2);
        let interpretations = match (&claim.criterion, &claim.reported) {
            (Criterion::AtLeast(bound), _) => vec![Interpretation::exact(*bound)],
            (Criterion::Greater, _) => vec![Interpretation::exact(0.0)],
            (Criterion::Within(_), Some(reported)) => reported::interpret(reported)?,
            (Criterion::Within(_), None) => return Err(NormaliseError::NothingReported.into()),
        };
        refuse_too_large(interpretations.iter().map(|i| i.value))?;
        metric_facts::refuse_reported(claim, &interpretations)?;
        let margin = reported::margin(&claim.criterion, &interpretations)?;
        let schedule = Schedule::new(decision, min_runs, max_runs)?;
        // Without a planned number the basis is that of as many reruns as there were reported runs.
        let runs = max_runs.or(interpretations[0].spread.of_runs().map(|(_, runs)| runs));
        let runs = runs.unwrap_or(min_runs) as usize;
        let last = schedule.last_level(decision.alpha, runs)?;
        let (target, basis_reason) =
            basis(claim, decision.basis, &interpretations, &margin, runs, last)?;
        let finest = interpretations[0].half_unit;
        let width = margin.high.min(-margin.low);
        if target == Target::Process && width > 0.0 && width <= finest {
            return Err(AnalysisError::FinerThanPrint {
                tolerance: width,
                half_unit: finest,
            });
        }
        Ok(Self {
            is_of_published_seeds: false,
            determinism: None,
            resampling: Resampling::of(claim),
            failure_rate: claim.failure_rate,
            chance: claim.facts.chance,
            range: metric_facts::range(claim, interpretations[0].value),
            stated_range: claim.facts.range,
            named: NamedMetric::of(claim, &interpretations[0]),
            id: claim.id.clone(),
            criterion: claim.criterion,
            form: claim.reported.as_ref().map(|r| r.form.clone()),
            interpretations,
            margin,
            target,
            basis_reason,
            alpha: decision.alpha,
            method: decision.method,
            schedule,
            min_runs: min_runs as usize,
            max_runs: max_runs.map(|runs| runs as usize),
            max_failed: decision.max_failed as usize,
            better: claim.better,
            failure: claim.failure,
            resolution: claim.resolution,
            seed: seed(claim, decision, max_runs),
        })
    }

    /// The same plan for runs whose seeds are all published.
    pub(crate) fn of_published_seeds(self) -> Self {
        Self {
            is_of_published_seeds: true,
            ..self
        }
    }

    /// The level of the look after `n` runs; `None` where no look is taken.
    ///
    /// # Errors
    /// No convergence (not known to happen).
    pub fn level(&self, n: usize) -> Result<Option<Level>, StatsError> {
        Ok(match &self.schedule {
            Schedule::Fixed => Some(Level::Nominal(self.alpha)),
            Schedule::Sequential(looks) => looks
                .iter()
                .find(|look| look.n == n)
                .map(|look| Level::Nominal(look.level)),
            Schedule::OpenEnded(open) if n >= open.start => Some(open.level(n, self.alpha)),
            Schedule::OpenEnded(_) => None,
        })
    }

    /// The rate at which a verdict of either kind is wrong at most, over all looks together; `None` where
    /// values are compared exactly.
    pub fn error_rate(&self) -> Option<f64> {
        let is_exact =
            self.determinism.is_some() || self.criterion == Criterion::Within(Tolerance::Exact);
        (!is_exact).then_some(self.alpha)
    }

    /// The tolerance as values of the metric.
    pub fn tolerance(&self) -> (f64, f64) {
        let value = self.interpretations[0].value;
        (value + self.margin.low, value + self.margin.high)
    }
}

impl Schedule {
    fn new(
        decision: &Decision,
        min_runs: u32,
        max_runs: Option<u32>,
    ) -> Result<Self, AnalysisError> {
        let first = min_runs as usize;
        Ok(match decision.looks {
            Looks::Fixed => Self::Fixed,
            Looks::Sequential => {
                let max_runs = max_runs.ok_or(AnalysisError::NoLastLook)?;
                if max_runs < min_runs {
                    return Err(AnalysisError::NoLook { min_runs, max_runs });
                }
                let plan = Spending::new(decision.alpha, max_runs as usize)?;
                let look = |l: &reprove_stats::sequential::LookBoundary| PlannedLook {
                    n: l.n,
                    level: l.nominal_level,
                };
                Self::Sequential(every_run(plan, first)?.iter().map(look).collect())
            }
            Looks::OpenEnded => Self::OpenEnded(OpenEnded {
                full: lai(first, 2.0 * decision.alpha)?,
                halved: lai(first, decision.alpha)?,
                start: first,
            }),
        })
    }

    /// The one-sided nominal level at the last run.
    ///
    /// # Errors
    /// No convergence (not known to happen).
    pub fn last_level(&self, alpha: f64, max_runs: usize) -> Result<f64, StatsError> {
        Ok(match self {
            Self::Fixed => alpha,
            Self::Sequential(looks) => looks.last().map_or(alpha, |look| look.level),
            Self::OpenEnded(open) => open.nominal(max_runs.max(open.start))?,
        })
    }
}

impl OpenEnded {
    fn level(&self, n: usize, alpha: f64) -> Level {
        Level::Anytime {
            alpha,
            multiplier: self.full.multiplier(n).unwrap_or(f64::INFINITY),
            halved: self.halved.multiplier(n).unwrap_or(f64::INFINITY),
        }
    }

    /// The one-sided t level that the sequence has at `n` runs.
    fn nominal(&self, n: usize) -> Result<f64, StatsError> {
        let multiplier = self.full.multiplier(n).unwrap_or(f64::INFINITY);
        students_t::sf(multiplier, n as f64 - 1.0)
    }
}

impl Level {
    /// The one-sided t level of this look for `df` degrees of freedom.
    ///
    /// # Errors
    /// Degrees of freedom out of range.
    pub fn nominal(&self, df: f64) -> Result<f64, StatsError> {
        match self {
            Self::Nominal(level) => Ok(*level),
            Self::Anytime { multiplier, .. } => students_t::sf(*multiplier, df),
        }
    }
}

/// Refuses a tolerance whose one end is on the side that is stated as better.
fn refuse_contradiction(claim: &Claim) -> Result<(), AnalysisError> {
    let Criterion::Within(tolerance) = claim.criterion else {
        return Ok(());
    };
    let contradiction = |bound, better| Err(AnalysisError::Contradiction { bound, better });
    if matches!(tolerance, Tolerance::Below(_)) && claim.better == Some(Better::Lower) {
        return contradiction("below", "lower");
    }
    if matches!(tolerance, Tolerance::Above(_)) && claim.better == Some(Better::Higher) {
        return contradiction("above", "higher");
    }
    Ok(())
}

/// The target of the headline verdict, chosen from the reported side and the last run alone.
fn basis(
    claim: &Claim,
    wanted: Basis,
    interpretations: &[Interpretation],
    margin: &EquivalenceMargin,
    runs: usize,
    last_level: f64,
) -> Result<(Target, BasisReason), StatsError> {
    match claim.criterion {
        Criterion::AtLeast(_) | Criterion::Greater => {
            return Ok((Target::Printed, BasisReason::Threshold));
        }
        Criterion::Within(Tolerance::Digits | Tolerance::Exact) => {
            return Ok((Target::Printed, BasisReason::PrintedDigits));
        }
        Criterion::Within(
            Tolerance::Absolute(_)
            | Tolerance::Relative(_)
            | Tolerance::Sd(_)
            | Tolerance::Below(_)
            | Tolerance::Above(_),
        ) => {}
    }
    match wanted {
        Basis::Process => return Ok((Target::Process, BasisReason::Chosen)),
        Basis::Printed => return Ok((Target::Printed, BasisReason::Chosen)),
        Basis::Auto => {}
    }
    let mut least: f64 = 1.0;
    for interpretation in interpretations {
        let Some(power) = planned_power(interpretation, margin, runs, last_level)? else {
            return Ok((Target::Printed, BasisReason::SpreadUnknown));
        };
        least = least.min(power);
    }
    Ok(if least >= POWER_OF_BASIS {
        (Target::Process, BasisReason::Decidable { power: least })
    } else {
        (Target::Printed, BasisReason::Undecidable { power: least })
    })
}

/// The chance that an equal process is found inside the tolerance at the last run; `None` where the
/// reported spread is unknown.
pub(crate) fn planned_power(
    interpretation: &Interpretation,
    margin: &EquivalenceMargin,
    runs: usize,
    level: f64,
) -> Result<Option<f64>, StatsError> {
    let Some((sd, n)) = interpretation.spread.of_runs() else {
        return Ok(None);
    };
    let width = margin.high.min(-margin.low) - interpretation.half_unit;
    if sd == 0.0 || width <= 0.0 || runs < 2 {
        return Ok(Some(if width > 0.0 && runs >= 2 { 1.0 } else { 0.0 }));
    }
    let case = Scenario {
        sd,
        tolerance: width,
        difference: 0.0,
    };
    if margin.high.is_infinite() || margin.low.is_infinite() {
        // One bound only: twice as far away on its other side nothing is at stake.
        let both = sd * (1.0 / runs as f64 + 1.0 / f64::from(n)).sqrt();
        let df = (runs as f64 + f64::from(n) - 2.0).max(1.0);
        let quantile = students_t::isf(level, df)?;
        return Ok(Some(
            1.0 - reprove_stats::noncentral_t::cdf(quantile, df, width / both)?,
        ));
    }
    let reported = ReportedSpread { n: n as usize, sd };
    power::against_process(runs, &case, &reported, level).map(Some)
}

fn seed(claim: &Claim, decision: &Decision, max_runs: Option<u32>) -> [u8; 32] {
    let mut digest = Sha256::new();
    let text = serde_json::to_string(&(claim, decision, max_runs)).unwrap_or_default();
    digest.update(b"reprove bootstrap 1\n");
    digest.update(text.as_bytes());
    digest.finalize().into()
}
