//! All codes in one list, the search for one, and those that a result has.

use std::collections::BTreeSet;

use super::entry::{CodeEntry, CodeKind, Meaning};
use super::{deviations, failures, limitations, obstacles, reasons, verdicts, warnings};
use reprove_decide::decision::{FlagCode, ReasonCode};
use reprove_model::deviation::DeviationCode;
use reprove_model::diagnostics::nearest_hint;
use reprove_model::failure::{FailureKind, OutcomeCode};
use reprove_model::obstacle::Obstacle;
use reprove_report::{ClaimVerdict, PinStatus, Recomputed, Report};
use reprove_sandbox::Limitation;

/// Every code that a result may have, with its meaning; one code may be of several kinds.
pub fn all() -> Vec<CodeEntry> {
    let verdicts =
        VERDICTS.map(|(code, verdict)| entry(CodeKind::Verdict, code, verdicts::verdict(verdict)));
    let recomputed = RECOMPUTED
        .map(|(code, answer)| entry(CodeKind::Recomputation, code, verdicts::recomputed(answer)));
    let pins = PINS.map(|(code, status)| entry(CodeKind::Pin, code, verdicts::pin(status)));
    let reasons = ReasonCode::ALL
        .iter()
        .map(|code| entry(CodeKind::Reason, code.code(), reasons::reason(*code)));
    let warnings = FlagCode::ALL
        .iter()
        .map(|code| entry(CodeKind::Warning, code.code(), warnings::warning(*code)));
    let deviations = DeviationCode::ALL.iter();
    let deviations = deviations.map(|code| {
        entry(
            CodeKind::Deviation,
            code.code(),
            deviations::deviation(*code),
        )
    });
    let failed = FailureKind::ALL.iter().copied().map(OutcomeCode::Failed);
    let outcomes = [OutcomeCode::Finished, OutcomeCode::Diverged]
        .into_iter()
        .chain(failed);
    let outcomes =
        outcomes.map(|code| entry(CodeKind::Outcome, code.code(), failures::outcome(code)));
    let obstacles = Obstacle::ALL
        .iter()
        .map(|code| entry(CodeKind::Failure, code.code(), obstacles::obstacle(*code)));
    let limitations = Limitation::ALL.into_iter();
    let limitations = limitations.map(|code| {
        entry(
            CodeKind::Limitation,
            code.code(),
            limitations::limitation(code),
        )
    });
    let of_claims = verdicts
        .into_iter()
        .chain(reasons)
        .chain(warnings)
        .chain(recomputed);
    let of_runs = deviations
        .chain(outcomes)
        .chain(obstacles)
        .chain(limitations)
        .chain(pins);
    of_claims.chain(of_runs).collect()
}

/// The verdicts with their codes.
const VERDICTS: [(&str, ClaimVerdict); 4] = [
    ("reproduced", ClaimVerdict::Reproduced),
    ("not_reproduced", ClaimVerdict::NotReproduced),
    ("inconclusive", ClaimVerdict::Inconclusive),
    ("could_not_verify", ClaimVerdict::CouldNotVerify),
];

/// The answers of the recomputation with their codes.
const RECOMPUTED: [(&str, Recomputed); 3] = [
    ("yes", Recomputed::Yes),
    ("no", Recomputed::No),
    ("not_asked", Recomputed::NotAsked),
];

/// The statuses of pins with their codes.
const PINS: [(&str, PinStatus); 5] = [
    ("holds", PinStatus::Holds),
    ("broken", PinStatus::Broken),
    ("missing", PinStatus::Missing),
    ("unreadable", PinStatus::Unreadable),
    ("unknown", PinStatus::Unknown),
];

fn entry(kind: CodeKind, code: &'static str, meaning: Meaning) -> CodeEntry {
    CodeEntry {
        kind,
        code,
        meaning,
    }
}

