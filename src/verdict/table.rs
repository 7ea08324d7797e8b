//! Many claims together: the verdict on a whole manifest, and accusations corrected for their number.

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::judge::Verdict;
use super::reason::Reason;
use crate::stats::Result;
use crate::stats::multiplicity::holm;

/// The verdict on all claims together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    /// Every claim was reproduced.
    Reproduced,
    /// No claim was refuted, some are undecided.
    Inconclusive,
    /// Some claim was refuted.
    NotReproduced,
    /// Too many runs failed for some claim.
    CouldNotVerify,
}

/// A table of claims as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The verdict, each claim taken at its own level. "All reproduced" needs no correction: it is
    /// wrong only if some single claim is (intersection-union).
    pub overall: Overall,
    /// Claims that are reproduced.
    pub reproduced: usize,
    /// Claims that are not.
    pub not_reproduced: usize,
    /// Claims that are undecided.
    pub inconclusive: usize,
    /// Claims whose refutation stands when corrected for the number of claims (Holm 1979).
    pub refuted_after_holm: Vec<String>,
}

/// The verdict on a table. `alpha` is the level at which accusations are corrected.
///
/// | some claim                   | and no claim           | overall          |
/// |------------------------------|------------------------|------------------|
/// | with too many failed runs    |                        | could not verify |
/// | not reproduced               | could not be verified  | not reproduced   |
/// | inconclusive                 | of the above           | inconclusive     |
/// | reproduced                   | of the above           | reproduced       |
///
/// Without claims nothing was shown: inconclusive.
///
/// # Errors
/// A p-value that is no probability (not known to happen).
pub fn overall(findings: &[Finding], alpha: f64) -> Result<Summary> {
    let count = |v: Verdict| findings.iter().filter(|f| f.verdict == v).count();
    let failed = |f: &Finding| matches!(f.reason, Reason::TooManyFailed { .. });
    let (not_reproduced, inconclusive) =
        (count(Verdict::NotReproduced), count(Verdict::Inconclusive));
    let overall = if findings.iter().any(failed) {
        Overall::CouldNotVerify
    } else if not_reproduced > 0 {
        Overall::NotReproduced
    } else if inconclusive > 0 || findings.is_empty() {
        Overall::Inconclusive
    } else {
        Overall::Reproduced
    };
    // A claim without this p-value was refuted exactly, or not at all.
    let p: Vec<f64> = findings.iter().map(accusation).collect();
    let adjusted = holm(&p)?;
    let stands = |(f, p): &(&Finding, f64)| f.verdict == Verdict::NotReproduced && *p < alpha;
    Ok(Summary {
        overall,
        reproduced: count(Verdict::Reproduced),
        not_reproduced,
        inconclusive,
        refuted_after_holm: findings
            .iter()
            .zip(adjusted)
            .filter(stands)
            .map(|(f, _)| f.id.clone())
            .collect(),
    })
}

fn accusation(finding: &Finding) -> f64 {
    match (&finding.reason, finding.p_outside) {
        (Reason::BestOutside { p_value, .. }, _) => *p_value,
        (Reason::IdenticalOutside { .. } | Reason::NotExact { .. }, _) => 0.0,
        (_, Some(p)) => p,
        (_, None) => 1.0,
    }
}
