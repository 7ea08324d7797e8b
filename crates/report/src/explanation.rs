//! A verdict in plain sentences: what was asked, what was seen, and what would change it.
//!
//! Every number is that of the report, in the same words and with the same digits.

use serde::Serialize;

use super::text::{self, Bounds};
use super::{ClaimReport, ClaimVerdict, Report, number, visible};
use reprove_decide::decision::{FlagCode, ReasonCode, Target};

/// A claim's verdict in sentences, each with its full stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimExplanation {
    /// The claim.
    pub id: String,
    /// The verdict as reports print it.
    pub verdict: String,
    /// Whether it is REPRODUCED.
    #[serde(skip)]
    pub is_reproduced: bool,
    /// The code of the reason.
    pub reason: ReasonCode,
    /// The question that the manifest asks.
    pub asked: Vec<String>,
    /// The runs and their numbers.
    pub seen: Vec<String>,
    /// The cause of the verdict.
    pub why: Vec<String>,
    /// What would give another verdict.
    pub change: Vec<String>,
    /// What the verdict does not say.
    pub silent: Vec<String>,
}

/// The explanation of a claim's verdict.
pub fn explanation(claim: &ClaimReport) -> ClaimExplanation {
    let mut shown = claim.clone();
    visible::claim(&mut shown);
    let claim = &shown;
    ClaimExplanation {
        id: claim.id.clone(),
        verdict: text::verdict(claim.verdict).to_owned(),
        is_reproduced: claim.verdict == ClaimVerdict::Reproduced,
        reason: claim.reason.code,
        asked: asked(claim),
        seen: seen(claim),
        why: vec![text::finding(claim), sentence(&claim.reason.text)],
        change: change(claim),
        silent: silent(claim),
    }
}

/// The verdict on all claims in sentences.
pub fn overall_text(report: &Report) -> String {
    let verdict = text::verdict(text::as_claim(report.verdict));
    let mut sentences = vec![
        format!("{verdict}."),
        text::overall_meaning(report),
        sentence(&text::counts(&report.counts)),
    ];
    sentences.extend(text::corrected_refutations(report));
    sentences.join(" ")
}

/// A text without a full stop as a sentence.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    let whole: String = first.chain(characters).collect();
    match whole.ends_with('.') {
        true => whole,
        false => whole + ".",
    }
}

fn asked(claim: &ClaimReport) -> Vec<String> {
    let of = match &claim.configuration {
        Some(configuration) => format!(" of {configuration}"),
        None => String::new(),
    };
    let tolerance = text::tolerance(claim);
    let warnings = claim.warnings.iter();
    let is_deterministic = warnings
        .map(|warning| warning.code)
        .any(|code| code == FlagCode::DeterminismAsserted);
    let again = match is_deterministic {
        true => "the program is run again",
        false => "the experiment is run again with other seeds",
    };
    let mut asked = vec![format!("Is {}{of} {tolerance} when {again}?", claim.metric)];
    if claim.reported.is_some() {
        asked.push(format!("The paper reports {}.", text::reported(claim)));
    }
    asked.push(format!(
        "The verdict is about {}: {}.",
        text::target(claim.basis.target),
        claim.basis.why
    ));
    asked
}

fn seen(claim: &ClaimReport) -> Vec<String> {
    let mut seen = vec![format!("The reruns gave {}.", text::rerun(claim))];
    let measured = match claim.reported {
        Some(_) => "Rerun minus reported",
        None => "The value",
    };
    seen.extend(text::difference(claim).map(|difference| format!("{measured}: {difference}.")));
    if let Some(look) = claim.looks.last().filter(|_| claim.looks.len() > 1) {
        seen.push(format!(
            "The runs were looked at {} times, at last after {}; the error rates hold over all looks.",
            number::grouped(claim.looks.len() as u64),
            number::count(look.n, "run")
        ));
    }
    seen.extend(claim.warnings.iter().map(|warning| sentence(&warning.text)));
    if !claim.recomputation.values.is_empty() {
        seen.push(sentence(&claim.recomputation.text));
    }
    seen
}

