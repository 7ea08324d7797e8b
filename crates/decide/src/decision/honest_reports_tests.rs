//! Rules that keep honest reports from being refuted, and verdicts from depending on units of measure.

use super::{AnalysisPlan, ClaimDecision, Flag, Reason, Side, Vacuity, Verdict};
use crate::sample::{Observation, Runs, SeedRun};
use reprove_model::manifest::{
    Better, Claim, Criterion, Decision, Looks, Method, MetricFacts, ObservationUnit, Pairing,
    Quantity, Reported, ReportedForm, Tolerance,
};
use reprove_model::seeds::RunSeed;

fn arm(values: &[f64]) -> Vec<SeedRun> {
    let run = |(seed, value): (u64, &f64)| SeedRun {
        seed: RunSeed(seed),
        observed: Observation::from_number(*value),
        unit: reprove_model::record::NumberUnit::Stated,
    };
    (0..).zip(values).map(run).collect()
}

fn claim(form: ReportedForm, tolerance: Tolerance) -> Claim {
    Claim {
        id: "c".to_owned(),
        quantity: Quantity::Metric {
            configuration: None,
            metric: "score".into(),
        },
        reported: Some(Reported {
            form,
            decimals: None,
        }),
        criterion: Criterion::Within(tolerance),
        better: None,
        unit: ObservationUnit::Run,
        failure: None,
        resolution: None,
        facts: MetricFacts::default(),
        test_train_ratio: None,
        failure_rate: None,
        source: None,
    }
}

fn decide(claim: &Claim, runs: &Runs) -> ClaimDecision {
    decide_by(Method::Both, claim, runs)
}

fn decide_by(method: Method, claim: &Claim, runs: &Runs) -> ClaimDecision {
    let decision = Decision {
        looks: Looks::Fixed,
        method,
        ..Decision::default()
    };
    let analysis_plan = AnalysisPlan::new(claim, &decision, None).unwrap();
    analysis_plan.decide(runs).unwrap()
}

fn bare(value: f64) -> ReportedForm {
    ReportedForm::Bare { value, runs: None }
}

fn std(mean: f64, std: f64, runs: Option<u32>) -> ReportedForm {
    ReportedForm::Std {
        mean,
        std,
        runs,
        ddof: Some(1),
    }
}

#[test]
fn verdicts_do_not_depend_on_the_size_of_the_unit() {
    let y = [1.0, 5.0, 1.0, 5.0, 2.0, 4.0];
    let forms: [fn(f64) -> ReportedForm; 6] = [
        |u| bare(3.0 * u),
        |u| std(3.0 * u, 0.2 * u, Some(5)),
        |u| std(3.0 * u, 0.2 * u, None),
        |u| ReportedForm::Values(vec![2.5 * u, 3.0 * u, 3.5 * u]),
        |u| ReportedForm::Best {
            best: 6.0 * u,
            of: 5,
        },
        |u| ReportedForm::Ci95 {
            mean: 3.0 * u,
            low: 2.0 * u,
            high: 4.0 * u,
            runs: Some(10),
        },
    ];
    for form in forms {
        for tolerance in [0.1, 1.0, 2.5, 8.0] {
            let at = |exponent: i32| {
                let unit = 2f64.powi(exponent);
                let claim = claim(form(unit), Tolerance::Absolute(tolerance * unit));
                let runs = Runs::Single(arm(&y.map(|v| v * unit)));
                // The draws of the bootstrap depend on the claim; the t interval does not.
                let by_t = decide_by(Method::T, &claim, &runs);
                let interval = by_t.difference.map(|d| d.interval);
                let interval = interval.map(|i| (i.lo / unit, i.hi / unit));
                let decision = decide(&claim, &runs);
                (decision.verdict, decision.reason.code().code(), interval)
            };
            let wanted = at(0);
            for exponent in [-900, -700, -300, 300, 700, 900] {
                assert_eq!(at(exponent), wanted, "{tolerance} 2^{exponent}");
            }
        }
    }
    // Arms that are subtracted.
    let other = [0.2, 0.9, 0.4, 0.3];
    let at = |unit: f64| {
        let runs = Runs::Difference {
            of: arm(&y.map(|v| v * unit)),
            minus: arm(&other.map(|v| v * unit)),
            pairing: Pairing::Independent,
        };
        let claim = claim(bare(2.5 * unit), Tolerance::Absolute(3.0 * unit));
        let decision = decide(&claim, &runs);
        (decision.verdict, decision.sd.map(|sd| sd / unit))
    };
    assert_eq!(at(1.0), at(2f64.powi(-900)));
    assert_eq!(at(1.0), at(2f64.powi(900)));
}

