//! Makes text that comes from manifests, logs and programs safe to show: what a reader cannot see
//! becomes an escape that can be seen.
//!
//! A terminal obeys control characters, and direction marks make `evil` look like `live` in any
//! program that draws text.

use std::borrow::Cow;

/// The text with every character that is obeyed or unseen written as an escape: `\n`, `\u{1b}`.
///
/// Such are control characters, line and paragraph separators, direction marks, characters of no
/// width and tags.
pub fn text(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => shown.extend(character.escape_default()),
            _ if is_unseen(character) => shown.extend(character.escape_unicode()),
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal would obey `character` or a reader not see it.
pub fn is_unseen(character: char) -> bool {
    // No text has the last two code points of a plane, and XML cannot hold those of the first.
    let is_noncharacter =
        u32::from(character) & 0xfffe == 0xfffe || matches!(character, '\u{fdd0}'..='\u{fdef}');
    character.is_control()
        || is_noncharacter
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// JSON text with the same characters as JSON's own escapes, `\u202e`; it reads back the same.
///
/// They can stand only within strings, but for the line feeds between them.
pub fn json(json: &str) -> String {
    if !json.chars().any(|c| c != '\n' && is_unseen(c)) {
        return json.to_owned();
    }
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_unseen(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                shown += &format!("\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    shown
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
    fn what_is_obeyed_or_unseen_is_written_out() {
        assert_eq!(text("plain ± ü 例"), "plain ± ü 例");
        assert!(matches!(text("plain"), Cow::Borrowed(_)));
        assert_eq!(
            text("a\x1b[31mb\u{202e}c\nd\u{9b}e"),
            "a\\u{1b}[31mb\\u{202e}c\\nd\\u{9b}e"
        );
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = "a\u{202e}b\u{9b}c\u{e0041}d\ne";
        let shown = json(&serde_json::to_string(value).unwrap());
        assert_eq!(shown, "\"a\\u202eb\\u009bc\\udb40\\udc41d\\ne\"");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), value);
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
