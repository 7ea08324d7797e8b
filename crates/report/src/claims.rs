//! From a decided claim to what the report says of it.

use super::{
    BandReport, BasisReport, ClaimReport, DifferenceReport, LookReport, MeasureReport,
    ReasonReport, ReportedValue, Rerun, RunsNeededReport, SeedValue, TargetReport, TestReport,
    Warning, flag, number, reason, recomputation, reported_text,
};
use reprove_decide::decision::{
    self, AnalysisPlan, BasisReason, ClaimDecision, Flag, IntervalKind,
};
use reprove_decide::power_analysis;
use reprove_decide::reported::{Interpretation, Uncertainty};
use reprove_model::manifest::{Claim, Quantity, Reported};
use reprove_model::plan::Plan;

/// What stands between the two configurations of a difference; no configuration's name holds a space.
const MINUS: &str = " − ";

/// The configurations that a claim is on, none where the manifest has none.
pub fn arms(claim: &ClaimReport) -> Vec<&str> {
    let names = claim.configuration.iter();
    names.flat_map(|name| name.split(MINUS)).collect()
}

/// A warning of the reported side of a claim as a sentence, before there are runs.
pub fn warning(claim: &Claim, flag: &Flag) -> String {
    let printed = claim
        .reported
        .as_ref()
        .and_then(|reported| reported.decimals);
    flag::sentence(flag, printed.unwrap_or(0) as usize + 1, printed)
}

/// What the report says of the claims of a plan; `analysis_plans` and `decisions` are in their order.
pub fn claims(
    plan: &Plan,
    analysis_plans: &[AnalysisPlan],
    decisions: &[ClaimDecision],
) -> Vec<ClaimReport> {
    let claims = plan.claims.iter().zip(analysis_plans).zip(decisions);
    claims
        .map(|((stated, analysis_plan), decision)| claim(stated, analysis_plan, decision))
        .collect()
}

/// What the report says of a claim.
pub fn claim(claim: &Claim, analysis_plan: &AnalysisPlan, decision: &ClaimDecision) -> ClaimReport {
    let decimals = decimals(claim, decision);
    let printed = claim
        .reported
        .as_ref()
        .and_then(|reported| reported.decimals);
    let (configuration, metric) = match &claim.quantity {
        Quantity::Metric {
            configuration,
            metric,
        } => (configuration.clone().map(String::from), metric.clone()),
        Quantity::Difference {
            of, minus, metric, ..
        } => (Some(format!("{of}{MINUS}{minus}")), metric.clone()),
    };
    ClaimReport {
        id: claim.id.clone(),
        verdict: decision.into(),
        reason: ReasonReport {
            code: decision.reason.code(),
            text: reason::sentence(&decision.reason, decimals),
            data: decision.reason.data(),
        },
        metric,
        configuration,
        reported: claim.reported.as_ref().map(|reported| {
            reported_value(
                reported,
                &analysis_plan.interpretations[0],
                analysis_plan.alpha,
            )
        }),
        source: claim.source.clone(),
        tolerance: BandReport {
            low: finite(decision.tolerance.0),
            high: finite(decision.tolerance.1),
        },
        rerun: rerun(decision),
        difference: decision.difference.as_ref().map(difference),
        error_rate: analysis_plan.error_rate(),
        basis: BasisReport {
            target: decision.target,
            why: why(&decision.basis_reason),
        },
        targets: decision.targets.iter().map(target).collect(),
        tests: decision.tests.iter().map(test).collect(),
        looks: decision.looks.iter().filter_map(look).collect(),
        runs_needed: decision.runs_needed.as_ref().map(runs_needed),
        secondary: decision
            .secondary
            .iter()
            .map(|found| measure(found, decimals))
            .collect(),
        warnings: decision
            .flags
            .iter()
            .map(|flag| Warning {
                code: flag.code(),
                text: flag::sentence(flag, decimals, printed),
            })
            .collect(),
        recomputed: decision.recomputation.answer(),
        recomputation: recomputation::recomputation(&decision.recomputation, decimals),
    }
}

/// Digits after the point for this claim's numbers: two significant digits of the spread, no fewer
/// than the paper printed.
fn decimals(claim: &Claim, decision: &ClaimDecision) -> usize {
    let printed = claim
        .reported
        .as_ref()
        .and_then(|reported| reported.decimals)
        .unwrap_or(0) as usize;
    number::decimals_for(decision.sd.unwrap_or(0.0)).max(printed)
}

