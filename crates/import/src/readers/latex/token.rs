//! Tokens of a LaTeX source and the names of its commands and environments.

use std::collections::HashMap;

/// Byte offset in the joined text of all files that were read.
pub(super) type Place = u32;

/// Name of a command (without its backslash) or of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name(u32);

impl Name {
    /// Position of the name in the table of names.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Meaning of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A character that is printed as it is.
    Char(char),
    /// A command.
    Command(Name),
    /// A command in its meaning before any definition of the document.
    Primitive(Name),
    /// `{`, with the index of its `}` once groups are matched (its own index where there is none).
    Open(u32),
    /// `}`.
    Close,
    /// `$`.
    Math,
    /// `&`.
    Align,
    /// White space, or `~`.
    Space,
    /// An empty line.
    Paragraph,
    /// `_`.
    Sub,
    /// `^`.
    Sup,
    /// `#`.
    Hash,
    /// `#1` to `#9` in the body of a definition.
    Parameter(u8),
    /// `\begin{…}`.
    Begin(Name),
    /// `\end{…}`.
    End(Name),
    /// Start, end or cell boundary of a part whose condition is unknown.
    Undecided,
}

/// A token with the place that it is shown at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// Meaning.
    pub(super) kind: Kind,
    /// Offset of its first character; for text out of a definition the place of the call.
    pub(super) place: Place,
}

/// Table of names.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: Vec<String>,
    indices: HashMap<String, Name>,
}

impl Names {
    /// Index of a name, new or known.
    pub(super) fn intern(&mut self, text: &str) -> Name {
        if let Some(&name) = self.indices.get(text) {
            return name;
        }
        // Sources are limited to sizes far below 2³² names.
        let name = Name(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(text.to_owned());
        self.indices.insert(text.to_owned(), name);
        name
    }

    /// Text of a name.
    pub(super) fn text(&self, name: Name) -> &str {
        self.texts.get(name.index()).map_or("", String::as_str)
    }
}
