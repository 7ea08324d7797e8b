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
//! use reprove_model::manifest::{ObservationUnit, Reported, ReportedForm, Tolerance};
//! use reprove_model::seeds::RunSeed;
//!
//! // Accuracy 90.4, reproduced if the reruns' mean is within 1 of it.
//! let claim = Claim {
//!     id: "accuracy".to_owned(),
//!     quantity: Quantity::Metric { configuration: None, metric: "accuracy".into() },
//!     reported: Some(Reported {
//!         form: ReportedForm::Bare { value: 90.4, runs: None },
//!         decimals: Some(1),
//!     }),
//!     criterion: Criterion::Within(Tolerance::Absolute(1.0)),
//!     better: None,
//!     unit: ObservationUnit::Run,
//!     failure: None,
//!     resolution: None,
//!     facts: MetricFacts::default(),
//!     test_train_ratio: None,
//!     failure_rate: None,
//!     source: None,
//! };
//! let decision = Decision { looks: Looks::Fixed, ..Decision::default() };
//! // Every analysis choice is made here, before the runs are looked at.
//! let analysis_plan = claims::prespecify_claim(&claim, &decision, Some(4))?;
//! let run = |(seed, value)| SeedRun {
//!     seed: RunSeed(seed),
//!     observed: Observation::from_number(value),
//!     unit: reprove_model::record::NumberUnit::Stated,
//! };
//! let runs = Runs::Single((1..).zip([90.2, 90.5, 90.3, 90.6]).map(run).collect());
//! let decided = claims::decide_claim(&analysis_plan, &runs)?;
//! assert_eq!(decided.verdict, Verdict::Reproduced);
//! # Ok::<(), claims::ClaimError>(())
//! ```

use std::collections::BTreeSet;

use reprove_model::manifest::{Claim, Decision, Looks};
use reprove_model::plan::Plan;
use reprove_model::record::{LEFT_OUT, LONGER_NAME, NO_NEWLINE, Records, Repeat};
use reprove_model::seeds::SeedCall;

use crate::decision::{
    self, AnalysisError, AnalysisPlan, ClaimDecision, Determinism, Flag, Reason, Verdict,
};
use crate::recomputation;
use crate::sample::{self, Runs};
use reprove_model::name::ConfigurationId;
use reprove_model::seeds::RunSeed;

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
    if plan.is_deterministic {
        return prespecify_deterministic(plan);
    }
    let count = |seeds: &[RunSeed]| u32::try_from(seeds.len()).unwrap_or(u32::MAX);
    let fresh = count(&plan.fresh_seeds());
    // Without a fresh seed nothing is decided, and all runs are recomputations.
    let planned = if fresh == 0 {
        count(&plan.seeds)
    } else {
        fresh
    };
    let decision = Decision {
        max_runs: plan.decision.max_runs.map(|max_runs| max_runs.min(planned)),
        ..plan.decision.clone()
    };
    let claims = plan.claims.iter();
    claims
        .map(|claim| {
            let analysis_plan = prespecify_claim(claim, &decision, Some(planned))?;
            Ok(match fresh {
                0 => analysis_plan.of_published_seeds(),
                _ => analysis_plan,
            })
        })
        .collect()
}

/// The analysis of claims on a program that the manifest calls deterministic: one run of each.
fn prespecify_deterministic(plan: &Plan) -> Result<Vec<AnalysisPlan>, ClaimError> {
    let decision = Decision {
        looks: Looks::Fixed,
        max_runs: Some(1),
        ..plan.decision.clone()
    };
    let prespecify = |claim| prespecify_claim(claim, &decision, Some(1));
    let analysis_plans = plan.claims.iter().map(prespecify);
    analysis_plans
        .map(|analysis_plan| analysis_plan.map(AnalysisPlan::of_deterministic))
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
        let runs = sample_of(plan, &plan.claims[*index], records);
        // Values that cannot be evaluated are reported by `decide`; more runs do not help them.
        analysis_plans[*index]
            .take_looks(&runs)
            .is_ok_and(|settled| !settled.done)
    };
    (0..plan.claims.len()).filter(is_undecided).collect()
}

