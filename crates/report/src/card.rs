//! A verdict card as SVG: title, verdict, and the first claims with their numbers.

use std::fmt::Write as _;

use super::badge::colour;
use super::format_spec::{FormatSpec, Input};
use super::markup::xml;
use super::text::cut;
use super::{ClaimReport, Report, headline, recomputation, text};

/// So many claims fit on the card.
const CLAIMS: usize = 6;
const WIDTH: usize = 640;
/// Where the first claim stands, and how far apart they are.
const FIRST: usize = 158;
const STEP: usize = 26;

/// The card; its files end in `.svg` as a badge does.
pub(super) const FORMAT: FormatSpec = FormatSpec {
    name: "card",
    summary: "an SVG card with the verdict and the first claims",
    extensions: &[],
    input: Input::Visible,
    render: |report, _| Ok(render(report)),
};

/// The report as a card.
fn render(report: &Report) -> String {
    let verdict = text::as_claim(report.verdict);
    let shown = report.claims.len().min(CLAIMS);
    let more = report.claims.len() - shown;
    let height = FIRST + STEP * (shown + usize::from(more > 0)) + 34;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"t d\" \
         font-family=\"system-ui,'DejaVu Sans',sans-serif\">\n\
         <title id=\"t\">{}: {}</title>\n<desc id=\"d\">{}</desc>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"10\" fill=\"#ffffff\" stroke=\"#d5dbe1\"/>\n\
         <rect width=\"10\" height=\"{height}\" fill=\"{}\"/>\n",
        text::verdict(verdict),
        xml(text::title(report)),
        xml(&description(report)),
        colour(verdict),
    );
    text(
        &mut svg,
        (30, 36),
        (17, "#1a2026", "600"),
        &cut(text::title(report), 64),
    );
    let paper = text::paper(report).unwrap_or_else(|| report.manifest.file.clone());
    text(&mut svg, (30, 58), (12, "#55606b", "400"), &cut(&paper, 92));
    text(
        &mut svg,
        (30, 98),
        (26, colour(verdict), "700"),
        text::verdict(verdict),
    );
    text(
        &mut svg,
        (30, 122),
        (13, "#1a2026", "400"),
        &cut(
            &format!("{}; {}", text::counts(&report.counts), text::trust(report)),
            88,
        ),
    );
    for (number, claim) in report.claims.iter().take(shown).enumerate() {
        line(&mut svg, FIRST + STEP * number, claim);
    }
    if more > 0 {
        let y = FIRST + STEP * shown;
        text(
            &mut svg,
            (30, y),
            (13, "#55606b", "400"),
            &format!("and {more} more"),
        );
    }
    text(
        &mut svg,
        (30, height - 14),
        (11, "#55606b", "400"),
        &text::program(report),
    );
    svg + "</svg>\n"
}

/// The text for readers who do not see the card: counts, trust and every warning.
fn description(report: &Report) -> String {
    let mut parts = vec![text::counts(&report.counts), text::trust(report)];
    parts.extend(headline::remarks(report));
    parts.extend(recomputation::answers(&report.claims));
    parts.extend(text::warnings(&report.claims));
    parts.join("; ")
}

fn line(svg: &mut String, y: usize, claim: &ClaimReport) {
    text(svg, (30, y), (13, "#1a2026", "400"), &cut(&claim.id, 22));
    let numbers = format!(
        "{} → {}",
        text::reported_short(claim),
        text::rerun_short(claim)
    );
    text(svg, (215, y), (13, "#1a2026", "400"), &cut(&numbers, 34));
    let style = (12, colour(claim.verdict), "700");
    text(svg, (480, y), style, text::verdict(claim.verdict));
}

/// A text at a place, with its size, colour and weight.
fn text(svg: &mut String, at: (usize, usize), style: (u8, &str, &str), text: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\" font-weight=\"{}\">{}</text>",
        at.0,
        at.1,
        style.0,
        style.1,
        style.2,
        xml(text),
    );
}

#[cfg(test)]
mod tests {
    use super::super::{fixture, visible};
    use super::*;

    #[test]
    fn the_example_as_a_card() {
        insta::assert_snapshot!(render(&visible::report(&fixture::example())));
    }

    #[test]
    fn hostile_text_stays_text() {
        let mut report = fixture::example();
        report.claims.rotate_right(1);
        let card = render(&visible::report(&report));
        assert!(!card.contains("<script"));
    }
}
