//! Commands that set the span of a cell, and numbers of siunitx.

use std::ops::Range;

use super::commands::Meaning;
use super::printer::{Printer, Span};
use super::token::Kind;

impl Printer<'_> {
    /// `\num{…}`, `\qty{…}{…}`
    pub(super) fn number(&mut self, unit: bool, at: usize, end: usize) -> usize {
        let after = match self.tokens.optional(at + 1, end) {
            Some((_, after)) => after,
            None => at + 1,
        };
        let (number, mut after) = self.tokens.argument(after, end);
        let outer = std::mem::replace(&mut self.printed.siunitx, true);
        self.in_mode(number, true);
        self.printed.siunitx = true;
        if unit {
            if let Some((_, next)) = self.tokens.optional(after, end) {
                after = next;
            }
            let (unit, next) = self.tokens.argument(after, end);
            after = next;
            self.unit(unit);
        }
        // In running text the flag says nothing.
        self.printed.siunitx |= outer;
        after
    }

    fn unit(&mut self, range: Range<usize>) {
        for index in range {
            let place = self.tokens.tokens[index].place;
            let text = match self.tokens.kind(index) {
                Some(Kind::Char(character)) => character.to_string(),
                Some(Kind::Command(name)) => match self.tokens.name(name) {
                    "percent" | "%" => "%".to_owned(),
                    "second" => " s".to_owned(),
                    "minute" => " min".to_owned(),
                    "hour" => " h".to_owned(),
                    "milli" => " m".to_owned(),
                    name => format!(" {name}"),
                },
                _ => continue,
            };
            self.replaced(&text, place);
        }
    }

    /// Commands that set the span of their cell.
    pub(super) fn span(&mut self, meaning: Meaning, at: usize, end: usize) -> usize {
        let tokens = self.tokens;
        let mut span = self.printed.span.unwrap_or(Span {
            columns: 1,
            rows: 1,
            blanks: false,
        });
        let optional = |at| tokens.optional(at, end).map_or(at, |(_, after)| after);
        let after = match meaning {
            Meaning::Columns => {
                let (count, after) = tokens.argument(at + 1, end);
                span.columns = tokens.plain(count).trim().parse().unwrap_or(1);
                let (_, after) = tokens.argument(after, end);
                after
            }
            Meaning::Rows => {
                let (count, after) = tokens.argument(optional(at + 1), end);
                let count: f64 = tokens.plain(count).trim().parse().unwrap_or(1.0);
                // Counts may be broken, for the height of rows; Rust's cast saturates.
                span.rows = count.trunc() as i64;
                let (_, after) = tokens.argument(optional(after), end);
                optional(after)
            }
            Meaning::Block => {
                let (size, after) = tokens.argument(optional(at + 1), end);
                let size = tokens.plain(size);
                let (rows, columns) = size.split_once('-').unwrap_or(("1", "1"));
                span.rows = rows.trim().parse().unwrap_or(1);
                span.columns = columns.trim().parse().unwrap_or(1);
                span.blanks = true;
                after
            }
            _ => {
                if let Some((keys, _)) = tokens.optional(at + 1, end) {
                    for key in tokens.plain(keys).split(',') {
                        match key
                            .split_once('=')
                            .map(|(key, value)| (key.trim(), value.trim()))
                        {
                            Some(("c", value)) => span.columns = value.parse().unwrap_or(1),
                            Some(("r", value)) => span.rows = value.parse().unwrap_or(1),
                            _ => {}
                        }
                    }
                }
                span.blanks = true;
                self.printed.span = Some(span);
                return tokens.argument(optional(at + 1), end).1;
            }
        };
        self.printed.span = Some(span);
        let (content, after) = tokens.argument(after, end);
        self.in_mode(content, false);
        after
    }
}