#[test]
fn a_noisy_report_without_its_number_of_runs_is_not_refuted_by_calm_reruns() {
    let y = [93.0, 93.1, 92.9, 93.05, 92.95];
    let runs = Runs::Single(arm(&y));
    let near = decide(
        &claim(std(90.0, 2.0, None), Tolerance::Absolute(1.0)),
        &runs,
    );
    assert_eq!(near.verdict, Verdict::Inconclusive);
    assert!(
        matches!(
            near.reason,
            Reason::OutsideWithoutReportedNoise {
                side: Side::Above,
                is_noise_known: false,
                ..
            }
        ),
        "{:?}",
        near.reason
    );
    // Nor by reruns that all gave one value.
    let same = Runs::Single(arm(&[93.0; 5]));
    let same = decide(
        &claim(std(90.0, 2.0, None), Tolerance::Absolute(1.0)),
        &same,
    );
    assert_eq!(same.verdict, Verdict::Inconclusive);
    // What no seed of that spread gives is refuted.
    let far = decide(
        &claim(std(60.0, 2.0, None), Tolerance::Absolute(1.0)),
        &runs,
    );
    assert_eq!(far.verdict, Verdict::NotReproduced);
}

#[test]
fn all_runs_of_both_arms_count_in_whatever_order() {
    let low = [80.1, 80.3, 79.9, 80.2];
    let high: Vec<f64> = (0..26).map(|i| 90.0 + 0.1 * f64::from(i % 9)).collect();
    let at = |minus: Vec<f64>| {
        let runs = Runs::Difference {
            of: arm(&[90.4, 90.6, 90.2, 90.5]),
            minus: arm(&minus),
            pairing: Pairing::Independent,
        };
        let decision = decide(&claim(bare(10.2), Tolerance::Absolute(1.5)), &runs);
        (decision.verdict, decision.mean)
    };
    let first = at([&low[..], &high[..]].concat());
    let last = at([&high[..], &low[..]].concat());
    assert_eq!(first.0, last.0);
    assert!((first.1.unwrap() - last.1.unwrap()).abs() < 1e-9);
    assert_ne!(first.0, Verdict::Reproduced);
}

#[test]
fn a_lowest_value_is_refuted_on_the_side_where_it_lies() {
    let y = [8.1, 8.3, 8.2, 8.4, 8.0, 8.25, 8.15, 8.35];
    let at = |best: f64| {
        let mut claim = claim(ReportedForm::Best { best, of: 5 }, Tolerance::Absolute(0.3));
        claim.better = Some(Better::Lower);
        decide(&claim, &Runs::Single(arm(&y)))
    };
    assert_eq!(at(8.0).verdict, Verdict::Reproduced);
    let too_good = at(6.0);
    assert_eq!(too_good.verdict, Verdict::NotReproduced);
    let side = |reason: &Reason| match reason {
        Reason::BestOutside { side, .. } => Some(*side),
        _ => None,
    };
    // Fresh bests of an error lie above a best that is too good.
    assert_eq!(side(&too_good.reason), Some(Side::Above));
    assert_eq!(side(&at(10.0).reason), Some(Side::Below));
    let undecided = at(7.7);
    if let Reason::IntervalTooWide { low, high } = undecided.reason {
        assert!(low < high && low > -0.3, "{low} {high}");
    }
}

