//! From the tokens of HTML to tables and passages.

use std::ops::Range;

use html5gum::{DefaultEmitter, EndTag, StartTag, Token, Tokenizer};

use super::elements::{is_block, is_hidden, is_void, mark, script};
use super::table::OpenTable;
use super::text::push;
use crate::document::TableDocument;
use crate::error::ImportError;
use crate::grid::Grid;
use crate::passage::{Passage, PassageKind};
use crate::source::{FileId, SourceFiles};
use crate::text::{CellText, TextMark};

/// Elements nested deeper than this are not told apart.
const DEEPEST: usize = 100;

/// Reads the main file.
///
/// # Errors
/// When a table has too many cells.
pub(crate) fn read(files: &SourceFiles) -> Result<TableDocument, ImportError> {
    let file = files.main();
    let whole = 0..files.file(file).text.len();
    let grids = tables(files, file, whole, &[])?;
    Ok(TableDocument {
        grids,
        ..TableDocument::default()
    })
}

/// The tables in a range of a file; `passages` are said about all of them.
///
/// # Errors
/// When a table has too many cells.
pub(crate) fn tables(
    files: &SourceFiles,
    file: FileId,
    range: Range<usize>,
    passages: &[Passage],
) -> Result<Vec<Grid>, ImportError> {
    let text = files.slice(file, range.clone());
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let mut reader = Reader {
        file,
        offset: range.start,
        text,
        said: passages.to_vec(),
        grids: Vec::new(),
        table: None,
        elements: Vec::new(),
        out: CellText::new(),
        hidden: None,
        collecting: None,
        figure_from: None,
    };
    for token in Tokenizer::new_with_emitter(text, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => reader.start(&tag)?,
            Token::EndTag(tag) => reader.end(&tag)?,
            Token::String(string) => reader.text(string.span.start..string.span.end),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    reader.close_table()?;
    Ok(reader.grids)
}

/// An element within a cell or a passage.
struct Element {
    name: String,
    mark: Option<TextMark>,
    start: usize,
    children: usize,
}

struct Reader<'t> {
    file: FileId,
    offset: usize,
    text: &'t str,
    /// What is said about the next table.
    said: Vec<Passage>,
    grids: Vec<Grid>,
    table: Option<OpenTable>,
    elements: Vec<Element>,
    /// The text that is being collected.
    out: CellText,
    /// The element that hides all in it, and how many of its name are open.
    hidden: Option<(String, usize)>,
    /// What the text is collected for, outside of cells.
    collecting: Option<PassageKind>,
    /// The first table of the open figure.
    figure_from: Option<usize>,
}

