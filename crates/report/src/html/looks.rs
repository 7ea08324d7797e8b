//! The looks of a sequential decision: how the interval of the difference shrank run by run.

use std::fmt::Write as _;

use super::super::markup::xml;
use super::super::{BandReport, ClaimReport, LookReport, text};
use super::style::class;
use super::svg::{Axis, at};

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 140.0;
/// Left and right end of the axis of runs, top and bottom of the axis of differences.
const ACROSS: (f64, f64) = (44.0, 390.0);
const UPWARD: (f64, f64) = (112.0, 10.0);
/// So many looks are drawn; of more, so many evenly chosen with the first and the last.
const DRAWN: usize = 60;

/// The panel as SVG; none where the data were looked at once.
pub fn draw(claim: &ClaimReport, anchor: &str) -> Option<String> {
    if claim.looks.len() < 2 {
        return None;
    }
    let (first, last) = (claim.looks.first()?, claim.looks.last()?);
    let across = Axis::new(first.n as f64, last.n as f64, ACROSS.0, ACROSS.1)?;
    let tolerance = offsets(claim);
    let upward = upward(last, tolerance)?;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg class=\"figure looks\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-labelledby=\"{anchor}-lt {anchor}-ld\"><title id=\"{anchor}-lt\">{}</title>\
         <desc id=\"{anchor}-ld\">{} looks from {} to {} runs; after the last: {}.</desc>",
        xml(&format!("DifferenceReport after each look at {}", claim.id)),
        claim.looks.len(),
        first.n,
        last.n,
        text::verdict(last.verdict),
    );
    band(tolerance, &upward, &mut svg);
    axes(&across, &upward, &mut svg);
    let drawn = claim.looks.len().min(DRAWN);
    for place in 0..drawn {
        let look = &claim.looks[place * (claim.looks.len() - 1) / (drawn - 1)];
        mark(look, &across, &upward, &mut svg);
    }
    svg += "</svg>";
    Some(svg)
}

/// The tolerance as differences from the reported value.
fn offsets(claim: &ClaimReport) -> BandReport {
    let origin = text::origin(claim);
    BandReport {
        low: claim.tolerance.low.map(|low| low - origin),
        high: claim.tolerance.high.map(|high| high - origin),
    }
}

/// An axis over the tolerance and the last interval; first looks are so wide that they may leave it.
fn upward(last: &LookReport, tolerance: BandReport) -> Option<Axis> {
    let shown = [
        last.low,
        last.high,
        tolerance.low,
        tolerance.high,
        Some(last.estimate),
        Some(0.0),
    ];
    let (low, high) = shown
        .into_iter()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    let room = 0.25 * (high - low);
    Axis::new(low - room, high + room, UPWARD.0, UPWARD.1)
}

fn band(tolerance: BandReport, upward: &Axis, svg: &mut String) {
    let top = tolerance.high.map_or(UPWARD.1, |high| upward.place(high));
    let bottom = tolerance.low.map_or(UPWARD.0, |low| upward.place(low));
    let _ = write!(
        svg,
        "<rect class=\"band\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
        ACROSS.0,
        at(top),
        at(ACROSS.1 - ACROSS.0),
        at((bottom - top).max(1.0)),
    );
    for edge in [tolerance.low, tolerance.high].into_iter().flatten() {
        let _ = write!(
            svg,
            "<path class=\"edge\" d=\"M{} {}H{}\"/>",
            ACROSS.0,
            at(upward.place(edge)),
            ACROSS.1
        );
    }
}

fn axes(across: &Axis, upward: &Axis, svg: &mut String) {
    let _ = write!(
        svg,
        "<path class=\"axis\" d=\"M{} {}V{}H{}\"/>",
        ACROSS.0, UPWARD.1, UPWARD.0, ACROSS.1
    );
    for (y, text) in upward.marks(4) {
        let _ = write!(
            svg,
            "<text class=\"mark\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{text}</text>",
            at(ACROSS.0 - 5.0),
            at(y + 3.5),
        );
    }
    for (x, text) in across
        .marks(6)
        .iter()
        .filter(|(_, text)| !text.contains('.'))
    {
        let _ = write!(
            svg,
            "<text class=\"mark\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
            at(*x),
            at(UPWARD.0 + 13.0),
        );
    }
    let _ = write!(
        svg,
        "<text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"end\">runs seen</text>",
        ACROSS.1,
        at(HEIGHT - 3.0),
    );
}

fn mark(look: &LookReport, across: &Axis, upward: &Axis, svg: &mut String) {
    let x = at(across.place(look.n as f64));
    let low = look.low.map_or(UPWARD.0, |low| upward.place(low));
    let high = look.high.map_or(UPWARD.1, |high| upward.place(high));
    let class = class(look.verdict);
    let _ = write!(
        svg,
        "<path class=\"look {class}\" d=\"M{x} {}V{}M{x} {}h0\"/>",
        at(low),
        at(high),
        at(upward.place(look.estimate)),
    );
    let _ = write!(
        svg,
        "<circle class=\"seen {class}\" cx=\"{x}\" cy=\"{}\" r=\"2.6\"/>",
        at(upward.place(look.estimate)),
    );
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture;
    use super::*;

    #[test]
    fn one_look_needs_no_panel_and_many_stay_few_marks() {
        let mut claim = fixture::example().claims[0].clone();
        assert!(draw(&claim, "c").unwrap().matches("class=\"look ").count() == claim.looks.len());
        let last = claim.looks[9].clone();
        claim.looks = (3..503).map(|n| LookReport { n, ..last.clone() }).collect();
        assert_eq!(
            draw(&claim, "c").unwrap().matches("class=\"look ").count(),
            DRAWN
        );
        claim.looks.truncate(1);
        assert_eq!(draw(&claim, "c"), None);
    }
}
