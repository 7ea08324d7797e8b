//! The parts of the report for a terminal, in their order.

use std::collections::BTreeMap;

use super::super::format_spec::{FormatSpec, Input};
use super::super::{
    ClaimReport, ClaimVerdict, Pin, RenderOptions, Report, failed_runs, headline, number, sources,
    text, visible,
};
use super::claim;
use super::page::{self, Emphasis, Page};

/// Up to so many claims are all shown in full.
const FULL_CLAIMS: usize = 8;
/// So many kinds of failed runs are listed.
const FAILED_RUNS: usize = 10;
/// So many metrics are said where they were read, with columns of the name and characters of the
/// place.
const SOURCES: usize = 8;
const NAME: usize = 28;
const SOURCE: usize = 100;

/// Text for a terminal.
pub(crate) const FORMAT: FormatSpec = FormatSpec {
    name: "text",
    summary: "text for a terminal",
    extensions: &["txt"],
    input: Input::Visible,
    render: |report, options| Ok(render(report, options)),
};

/// The report as text.
fn render(report: &Report, options: &RenderOptions) -> String {
    let mut page = Page::new(options.width, options.colour);
    head(report, &mut page);
    claims(report, options.way_to_all, &mut page);
    sources(report, &mut page);
    pins(report, &mut page);
    failure(report, &mut page);
    failed_runs(report, &mut page);
    deviations(report, &mut page);
    if !report.defaults.is_empty() {
        page.heading("Left to its default");
        page.facts(
            report
                .defaults
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
    }
    list("Not checked", &report.not_checked, &mut page);
    let limitations: Vec<&String> = report.limitations.iter().map(|l| &l.text).collect();
    list("Limitations of the sandbox", &limitations, &mut page);
    if !report.environment.is_empty() {
        page.heading("Machine");
        let facts = machine(&report.environment);
        page.facts(facts.iter().map(|(name, value)| (*name, value.as_str())));
    }
    page.heading("Cost");
    let cost = text::cost(&report.cost);
    page.facts(cost.iter().map(|(name, value)| (*name, value.as_str())));
    if !report.repeat.is_empty() {
        page.heading("To repeat it");
        for command in &report.repeat {
            // Never wrapped: a reader copies it.
            page.line(&format!("  {command}"));
        }
    }
    page.into_text()
}

/// What is said of the machine. Of an environment with many packages the tools are named, and the rest
/// is counted.
fn machine(environment: &BTreeMap<String, String>) -> Vec<(&str, String)> {
    const TOOLS: [&str; 6] = ["cargo", "cc", "python", "rustc", "target", "uv"];
    const MANY: usize = 16;
    let software = |name: &str| name.strip_prefix("software_").map(str::to_owned);
    let is_many = environment.keys().filter_map(|name| software(name)).count() > MANY;
    let is_package = |name: &str, value: &str| {
        software(name).is_some_and(|name| !TOOLS.contains(&name.as_str()))
            && !value.contains("(sha256 ")
    };
    let (packages, mut facts): (Vec<_>, Vec<_>) = environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .partition(|(name, value)| is_many && is_package(name, value));
    if !packages.is_empty() {
        let count = number::count(packages.len(), "package");
        facts.push((
            "software",
            format!("{count}, which JSON and HTML reports list"),
        ));
    }
    facts
}

/// One claim as text, as `reprove decide` shows it: its line in the table, then its details.
pub fn claim_text(claim: &ClaimReport, options: &RenderOptions) -> String {
    let mut page = Page::new(options.width, options.colour);
    let mut shown = claim.clone();
    visible::claim(&mut shown);
    claim::table(std::slice::from_ref(&shown), &mut page);
    page.gap();
    claim::block(&shown, &mut page);
    page.into_text()
}

fn head(report: &Report, page: &mut Page) {
    let verdict = text::as_claim(report.verdict);
    page.paragraph("", text::title(report), Emphasis::Heading);
    if let Some(paper) = text::paper(report) {
        page.paragraph("", &paper, Emphasis::Plain);
    }
    page.paragraph(
        "",
        &format!("{}, {}", report.manifest.file, text::program(report)),
        Emphasis::Faint,
    );
    page.gap();
    page.paragraph("", text::verdict(verdict), Emphasis::Verdict(verdict));
    page.paragraph("", &text::overall_meaning(report), Emphasis::Plain);
    page.paragraph("", &text::counts(&report.counts), Emphasis::Plain);
    page.paragraph("", &text::trust(report), Emphasis::Plain);
    if let Some(corrected) = text::corrected_refutations(report) {
        page.paragraph("", &corrected, Emphasis::Plain);
    }
    for remark in headline::remarks(report) {
        page.paragraph("", &remark, Emphasis::Plain);
    }
}

fn claims(report: &Report, way_to_all: Option<&str>, page: &mut Page) {
    if report.claims.is_empty() {
        return;
    }
    page.heading("Claims");
    claim::table(&report.claims, page);
    let full = report.claims.len() <= FULL_CLAIMS;
    let shown = report
        .claims
        .iter()
        .filter(|claim| full || claim.verdict != ClaimVerdict::Reproduced);
    for claim in shown {
        page.gap();
        claim::block(claim, page);
    }
    let hidden = report
        .claims
        .iter()
        .filter(|claim| !full && claim.verdict == ClaimVerdict::Reproduced);
    let warnings = text::warnings(hidden);
    list("Warnings of reproduced claims", &warnings, page);
    if let Some(way) = way_to_all.filter(|_| !full && report.counts.reproduced > 0) {
        let text = format!("The reproduced claims in full: {way}.");
        page.gap();
        page.paragraph("", &text, Emphasis::Faint);
    }
}

fn pins(report: &Report, page: &mut Page) {
    if report.pins.is_empty() {
        return;
    }
    page.heading("Pins");
    let names: Vec<String> = report
        .pins
        .iter()
        .map(|pin| format!("{} {}", pin.kind, pin.name))
        .collect();
    let widest = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .min(24);
    for (pin, name) in report.pins.iter().zip(&names) {
        pin_lines(pin, &page::padded(&page::cut(name, widest), widest), page);
    }
}

fn pin_lines(pin: &Pin, name: &str, page: &mut Page) {
    let lead = format!("  {name}  ");
    if !text::is_broken(pin) {
        page.paragraph(
            &lead,
            &format!("{}  {}", pin.status, pin.expected),
            Emphasis::Plain,
        );
        return;
    }
    page.paragraph(
        &lead,
        &pin.status.to_string(),
        Emphasis::Verdict(ClaimVerdict::CouldNotVerify),
    );
    page.fact(4, "expected", 8, &pin.expected);
    page.fact(4, "found", 8, pin.found.as_deref().unwrap_or("nothing"));
    if let Some(hint) = &pin.hint {
        page.fact(4, "hint", 8, hint);
    }
}

/// Where the numbers were read, one line a metric: all of it is in the page and in the JSON.
fn sources(report: &Report, page: &mut Page) {
    let sources = sources::sources(report);
    if sources.is_empty() {
        return;
    }
    page.heading("Read from");
    let shown = sources.iter().take(SOURCES);
    let facts: Vec<(String, String)> = shown
        .map(|source| (page::cut(&source.name(), NAME), source.place(SOURCE)))
        .collect();
    page.facts(facts.iter().map(|(name, place)| (&**name, &**place)));
    if sources.len() > SOURCES {
        page.line(&format!("  and {} more", sources.len() - SOURCES));
    }
}

fn failure(report: &Report, page: &mut Page) {
    let Some(failure) = &report.failure else {
        return;
    };
    page.heading("Not made ready");
    page.paragraph("  ", &failed_runs::failure(failure), Emphasis::Plain);
    tail(&failed_runs::tail(&failure.log_tail), page);
    if let Some(hint) = &failure.hint {
        page.fact(2, "hint", 4, hint);
    }
}

fn failed_runs(report: &Report, page: &mut Page) {
    let groups = failed_runs::groups(&report.runs);
    if groups.is_empty() {
        return;
    }
    page.heading("Runs without a value");
    for lost in groups.iter().take(FAILED_RUNS) {
        page.paragraph(
            "  ",
            &format!("{}: {}", lost.who(), lost.how()),
            Emphasis::Plain,
        );
        if let Some(run) = lost.of_whom() {
            page.paragraph("    ", &format!("the log of {run}:"), Emphasis::Faint);
        }
        tail(&lost.tail(), page);
        if let Some(log) = lost.log() {
            page.paragraph("    log  ", log, Emphasis::Faint);
        }
    }
    if groups.len() > FAILED_RUNS {
        page.line(&format!("  and {} more kinds", groups.len() - FAILED_RUNS));
    }
}

/// The last lines of a log.
fn tail(lines: &[String], page: &mut Page) {
    for line in lines {
        page.paragraph("    | ", line, Emphasis::Faint);
    }
}

fn deviations(report: &Report, page: &mut Page) {
    let sentences: Vec<&String> = report
        .deviations
        .iter()
        .map(|deviation| &deviation.text)
        .collect();
    list("Deviations from the paper", &sentences, page);
}

/// A heading with a line an item; none where there is none.
fn list(heading: &str, items: &[impl AsRef<str>], page: &mut Page) {
    if items.is_empty() {
        return;
    }
    page.heading(heading);
    for item in items {
        page.paragraph("  - ", item.as_ref(), Emphasis::Plain);
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::super::super::{Colour, fixture, visible};
    use super::*;

    fn shown(report: &Report, width: usize, colour: Colour) -> String {
        let options = RenderOptions {
            width,
            colour,
            way_to_all: Some("`report`"),
            ..RenderOptions::default()
        };
        render(&visible::report(report), &options)
    }

    #[test]
    fn the_example_on_eighty_columns() {
        insta::assert_snapshot!(shown(&fixture::example(), 80, Colour::Plain));
    }

    #[test]
    fn of_many_packages_the_number_is_said() {
        let mut environment: BTreeMap<String, String> = (0..30)
            .map(|index| (format!("software_p{index}"), "1.0".to_owned()))
            .collect();
        environment.insert("software_python".into(), "3.13.1".into());
        environment.insert("os".into(), "Debian".into());
        let facts = machine(&environment);
        let names: Vec<&str> = facts.iter().map(|fact| fact.0).collect();
        assert_eq!(names, ["os", "software_python", "software"]);
        assert!(facts[2].1.starts_with("30 packages, "));
        environment.retain(|name, _| name.len() < 12);
        assert_eq!(machine(&environment).len(), environment.len());
    }

    #[test]
    fn the_example_on_a_wide_terminal() {
        insta::assert_snapshot!(shown(&fixture::example(), 120, Colour::Plain));
    }

    #[test]
    fn no_line_but_a_command_is_wider_than_the_page() {
        for width in [60, 80, 100, 120] {
            let text = shown(&fixture::example(), width, Colour::Plain);
            let wide = text.lines().find(|line| line.width() > width);
            assert_eq!(wide, None, "{width}");
        }
    }

    #[test]
    fn colours_add_nothing_but_themselves() {
        let report = fixture::example();
        let mut stripped = String::new();
        let mut in_escape = false;
        for character in shown(&report, 80, Colour::Coloured).chars() {
            match character {
                '\u{1b}' => in_escape = true,
                'm' if in_escape => in_escape = false,
                _ if in_escape => {}
                _ => stripped.push(character),
            }
        }
        assert_eq!(stripped, shown(&report, 80, Colour::Plain));
        assert!(!stripped.contains('\u{202e}'));
    }

    #[test]
    fn of_many_claims_the_undecided_are_shown_in_full() {
        let mut report = fixture::example();
        let pattern = report.claims[..3].to_vec();
        report.claims = pattern.iter().cycle().take(30).cloned().collect();
        for (number, claim) in report.claims.iter_mut().enumerate() {
            claim.id = format!("row-{number}");
        }
        report.counts.reproduced = 10;
        let text = shown(&report, 100, Colour::Plain);
        assert_eq!(text.matches("On average, reruns are within").count(), 0);
        assert_eq!(text.matches("On average, reruns are not").count(), 10);
        assert!(text.contains("The reproduced claims in full"));
        let warning = "row-0: the better direction is not stated";
        assert!(text.contains(warning), "warnings stand beside short claims");
    }
}
