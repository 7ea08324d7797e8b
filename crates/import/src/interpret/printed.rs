//! The text of a file that a value is read from.

use std::ops::Range;

use compact_str::CompactString;

use crate::source::SourceFiles;
use crate::text::CellText;

/// Characters of a printed text at most.
const LONGEST: usize = 120;

/// The text of the file from a value on: to `end`, or else to the end of the value; empty where neither is
/// a text of one line.
pub(crate) fn printed(
    text: &CellText,
    value: Range<usize>,
    end: usize,
    files: &SourceFiles,
) -> CompactString {
    let ranges = [value.start..end.max(value.end), value];
    let slices = ranges.into_iter().filter_map(|range| {
        let (file, bytes) = text.file_range(range)?;
        Some(files.slice(file, bytes))
    });
    slices
        .map(one_line)
        .find(|printed| !printed.is_empty())
        .unwrap_or_default()
}

/// A slice of a file with its white space as one space each; empty where it is no text of one line.
fn one_line(slice: &str) -> CompactString {
    let is_plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if slice.len() <= LONGEST && slice.bytes().all(is_plain) {
        return CompactString::from(slice);
    }
    if slice.len() > 4 * LONGEST || slice.contains(['\n', '\0']) {
        return CompactString::default();
    }
    let words = slice.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.chars().count() <= LONGEST && is_balanced(&words) {
        true => CompactString::from(words),
        false => CompactString::default(),
    }
}

/// Whether what the markup opens in a text ends in it.
fn is_balanced(text: &str) -> bool {
    let pairs = [('{', '}'), ('(', ')'), ('[', ']'), ('<', '>')];
    let count = |char: char| text.chars().filter(|found| *found == char).count();
    let are_paired = pairs
        .iter()
        .all(|(open, close)| count(*open) == count(*close));
    let first_close = text.find(|char| pairs.iter().any(|(_, close)| *close == char));
    let first_open = text.find(|char| pairs.iter().any(|(open, _)| *open == char));
    let is_opened_first = match (first_open, first_close) {
        (Some(open), Some(close)) => open < close,
        (_, close) => close.is_none(),
    };
    are_paired
        && is_opened_first
        && ['$', '*', '~', '`', '"']
            .iter()
            .all(|char| count(*char) % 2 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, SourceFile};

    fn of(content: &str, value: &str, cell: &str) -> CompactString {
        let files = SourceFiles::single(SourceFile::new("a.tex", content).unwrap());
        let at = content.find(cell).unwrap();
        let text = CellText::literal(FileId(0), at, cell);
        let start = cell.find(value).unwrap();
        printed(
            &text,
            start..start + value.len(),
            cell.trim_end().len(),
            &files,
        )
    }

    #[test]
    fn a_spread_in_the_cell_is_part_of_the_printed_text() {
        assert_eq!(
            of("a & 90.4  \\pm 1.8 \\\\", "90.4", "90.4  \\pm 1.8 "),
            "90.4 \\pm 1.8"
        );
        assert_eq!(of("| 90.4 |", "90.4", " 90.4 "), "90.4");
    }

    #[test]
    fn markup_that_begins_before_the_value_is_left_out() {
        assert_eq!(of("\\textbf{90.4} \\pm 1", "90.4", "90.4} \\pm 1"), "90.4");
        assert_eq!(of("90.4\n77", "90.4", "90.4\n77"), "90.4");
    }
}
