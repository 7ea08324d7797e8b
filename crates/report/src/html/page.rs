//! What the template of the page sees.

use askama::Template;

use super::super::RenderError;
use super::super::failed_runs::{self, FailedRuns};
use super::super::format_spec::{FormatSpec, Input};
use super::super::{
    ClaimReport, ClaimVerdict, LinkBase, Pin, Report, Role, TestReport, headline, number,
    recomputation, text,
};
use super::runs::{self, RunTable};
use super::style::class;
use super::{figure, looks};

/// So many kinds of runs without a value are listed on their own.
const FAILED_RUNS: usize = 20;

/// What the template sees.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    title: &'a str,
    paper: Option<String>,
    verdict: &'static str,
    class: &'static str,
    meaning: String,
    counts: String,
    trust: String,
    corrected: Option<String>,
    remarks: Vec<String>,
    program: String,
    claims: Vec<Claim<'a>>,
    failure: Option<Unready<'a>>,
    failed: Vec<FailedRuns<'a>>,
    failed_more: usize,
    tables: Vec<RunTable<'a>>,
    cost: Vec<(&'static str, String)>,
}

/// Why no run could be made, as the template shows it.
struct Unready<'a> {
    text: String,
    tail: Vec<String>,
    hint: Option<&'a str>,
}

/// A claim as the template shows it.
struct Claim<'a> {
    claim: &'a ClaimReport,
    anchor: String,
    verdict: &'static str,
    class: &'static str,
    finding: String,
    reported_short: String,
    rerun_short: String,
    interval: String,
    tolerance_short: String,
    figure: Option<String>,
    looks: Option<String>,
    facts: Vec<(&'static str, String)>,
    tests: Vec<TestRow<'a>>,
}

/// A test as the template shows it.
struct TestRow<'a> {
    name: &'a str,
    statistic: String,
    df: String,
    p_value: String,
    role: &'static str,
}

/// HTML.
pub(crate) const FORMAT: FormatSpec = FormatSpec {
    name: "html",
    summary: "one self-contained page with figures",
    extensions: &["html", "htm"],
    input: Input::Visible,
    render: |report, options| render(report, options.links).map_err(RenderError::failed(&FORMAT)),
};

/// The report as a page that will lie there.
fn render(report: &Report, place: LinkBase) -> Result<String, askama::Error> {
    let verdict = text::as_claim(report.verdict);
    let failed = failed_runs::groups(&report.runs);
    let page = Page {
        report,
        title: text::title(report),
        paper: text::paper(report),
        verdict: text::verdict(verdict),
        class: class(verdict),
        meaning: text::overall_meaning(report),
        counts: text::counts(&report.counts),
        trust: text::trust(report),
        corrected: text::corrected_refutations(report),
        remarks: headline::remarks(report),
        program: text::program(report),
        claims: report.claims.iter().enumerate().map(claim).collect(),
        failure: report.failure.as_ref().map(|failure| Unready {
            text: failed_runs::failure(failure),
            tail: failed_runs::tail(&failure.log_tail),
            hint: failure.hint.as_deref(),
        }),
        failed_more: failed.len().saturating_sub(FAILED_RUNS),
        failed: failed.into_iter().take(FAILED_RUNS).collect(),
        tables: runs::tables(&report.runs, place),
        cost: text::cost(&report.cost),
    };
    page.render()
}

/// What stands in a pin's column `found`.
fn found(pin: &Pin) -> &str {
    match &pin.found {
        Some(found) if *found == pin.expected => "the same",
        Some(found) => found,
        None => "nothing",
    }
}

fn claim((number, claim): (usize, &ClaimReport)) -> Claim<'_> {
    let anchor = format!("claim-{}", number + 1);
    Claim {
        verdict: text::verdict(claim.verdict),
        class: class(claim.verdict),
        finding: text::finding(claim),
        reported_short: text::reported_short(claim),
        rerun_short: text::rerun_short(claim),
        interval: text::difference(claim).unwrap_or_else(|| "-".to_owned()),
        tolerance_short: text::tolerance_short(claim),
        figure: figure::draw(claim, &anchor),
        looks: looks::draw(claim, &anchor),
        facts: facts(claim),
        tests: claim.tests.iter().map(test_row).collect(),
        anchor,
        claim,
    }
}

