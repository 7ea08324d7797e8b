//! Reads a cell: a value with what belongs to it, or the reason why it is none.

use super::bounds::bounds;
use super::glyphs::{Glyph, Level, glyphs};
use super::numeral::{Numeral, is_minus, numeral};
use super::refusal::RefusalReason;
use super::style::NumberStyle;
use super::tail;
use super::value::{AsideValue, CellReading};
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
    // No such word has a digit; most cells have.
    if glyphs
        .iter()
        .any(|glyph| glyph.char.is_ascii_digit() && glyph.level != Level::Raised)
    {
        return false;
    }
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
    let mut parts = lower
        .split(['±', '(', '['])
        .map(|part| part.trim().trim_end_matches([')', ']']))
        .filter(|part| !part.is_empty())
        .peekable();
    MISSING.contains(&lower.as_str())
        || (parts.peek().is_some()
            && parts.all(|part| matches!(part, "nan" | "n/a" | "-" | "–" | "—")))
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
            bounds(glyphs, 0, style)
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
