//! Access to the expanded tokens of a document: arguments, and where each token stands.

use std::collections::HashMap;
use std::ops::Range;

use super::places::Places;
use super::token::{Kind, Name, Names, Place, Token};
use crate::source::{FileId, SourceFiles};

/// Expanded tokens of a document.
pub(super) struct Tokens<'a> {
    pub(super) files: &'a SourceFiles,
    pub(super) places: &'a Places,
    pub(super) names: &'a Names,
    pub(super) tokens: &'a [Token],
    /// Index of the `\end` of each `\begin`.
    pub(super) ends: HashMap<usize, usize>,
    /// Index of the `]` of each `[` that has one.
    pub(super) brackets: HashMap<usize, usize>,
}

impl Tokens<'_> {
    /// Text of a name.
    pub(super) fn name(&self, name: Name) -> &str {
        self.names.text(name)
    }

    /// Meaning of a token.
    pub(super) fn kind(&self, index: usize) -> Option<Kind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    /// Index of the first token from `at` on that is no white space.
    pub(super) fn skip_spaces(&self, mut at: usize, end: usize) -> usize {
        while at < end && matches!(self.kind(at), Some(Kind::Space | Kind::Paragraph)) {
            at += 1;
        }
        at
    }

    /// The tokens of a mandatory argument from `at` on, and the index after it.
    pub(super) fn argument(&self, at: usize, end: usize) -> (Range<usize>, usize) {
        let at = self.skip_spaces(at, end);
        if at >= end {
            return (end..end, end);
        }
        if let Some(close) = self.group_end(at) {
            let close = close.min(end);
            return (at + 1..close, (close + 1).min(end));
        }
        if matches!(
            self.kind(at),
            Some(Kind::Align | Kind::Close | Kind::End(_))
        ) {
            return (at..at, at);
        }
        (at..at + 1, at + 1)
    }

    /// Index of the `}` of the `{` at an index, if it is one and has one.
    pub(super) fn group_end(&self, index: usize) -> Option<usize> {
        self.kind(index)?.group_end(index)
    }

    /// The tokens of an optional argument that starts at `at`, and the index after it.
    pub(super) fn optional(&self, at: usize, end: usize) -> Option<(Range<usize>, usize)> {
        let start = self.skip_spaces(at, end);
        if start >= end || self.kind(start) != Some(Kind::Char('[')) {
            return None;
        }
        let close = *self.brackets.get(&start)?;
        (close < end).then_some((start + 1..close, close + 1))
    }

    /// The characters of a range of tokens.
    pub(super) fn plain(&self, range: Range<usize>) -> String {
        self.tokens[range]
            .iter()
            .filter_map(|token| token.kind.plain())
            .collect()
    }

    /// File and bytes of what stands at a place: a command or a character.
    pub(super) fn source(&self, place: Place) -> (FileId, Range<usize>) {
        let origin = self.places.origin(place);
        let text = &self.files.file(origin.file).text;
        let rest = text.get(origin.offset..).unwrap_or("");
        let length = match rest.strip_prefix('\\') {
            Some(rest) => {
                let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                let other = rest.chars().next().map_or(0, char::len_utf8);
                1 + if letters > 0 { letters } else { other }
            }
            None => rest.chars().next().map_or(0, char::len_utf8),
        };
        (origin.file, origin.offset..origin.offset + length)
    }
}
