//! The words of a report: one wording for every format.
//!
//! Everything here is read off a [`Report`]; a number is only subtracted from another to say "±3"
//! instead of "from 81.7 to 87.7", never estimated.

use super::number::{self, fixed, plain, signed};
use super::{
    BandReport, ClaimReport, ClaimVerdict, Cost, Counts, Overall, Pin, PinStatus, Report,
    RunReport, Strictness, Warning,
};
use reprove_decide::decision::Target;
use reprove_model::failure::OutcomeCode;

/// The verdict as it is printed everywhere.
pub fn verdict(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Reproduced => "REPRODUCED",
        ClaimVerdict::NotReproduced => "NOT REPRODUCED",
        ClaimVerdict::Inconclusive => "INCONCLUSIVE",
        ClaimVerdict::CouldNotVerify => "COULD NOT VERIFY",
    }
}

/// The verdict as the JSON writes it: `not_reproduced`.
pub fn code(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Reproduced => "reproduced",
        ClaimVerdict::NotReproduced => "not_reproduced",
        ClaimVerdict::Inconclusive => "inconclusive",
        ClaimVerdict::CouldNotVerify => "could_not_verify",
    }
}

/// The verdict on one claim that reads as this verdict on all.
pub fn as_claim(overall: Overall) -> ClaimVerdict {
    match overall {
        Overall::Reproduced => ClaimVerdict::Reproduced,
        Overall::NotReproduced => ClaimVerdict::NotReproduced,
        Overall::Inconclusive => ClaimVerdict::Inconclusive,
        Overall::CouldNotVerify => ClaimVerdict::CouldNotVerify,
    }
}

/// The claims by verdict: `3 of 7 claims reproduced, 1 not reproduced, 2 inconclusive`.
pub fn counts(counts: &Counts) -> String {
    let mut text = format!(
        "{} of {} reproduced",
        counts.reproduced,
        number::count(counts.all(), "claim")
    );
    for (count, words) in [
        (counts.not_reproduced, "not reproduced"),
        (counts.inconclusive, "inconclusive"),
        (counts.could_not_verify, "could not be verified"),
    ] {
        if count > 0 {
            text += &format!(", {count} {words}");
        }
    }
    text
}

/// The refutations that stand when corrected for the number of claims, a sentence or two; none where
/// one claim was decided, or none is refuted.
///
/// Of many claims that all hold, some would be refuted by chance: so often as the level says.
pub fn corrected_refutations(report: &Report) -> Option<String> {
    let standing = report.refuted_after_correction.as_ref()?;
    let refuted = report.counts.not_reproduced;
    let claims = number::count(report.claims.len(), "claim");
    if refuted == 0 || report.claims.len() < 2 {
        return None;
    }
    let corrected = format!("corrected for the {claims} looked at (Holm)");
    Some(match standing.as_slice() {
        [] => format!(
            "None of the refutations stands when {corrected}: among so many claims a refutation may be chance."
        ),
        all if all.len() == refuted && refuted == 1 => {
            format!("The refutation of {} stands when {corrected}.", all[0])
        }
        all if all.len() == refuted => format!("All {refuted} refutations stand when {corrected}."),
        some => format!(
            "Of the {refuted} refutations {} stand when {corrected}: {}. Each of the others may be chance.",
            some.len(),
            some.join(", ")
        ),
    })
}

/// What the verdict on all claims means, a sentence.
pub fn overall_meaning(report: &Report) -> String {
    match report.verdict {
        Overall::Reproduced => "Every claim holds within its tolerance.".to_owned(),
        Overall::NotReproduced => {
            "At least one claim does not hold within its tolerance.".to_owned()
        }
        Overall::Inconclusive => {
            "No claim is refuted, but these runs do not decide every claim.".to_owned()
        }
        Overall::CouldNotVerify if report.pins.iter().any(is_broken) => {
            "An input is not the one that was declared: this says nothing about the paper."
                .to_owned()
        }
        Overall::CouldNotVerify if report.failure.is_some() => {
            "The experiment could not be made ready here: this says nothing about the paper."
                .to_owned()
        }
        Overall::CouldNotVerify if is_refused_for_deviations(report) => {
            let codes = report.deviations.iter().map(|d| d.code.code());
            format!(
                "A deviation counts as a broken pin here: {}.",
                codes.collect::<Vec<_>>().join(", ")
            )
        }
        Overall::CouldNotVerify => {
            "The runs that a claim needs could not be had: this says nothing about the paper."
                .to_owned()
        }
    }
}

