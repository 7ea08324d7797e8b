//! Reads a cell: a value with what belongs to it, or the reason why it is none.

use std::fmt;

use super::glyphs::{Glyph, Level, glyphs};
use super::numeral::{Numeral, NumeralFault, is_minus, numeral};
use super::style::NumberStyle;
use super::tail;
use crate::text::CellText;

/// Words that stand for a value that is not there.
const MISSING: &[&str] = &[
    "n/a",
    "na",
    "n.a.",
    "n.a",
    "nan",
    "oom",
    "tbd",
    "tba",
    "null",
    "none",
    "nil",
    "oot",
    "timeout",
    "time out",
    "to",
    "mem",
    "fail",
    "failed",
    "fails",
    "diverged",
    "div",
    "div.",
    "dnf",
    "dnc",
    "nr",
    "n.r.",
    "not reported",
    "not available",
    "missing",
    "inf",
    "-inf",
    "infinity",
    "-infinity",
    "undefined",
    "unknown",
    "out of memory",
    "crash",
    "crashed",
    "err",
    "error",
    "x",
    "..",
    "...",
    "…",
    "?",
    "nc",
    "n.c.",
    "tle",
    "mle",
    "not applicable",
    "ool",
    "omitted",
    "pending",
    "wip",
];

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CellReading {
    /// No text.
    Blank,
    /// A dash or a word for a value that is not there.
    Missing,
    /// Text that is no value.
    Text,
    /// A value.
    Value(Box<CellValue>),
    /// A spread without its value: `±0.2`, or a number in parentheses.
    Aside(Box<AsideValue>),
    /// An interval without its value: `[88.1, 92.0]`.
    Bounds(Box<[Numeral; 2]>),
    /// A number that cannot be taken for a value.
    Refused(RefusalReason),
}

/// A number that belongs to the value above or beside it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AsideValue {
    /// The number.
    pub number: Numeral,
    /// Whether `±` stands before it.
    pub has_sign: bool,
}

/// A value and what stands with it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CellValue {
    /// The value.
    pub value: Numeral,
    /// Whether a percent sign follows.
    pub percent: bool,
    /// The number after `±`.
    pub spread: Option<Numeral>,
    /// A number in parentheses, or lowered, of which the cell does not say what it is.
    pub aside: Option<Aside>,
    /// An interval that the value lies in.
    pub interval: Option<[Numeral; 2]>,
    /// Upper and lower distance: `+1.2 −0.9`.
    pub distances: Option<[Numeral; 2]>,
    /// A second value after a slash.
    pub second: Option<Numeral>,
    /// A unit of measure after the value, such as `mm`.
    pub unit: Option<String>,
}

/// A number that may be a spread, a rank or digits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aside {
    /// The number.
    pub number: Numeral,
    /// Whether no space stands before it, as in `90.4(18)`.
    pub is_adjacent: bool,
}