/// The meanings of a code, one for each kind that has it. Dashes and spaces stand for underscores.
///
/// # Errors
/// For an unknown code, the hint that names the nearest, if one is near; `others` are names that a word may
/// stand for too.
pub fn find<'a>(
    word: &str,
    others: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<CodeEntry>, Option<String>> {
    let all = all();
    let code = word.to_lowercase().replace(['-', ' '], "_");
    let found: Vec<CodeEntry> = all
        .iter()
        .copied()
        .filter(|entry| entry.code == code)
        .collect();
    match found.is_empty() {
        true => Err(nearest_hint(
            word,
            others.into_iter().chain(all.iter().map(|entry| entry.code)),
        )),
        false => Ok(found),
    }
}

/// The codes of a result beside those of its claims: deviations, a failure, failed runs, limitations, pins that do
/// not hold.
pub fn of_report(report: &Report) -> Vec<CodeEntry> {
    let mut found: BTreeSet<(CodeKind, String)> = BTreeSet::new();
    found.extend(
        report
            .deviations
            .iter()
            .map(|deviation| (CodeKind::Deviation, deviation.code.to_string())),
    );
    found.extend(
        report
            .failure
            .iter()
            .map(|failure| (CodeKind::Failure, failure.kind.to_string())),
    );
    let lost = report
        .runs
        .iter()
        .filter(|run| run.outcome != OutcomeCode::Finished);
    found.extend(lost.map(|run| (CodeKind::Outcome, run.outcome.to_string())));
    found.extend(
        report
            .limitations
            .iter()
            .map(|limit| (CodeKind::Limitation, limit.code.clone())),
    );
    let unmet = report
        .pins
        .iter()
        .filter(|pin| pin.status != PinStatus::Holds);
    let status = |status: PinStatus| {
        PINS.iter()
            .find(|(_, known)| *known == status)
            .map(|(code, _)| *code)
    };
    found.extend(unmet.filter_map(|pin| Some((CodeKind::Pin, status(pin.status)?.to_owned()))));
    let is_found = |entry: &CodeEntry| found.contains(&(entry.kind, entry.code.to_owned()));
    all().into_iter().filter(is_found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_entry_of_its_kind_with_a_cause_and_a_cure() {
        let all = all();
        let keys: BTreeSet<(CodeKind, &str)> =
            all.iter().map(|entry| (entry.kind, entry.code)).collect();
        assert_eq!(keys.len(), all.len());
        for entry in &all {
            for text in [entry.meaning.cause, entry.meaning.cure] {
                assert!(
                    text.ends_with('.') && text.len() > 10,
                    "{}: {text}",
                    entry.code
                );
            }
        }
    }

    /// Every code that the schema of a result lists has an entry: no list of codes is left out.
    #[test]
    fn every_code_of_the_schema_of_a_result_has_an_entry() {
        fn codes(schema: &serde_json::Value, found: &mut BTreeSet<String>) {
            if let Some(serde_json::Value::Array(words)) = schema.get("enum") {
                found.extend(
                    words
                        .iter()
                        .filter_map(|word| word.as_str())
                        .map(str::to_owned),
                );
            }
            match schema {
                serde_json::Value::Object(entries) => {
                    entries.values().for_each(|value| codes(value, found))
                }
                serde_json::Value::Array(items) => items.iter().for_each(|item| codes(item, found)),
                _ => {}
            }
        }
        let mut listed = BTreeSet::new();
        codes(
            reprove_report::schema::json_schema().as_value(),
            &mut listed,
        );
        assert!(listed.len() > 100, "{}", listed.len());
        for code in listed {
            assert!(find(&code, []).is_ok(), "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_answered_with_the_nearest() {
        assert_eq!(
            find("interval-too-wide", []).unwrap()[0].code,
            "interval_too_wide"
        );
        assert_eq!(find("INCONCLUSIVE", []).unwrap()[0].kind, CodeKind::Verdict);
        assert_eq!(find("no_sandbox", []).unwrap().len(), 3);
        let hint = find("interval_to_wide", []).unwrap_err();
        assert_eq!(hint.as_deref(), Some("the nearest is `interval_too_wide`"));
        let hint = find("h12-tets", ["h12-test"]).unwrap_err();
        assert_eq!(hint.as_deref(), Some("the nearest is `h12-test`"));
    }
}
