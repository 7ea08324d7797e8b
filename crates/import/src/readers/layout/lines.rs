//! Lines of a page as runs of text between gaps.

use std::ops::Range;

/// Spaces that separate two runs.
const GAP: usize = 2;

/// A run of text without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// Column of the first character, counted from 0.
    pub(super) start: usize,
    /// Column after the last character.
    pub(super) end: usize,
    /// Bytes of the file.
    pub(super) bytes: Range<usize>,
}

impl Run {
    /// Twice the column of the middle.
    pub(super) fn middle(&self) -> usize {
        self.start + self.end
    }

    /// Number of columns that two runs share.
    pub(super) fn overlap(&self, other: &Run) -> usize {
        self.end
            .min(other.end)
            .saturating_sub(self.start.max(other.start))
    }

    /// The run from the start of this one to the end of another.
    pub(super) fn to(&self, other: &Run) -> Run {
        Run {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
            bytes: self.bytes.start..other.bytes.end,
        }
    }
}

/// A line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The runs from left to right.
    pub(super) runs: Vec<Run>,
    /// Whether the line is a rule.
    pub(super) is_rule: bool,
}

/// Fewest characters of a rule.
const RULE: usize = 4;

/// Whether a run is drawn as a rule.
fn is_rule(text: &str) -> bool {
    let of_rule = |character: char| "-–—_=─━═".contains(character);
    text.chars().count() >= RULE && text.chars().all(of_rule)
}

/// Splits a text into lines and their runs.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut offset = 0;
    for line in text.split('\n') {
        let mut line_runs = runs(line, offset);
        let count = line_runs.len();
        line_runs.retain(|run| !is_rule(&text[run.bytes.clone()]));
        lines.push(Line {
            is_rule: line_runs.is_empty() && count > 0,
            runs: line_runs,
        });
        offset += line.len() + 1;
    }
    lines
}

fn runs(line: &str, offset: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut gap = GAP;
    let mut column = 0;
    for (at, character) in line.char_indices() {
        let width = match character {
            // A page break starts the line; a tab is as good as a gap.
            '\r' | '\u{c}' => 0,
            '\t' => 8 - column % 8,
            _ => 1,
        };
        if matches!(character, ' ' | '\t' | '\r' | '\u{c}') {
            gap += if character == '\t' { GAP } else { width };
        } else {
            let after = offset + at + character.len_utf8();
            match runs.last_mut() {
                Some(run) if gap < GAP => {
                    run.end = column + 1;
                    run.bytes.end = after;
                }
                _ => runs.push(Run {
                    start: column,
                    end: column + 1,
                    bytes: offset + at..after,
                }),
            }
            gap = 0;
        }
        column += width;
    }
    runs
}

/// Joins runs that a `±` at the edge of one belongs together with.
pub(super) fn join_spreads(text: &str, runs: Vec<Run>) -> Vec<Run> {
    let mut joined: Vec<Run> = Vec::with_capacity(runs.len());
    for run in runs {
        let starts = text[run.bytes.clone()].starts_with('±');
        match joined.last_mut() {
            Some(before) if starts || text[before.bytes.clone()].ends_with('±') => {
                *before = before.to(&run);
            }
            _ => joined.push(run),
        }
    }
    joined
}

/// Units and magnitudes that may follow a number in a cell.
const UNITS: &[&str] = &[
    "s", "sec", "min", "h", "hr", "hrs", "ms", "M", "K", "k", "B", "G", "T", "m", "x", "×", "d",
    "pts", "pp", "GB", "MB", "e", "E",
];

/// Whether a run is a number, or several, with what belongs to it.
pub(super) fn is_value(text: &str) -> bool {
    if !text.contains(|character: char| character.is_ascii_digit()) {
        return false;
    }
    let letter = |character: char| character.is_alphabetic() || character == '×';
    text.split(|character: char| !letter(character))
        .filter(|word| !word.is_empty())
        .all(|word| UNITS.contains(&word))
        && !text.starts_with(letter)
        && !text.contains(['=', ':', ';', '&', '#', '@', '"'])
}

/// Whether a run stands for a value that is not there.
pub(super) fn is_missing(text: &str) -> bool {
    matches!(
        text,
        "-" | "–" | "—" | "−" | "--" | "---" | "n/a" | "N/A" | "NA" | "OOM" | "TBD" | "×" | "✗"
    )
}

/// Whether a run reads as a part of a sentence.
pub(super) fn is_prose(text: &str) -> bool {
    let words = text.split_whitespace().count();
    let small = text
        .split_whitespace()
        .filter(|word| {
            let word = word.trim_matches(|character: char| !character.is_alphanumeric());
            word.chars().count() >= 2 && word.chars().all(char::is_lowercase)
        })
        .count();
    words >= 4 && small >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_columns_in_characters_and_bytes_of_the_file() {
        let text = "a\n é b   −2.9 ±1";
        let line = &lines(text)[1];
        let shown: Vec<_> = line
            .runs
            .iter()
            .map(|run| (run.start, run.end, &text[run.bytes.clone()]))
            .collect();
        assert_eq!(shown, [(1, 4, "é b"), (7, 14, "−2.9 ±1")]);
    }

    #[test]
    fn values_are_told_from_names() {
        for value in [
            "90.4",
            "−2.90 ±0.07",
            "11.2M",
            "59 .5",
            "88.1 ± 0.4*",
            "1.2e-3",
            "41 s",
            "12%",
        ] {
            assert!(is_value(value), "{value}");
        }
        for name in [
            "R-50", "10 cl.", "top-1", "AP50", "Net 3", "5-shot", "k=5", "–",
        ] {
            assert!(!is_value(name), "{name}");
        }
    }
}
