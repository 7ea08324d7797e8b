//! Many claims together: the verdict on a whole manifest, and refutations corrected for their number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::claim_decision::ClaimDecision;
use super::judge::Verdict;
use super::reason::Reason;
use super::reason_code::ReasonClass;
use reprove_stats::Result;
use reprove_stats::multiplicity::holm;

/// The verdict on one claim as a report states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimVerdict {
    /// The rerun is within the tolerance, with the stated error rate.
    Reproduced,
    /// The rerun is outside the tolerance, with the stated error rate.
    NotReproduced,
    /// Neither can be said with the stated error rate.
    Inconclusive,
    /// The runs that the claim needs are not there: none was made, or too many failed.
    CouldNotVerify,
}

impl From<Verdict> for ClaimVerdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Reproduced => Self::Reproduced,
            Verdict::NotReproduced => Self::NotReproduced,
            Verdict::Inconclusive => Self::Inconclusive,
        }
    }
}

impl From<&ClaimDecision> for ClaimVerdict {
    fn from(decision: &ClaimDecision) -> Self {
        if decision.reason.code().class() == ReasonClass::MissingRuns {
            Self::CouldNotVerify
        } else {
            decision.verdict.into()
        }
    }
}

/// How many claims have each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Claims that were reproduced.
    pub reproduced: usize,
    /// Claims that were refuted.
    pub not_reproduced: usize,
    /// Claims that are undecided.
    pub inconclusive: usize,
    /// Claims whose runs are not there.
    pub could_not_verify: usize,
}

impl Counts {
    /// Counts these verdicts.
    pub fn of(verdicts: impl IntoIterator<Item = ClaimVerdict>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            *match verdict {
                ClaimVerdict::Reproduced => &mut counts.reproduced,
                ClaimVerdict::NotReproduced => &mut counts.not_reproduced,
                ClaimVerdict::Inconclusive => &mut counts.inconclusive,
                ClaimVerdict::CouldNotVerify => &mut counts.could_not_verify,
            } += 1;
        }
        counts
    }

    /// The number of claims. Counts that were read from a file may be of any size.
    pub fn all(self) -> usize {
        let others = [
            self.not_reproduced,
            self.inconclusive,
            self.could_not_verify,
        ];
        others
            .into_iter()
            .fold(self.reproduced, usize::saturating_add)
    }
}

/// Whether the inputs of a verification are the declared ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inputs {
    /// Every pin holds, the experiment could be prepared, and no deviation counts as a broken pin.
    AsDeclared,
    /// One of these is not so: the runs say nothing about the claims.
    NotAsDeclared,
}

/// Whether a deviation counts as a broken pin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// It is reported.
    #[default]
    Lenient,
    /// It counts as a broken pin.
    Strict,
}

impl Strictness {
    /// The state of the inputs: `is_ready` is that every pin holds and the experiment could be
    /// prepared, `deviations` the number of stated deviations.
    pub fn inputs(self, is_ready: bool, deviations: usize) -> Inputs {
        let is_refused = match self {
            Self::Lenient => false,
            Self::Strict => deviations > 0,
        };
        if is_ready && !is_refused {
            Inputs::AsDeclared
        } else {
            Inputs::NotAsDeclared
        }
    }
}

/// The verdict on all claims together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    /// Every claim was reproduced.
    Reproduced,
    /// At least one claim was refuted.
    NotReproduced,
    /// No claim was refuted, at least one is undecided.
    Inconclusive,
    /// A pin does not hold, the build failed or too many runs failed.
    CouldNotVerify,
}

/// The verdict on a table of claims, each taken at its own level.
///
/// "All reproduced" needs no correction for the number of claims: it is wrong only if some single
/// claim is (intersection-union test).
///
/// | inputs          | some claim                | and no claim          | overall          |
/// |-----------------|---------------------------|-----------------------|------------------|
/// | not as declared |                           |                       | could not verify |
/// | as declared     | none at all               |                       | could not verify |
/// | as declared     | could not be verified     |                       | could not verify |
/// | as declared     | not reproduced            | could not be verified | not reproduced   |
/// | as declared     | inconclusive              | of the above          | inconclusive     |
/// | as declared     | reproduced                | of the above          | reproduced       |
pub fn overall(counts: Counts, inputs: Inputs) -> Overall {
    if inputs == Inputs::NotAsDeclared || counts.all() == 0 || counts.could_not_verify > 0 {
        Overall::CouldNotVerify
    } else if counts.not_reproduced > 0 {
        Overall::NotReproduced
    } else if counts.inconclusive > 0 {
        Overall::Inconclusive
    } else {
        Overall::Reproduced
    }
}

/// Ids of the refuted claims whose refutation stands at the level `alpha` when corrected for the
/// number of claims (Holm 1979).
///
/// # Errors
/// A p-value that is no probability (not known to happen).
pub fn refuted_after_correction(decisions: &[ClaimDecision], alpha: f64) -> Result<Vec<String>> {
    let p: Vec<f64> = decisions.iter().map(p_of_agreement).collect();
    let adjusted = holm(&p)?;
    let stands = |(decision, p): &(&ClaimDecision, f64)| {
        decision.verdict == Verdict::NotReproduced && *p < alpha
    };
    Ok(decisions
        .iter()
        .zip(adjusted)
        .filter(stands)
        .map(|(decision, _)| decision.id.clone())
        .collect())
}