/// The configurations, as indices into the plan's, whose runs these claims need.
pub fn configurations(plan: &Plan, claims: &[usize]) -> BTreeSet<usize> {
    let needed: BTreeSet<Option<&ConfigurationId>> = claims
        .iter()
        .flat_map(|index| plan.claims[*index].quantity.arms())
        .map(|(configuration, _)| configuration)
        .collect();
    (0..plan.configurations.len())
        .filter(|index| needed.contains(&plan.configurations[*index].name.as_ref()))
        .collect()
}

/// Decides every claim of a plan from these records; `analysis_plans` are those of [`prespecify`],
/// `seed_calls` the places at which a program sets seeds by itself.
///
/// # Errors
/// The first claim whose values cannot be evaluated.
pub fn decide(
    plan: &Plan,
    analysis_plans: &[AnalysisPlan],
    records: &Records,
    seed_calls: &[SeedCall],
) -> Result<Decisions, ClaimError> {
    let places: Vec<String> = seed_calls.iter().map(|call| call.place.clone()).collect();
    let claims = plan.claims.iter().zip(analysis_plans);
    let claims = claims
        .map(|(claim, analysis_plan)| {
            let runs = sample_of(plan, claim, records);
            let analysis_plan = analysis_plan.with_determinism(Determinism {
                repeat: recomputation::repeat_of(claim, records),
                seed_calls: places.clone(),
            });
            let mut decision = decide_claim(&analysis_plan, &runs)?;
            decision.flags.extend(reading_flags(claim, records));
            let doubt = doubt_of_copies(plan, claim, records, &places);
            if let (Some(doubt), true) = (doubt, decision.verdict != Verdict::Inconclusive) {
                decision = decision.withdrawn(doubt);
            }
            Ok(ClaimDecision {
                recomputation: recomputation::recompute(plan, claim, records),
                ..decision
            })
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

/// The runs that a claim is decided from: those on fresh seeds, all where no seed is fresh.
fn sample_of(plan: &Plan, claim: &Claim, records: &Records) -> Runs {
    let fresh = plan.fresh_seeds();
    let seeds = if plan.is_deterministic || fresh.is_empty() {
        &plan.seeds
    } else {
        &fresh
    };
    sample::gather(&claim.quantity, seeds, records)
}

/// The reason why no verdict rests on runs that are all copies of one, if there is one: the program sets a
/// seed by itself, so that its output is one draw; the paper's values varied and these do not; or nothing
/// says that the program has no chance.
fn doubt_of_copies(
    plan: &Plan,
    claim: &Claim,
    records: &Records,
    seed_calls: &[String],
) -> Option<Reason> {
    if plan.is_deterministic {
        return None;
    }
    let copies = copies(claim, records)?;
    if !seed_calls.is_empty() {
        let places = seed_calls.to_vec();
        return Some(Reason::SeedInSource { places });
    }
    let reported = claim.reported.as_ref();
    let is_varied = reported.is_some_and(|reported| reported.form.has_spread());
    if copies.is_repeated && is_varied {
        return Some(Reason::ChanceReported);
    }
    let runs = copies.runs;
    (copies.is_repeated && copies.is_one_output).then_some(Reason::SeedWithoutEffect { runs })
}

/// The runs of a configuration that all have the same metrics.
struct Copies {
    /// Their number.
    runs: usize,
    /// Whether their whole output is the same; else their logs may tell the seeds.
    is_one_output: bool,
    /// Whether a repeat of runs with one output gave it again.
    is_repeated: bool,
}

/// Runs at least whose equal metrics, without a repeat, may come from one seed: fewer tie on a coarse scale.
const TIED: usize = 3;

/// A configuration of a claim whose runs all have the same metrics, with two seeds or more, if there is one.
fn copies(claim: &Claim, records: &Records) -> Option<Copies> {
    let of = |name: Option<&ConfigurationId>| {
        let runs = records.all().iter();
        let runs: Vec<_> = runs
            .filter(|record| record.configuration.as_ref() == name && record.outcome.is_final())
            .collect();
        let first = runs.first()?;
        let is_one_output =
            first.output.is_some() && runs.iter().all(|run| run.output == first.output);
        let copies = Copies {
            runs: runs.len(),
            is_one_output,
            is_repeated: runs.iter().any(|run| run.repeat == Some(Repeat::Same)),
        };
        let is_same = runs.iter().all(|run| run.outcome == first.outcome);
        let is_enough = runs.len() >= TIED || (runs.len() > 1 && copies.is_repeated);
        (is_same && is_enough).then_some(copies)
    };
    let arms = claim.quantity.arms().into_iter();
    let mut found = arms.filter_map(|(name, _)| of(name)).collect::<Vec<_>>();
    found.sort_by_key(|copies| !(copies.is_repeated && copies.is_one_output));
    found.into_iter().next()
}

/// Whether the runs of some claim are all equal, so that seeds that the program sets matter.
pub fn have_copies(plan: &Plan, records: &Records) -> bool {
    let mut claims = plan.claims.iter();
    plan.is_deterministic || claims.any(|claim| copies(claim, records).is_some())
}

/// The warnings about how the numbers of a claim were read: from files that end within a record or a line, by
/// the end of a name.
fn reading_flags(claim: &Claim, records: &Records) -> impl Iterator<Item = Flag> {
    let arms = claim.quantity.arms();
    let of_claim = records.all().iter().filter_map(|record| {
        let mut arms = arms.iter();
        let (_, metric) = arms.find(|(name, _)| *name == record.configuration.as_ref())?;
        record.origins.get(*metric)
    });
    let origins: Vec<&String> = of_claim.collect();
    let runs = origins.len();
    let with = |remark: &str| {
        let origins = origins.iter();
        origins.filter(|origin| origin.contains(remark)).count()
    };
    let (cut, open, longer) = (with(LEFT_OUT), with(NO_NEWLINE), with(LONGER_NAME));
    let cut_off = (cut > 0).then_some(Flag::CutOff { cut, runs });
    let no_newline = (open > 0).then_some(Flag::NoNewline { open, runs });
    let longer_name = (longer > 0).then_some(Flag::LongerName { longer, runs });
    [cut_off, no_newline, longer_name].into_iter().flatten()
}

/// Decides one claim from its runs.
///
/// # Errors
/// Values that cannot be evaluated.
pub fn decide_claim(
    analysis_plan: &AnalysisPlan,
    runs: &Runs,
) -> Result<ClaimDecision, ClaimError> {
    let of_claim = |error: AnalysisError| ClaimError {
        claim: analysis_plan.id.clone(),
        error,
    };
    decision::refuse_too_large(runs.values().map(|(value, _)| value)).map_err(of_claim)?;
    analysis_plan
        .decide(runs)
        .map_err(|error| of_claim(error.into()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::decision::Verdict;
    use reprove_model::manifest::{
        Criterion, Device, Looks, MetricFacts, ObservationUnit, Quantity, Reported, ReportedForm,
        Tolerance,
    };
    use reprove_model::record::{Outcome, Record};
    use reprove_model::seeds::SeedSource;

    /// A claim of 90 within 1 with ten seeds, of which these were reported.
    fn plan(reported_seeds: Vec<RunSeed>, unit: ObservationUnit) -> Plan {
        let claim = Claim {
            id: "c".to_owned(),
            quantity: Quantity::Metric {
                configuration: None,
                metric: "score".into(),
            },
            reported: Some(Reported {
                form: ReportedForm::Bare {
                    value: 90.0,
                    runs: None,
                },
                decimals: None,
            }),
            criterion: Criterion::Within(Tolerance::Absolute(1.0)),
            better: None,
            unit,
            failure: None,
            resolution: None,
            facts: MetricFacts::default(),
            test_train_ratio: None,
            failure_rate: Some(0.1),
            source: None,
        };
        let seeds: Vec<RunSeed> = (1..=10).map(RunSeed).collect();
        Plan {
            configurations: Vec::new(),
            rounds: vec![seeds.len()],
            reported_seeds,
            seed_source: SeedSource::Stated,
            is_deterministic: false,
            claims: vec![claim],
            device: Device::Cpu,
            decision: Decision {
                looks: Looks::Fixed,
                max_runs: Some(10),
                ..Decision::default()
            },
            seeds,
        }
    }

    /// Seeds 1 to 5 give about 90, the others about `other`.
    fn decided(plan: &Plan, other: f64) -> ClaimDecision {
        let record = |seed: RunSeed| {
            let mean = if seed.0 <= 5 { 90.0 } else { other };
            let value = mean + 0.1 * (seed.0 % 5) as f64;
            let metrics = BTreeMap::from([("score".into(), value)]);
            let outcome = match value.is_finite() {
                true => Outcome::Finished { metrics },
                false => Outcome::Diverged {
                    metrics: BTreeMap::new(),
                    message: "not finite".to_owned(),
                },
            };
            Record::ended(None, seed, outcome)
        };
        let records = Records::new(plan.seeds.iter().map(|seed| record(*seed)).collect());
        let analysis_plans = prespecify(plan).unwrap();
        assert!(undecided(plan, &analysis_plans, &records).is_empty());
        let mut decisions = decide(plan, &analysis_plans, &records, &[]).unwrap();
        decisions.claims.remove(0)
    }

    #[test]
    fn a_false_claim_is_not_made_green_by_published_seeds() {
        // The published seeds are the lucky ones.
        let mixed = decided(
            &plan((1..=5).map(RunSeed).collect(), ObservationUnit::Run),
            80.0,
        );
        assert_eq!(mixed.verdict, Verdict::NotReproduced);
        assert_eq!(mixed.n, 5);
        let all = decided(
            &plan((1..=10).map(RunSeed).collect(), ObservationUnit::Run),
            90.0,
        );
        assert_eq!(all.verdict, Verdict::Inconclusive);
        assert_eq!(all.reason.code().code(), "published_seeds_only");
        let fresh = decided(
            &plan(vec![RunSeed(11), RunSeed(12)], ObservationUnit::Run),
            90.0,
        );
        assert_eq!(fresh.verdict, Verdict::Reproduced);
    }

    #[test]
    fn folds_count_their_overlap_and_splits_need_its_size() {
        let runs = decided(&plan(Vec::new(), ObservationUnit::Run), 90.0);
        let folds = decided(&plan(Vec::new(), ObservationUnit::Fold), 90.0);
        let width = |decision: &ClaimDecision| {
            decision.targets[1]
                .difference
                .as_ref()
                .unwrap()
                .interval
                .width()
        };
        let by_t = |decision: &ClaimDecision| {
            let test = &decision.tests[0];
            test.statistic.unwrap()
        };
        // The variance is s² (1/10 + 1/9) instead of s²/10.
        let factor = (1.0f64 + 10.0 / 9.0).sqrt();
        assert!((by_t(&runs) / by_t(&folds) / factor - 1.0).abs() < 1e-9);
        assert!(width(&folds) > 1.2 * width(&runs));
        let mut splits = plan(Vec::new(), ObservationUnit::Split);
        let unknown = decided(&splits, 90.0);
        assert_eq!(unknown.verdict, Verdict::Inconclusive);
        assert_eq!(unknown.reason.code().code(), "split_ratio_unknown");
        splits.claims[0].test_train_ratio = Some(0.25);
        assert_eq!(decided(&splits, 90.0).verdict, Verdict::Reproduced);
    }

    #[test]
    fn more_divergence_than_the_claim_allows_refutes_it_and_without_a_rate_nothing_does() {
        let mut plan = plan(Vec::new(), ObservationUnit::Run);
        let refuted = decided(&plan, f64::NAN);
        assert_eq!(refuted.verdict, Verdict::NotReproduced);
        assert_eq!(refuted.reason.code().code(), "diverges_too_often");
        plan.claims[0].failure_rate = None;
        let open = decided(&plan, f64::NAN);
        assert_eq!(open.verdict, Verdict::Inconclusive);
        assert_eq!(open.runs_needed, None);
    }
}
