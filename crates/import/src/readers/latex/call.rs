//! What a command in a cell or a paragraph prints.

use std::ops::Range;

use super::commands::{Meaning, Part, is_look, is_spread, meaning};
use super::printer::{Printer, Switches};
use super::symbols::{accented, is_accent, symbol};
use super::token::{Kind, Name};
use crate::document::ReaderProblem;

impl Printer<'_> {
    /// Prints a command with its arguments; the index after them.
    pub(super) fn command(
        &mut self,
        name: Name,
        at: usize,
        end: usize,
        switches: &mut Switches,
    ) -> usize {
        let tokens = self.tokens;
        let text = tokens.name(name);
        let place = tokens.tokens[at].place;
        if let Some(symbol) = symbol(text) {
            self.replaced(symbol, place);
            return at + 1;
        }
        match text {
            "(" | "[" => self.maths = true,
            ")" | "]" => self.maths = false,
            _ => {}
        }
        if is_accent(text) {
            return self.accent(text, at, end);
        }
        match meaning(text) {
            Some(meaning) => self.known(meaning, at, end, switches),
            None => self.unknown(name, at, end),
        }
    }

    fn accent(&mut self, accent: &str, at: usize, end: usize) -> usize {
        let (range, after) = self.tokens.argument(at + 1, end);
        let place = self.tokens.tokens[at].place;
        for index in range {
            let kind = self.tokens.kind(index);
            let letter = if let Some(Kind::Char(letter)) = kind {
                letter
            } else if let Some(name) = kind.and_then(Kind::command)
                && matches!(self.tokens.name(name), "i" | "imath")
            {
                'i'
            } else {
                continue;
            };
            self.replaced(accented(accent, letter).encode_utf8(&mut [0; 4]), place);
        }
        after
    }

    fn known(&mut self, meaning: Meaning, at: usize, end: usize, switches: &mut Switches) -> usize {
        match meaning {
            Meaning::Arguments(parts, mark) => self.parts(parts, at, end, |printer, range| {
                printer.marked(range, mark);
            }),
            Meaning::Mode(parts, maths) => self.parts(parts, at, end, |printer, range| {
                printer.in_mode(range, maths);
            }),
            Meaning::Switch(parts, mark) => {
                let after = self.parts(parts, at, end, |_, _| {});
                switches.push((self.printed.text.len(), mark));
                after
            }
            Meaning::LineBreak => {
                self.replaced("\n", self.tokens.tokens[at].place);
                self.after_line_break(at + 1, end)
            }
            Meaning::Fraction => {
                let (upper, after) = self.tokens.argument(at + 1, end);
                let (lower, after) = self.tokens.argument(after, end);
                self.group(upper);
                self.replaced("/", self.tokens.tokens[at].place);
                self.group(lower);
                after
            }
            Meaning::Stacked(mark) => {
                let (script, after) = self.tokens.argument(at + 1, end);
                let (base, after) = self.tokens.argument(after, end);
                self.group(base);
                self.marked(script, Some(mark));
                after
            }
            Meaning::Number { unit } => self.number(unit, at, end),
            Meaning::Columns => self.columns(at, end),
            Meaning::Rows => self.rows(at, end),
            Meaning::SetCell => self.set_cell(at, end),
            Meaning::Block => self.block(at, end),
            Meaning::Reference => self.reference(at, end),
            Meaning::Label => {
                let (range, after) = self.tokens.argument(at + 1, end);
                let label = self.tokens.plain(range).trim().to_owned();
                self.printed.labels.push(label);
                after
            }
            Meaning::Dingbat => {
                let (range, after) = self.tokens.argument(at + 1, end);
                let text = match self.tokens.plain(range).trim() {
                    "51" | "52" => "✓",
                    "53" | "54" | "55" | "56" => "✗",
                    _ => "",
                };
                self.replaced(text, self.tokens.tokens[at].place);
                after
            }
        }
    }

    fn reference(&mut self, at: usize, end: usize) -> usize {
        let star = usize::from(self.tokens.kind(at + 1) == Some(Kind::Char('*')));
        let (range, after) = self.tokens.argument(at + 1 + star, end);
        let labels = self.tokens.plain(range);
        let labels = labels.split(',').map(|label| label.trim().to_owned());
        self.printed.references.extend(labels);
        after
    }

    /// Passes over `*` and `[…]` after `\\`.
    pub(super) fn after_line_break(&self, at: usize, end: usize) -> usize {
        let mut at = at;
        if at < end && self.tokens.kind(at) == Some(Kind::Char('*')) {
            at += 1;
        }
        // A bracket that is no length is text of the next row.
        match self.tokens.optional(at, end) {
            Some((range, after)) if is_length(&self.tokens.plain(range.clone())) => after,
            _ => at,
        }
    }

    /// Prints the arguments of a command by `print`, and drops the others.
    fn parts(
        &mut self,
        parts: &[Part],
        at: usize,
        end: usize,
        mut print: impl FnMut(&mut Self, Range<usize>),
    ) -> usize {
        let mut at = at + 1;
        for part in parts {
            match part {
                Part::Star => {
                    let star = self.tokens.skip_spaces(at, end);
                    if star < end && self.tokens.kind(star) == Some(Kind::Char('*')) {
                        at = star + 1;
                    }
                }
                Part::Optional => {
                    if let Some((_, after)) = self.tokens.optional(at, end) {
                        at = after;
                    }
                }
                Part::Dropped => at = self.tokens.argument(at, end).1,
                Part::Printed => {
                    let start = self.tokens.skip_spaces(at, end);
                    let (range, after) = self.tokens.argument(at, end);
                    if matches!(self.tokens.kind(start), Some(Kind::Command(_)))
                        && !range.is_empty()
                    {
                        // A command as argument takes its own arguments along.
                        at = after;
                        let mut last = after;
                        self.argument_command(range, end, &mut last, &mut print);
                        at = at.max(last);
                    } else {
                        print(self, range);
                        at = after;
                    }
                }
                Part::Length => at = self.length(at, end),
            }
        }
        at
    }

    /// Prints a command that stands for an argument, with the arguments that follow it.
    fn argument_command(
        &mut self,
        range: Range<usize>,
        end: usize,
        last: &mut usize,
        print: &mut impl FnMut(&mut Self, Range<usize>),
    ) {
        let mut stop = range.end;
        while stop < end
            && let Some(close) = self.tokens.group_end(stop)
        {
            stop = (close + 1).min(end);
        }
        *last = stop;
        print(self, range.start..stop);
    }

    /// Passes over a length such as `-0.5em`.
    fn length(&self, at: usize, end: usize) -> usize {
        let mut at = self.tokens.skip_spaces(at, end);
        let is_digit = |kind| matches!(kind, Some(Kind::Char('0'..='9' | '.' | '-' | '+' | '=')));
        while at < end && is_digit(self.tokens.kind(at)) {
            at += 1;
        }
        for _ in 0..2 {
            if at < end && matches!(self.tokens.kind(at), Some(Kind::Char('a'..='z'))) {
                at += 1;
            }
        }
        at
    }

    /// A command that neither the document nor this reader knows.
    fn unknown(&mut self, name: Name, at: usize, end: usize) -> usize {
        let tokens = self.tokens;
        let text = tokens.name(name);
        let place = tokens.tokens[at].place;
        let mut arguments = Vec::new();
        let mut after = at + 1;
        while after < end
            && let Some(Kind::Open(close)) = tokens.kind(after)
            && close as usize > after
        {
            let close = (close as usize).min(end);
            arguments.push(after + 1..close);
            after = (close + 1).min(end);
        }
        if is_spread(text) && !arguments.is_empty() {
            if arguments.len() > 1 {
                self.group(arguments.remove(0));
            }
            let sign = arguments.first().is_some_and(|argument| {
                !tokens.tokens[argument.clone()].iter().any(
                    |token| matches!(token.kind, Kind::Command(name) if tokens.name(name) == "pm"),
                )
            });
            if sign {
                self.replaced("±", place);
            }
            for argument in arguments {
                self.group(argument);
            }
            return after;
        }
        if self.unknown.insert(name) {
            self.problems.push(ReaderProblem {
                origin: tokens.places.origin(place),
                text: format!("`\\{text}` is unknown"),
            });
        }
        let with_digits = arguments.iter().filter(|range| {
            tokens
                .plain((*range).clone())
                .contains(|c: char| c.is_ascii_digit())
        });
        if is_look(text) && with_digits.count() <= 1 && !arguments.is_empty() {
            if let Some(last) = arguments.pop() {
                self.group(last);
            }
            return after;
        }
        self.replaced(&format!("\\{text}"), place);
        for argument in arguments {
            self.replaced(" ", place);
            self.group(argument);
        }
        after
    }
}

/// Whether the text is a length such as `2pt` or `-0.5ex`.
fn is_length(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(|first: char| first.is_ascii_digit() || "-.+".contains(first))
        && text.ends_with(|last: char| last.is_ascii_alphabetic())
        || text.is_empty()
}
