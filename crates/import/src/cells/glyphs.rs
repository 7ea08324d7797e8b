//! The characters of a cell that count, each with its place and its level.

use crate::text::{CellText, TextMark};

/// Where a character stands on its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// On the line.
    Base,
    /// Raised.
    Raised,
    /// Lowered.
    Lowered,
}

/// A character of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Glyph {
    /// The character; dashes and spaces as they are printed.
    pub char: char,
    /// Its byte in the text.
    pub at: usize,
    /// Its level.
    pub level: Level,
}

/// Whether a character is the mark of a footnote or of a rank, wherever it stands.
pub(crate) fn is_mark(char: char) -> bool {
    let marks = "*†‡§¶#★☆✓✔⭐🏆🥇🥈🥉∗⋆♠♣◇♢♡∥‖△▲▼▽•°^_⁎¹²³⁴⁵⁶⁷⁸⁹ªº";
    marks.contains(char) || ('ᵃ'..='ᵿ').contains(&char)
}

/// The characters of a text without notes and struck parts, trimmed; and whether a struck part was left out.
pub(crate) fn glyphs(text: &CellText) -> (Vec<Glyph>, bool) {
    let string = text.as_str();
    let marks = text.marks();
    let mut struck = false;
    let mut glyphs = Vec::with_capacity(string.len());
    for (at, char) in string.char_indices() {
        let mut level = Level::Base;
        let mut dropped = false;
        for marked in marks.iter().filter(|marked| marked.range.contains(&at)) {
            match marked.mark {
                TextMark::Superscript => level = Level::Raised,
                TextMark::Subscript => level = Level::Lowered,
                TextMark::Note => dropped = true,
                TextMark::Struck => {
                    dropped = true;
                    struck |= !char.is_whitespace();
                }
                TextMark::Bold
                | TextMark::Italic
                | TextMark::Underlined
                | TextMark::Coloured
                | TextMark::Small
                | TextMark::Link
                | TextMark::Code => {}
            }
        }
        let ignored = matches!(
            char,
            '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{feff}' | '\u{ad}'
        );
        if !dropped && !ignored {
            glyphs.push(Glyph { char, at, level });
        }
    }
    let is_space = |glyph: &Glyph| glyph.char.is_whitespace();
    while glyphs.last().is_some_and(is_space) {
        glyphs.pop();
    }
    let leading = glyphs.iter().take_while(|glyph| is_space(glyph)).count();
    glyphs.drain(..leading);
    (glyphs, struck)
}
