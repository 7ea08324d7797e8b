//! A clause, and what it says about a table's values.

use std::ops::Range;

use super::counts::{Count, best_of, counts};
use super::patterns::PATTERNS;
use crate::names::{KnownMetric, metrics_in};

/// A word for a spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpreadWord {
    /// Standard deviation.
    Deviation,
    /// Standard error of the mean.
    Error,
    /// 95 % interval, or its half width.
    Interval95,
    /// Quartiles.
    Quartiles,
    /// Another spread: a 90 % interval, two standard deviations, a range.
    Other,
}

/// What a number in parentheses, or a subscript, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsideMeaning {
    /// The spread of the value.
    Spread,
    /// The gain over another value.
    Gain,
    /// The rank among the methods.
    Rank,
    /// The spread in units of the last digit.
    LastDigits,
}

/// What a clause says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClauseWords {
    /// The bytes of the passage.
    pub range: Range<usize>,
    /// Words for spreads, with their bytes in the passage.
    pub spreads: Vec<(SpreadWord, Range<usize>)>,
    /// Numbers of runs, with their bytes in the passage.
    pub counts: Vec<Count>,
    /// The best of several runs.
    pub best_of: Option<Count>,
    /// Whether the values are in percent.
    pub percent: Option<Range<usize>>,
    /// Whether higher values are better.
    pub higher: Option<bool>,
    /// What stands in parentheses or in subscripts.
    pub aside: Option<AsideMeaning>,
    /// Whether a spread is over documents, test cases and the like.
    pub sampling: Option<Range<usize>>,
    /// Whether the values are medians.
    pub median: bool,
    /// The metrics that it names.
    pub metrics: Vec<KnownMetric>,
}

/// The clauses of a passage, parted at full stops and semicolons.
pub(crate) fn clauses(text: &str) -> Vec<ClauseWords> {
    let mut clauses = Vec::new();
    let mut start = 0;
    let bytes = text.as_bytes();
    for (at, char) in text.char_indices() {
        let next = bytes.get(at + char.len_utf8());
        let ends = match char {
            ';' => true,
            '.' | '!' | '?' => {
                next.is_none_or(|byte| byte.is_ascii_whitespace())
                    && !is_abbreviation(&text[start..at], &text[at + 1..])
            }
            _ => false,
        };
        if ends {
            clauses.push(clause(text, start..at + char.len_utf8()));
            start = at + char.len_utf8();
        }
    }
    clauses.push(clause(text, start..text.len()));
    clauses
}

/// Whether the point before `after` belongs to an abbreviation: a lower-case word follows, or a short
/// word with a point within stands before.
fn is_abbreviation(before: &str, after: &str) -> bool {
    let next = after.trim_start().chars().next();
    let word = before.rsplit([' ', '(']).next().unwrap_or_default();
    let short = [
        "std", "dev", "err", "acc", "approx", "ca", "vs", "fig", "tab", "no", "conf", "avg",
        "resp", "e.g", "i.e", "et al", "al",
    ];
    next.is_some_and(char::is_lowercase)
        || (short.contains(&word.to_lowercase().as_str()) && next.is_some())
}

fn clause(passage: &str, range: Range<usize>) -> ClauseWords {
    let text = &passage[range.clone()];
    let shift = |inner: Range<usize>| inner.start + range.start..inner.end + range.start;
    let best = best_of(text);
    let counts = counts(text, best.as_ref());
    let shifted = |count: Count| Count {
        range: shift(count.range.clone()),
        ..count
    };
    let first = |pattern: &regex::Regex| pattern.find(text).map(|found| shift(found.range()));
    let is_higher = PATTERNS.higher.is_match(text);
    let is_lower = PATTERNS.lower.is_match(text);
    ClauseWords {
        spreads: spreads(text)
            .into_iter()
            .map(|(word, inner)| (word, shift(inner)))
            .collect(),
        counts: counts.into_iter().map(shifted).collect(),
        best_of: best.map(shifted),
        percent: first(&PATTERNS.percent),
        higher: (is_higher != is_lower).then_some(is_higher),
        aside: aside(text),
        sampling: first(&PATTERNS.sampling),
        median: PATTERNS.median.is_match(text),
        metrics: metrics_in(text)
            .into_iter()
            .map(|metric| KnownMetric {
                range: shift(metric.range.clone()),
                ..metric
            })
            .collect(),
        range,
    }
}

