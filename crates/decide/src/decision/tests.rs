//! The rule against reference values and its laws.

use proptest::prelude::*;
use serde_json::Value;

use super::analysis_plan::AnalysisPlan;
use super::judge::{Comparison, Level, Target, Verdict, judge, judge_identical};
use crate::reported::{EquivalenceMargin, Interpretation};
use crate::sample::{MissingDataPolicy, Observation, Runs, SeedRun};
use reprove_model::manifest::{
    Basis, Claim, Criterion, Decision, Looks, Method, ObservationUnit, Quantity, Reported,
    ReportedForm, Tolerance,
};
use reprove_model::seeds::RunSeed;

fn runs(values: &[f64]) -> Runs {
    let run = |(i, v): (usize, &f64)| SeedRun {
        seed: RunSeed(i as u64),
        observed: Observation::from_number(*v),
        unit: reprove_model::record::NumberUnit::Stated,
    };
    Runs::Single(values.iter().enumerate().map(run).collect())
}

fn claim(form: ReportedForm, decimals: Option<u32>, tolerance: Tolerance) -> Claim {
    Claim {
        facts: reprove_model::manifest::MetricFacts::default(),
        test_train_ratio: None,
        failure_rate: None,
        source: None,
        id: "c".to_string(),
        quantity: Quantity::Metric {
            configuration: None,
            metric: "accuracy".into(),
        },
        reported: Some(Reported { form, decimals }),
        criterion: Criterion::Within(tolerance),
        better: None,
        unit: ObservationUnit::Run,
        failure: None,
        resolution: None,
    }
}

fn bare(value: f64) -> ReportedForm {
    ReportedForm::Bare { value, runs: None }
}

fn fixed() -> Decision {
    Decision {
        looks: Looks::Fixed,
        ..Decision::default()
    }
}

fn decide(claim: &Claim, decision: &Decision, values: &[f64]) -> super::ClaimDecision {
    let analysis_plan = AnalysisPlan::new(claim, decision, Some(values.len() as u32)).unwrap();
    analysis_plan.decide(&runs(values)).unwrap()
}

/// The interpretation of a reference case, whose spread is not rounded.
fn reading_of(reported: &Value) -> Interpretation {
    let number = |key: &str| reported[key].as_f64();
    let n = reported["n"].as_u64().map(|n| n as u32);
    let mean = number("mean").unwrap();
    let h = reported["decimals"]
        .as_i64()
        .map_or(0.0, |d| 0.5 * 10f64.powi(-d as i32));
    let root = f64::from(n.unwrap_or(1)).sqrt();
    let sd = if let Some(sd) = number("sd") {
        let n = f64::from(n.unwrap());
        if reported["ddof"].as_i64() == Some(0) {
            sd * (n / (n - 1.0)).sqrt()
        } else {
            sd
        }
    } else if let Some(se) = number("se") {
        se * root
    } else if let Some(ci) = reported["ci95"].as_array() {
        let half = (ci[1].as_f64().unwrap() - mean).max(mean - ci[0].as_f64().unwrap());
        if reported["ci_kind"] == "t" {
            crate::reported::sd_of_t_interval(half, n.unwrap()).unwrap()
        } else {
            half * root / 1.959_963_984_540_054
        }
    } else {
        let form = Reported {
            form: bare(mean),
            decimals: None,
        };
        let bare = crate::reported::interpret(&form).unwrap().remove(0);
        return Interpretation {
            half_unit: h,
            ..bare
        };
    };
    Interpretation::from_sd("", mean, h, sd, n.unwrap())
}

fn band_of(case: &Value, interpretation: &Interpretation) -> EquivalenceMargin {
    let value = case["tolerance"]["value"].as_f64().unwrap();
    let tolerance = match case["tolerance"]["kind"].as_str().unwrap() {
        "abs" => Tolerance::Absolute(value),
        "rel" => Tolerance::Relative(value),
        "sd" => Tolerance::Sd(value),
        other => panic!("tolerance `{other}`"),
    };
    let margin = crate::reported::margin(
        &Criterion::Within(tolerance),
        std::slice::from_ref(interpretation),
    );
    let margin = margin.unwrap();
    match case["options"]["side"].as_str() {
        Some("not_worse") => EquivalenceMargin {
            high: f64::INFINITY,
            ..margin
        },
        _ => margin,
    }
}