fn change(claim: &ClaimReport) -> Vec<String> {
    let mut change = Vec::new();
    if let Some(needed) = &claim.runs_needed {
        change.push(sentence(&needed.text));
        let now = claim.rerun.n as u64;
        if let Some(more) = needed
            .projected
            .and_then(|all| all.checked_sub(now))
            .filter(|more| *more > 0)
        {
            let more = usize::try_from(more).unwrap_or(usize::MAX);
            change.push(format!(
                "That is {} more than now.",
                number::count(more, "run")
            ));
        }
    }
    let is_of_interval = [
        ReasonCode::IntervalInside,
        ReasonCode::IntervalOutside,
        ReasonCode::IntervalTooWide,
        ReasonCode::WithinRounding,
    ]
    .contains(&claim.reason.code);
    if is_of_interval {
        change.extend(other_bounds(claim));
    }
    change
}

/// The tolerance at which the interval of the runs would lie otherwise.
fn other_bounds(claim: &ClaimReport) -> Option<String> {
    const BEFOREHAND: &str = "a tolerance must be stated before the runs, and one that is chosen after them shows nothing";
    let is_reproduced = claim.verdict == ClaimVerdict::Reproduced;
    Some(match text::bounds_of_interval(claim)? {
        Bounds::Symmetric { margin } if is_reproduced => {
            format!("A tolerance below about ±{margin} would not hold the whole interval.")
        }
        Bounds::Symmetric { margin } => {
            format!("A tolerance of about ±{margin} would hold the whole interval; {BEFOREHAND}.")
        }
        Bounds::AtLeast { low } if is_reproduced => {
            format!("A least value above about {low} would not lie below the whole interval.")
        }
        Bounds::AtLeast { low } => {
            format!(
                "A least value of about {low} would lie below the whole interval; {BEFOREHAND}."
            )
        }
        Bounds::AtMost { high } if is_reproduced => {
            format!("A largest value below about {high} would not lie above the whole interval.")
        }
        Bounds::AtMost { high } => {
            format!(
                "A largest value of about {high} would lie above the whole interval; {BEFOREHAND}."
            )
        }
    })
}

fn silent(claim: &ClaimReport) -> Vec<String> {
    let mut silent: Vec<&str> = match claim.verdict {
        ClaimVerdict::Reproduced => vec![
            "It does not say that there is no difference: every difference in the interval is compatible with the runs.",
            "It does not say that the paper's conclusion is right, only that its number comes again.",
        ],
        ClaimVerdict::NotReproduced => vec![
            "It does not say why the results differ, nor that the paper is wrong: the code, the data or the environment of \
             the rerun may not be those of the paper.",
        ],
        ClaimVerdict::Inconclusive => vec![
            "It does not say that the results are the same, and it does not say that they differ: \"not significant\" never \
             means \"the same\".",
        ],
        ClaimVerdict::CouldNotVerify => {
            vec!["It says nothing about the claim, neither for it nor against it."]
        }
    };
    if claim.verdict == ClaimVerdict::Reproduced && claim.basis.target == Target::Printed {
        silent.push(
            "It is about the printed number alone: it does not certify the paper's own procedure.",
        );
    }
    silent.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn every_claim_is_explained_with_the_numbers_of_its_report() {
        let report = fixture::example();
        let explained: Vec<ClaimExplanation> = report.claims.iter().map(explanation).collect();
        insta::assert_json_snapshot!(explained);
        for (claim, explained) in report.claims.iter().zip(&explained) {
            let all = serde_json::to_string(explained).unwrap();
            assert!(all.contains(&text::rerun(claim)), "{all}");
            assert!(all.contains(&text::tolerance(claim)), "{all}");
            if claim.verdict == ClaimVerdict::Inconclusive {
                assert!(
                    all.contains("does not say that the results are the same"),
                    "{all}"
                );
            }
        }
    }
}