/// Whether deviations alone are the cause that nothing could be verified.
fn is_refused_for_deviations(report: &Report) -> bool {
    let is_strict = match report.strictness {
        Strictness::Strict => true,
        Strictness::Lenient => false,
    };
    is_strict && !report.deviations.is_empty() && !report.claims.is_empty()
}

/// The bases of the verdicts, and the numbers of warnings and deviations: `decided on the paper's
/// procedure (4 claims) and the printed number (3 claims); 2 warnings; 1 deviation from the paper`.
pub fn trust(report: &Report) -> String {
    let bases = [
        (Target::Process, "the paper's procedure"),
        (Target::Printed, "the printed number"),
    ];
    let bases: Vec<String> = bases
        .into_iter()
        .filter_map(|(target, words)| {
            let on = |claim: &&ClaimReport| {
                claim.basis.target == target && claim.verdict != ClaimVerdict::CouldNotVerify
            };
            match report.claims.iter().filter(on).count() {
                0 => None,
                count => Some(format!("{words} ({})", number::count(count, "claim"))),
            }
        })
        .collect();
    let warnings = report.claims.iter().map(|claim| claim.warnings.len()).sum();
    let mut parts = Vec::new();
    if !bases.is_empty() {
        parts.push(format!("decided on {}", bases.join(" and ")));
    }
    parts.push(number::count(warnings, "warning"));
    let deviations = number::count(report.deviations.len(), "deviation");
    parts.push(format!("{deviations} from the paper"));
    parts.join("; ")
}

/// Every warning with its claim: `h12-test: the better direction is not stated`.
pub fn warnings<'r>(claims: impl IntoIterator<Item = &'r ClaimReport>) -> Vec<String> {
    claims
        .into_iter()
        .flat_map(|claim| {
            let line = |warning: &Warning| format!("{}: {}", claim.id, warning.text);
            claim.warnings.iter().map(line)
        })
        .collect()
}

/// `text` cut to `length` characters, with `…` where something is left off.
pub fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        None => text.to_owned(),
        Some(_) => text.chars().take(length - 1).chain(['…']).collect(),
    }
}

/// Whether the pin stops a verification.
pub fn is_broken(pin: &Pin) -> bool {
    match pin.status {
        PinStatus::Broken | PinStatus::Missing | PinStatus::Unreadable => true,
        PinStatus::Holds | PinStatus::Unknown => false,
    }
}

/// Whether the run gave its values.
pub fn has_finished(run: &RunReport) -> bool {
    run.outcome == OutcomeCode::Finished
}

/// The chance of a wrong verdict on either side, from the level of the claim's interval.
///
/// An interval of level 0.9 leaves 0.05 beyond each of its ends.
pub fn error_rate(claim: &ClaimReport) -> Option<f64> {
    let difference = claim.difference.as_ref()?;
    Some((1.0 - difference.level) / 2.0)
}

/// How many decimals the claim's numbers are shown with.
pub fn decimals(claim: &ClaimReport) -> usize {
    let half_width = claim.difference.as_ref().and_then(|difference| {
        let near = difference.low.map(|low| difference.estimate - low);
        let far = difference.high.map(|high| high - difference.estimate);
        near.into_iter().chain(far).reduce(f64::max)
    });
    let printed = claim
        .reported
        .as_ref()
        .map(|reported| number::decimals_of(reported.value));
    match (half_width.or(claim.rerun.sd), printed) {
        (Some(spread), Some(printed)) if spread > 0.0 => {
            let known = number::decimals_for(spread);
            known.max(printed.min(known + 1))
        }
        (Some(spread), None) if spread > 0.0 => number::decimals_for(spread),
        (_, Some(printed)) => printed.max(1),
        (_, None) => 4,
    }
}