/// Why a number is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefusalReason {
    /// Two values, and no rule that tells them apart.
    TwoNumbers,
    /// From one number to another.
    Range,
    /// Less than, more than.
    Bound,
    /// About.
    Approximation,
    /// A number with a unit that no metric has, or that differs in the column.
    Unit(String),
    /// A comma that may part thousands or decimals.
    Comma,
    /// Digits with a space before the point.
    Torn,
    /// Digits that are no number.
    Malformed,
    /// The value is struck through.
    Struck,
    /// Text after the value that has no reading.
    Trailing(String),
    /// A number in parentheses that may be a spread, a rank or last digits.
    Parenthesis,
    /// A p-value.
    PValue,
    /// The best over epochs of one run.
    BestOverEpochs,
    /// Two numbers in a cell and one name above it.
    PairWithoutNames,
    /// A measure of cost: time, memory, size.
    Cost,
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RefusalReason::TwoNumbers => f.write_str("two numbers in a cell"),
            RefusalReason::Range => f.write_str("a range, not a value"),
            RefusalReason::Bound => f.write_str("a bound, not a value"),
            RefusalReason::Approximation => f.write_str("an approximation"),
            RefusalReason::Unit(unit) => write!(f, "a number with the unit `{unit}`"),
            RefusalReason::Comma => {
                f.write_str("the comma may part thousands or decimals; `--decimal-comma` tells")
            }
            RefusalReason::Torn => f.write_str("a number torn apart by a space"),
            RefusalReason::Malformed => f.write_str("digits that are no number"),
            RefusalReason::Struck => f.write_str("struck through"),
            RefusalReason::Trailing(text) => write!(f, "`{text}` after the number"),
            RefusalReason::Parenthesis => f.write_str(
                "the number in parentheses may be a spread, a rank or last digits; `--paren` tells",
            ),
            RefusalReason::PValue => f.write_str("a p-value is no result of a run"),
            RefusalReason::BestOverEpochs => f.write_str("the best over the epochs of a run"),
            RefusalReason::PairWithoutNames => {
                f.write_str("two numbers in a cell and one name above it; `--pair` names them")
            }
            RefusalReason::Cost => f.write_str("a time, a size or another cost"),
        }
    }
}

impl From<NumeralFault> for RefusalReason {
    fn from(fault: NumeralFault) -> Self {
        match fault {
            NumeralFault::Comma => RefusalReason::Comma,
            NumeralFault::Torn => RefusalReason::Torn,
            NumeralFault::Malformed => RefusalReason::Malformed,
        }
    }
}

/// Reads a cell.
pub(crate) fn read_cell(text: &CellText, style: NumberStyle) -> CellReading {
    let (mut glyphs, struck) = glyphs(text);
    strip_leading_marks(&mut glyphs);
    if glyphs.is_empty() {
        return match struck {
            true => CellReading::Refused(RefusalReason::Struck),
            false => CellReading::Blank,
        };
    }
    if is_missing(&glyphs) {
        return CellReading::Missing;
    }
    if let Some(reading) = bound_or_aside(&glyphs, style) {
        return reading;
    }
    match numeral(&glyphs, 0, style) {
        Err(fault) => CellReading::Refused(fault.into()),
        Ok(None) => CellReading::Text,
        Ok(Some((number, next))) => match tail::read(number, &glyphs, next, style) {
            Ok(value) => CellReading::Value(Box::new(value)),
            Err(tail::TailFault::Refused(reason)) => CellReading::Refused(reason),
            Err(tail::TailFault::Text) => CellReading::Text,
        },
    }
}

/// Marks of footnotes and of rank before the number, and a dollar sign of unread maths.
fn strip_leading_marks(glyphs: &mut Vec<Glyph>) {
    let count = glyphs
        .iter()
        .take_while(|glyph| {
            glyph.char.is_whitespace()
                || matches!(
                    glyph.char,
                    '*' | '†' | '‡' | '§' | '¶' | '★' | '⭐' | '🏆' | '🥇' | '🥈' | '🥉'
                )
        })
        .count();
    if glyphs[count..]
        .iter()
        .any(|glyph| glyph.char.is_ascii_digit())
        || count == glyphs.len()
    {
        glyphs.drain(..count);
    }
}

fn is_missing(glyphs: &[Glyph]) -> bool {
    let base: String = glyphs
        .iter()
        .filter(|glyph| glyph.level != Level::Raised)
        .map(|glyph| glyph.char)
        .collect();
    let word = base.trim().trim_matches(['(', ')', '[', ']', '*']).trim();
    if word.is_empty() {
        return true;
    }
    if word.chars().count() <= 6
        && word.chars().all(|char| {
            is_minus(char)
                || char.is_whitespace()
                || matches!(
                    char,
                    '—' | '―'
                        | '_'
                        | '/'
                        | '.'
                        | '×'
                        | '✗'
                        | '✘'
                        | '✕'
                        | '⨯'
                        | '∗'
                        | '·'
                        | '∞'
                )
        })
    {
        return true;
    }
    if word.chars().count() > 16 {
        return false;
    }
    let lower = word.to_lowercase();
    MISSING.contains(&lower.as_str())
        || lower
            .split(['±', '(', '['])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .all(|part| {
                let part = part.trim_end_matches([')', ']']);
                matches!(part, "nan" | "n/a" | "-" | "–" | "—")
            })
}

