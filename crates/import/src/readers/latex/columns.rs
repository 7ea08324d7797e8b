//! Column specifications of tables: `lc*{2}{S[table-format=2.1]}r@{\,$\pm$\,}l`.

use std::collections::HashMap;

use super::macros::Tokens;
use super::token::{Depth, Kind, Names, Token};

/// Greatest number of columns that a specification describes.
const MOST_COLUMNS: usize = 1000;

/// Greatest number of letters that are read, repetitions counted.
const MOST_LETTERS: usize = 20_000;

/// Greatest depth of repetitions and column types within each other.
const DEPTH: usize = 20;

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Column {
    /// Whether siunitx sets its numbers.
    pub(super) siunitx: bool,
    /// Whether its cells are in maths mode.
    pub(super) maths: bool,
    /// Whether its cells are not printed.
    pub(super) hidden: bool,
    /// Text between this column and the one before, which joins their cells.
    pub(super) joined: Option<String>,
    /// Text after a joined column.
    pub(super) closing: Option<String>,
}

/// Reader of a specification.
struct Specification<'a> {
    names: &'a Names,
    types: &'a HashMap<char, (usize, Tokens)>,
    columns: Vec<Column>,
    /// What stands before the next column.
    next: Column,
    letters: usize,
}

/// Columns of a specification. `types` are those that the document defines.
pub(super) fn columns(
    tokens: &[Token],
    names: &Names,
    types: &HashMap<char, (usize, Tokens)>,
) -> Vec<Column> {
    let mut specification = Specification {
        names,
        types,
        columns: Vec::new(),
        next: Column::default(),
        letters: 0,
    };
    specification.read(tokens, 0);
    let mut columns = specification.columns;
    // A text after the last column closes what a text before it opened.
    if let (Some(text), Some(last)) = (specification.next.joined, columns.last_mut())
        && last.joined.is_some()
    {
        last.closing = Some(text);
    }
    columns
}

impl Specification<'_> {
    fn read(&mut self, tokens: &[Token], depth: usize) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            self.letters += 1;
            if self.letters > MOST_LETTERS || self.columns.len() >= MOST_COLUMNS {
                return;
            }
            at += 1;
            let Kind::Char(letter) = token.kind else {
                continue;
            };
            if let Some((count, body)) = self.types.get(&letter)
                && depth < DEPTH
            {
                for _ in 0..*count {
                    at = group(tokens, at).1;
                }
                if self.hides(body) {
                    self.next.hidden = true;
                    self.column();
                } else {
                    self.read(&body.clone(), depth + 1);
                }
                continue;
            }
            at = self.letter(letter, tokens, at, depth);
        }
    }

    fn letter(&mut self, letter: char, tokens: &[Token], at: usize, depth: usize) -> usize {
        match letter {
            '*' => {
                let (count, after) = group(tokens, at);
                let (body, after) = group(tokens, after);
                let count = plain(count).trim().parse().unwrap_or(0);
                if depth < DEPTH {
                    for _ in 0..MOST_COLUMNS.min(count) {
                        self.read(body, depth + 1);
                    }
                }
                after
            }
            '@' => {
                let (body, after) = group(tokens, at);
                let text = self.separator(body);
                if !text.is_empty() && !self.columns.is_empty() {
                    self.next.joined = Some(text);
                }
                after
            }
            '>' => {
                let (body, after) = group(tokens, at);
                self.next.maths |= body.iter().any(|token| token.kind == Kind::Math);
                self.next.hidden |= self.hides(body);
                after
            }
            '!' | '<' => group(tokens, at).1,
            'S' | 's' => {
                self.next.siunitx = true;
                self.column();
                bracket(tokens, at).1
            }
            'Q' | 'X' => {
                let (keys, mut after) = bracket(tokens, at);
                self.next.siunitx = plain(keys).contains("si=");
                if letter == 'X' && after == at {
                    after = at;
                }
                self.column();
                after
            }
            'p' | 'm' | 'b' | 'V' => {
                self.column();
                group(tokens, bracket(tokens, at).1).1
            }
            'w' | 'W' | 'n' | 'N' => {
                self.column();
                group(tokens, group(tokens, at).1).1
            }
            'D' => {
                self.next.maths = true;
                self.column();
                (0..3).fold(at, |at, _| group(tokens, at).1)
            }
            _ if letter.is_alphabetic() => {
                self.column();
                at
            }
            _ => at,
        }
    }

    fn column(&mut self) {
        let next = std::mem::take(&mut self.next);
        // `r@{ (}l@{)}`: the second text closes, and joins nothing.
        if let (Some(text), Some(last)) = (&next.joined, self.columns.last_mut())
            && last.joined.is_some()
            && matches!(text.trim(), ")" | "]" | "%")
        {
            last.closing = Some(text.clone());
            self.columns.push(Column {
                joined: None,
                ..next
            });
            return;
        }
        self.columns.push(next);
    }

    /// Whether cells are gathered and not printed.
    fn hides(&self, body: &[Token]) -> bool {
        let mut commands = body.iter().filter_map(|token| token.kind.command());
        commands.any(|name| {
            matches!(
                self.names.text(name),
                "setbox" | "iffalse" | "@gobble" | "collectcell" | "lrbox" | "comment"
            )
        })
    }

    /// Text of `@{…}`; empty if it is only space or rules.
    fn separator(&self, body: &[Token]) -> String {
        let mut text = String::new();
        let mut is_plain = true;
        for token in body {
            text.extend(token.kind.plain());
            if let Some(name) = token.kind.command() {
                match self.names.text(name) {
                    "pm" | "textpm" => text.push('±'),
                    "," | ";" | ":" | "!" | " " | "quad" => {}
                    _ => is_plain = false,
                }
            }
        }
        if text.contains('±') {
            return "±".to_owned();
        }
        if is_plain && !text.trim().is_empty() {
            text
        } else {
            String::new()
        }
    }
}

fn plain(tokens: &[Token]) -> String {
    tokens
        .iter()
        .filter_map(|token| token.kind.plain())
        .collect()
}

/// The group or token at `at`, and the index after it.
fn group(tokens: &[Token], at: usize) -> (&[Token], usize) {
    let mut at = at;
    while tokens
        .get(at)
        .is_some_and(|token| token.kind == Kind::Space)
    {
        at += 1;
    }
    if !matches!(tokens.get(at).map(|token| token.kind), Some(Kind::Open(_))) {
        let after = (at + 1).min(tokens.len());
        return (&tokens[at.min(after)..after], after);
    }
    let mut depth = Depth::default();
    for (index, token) in tokens.iter().enumerate().skip(at + 1) {
        if depth.closes(token.kind) {
            return (&tokens[at + 1..index], index + 1);
        }
    }
    (&tokens[at + 1..], tokens.len())
}

/// The bracket at `at`, and the index after it; empty if there is none.
fn bracket(tokens: &[Token], at: usize) -> (&[Token], usize) {
    if tokens.get(at).map(|token| token.kind) != Some(Kind::Char('[')) {
        return (&[], at);
    }
    for (index, token) in tokens.iter().enumerate().skip(at + 1) {
        if token.kind == Kind::Char(']') {
            return (&tokens[at + 1..index], index + 1);
        }
    }
    (&[], at)
}