/// What the paper reported: `84.7 ± 5.7 (sd, 130 runs)`.
pub fn reported(claim: &ClaimReport) -> &str {
    claim
        .reported
        .as_ref()
        .map_or("no printed value", |reported| &reported.text)
}

/// The reported number alone, with the digits that the paper printed: `84.70`.
pub fn reported_value(claim: &ClaimReport) -> Option<String> {
    let reported = claim.reported.as_ref()?;
    Some(number::printed(reported.value, reported.decimals))
}

/// The reported number alone, with its spread where it is known: `84.7 ± 5.7`.
pub fn reported_short(claim: &ClaimReport) -> String {
    match &claim.reported {
        None => "-".to_owned(),
        Some(reported) => match reported.sd {
            Some(sd) => {
                let value = number::printed(reported.value, reported.decimals);
                format!("{value} ± {}", plain(sd))
            }
            None => number::printed(reported.value, reported.decimals),
        },
    }
}

/// What the reruns gave: `83.9 ± 4.8 (sd, 12 runs)`.
pub fn rerun(claim: &ClaimReport) -> String {
    let rerun = &claim.rerun;
    let runs = number::count(rerun.n, "run");
    let mut text = match (rerun.mean, rerun.sd) {
        (Some(_), Some(_)) => format!("{} (sd, {runs})", rerun_short(claim)),
        (Some(_), None) => format!("{} ({runs})", rerun_short(claim)),
        (None, _) => "no value".to_owned(),
    };
    for (count, words) in [(rerun.failed, "failed"), (rerun.diverged, "diverged")] {
        if count > 0 {
            text += &format!(", {} {words}", number::count(count, "run"));
        }
    }
    text
}

/// Mean and spread of the reruns alone: `83.9 ± 4.8`.
pub fn rerun_short(claim: &ClaimReport) -> String {
    let decimals = decimals(claim);
    match (claim.rerun.mean, claim.rerun.sd) {
        (Some(mean), Some(sd)) => format!("{} ± {}", fixed(mean, decimals), fixed(sd, decimals)),
        (Some(mean), None) => fixed(mean, decimals),
        (None, _) => "-".to_owned(),
    }
}

/// Rerun minus reported with its interval: `-0.8, interval -3.4 to +1.8`.
pub fn difference(claim: &ClaimReport) -> Option<String> {
    let difference = claim.difference.as_ref()?;
    let estimate = signed(difference.estimate, decimals(claim));
    Some(match interval(claim) {
        Some(interval) => format!("{estimate}, interval {interval}"),
        None => format!("{estimate}, no interval"),
    })
}

/// The interval of the difference: `-3.4 to +1.8`, `-3.4 and above`; nothing where it has no end.
pub fn interval(claim: &ClaimReport) -> Option<String> {
    let difference = claim.difference.as_ref()?;
    let decimals = decimals(claim);
    match (difference.low, difference.high) {
        (Some(low), Some(high)) => Some(format!(
            "{} to {}",
            signed(low, decimals),
            signed(high, decimals)
        )),
        (Some(low), None) => Some(format!("{} and above", signed(low, decimals))),
        (None, Some(high)) => Some(format!("{} and below", signed(high, decimals))),
        (None, None) => None,
    }
}

/// The value of the metric from which the claim's difference is measured: the reported value, or 0
/// where nothing is reported, as for a mere ranking.
pub fn origin(claim: &ClaimReport) -> f64 {
    claim
        .reported
        .as_ref()
        .map_or(0.0, |reported| reported.value)
}

/// How a tolerance lies about the reported value.
enum Shape {
    Exact(f64),
    Symmetric { margin: f64, about: f64 },
    Between(f64, f64),
    AtLeast(f64),
    AtMost(f64),
    Open,
}

