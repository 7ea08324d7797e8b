//! The figure of a claim: the tolerance as a band, in it the reported value with its interval, the
//! mean of the rerun with its interval, and the runs as points, all on one axis.

use std::fmt::Write as _;

use super::super::markup::xml;
use super::super::{ClaimReport, number, text};
use super::svg::{Axis, at};

/// Width of the drawing in its own unit; the page scales it.
const WIDTH: f64 = 400.0;
/// Left and right end of the axis; the names of the rows stand left of it.
const ENDS: (f64, f64) = (80.0, 390.0);
/// Heights of the three rows and of the axis.
const ROWS: [f64; 3] = [28.0, 62.0, 96.0];
const BASE: f64 = 120.0;
const HEIGHT: f64 = 140.0;
/// So many runs are drawn; of more, so many from the smallest to the largest.
const POINTS: usize = 160;

/// The figure as SVG; none where there is no value to show.
pub fn draw(claim: &ClaimReport, anchor: &str) -> Option<String> {
    let axis = axis(claim)?;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg class=\"figure\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-labelledby=\"{anchor}-t {anchor}-d\"><title id=\"{anchor}-t\">{}</title>\
         <desc id=\"{anchor}-d\">{}</desc>",
        xml(&format!("Reported value and rerun of {}", claim.id)),
        xml(&description(claim)),
    );
    band(claim, &axis, &mut svg);
    marks(&axis, &mut svg);
    reported(claim, &axis, &mut svg);
    mean(claim, &axis, &mut svg);
    runs(claim, &axis, &mut svg);
    svg += "</svg>";
    Some(svg)
}

fn description(claim: &ClaimReport) -> String {
    let mut text = format!(
        "Reported: {}. Rerun: {}. Tolerance: {}.",
        text::reported(claim),
        text::rerun(claim),
        text::tolerance(claim),
    );
    if let Some(difference) = text::difference(claim) {
        text += &format!(" DifferenceReport: {difference}.");
    }
    text
}

/// The ends of the rerun's interval as values of the metric.
fn interval(claim: &ClaimReport) -> (Option<f64>, Option<f64>) {
    let origin = text::origin(claim);
    let ends = claim.difference.as_ref();
    (
        ends.and_then(|ends| ends.low).map(|low| origin + low),
        ends.and_then(|ends| ends.high).map(|high| origin + high),
    )
}

