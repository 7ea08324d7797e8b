//! Entries added to a list or mapping of a YAML text; everything else stays as it is written.

use super::yaml::{Event, Parser};
use super::yaml_edit::Lines;

/// Columns by which entries are indented as they are given.
const GIVEN_INDENT: usize = 2;

/// Adds entries to the list or mapping under the key `key` of the whole text, behind its last one. A key
/// that is missing is added at the end of the text.
///
/// `entries` are whole lines, indented by two spaces. `None` where the key holds something else than a
/// list or mapping of several lines.
///
/// ```
/// use reprove_model::diagnostics::with_entries;
///
/// let text = "claims:\n- id: a   # first\nseeds: [1]\n";
/// let added = with_entries(text, "claims", "  - id: b\n    metric: m\n").unwrap();
/// assert_eq!(added, "claims:\n- id: a   # first\n- id: b\n  metric: m\nseeds: [1]\n");
/// ```
pub fn with_entries(text: &str, key: &str, entries: &str) -> Option<String> {
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (at, indent, head) = match find(text, key)? {
        Found::Absent => (text.len(), GIVEN_INDENT, format!("{key}:{line_break}")),
        Found::Block(block) => {
            let indent = block.indent;
            (behind_comments(text, &block), indent, String::new())
        }
    };
    let mut new = String::new();
    if !text[..at].is_empty() && !text[..at].ends_with('\n') {
        new.push_str(line_break);
    }
    new.push_str(&head);
    for line in entries.lines() {
        let inner = line.strip_prefix("  ").unwrap_or(line);
        if !inner.is_empty() {
            new.push_str(&" ".repeat(indent));
        }
        new.push_str(inner);
        new.push_str(line_break);
    }
    Some(format!("{}{new}{}", &text[..at], &text[at..]))
}

/// What a key of the whole text holds.
enum Found {
    /// There is no such key.
    Absent,
    /// A list or mapping of several lines.
    Block(BlockEnd),
}

/// The end of a list or mapping.
struct BlockEnd {
    /// The byte behind its last value.
    end: usize,
    /// The columns before each of its entries.
    indent: usize,
}

/// What stands under a key; `None` where entries cannot be added to it.
fn find(text: &str, key: &str) -> Option<Found> {
    let lines = Lines::of(text);
    let mut depth = 0_usize;
    let mut is_key = false;
    let mut awaits = false;
    let mut block: Option<BlockEnd> = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        match event {
            Event::Scalar(scalar, ..) => {
                if awaits {
                    return None;
                }
                if let Some(block) = &mut block {
                    block.end = block.end.max(lines.scalar(&span).1);
                } else if depth == 1 {
                    is_key = !is_key;
                    awaits = is_key && scalar == key;
                }
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                let start = lines.offset(span.start);
                if std::mem::take(&mut awaits) {
                    // A list without an indent is given the start of its first element.
                    let bracket = match event {
                        Event::SequenceStart(..) => '[',
                        _ => '{',
                    };
                    if text[start..].starts_with(bracket) {
                        return None;
                    }
                    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
                    let content = text[line..].trim_start_matches(' ');
                    block = Some(BlockEnd {
                        end: start,
                        indent: text.len() - line - content.len(),
                    });
                } else if depth == 1 && block.is_none() {
                    is_key = false;
                }
                depth += 1;
            }
            Event::MappingEnd | Event::SequenceEnd => {
                depth = depth.checked_sub(1)?;
                if let Some(open) = &mut block {
                    let start = lines.offset(span.start);
                    if text[start..].starts_with([']', '}']) {
                        open.end = open.end.max(start + 1);
                    }
                }
                if depth == 1 && block.is_some() {
                    return block.map(Found::Block);
                }
            }
            _ => {}
        }
    }
    Some(Found::Absent)
}

/// The byte behind the last line of a list or mapping, and behind the comments that follow and are indented
/// as parts of its last entry.
fn behind_comments(text: &str, block: &BlockEnd) -> usize {
    let line_end = |from: usize| {
        let end = text[from..].find('\n');
        end.map_or(text.len(), |at| from + at + 1)
    };
    let mut at = line_end(block.end);
    loop {
        let line = &text[at..line_end(at)];
        let content = line.trim_start_matches(' ');
        let is_of_last = content.starts_with('#') && line.len() - content.len() > block.indent;
        if !is_of_last {
            return at;
        }
        at = line_end(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "  - id: b\n    metric: m\n";

    #[test]
    fn entries_take_the_indent_and_the_line_ends_of_the_text() {
        let added = |text: &str| with_entries(text, "claims", ENTRY).unwrap();
        assert_eq!(
            added(
                "claims:\n    - id: a\n      reported: {mean: 1,\n        std: 2}  # x\nseeds: [1]\n"
            ),
            "claims:\n    - id: a\n      reported: {mean: 1,\n        std: 2}  # x\n    - id: b\n      metric: m\nseeds: [1]\n"
        );
        assert_eq!(
            added("claims:\r\n- id: a\r\n"),
            "claims:\r\n- id: a\r\n- id: b\r\n  metric: m\r\n"
        );
        assert_eq!(
            added("claims:\n- {id: a}"),
            "claims:\n- {id: a}\n- id: b\n  metric: m\n"
        );
    }

    #[test]
    fn comments_stay_where_they_belong() {
        let text = "claims:\n  - id: a\n    # of a\n\n# of seeds\nseeds: [1]\n";
        let added = with_entries(text, "claims", ENTRY).unwrap();
        assert_eq!(added, text.replace("# of a\n", &format!("# of a\n{ENTRY}")));
    }

    #[test]
    fn a_missing_key_is_added_at_the_end() {
        let added = with_entries("seeds: [1]", "claims", ENTRY).unwrap();
        assert_eq!(added, format!("seeds: [1]\nclaims:\n{ENTRY}"));
        let inner = "experiment:\n  claims: 1\n";
        assert!(
            with_entries(inner, "claims", ENTRY)
                .unwrap()
                .starts_with(inner)
        );
    }

    #[test]
    fn what_is_written_on_one_line_is_left() {
        assert_eq!(with_entries("claims: []\n", "claims", ENTRY), None);
        assert_eq!(with_entries("claims: [{id: a}]\n", "claims", ENTRY), None);
        assert_eq!(with_entries("claims: 1\n", "claims", ENTRY), None);
        assert_eq!(with_entries("claims:\nseeds: [1]\n", "claims", ENTRY), None);
        assert_eq!(with_entries("a: [\n", "claims", ENTRY), None);
    }
}
