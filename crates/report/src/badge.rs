//! A badge as SVG: the name of the program and the verdict in two fields.

use super::format_spec::{FormatSpec, Input};
use super::{ClaimVerdict, Report, text};

/// Height of the badge, and the margin left and right of a text.
const HEIGHT: usize = 20;
const ROOM: usize = 7;

/// The badge.
pub(super) const FORMAT: FormatSpec = FormatSpec {
    name: "badge",
    summary: "a small SVG with the verdict",
    extensions: &["svg"],
    input: Input::Visible,
    render: |report, _| Ok(render(report)),
};

/// The report as a badge.
fn render(report: &Report) -> String {
    let verdict = text::as_claim(report.verdict);
    let word = text::verdict(verdict).to_lowercase();
    let (left, right) = (width("reprove") + 2 * ROOM, width(&word) + 2 * ROOM);
    let all = left + right;
    let (left_text, right_text) = (width("reprove"), width(&word));
    let colour = colour(verdict);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{all}\" height=\"{HEIGHT}\" role=\"img\" \
         aria-label=\"reprove: {word}\">\n\
         <title>reprove: {word}</title>\n\
         <clipPath id=\"r\"><rect width=\"{all}\" height=\"{HEIGHT}\" rx=\"3\"/></clipPath>\n\
         <g clip-path=\"url(#r)\">\
         <rect width=\"{left}\" height=\"{HEIGHT}\" fill=\"#3d444d\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"{HEIGHT}\" fill=\"{colour}\"/></g>\n\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\
         <text x=\"{ROOM}\" y=\"14\" textLength=\"{left_text}\">reprove</text>\
         <text x=\"{}\" y=\"14\" textLength=\"{right_text}\">{word}</text></g>\n\
         </svg>\n",
        left + ROOM,
    )
}

/// The colour of a verdict, with a contrast of at least 4.5 to white.
pub(super) fn colour(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Reproduced => "#17723a",
        ClaimVerdict::NotReproduced => "#b3242b",
        ClaimVerdict::Inconclusive => "#835600",
        ClaimVerdict::CouldNotVerify => "#6a3fb0",
    }
}

/// Width of a text in Verdana at 11 pixels, in whole pixels; `textLength` holds other fonts to it.
fn width(text: &str) -> usize {
    let tenths: usize = text
        .chars()
        .map(|character| match character {
            'i' | 'l' | 'j' => 30,
            't' | 'f' | 'r' | ' ' => 44,
            'm' | 'w' => 105,
            _ => 67,
        })
        .sum();
    tenths.div_ceil(10)
}

#[cfg(test)]
mod tests {
    use super::super::{Overall, fixture};
    use super::*;

    #[test]
    fn the_example_as_a_badge() {
        insta::assert_snapshot!(render(&fixture::example()));
    }

    #[test]
    fn every_verdict_has_its_word() {
        let mut report = fixture::example();
        for (verdict, word) in [
            (Overall::Reproduced, ">reproduced<"),
            (Overall::NotReproduced, ">not reproduced<"),
            (Overall::Inconclusive, ">inconclusive<"),
            (Overall::CouldNotVerify, ">could not verify<"),
        ] {
            report.verdict = verdict;
            assert!(render(&report).contains(word));
        }
    }
}