/// JSON has no infinities: an open end is absent.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Why a target is the basis, fixed before any rerun.
fn why(why: &BasisReason) -> String {
    let chance = |power: &f64| number::percent((100.0 * power).floor() / 100.0);
    match why {
        BasisReason::Chosen => "the manifest or the command line chooses it".to_owned(),
        BasisReason::Threshold => {
            "the claim sets a threshold, which has no noise of its own".to_owned()
        }
        BasisReason::Deterministic => {
            "the manifest asserts that the program has no randomness: its value is compared exactly"
                .to_owned()
        }
        BasisReason::PrintedDigits => "the claim is about the printed digits".to_owned(),
        BasisReason::SpreadUnknown => {
            "the paper's noise is unknown: agreement can be shown with the printed number alone"
                .to_owned()
        }
        BasisReason::Decidable { power } => format!(
            "with the reported noise and all planned runs, equal processes are found to agree with a chance of {}",
            chance(power)
        ),
        BasisReason::Undecidable { power } => format!(
            "the reported noise is too large for this tolerance: equal processes would be found to agree with a \
             chance of {} only",
            chance(power)
        ),
    }
}

fn reported_value(
    reported: &Reported,
    interpretation: &Interpretation,
    alpha: f64,
) -> ReportedValue {
    let (sd, runs) = match interpretation.spread {
        Uncertainty::Known { sd, runs, .. } => (interpretation.printed_sd.or(sd), runs),
        Uncertainty::Unknown { .. } | Uncertainty::Exact => (None, None),
    };
    ReportedValue {
        text: reported_text::text(reported),
        value: interpretation.value,
        decimals: reported.decimals,
        sd,
        runs,
        interval: interpretation.interval(alpha),
    }
}

fn measure(found: &decision::Measure, decimals: usize) -> MeasureReport {
    let value = number::fixed(found.value, decimals);
    let text = match (found.interval, found.about) {
        (None, _) => value,
        (Some(ends), IntervalKind::Estimate) => format!(
            "{value} [{}, {}]",
            number::fixed(ends.lo, decimals),
            number::fixed(ends.hi, decimals)
        ),
        (Some(ends), IntervalKind::Prediction) => format!(
            "{} to {}; found {}",
            number::signed(ends.lo, decimals),
            number::signed(ends.hi, decimals),
            number::signed(found.value, decimals)
        ),
    };
    MeasureReport {
        name: found.name.clone(),
        text,
        value: finite(found.value),
    }
}

fn rerun(decision: &ClaimDecision) -> Rerun {
    Rerun {
        n: decision.n,
        mean: decision.mean,
        sd: decision.sd,
        values: decision
            .values
            .iter()
            .map(|(seed, value)| SeedValue {
                seed: *seed,
                value: *value,
            })
            .collect(),
        failed: decision.tally.failed,
        diverged: decision.tally.lost(),
    }
}

fn difference(found: &decision::Difference) -> DifferenceReport {
    DifferenceReport {
        estimate: found.estimate,
        low: finite(found.interval.lo),
        high: finite(found.interval.hi),
        level: found.level,
        method: found.method.clone(),
    }
}

fn target(found: &decision::TargetDecision) -> TargetReport {
    TargetReport {
        target: found.target,
        verdict: found.verdict.into(),
        difference: found.difference.as_ref().map(difference),
    }
}

fn test(test: &decision::Test) -> TestReport {
    TestReport {
        name: test.name.clone(),
        statistic: test.statistic.and_then(finite),
        df: test.df.and_then(finite),
        p_value: finite(test.p_value),
        role: test.role,
    }
}

/// A look; one that could not say anything of the difference is not shown.
fn look(row: &decision::LookRow) -> Option<LookReport> {
    Some(LookReport {
        n: row.n,
        alpha: row.level,
        estimate: row.estimate?,
        low: row.interval.and_then(|interval| finite(interval.lo)),
        high: row.interval.and_then(|interval| finite(interval.hi)),
        verdict: row.verdict.into(),
    })
}

fn runs_needed(needed: &power_analysis::RunsRequired) -> RunsNeededReport {
    let count = |runs: Option<usize>| runs.map(|n| n as u64);
    let text = match (needed.projected, needed.cautious) {
        (Some(n), Some(more)) if more > n => {
            format!(
                "about {n} runs in all would decide it if mean and spread stay as they are, {more} to be careful"
            )
        }
        (Some(n), Some(_)) => {
            format!("about {n} runs in all would decide it if mean and spread stay as they are")
        }
        (Some(n), None) => format!(
            "about {n} runs in all would decide it if mean and spread stay as they are; with a larger spread not even \
             {} would",
            needed.limit
        ),
        (None, _) => format!(
            "not even {} runs would decide it if mean and spread stay as they are: the mean lies too near the edge of \
             the tolerance, or the paper's own noise is too large",
            needed.limit
        ),
    };
    RunsNeededReport {
        projected: count(needed.projected),
        cautious: count(needed.cautious),
        planned: count(needed.planned),
        text,
    }
}