fn shape(claim: &ClaimReport) -> Shape {
    let about = claim.reported.as_ref().map(|reported| reported.value);
    match (claim.tolerance, about) {
        (
            BandReport {
                low: None,
                high: None,
            },
            _,
        ) => Shape::Open,
        (
            BandReport {
                low: Some(low),
                high: None,
            },
            _,
        ) => Shape::AtLeast(low),
        (
            BandReport {
                low: None,
                high: Some(high),
            },
            _,
        ) => Shape::AtMost(high),
        (
            BandReport {
                low: Some(low),
                high: Some(high),
            },
            _,
        ) if low == high => Shape::Exact(low),
        (
            BandReport {
                low: Some(low),
                high: Some(high),
            },
            Some(about),
        ) => {
            let (below, above) = (about - low, high - about);
            if (above - below).abs() <= 1e-6 * (high - low) {
                Shape::Symmetric {
                    margin: (high - low) / 2.0,
                    about,
                }
            } else {
                Shape::Between(low, high)
            }
        }
        (
            BandReport {
                low: Some(low),
                high: Some(high),
            },
            None,
        ) => Shape::Between(low, high),
    }
}

/// The tolerance as a short text for a column: `±3`, `at least 83.5`.
pub fn tolerance_short(claim: &ClaimReport) -> String {
    match shape(claim) {
        Shape::Symmetric { margin, .. } => format!("±{}", plain(margin)),
        Shape::Exact(_) => "exact".to_owned(),
        _ => tolerance(claim),
    }
}

/// The tolerance in words: `within ±3 of 84.7`, `at least 83.5`.
pub fn tolerance(claim: &ClaimReport) -> String {
    match shape(claim) {
        Shape::Symmetric { margin, about } => {
            let about = reported_value(claim).unwrap_or_else(|| plain(about));
            format!("within ±{} of {about}", plain(margin))
        }
        Shape::Exact(value) => format!("exactly {}", plain(value)),
        Shape::Between(low, high) => format!("between {} and {}", plain(low), plain(high)),
        Shape::AtLeast(low) => format!("at least {}", plain(low)),
        Shape::AtMost(high) => format!("at most {}", plain(high)),
        Shape::Open => "any value".to_owned(),
    }
}

/// The ends of the tolerance: `81.7 to 87.7`; nothing unless both stand.
pub fn tolerance_ends(claim: &ClaimReport) -> Option<String> {
    match claim.tolerance {
        BandReport {
            low: Some(low),
            high: Some(high),
        } if low != high => Some(format!("{} to {}", plain(low), plain(high))),
        _ => None,
    }
}

/// What was found of the claim, a sentence that needs no course in statistics.
pub fn finding(claim: &ClaimReport) -> String {
    let tolerance = match (shape(claim), claim.basis.target) {
        (Shape::Symmetric { margin, about }, Target::Process) => {
            let about = reported_value(claim).unwrap_or_else(|| plain(about));
            let margin = plain(margin);
            format!("within ±{margin} of the paper's own average, printed as {about}")
        }
        _ => tolerance(claim),
    };
    let rate = error_rate(claim).map_or(String::new(), |rate| {
        format!(" (error rate {})", number::percent(rate))
    });
    match claim.verdict {
        ClaimVerdict::Reproduced => format!("On average, reruns are {tolerance}{rate}."),
        ClaimVerdict::NotReproduced => format!("On average, reruns are not {tolerance}{rate}."),
        ClaimVerdict::Inconclusive => {
            format!("Undecided whether reruns are on average {tolerance}{rate}.")
        }
        ClaimVerdict::CouldNotVerify => {
            "The runs that this claim needs could not be had: nothing is said about it.".to_owned()
        }
    }
}

/// Which target the verdict is about.
pub fn target(target: Target) -> &'static str {
    match target {
        Target::Process => "the paper's procedure (the chance in the printed number counts too)",
        Target::Printed => "the printed number itself",
    }
}

