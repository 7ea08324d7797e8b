//! The claims of a plan: fixed before the first run, asked after each round, decided at the end.
//!
//! This is the only loop over claims. A verification, a plan, `decide` and an audit call it with the same
//! arguments and so come to the same verdicts.

use std::collections::BTreeSet;

use reprove_model::plan::Plan;
use reprove_model::record::Records;

use crate::decision::{self, AnalysisError, AnalysisPlan, ClaimDecision};
use crate::sample;

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

/// Fixes every claim of a plan before any rerun; one analysis plan a claim, in their order.
///
/// # Errors
/// The first claim that cannot be decided as it is stated.
pub fn prespecify(plan: &Plan) -> Result<Vec<AnalysisPlan>, ClaimError> {
    let planned = u32::try_from(plan.seeds.len()).unwrap_or(u32::MAX);
    plan.claims
        .iter()
        .map(|claim| {
            AnalysisPlan::new(claim, &plan.decision, planned).map_err(|error| ClaimError {
                claim: claim.id.clone(),
                error,
            })
        })
        .collect()
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

/// Decides every claim of a plan from these records; `analysis_plans` are what was fixed of each before them.
///
/// # Errors
/// The first claim whose values cannot be evaluated.
pub fn decide(
    plan: &Plan,
    analysis_plans: &[AnalysisPlan],
    records: &Records,
) -> Result<Decisions, ClaimError> {
    let mut claims = Vec::new();
    for (claim, analysis_plan) in plan.claims.iter().zip(analysis_plans) {
        let runs = sample::gather(&claim.quantity, &plan.seeds, records);
        claims.push(analysis_plan.decide(&runs).map_err(|error| ClaimError {
            claim: claim.id.clone(),
            error: error.into(),
        })?);
    }
    // Every p-value is a probability, so that the correction cannot fail.
    let refuted_after_correction =
        decision::refuted_after_correction(&claims, plan.decision.alpha).unwrap_or_default();
    Ok(Decisions {
        claims,
        refuted_after_correction,
    })
}
