//! The report in the Test Anything Protocol, version 14 (<https://testanything.org/>): a test point a
//! claim, with a YAML block of diagnostics, and a test point a broken pin.
//!
//! An undecided claim is `not ok`, so that no harness takes it for a success, unless the caller wants
//! it skipped.

use std::fmt::Write as _;

use super::format_spec::{FormatSpec, Input};
use super::{
    ClaimReport, ClaimVerdict, Pin, RenderOptions, Report, Undecided, failed_runs, headline,
    recomputation, text,
};

/// The Test Anything Protocol.
pub(super) const FORMAT: FormatSpec = FormatSpec {
    name: "tap",
    summary: "Test Anything Protocol, for test harnesses",
    extensions: &["tap"],
    input: Input::Visible,
    render: |report, options| Ok(render(report, options)),
};

/// The report as test points, the verdict on all claims in comments before them.
fn render(report: &Report, options: &RenderOptions) -> String {
    let broken: Vec<&Pin> = report
        .pins
        .iter()
        .filter(|pin| text::is_broken(pin))
        .collect();
    let points = report.claims.len() + broken.len();
    let mut tap = format!("TAP version 14\n1..{points}\n");
    comments(report, &mut tap);
    for (number, claim) in (1..).zip(&report.claims) {
        point(number, claim, options, &mut tap);
    }
    for (number, pin) in (report.claims.len() + 1..).zip(broken) {
        let name = description(&format!("{} {}: {}", pin.kind, pin.name, pin.status));
        let found = pin.found.as_deref().unwrap_or("nothing");
        let _ = writeln!(tap, "not ok {number} - {name}");
        block(
            &[("expected", &pin.expected), ("found", found)],
            &[],
            &mut tap,
        );
    }
    if let Some(failure) = &report.failure {
        let message = description(&failed_runs::failure(failure));
        for line in failed_runs::tail(&failure.log_tail) {
            let _ = writeln!(tap, "# {line}");
        }
        let _ = writeln!(tap, "Bail out! {message}");
    }
    tap
}

fn comments(report: &Report, tap: &mut String) {
    let verdict = text::verdict(text::as_claim(report.verdict));
    let mut lines = vec![
        format!("{}: {verdict}", text::title(report)),
        text::overall_meaning(report),
        text::counts(&report.counts),
        text::trust(report),
    ];
    lines.extend(text::corrected_refutations(report));
    lines.extend(headline::remarks(report));
    lines.push(text::program(report));
    for line in lines {
        let _ = writeln!(tap, "# {line}");
    }
}

fn point(number: usize, claim: &ClaimReport, options: &RenderOptions, tap: &mut String) {
    let (result, directive) = match (claim.verdict, options.undecided) {
        (ClaimVerdict::Reproduced, _) => ("ok", ""),
        (ClaimVerdict::Inconclusive, Undecided::Skipped) => ("ok", " # SKIP inconclusive"),
        (ClaimVerdict::Inconclusive, Undecided::Error)
        | (ClaimVerdict::NotReproduced | ClaimVerdict::CouldNotVerify, _) => ("not ok", ""),
    };
    let name = description(&claim.id);
    let _ = writeln!(tap, "{result} {number} - {name}{directive}");
    let mut facts = vec![
        ("verdict", text::code(claim.verdict).to_owned()),
        ("message", text::finding(claim)),
        ("reason", claim.reason.text.clone()),
        ("reported", text::reported(claim).to_owned()),
        ("rerun", text::rerun(claim)),
        ("tolerance", text::tolerance(claim)),
    ];
    facts.extend(text::source(claim).map(|text| ("source", text)));
    facts.extend(text::difference(claim).map(|text| ("difference", text)));
    facts.extend(recomputation::answer(claim).map(|answer| ("recomputed", answer)));
    let facts: Vec<(&str, &str)> = facts.iter().map(|(name, fact)| (*name, &**fact)).collect();
    let warnings: Vec<&str> = claim.warnings.iter().map(|w| w.text.as_str()).collect();
    block(&facts, &warnings, tap);
}

/// A YAML block of diagnostics; a JSON string is a YAML string.
fn block(facts: &[(&str, &str)], warnings: &[&str], tap: &mut String) {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    tap.push_str("  ---\n");
    for (name, fact) in facts {
        let _ = writeln!(tap, "  {name}: {}", quoted(fact));
    }
    if !warnings.is_empty() {
        tap.push_str("  warnings:\n");
    }
    for warning in warnings {
        let _ = writeln!(tap, "    - {}", quoted(warning));
    }
    tap.push_str("  ...\n");
}

/// A description in which no character starts a directive.
fn description(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use super::super::{fixture, visible};
    use super::*;

    fn drawn(undecided: Undecided) -> String {
        let options = RenderOptions {
            undecided,
            ..RenderOptions::default()
        };
        render(&visible::report(&fixture::example()), &options)
    }

    #[test]
    fn the_example_as_tap() {
        insta::assert_snapshot!(drawn(Undecided::Error));
    }

    #[test]
    fn undecided_claims_may_be_skipped_and_points_are_numbered() {
        let text = drawn(Undecided::Skipped);
        assert_eq!(text.matches(" # SKIP inconclusive\n").count(), 2);
        let points = text
            .lines()
            .filter(|l| l.starts_with("ok ") || l.starts_with("not ok "));
        let plan = text.lines().nth(1).unwrap().strip_prefix("1..").unwrap();
        assert_eq!(points.count().to_string(), plan);
        assert_eq!(description("a # SKIP \\"), "a \\# SKIP \\\\");
    }
}