#[test]
fn reference_cases_of_the_rule() {
    let text = std::fs::read_to_string("../../fixtures/vectors/vectors.json").unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let cases = all["cases"].as_array().unwrap();
    let cases: Vec<&Value> = cases.iter().filter(|c| c["group"] == "verdict").collect();
    assert!(cases.len() >= 18);
    for case in cases {
        reference_case(case);
    }
}

fn reference_case(case: &Value) {
    let id = case["id"].as_str().unwrap();
    let (input, expect) = (&case["input"], &case["expect"]);
    let rtol = case["rtol"].as_f64().unwrap_or(1e-12);
    let interpretation = reading_of(&input["reported"]);
    let margin = band_of(input, &interpretation);
    let values = input["reruns"].as_array().unwrap();
    let values: Vec<f64> = values
        .iter()
        .map(|v| v.as_f64().unwrap_or(f64::NAN))
        .collect();
    let rerun = runs(&values)
        .summarize(None, MissingDataPolicy::Exclude, None)
        .unwrap();
    let close = |key: &str, found: f64, wanted: &Value| {
        let wanted = wanted.as_f64().unwrap();
        let scale = wanted.abs().max(1e-3 * interpretation.value.abs());
        assert!(
            (found - wanted).abs() <= rtol * scale,
            "{id} {key}: {found} {wanted}"
        );
    };
    assert_eq!(expect["m"].as_u64(), Some(rerun.n() as u64), "{id}");
    close("mean", rerun.mean.unwrap(), &expect["mean"]);
    close(
        "tolerance",
        margin.high.min(-margin.low),
        &expect["tol_abs"],
    );
    let Some(comparison) = Comparison::new(&rerun, &interpretation).unwrap() else {
        assert_eq!(expect["verdict"], "INCONCLUSIVE", "{id}");
        return;
    };
    close("sd", rerun.noise.unwrap().sd, &expect["sd"]);
    close("diff", comparison.difference, &expect["diff"]);
    close("se_printed", comparison.printed.0, &expect["se_printed"]);
    close("df_printed", comparison.printed.1, &expect["df_printed"]);
    close("se_process", comparison.process.0, &expect["se_process"]);
    close("df_process", comparison.process.1, &expect["df_process"]);
    let level = input["options"]["nominal"].as_f64().unwrap_or(0.05);
    let intervals = comparison.intervals(Level::Nominal(level)).unwrap();
    for (key, own) in [
        ("ci_printed", intervals.printed),
        ("ci_process", intervals.process),
    ] {
        close(key, own.lo, &expect[key][0]);
        close(key, own.hi, &expect[key][1]);
    }
    let target = match expect["target"].as_str() {
        Some("process") => Target::Process,
        _ => Target::Printed,
    };
    let verdict = if comparison.process.0 == 0.0 {
        judge_identical(
            comparison.difference,
            &margin,
            interpretation.half_unit,
            interpretation.value,
        )
    } else {
        judge(&intervals, target, &margin, interpretation.half_unit)
    };
    let wanted = match expect["verdict"].as_str().unwrap() {
        "REPRODUCED" => Verdict::Reproduced,
        "NOT REPRODUCED" => Verdict::NotReproduced,
        _ => Verdict::Inconclusive,
    };
    assert_eq!(verdict, wanted, "{id}");
    if expect["never_reproducible"] == true {
        let power = crate::power_analysis::analyze_power(&interpretation, &margin, 0.05).unwrap();
        let never = crate::power_analysis::Decidability::Never;
        assert_eq!(power.process, Some(never), "{id}");
    }
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-3.0..3.0f64, 3..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shift_and_scale_change_nothing(
        y in values(), r in -2.0..2.0f64, tol in 0.1..4.0f64, shift in -4.0..4.0f64, k in 0u32..6,
    ) {
        // Powers of two and few digits: exact in binary, so that the verdict must be the same.
        let grid = |x: f64| (x * 1024.0).round() / 1024.0;
        let y: Vec<f64> = y.into_iter().map(grid).collect();
        let (r, tol, shift, c) = (grid(r), grid(tol), grid(shift), 2f64.powi(k as i32 - 3));
        let moved: Vec<f64> = y.iter().map(|v| c * v + shift).collect();
        let decision = Decision { method: Method::T, ..fixed() };
        let a = decide(&claim(bare(r), None, Tolerance::Absolute(tol)), &decision, &y);
        let b = decide(
            &claim(bare(c * r + shift), None, Tolerance::Absolute(c * tol)), &decision, &moved,
        );
        prop_assert_eq!(a.verdict, b.verdict);
        let (a, b) = (a.difference.unwrap(), b.difference.unwrap());
        prop_assert!((c * a.interval.lo - b.interval.lo).abs() < 1e-9 * (1.0 + c));
    }

    #[test]
    fn seed_order_changes_nothing_at_fixed_n(y in values(), tol in 0.1..4.0f64) {
        let mut other = y.clone();
        other.reverse();
        let claim = claim(bare(0.0), None, Tolerance::Absolute(tol));
        let (a, b) = (decide(&claim, &fixed(), &y), decide(&claim, &fixed(), &other));
        prop_assert_eq!(a.verdict, b.verdict);
    }

    #[test]
    fn sign_flip_is_symmetric(y in values(), r in -2.0..2.0f64, tol in 0.1..4.0f64) {
        let flipped: Vec<f64> = y.iter().map(|v| -v).collect();
        let decision = Decision { method: Method::T, ..fixed() };
        let a = decide(&claim(bare(r), None, Tolerance::Absolute(tol)), &decision, &y);
        let b = decide(&claim(bare(-r), None, Tolerance::Absolute(tol)), &decision, &flipped);
        prop_assert_eq!(a.verdict, b.verdict);
        let below = decide(&claim(bare(r), None, Tolerance::Below(tol)), &decision, &y);
        let above = decide(&claim(bare(-r), None, Tolerance::Above(tol)), &decision, &flipped);
        prop_assert_eq!(below.verdict, above.verdict);
    }

    #[test]
    fn a_wider_tolerance_never_accuses_more(
        y in values(), r in -2.0..2.0f64, tol in 0.1..4.0f64, more in 1.0..3.0f64,
    ) {
        for basis in [Basis::Printed, Basis::Process] {
            let decision = Decision { method: Method::T, basis, ..fixed() };
            let form = ReportedForm::Std { mean: r, std: 0.5, runs: Some(5), ddof: Some(1) };
            let at = |tol| {
                let claim = claim(form.clone(), None, Tolerance::Absolute(tol));
                decide(&claim, &decision, &y).verdict
            };
            let (narrow, wide) = (at(tol), at(tol * more));
            if narrow == Verdict::Reproduced {
                prop_assert_eq!(wide, Verdict::Reproduced);
            }
            if wide == Verdict::NotReproduced {
                prop_assert_eq!(narrow, Verdict::NotReproduced);
            }
        }
    }

    #[test]
    fn both_never_decides_where_t_does_not(y in values(), r in -2.0..2.0f64, tol in 0.1..4.0f64) {
        let claim = claim(bare(r), None, Tolerance::Absolute(tol));
        let t = decide(&claim, &Decision { method: Method::T, ..fixed() }, &y).verdict;
        let both = decide(&claim, &fixed(), &y).verdict;
        prop_assert!(both == t || both == Verdict::Inconclusive, "{t:?} {both:?}");
    }

    #[test]
    fn later_runs_do_not_change_past_looks(y in prop::collection::vec(-3.0..3.0f64, 8..20)) {
        let claim = claim(bare(0.0), None, Tolerance::Absolute(0.7));
        let decision = Decision { method: Method::T, ..Decision::default() };
        let analysis_plan = AnalysisPlan::new(&claim, &decision, Some(20)).unwrap();
        let all = analysis_plan.take_looks(&runs(&y)).unwrap();
        for n in 3..y.len() {
            let part = analysis_plan.take_looks(&runs(&y[..n])).unwrap();
            let same = part.looks.len().min(all.looks.len());
            prop_assert_eq!(&part.looks[..same], &all.looks[..same]);
            if part.done {
                prop_assert_eq!(part.verdict, all.verdict);
            }
        }
    }
}

