//! Commands that set the span of a cell, and numbers of siunitx.

use std::ops::Range;

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
            let kind = self.tokens.kind(index);
            if let Some(Kind::Char(character)) = kind {
                self.replaced(character.encode_utf8(&mut [0; 4]), place);
            } else if let Some(name) = kind.and_then(Kind::command) {
                let text = match self.tokens.name(name) {
                    "percent" | "%" => "%".to_owned(),
                    "second" => " s".to_owned(),
                    "minute" => " min".to_owned(),
                    "hour" => " h".to_owned(),
                    "milli" => " m".to_owned(),
                    name => format!(" {name}"),
                };
                self.replaced(&text, place);
            }
        }
    }

    /// `\multicolumn{columns}{specification}{…}`
    pub(super) fn columns(&mut self, at: usize, end: usize) -> usize {
        let (count, after) = self.tokens.argument(at + 1, end);
        let columns = self.tokens.plain(count).trim().parse().unwrap_or(1);
        let (_, after) = self.tokens.argument(after, end);
        self.spanning(after, end, |span| span.columns = columns)
    }

    /// `\multirow[position]{rows}[struts]{width}[move]{…}`
    pub(super) fn rows(&mut self, at: usize, end: usize) -> usize {
        let (count, after) = self.tokens.argument(self.after_optional(at + 1, end), end);
        // Counts may be broken, for the height of rows; the cast saturates.
        let count: f64 = self.tokens.plain(count).trim().parse().unwrap_or(1.0);
        let rows = count.trunc() as i64;
        let (_, after) = self.tokens.argument(self.after_optional(after, end), end);
        let after = self.after_optional(after, end);
        self.spanning(after, end, |span| span.rows = rows)
    }

    /// `\Block[keys]{rows-columns}{…}`
    pub(super) fn block(&mut self, at: usize, end: usize) -> usize {
        let (size, after) = self.tokens.argument(self.after_optional(at + 1, end), end);
        let size = self.tokens.plain(size);
        let (rows, columns) = size.split_once('-').unwrap_or(("1", "1"));
        self.spanning(after, end, |span| {
            span.rows = rows.trim().parse().unwrap_or(1);
            span.columns = columns.trim().parse().unwrap_or(1);
            span.blanks = true;
        })
    }

    /// `\SetCell[c=columns,r=rows]{…}` before the text of a cell.
    pub(super) fn set_cell(&mut self, at: usize, end: usize) -> usize {
        let mut span = self.printed.span.unwrap_or(ONE_CELL);
        if let Some((keys, _)) = self.tokens.optional(at + 1, end) {
            for key in self.tokens.plain(keys).split(',') {
                let Some((key, value)) = key.split_once('=') else {
                    continue;
                };
                match key.trim() {
                    "c" => span.columns = value.trim().parse().unwrap_or(1),
                    "r" => span.rows = value.trim().parse().unwrap_or(1),
                    _ => {}
                }
            }
        }
        span.blanks = true;
        self.printed.span = Some(span);
        self.tokens
            .argument(self.after_optional(at + 1, end), end)
            .1
    }

    fn after_optional(&self, at: usize, end: usize) -> usize {
        match self.tokens.optional(at, end) {
            Some((_, after)) => after,
            None => at,
        }
    }

    /// Sets the span, and prints the argument at `at`.
    fn spanning(&mut self, at: usize, end: usize, set: impl FnOnce(&mut Span)) -> usize {
        set(self.printed.span.get_or_insert(ONE_CELL));
        let (content, after) = self.tokens.argument(at, end);
        self.in_mode(content, false);
        after
    }
}

/// The span of a cell without one.
const ONE_CELL: Span = Span {
    columns: 1,
    rows: 1,
    blanks: false,
};
