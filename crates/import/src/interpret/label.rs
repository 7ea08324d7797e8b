//! Labels of rows and columns.

use crate::text::{CellText, TextMark};

/// The text of a cell as a label: notes and marks of footnotes left out, white space single.
pub(crate) fn label(text: &CellText) -> String {
    let string = text.as_str();
    let has_notes = text
        .marks()
        .iter()
        .any(|marked| marked.mark == TextMark::Note);
    let mut label = String::with_capacity(string.len());
    let mut space = false;
    for (at, char) in string.char_indices() {
        if has_notes && text.has_mark(at, TextMark::Note) {
            continue;
        }
        if char.is_whitespace() {
            space = true;
            continue;
        }
        if matches!(char, '\u{200b}' | '\u{feff}' | '\u{ad}') {
            continue;
        }
        if std::mem::take(&mut space) && !label.is_empty() {
            label.push(' ');
        }
        label.push(char);
    }
    let trimmed = label.trim_end_matches(['*', '†', '‡', '§', '¶', ' ']);
    trimmed.to_owned()
}

/// Appends a label to a path, unless it is empty or stands there already.
pub(crate) fn push_label(path: &mut Vec<String>, label: String) {
    if !label.is_empty() && path.last() != Some(&label) {
        path.push(label);
    }
}
