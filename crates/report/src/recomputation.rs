//! The recomputation of a claim: its values, its sentence, and the answer.

use super::{ClaimReport, ClaimVerdict, RecomputationReport, Report, SeedValue, number};
use reprove_decide::decision::ReasonCode;
use reprove_decide::recomputation::{Recomputation, RecomputationFinding, Recomputed};
use reprove_model::seeds::RunSeed;

/// The runs on published seeds as the report shows them; `decimals` is how numbers are rounded.
pub(super) fn recomputation(found: &Recomputation, decimals: usize) -> RecomputationReport {
    let value = |(seed, value): &(RunSeed, f64)| SeedValue {
        seed: *seed,
        value: *value,
    };
    RecomputationReport {
        text: sentence(found, decimals),
        value: found.value,
        sd: found.sd,
        values: found.values.iter().map(value).collect(),
    }
}

fn sentence(found: &Recomputation, decimals: usize) -> String {
    use RecomputationFinding as Finding;
    let rounded = |value: Option<f64>| {
        value.map_or("no value".to_owned(), |value| {
            number::fixed(value, decimals)
        })
    };
    let value = rounded(found.value);
    let seeds = match found.values.len() {
        1 => "the run gives".to_owned(),
        count => format!("the {count} runs on published seeds give"),
    };
    match found.finding {
        Finding::NoPublishedSeeds => "the manifest states no seeds that the paper used".to_owned(),
        Finding::NothingReported => format!("{seeds} {value}, and no value was reported"),
        Finding::NotRun { run, seeds } => {
            format!(
                "{run} of {} were run",
                number::count(seeds, "published seed")
            )
        }
        Finding::Failed { failed, runs } => {
            let runs = number::count(runs, "run");
            format!("{failed} of {runs} on published seeds failed")
        }
        Finding::OtherNumberOfRuns { reported, seeds } => format!(
            "the reported value is one of {}, and {} stated",
            number::count(reported, "run"),
            match seeds {
                1 => "one published seed is".to_owned(),
                seeds => format!("{seeds} published seeds are"),
            }
        ),
        Finding::UnitUnknown { factor } => format!(
            "{seeds} {value}, which is the reported value times {}: nothing states the unit",
            number::plain(1.0 / factor)
        ),
        Finding::NotRepeated => "the run of the program was not repeated".to_owned(),
        Finding::RepeatDiffers => "a repeat of the run gave other metrics".to_owned(),
        Finding::Same => format!("{seeds} {value}: the reported value to its printed digits"),
        Finding::Diverged { diverged, runs } => {
            let runs = number::count(runs, "run");
            format!("{diverged} of {runs} on published seeds diverged")
        }
        Finding::OtherValue => format!("{seeds} {value}, which is not the reported value"),
        Finding::OtherSpread => format!(
            "{seeds} the reported value with a standard deviation of {}, which is not the reported spread",
            rounded(found.sd)
        ),
    }
}

/// Reasons that leave a claim open because its runs are a recomputation.
const RECOMPUTATIONS: [ReasonCode; 4] = [
    ReasonCode::PublishedSeedsOnly,
    ReasonCode::ChanceReported,
    ReasonCode::SeedInSource,
    ReasonCode::SeedWithoutEffect,
];

impl Report {
    /// Whether every claim that is not decided is open only because its runs are a recomputation, and is
    /// recomputed: `yes`.
    pub fn open_claims_are_recomputed(&self) -> bool {
        let is_open = |claim: &&ClaimReport| claim.verdict == ClaimVerdict::Inconclusive;
        let is_recomputed = |claim: &ClaimReport| {
            claim.recomputed == Recomputed::Yes && RECOMPUTATIONS.contains(&claim.reason.code)
        };
        self.claims.iter().filter(is_open).all(is_recomputed)
    }
}

/// The answer with its cause, as `yes: …`; none where no published seed was run.
pub(super) fn answer(claim: &ClaimReport) -> Option<String> {
    let found = &claim.recomputation;
    let word = match claim.recomputed {
        Recomputed::Yes => "yes",
        Recomputed::No => "no",
        Recomputed::NotAsked if found.values.is_empty() => return None,
        Recomputed::NotAsked => "not asked",
    };
    Some(format!("{word}: {}", found.text))
}

/// The answers with their claims, a line each.
pub(super) fn answers(claims: &[ClaimReport]) -> Vec<String> {
    let line = |claim: &ClaimReport| {
        let answer = answer(claim)?;
        Some(format!("{}, recomputed: {answer}", claim.id))
    };
    claims.iter().filter_map(line).collect()
}

/// The answer as the JSON writes it.
pub(super) fn word(claim: &ClaimReport) -> &'static str {
    match claim.recomputed {
        Recomputed::Yes => "yes",
        Recomputed::No => "no",
        Recomputed::NotAsked => "not_asked",
    }
}

/// The answers to all claims in one sentence, as `2 of 3 claims are recomputed: …`; none where no claim
/// has one.
pub(super) fn of_all(claims: &[ClaimReport]) -> Option<String> {
    let count = |answer: Recomputed| {
        let claims = claims.iter();
        claims.filter(|claim| claim.recomputed == answer).count()
    };
    let (same, other) = (count(Recomputed::Yes), count(Recomputed::No));
    let all = number::count(same + other, "claim");
    match (same, other) {
        (0, 0) => None,
        (_, 0) => Some(format!(
            "Recomputed: the reported values of {all}, to their printed digits."
        )),
        (0, _) => Some(format!(
            "Not recomputed: the same seeds give other values than the reported ones of {all}."
        )),
        _ => Some(format!(
            "Recomputed in part: the same seeds give the reported values of {same} of {all}."
        )),
    }
}
