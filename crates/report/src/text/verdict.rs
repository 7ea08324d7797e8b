//! The words of verdicts, counts and trust.

use super::super::{
    ClaimReport, ClaimVerdict, Counts, Overall, Report, Strictness, Warning, number,
};
use super::facts::is_broken;
use reprove_decide::decision::Target;
use reprove_model::obstacle::Obstacle;

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
    if counts.all() == 0 {
        return "no claim was decided".to_owned();
    }
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
        Overall::CouldNotVerify if is_data_changed(report) => {
            "The data changed while the runs were made: this says nothing about the paper."
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

/// Whether the data changed after their digests were checked.
fn is_data_changed(report: &Report) -> bool {
    let failure = report.failure.as_ref();
    failure.is_some_and(|failure| failure.kind == Obstacle::DataChanged)
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

#[cfg(test)]
mod tests {
    use super::super::super::PinStatus;
    use super::super::super::fixture;
    use super::*;

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