#[test]
fn plus_minus_of_unknown_kind_must_hold_both_ways() {
    let y = [90.12, 90.35, 89.97, 90.28, 90.41, 90.05, 90.22];
    let form = |spread| ReportedForm::PlusMinus {
        mean: 90.4,
        spread,
        runs: Some(5),
    };
    let decision = Decision {
        basis: Basis::Process,
        method: Method::T,
        ..fixed()
    };
    let at = |spread, tol| {
        decide(
            &claim(form(spread), None, Tolerance::Absolute(tol)),
            &decision,
            &y,
        )
    };
    assert_eq!(at(0.1, 1.0).verdict, Verdict::Reproduced);
    let ambiguous = at(0.3, 0.6);
    assert_eq!(ambiguous.verdict, Verdict::Inconclusive);
    assert_eq!(ambiguous.reason.code().code(), "ambiguous_reported");
}

#[test]
fn lost_runs_make_a_verdict_depend_on_them() {
    let y = [0.90, 0.91, 0.905, f64::NAN, 0.902, 0.899];
    let mut c = claim(bare(0.9), None, Tolerance::Absolute(0.05));
    let decision = decide(&c, &fixed(), &y);
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    assert_eq!(decision.reason.code().code(), "divergence");
    assert_eq!(decision.tally.diverged, 1);
    c.resolution = Some(0.001);
    assert_eq!(decide(&c, &fixed(), &y).reason.code().code(), "divergence");
}

