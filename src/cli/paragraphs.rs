//! Paragraphs of text for a terminal.

use unicode_width::UnicodeWidthStr;

/// A paragraph wrapped to `width` columns: the first line begins with `first`, the others with `rest`. A word that
/// is wider stands on a line of its own.
pub fn wrapped(text: &str, first: &str, rest: &str, width: usize) -> String {
    let mut all = String::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.width() + 1 + word.width() > width {
            all += line.trim_end();
            all.push('\n');
            line = rest.to_owned();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line += word;
        is_empty = false;
    }
    all += line.trim_end();
    all.push('\n');
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_before_the_width() {
        let text = wrapped("one two three four", "- ", "  ", 10);
        assert_eq!(text, "- one two\n  three\n  four\n");
        assert_eq!(wrapped("abcdefghijkl m", "", "", 5), "abcdefghijkl\nm\n");
        assert_eq!(wrapped("", "", "", 5), "\n");
    }
}
