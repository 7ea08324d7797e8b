//! Text of HTML with its character references.

use super::entities::character;
use crate::source::FileId;
use crate::text::CellText;

/// The longest name of a character reference that is looked for.
const LONGEST_NAME: usize = 16;

/// Appends text that stands in a file from `offset` on, with its references replaced.
pub(super) fn push(out: &mut CellText, file: FileId, offset: usize, text: &str) {
    let mut at = 0;
    while let Some(found) = text[at..].find('&') {
        let start = at + found;
        out.push_literal(file, offset + at, &text[at..start]);
        at = match reference(&text[start..]) {
            Some((char, length)) => {
                let range = offset + start..offset + start + length;
                out.push_replaced(char.encode_utf8(&mut [0; 4]), file, range);
                start + length
            }
            None => {
                out.push_literal(file, offset + start, "&");
                start + 1
            }
        };
    }
    out.push_literal(file, offset + at, &text[at..]);
}

/// The character of a reference at the start of a text, and the length of the reference.
fn reference(text: &str) -> Option<(char, usize)> {
    let rest = &text[1..];
    let length = rest
        .bytes()
        .take(LONGEST_NAME)
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
        .count();
    let char = character(&rest[..length])?;
    let semicolon = usize::from(rest[length..].starts_with(';'));
    Some((char, 1 + length + semicolon))
}
