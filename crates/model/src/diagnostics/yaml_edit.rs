//! Changes of scalars in a YAML text that leave everything else, comments included, as it is written.

use super::YamlLocations;
use super::yaml::{Event, Marker, Parser, Span};

/// Gives the key `key` of the mapping at `parent` (a path as `data.train`) the scalar `value`. A key that is
/// missing is added after the last key of the mapping whose value stands on one line.
///
/// `None` where the text has no such mapping, or cannot be changed there without changing something else.
///
/// ```
/// use reprove_model::diagnostics::with_scalar;
///
/// let text = "code:\n  repository: .   # here\nseeds: [1]\n";
/// let pinned = with_scalar(text, "code", "commit", "abc").unwrap();
/// assert_eq!(pinned, "code:\n  repository: .   # here\n  commit: abc\nseeds: [1]\n");
/// ```
pub fn with_scalar(text: &str, parent: &str, key: &str, value: &str) -> Option<String> {
    let mapping = find(text, parent)?;
    let lines = Lines::of(text);
    let entry = mapping.entries.iter().find(|entry| entry.key == key);
    let changed = match entry {
        Some(Entry {
            value: Some(span), ..
        }) => {
            let (start, end) = lines.scalar(span);
            spliced(text, start, end, value)?
        }
        Some(Entry { value: None, .. }) => return None,
        None => added(text, &lines, &mapping, &format!("{key}: {value}"))?,
    };
    is_only_change(text, &changed, &format!("{parent}.{key}"), value).then_some(changed)
}

/// The text with an entry after the last one that is a scalar on one line.
fn added(text: &str, lines: &Lines, mapping: &Mapping, entry: &str) -> Option<String> {
    let on_one_line = |entry: &&Entry| {
        let one = |span: &Span| span.start.line() == span.end.line();
        entry.value.as_ref().is_some_and(one)
    };
    let last = mapping.entries.iter().rev().find(on_one_line)?;
    let (_, end) = lines.scalar(last.value.as_ref()?);
    if text[lines.offset(mapping.start)..].starts_with('{') {
        return spliced(text, end, end, &format!(", {entry}"));
    }
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let line_end = if text[..line_end].ends_with('\r') {
        line_end - 1
    } else {
        line_end
    };
    let line_break = if text[line_end..].starts_with('\r') {
        "\r\n"
    } else {
        "\n"
    };
    let indent = " ".repeat(last.column);
    spliced(
        text,
        line_end,
        line_end,
        &format!("{line_break}{indent}{entry}"),
    )
}

fn spliced(text: &str, start: usize, end: usize, new: &str) -> Option<String> {
    Some(format!("{}{new}{}", text.get(..start)?, text.get(end..)?))
}

/// Whether the changed text differs in this scalar alone.
fn is_only_change(before: &str, after: &str, path: &str, value: &str) -> bool {
    let (before, after) = (YamlLocations::read(before), YamlLocations::read(after));
    let others = |read: &YamlLocations| -> Vec<(String, String)> {
        let scalars = read.scalars().filter(|(at, _)| *at != path);
        scalars
            .map(|(at, text)| (at.to_owned(), text.to_owned()))
            .collect()
    };
    after.broken.is_none()
        && after.duplicates.is_empty()
        && after.scalar(path) == Some(value)
        && others(&before) == others(&after)
}

/// One mapping of the text.
struct Mapping {
    start: Marker,
    entries: Vec<Entry>,
}

/// One key of a mapping.
struct Entry {
    key: String,
    /// Column of the key, from 0.
    column: usize,
    /// The span of its value, if that is a scalar.
    value: Option<Span>,
}

/// The mapping at a path of keys.
fn find(text: &str, path: &str) -> Option<Mapping> {
    let mut events = Parser::new_from_str(text);
    let mut found = None;
    let mut open: Vec<Frame> = Vec::new();
    loop {
        let (event, span) = events.next()?.ok()?;
        match event {
            Event::Scalar(scalar, ..) => {
                if let Some(frame) = open.last_mut() {
                    frame.scalar(&scalar, span);
                }
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                let is_mapping = matches!(event, Event::MappingStart(..));
                let path = match open.last_mut() {
                    None => String::new(),
                    Some(frame) => frame.child(),
                };
                let mapping = is_mapping.then(|| {
                    let mapping = Mapping {
                        start: span.start,
                        entries: Vec::new(),
                    };
                    (mapping, None)
                });
                open.push(Frame { path, mapping });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let frame = open.pop()?;
                if frame.path == path {
                    found = frame.mapping.map(|(mapping, _)| mapping);
                }
                if found.is_some() || open.is_empty() {
                    return found;
                }
            }
            _ => {}
        }
    }
}

