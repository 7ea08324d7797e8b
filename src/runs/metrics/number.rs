//! Numbers as programs write them, and text as people may safely see it.

use serde::{Deserialize, Serialize};

use crate::visible::is_unseen;

/// What is known of the unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A percent sign stood behind it.
    Percent,
    /// The manifest states how it comes to be in the unit of the paper.
    Stated,
    /// Nothing says it: it may be a fraction, a percentage or anything else.
    Unknown,
}

/// Reads a number with or without a percent sign. `nan`, `inf` and `infinity` are numbers here, in
/// any case and with a sign.
pub(super) fn parse(text: &str) -> Option<(f64, Unit)> {
    let text = text.trim();
    match text.strip_suffix('%') {
        Some(number) => Some((number.trim_end().parse().ok()?, Unit::Percent)),
        None => Some((text.parse().ok()?, Unit::Unknown)),
    }
}

/// `text` with everything escaped that moves a cursor, changes a colour or turns the direction of
/// reading, and cut after `most` characters.
pub fn printable(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == most {
            shown.push('…');
            break;
        }
        if character == '\t' {
            shown.push(' ');
        } else if is_unseen(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// As [`printable`], but of a text that is too long its end: what an error says stands there.
pub fn printable_end(text: &str, most: usize) -> String {
    let over = text.chars().count().saturating_sub(most);
    match text.char_indices().nth(over) {
        Some((from, _)) if over > 0 => format!("…{}", printable(&text[from..], most)),
        _ => printable(text, most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_and_plain_numbers_are_told_apart() {
        assert_eq!(parse(" 94.2% "), Some((94.2, Unit::Percent)));
        assert_eq!(parse("94.2 %"), Some((94.2, Unit::Percent)));
        assert_eq!(parse("0.942"), Some((0.942, Unit::Unknown)));
        assert_eq!(parse("1e-3"), Some((1e-3, Unit::Unknown)));
        assert_eq!(parse("-Infinity"), Some((f64::NEG_INFINITY, Unit::Unknown)));
        assert!(parse("NaN").is_some_and(|(value, _)| value.is_nan()));
        for text in ["", "%", "1,000", "0x10", "12 apples", "1 2"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn terminal_escapes_are_shown_and_not_obeyed() {
        assert_eq!(
            printable("\u{1b}[2Jx\ty\u{202e}z\r", 99),
            "\\u{1b}[2Jx y\\u{202e}z\\u{d}"
        );
        assert_eq!(printable("abcdef", 3), "abc…");
        assert_eq!(printable_end("abcdéf", 3), "…déf");
        assert_eq!(printable_end("\u{1b}bc", 3), "\\u{1b}bc");
        assert_eq!(printable("größer 日本", 99), "größer 日本");
    }
}
