//! The claims of a plan: prespecified before the first run, asked after each round, decided at the end.
//!
//! This is the only loop over claims. `verify`, `plan`, `decide` and `audit` call it with the same
//! arguments and so come to the same verdicts.
//!
//! ```
//! use reprove_decide::claims;
//! use reprove_decide::decision::Verdict;
//! use reprove_decide::sample::{Observation, Runs, SeedRun};
//! use reprove_model::manifest::{Claim, Criterion, Decision, Looks, MetricFacts, Quantity};
//! use reprove_model::manifest::{Reported, ReportedForm, Tolerance, Unit};
//!
//! // Accuracy 90.4, reproduced if the reruns' mean is within 1 of it.
//! let claim = Claim {
//!     id: "accuracy".to_owned(),
//!     quantity: Quantity::Metric { configuration: None, metric: "accuracy".to_owned() },
//!     reported: Some(Reported {
//!         form: ReportedForm::Bare { value: 90.4, runs: None },
//!         decimals: Some(1),
//!     }),
//!     criterion: Criterion::Within(Tolerance::Absolute(1.0)),
//!     better: None,
//!     unit: Unit::Run,
//!     failure: None,
//!     lattice: None,
//!     facts: MetricFacts::default(),
//!     test_train_ratio: None,
//!     failure_rate: None,
//! };
//! let decision = Decision { looks: Looks::Fixed, ..Decision::default() };
//! // Every analysis choice is made here, before the runs are looked at.
//! let analysis_plan = claims::prespecify_claim(&claim, &decision, Some(4))?;
//! let run = |(seed, value)| SeedRun {
//!     seed,
//!     observed: Observation::from_number(value),
//!     unit: reprove_model::record::NumberUnit::Stated,
//! };
//! let runs = Runs::Single((1..).zip([90.2, 90.5, 90.3, 90.6]).map(run).collect());
//! let decided = claims::decide_claim(&analysis_plan, &runs)?;
//! assert_eq!(decided.verdict, Verdict::Reproduced);
//! # Ok::<(), claims::ClaimError>(())
//! ```

use std::collections::BTreeSet;

use reprove_model::manifest::{Claim, Decision};
use reprove_model::plan::Plan;
use reprove_model::record::Records;

use crate::decision::{self, AnalysisError, AnalysisPlan, ClaimDecision};
use crate::sample::{self, Runs};

/// The decided claims of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Decisions {
    /// The decisions in the order of the plan's claims.
    pub claims: Vec<ClaimDecision>,
    /// Ids of the refuted claims whose refutation stands when corrected for the number of claims
    /// (Holm 1979).
    pub refuted_after_correction: Vec<String>,
}

/// A claim that cannot be decided as it is stated, or from these values.
#[derive(Debug, thiserror::Error)]
#[error("claim `{claim}`: {error}")]
pub struct ClaimError {
    /// The claim's id.
    pub claim: String,
    /// Why not.
    pub error: AnalysisError,
}

/// Fixes the analysis of every claim of a plan before any rerun; one analysis plan a claim, in their
/// order.
///
/// # Errors
/// The first claim that cannot be decided as it is stated.
pub fn prespecify(plan: &Plan) -> Result<Vec<AnalysisPlan>, ClaimError> {
    let planned = u32::try_from(plan.seeds.len()).unwrap_or(u32::MAX);
    let claims = plan.claims.iter();
    claims
        .map(|claim| prespecify_claim(claim, &plan.decision, Some(planned)))
        .collect()
}

/// Fixes the analysis of one claim before its runs are looked at; `planned_runs` is the number of runs
/// where the decision states none, `None` where no number is planned.
///
/// # Errors
/// A claim that cannot be decided as it is stated.
pub fn prespecify_claim(
    claim: &Claim,
    decision: &Decision,
    planned_runs: Option<u32>,
) -> Result<AnalysisPlan, ClaimError> {
    AnalysisPlan::new(claim, decision, planned_runs).map_err(|error| ClaimError {
        claim: claim.id.clone(),
        error,
    })
}

/// The claims, as indices into the plan's, that these records leave undecided and further planned runs
/// may decide.
pub fn undecided(plan: &Plan, analysis_plans: &[AnalysisPlan], records: &Records) -> Vec<usize> {
    let is_undecided = |index: &usize| {
        let runs = sample::gather(&plan.claims[*index].quantity, &plan.seeds, records);
        // Values that cannot be evaluated are reported by `decide`; more runs do not help them.
        analysis_plans[*index]
            .take_looks(&runs)
            .is_ok_and(|settled| !settled.done)
    };
    (0..plan.claims.len()).filter(is_undecided).collect()
}

/// The configurations, as indices into the plan's, whose runs these claims need.
pub fn configurations(plan: &Plan, claims: &[usize]) -> BTreeSet<usize> {
    let needed: BTreeSet<Option<&str>> = claims
        .iter()
        .flat_map(|index| plan.claims[*index].quantity.arms())
        .map(|(configuration, _)| configuration)
        .collect();
    (0..plan.configurations.len())
        .filter(|index| needed.contains(&plan.configurations[*index].name.as_deref()))
        .collect()
}

/// Decides every claim of a plan from these records; `analysis_plans` are those of [`prespecify`].
///
/// # Errors
/// The first claim whose values cannot be evaluated.
pub fn decide(
    plan: &Plan,
    analysis_plans: &[AnalysisPlan],
    records: &Records,
) -> Result<Decisions, ClaimError> {
    let claims = plan.claims.iter().zip(analysis_plans);
    let claims = claims
        .map(|(claim, analysis_plan)| {
            let runs = sample::gather(&claim.quantity, &plan.seeds, records);
            decide_claim(analysis_plan, &runs)
        })
        .collect::<Result<Vec<_>, _>>()?;
    // Every p-value is a probability, so that the correction cannot fail.
    let refuted_after_correction =
        decision::refuted_after_correction(&claims, plan.decision.alpha).unwrap_or_default();
    Ok(Decisions {
        claims,
        refuted_after_correction,
    })
}

/// Decides one claim from its runs.
///
/// # Errors
/// Values that cannot be evaluated.
pub fn decide_claim(
    analysis_plan: &AnalysisPlan,
    runs: &Runs,
) -> Result<ClaimDecision, ClaimError> {
    analysis_plan.decide(runs).map_err(|error| ClaimError {
        claim: analysis_plan.id.clone(),
        error: error.into(),
    })
}