#[test]
fn runs_that_all_gave_one_value_have_a_finite_interval_of_their_best() {
    let at = |best: f64| {
        let claim = claim(ReportedForm::Best { best, of: 5 }, Tolerance::Absolute(0.5));
        decide(&claim, &Runs::Single(arm(&[90.0; 4])))
    };
    let near = at(90.3);
    assert_eq!(near.verdict, Verdict::Reproduced);
    assert_eq!(near.reason.code().code(), "identical_inside");
    assert_eq!(at(91.0).reason.code().code(), "identical_outside");
    let interval = near.difference.unwrap().interval;
    assert!(interval.lo.is_finite() && interval.hi.is_finite());
}

#[test]
fn a_single_value_far_out_is_named_with_its_bound_and_a_mean_never() {
    let y = [89.1, 90.2, 88.7, 89.9, 89.4, 90.0, 89.0, 89.6, 90.3, 88.9];
    let lucky = |form| {
        let decision = decide(
            &claim(form, Tolerance::Absolute(1.0)),
            &Runs::Single(arm(&y)),
        );
        decision.flags.iter().find_map(|flag| match flag {
            Flag::LooksLikeBest { share, most, .. } => Some((*share, *most)),
            _ => None,
        })
    };
    let (share, most) = lucky(bare(92.0)).unwrap();
    assert!(share < most && most < 0.01, "{share} {most}");
    let best = |best, of| ReportedForm::Best { best, of };
    assert!(lucky(best(92.0, 5)).is_some());
    assert_eq!(lucky(best(90.3, 5)), None);
    assert_eq!(lucky(bare(89.5)), None);
    let mean = ReportedForm::Bare {
        value: 92.0,
        runs: Some(10),
    };
    assert_eq!(lucky(mean), None);
    assert_eq!(lucky(std(92.0, 0.5, None)), None);
}

#[test]
fn a_tolerance_that_holds_the_chance_level_is_vacuous() {
    let vacuity = |tolerance, chance| {
        let mut claim = claim(bare(40.0), tolerance);
        claim.facts.chance = chance;
        let plan = AnalysisPlan::new(&claim, &Decision::default(), Some(5)).unwrap();
        plan.vacuity()
    };
    let chance = Some(10.0);
    let holds = Some(Vacuity::Chance { chance: 10.0 });
    assert_eq!(vacuity(Tolerance::Absolute(30.0), chance), holds);
    assert_eq!(vacuity(Tolerance::Below(35.0), chance), holds);
    assert_eq!(vacuity(Tolerance::Above(1.0), chance), holds);
    assert_eq!(vacuity(Tolerance::Absolute(5.0), chance), None);
    assert_eq!(vacuity(Tolerance::Absolute(30.0), None), None);
}

#[test]
fn a_lost_run_counts_as_the_worst_end_of_a_stated_range() {
    let mut values = vec![
        90.0,
        90.2,
        89.8,
        90.1,
        89.9,
        90.3,
        89.7,
        90.0,
        90.1,
        f64::NAN,
    ];
    let mut stated = claim(bare(90.0), Tolerance::Absolute(60.0));
    let decided =
        |claim: &Claim, values: &[f64]| decide_by(Method::T, claim, &Runs::Single(arm(values)));
    let imputing = |decision: &ClaimDecision| match decision.reason {
        Reason::Divergence { imputing, .. } => Some(imputing),
        _ => None,
    };
    assert_eq!(imputing(&decided(&stated, &values)), Some(None));
    stated.facts.range = Some((0.0, 100.0));
    assert_eq!(decided(&stated, &values).verdict, Verdict::Reproduced);
    // Without a direction neither end may change the verdict.
    let narrow = Claim {
        criterion: Criterion::Within(Tolerance::Absolute(15.0)),
        ..stated.clone()
    };
    let open = decided(&narrow, &values);
    assert_eq!(imputing(&open), Some(Some(Verdict::Inconclusive)));
    let lower = Claim {
        better: Some(Better::Lower),
        ..narrow.clone()
    };
    assert_eq!(decided(&lower, &values).verdict, Verdict::Reproduced);
    // A claim that allows such runs is about the others, as soon as their share is shown.
    let allows = Claim {
        failure_rate: Some(0.2),
        ..narrow
    };
    assert_eq!(decided(&allows, &values).verdict, Verdict::Inconclusive);
    let more: Vec<f64> = values.iter().cycle().take(25).copied().collect();
    assert_eq!(decided(&allows, &more).verdict, Verdict::Inconclusive);
    values.splice(0..0, (0..20).map(|i| 90.0 + 0.01 * f64::from(i)));
    assert_eq!(decided(&allows, &values).verdict, Verdict::Reproduced);
}

