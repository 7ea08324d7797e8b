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

impl Kind {
    /// The character that a name or a path has here.
    pub(super) fn plain(self) -> Option<char> {
        if let Kind::Char(character) = self {
            return Some(character);
        }
        if self == Kind::Sub {
            return Some('_');
        }
        (self == Kind::Space).then_some(' ')
    }

    /// The name of a command.
    pub(super) fn command(self) -> Option<Name> {
        if let Kind::Command(name) | Kind::Primitive(name) = self {
            Some(name)
        } else {
            None
        }
    }

    /// Index of the `}` of the `{` at `index`, if it is one and has one.
    pub(super) fn group_end(self, index: usize) -> Option<usize> {
        if let Kind::Open(close) = self {
            Some(close as usize).filter(|&close| close > index)
        } else {
            None
        }
    }
}

/// Depth of braces within a group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Depth(usize);

impl Depth {
    /// Counts a token; whether it closes the group itself.
    pub(super) fn closes(&mut self, kind: Kind) -> bool {
        if let Kind::Open(_) = kind {
            self.0 += 1;
        } else if kind == Kind::Close {
            if self.0 == 0 {
                return true;
            }
            self.0 -= 1;
        }
        false
    }

    /// Whether no brace is open within the group.
    pub(super) fn is_zero(self) -> bool {
        self.0 == 0
    }
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
