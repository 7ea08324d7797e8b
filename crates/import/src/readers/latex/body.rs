//! The body of a document: floats, captions, labels, headings and paragraphs around its tables.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::context::{Context, Found, Paragraph, of_table};
use super::environments::{Arguments, FLOATS, NOTES, PASSED, table_arguments};
use super::macros::Tokens as TypeBody;
use super::printer::{Printed, Printer};
use super::table::read_table;
use super::token::Kind;
use super::unexpanded::{is_unexpanded, makes_table};
use super::view::Tokens;
use crate::document::{ReaderProblem, TableDocument};
use crate::error::ImportError;
use crate::grid::Grid;
use crate::text::CellText;

/// Greatest depth of tables within cells of tables.
const DEPTH: usize = 20;

/// Greatest size in bytes of the passages of all tables. One caption may stand over many.
const MOST_COPIED: usize = 16 << 20;

/// Greatest number of paragraphs that are kept as referring to a table.
const MOST_REFERENCES: usize = 20;

/// Greatest depth of floats and notes within each other.
const CONTEXTS: usize = 20;

/// Reader of a body.
pub(super) struct Body<'a> {
    pub(super) printer: Printer<'a>,
    types: &'a HashMap<char, (usize, TypeBody)>,
    contexts: Vec<Context>,
    /// Number of contexts that are floats.
    floats: usize,
    tables: Vec<Found>,
    paragraphs: Vec<Paragraph>,
    /// Chapter, section, subsection, subsubsection.
    headings: [Option<Rc<CellText>>; 4],
    /// Rows and caption of the next `supertabular`.
    head: Option<Range<usize>>,
    caption: Option<Rc<CellText>>,
}

/// Reads the tables of a document.
pub(super) fn read_body(
    tokens: &Tokens<'_>,
    types: &HashMap<char, (usize, TypeBody)>,
) -> Result<TableDocument, ImportError> {
    let start = tokens
        .tokens
        .iter()
        .position(
            |token| matches!(token.kind, Kind::Begin(name) if tokens.name(name) == "document"),
        )
        .map_or(0, |index| index + 1);
    let mut body = Body {
        printer: Printer::new(tokens),
        types,
        contexts: Vec::new(),
        floats: 0,
        tables: Vec::new(),
        paragraphs: Vec::new(),
        headings: [const { None }; 4],
        head: None,
        caption: None,
    };
    body.read(start..tokens.tokens.len())?;
    body.paragraph();
    while body.close() {}
    body.finish()
}

