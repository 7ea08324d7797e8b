//! Tables: rows and cells of `tabular` and its kin.

use std::collections::HashMap;
use std::ops::Range;

use super::cells::Builder;
use super::columns::columns;
use super::environments::Arguments;
use super::macros::Tokens as TypeBody;
use super::printer::Printer;
use super::rows::Rows;
use super::token::Kind;
use crate::error::ImportError;
use crate::grid::Grid;
use crate::grid_builder::{GridBuilder, SpanStyle};

/// A table with what it says of itself.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) grid: Grid,
    /// Tokens of captions inside the table.
    pub(super) captions: Vec<Range<usize>>,
    /// Tokens of labels inside the table.
    pub(super) labels: Vec<Range<usize>>,
    /// Tables inside its cells: index of their `\begin`.
    pub(super) inner: Vec<usize>,
}

/// Reads the table whose `\begin` is at `begin` and whose `\end` is at `end`; `head` are tokens of
/// rows that stand above it.
pub(super) fn read_table(
    printer: &mut Printer<'_>,
    types: &HashMap<char, (usize, TypeBody)>,
    arguments: Arguments,
    begin: usize,
    end: usize,
    head: Option<Range<usize>>,
) -> Result<Table, ImportError> {
    let (specification, start) = specification(printer, arguments, begin + 1, end);
    let columns = columns(
        &printer.tokens.tokens[specification],
        printer.tokens.names,
        types,
    );
    let mut rows = Rows::default();
    let data = deluxe(printer, start..end);
    let head = head.or(data.head);
    if let Some(head) = head {
        rows.read(printer, head);
        for row in &mut rows.rows {
            row.header = true;
        }
    }
    rows.read(printer, data.rows);
    rows.captions.extend(data.caption);
    if arguments == Arguments::Tabularray
        && let Some((keys, _)) = printer.tokens.optional(begin + 1, end)
    {
        rows.captions
            .extend(value_of_key(printer, keys.clone(), "caption"));
        rows.labels.extend(value_of_key(printer, keys, "label"));
    }
    let maths = is_maths(printer, begin);
    let mut builder = Builder {
        printer,
        columns,
        maths,
        widest: widest(&rows),
        grid: GridBuilder::new(SpanStyle::Blank),
        inner: Vec::new(),
    };
    let Rows {
        rows,
        first_head,
        head,
        captions,
        labels,
    } = rows;
    let head = if first_head.is_empty() {
        head
    } else {
        first_head
    };
    let mut rule = false;
    for row in head.into_iter().chain(rows) {
        rule |= row.rule;
        if builder.row(&row, rule)? {
            rule = false;
        }
    }
    let inner = builder.inner;
    Ok(Table {
        grid: builder.grid.finish()?,
        captions,
        labels,
        inner,
    })
}

/// The largest number of cells of a row.
fn widest(rows: &Rows) -> usize {
    let all = [&rows.rows, &rows.first_head, &rows.head];
    let cells = all.into_iter().flatten().map(|row| row.cells.len());
    cells.max().unwrap_or(1)
}

/// The parts of a table of AASTeX.
struct Deluxe {
    head: Option<Range<usize>>,
    caption: Option<Range<usize>>,
    rows: Range<usize>,
}

/// The arguments of `\tablehead` and `\tablecaption`, and the rows between `\startdata` and `\enddata`; the
/// whole range where there is no `\startdata`.
fn deluxe(printer: &Printer<'_>, range: Range<usize>) -> Deluxe {
    let tokens = printer.tokens;
    let find = |name: &str| {
        let mut range = range.clone();
        range.find(|at| {
            let found = tokens.kind(*at).and_then(Kind::command);
            found.is_some_and(|found| tokens.name(found) == name)
        })
    };
    let Some(start) = find("startdata") else {
        return Deluxe {
            head: None,
            caption: None,
            rows: range,
        };
    };
    let argument = |name: &str| {
        let at = find(name).filter(|at| *at < start)?;
        Some(tokens.argument(at + 1, start).0)
    };
    Deluxe {
        head: argument("tablehead"),
        caption: argument("tablecaption"),
        rows: start + 1..find("enddata").unwrap_or(range.end).max(start + 1),
    }
}

fn is_maths(printer: &Printer<'_>, begin: usize) -> bool {
    if let Some(Kind::Begin(name)) = printer.tokens.kind(begin) {
        matches!(printer.tokens.name(name), "array" | "NiceArray")
    } else {
        false
    }
}

/// Tokens of the column specification, and the index after the arguments.
fn specification(
    printer: &Printer<'_>,
    arguments: Arguments,
    at: usize,
    end: usize,
) -> (Range<usize>, usize) {
    let tokens = printer.tokens;
    let mut at = at;
    if arguments == Arguments::Width {
        at = tokens.argument(at, end).1;
    }
    if arguments == Arguments::Tabu {
        while at < end && !matches!(tokens.kind(at), Some(Kind::Open(_))) {
            at += 1;
        }
    }
    while let Some((_, after)) = tokens.optional(at, end) {
        at = after;
    }
    if !matches!(
        tokens.kind(tokens.skip_spaces(at, end)),
        Some(Kind::Open(_))
    ) {
        return (at..at, at);
    }
    let (range, after) = tokens.argument(at, end);
    match arguments {
        Arguments::Tabularray => (column_key(printer, range), after),
        // nicematrix takes its keys after the columns.
        Arguments::Nice => match tokens.optional(after, end) {
            Some((_, after)) => (range, after),
            None => (range, after),
        },
        Arguments::Plain | Arguments::Width | Arguments::Tabu => (range, after),
    }
}

/// The columns among the keys of tabularray; the whole argument if it has no keys.
fn column_key(printer: &Printer<'_>, range: Range<usize>) -> Range<usize> {
    let has_keys = range
        .clone()
        .any(|at| printer.tokens.kind(at) == Some(Kind::Char('=')));
    match value_of_key(printer, range.clone(), "colspec") {
        Some(columns) => columns,
        None if has_keys => range.end..range.end,
        None => range,
    }
}

/// Tokens of the value of a key in `key = {value}, …`.
fn value_of_key(printer: &Printer<'_>, range: Range<usize>, wanted: &str) -> Option<Range<usize>> {
    let tokens = printer.tokens;
    let mut key = String::new();
    let mut at = range.start;
    while at < range.end {
        if let Some(close) = tokens.group_end(at) {
            at = close + 1;
            continue;
        }
        match tokens.kind(at).and_then(Kind::plain) {
            Some('=') => {
                let (value, after) = tokens.argument(at + 1, range.end);
                if key.trim() == wanted {
                    return Some(value);
                }
                at = after;
                continue;
            }
            Some(',') => key.clear(),
            Some(character) => key.push(character),
            None => {}
        }
        at += 1;
    }
    None
}
