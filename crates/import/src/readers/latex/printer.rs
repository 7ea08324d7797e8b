//! What expanded tokens print: visible text with the place of each character.

use std::collections::BTreeSet;
use std::ops::Range;

use super::token::{Kind, Name, Place};
use super::view::Tokens;
use crate::document::ReaderProblem;
use crate::text::{CellText, TextMark};

/// Greatest depth of groups within each other.
const DEPTH: usize = 200;

/// Stands for what cannot be read.
const UNREADABLE: &str = "\u{fffd}";

/// Cells that a cell covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Columns.
    pub(super) columns: usize,
    /// Rows; negative upward.
    pub(super) rows: i64,
    /// Whether the columns that it covers are written as blank cells.
    pub(super) blanks: bool,
}

/// What was printed.
#[derive(Debug, Default)]
pub(super) struct Printed {
    /// Visible text.
    pub(super) text: CellText,
    /// Span of the cell.
    pub(super) span: Option<Span>,
    /// Whether siunitx sets a number.
    pub(super) siunitx: bool,
    /// Labels that the text refers to.
    pub(super) references: Vec<String>,
    /// Labels that stand in the text.
    pub(super) labels: Vec<String>,
}

/// Prints tokens.
pub(super) struct Printer<'a> {
    pub(super) tokens: &'a Tokens<'a>,
    pub(super) printed: Printed,
    pub(super) maths: bool,
    depth: usize,
    pub(super) unknown: BTreeSet<Name>,
    pub(super) problems: Vec<ReaderProblem>,
}

/// Marks that hold from a place in the text to the end of the group.
pub(super) type Switches = Vec<(usize, TextMark)>;