/// What this verification spent, and what the runs cost that it rests on, a named fact each.
pub fn cost(cost: &Cost) -> Vec<(&'static str, String)> {
    let mut runs = format!("{} of at most {}", cost.runs, cost.runs_planned);
    // Where runs of earlier verifications are used, both sums stand.
    let all = cost.rests_on.filter(|all| all.runs > cost.runs);
    if let Some(all) = all {
        let earlier = all.runs - cost.runs;
        runs = format!("{runs} made now, {earlier} kept from earlier");
    }
    let both = |now: f64, all: Option<f64>| match all {
        Some(all) => {
            let (now, all) = (number::duration(now), number::duration(all));
            format!("{now} now, {all} for all runs")
        }
        None => number::duration(now),
    };
    let mut facts = vec![
        ("runs", runs),
        ("time", number::duration(cost.wall_seconds)),
        (
            "processor time",
            both(cost.cpu_seconds, all.map(|all| all.cpu_seconds)),
        ),
    ];
    let gpu_seconds = all.map(|all| all.gpu_seconds);
    if cost.gpu_seconds > 0.0 || gpu_seconds.is_some_and(|seconds| seconds > 0.0) {
        facts.push(("GPU time", both(cost.gpu_seconds, gpu_seconds)));
    }
    if let Some(bytes) = cost.max_rss_bytes {
        facts.push(("peak memory of a run", number::bytes(bytes)));
    }
    let with = |text: String, method: &Option<String>| match method {
        Some(method) => format!("{text} ({method})"),
        None => text,
    };
    if let Some(energy) = cost.energy_wh {
        let text = format!("{} Wh", plain(energy));
        facts.push(("energy", with(text, &cost.energy_method)));
    }
    if let Some(carbon) = cost.carbon_g {
        let text = format!("{} g CO2 equivalent", plain(carbon));
        facts.push(("carbon", with(text, &cost.carbon_method)));
    }
    facts
}

/// What wrote the report: `reprove 0.1.0 (commit 9fceb02d0ae5)`.
pub fn program(report: &Report) -> String {
    let program = &report.reprove;
    match &program.commit {
        Some(commit) => {
            let short: String = commit.chars().take(12).collect();
            format!("reprove {} (commit {short})", program.version)
        }
        None => format!("reprove {}", program.version),
    }
}

/// The title, or the file of the manifest where it has none.
pub fn title(report: &Report) -> &str {
    report.title.as_deref().unwrap_or(&report.manifest.file)
}

