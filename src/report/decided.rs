//! The claims of a plan, decided from its runs: the one place where that is done, for a verification
//! and for the audit of its evidence alike.

use super::{ClaimReport, claims};
use crate::evidence;
use crate::plan::Plan;
use crate::runs::Records;
use crate::verdict::{self, Lock, LockError};

/// The claims of a plan, decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The claims in the order of the plan.
    pub claims: Vec<ClaimReport>,
    /// Ids of the refuted claims whose refutation stands when corrected for the number of claims
    /// (Holm 1979).
    pub accusations: Vec<String>,
}

/// A claim of whose numbers no verdict can be had.
#[derive(Debug, thiserror::Error)]
#[error("claim `{claim}`: {error}")]
pub struct Undecidable {
    /// The claim's id.
    pub claim: String,
    /// Why not.
    pub error: LockError,
}

/// Decides every claim of a plan from these runs; `locks` are what was fixed of each before them.
///
/// # Errors
/// The first claim of whose numbers no verdict can be had.
pub fn decide(plan: &Plan, locks: &[Lock], records: &Records) -> Result<Decided, Undecidable> {
    let (mut reports, mut findings) = (Vec::new(), Vec::new());
    for (claim, lock) in plan.claims.iter().zip(locks) {
        let seen = evidence::gather(&claim.quantity, &plan.seeds, records);
        let finding = lock.finding(&seen).map_err(|error| Undecidable {
            claim: claim.id.clone(),
            error: error.into(),
        })?;
        reports.push(claims::claim(claim, lock, &finding));
        findings.push(finding);
    }
    // Every p-value is a probability, so that the correction cannot fail.
    let summary = verdict::overall(&findings, plan.decision.alpha).ok();
    Ok(Decided {
        claims: reports,
        accusations: summary.map_or_else(Vec::new, |summary| summary.refuted_after_holm),
    })
}