/// The spreads that a clause names. A wider name hides the one within it.
fn spreads(text: &str) -> Vec<(SpreadWord, Range<usize>)> {
    let mut found: Vec<(SpreadWord, Range<usize>)> = Vec::new();
    let kinds = [
        (SpreadWord::Other, &PATTERNS.other_spread),
        (SpreadWord::Interval95, &PATTERNS.ci95),
        (SpreadWord::Other, &PATTERNS.other_interval),
        (SpreadWord::Quartiles, &PATTERNS.quartiles),
        (SpreadWord::Error, &PATTERNS.error),
        (SpreadWord::Deviation, &PATTERNS.deviation),
    ];
    for (word, pattern) in kinds {
        for hit in pattern.find_iter(text) {
            let range = hit.range();
            let taken = found
                .iter()
                .any(|(_, other)| range.start < other.end && other.start < range.end);
            if !taken {
                found.push((word, range));
            }
        }
    }
    // `95% confidence intervals (1.96 standard errors)` says one thing twice.
    let has_interval = found
        .iter()
        .any(|(word, _)| *word == SpreadWord::Interval95);
    if has_interval {
        found.retain(|(word, range)| {
            *word != SpreadWord::Other || !text[range.clone()].starts_with("1.96")
        });
        found.retain(|(word, _)| !matches!(word, SpreadWord::Other));
    }
    found
}

fn aside(text: &str) -> Option<AsideMeaning> {
    if PATTERNS.last_digits.is_match(text) {
        return Some(AsideMeaning::LastDigits);
    }
    if PATTERNS.mean_and_spread.is_match(text) {
        return Some(AsideMeaning::Spread);
    }
    if !PATTERNS.aside.is_match(text) {
        return None;
    }
    if !spreads(text).is_empty() {
        Some(AsideMeaning::Spread)
    } else if PATTERNS.rank.is_match(text) {
        Some(AsideMeaning::Rank)
    } else if PATTERNS.gain.is_match(text) {
        Some(AsideMeaning::Gain)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_end_at_stops_and_not_at_abbreviations() {
        let texts = |text: &str| -> Vec<String> {
            clauses(text)
                .into_iter()
                .map(|clause| text[clause.range].trim().to_owned())
                .filter(|text| !text.is_empty())
                .collect()
        };
        assert_eq!(
            texts("Mean and s.d. of 10 runs; best in bold. Lower is better."),
            [
                "Mean and s.d. of 10 runs;",
                "best in bold.",
                "Lower is better."
            ]
        );
        assert_eq!(texts("Accuracy of 90.4 at top.").len(), 1);
    }

    #[test]
    fn a_clause_tells_what_parentheses_hold() {
        let aside = |text: &str| clauses(text)[0].aside;
        assert_eq!(
            aside("Gains over the base model in parentheses"),
            Some(AsideMeaning::Gain)
        );
        assert_eq!(
            aside("Standard deviations in parentheses"),
            Some(AsideMeaning::Spread)
        );
        assert_eq!(
            aside("each entry is `mean (std)`"),
            Some(AsideMeaning::Spread)
        );
        assert_eq!(
            aside("Ranks are given in brackets"),
            Some(AsideMeaning::Rank)
        );
        assert_eq!(
            aside("uncertainty of the last digits in parentheses"),
            Some(AsideMeaning::LastDigits)
        );
        assert_eq!(aside("Accuracy (%)"), None);
    }
}