impl<'a> Printer<'a> {
    /// Printer of a document.
    pub(super) fn new(tokens: &'a Tokens<'a>) -> Self {
        Self {
            tokens,
            printed: Printed::default(),
            maths: false,
            depth: 0,
            unknown: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    /// Commands that were not known.
    pub(super) fn into_problems(self) -> Vec<ReaderProblem> {
        self.problems
    }

    /// Prints a range of tokens by itself.
    pub(super) fn range(&mut self, range: Range<usize>, maths: bool, siunitx: bool) -> Printed {
        let outer = std::mem::take(&mut self.printed);
        let mode = std::mem::replace(&mut self.maths, maths);
        self.printed.siunitx = siunitx;
        self.group(range);
        self.maths = mode;
        std::mem::replace(&mut self.printed, outer)
    }

    /// What was printed since the last call.
    pub(super) fn take(&mut self) -> Printed {
        self.maths = false;
        std::mem::take(&mut self.printed)
    }

    /// Prints the token at `at`, with its arguments, as part of running text; the index after it.
    pub(super) fn step(&mut self, at: usize, end: usize) -> usize {
        let mut switches = Vec::new();
        self.token(at, end, &mut switches)
    }

    /// Prints a group.
    pub(super) fn group(&mut self, range: Range<usize>) {
        if self.depth >= DEPTH {
            self.unreadable(range.start);
            return;
        }
        self.depth += 1;
        let mut switches = Vec::new();
        let mut at = range.start;
        while at < range.end {
            at = self.token(at, range.end, &mut switches);
        }
        self.depth -= 1;
        let end = self.printed.text.len();
        for (start, mark) in switches {
            self.printed.text.mark(start..end, mark);
        }
    }

    /// Prints a group with a mark.
    pub(super) fn marked(&mut self, range: Range<usize>, mark: Option<TextMark>) {
        let start = self.printed.text.len();
        self.group(range);
        if let Some(mark) = mark {
            let end = self.printed.text.len();
            self.printed.text.mark(start..end, mark);
        }
    }

    /// Prints a group in maths or text mode.
    pub(super) fn in_mode(&mut self, range: Range<usize>, maths: bool) {
        let mode = std::mem::replace(&mut self.maths, maths);
        self.group(range);
        self.maths = mode;
    }

    fn token(&mut self, at: usize, end: usize, switches: &mut Switches) -> usize {
        let Some(&token) = self.tokens.tokens.get(at) else {
            return end;
        };
        match token.kind {
            Kind::Char(character) => return self.character(character, at, end),
            Kind::Space | Kind::Paragraph => {
                if !self.maths {
                    self.replaced(" ", token.place);
                }
            }
            Kind::Open(close) if close as usize > at => {
                let close = (close as usize).min(end);
                self.group(at + 1..close);
                return (close + 1).min(end.max(close));
            }
            Kind::Math => return self.dollar(at, end),
            Kind::Align => self.replaced(" ", token.place),
            Kind::Sub if !self.maths && !self.printed.siunitx => self.replaced("_", token.place),
            Kind::Sub => return self.script(at, end, TextMark::Subscript),
            Kind::Sup => return self.script(at, end, TextMark::Superscript),
            Kind::Command(name) | Kind::Primitive(name) => {
                return self.command(name, at, end, switches);
            }
            Kind::Begin(name) => return self.environment(name, at, end),
            Kind::Undecided => self.unreadable(at),
            Kind::Open(_) | Kind::Close | Kind::Hash | Kind::Parameter(_) | Kind::End(_) => {}
        }
        at + 1
    }

    /// Prints text in place of what stands at a place.
    pub(super) fn replaced(&mut self, text: &str, place: Place) {
        let (file, range) = self.tokens.source(place);
        self.printed.text.push_replaced(text, file, range);
    }

    /// Makes a text one that cannot be read.
    pub(super) fn push_unreadable(&self, text: &mut CellText, place: Place) {
        let (file, range) = self.tokens.source(place);
        text.push_replaced(UNREADABLE, file, range);
    }

    pub(super) fn unreadable(&mut self, at: usize) {
        if let Some(token) = self
            .tokens
            .tokens
            .get(at.min(self.tokens.tokens.len().max(1) - 1))
        {
            self.replaced(UNREADABLE, token.place);
        }
    }

    fn character(&mut self, character: char, at: usize, end: usize) -> usize {
        let place = self.tokens.tokens[at].place;
        let next = |ahead: usize| {
            (at + ahead < end)
                .then(|| self.tokens.kind(at + ahead))
                .flatten()
        };
        if character == '+' && self.printed.siunitx && next(1) == Some(Kind::Char('-')) {
            self.replaced("±", place);
            return at + 2;
        }
        if !self.maths && character == '-' && next(1) == Some(Kind::Char('-')) {
            let dashes = 2 + usize::from(next(2) == Some(Kind::Char('-')));
            let (file, range) = self.tokens.source(place);
            let text = if dashes == 3 { "—" } else { "–" };
            self.printed
                .text
                .push_replaced(text, file, range.start..range.start + dashes);
            return at + dashes;
        }
        let origin = self.tokens.places.origin(place);
        let mut buffer = [0; 4];
        let text = character.encode_utf8(&mut buffer);
        let source = &self.tokens.files.file(origin.file).text;
        if source
            .as_bytes()
            .get(origin.offset..)
            .is_some_and(|rest| rest.starts_with(text.as_bytes()))
        {
            self.printed
                .text
                .push_literal(origin.file, origin.offset, text);
        } else {
            self.replaced(text, place);
        }
        at + 1
    }

    /// `$`; a minus in maths by itself is placed at its `$`.
    fn dollar(&mut self, at: usize, end: usize) -> usize {
        let place = self.tokens.tokens[at].place;
        if !self.maths
            && at + 2 < end
            && let Some(Kind::Char(sign @ ('-' | '−' | '+'))) = self.tokens.kind(at + 1)
            && self.tokens.kind(at + 2) == Some(Kind::Math)
        {
            let (file, range) = self.tokens.source(place);
            let (last, close) = self.tokens.source(self.tokens.tokens[at + 2].place);
            let stop = if last == file {
                close.end.max(range.end)
            } else {
                range.end
            };
            self.printed
                .text
                .push_replaced(sign.encode_utf8(&mut [0; 4]), file, range.start..stop);
            return at + 3;
        }
        self.maths = !self.maths;
        at + 1
    }

    /// A raised or lowered argument.
    fn script(&mut self, at: usize, end: usize, mark: TextMark) -> usize {
        let start = self.printed.text.len();
        let next = self.tokens.skip_spaces(at + 1, end);
        if next >= end {
            return end;
        }
        if matches!(
            self.tokens.kind(next),
            Some(Kind::Align | Kind::Math | Kind::Close | Kind::End(_) | Kind::Sub | Kind::Sup)
        ) {
            return next;
        }
        let after = self.nested_step(next, end);
        let stop = self.printed.text.len();
        self.printed.text.mark(start..stop, mark);
        after
    }

    /// Prints one token with its arguments, as deep as a group.
    fn nested_step(&mut self, at: usize, end: usize) -> usize {
        if self.depth >= DEPTH {
            self.unreadable(at);
            return at + 1;
        }
        self.depth += 1;
        let after = self.step(at, end);
        self.depth -= 1;
        after
    }

    /// An environment within a cell or a paragraph.
    fn environment(&mut self, name: Name, at: usize, end: usize) -> usize {
        let tokens = self.tokens;
        let close = tokens.ends.get(&at).map_or(end, |&close| close.min(end));
        let name = tokens.name(name);
        let mut start = at + 1;
        match name {
            "tikzpicture" | "picture" | "axis" | "pgfpicture" | "thebibliography" => {
                return (close + 1).min(end);
            }
            "tabular" | "array" => {
                start = tokens
                    .optional(start, close)
                    .map_or(start, |(_, after)| after);
                start = tokens.argument(start, close).1;
            }
            "tabularx" | "tabular*" | "minipage" | "adjustbox" | "rotate" | "turn" => {
                if let Some((_, after)) = tokens.optional(start, close) {
                    start = after;
                }
                start = tokens.argument(start, close).1;
                if name.starts_with("tabular") {
                    start = tokens.argument(start, close).1;
                }
            }
            _ => {}
        }
        let maths = name == "array" || (self.maths && !name.starts_with("tabular"));
        self.in_mode(start..close, maths);
        (close + 1).min(end)
    }
}