/// A mapping or list that has not ended.
struct Frame {
    path: String,
    /// The mapping with the key whose value comes next; none for a list.
    mapping: Option<(Mapping, Option<String>)>,
}

impl Frame {
    /// Takes a key or a value of the mapping.
    fn scalar(&mut self, text: &str, span: Span) {
        let Some((mapping, awaits)) = &mut self.mapping else {
            return;
        };
        if awaits.take().is_some() {
            if let Some(entry) = mapping.entries.last_mut() {
                entry.value = Some(span);
            }
            return;
        }
        *awaits = Some(text.to_owned());
        mapping.entries.push(Entry {
            key: text.to_owned(),
            column: span.start.col(),
            value: None,
        });
    }

    /// The path of the value that begins now. Lists have no mapping that is asked for.
    fn child(&mut self) -> String {
        match &mut self.mapping {
            Some((_, awaits)) => {
                let key = awaits.take().unwrap_or_default();
                match self.path.as_str() {
                    "" => key,
                    path => format!("{path}.{key}"),
                }
            }
            None => format!("{}[]", self.path),
        }
    }
}

/// The bytes at which the lines of a text begin.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    /// The bytes of a scalar with its quotes. The parser's end of a quoted one may lie behind a comment.
    pub(super) fn scalar(&self, span: &Span) -> (usize, usize) {
        let (start, end) = (self.offset(span.start), self.offset(span.end));
        let written = &self.text[start..end.max(start)];
        let quote = written.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let length = match quote {
            None => written.trim_end().len(),
            Some(quote) => {
                let mut characters = written.char_indices().skip(1).peekable();
                let mut length = written.len();
                while let Some((at, c)) = characters.next() {
                    let is_pair =
                        quote == '\'' && characters.peek().is_some_and(|next| next.1 == quote);
                    match c {
                        '\\' if quote == '"' => drop(characters.next()),
                        c if c == quote && is_pair => drop(characters.next()),
                        c if c == quote => {
                            length = at + 1;
                            break;
                        }
                        _ => {}
                    }
                }
                length
            }
        };
        (start, start + length)
    }

    /// The byte of a place.
    pub(super) fn offset(&self, place: Marker) -> usize {
        let start = place.line().saturating_sub(1);
        let start = self.starts.get(start).copied().unwrap_or(self.text.len());
        let mut characters = self.text[start..].char_indices();
        characters
            .nth(place.col())
            .map_or(self.text.len(), |(at, _)| start + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# top\ncode: {repository: .}  # flow\ndata:\n  train:\n    path: a.csv # é\n    sha256: 'o''ld'  # digest\n  test: {path: \"b.csv\", sha256: x, bytes: 3}\nlist: [{code: {commit: no}}]\n";

    #[test]
    fn a_scalar_is_replaced_and_all_else_stays() {
        let changed = with_scalar(TEXT, "data.train", "sha256", "new").unwrap();
        assert_eq!(changed, TEXT.replace("'o''ld'", "new"));
        let changed = with_scalar(TEXT, "data.test", "bytes", "12").unwrap();
        assert_eq!(changed, TEXT.replace("bytes: 3", "bytes: 12"));
    }

    #[test]
    fn a_missing_key_is_added_in_the_style_of_its_mapping() {
        let changed = with_scalar(TEXT, "code", "commit", "abc").unwrap();
        assert_eq!(
            changed,
            TEXT.replace("{repository: .}", "{repository: ., commit: abc}")
        );
        let changed = with_scalar(TEXT, "data.train", "bytes", "7").unwrap();
        assert_eq!(
            changed,
            TEXT.replace("# digest\n", "# digest\n    bytes: 7\n")
        );
        let dos = "code:\r\n  repository: x\r\n";
        let changed = with_scalar(dos, "code", "commit", "abc").unwrap();
        assert_eq!(changed, "code:\r\n  repository: x\r\n  commit: abc\r\n");
        assert_eq!(
            with_scalar("code:\n  repository: x", "code", "commit", "a").unwrap(),
            "code:\n  repository: x\n  commit: a"
        );
    }

    #[test]
    fn what_cannot_be_changed_alone_is_left() {
        assert_eq!(with_scalar(TEXT, "paper", "title", "x"), None);
        assert_eq!(with_scalar(TEXT, "code", "commit", "a: b"), None);
        assert_eq!(with_scalar("code: [", "code", "commit", "a"), None);
        assert_eq!(
            with_scalar("code: {repository: {a: b}}", "code", "repository", "a"),
            None
        );
    }
}
