//! Tokens of a table to the tokens of its cells.

use std::ops::Range;

use super::printer::Printer;
use super::token::Kind;

/// A row: the tokens of its cells.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) cells: Vec<Range<usize>>,
    /// Whether a rule stands above it.
    pub(super) rule: bool,
    /// Whether it belongs to the head of a table over several pages.
    pub(super) header: bool,
}

/// Rows of a table as they are found.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) first_head: Vec<Row>,
    pub(super) head: Vec<Row>,
    pub(super) captions: Vec<Range<usize>>,
    pub(super) labels: Vec<Range<usize>>,
}

impl Rows {
    /// Reads the rows of a range of tokens.
    pub(super) fn read(&mut self, printer: &Printer<'_>, range: Range<usize>) {
        let tokens = printer.tokens;
        let mut row = Row::default();
        let mut cell = range.start;
        let mut at = range.start;
        while at < range.end {
            let kind = tokens.kind(at);
            if let Some(close) = tokens.group_end(at) {
                at = (close + 1).min(range.end);
                continue;
            }
            if let Some(Kind::Begin(_)) = kind {
                let close = tokens.ends.get(&at).copied().unwrap_or(range.end);
                at = (close + 1).min(range.end);
                continue;
            }
            if kind == Some(Kind::Align) {
                row.cells.push(cell..at);
                cell = at + 1;
            }
            if let Some(name) = kind.and_then(Kind::command) {
                let name = tokens.name(name);
                if matches!(name, "\\" | "tabularnewline" | "cr") {
                    row.cells.push(cell..at);
                    self.rows.push(std::mem::take(&mut row));
                    at = printer.after_line_break(at + 1, range.end);
                    cell = at;
                    continue;
                }
                // Rules, captions and ends of heads stand before the first cell of a row.
                if row.cells.is_empty()
                    && let Some(after) = self.between_rows(printer, name, at, range.end, &mut row)
                {
                    at = after;
                    cell = after;
                    continue;
                }
            }
            at += 1;
        }
        row.cells.push(cell..range.end);
        self.rows.push(row);
    }

    /// Passes over what stands between rows; the index after it.
    fn between_rows(
        &mut self,
        printer: &Printer<'_>,
        name: &str,
        at: usize,
        end: usize,
        row: &mut Row,
    ) -> Option<usize> {
        let tokens = printer.tokens;
        let optional = |at| tokens.optional(at, end).map_or(at, |(_, after)| after);
        let mandatory = |at| tokens.argument(at, end).1;
        match name {
            "hline" | "toprule" | "midrule" | "bottomrule" | "Hline" | "firsthline"
            | "lasthline" | "thickhline" | "heavyrule" | "hdashline" | "Xhline" | "hhline"
            | "specialrule" | "noalign" | "thickmidrule" | "dashmidrule" => {
                row.rule = true;
                let mut after = optional(at + 1);
                let count = match name {
                    "Xhline" | "hhline" | "noalign" => 1,
                    "specialrule" => 3,
                    _ => 0,
                };
                for _ in 0..count {
                    after = mandatory(after);
                }
                Some(after)
            }
            "cmidrule" | "cline" | "cdashline" | "cmidrulex" | "cdashlinelr" => {
                let mut after = optional(at + 1);
                // `(lr)`, with lengths in braces.
                if tokens.kind(after) == Some(Kind::Char('(')) {
                    while after < end && tokens.kind(after) != Some(Kind::Char(')')) {
                        after += 1;
                    }
                    after += 1;
                }
                Some(mandatory(after.min(end)))
            }
            "addlinespace" | "morecmidrules" | "nobreakhline" | "pagebreak" | "nopagebreak"
            | "tabularlinebreak" | "tabucline" => Some(optional(at + 1)),
            "arrayrulecolor" | "doublerulesepcolor" | "rowfont" | "rowstyle" | "SetRow" => {
                Some(mandatory(optional(at + 1)))
            }
            "caption" | "tablecaption" | "tcaption" => {
                let star = usize::from(tokens.kind(at + 1) == Some(Kind::Char('*')));
                let (range, after) = tokens.argument(optional(at + 1 + star), end);
                self.captions.push(range);
                Some(after)
            }
            "label" => {
                let (range, after) = tokens.argument(at + 1, end);
                self.labels.push(range);
                Some(after)
            }
            "endfirsthead" => {
                self.first_head = self.take_head();
                Some(at + 1)
            }
            "endhead" => {
                self.head = self.take_head();
                Some(at + 1)
            }
            "endfoot" | "endlastfoot" => {
                self.rows.clear();
                Some(at + 1)
            }
            _ => None,
        }
    }

    fn take_head(&mut self) -> Vec<Row> {
        let mut rows = std::mem::take(&mut self.rows);
        for row in &mut rows {
            row.header = true;
        }
        rows
    }
}