impl Body<'_> {
    fn read(&mut self, range: Range<usize>) -> Result<(), ImportError> {
        let mut at = range.start;
        while at < range.end {
            while self.contexts.last().is_some_and(|context| context.end < at) {
                self.paragraph();
                self.close();
            }
            let tokens = self.printer.tokens;
            let kind = tokens.kind(at);
            at = if let Some(Kind::Begin(name)) = kind {
                self.begin(tokens.name(name), at, range.end)?
            } else if let Some(Kind::Command(name)) = kind {
                self.command(tokens.name(name), at, range.end)
            } else if kind == Some(Kind::Paragraph) {
                self.paragraph();
                at + 1
            } else if let Some(Kind::Open(_)) = kind {
                // Braces around tables are passed through.
                at + 1
            } else {
                self.printer.step(at, range.end)
            };
        }
        Ok(())
    }

    fn begin(&mut self, name: &str, at: usize, end: usize) -> Result<usize, ImportError> {
        let close = self.printer.tokens.ends.get(&at).copied().unwrap_or(end);
        if let Some(arguments) = table_arguments(name) {
            if name != "array" || self.floats > 0 {
                self.paragraph();
                self.tables(arguments, at, close)?;
            }
            return Ok((close + 1).min(end));
        }
        if PASSED.contains(&name) {
            return Ok((close + 1).min(end));
        }
        let is_note = NOTES.contains(&name);
        let mut after = at + 1;
        if is_note || FLOATS.contains(&name) {
            self.paragraph();
            self.open(Context {
                end: close,
                is_note,
                ..Context::default()
            });
            while let Some((_, next)) = self.printer.tokens.optional(after, end) {
                after = next;
            }
            let arguments = match name {
                "minipage" | "subtable" | "subfigure" => 1,
                "wraptable" => 2,
                _ => 0,
            };
            for _ in 0..arguments {
                after = self.printer.tokens.argument(after, end).1;
                if name == "wraptable"
                    && let Some((_, next)) = self.printer.tokens.optional(after, end)
                {
                    after = next;
                }
            }
        }
        if name == "adjustbox" {
            after = self.printer.tokens.argument(after, end).1;
        }
        Ok(after)
    }

    /// Reads a table and those that are cells of it.
    fn tables(&mut self, arguments: Arguments, at: usize, end: usize) -> Result<(), ImportError> {
        let tokens = self.printer.tokens;
        let mut waiting = vec![(at, end, arguments, 0_usize)];
        while let Some((at, end, arguments, depth)) = waiting.pop() {
            let head = self.head.take();
            if self.is_unexpanded(at..end) {
                continue;
            }
            let table = read_table(&mut self.printer, self.types, arguments, at, end, head)?;
            for &inner in table.inner.iter().rev() {
                if let Some(Kind::Begin(name)) = tokens.kind(inner)
                    && let Some(arguments) = table_arguments(tokens.name(name))
                    && depth < DEPTH
                {
                    let close = tokens.ends.get(&inner).copied().unwrap_or(end);
                    waiting.push((inner, close.min(end), arguments, depth + 1));
                }
            }
            let mut labels: Vec<String> = table
                .labels
                .into_iter()
                .map(|range| tokens.plain(range).trim().to_owned())
                .collect();
            let mut captions = Vec::new();
            // Later ones are of the pages that follow.
            if let Some(caption) = table.captions.into_iter().next() {
                let printed = self.printer.range(caption, false, false);
                captions.push(printed.text.into());
                labels.extend(printed.labels);
            }
            self.found(table.grid, captions, labels);
        }
        Ok(())
    }

    /// Whether a table has a command whose text is not known; the table is left out by its name.
    fn is_unexpanded(&mut self, mut range: Range<usize>) -> bool {
        let tokens = self.printer.tokens;
        let found = range.find(|at| {
            let name = tokens.kind(*at).and_then(Kind::command);
            name.is_some_and(|name| is_unexpanded(tokens.name(name)))
        });
        if let Some(at) = found {
            self.leave_out(at);
        }
        found.is_some()
    }

    /// Reports a table that is left out for the command at an index.
    fn leave_out(&mut self, at: usize) {
        let tokens = self.printer.tokens;
        let token = &tokens.tokens[at];
        let name = token.kind.command().map_or("", |name| tokens.name(name));
        self.printer.problems.push(ReaderProblem {
            origin: tokens.places.origin(token.place),
            text: format!("the table is left out: `\\{name}` is not expanded"),
        });
    }

    fn command(&mut self, name: &str, at: usize, end: usize) -> usize {
        let tokens = self.printer.tokens;
        if makes_table(name) {
            self.leave_out(at);
            return at + 1;
        }
        let star = usize::from(tokens.kind(at + 1) == Some(Kind::Char('*')));
        let start = tokens
            .optional(at + 1 + star, end)
            .map_or(at + 1 + star, |(_, after)| after);
        match name {
            "chapter" | "section" | "subsection" | "subsubsection" => {
                self.heading(name, start, end)
            }
            "caption" | "subcaption" | "captionof" | "captionabove" | "captionbelow"
            | "tabcaption" | "tablecaption" | "topcaption" | "bottomcaption" | "tbl" => {
                let start = match name {
                    "captionof" => {
                        let (_, after) = tokens.argument(at + 1 + star, end);
                        tokens
                            .optional(after, end)
                            .map_or(after, |(_, after)| after)
                    }
                    _ => start,
                };
                self.caption(start, end)
            }
            "subfloat" | "subtable" | "subfigure" | "subtop" => {
                if let Some((range, after)) = tokens.optional(at + 1, end) {
                    let text = self.text(range);
                    self.subfloat(text, after, end);
                    return after;
                }
                at + 1
            }
            "label" => {
                let (range, after) = tokens.argument(at + 1, end);
                let label = tokens.plain(range).trim().to_owned();
                self.add_label(label);
                after
            }
            "tablehead" | "tablefirsthead" => {
                let (range, after) = tokens.argument(at + 1, end);
                if name == "tablefirsthead" || self.head.is_none() {
                    self.head = Some(range);
                }
                after
            }
            "tabletail" | "tablelasttail" => tokens.argument(at + 1, end).1,
            "par" => {
                self.paragraph();
                at + 1
            }
            "item" => {
                self.paragraph();
                start
            }
            _ => self.other_command(name, at, end),
        }
    }

    fn heading(&mut self, name: &str, at: usize, end: usize) -> usize {
        self.paragraph();
        let level = ["chapter", "section", "subsection", "subsubsection"]
            .iter()
            .position(|heading| *heading == name)
            .unwrap_or(0);
        let (range, after) = self.printer.tokens.argument(at, end);
        self.headings[level] = Some(self.text(range));
        for deeper in &mut self.headings[level + 1..] {
            *deeper = None;
        }
        after
    }

    fn caption(&mut self, at: usize, end: usize) -> usize {
        let (range, after) = self.printer.tokens.argument(at, end);
        let printed = self.printer.range(range, false, false);
        self.add_caption(printed.text.into());
        for label in printed.labels {
            self.add_label(label);
        }
        after
    }

    /// Prints a range by itself.
    fn text(&mut self, range: Range<usize>) -> Rc<CellText> {
        self.printer.range(range, false, false).text.into()
    }

    fn add_caption(&mut self, text: Rc<CellText>) {
        match self.contexts.last_mut() {
            Some(context) => context.captions.push((context.tables.len(), text)),
            None => self.caption = Some(text),
        }
    }

    fn add_label(&mut self, label: String) {
        if let Some(context) = self.contexts.last_mut() {
            context.labels.push((context.tables.len(), label));
        }
    }

    /// Ends a paragraph.
    pub(super) fn paragraph(&mut self) {
        let Printed {
            text, references, ..
        } = self.printer.take();
        if text.is_blank() {
            return;
        }
        match self.contexts.last_mut() {
            Some(context) => context.notes.push(text.into()),
            None => {
                self.paragraphs.push(Paragraph { text, references });
                let paragraph = self.paragraphs.len() - 1;
                for table in self.tables.iter_mut().rev() {
                    // Tables after the last paragraph share the next one.
                    if table.after.is_some() {
                        break;
                    }
                    table.after = Some(paragraph);
                }
            }
        }
    }

    fn found(&mut self, grid: Grid, mut captions: Vec<Rc<CellText>>, labels: Vec<String>) {
        let is_float = self.floats > 0;
        captions.extend(self.caption.take());
        let before = self.paragraphs.len().checked_sub(1);
        self.tables.push(Found {
            grid,
            captions,
            labels,
            notes: Vec::new(),
            headings: self.headings.iter().rev().flatten().cloned().collect(),
            is_float,
            before,
            after: None,
        });
        let index = self.tables.len() - 1;
        if let Some(context) = self.contexts.last_mut() {
            context.tables.push(index);
        }
    }

    pub(super) fn open(&mut self, context: Context) {
        if self.contexts.len() < CONTEXTS {
            self.floats += usize::from(!context.is_note);
            self.contexts.push(context);
        }
    }

    /// Ends the innermost context, and gives its tables what it says of them; whether there was one.
    fn close(&mut self) -> bool {
        let Some(context) = self.contexts.pop() else {
            return false;
        };
        if context.is_note {
            // Notes speak about the tables of the context around.
            match self.contexts.last_mut() {
                Some(outer) => outer.notes.extend(context.notes),
                None => {
                    if let Some(table) = self.tables.last_mut() {
                        table.notes.extend(context.notes);
                    }
                }
            }
            return true;
        }
        self.floats -= 1;
        for (position, &table) in context.tables.iter().enumerate() {
            let found = &mut self.tables[table];
            found.captions.extend(of_table(&context.captions, position));
            found.labels.extend(of_table(&context.labels, position));
            found.notes.extend(context.notes.iter().cloned());
        }
        if let Some(outer) = self.contexts.last_mut() {
            outer.tables.extend(context.tables);
        }
        true
    }

    fn finish(self) -> Result<TableDocument, ImportError> {
        let mut referring: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, paragraph) in self.paragraphs.iter().enumerate() {
            for label in &paragraph.references {
                let found = referring.entry(label).or_default();
                if found.len() < MOST_REFERENCES && found.last() != Some(&index) {
                    found.push(index);
                }
            }
        }
        let mut copied = 0_usize;
        let mut grids = Vec::with_capacity(self.tables.len());
        for found in self.tables {
            if found.grid.rows.is_empty() {
                continue;
            }
            let grid = found.grid_with_passages(&self.paragraphs, &referring);
            copied += grid
                .passages
                .iter()
                .map(|passage| passage.text.len())
                .sum::<usize>();
            if copied > MOST_COPIED {
                return Err(ImportError::TooLarge {
                    file: "text around the tables".to_owned(),
                    limit: MOST_COPIED,
                });
            }
            grids.push(grid);
        }
        let prose = if grids.is_empty() {
            self.paragraphs
                .into_iter()
                .map(|paragraph| paragraph.text)
                .collect()
        } else {
            Vec::new()
        };
        Ok(TableDocument {
            grids,
            prose,
            problems: self.printer.into_problems(),
        })
    }
}
