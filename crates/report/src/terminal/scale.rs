//! A claim drawn in one line of ASCII: the tolerance, and where the interval of the rerun lies.
//!
//! ```text
//! .......[-----(==|==)--]........    [ ] tolerance   (==|==) interval and estimate   : reported
//! ```
//!
//! The tolerance stands at the same columns for every claim, so that lines under each other compare.

use super::super::{BandReport, ClaimReport, text};

/// The explanation to print once under the scales.
pub const LEGEND: &str = "[ ] tolerance, (=|=) interval of the rerun around its mean, : reported";

/// Which values the columns stand for.
struct Axis {
    start: f64,
    end: f64,
    columns: usize,
}

impl Axis {
    fn over(claim: &ClaimReport, columns: usize) -> Option<Self> {
        let (start, end) = range(claim)?;
        (end > start && (end - start).is_finite()).then_some(Self {
            start,
            end,
            columns,
        })
    }

    /// The column of `value`, which may lie left or right of all.
    fn column(&self, value: f64) -> isize {
        let share = (value - self.start) / (self.end - self.start);
        (share * (self.columns - 1) as f64).round() as isize
    }

    /// `column` moved onto the line.
    fn clamped(&self, column: isize) -> usize {
        column.clamp(0, self.columns as isize - 1) as usize
    }
}

/// The values that the line spans: the tolerance in its middle half; a single edge at a quarter.
fn range(claim: &ClaimReport) -> Option<(f64, f64)> {
    let difference = claim.difference.as_ref()?;
    let origin = text::origin(claim);
    let reach = [difference.low, difference.high, Some(difference.estimate)]
        .into_iter()
        .flatten()
        .map(|value| {
            (origin + value)
                - claim
                    .tolerance
                    .low
                    .or(claim.tolerance.high)
                    .unwrap_or(origin)
        })
        .fold(
            (origin - claim.tolerance.low.or(claim.tolerance.high)?).abs(),
            |far, value| far.max(value.abs()),
        );
    let unit = if reach > 0.0 { reach } else { 1.0 };
    match claim.tolerance {
        BandReport {
            low: Some(low),
            high: Some(high),
        } if high > low => {
            let half = (high - low) / 2.0;
            Some((low - half, high + half))
        }
        BandReport {
            low: Some(edge),
            high: Some(_),
        } => Some((edge - 1.3 * unit, edge + 1.3 * unit)),
        BandReport {
            low: Some(edge),
            high: None,
        } => Some((edge - 0.5 * unit, edge + 1.5 * unit)),
        BandReport {
            low: None,
            high: Some(edge),
        } => Some((edge - 1.5 * unit, edge + 0.5 * unit)),
        BandReport {
            low: None,
            high: None,
        } => None,
    }
}

/// The claim on `columns` columns (at least 9); none where it has no difference.
pub fn draw(claim: &ClaimReport, columns: usize) -> Option<String> {
    let axis = Axis::over(claim, columns)?;
    let mut line = vec!['.'; columns];
    let band = band_columns(claim, &axis);
    for (column, cell) in line.iter_mut().enumerate() {
        let column = column as isize;
        if band.0.is_none_or(|low| column > low) && band.1.is_none_or(|high| column < high) {
            *cell = '-';
        }
    }
    if let Some(reported) = &claim.reported {
        put(&mut line, axis.column(reported.value), ':');
    }
    draw_interval(claim, &axis, band, &mut line);
    Some(line.into_iter().collect())
}

/// The columns of the tolerance's edges; an exact tolerance gets two columns of its own.
fn band_columns(claim: &ClaimReport, axis: &Axis) -> (Option<isize>, Option<isize>) {
    let low = claim.tolerance.low.map(|low| axis.column(low));
    let high = claim.tolerance.high.map(|high| axis.column(high));
    match (low, high) {
        (Some(low), Some(high)) if high <= low + 1 => (Some(low - 1), Some(low + 1)),
        edges => edges,
    }
}

