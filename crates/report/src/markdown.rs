//! The report as GitHub-flavoured Markdown, for a pull request or the summary of a CI run.

use std::fmt::Write as _;

use super::format_spec::{FormatSpec, Input};
use super::markup::markdown as escape;
use super::{
    ClaimReport, ClaimVerdict, Report, failed_runs, headline, recomputation, sources, text,
};

/// So many kinds of failed runs are listed.
const FAILED_RUNS: usize = 20;
/// So many numbers are said where they were read, and characters of the place.
const SOURCES: usize = 100;
const SOURCE: usize = 160;

/// Markdown.
pub(super) const FORMAT: FormatSpec = FormatSpec {
    name: "markdown",
    summary: "for a pull request or the summary of a CI run",
    extensions: &["md", "markdown"],
    input: Input::Visible,
    render: |report, _| Ok(render(report)),
};

/// The report as Markdown.
fn render(report: &Report) -> String {
    let mut text = String::new();
    let verdict = text::as_claim(report.verdict);
    let _ = writeln!(
        text,
        "## {} {}: {}\n",
        mark(verdict),
        text::verdict(verdict),
        escape(text::title(report))
    );
    let counts = text::counts(&report.counts);
    let meaning = escape(&text::overall_meaning(report));
    let trust = escape(&text::trust(report));
    let _ = writeln!(text, "{meaning} {counts}; {trust}.\n");
    if let Some(corrected) = text::corrected_refutations(report) {
        let _ = writeln!(text, "{}\n", escape(&corrected));
    }
    for remark in headline::remarks(report) {
        let _ = writeln!(text, "{}\n", escape(&remark));
    }
    if let Some(paper) = text::paper(report) {
        let _ = writeln!(text, "Paper: {}\n", escape(&paper));
    }
    table(report, &mut text);
    for claim in report.claims.iter().filter(|claim| has_details(claim)) {
        details(claim, &mut text);
    }
    failure(report, &mut text);
    failed_runs(report, &mut text);
    pins(report, &mut text);
    read_from(report, &mut text);
    list(
        "Where the reported values are printed",
        &text::sources(&report.claims),
        &mut text,
    );
    let deviations: Vec<&str> = report
        .deviations
        .iter()
        .map(|deviation| deviation.text.as_str())
        .collect();
    list("Deviations from the paper", &deviations, &mut text);
    list("Not checked", &report.not_checked, &mut text);
    let limitations: Vec<&str> = report.limitations.iter().map(|l| l.text.as_str()).collect();
    list("Limitations of the sandbox", &limitations, &mut text);
    let cost: Vec<String> = text::cost(&report.cost)
        .into_iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    list("Cost", &cost, &mut text);
    repeat(report, &mut text);
    let _ = writeln!(
        text,
        "<sub>{}, manifest {} with SHA-256 {}</sub>",
        escape(&text::program(report)),
        escape(&report.manifest.file),
        escape(&report.manifest.sha256),
    );
    text
}

fn mark(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Reproduced => "✅",
        ClaimVerdict::NotReproduced => "❌",
        ClaimVerdict::Inconclusive => "❔",
        ClaimVerdict::CouldNotVerify => "⛔",
    }
}

fn table(report: &Report, text: &mut String) {
    if report.claims.is_empty() {
        return;
    }
    *text += "| | claim | reported | rerun | runs | tolerance | difference | verdict |\n\
              |---|---|---|---|---:|---|---|---|\n";
    for claim in &report.claims {
        let difference = text::difference(claim).unwrap_or_else(|| "-".to_owned());
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            mark(claim.verdict),
            escape(&claim.id),
            text::reported_short(claim),
            text::rerun_short(claim),
            claim.rerun.n,
            text::tolerance_short(claim),
            difference,
            text::verdict(claim.verdict),
        );
    }
    text.push('\n');
}

/// Whether more is said of a claim than its line in the table: why it is not reproduced, what its warnings
/// are, whether it is recomputed.
fn has_details(claim: &ClaimReport) -> bool {
    claim.verdict != ClaimVerdict::Reproduced
        || !claim.warnings.is_empty()
        || recomputation::answer(claim).is_some()
}

fn details(claim: &ClaimReport, text: &mut String) {
    let _ = writeln!(
        text,
        "**{}**: {}\n\n{} Reason: {}.\n",
        escape(&claim.id),
        text::verdict(claim.verdict),
        escape(&text::finding(claim)),
        escape(&claim.reason.text),
    );
    if let Some(needed) = &claim.runs_needed {
        let _ = writeln!(text, "To decide it: {}.\n", escape(&needed.text));
    }
    if let Some(answer) = recomputation::answer(claim) {
        let _ = writeln!(text, "Recomputed: {}.\n", escape(&answer));
    }
    for warning in &claim.warnings {
        let _ = writeln!(text, "> Warning: {}\n", escape(&warning.text));
    }
}