/// An axis over all but runs that lie far away, which would press the rest together.
fn axis(claim: &ClaimReport) -> Option<Axis> {
    claim.rerun.mean?;
    let (low, high) = interval(claim);
    let reported = claim.reported.as_ref();
    let core = [
        claim.tolerance.low,
        claim.tolerance.high,
        low,
        high,
        claim.rerun.mean,
    ]
    .into_iter()
    .chain([reported.map(|reported| reported.value)])
    .chain(
        reported
            .and_then(|reported| reported.interval)
            .map(|ends| Some(ends.0)),
    )
    .chain(
        reported
            .and_then(|reported| reported.interval)
            .map(|ends| Some(ends.1)),
    )
    .flatten();
    let (low, high) = core.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let reach = 1.5 * (high - low);
    let near = claim.rerun.values.iter().map(|run| run.value);
    let (low, high) = near
        .filter(|value| *value >= low - reach && *value <= high + reach)
        .fold((low, high), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    Axis::new(low, high, ENDS.0, ENDS.1)
}

fn band(claim: &ClaimReport, axis: &Axis, svg: &mut String) {
    let from = claim.tolerance.low.map_or(ENDS.0, |low| axis.place(low));
    let to = claim.tolerance.high.map_or(ENDS.1, |high| axis.place(high));
    let _ = write!(
        svg,
        "<rect class=\"band\" x=\"{}\" y=\"8\" width=\"{}\" height=\"{}\"/>",
        at(from),
        at((to - from).max(1.0)),
        at(BASE - 8.0),
    );
    for edge in [claim.tolerance.low, claim.tolerance.high]
        .into_iter()
        .flatten()
    {
        let _ = write!(
            svg,
            "<path class=\"edge\" d=\"M{} 8V{BASE}\"/>",
            at(axis.place(edge))
        );
    }
}

fn marks(axis: &Axis, svg: &mut String) {
    let _ = write!(
        svg,
        "<path class=\"axis\" d=\"M{} {BASE}H{}",
        ENDS.0, ENDS.1
    );
    let marks = axis.marks(5);
    for (x, _) in &marks {
        let _ = write!(svg, "M{} {BASE}v4", at(*x));
    }
    *svg += "\"/>";
    for (x, text) in &marks {
        // A number at the end of the axis would be cut off.
        let inner = x.clamp(ENDS.0 + 8.0, ENDS.1 - 8.0);
        let _ = write!(
            svg,
            "<text class=\"mark\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
            at(inner),
            at(BASE + 16.0),
        );
    }
}

/// The name of a row, with a remark under it.
fn label(text: &str, remark: Option<&str>, row: f64, svg: &mut String) {
    let up = if remark.is_some() { 2.0 } else { -4.0 };
    let y = at(row - up);
    let _ = write!(svg, "<text class=\"label\" x=\"0\" y=\"{y}\">{text}</text>");
    if let Some(remark) = remark {
        let y = at(row + 11.0);
        let _ = write!(
            svg,
            "<text class=\"mark\" x=\"0\" y=\"{y}\">{remark}</text>"
        );
    }
}

fn reported(claim: &ClaimReport, axis: &Axis, svg: &mut String) {
    let Some(reported) = &claim.reported else {
        return;
    };
    let y = ROWS[0];
    label("reported", None, y, svg);
    if let Some((low, high)) = reported.interval {
        whisker("paper", (Some(low), Some(high)), axis, y, svg);
    }
    let _ = write!(
        svg,
        "<path class=\"paper fill\" d=\"M{} {}l5.5 5.5l-5.5 5.5l-5.5 -5.5z\"/>",
        at(axis.place(reported.value)),
        at(y - 5.5),
    );
}

fn mean(claim: &ClaimReport, axis: &Axis, svg: &mut String) {
    let Some(mean) = claim.rerun.mean else { return };
    let y = ROWS[1];
    label("rerun mean", None, y, svg);
    let interval = interval(claim);
    if interval != (None, None) {
        whisker("rerun", interval, axis, y, svg);
    }
    let (x, y) = (at(axis.place(mean)), at(y));
    let _ = write!(
        svg,
        "<circle class=\"rerun fill\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/>"
    );
}

/// A line from end to end with a stroke across each; an open end runs to the border of the figure.
fn whisker(class: &str, ends: (Option<f64>, Option<f64>), axis: &Axis, y: f64, svg: &mut String) {
    let from = ends.0.map_or(ENDS.0, |low| axis.place(low));
    let to = ends.1.map_or(ENDS.1, |high| axis.place(high));
    let _ = write!(
        svg,
        "<path class=\"{class} line\" d=\"M{} {}H{}",
        at(from),
        at(y),
        at(to)
    );
    for (end, x, turn) in [(ends.0, from, 5.0), (ends.1, to, -5.0)] {
        let _ = match end {
            Some(_) => write!(svg, "M{} {}v12", at(x), at(y - 6.0)),
            None => write!(
                svg,
                "M{} {}L{} {}L{} {}",
                at(x + turn),
                at(y - 5.0),
                at(x),
                at(y),
                at(x + turn),
                at(y + 5.0)
            ),
        };
    }
    *svg += "\"/>";
}

fn runs(claim: &ClaimReport, axis: &Axis, svg: &mut String) {
    let mut values: Vec<f64> = claim.rerun.values.iter().map(|run| run.value).collect();
    if values.is_empty() {
        return;
    }
    let all = values.len();
    if all > POINTS {
        values.sort_by(f64::total_cmp);
        values = (0..POINTS)
            .map(|point| values[point * (all - 1) / (POINTS - 1)])
            .collect();
    }
    let beyond = values.iter().filter(|value| !axis.shows(**value)).count();
    let remark = match (all > POINTS, beyond) {
        (true, _) => Some(format!("{POINTS} drawn")),
        (false, 0) => None,
        (false, _) => Some(format!("{beyond} off axis")),
    };
    let y = ROWS[2];
    label(&number::count(all, "run"), remark.as_deref(), y, svg);
    *svg += "<path class=\"run\" d=\"";
    for (number, value) in values.iter().enumerate() {
        // Neighbours in the order of seeds get different heights, so that equal values stay apart.
        let lift = [0.0, 6.0, -6.0, 3.0, -3.0][number % 5];
        let _ = write!(svg, "M{} {}h0", at(axis.place(*value)), at(y + lift));
    }
    *svg += "\"/>";
}

#[cfg(test)]
mod tests {
    use super::super::super::{SeedValue, fixture};
    use super::*;
    use reprove_model::seeds::RunSeed;

    #[test]
    fn a_claim_without_values_has_no_figure() {
        assert_eq!(draw(&fixture::example().claims[3], "c"), None);
    }

    #[test]
    fn of_many_runs_some_are_drawn_and_a_far_one_stays_inside() {
        let mut claim = fixture::example().claims[0].clone();
        claim.rerun.values = (0..10_000)
            .map(|seed| SeedValue {
                seed: RunSeed(seed),
                value: 84.0 + (seed % 100) as f64 / 100.0,
            })
            .collect();
        claim.rerun.values[0].value = 1e9;
        let svg = draw(&claim, "c").unwrap();
        assert!(svg.contains(">10,000 runs<") && svg.contains(">160 drawn<"));
        assert!(svg.len() < 8_000, "{}", svg.len());
    }

    #[test]
    fn names_are_escaped() {
        let mut claim = fixture::example().claims[0].clone();
        claim.id = "</title><script>".to_owned();
        assert!(!draw(&claim, "c").unwrap().contains("<script"));
    }
}