/// A cell that begins with a bound, an approximation, `±` or a bracket.
fn bound_or_aside(glyphs: &[Glyph], style: NumberStyle) -> Option<CellReading> {
    let has_digit = |from: usize| {
        glyphs[from..]
            .iter()
            .any(|glyph| glyph.char.is_ascii_digit())
    };
    let after = |from: usize| {
        let spaces = glyphs[from..]
            .iter()
            .take_while(|glyph| glyph.char.is_whitespace());
        from + spaces.count()
    };
    let first = glyphs[0].char;
    match first {
        '<' | '>' | '≤' | '≥' | '⩽' | '⩾' | '≪' | '≫' if has_digit(1) => {
            Some(CellReading::Refused(RefusalReason::Bound))
        }
        '~' | '∼' | '≈' | '≃' | '≅' | '˜' if has_digit(1) => {
            Some(CellReading::Refused(RefusalReason::Approximation))
        }
        '±' => aside(glyphs, after(1), style, None).map(|number| {
            CellReading::Aside(Box::new(AsideValue {
                number,
                has_sign: true,
            }))
        }),
        '(' | '[' => {
            let close = if first == '(' { ')' } else { ']' };
            let has_sign = glyphs.get(1).is_some_and(|glyph| glyph.char == '±');
            let start = after(if has_sign { 2 } else { 1 });
            if let Some(number) = aside(glyphs, start, style, Some(close)) {
                let is_bracket = first == '[';
                return (!is_bracket || has_sign)
                    .then(|| CellReading::Aside(Box::new(AsideValue { number, has_sign })));
            }
            tail::bounds(glyphs, 0, style)
                .filter(|(_, next)| *next == glyphs.len())
                .map(|(bounds, _)| CellReading::Bounds(Box::new(bounds)))
        }
        _ => words_before(glyphs, has_digit(0)),
    }
}

/// A number alone from `start` to the end, or to `close` at the end.
fn aside(
    glyphs: &[Glyph],
    start: usize,
    style: NumberStyle,
    close: Option<char>,
) -> Option<Numeral> {
    let (number, next) = numeral(glyphs, start, style).ok()??;
    let rest: String = glyphs[next..].iter().map(|glyph| glyph.char).collect();
    let rest = rest.trim().trim_start_matches('%').trim_start();
    let fits = match close {
        Some(close) => rest
            .strip_prefix(close)
            .is_some_and(|rest| rest.trim().is_empty()),
        None => rest.is_empty(),
    };
    (fits && !(number.signed && close.is_some())).then_some(number)
}

/// `about 85`, `up to 90`: words that make a value a bound or an approximation.
fn words_before(glyphs: &[Glyph], has_digit: bool) -> Option<CellReading> {
    if !has_digit || !glyphs[0].char.is_alphabetic() {
        return None;
    }
    let text: String = glyphs.iter().take(16).map(|glyph| glyph.char).collect();
    let lower = text.to_lowercase();
    let begins = |words: &[&str]| {
        words.iter().any(|word| {
            lower.strip_prefix(word).is_some_and(|rest| {
                rest.trim_start_matches('.')
                    .trim_start()
                    .starts_with(|c: char| c.is_ascii_digit())
            })
        })
    };
    if begins(&[
        "about",
        "approx",
        "approximately",
        "ca",
        "circa",
        "around",
        "roughly",
    ]) {
        return Some(CellReading::Refused(RefusalReason::Approximation));
    }
    begins(&[
        "up to",
        "at least",
        "at most",
        "over",
        "under",
        "more than",
        "less than",
        "below",
        "above",
    ])
    .then_some(CellReading::Refused(RefusalReason::Bound))
}