#[test]
fn one_run_and_no_run_say_nothing() {
    let c = claim(bare(0.9), None, Tolerance::Absolute(0.05));
    assert_eq!(decide(&c, &fixed(), &[0.9]).reason.code().code(), "one_run");
    assert_eq!(decide(&c, &fixed(), &[]).reason.code().code(), "no_runs");
}

#[test]
fn identical_runs_are_compared_exactly() {
    let c = claim(bare(0.7613), Some(4), Tolerance::Absolute(0.0001));
    assert_eq!(
        decide(&c, &fixed(), &[0.759; 3]).reason.code().code(),
        "identical_outside"
    );
    assert_eq!(
        decide(&c, &fixed(), &[0.7614; 3]).reason.code().code(),
        "identical_inside"
    );
    let exact = claim(bare(0.7613), Some(4), Tolerance::Exact);
    assert_eq!(
        decide(&exact, &fixed(), &[0.76131, 0.76132]).verdict,
        Verdict::Reproduced
    );
    assert_eq!(
        decide(&exact, &fixed(), &[0.7613, 0.7618]).verdict,
        Verdict::NotReproduced
    );
}

#[test]
fn a_ranking_of_equal_constant_arms_is_not_shown() {
    let mut c = claim(bare(0.0), None, Tolerance::Exact);
    c.criterion = Criterion::Greater;
    assert_eq!(
        decide(&c, &fixed(), &[0.0; 3]).verdict,
        Verdict::NotReproduced
    );
    c.criterion = Criterion::AtLeast(0.0);
    assert_eq!(decide(&c, &fixed(), &[0.0; 3]).verdict, Verdict::Reproduced);
    assert_eq!(
        decide(&c, &fixed(), &[1.0, 1.1, 0.9, 1.05]).verdict,
        Verdict::Reproduced
    );
}

#[test]
fn a_best_of_five_is_compared_with_the_best_of_five() {
    let y = [89.1, 90.2, 88.7, 89.9, 89.4, 90.0, 89.0, 89.6, 90.3, 88.9];
    let best = |value| {
        claim(
            ReportedForm::Best { best: value, of: 5 },
            Some(1),
            Tolerance::Absolute(1.0),
        )
    };
    assert_eq!(
        decide(&best(90.2), &fixed(), &y).verdict,
        Verdict::Reproduced
    );
    assert_eq!(
        decide(&best(94.0), &fixed(), &y).verdict,
        Verdict::NotReproduced
    );
    // As a typical value the same number is three standard deviations off.
    let typical = claim(bare(92.0), Some(1), Tolerance::Absolute(1.0));
    let codes = decide(&typical, &fixed(), &y).flags;
    assert!(
        codes
            .iter()
            .any(|f| matches!(f, super::Flag::LooksLikeBest { .. }))
    );
}

#[test]
fn auto_basis_is_chosen_from_the_reported_side() {
    let form = |std, runs| ReportedForm::Std {
        mean: 90.0,
        std,
        runs,
        ddof: Some(1),
    };
    let target = |form, n| {
        let c = claim(form, None, Tolerance::Absolute(0.5));
        AnalysisPlan::new(&c, &fixed(), Some(n)).unwrap().target
    };
    assert_eq!(target(form(0.1, Some(10)), 10), Target::Process);
    assert_eq!(target(form(0.5, Some(3)), 30), Target::Printed);
    assert_eq!(target(form(0.1, None), 30), Target::Printed);
    assert_eq!(target(bare(90.0), 30), Target::Printed);
}