/// The facts of the paper in one line: `R. P. Gorman, 1988, doi 10.1016/…`.
pub fn paper(report: &Report) -> Option<String> {
    let facts: Vec<String> = report
        .paper
        .iter()
        .map(|fact| match fact.name.as_str() {
            "doi" | "arxiv" | "isbn" => format!("{} {}", fact.name, fact.value),
            _ => fact.value.clone(),
        })
        .collect();
    (!facts.is_empty()).then(|| facts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn said(claim: &ClaimReport) -> [String; 4] {
        [
            rerun(claim),
            difference(claim).unwrap_or_default(),
            tolerance(claim),
            finding(claim),
        ]
    }

    #[test]
    fn every_shape_of_claim_has_its_words() {
        let report = fixture::example();
        let texts: Vec<_> = report.claims.iter().take(6).map(said).collect();
        insta::assert_debug_snapshot!(texts);
    }

    #[test]
    fn refutations_are_held_against_the_number_of_claims() {
        let mut report = fixture::example();
        report.refuted_after_correction = None;
        assert_eq!(
            corrected_refutations(&report),
            None,
            "the report does not say"
        );
        let mut said = |refuted, ids: &[&str]| {
            report.counts.not_reproduced = refuted;
            report.refuted_after_correction = Some(ids.iter().map(|id| (*id).to_owned()).collect());
            corrected_refutations(&report).unwrap_or_default()
        };
        let corrected = "corrected for the 7 claims looked at (Holm)";
        assert_eq!(said(0, &[]), "");
        assert_eq!(
            said(1, &[]),
            format!(
                "None of the refutations stands when {corrected}: among so many claims a refutation may be chance."
            )
        );
        assert_eq!(
            said(1, &["a"]),
            format!("The refutation of a stands when {corrected}.")
        );
        assert_eq!(
            said(2, &["a", "b"]),
            format!("All 2 refutations stand when {corrected}.")
        );
        assert_eq!(
            said(3, &["a", "b"]),
            format!(
                "Of the 3 refutations 2 stand when {corrected}: a, b. Each of the others may be chance."
            )
        );
        report.claims.truncate(1);
        assert_eq!(corrected_refutations(&report), None);
    }

    #[test]
    fn a_printed_zero_stays() {
        let mut claim = fixture::example().claims[0].clone();
        let reported = claim.reported.as_mut().unwrap();
        (reported.value, reported.sd, reported.decimals) = (3.0, None, Some(1));
        claim.tolerance = BandReport {
            low: Some(2.5),
            high: Some(3.5),
        };
        assert_eq!(reported_short(&claim), "3.0");
        assert_eq!(tolerance(&claim), "within ±0.5 of 3.0");
    }

    #[test]
    fn a_strict_verification_names_the_deviations_that_it_counts() {
        let mut report = fixture::example();
        report.verdict = Overall::CouldNotVerify;
        report.strictness = Strictness::Strict;
        for pin in &mut report.pins {
            pin.status = PinStatus::Holds;
        }
        let text = overall_meaning(&report);
        assert!(text.contains("other_hardware, assumed"), "{text}");
        report.strictness = Strictness::Lenient;
        assert!(!overall_meaning(&report).contains("assumed"));
    }

    #[test]
    fn kept_runs_are_part_of_the_cost() {
        let mut cost = fixture::example().cost;
        let fact = |cost: &Cost, name: &str| {
            let mut facts = self::cost(cost).into_iter();
            facts.find(|(fact, _)| *fact == name).unwrap().1
        };
        assert_eq!(
            fact(&cost, "runs"),
            "43 of at most 150 made now, 4 kept from earlier"
        );
        assert_eq!(
            fact(&cost, "processor time"),
            "1 min 16 s now, 1 min 24 s for all runs"
        );
        cost.rests_on = None;
        assert_eq!(fact(&cost, "runs"), "43 of at most 150");
    }

    #[test]
    fn the_trust_in_a_verdict_is_counted() {
        let mut report = fixture::example();
        assert_eq!(
            trust(&report),
            "decided on the paper's procedure (3 claims) and the printed number (3 claims); \
             3 warnings; 2 deviations from the paper"
        );
        report.claims.clear();
        report.deviations.truncate(1);
        assert_eq!(trust(&report), "0 warnings; 1 deviation from the paper");
    }

    #[test]
    fn an_uneven_band_is_given_by_its_ends() {
        let mut claim = fixture::example().claims[0].clone();
        claim.tolerance = BandReport {
            low: Some(84.0),
            high: Some(90.0),
        };
        assert_eq!(tolerance(&claim), "between 84 and 90");
        assert_eq!(tolerance_ends(&claim).as_deref(), Some("84 to 90"));
        claim.tolerance = BandReport {
            low: None,
            high: Some(90.0),
        };
        assert_eq!(tolerance_short(&claim), "at most 90");
        claim.tolerance = BandReport {
            low: Some(84.7),
            high: Some(84.7),
        };
        assert_eq!(tolerance(&claim), "exactly 84.7");
        assert_eq!(tolerance_ends(&claim), None);
    }

    #[test]
    fn a_claim_without_a_printed_value_is_measured_from_zero() {
        let mut claim = fixture::example().claims[4].clone();
        claim.reported = None;
        assert_eq!(origin(&claim), 0.0);
        assert_eq!(reported(&claim), "no printed value");
        assert_eq!(reported_short(&claim), "-");
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
    }

    #[test]
    fn counts_leave_out_what_does_not_occur() {
        let mut numbers = fixture::example().counts;
        assert_eq!(
            counts(&numbers),
            "3 of 7 claims reproduced, 1 not reproduced, 2 inconclusive, 1 could not be verified"
        );
        numbers = Counts {
            reproduced: 1,
            ..Counts::default()
        };
        assert_eq!(counts(&numbers), "1 of 1 claim reproduced");
    }
}
