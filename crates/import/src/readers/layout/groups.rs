//! Labels of groups of rows: which rows a label in the first column holds for.

use std::ops::Range;

/// Greatest number of groups that are tried.
const MOST_GROUPS: usize = 64;

/// Greatest number of steps of the search.
const MOST_STEPS: usize = 10_000;

/// Rows of each label, in order. `labels` are the rows (counted from 0 within the section of `rows`
/// rows) that a label stands in. None if there are several ways.
pub(super) fn groups(labels: &[usize], rows: usize) -> Option<Vec<Range<usize>>> {
    match labels {
        [] => return Some(Vec::new()),
        [_] => return Some(std::iter::once(0..rows).collect()),
        _ if labels.len() == rows => return Some((0..rows).map(|row| row..row + 1).collect()),
        _ if labels.len() > MOST_GROUPS => return None,
        _ => {}
    }
    let mut ways = Vec::new();
    let mut steps = MOST_STEPS;
    centred(labels, 0..rows, &mut Vec::new(), &mut ways, &mut steps);
    if steps == 0 {
        return None;
    }
    if labels.first() == Some(&0) {
        let starts = labels.iter().copied();
        let ends = labels.iter().skip(1).copied().chain([rows]);
        let topmost: Vec<Range<usize>> = starts.zip(ends).map(|(start, end)| start..end).collect();
        if !ways.contains(&topmost) {
            ways.push(topmost);
        }
    }
    if ways.len() > 1 {
        ways.retain(|way| way.windows(2).all(|pair| pair[0].len() == pair[1].len()));
    }
    match ways.as_slice() {
        [way] => Some(way.clone()),
        _ => None,
    }
}

/// Ways to put each label at the middle of its rows, at most a few. `rows` are those without a label
/// yet.
fn centred(
    labels: &[usize],
    rows: Range<usize>,
    way: &mut Vec<Range<usize>>,
    ways: &mut Vec<Vec<Range<usize>>>,
    steps: &mut usize,
) {
    *steps = steps.saturating_sub(1);
    let Some((&label, rest)) = labels.split_first() else {
        if rows.is_empty() && ways.len() < 3 {
            ways.push(way.clone());
        }
        return;
    };
    if label < rows.start || ways.len() >= 3 || *steps == 0 {
        return;
    }
    // An odd number of rows, or an even one with the label above the middle.
    let odd = 2 * label - rows.start + 1;
    for end in [odd, odd + 1] {
        if end <= rows.end && rest.first().is_none_or(|&next| next >= end) {
            way.push(rows.start..end);
            centred(rest, end..rows.end, way, ways, steps);
            way.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_hold_for_the_rows_around_them_or_below_them() {
        assert_eq!(groups(&[1], 3).unwrap()[0], 0..3);
        assert_eq!(groups(&[1, 4], 6), Some(vec![0..3, 3..6]));
        assert_eq!(groups(&[0, 3], 6), Some(vec![0..3, 3..6]));
        assert_eq!(groups(&[0, 2, 4], 6), Some(vec![0..2, 2..4, 4..6]));
        assert_eq!(groups(&[0, 1], 3), Some(vec![0..1, 1..3]));
        let many: Vec<usize> = (0..60).map(|label| 3 * label + 1).collect();
        assert!(groups(&many, 200).is_none());
        assert_eq!(groups(&[2, 3], 9), None);
    }
}