fn draw_interval(
    claim: &ClaimReport,
    axis: &Axis,
    band: (Option<isize>, Option<isize>),
    line: &mut [char],
) {
    let Some(difference) = &claim.difference else {
        return;
    };
    let origin = text::origin(claim);
    let estimate = axis.column(origin + difference.estimate);
    let beside = |offset: Option<f64>| {
        offset.map(|offset| {
            let value = origin + offset;
            let column = beside_edge(axis.column(value), value, claim.tolerance.low, band.0);
            beside_edge(column, value, claim.tolerance.high, band.1)
        })
    };
    let (low, high) = (beside(difference.low), beside(difference.high));
    if low.is_some() || high.is_some() {
        let from = axis.clamped(low.unwrap_or(0));
        let to = axis.clamped(high.unwrap_or(isize::MAX));
        line[from..=to.max(from)].fill('=');
    }
    for (edge, mark) in [(band.0, '['), (band.1, ']')] {
        edge.into_iter().for_each(|column| put(line, column, mark));
    }
    for (end, mark) in [(low, '('), (high, ')')] {
        end.into_iter().for_each(|column| put(line, column, mark));
    }
    put(line, estimate, '|');
    let last = line.len() as isize - 1;
    let ends = [low, high, Some(estimate)];
    let unbounded = low.is_some() || high.is_some();
    if ends.iter().flatten().any(|column| *column < 0) || (unbounded && low.is_none()) {
        line[0] = '<';
    }
    if ends.iter().flatten().any(|column| *column > last) || (unbounded && high.is_none()) {
        line[last as usize] = '>';
    }
}

/// A column that rounding put onto the edge, moved to the side on which its value lies.
fn beside_edge(column: isize, value: f64, edge: Option<f64>, edge_column: Option<isize>) -> isize {
    match (edge, edge_column) {
        (Some(edge), Some(at)) if value > edge && column <= at => at + 1,
        (Some(edge), Some(at)) if value < edge && column >= at => at - 1,
        _ => column,
    }
}

fn put(line: &mut [char], column: isize, mark: char) {
    if let Some(cell) = usize::try_from(column)
        .ok()
        .and_then(|column| line.get_mut(column))
    {
        *cell = mark;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{DifferenceReport, fixture};
    use super::*;

    /// A claim of 10 within `band`, with an estimate and an interval as differences.
    fn claim(
        band: (Option<f64>, Option<f64>),
        seen: (f64, Option<f64>, Option<f64>),
    ) -> ClaimReport {
        let mut claim = fixture::example().claims[2].clone();
        if let Some(reported) = &mut claim.reported {
            reported.value = 10.0;
        }
        claim.tolerance = BandReport {
            low: band.0,
            high: band.1,
        };
        claim.difference = Some(DifferenceReport {
            estimate: seen.0,
            low: seen.1,
            high: seen.2,
            level: 0.9,
            method: String::new(),
        });
        claim
    }

    #[test]
    fn each_position_of_the_interval_shows() {
        let two = (Some(9.0), Some(11.0));
        let draw = |band, seen| draw(&claim(band, seen), 33).unwrap();
        for (seen, line) in [
            (
                (0.0, Some(-0.5), Some(0.5)),
                "........[---(===|===)---]........",
            ),
            (
                (0.5, Some(0.2), Some(0.8)),
                "........[-------:-(=|=)-]........",
            ),
            (
                (0.0, Some(-0.99), Some(0.99)),
                "........[(======|======)]........",
            ),
            (
                (1.5, Some(1.01), Some(1.99)),
                "........[-------:-------](==|===)",
            ),
            (
                (3.0, Some(2.5), Some(3.5)),
                "........[-------:-------].......>",
            ),
            (
                (-1.2, Some(-4.0), Some(-0.2)),
                "<=====|=[=====)-:-------]........",
            ),
            ((0.3, None, None), "........[-------:-|-----]........"),
        ] {
            assert_eq!(draw(two, seen), line, "{seen:?}");
        }
        let lower = (Some(9.0), None);
        let seen = (0.5, Some(0.1), None);
        assert_eq!(draw(lower, seen), "........[----------:(===|=======>");
    }

    #[test]
    fn an_exact_tolerance_and_a_claim_without_runs() {
        let exact = claim((Some(10.0), Some(10.0)), (0.0, Some(0.0), Some(0.0)));
        assert_eq!(draw(&exact, 11).unwrap(), "....[|]....");
        let exact = claim((Some(10.0), Some(10.0)), (-0.5, None, None));
        assert_eq!(draw(&exact, 11).unwrap(), ".|..[:]....");
        let mut none = exact;
        none.difference = None;
        assert_eq!(draw(&none, 11), None);
    }
}
