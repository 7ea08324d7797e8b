//! The report as one HTML page: nothing loaded from elsewhere, no script, light and dark, printable.
//!
//! The template `report.html` is checked when the crate is built and escapes every value; only the
//! figures go in as markup, and [`figure`] escapes what it writes.

mod figure;
mod looks;
mod runs;
mod svg;

use askama::Template;

use self::runs::RunTable;
use super::lost::{self, Lost};
use super::{ClaimReport, ClaimVerdict, LinkBase, PinReport, Report, Role, Test, number, words};

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
    accusations: Option<String>,
    program: String,
    claims: Vec<Claim<'a>>,
    failure: Option<Unready<'a>>,
    failed: Vec<Lost<'a>>,
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

/// The report as a page that will lie there.
pub(super) fn render(report: &Report, place: LinkBase) -> Result<String, askama::Error> {
    let verdict = words::as_claim(report.verdict);
    let failed = lost::lost(&report.runs);
    let page = Page {
        report,
        title: words::title(report),
        paper: words::paper(report),
        verdict: words::verdict(verdict),
        class: class(verdict),
        meaning: words::overall_meaning(report),
        counts: words::counts(&report.counts),
        accusations: words::accusations(report),
        program: words::program(report),
        claims: report.claims.iter().enumerate().map(claim).collect(),
        failure: report.failure.as_ref().map(|failure| Unready {
            text: words::failure(failure),
            tail: lost::tail(&failure.log_tail),
            hint: failure.hint.as_deref(),
        }),
        failed_more: failed.len().saturating_sub(FAILED_RUNS),
        failed: failed.into_iter().take(FAILED_RUNS).collect(),
        tables: runs::tables(&report.runs, place),
        cost: words::cost(&report.cost),
    };
    page.render()
}

fn class(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Reproduced => "good",
        ClaimVerdict::NotReproduced => "bad",
        ClaimVerdict::Inconclusive => "open",
        ClaimVerdict::CouldNotVerify => "none",
    }
}

/// What stands in a pin's column `found`.
fn found(pin: &PinReport) -> &str {
    match &pin.found {
        Some(found) if *found == pin.expected => "the same",
        Some(found) => found,
        None => "nothing",
    }
}

fn claim((number, claim): (usize, &ClaimReport)) -> Claim<'_> {
    let anchor = format!("claim-{}", number + 1);
    Claim {
        verdict: words::verdict(claim.verdict),
        class: class(claim.verdict),
        finding: words::finding(claim),
        reported_short: words::reported_short(claim),
        rerun_short: words::rerun_short(claim),
        interval: words::difference(claim).unwrap_or_else(|| "-".to_owned()),
        tolerance_short: words::tolerance_short(claim),
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
    facts.push(("Reported", words::reported(claim).to_owned()));
    facts.push(("Rerun", words::rerun(claim)));
    let tolerance = words::tolerance(claim);
    facts.push(match words::tolerance_ends(claim) {
        Some(ends) if !tolerance.starts_with("between") => {
            ("Tolerance", format!("{tolerance} ({ends})"))
        }
        _ => ("Tolerance", tolerance),
    });
    if let (Some(text), Some(difference)) = (words::difference(claim), &claim.difference) {
        let level = number::percent(difference.level);
        facts.push((
            "Difference",
            format!("{text} (level {level}, {})", difference.method),
        ));
    }
    if claim.verdict != ClaimVerdict::CouldNotVerify {
        let target = words::target(&claim.basis.target);
        facts.push(("Target", format!("{target}: {}", claim.basis.why)));
        for other in claim
            .targets
            .iter()
            .filter(|other| other.target != claim.basis.target)
        {
            let verdict = words::verdict(other.verdict);
            facts.push((
                "Other target",
                format!("{}: {verdict}", words::target(&other.target)),
            ));
        }
    }
    facts
}

fn test_row(test: &Test) -> TestRow<'_> {
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
    use super::super::{RunFile, fixture, visible};
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
