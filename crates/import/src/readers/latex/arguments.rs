//! Arguments of commands before expansion.

use super::expand::Expander;
use super::macros::without_braces;
use super::token::{Depth, Kind, Name, Token};

impl Expander<'_> {
    /// Passes over white space.
    pub(super) fn skip_spaces(&mut self) {
        while let Some(token) = self.raw() {
            if token.kind != Kind::Space {
                self.unread(token);
                break;
            }
        }
    }

    /// Whether a star follows, which is taken.
    pub(super) fn star(&mut self) -> bool {
        self.taken(Kind::Char('*'))
    }

    /// Whether a token of this kind follows, which is taken.
    pub(super) fn taken(&mut self, kind: Kind) -> bool {
        self.skip_spaces();
        match self.raw() {
            Some(token) if token.kind == kind => true,
            Some(token) => {
                self.unread(token);
                false
            }
            None => false,
        }
    }

    /// A mandatory argument: a group without its braces, or one token.
    pub(super) fn argument(&mut self) -> Option<Vec<Token>> {
        loop {
            let token = self.raw()?;
            if let Kind::Open(_) = token.kind {
                return Some(self.group());
            }
            if token.kind == Kind::Close {
                self.unread(token);
                return None;
            }
            if !matches!(token.kind, Kind::Space | Kind::Paragraph) {
                return Some(vec![token]);
            }
        }
    }

    /// The rest of a group whose brace was taken.
    pub(super) fn group(&mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut depth = Depth::default();
        while let Some(token) = self.raw() {
            if depth.closes(token.kind) {
                break;
            }
            tokens.push(token);
        }
        tokens
    }

    /// An optional argument in brackets.
    pub(super) fn optional(&mut self) -> Option<Vec<Token>> {
        if !self.taken(Kind::Char('[')) {
            return None;
        }
        let mut tokens = Vec::new();
        let mut depth = Depth::default();
        while let Some(token) = self.raw() {
            if depth.closes(token.kind) {
                self.unread(token);
                break;
            }
            if token.kind == Kind::Char(']') && depth.is_zero() {
                break;
            }
            tokens.push(token);
        }
        Some(tokens)
    }

    /// Text of a mandatory argument that is a name or a path.
    pub(super) fn word(&mut self) -> Option<String> {
        let tokens = self.argument()?;
        Some(self.plain(&tokens).trim().to_owned())
    }

    /// The characters of tokens.
    pub(super) fn plain(&self, tokens: &[Token]) -> String {
        tokens
            .iter()
            .filter_map(|token| token.kind.plain())
            .collect()
    }

    /// The command that is defined: `\name` or `{\name}`.
    pub(super) fn command_name(&mut self) -> Option<Name> {
        let tokens = self.argument()?;
        tokens
            .iter()
            .find(|token| token.kind != Kind::Space)
            .and_then(|token| token.kind.command())
    }

    /// Arguments of a call by the text of parameters of `\def`; none if the call does not match it.
    pub(super) fn delimited(&mut self, text: &[Token]) -> Option<Vec<Vec<Token>>> {
        let mut arguments = Vec::new();
        let mut rest = text;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            if !matches!(first.kind, Kind::Parameter(_)) {
                let token = self.raw()?;
                if token.kind != first.kind {
                    self.unread(token);
                    return None;
                }
                continue;
            }
            let literals = after
                .iter()
                .take_while(|token| !matches!(token.kind, Kind::Parameter(_)))
                .count();
            if literals == 0 {
                arguments.push(self.argument()?);
            } else {
                let argument = self.until(&after[..literals])?;
                arguments.push(without_braces(&argument).to_vec());
                rest = &after[literals..];
            }
        }
        Some(arguments)
    }

    /// The tokens before a delimiter, which is taken.
    fn until(&mut self, delimiter: &[Token]) -> Option<Vec<Token>> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut depth = Depth::default();
        loop {
            let token = self.raw()?;
            if depth.closes(token.kind) {
                self.unread(token);
                return None;
            }
            if token.kind == Kind::Paragraph {
                return None;
            }
            tokens.push(token);
            if depth.is_zero()
                && tokens.len() >= delimiter.len()
                && tokens[tokens.len() - delimiter.len()..]
                    .iter()
                    .zip(delimiter)
                    .all(|(found, expected)| found.kind == expected.kind)
            {
                tokens.truncate(tokens.len() - delimiter.len());
                return Some(tokens);
            }
        }
    }
}
