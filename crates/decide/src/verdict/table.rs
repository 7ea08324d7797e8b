//! Many claims together: the verdict on a whole manifest, and accusations corrected for their number.

use serde::{Deserialize, Serialize};

use super::claim_decision::ClaimDecision;
use super::judge::Verdict;
use super::reason::Reason;
use reprove_stats::Result;
use reprove_stats::multiplicity::holm;

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
pub fn overall(findings: &[ClaimDecision], alpha: f64) -> Result<Summary> {
    let count = |v: Verdict| findings.iter().filter(|f| f.verdict == v).count();
    let failed = |f: &ClaimDecision| matches!(f.reason, Reason::TooManyFailed { .. });
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
    let stands = |(f, p): &(&ClaimDecision, f64)| f.verdict == Verdict::NotReproduced && *p < alpha;
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

fn accusation(finding: &ClaimDecision) -> f64 {
    match (&finding.reason, finding.p_outside) {
        (Reason::BestOutside { p_value, .. }, _) => *p_value,
        (Reason::IdenticalOutside { .. } | Reason::NotExact { .. }, _) => 0.0,
        (_, Some(p)) => p,
        (_, None) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Observation, Runs, SeedRun};
    use crate::verdict::AnalysisPlan;
    use reprove_model::manifest::{
        Claim, Criterion, Decision, Looks, Method, Quantity, Reported, ReportedForm, Tolerance,
        Unit,
    };

    const NEAR: [f64; 5] = [0.1, -0.1, 0.05, 0.0, -0.04];
    const UNSURE: [f64; 5] = [0.9, 1.1, 0.7, 1.3, 1.0];

    /// A claim of 0 within 1, decided on these values, by t alone.
    fn finding(id: &str, values: &[f64]) -> ClaimDecision {
        let quantity = Quantity::Metric {
            configuration: None,
            metric: "m".to_owned(),
        };
        let form = ReportedForm::Bare {
            value: 0.0,
            runs: None,
        };
        let claim = Claim {
            id: id.to_owned(),
            quantity,
            reported: Some(Reported {
                form,
                decimals: None,
            }),
            criterion: Criterion::Within(Tolerance::Absolute(1.0)),
            better: None,
            unit: Unit::Run,
            failure: None,
            lattice: None,
        };
        let decision = Decision {
            looks: Looks::Fixed,
            method: Method::T,
            ..Decision::default()
        };
        let run = |(seed, v): (usize, &f64)| SeedRun {
            seed: seed as u64,
            observed: match v.is_nan() {
                true => Observation::Failed,
                false => Observation::Value(*v),
            },
            unit: reprove_model::record::Unit::Stated,
        };
        let runs = Runs::Single(values.iter().enumerate().map(run).collect());
        let lock = AnalysisPlan::new(&claim, &decision, values.len() as u32).unwrap();
        lock.finding(&runs).unwrap()
    }

    /// Five values around `mean`, 0.1 apart.
    fn around(mean: f64) -> [f64; 5] {
        [-0.2, -0.1, 0.0, 0.1, 0.2].map(|d| mean + d)
    }

    #[test]
    fn the_worst_claim_is_the_verdict_on_all() {
        let near = finding("near", &NEAR);
        let unsure = finding("unsure", &UNSURE);
        let far = finding("far", &around(9.0));
        let failed = finding("failed", &[f64::NAN; 40]);
        let rows = [
            (vec![], Overall::Inconclusive),
            (vec![near.clone()], Overall::Reproduced),
            (vec![near.clone(), unsure.clone()], Overall::Inconclusive),
            (
                vec![unsure.clone(), far.clone(), near.clone()],
                Overall::NotReproduced,
            ),
            (vec![failed, far, near, unsure], Overall::CouldNotVerify),
        ];
        for (findings, wanted) in rows {
            assert_eq!(overall(&findings, 0.05).unwrap().overall, wanted);
        }
    }

    #[test]
    fn accusations_are_corrected_for_the_number_of_claims() {
        // Alone this refutation stands; its p-value is between 0.05 / 20 and 0.05.
        let weak = finding("weak", &around(1.42));
        assert_eq!(weak.verdict, Verdict::NotReproduced);
        let p = weak.p_outside.unwrap();
        assert!(p > 0.0025 && p < 0.05, "{p}");
        let alone = overall(std::slice::from_ref(&weak), 0.05).unwrap();
        assert_eq!(alone.refuted_after_holm, ["weak"]);

        let mut many: Vec<ClaimDecision> = (0..19).map(|_| finding("near", &NEAR)).collect();
        many.push(weak);
        many.push(finding("strong", &around(30.0)));
        let summary = overall(&many, 0.05).unwrap();
        assert_eq!(summary.refuted_after_holm, ["strong"]);
        assert_eq!((summary.reproduced, summary.not_reproduced), (19, 2));
        assert_eq!(summary.overall, Overall::NotReproduced);
    }

    #[test]
    fn exact_refutations_need_no_correction() {
        let constant = finding("constant", &[5.0; 4]);
        assert_eq!(constant.p_outside, None);
        let mut many: Vec<ClaimDecision> = (0..30).map(|_| finding("near", &NEAR)).collect();
        many.push(constant);
        assert_eq!(
            overall(&many, 0.05).unwrap().refuted_after_holm,
            ["constant"]
        );
    }
}
