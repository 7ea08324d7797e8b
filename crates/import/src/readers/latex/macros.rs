//! Definitions of commands and environments by the document.

use std::rc::Rc;

use super::token::{Depth, Kind, Token};

/// Shared sequence of tokens.
pub(super) type Tokens = Rc<[Token]>;

/// Argument of a command in the notation of `\NewDocumentCommand`.
#[derive(Debug, Clone)]
pub(super) enum Argument {
    /// `m`
    Mandatory,
    /// `o`, and `O` with its default.
    Optional(Option<Tokens>),
    /// `s`
    Star,
}

/// Arguments that a command takes.
#[derive(Debug, Clone)]
pub(super) enum Signature {
    /// Arguments of `\newcommand` and `\NewDocumentCommand`.
    Listed(Vec<Argument>),
    /// Text of parameters of `\def`.
    Delimited(Tokens),
}

/// Definition of a command or of the start of an environment.
#[derive(Debug, Clone)]
pub(super) struct Macro {
    /// Arguments.
    pub(super) signature: Signature,
    /// Replacement.
    pub(super) body: Tokens,
    /// Whether the definition stands under a condition that is unknown.
    pub(super) undecided: bool,
}

/// Definition of an environment.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    /// Replacement of `\begin`, with its arguments.
    pub(super) start: Rc<Macro>,
    /// Replacement of `\end`.
    pub(super) end: Tokens,
}

/// Turns `#1` into parameters and `##` into `#`.
pub(super) fn parameters(tokens: &[Token]) -> Vec<Token> {
    let mut body = Vec::with_capacity(tokens.len());
    let mut rest = tokens.iter().copied().peekable();
    while let Some(token) = rest.next() {
        if token.kind != Kind::Hash {
            body.push(token);
            continue;
        }
        let next = rest.peek().map(|next| next.kind);
        if next == Some(Kind::Hash) {
            body.extend(rest.next());
        } else if let Some(Kind::Char(digit @ '1'..='9')) = next {
            rest.next();
            body.push(Token {
                kind: Kind::Parameter(digit as u8 - b'0'),
                place: token.place,
            });
        }
    }
    body
}

/// Removes the braces around the whole of an argument.
pub(super) fn without_braces(tokens: &[Token]) -> &[Token] {
    let [first, inner @ .., last] = tokens else {
        return tokens;
    };
    if !matches!(first.kind, Kind::Open(_)) || last.kind != Kind::Close {
        return tokens;
    }
    let mut depth = Depth::default();
    match inner.iter().any(|token| depth.closes(token.kind)) {
        true => tokens,
        false => inner,
    }
}
