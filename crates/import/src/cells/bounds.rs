//! Intervals in brackets.

use super::glyphs::Glyph;
use super::numeral::{Numeral, numeral};
use super::style::NumberStyle;

/// Reads an interval in brackets at `start`: `[88.1, 92.0]`, `(88.1–92.0)`, `[88.1; 92.0]`.
pub(crate) fn bounds(
    glyphs: &[Glyph],
    start: usize,
    style: NumberStyle,
) -> Option<([Numeral; 2], usize)> {
    let close = match glyphs.get(start)?.char {
        '(' => ')',
        '[' => ']',
        _ => return None,
    };
    let spaces = |from: usize| {
        let spaces = glyphs[from..]
            .iter()
            .take_while(|glyph| glyph.char.is_whitespace());
        from + spaces.count()
    };
    let percent =
        |from: usize| from + usize::from(glyphs.get(from).is_some_and(|glyph| glyph.char == '%'));
    let skip_word = |from: usize| {
        // `95% CI` within the bracket is no bound.
        let text: String = glyphs[from..]
            .iter()
            .take(8)
            .map(|glyph| glyph.char)
            .collect();
        let words = ["95% CI:", "95% CI ", "95%CI:", "95%CI ", "CI: ", "CI "];
        words
            .iter()
            .find(|word| text.starts_with(**word))
            .map_or(from, |word| from + word.chars().count())
    };
    let (low, next) = numeral(glyphs, spaces(skip_word(start + 1)), style).ok()??;
    let separator = spaces(percent(next));
    let text: String = glyphs[separator..]
        .iter()
        .take(3)
        .map(|glyph| glyph.char)
        .collect();
    let width = match text.chars().next()? {
        ',' | ';' | '–' | '—' | '-' | '~' | '/' | ':' | '|' | '−' | '‐' => 1,
        't' if text.starts_with("to ") => 2,
        _ => return None,
    };
    let (high, next) = numeral(glyphs, spaces(separator + width), style).ok()??;
    let end = spaces(percent(next));
    (glyphs.get(end)?.char == close).then_some(([low, high], end + 1))
}