impl Reader<'_> {
    fn text(&mut self, span: Range<usize>) {
        let in_cell = self.table.as_ref().is_some_and(OpenTable::is_in_cell);
        if self.hidden.is_some() || !(in_cell || self.collecting.is_some()) {
            return;
        }
        let Some(raw) = self.text.get(span.clone()) else {
            return;
        };
        push(&mut self.out, self.file, self.offset + span.start, raw);
    }

    fn take(&mut self) -> CellText {
        self.unwind(0);
        std::mem::take(&mut self.out)
    }

    /// Ends the elements above the first `kept`.
    fn unwind(&mut self, kept: usize) {
        while self.elements.len() > kept {
            if let Some(Element {
                mark: Some(mark),
                start,
                ..
            }) = self.elements.pop()
            {
                self.out.mark(start..self.out.len(), mark);
            }
        }
    }

    fn is_table_part(name: &str) -> bool {
        matches!(
            name,
            "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" | "caption"
        )
    }

    fn start(&mut self, tag: &StartTag<usize>) -> Result<(), ImportError> {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        if let Some((hidden, count)) = &mut self.hidden {
            if *hidden == name && !tag.self_closing {
                *count += 1;
            }
            let ends = Self::is_table_part(&name) && !Self::is_table_part(hidden);
            if !ends || self.table.is_none() {
                return Ok(());
            }
            self.hidden = None;
        }
        if self.table.as_ref().is_some_and(|table| table.nested > 0) {
            return self.start_nested(&name);
        }
        match name.as_str() {
            "table" => self.start_table(tag, &name),
            "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" | "caption" => {
                self.start_part(tag, &name)
            }
            _ => {
                self.start_element(tag, name);
                Ok(())
            }
        }
    }

    /// A table within a cell is text of the cell.
    fn start_nested(&mut self, name: &str) -> Result<(), ImportError> {
        if let ("table", Some(table)) = (name, &mut self.table) {
            table.nested += 1;
        }
        if matches!(name, "tr" | "td" | "th" | "br") {
            self.space("\n");
        }
        Ok(())
    }

    fn space(&mut self, space: &str) {
        if !self.out.is_empty() {
            let place = self.offset;
            self.out.push_replaced(space, self.file, place..place);
        }
    }

    fn start_table(&mut self, tag: &StartTag<usize>, name: &str) -> Result<(), ImportError> {
        if let Some(table) = &mut self.table
            && table.is_in_cell()
        {
            table.nested = 1;
            return Ok(());
        }
        self.close_table()?;
        self.end_passage();
        if is_hidden(tag, name) {
            self.hidden = Some((name.to_owned(), 1));
            return Ok(());
        }
        let said = self.said.clone();
        self.said
            .retain(|passage| passage.kind == PassageKind::Heading);
        self.table = Some(OpenTable::new(tag, said));
        Ok(())
    }

    fn start_part(&mut self, tag: &StartTag<usize>, name: &str) -> Result<(), ImportError> {
        let hidden = is_hidden(tag, name);
        if self.table.is_none() {
            return Ok(());
        }
        if self.collecting == Some(PassageKind::Caption) {
            self.end_passage();
        }
        let text = self.take();
        let Some(table) = &mut self.table else {
            return Ok(());
        };
        match name {
            "tr" if hidden => {
                table.end_row(text)?;
                self.hidden = Some((name.to_owned(), 1));
            }
            "tr" => table.row(text)?,
            "td" | "th" => table.begin_cell(tag, name == "th", hidden, text)?,
            "caption" => self.collecting = Some(PassageKind::Caption),
            part => table.part(part, text)?,
        }
        Ok(())
    }

    fn start_element(&mut self, tag: &StartTag<usize>, name: String) {
        if is_hidden(tag, &name) {
            if !tag.self_closing && !is_void(&name) {
                self.hidden = Some((name, 1));
            }
            return;
        }
        let in_cell = self.table.as_ref().is_some_and(OpenTable::is_in_cell);
        match name.as_str() {
            "br" => return self.space("\n"),
            "p" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "figcaption" if !in_cell => {
                self.end_passage();
                self.collecting = Some(kind_of(&name));
                return;
            }
            "figure" if !in_cell => self.figure_from = Some(self.grids.len()),
            block if is_block(block) => self.space(" "),
            _ => {}
        }
        if is_void(&name) || tag.self_closing || self.elements.len() >= DEEPEST {
            return;
        }
        let parent = self.elements.last_mut();
        let by_parent = parent.and_then(|parent| {
            parent.children += 1;
            script(&parent.name, parent.children - 1)
        });
        self.elements.push(Element {
            mark: mark(&name).or(by_parent),
            name,
            start: self.out.len(),
            children: 0,
        });
    }

    fn end(&mut self, tag: &EndTag<usize>) -> Result<(), ImportError> {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        if let Some((hidden, count)) = &mut self.hidden {
            if *hidden == name {
                *count -= 1;
            }
            let ends = *count == 0;
            let part =
                Self::is_table_part(&name) && !Self::is_table_part(hidden) && self.table.is_some();
            if ends || part {
                self.hidden = None;
            }
            if !part {
                return Ok(());
            }
        }
        if let Some(table) = &mut self.table
            && table.nested > 0
        {
            table.nested -= usize::from(name == "table");
            return Ok(());
        }
        match name.as_str() {
            "table" => self.close_table(),
            "td" | "th" | "tr" | "thead" | "tbody" | "tfoot" => self.end_part(&name),
            "caption" | "p" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "figcaption" => {
                let in_cell = self.table.as_ref().is_some_and(OpenTable::is_in_cell);
                match in_cell {
                    true => self.space(" "),
                    false => self.end_passage(),
                }
                Ok(())
            }
            "figure" => {
                self.figure_from = None;
                Ok(())
            }
            _ => {
                let open = self
                    .elements
                    .iter()
                    .rposition(|element| element.name == name);
                if let Some(open) = open {
                    self.unwind(open);
                }
                Ok(())
            }
        }
    }

    fn end_part(&mut self, name: &str) -> Result<(), ImportError> {
        if self.table.is_none() {
            return Ok(());
        }
        let text = self.take();
        let Some(table) = &mut self.table else {
            return Ok(());
        };
        match name {
            "td" | "th" => table.end_cell(text),
            "tr" => table.end_row(text),
            _ => table.part("tbody", text),
        }
    }

    fn close_table(&mut self) -> Result<(), ImportError> {
        if self.collecting.is_some() {
            self.end_passage();
        }
        let text = self.take();
        if let Some(table) = self.table.take() {
            self.grids.extend(table.finish(text)?);
        }
        Ok(())
    }

    /// Ends a paragraph, a heading or a caption.
    fn end_passage(&mut self) {
        let Some(kind) = self.collecting.take() else {
            return;
        };
        let text = self.take();
        if text.is_blank() {
            return;
        }
        if let Some(table) = &mut self.table {
            return table.note(kind, text);
        }
        let passage = Passage { kind, text };
        match kind {
            PassageKind::Caption => {
                let from = self.figure_from.unwrap_or(self.grids.len());
                for grid in &mut self.grids[from..] {
                    grid.passages.push(passage.clone());
                }
                if self.grids.len() == from {
                    self.said.push(passage);
                }
            }
            PassageKind::Heading => {
                self.said.retain(|said| said.kind == PassageKind::Heading);
                self.said.insert(0, passage);
                self.said.truncate(4);
            }
            PassageKind::Before
            | PassageKind::After
            | PassageKind::Note
            | PassageKind::Reference => {
                self.said.retain(|said| said.kind != PassageKind::Before);
                self.said.push(passage);
            }
        }
    }
}

fn kind_of(name: &str) -> PassageKind {
    match name {
        "figcaption" => PassageKind::Caption,
        "p" | "li" => PassageKind::Before,
        _ => PassageKind::Heading,
    }
}
