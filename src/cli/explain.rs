//! `reprove explain`: a verdict, or a code of a result, in plain sentences.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::last_result;
use super::paragraphs::wrapped;
use super::reference_args::ExplainArgs;
use super::report;
use super::screen::{page, print, print_error};
use super::status::Status;
use crate::explain::{self, CodeEntry, Meaning};
use reprove_exec::ledger::user_store;
use reprove_report::{ClaimExplanation, Report, explanation, overall_text};

/// A problem and its hint.
type Problem = (String, Option<String>);

/// What is printed.
#[derive(Debug, Serialize)]
struct Explained {
    /// The result, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Source>,
    /// The claims.
    claims: Vec<ExplainedClaim>,
    /// The codes.
    codes: Vec<CodeEntry>,
}

/// The result that is explained.
#[derive(Debug, Serialize)]
struct Source {
    /// Its file.
    file: PathBuf,
    /// The manifest, as its verification was called.
    manifest: String,
    /// Its verdict, and what it means.
    text: String,
}

/// A claim with what helps.
#[derive(Debug, Serialize)]
struct ExplainedClaim {
    #[serde(flatten)]
    explanation: ClaimExplanation,
    /// The meaning of its reason.
    meaning: Meaning,
}

/// Explains a claim, a code, or a whole result.
pub fn run(args: &ExplainArgs) -> Status {
    let explained = match explained(args) {
        Ok(explained) => explained,
        Err((problem, hint)) => {
            print_error(&problem, hint.as_deref());
            return Status::BadInput;
        }
    };
    if !args.json {
        print(&text(&explained, page().width));
        return Status::Reproduced;
    }
    match serde_json::to_string_pretty(&explained) {
        Ok(text) => {
            print(&(reprove_model::escape::json(&text).to_string() + "\n"));
            Status::Reproduced
        }
        Err(error) => {
            print_error(&error, None);
            Status::BadInput
        }
    }
}

fn explained(args: &ExplainArgs) -> Result<Explained, Problem> {
    let kept = kept(args)?;
    let (file, report) = match (kept, &args.word) {
        (Some(kept), _) => kept,
        (None, Some(word)) => return alone(word),
        (None, None) => return Err(nothing_kept(args.manifest.as_deref())),
    };
    let result = Source {
        file,
        manifest: reprove_model::escape::text(&report.manifest.file).into_owned(),
        text: overall_text(&report),
    };
    let Some(word) = &args.word else {
        return Ok(Explained {
            result: Some(result),
            claims: report.claims.iter().map(claim).collect(),
            codes: explain::of_report(&report),
        });
    };
    let claims: Vec<ExplainedClaim> = report
        .claims
        .iter()
        .filter(|claim| claim.id == *word)
        .map(claim)
        .collect();
    let ids = report.claims.iter().map(|claim| claim.id.as_str());
    match explain::find(word, ids) {
        Err(hint) if claims.is_empty() => {
            let found = reprove_model::escape::text(word);
            let manifest = reprove_model::escape::text(&report.manifest.file);
            Err((
                format!("expected a claim of {manifest} or a code, found `{found}`"),
                hint,
            ))
        }
        codes => Ok(Explained {
            result: (!claims.is_empty()).then_some(result),
            claims,
            codes: codes.unwrap_or_default(),
        }),
    }
}

/// A code without a result.
fn alone(word: &str) -> Result<Explained, Problem> {
    let codes = explain::find(word, []).map_err(|hint| {
        let found = reprove_model::escape::text(word);
        let no_result = "`--result FILE` names the result that has the claim".to_owned();
        (
            format!("expected a code, found `{found}`"),
            hint.or(Some(no_result)),
        )
    })?;
    Ok(Explained {
        result: None,
        claims: Vec::new(),
        codes,
    })
}

fn claim(claim: &reprove_report::ClaimReport) -> ExplainedClaim {
    ExplainedClaim {
        meaning: explain::reason(claim.reason.code),
        explanation: explanation(claim),
    }
}

/// The result that the arguments name, or the last one that is kept.
fn kept(args: &ExplainArgs) -> Result<Option<(PathBuf, Report)>, Problem> {
    let file = match &args.result {
        Some(file) => Some(file.clone()),
        None => last(args)?,
    };
    match file {
        Some(file) => report::read(&file).map(|report| Some((file, report))),
        None => Ok(None),
    }
}

/// The last result of the store.
fn last(args: &ExplainArgs) -> Result<Option<PathBuf>, Problem> {
    let Some(store) = args.store.clone().or_else(user_store) else {
        return Ok(None);
    };
    let manifest = args.manifest.as_deref();
    last_result::file(&store, manifest).map_err(|error| {
        let place = manifest.unwrap_or(&store).display();
        (format!("{place}: {error}"), None)
    })
}

fn nothing_kept(manifest: Option<&Path>) -> Problem {
    let of = manifest.map_or_else(String::new, |manifest| format!("{}: ", manifest.display()));
    let hint = "`reprove verify MANIFEST` keeps one; `--result FILE` names another".to_owned();
    (
        format!("{of}expected the result of a verification, found none"),
        Some(hint),
    )
}

fn text(explained: &Explained, width: usize) -> String {
    let mut text = String::new();
    if let Some(result) = &explained.result {
        text += &wrapped(
            &format!("{}: {}", result.manifest, result.text),
            "",
            "",
            width,
        );
    }
    for claim in &explained.claims {
        if !text.is_empty() {
            text.push('\n');
        }
        text += &claim_text(claim, width);
    }
    for entry in &explained.codes {
        if !text.is_empty() {
            text.push('\n');
        }
        text += &wrapped(
            &format!("{} ({})", entry.code, entry.kind.words()),
            "",
            "",
            width,
        );
        text += &wrapped(
            &format!("Cause: {}", entry.meaning.cause),
            "  ",
            "  ",
            width,
        );
        text += &wrapped(&format!("Cure: {}", entry.meaning.cure), "  ", "  ", width);
    }
    text
}

fn claim_text(claim: &ExplainedClaim, width: usize) -> String {
    let found = &claim.explanation;
    let mut text = wrapped(
        &format!("{}: {} ({})", found.id, found.verdict, found.reason),
        "",
        "",
        width,
    );
    let cure = Some(claim.meaning.cure).filter(|_| !found.is_reproduced);
    let change: Vec<String> = found
        .change
        .iter()
        .cloned()
        .chain(cure.map(str::to_owned))
        .collect();
    let why: Vec<String> = found
        .why
        .iter()
        .cloned()
        .chain([claim.meaning.cause.to_owned()])
        .collect();
    for (heading, sentences) in [
        ("What was asked", &found.asked),
        ("What was seen", &found.seen),
        ("Why this verdict", &why),
        ("What would change it", &change),
        ("What it does not say", &found.silent),
    ] {
        if sentences.is_empty() {
            continue;
        }
        text += &format!("  {heading}\n");
        for sentence in sentences {
            text += &wrapped(sentence, "    - ", "      ", width);
        }
    }
    text
}