/// The p-value of "the difference is inside the tolerance"; 0 for an exact refutation, 1 where the
/// claim has none.
fn p_of_agreement(decision: &ClaimDecision) -> f64 {
    match (&decision.reason, decision.p_outside) {
        (Reason::BestOutside { p_value, .. }, _) => *p_value,
        (
            Reason::IdenticalOutside { .. } | Reason::NotExact { .. } | Reason::ValueOutside { .. },
            _,
        ) => 0.0,
        (_, Some(p)) => p,
        (_, None) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::AnalysisPlan;
    use crate::sample::{Observation, Runs, SeedRun};
    use reprove_model::manifest::{
        Claim, Criterion, Decision, Looks, Method, ObservationUnit, Quantity, Reported,
        ReportedForm, Tolerance,
    };
    use reprove_model::seeds::RunSeed;

    const NEAR: [f64; 5] = [0.1, -0.1, 0.05, 0.0, -0.04];
    const UNSURE: [f64; 5] = [0.9, 1.1, 0.7, 1.3, 1.0];

    /// A claim of 0 within 1, decided on these values, by t alone.
    fn decision(id: &str, values: &[f64]) -> ClaimDecision {
        let quantity = Quantity::Metric {
            configuration: None,
            metric: "m".into(),
        };
        let form = ReportedForm::Bare {
            value: 0.0,
            runs: None,
        };
        let claim = Claim {
            facts: reprove_model::manifest::MetricFacts::default(),
            test_train_ratio: None,
            failure_rate: None,
            source: None,
            id: id.to_owned(),
            quantity,
            reported: Some(Reported {
                form,
                decimals: None,
            }),
            criterion: Criterion::Within(Tolerance::Absolute(1.0)),
            better: None,
            unit: ObservationUnit::Run,
            failure: None,
            resolution: None,
        };
        let decision = Decision {
            looks: Looks::Fixed,
            method: Method::T,
            ..Decision::default()
        };
        let run = |(seed, v): (usize, &f64)| SeedRun {
            seed: RunSeed(seed as u64),
            observed: match v.is_nan() {
                true => Observation::Failed,
                false => Observation::Value(*v),
            },
            unit: reprove_model::record::NumberUnit::Stated,
        };
        let runs = Runs::Single(values.iter().enumerate().map(run).collect());
        let analysis_plan =
            AnalysisPlan::new(&claim, &decision, Some(values.len() as u32)).unwrap();
        analysis_plan.decide(&runs).unwrap()
    }

    /// Five values around `mean`, 0.1 apart.
    fn around(mean: f64) -> [f64; 5] {
        [-0.2, -0.1, 0.0, 0.1, 0.2].map(|d| mean + d)
    }

    #[test]
    fn the_worst_claim_is_the_verdict_on_all() {
        let near = decision("near", &NEAR);
        let unsure = decision("unsure", &UNSURE);
        let far = decision("far", &around(9.0));
        let failed = decision("failed", &[f64::NAN; 40]);
        let rows = [
            (vec![], Overall::CouldNotVerify),
            (vec![near.clone()], Overall::Reproduced),
            (vec![near.clone(), unsure.clone()], Overall::Inconclusive),
            (
                vec![unsure.clone(), far.clone(), near.clone()],
                Overall::NotReproduced,
            ),
            (vec![failed, far, near, unsure], Overall::CouldNotVerify),
        ];
        for (decisions, wanted) in rows {
            let counts = Counts::of(decisions.iter().map(ClaimVerdict::from));
            assert_eq!(overall(counts, Inputs::AsDeclared), wanted);
            assert_eq!(
                overall(counts, Inputs::NotAsDeclared),
                Overall::CouldNotVerify
            );
        }
    }

    #[test]
    fn refutations_are_corrected_for_the_number_of_claims() {
        // Alone this refutation stands; its p-value is between 0.05 / 20 and 0.05.
        let weak = decision("weak", &around(1.42));
        assert_eq!(weak.verdict, Verdict::NotReproduced);
        let p = weak.p_outside.unwrap();
        assert!(p > 0.0025 && p < 0.05, "{p}");
        let alone = refuted_after_correction(std::slice::from_ref(&weak), 0.05);
        assert_eq!(alone.unwrap(), ["weak"]);

        let mut many: Vec<ClaimDecision> = (0..19).map(|_| decision("near", &NEAR)).collect();
        many.push(weak);
        many.push(decision("strong", &around(30.0)));
        assert_eq!(refuted_after_correction(&many, 0.05).unwrap(), ["strong"]);
        let counts = Counts::of(many.iter().map(ClaimVerdict::from));
        assert_eq!((counts.reproduced, counts.not_reproduced), (19, 2));
        assert_eq!(overall(counts, Inputs::AsDeclared), Overall::NotReproduced);
    }

    #[test]
    fn exact_refutations_need_no_correction() {
        let constant = decision("constant", &[5.0; 4]);
        assert_eq!(constant.p_outside, None);
        let mut many: Vec<ClaimDecision> = (0..30).map(|_| decision("near", &NEAR)).collect();
        many.push(constant);
        assert_eq!(refuted_after_correction(&many, 0.05).unwrap(), ["constant"]);
    }

    #[test]
    fn counts_of_any_size_are_added() {
        let counts = Counts {
            reproduced: usize::MAX,
            not_reproduced: 1,
            ..Counts::default()
        };
        assert_eq!(counts.all(), usize::MAX);
    }
}