#[test]
fn a_best_expected_beyond_the_tolerance_is_said_to_be_beyond_it() {
    let form = |best| ReportedForm::Best { best, of: 5 };
    let reruns = Runs::Single(arm(&[88.0, 90.0, 89.0, 91.0, 90.5]));
    let claim = claim(form(94.0), Tolerance::Absolute(0.2));
    let decision = decide(&claim, &reruns);
    let Reason::BestNotExcluded { side, p_value, .. } = decision.reason else {
        panic!("{:?}", decision.reason);
    };
    assert_eq!(side, Side::Below);
    assert!(p_value > 0.05, "{p_value}");
    let lower = Claim {
        reported: Some(Reported {
            form: form(-94.0),
            decimals: None,
        }),
        better: Some(Better::Lower),
        ..claim
    };
    let mirrored = Runs::Single(arm(&[-88.0, -90.0, -89.0, -91.0, -90.5]));
    let reason = decide(&lower, &mirrored).reason;
    assert!(
        matches!(
            reason,
            Reason::BestNotExcluded {
                side: Side::Above,
                ..
            }
        ),
        "{reason:?}"
    );
}

#[test]
fn splits_that_share_too_much_are_never_decided() {
    let mut splits = claim(bare(90.0), Tolerance::Absolute(1.0));
    splits.unit = ObservationUnit::Split;
    let runs = Runs::Single(arm(&[88.0, 92.0, 89.0, 91.0, 90.0]));
    let needed = |ratio: f64| {
        let claim = Claim {
            test_train_ratio: Some(ratio),
            ..splits.clone()
        };
        decide(&claim, &runs).runs_needed.unwrap().projected
    };
    // The interval ends at t sd sqrt(1/J + ratio) from the mean: with sd 1.58 at 1.65 · 1.58 · sqrt(0.25) at least.
    assert_eq!(needed(0.25), None);
    assert!(needed(0.01).unwrap() > 9);
}

#[test]
fn a_difference_of_rounding_alone_is_none() {
    let claim = claim(bare(90.4), Tolerance::Absolute(1.0));
    let decision = decide(&claim, &Runs::Single(arm(&[90.3, 90.5, 90.4])));
    assert_eq!(decision.difference.unwrap().estimate, 0.0);
}

#[test]
fn an_interval_inside_by_less_than_the_rounding_is_not_said_to_reach_over_an_end() {
    let form = ReportedForm::Std {
        mean: 90.0,
        std: 0.1,
        runs: Some(100),
        ddof: Some(1),
    };
    let mut claim = claim(form, Tolerance::Absolute(1.0));
    claim.reported.as_mut().unwrap().decimals = Some(0);
    let values: Vec<f64> = (0..50).map(|i| 90.7 + 0.001 * f64::from(i)).collect();
    let reason = decide(&claim, &Runs::Single(arm(&values))).reason;
    assert!(
        matches!(reason, Reason::WithinRounding { .. }),
        "{reason:?}"
    );
}
