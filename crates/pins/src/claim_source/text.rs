//! Places in a text, and the text at them.

/// Places of a text at most that are told.
const MOST_PLACES: usize = 2;

/// Characters of an excerpt at most.
const LONGEST_EXCERPT: usize = 60;

/// A text with its lines.
pub(super) struct SourceText<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> SourceText<'t> {
    /// The lines of a text.
    pub fn new(text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        SourceText {
            text,
            starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    /// The byte offset of a line and a column, both counted from 1.
    ///
    /// # Errors
    /// In one line, what the text has instead.
    pub fn offset(&self, line: u64, column: u64) -> Result<usize, String> {
        let lines = self.text.lines().count();
        let index = usize::try_from(line).unwrap_or(usize::MAX);
        if index > lines {
            return Err(format!("expected line {line}, found {lines} lines"));
        }
        let start = self.starts[index - 1];
        let content = self.text[start..].lines().next().unwrap_or_default();
        let wanted = usize::try_from(column).unwrap_or(usize::MAX);
        let at = content.char_indices().nth(wanted - 1);
        at.map(|(at, _)| start + at).ok_or_else(|| {
            let length = content.chars().count();
            format!("expected column {column}, found {length} characters in the line")
        })
    }

    /// The line and column of a byte offset.
    fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let before = &self.text[self.starts[line - 1]..offset];
        (line, before.chars().count() + 1)
    }

    /// Whether `printed` stands at an offset, and is no part of a longer number; a comma may part the cells
    /// of a table. White space is alike
    /// whatever its length.
    pub fn has(&self, offset: usize, printed: &str) -> bool {
        let Some(end) = self.end(offset, printed) else {
            return false;
        };
        let is_digit = |char: Option<char>| char.is_some_and(|char| char.is_ascii_digit());
        let mut before = self.text[..offset].chars().rev();
        let last = before.next();
        let is_joined = match last {
            Some('.') => is_digit(before.next()),
            Some('-' | '−' | '+') => true,
            last => is_digit(last),
        };
        if is_digit(printed.chars().next()) && is_joined {
            return false;
        }
        let mut after = self.text[end..].chars();
        let next = after.next();
        let goes_on = match next {
            Some('.') => is_digit(after.next()),
            next => is_digit(next),
        };
        !(is_digit(printed.chars().last()) && goes_on)
    }

    /// The offset behind `printed`, where it stands at an offset.
    fn end(&self, offset: usize, printed: &str) -> Option<usize> {
        let mut at = offset;
        for (index, word) in printed.split(' ').enumerate() {
            let rest = &self.text[at..];
            let trimmed = rest.trim_start();
            if index > 0 && trimmed.len() == rest.len() {
                return None;
            }
            let rest = if index > 0 { trimmed } else { rest };
            at = self.text.len() - rest.strip_prefix(word)?.len();
        }
        Some(at)
    }

    /// The first places of `printed`, at most two.
    pub fn find(&self, printed: &str) -> Vec<(usize, usize)> {
        let first = printed.split(' ').next().unwrap_or(printed);
        let starts = self.text.match_indices(first).map(|(at, _)| at);
        let places = starts.filter(|at| self.has(*at, printed));
        places.take(MOST_PLACES).map(|at| self.place(at)).collect()
    }

    /// The text at an offset, as long as the expected one and to the end of its last word.
    pub fn excerpt(&self, offset: usize, expected: &str) -> String {
        let line = self.text[offset..].lines().next().unwrap_or_default();
        let length = expected.chars().count().min(LONGEST_EXCERPT);
        let goes_on = |char: &char| char.is_ascii_digit() || matches!(char, '.' | ',');
        let mut characters = line.chars();
        let mut excerpt: String = characters.by_ref().take(length).collect();
        excerpt.extend(characters.take_while(goes_on).take(LONGEST_EXCERPT));
        excerpt
    }
}