fn failure(report: &Report, text: &mut String) {
    let Some(failure) = &report.failure else {
        return;
    };
    let _ = writeln!(
        text,
        "**Not made ready**: {}\n",
        escape(&failed_runs::failure(failure))
    );
    fenced("text", &failed_runs::tail(&failure.log_tail), text);
    if let Some(hint) = &failure.hint {
        let _ = writeln!(text, "Hint: {}\n", escape(hint));
    }
}

fn failed_runs(report: &Report, text: &mut String) {
    let groups = failed_runs::groups(&report.runs);
    if groups.is_empty() {
        return;
    }
    *text += "**Runs without a value**\n\n";
    for lost in groups.iter().take(FAILED_RUNS) {
        let _ = writeln!(
            text,
            "**{}**: {}\n",
            escape(&lost.who()),
            escape(&lost.how())
        );
        if let Some(run) = lost.of_whom() {
            let _ = writeln!(text, "The log of {}:\n", escape(&run));
        }
        fenced("text", &lost.tail(), text);
    }
    if groups.len() > FAILED_RUNS {
        let _ = writeln!(text, "and {} more kinds\n", groups.len() - FAILED_RUNS);
    }
}

/// Where the numbers were read, a line a run and metric.
fn read_from(report: &Report, text: &mut String) {
    let numbers = report.runs.iter();
    let mut lines: Vec<String> = numbers
        .flat_map(|run| sources::of_run(run, SOURCE))
        .collect();
    let more = lines.len().saturating_sub(SOURCES);
    lines.truncate(SOURCES);
    if more > 0 {
        lines.push(format!("and {more} more, in the JSON"));
    }
    list("Where the numbers were read", &lines, text);
}

fn pins(report: &Report, text: &mut String) {
    let pins: Vec<String> = report
        .pins
        .iter()
        .map(|pin| match (text::is_broken(pin), &pin.found) {
            (false, _) => format!("{} {}: {} {}", pin.kind, pin.name, pin.status, pin.expected),
            (true, found) => format!(
                "{} {}: {}, expected {}, found {}",
                pin.kind,
                pin.name,
                pin.status,
                pin.expected,
                found.as_deref().unwrap_or("nothing"),
            ),
        })
        .collect();
    list("Pins", &pins, text);
}

/// A part that a reader opens, a line an item; none where there is none.
fn list(heading: &str, items: &[impl AsRef<str>], text: &mut String) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "<details><summary>{heading} ({})</summary>\n",
        items.len()
    );
    for item in items {
        let _ = writeln!(text, "- {}", escape(item.as_ref()));
    }
    *text += "\n</details>\n\n";
}

fn repeat(report: &Report, text: &mut String) {
    if report.repeat.is_empty() {
        return;
    }
    *text += "To repeat it:\n\n";
    fenced("sh", &report.repeat, text);
}

/// Lines as they are, each shown as one; none where there is none.
fn fenced(language: &str, lines: &[String], text: &mut String) {
    if lines.is_empty() {
        return;
    }
    // Backticks within a line would close a shorter fence.
    let longest = lines
        .iter()
        .flat_map(|line| line.split(|character| character != '`'))
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    let _ = writeln!(text, "{fence}{language}\n{}\n{fence}\n", lines.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::super::{fixture, visible};
    use super::*;

    #[test]
    fn the_example_as_markdown() {
        insta::assert_snapshot!(render(&visible::report(&fixture::example())));
    }

    #[test]
    fn the_table_keeps_its_columns_and_a_fence_holds_its_text() {
        let mut report = fixture::example();
        report.repeat = vec!["echo ````".to_owned()];
        let text = render(&visible::report(&report));
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), report.claims.len() + 2);
        assert!(rows.iter().all(|row| row.matches('|').count() == 9));
        assert!(text.contains("`````sh\necho ````\n`````"));
        // Within a fence nothing is markup.
        let mut fence = None;
        for line in text.lines() {
            match fence {
                None if line.starts_with("```") => {
                    fence = Some(line.trim_end_matches(char::is_alphabetic))
                }
                None => assert!(!line.contains("<script"), "{line}"),
                Some(end) if line == end => fence = None,
                Some(_) => {}
            }
        }
        assert_eq!(fence, None);
    }
}