fn facts(claim: &ClaimReport) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Reason", claim.reason.text.clone())];
    if let Some(needed) = &claim.runs_needed {
        facts.push(("To decide it", needed.text.clone()));
    }
    facts.extend(recomputation::answer(claim).map(|answer| ("Recomputed", answer)));
    facts.push(("Reported", text::reported(claim).to_owned()));
    facts.extend(text::source(claim).map(|source| ("Printed at", source)));
    facts.push(("Rerun", text::rerun(claim)));
    let tolerance = text::tolerance(claim);
    facts.push(match text::tolerance_ends(claim) {
        Some(ends) if !tolerance.starts_with("between") => {
            ("Tolerance", format!("{tolerance} ({ends})"))
        }
        _ => ("Tolerance", tolerance),
    });
    if let (Some(text), Some(difference)) = (text::difference(claim), &claim.difference) {
        let level = number::percent(difference.level);
        facts.push((
            "Difference",
            format!("{text} (level {level}, {})", difference.method),
        ));
    }
    if claim.verdict != ClaimVerdict::CouldNotVerify {
        let target = text::target(claim.basis.target);
        facts.push(("Target", format!("{target}: {}", claim.basis.why)));
        for other in claim
            .targets
            .iter()
            .filter(|other| other.target != claim.basis.target)
        {
            let verdict = text::verdict(other.verdict);
            facts.push((
                "Other target",
                format!("{}: {verdict}", text::target(other.target)),
            ));
        }
    }
    facts
}

fn test_row(test: &TestReport) -> TestRow<'_> {
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), number::plain);
    TestRow {
        name: &test.name,
        statistic: shown(test.statistic),
        df: shown(test.df),
        p_value: test.p_value.map_or("-".to_owned(), |p| {
            number::p_value(p).trim_start_matches('=').to_owned()
        }),
        role: match test.role {
            Role::Decides => "decides",
            Role::Supports => "shown beside",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{RunFile, fixture, visible};
    use super::*;

    fn page() -> String {
        render(&visible::report(&fixture::example()), LinkBase::Evidence).unwrap()
    }

    #[test]
    fn the_example_as_a_page() {
        insta::assert_snapshot!(page());
    }

    #[test]
    fn nothing_hostile_and_nothing_foreign_is_in_the_page() {
        let page = page();
        assert!(!page.contains("<script"));
        assert!(!page.contains("javascript:"));
        assert!(!page.contains("src="));
        assert!(
            !page.contains("http:") && !page.contains("https:"),
            "nothing is loaded"
        );
        assert!(page.contains("&#60;script&#62;"));
    }

    #[test]
    fn files_are_linked_in_the_evidence_and_named_elsewhere() {
        let mut report = fixture::example();
        let file = |path: Option<&str>| RunFile {
            sha256: "ab".repeat(32),
            path: path.map(str::to_owned),
        };
        report.runs[0].files = [
            ("out/m.json".to_owned(), file(Some("runs/h0/1/out/m.json"))),
            ("stdout.log".to_owned(), file(None)),
        ]
        .into();
        let page = render(&report, LinkBase::Evidence).unwrap();
        let cell = "<a href=\"runs/h0/1/out/m.json\">m.json</a>, stdout.log</td>";
        assert!(page.contains(cell));
        let page = render(&report, LinkBase::Anywhere).unwrap();
        assert!(page.contains("m.json, stdout.log</td>") && !page.contains("href=\"runs/"));
    }

    #[test]
    fn the_verdict_comes_before_all_else() {
        let page = page();
        let first = page.find("NOT REPRODUCED").unwrap();
        assert!(first < page.find("<table").unwrap());
    }
}
