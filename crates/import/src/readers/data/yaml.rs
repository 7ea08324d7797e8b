//! YAML, with the place of each value.

use std::ops::Range;

use saphyr_parser::{Event, Parser, Span};

use super::shapes;
use super::tree::{DEEPEST, Node};
use crate::document::TableDocument;
use crate::error::ImportError;
use crate::grid::Grid;
use crate::source::{FileId, SourceFiles};
use crate::text::CellText;

/// Reads the main file.
///
/// # Errors
/// When it is no YAML.
pub(crate) fn read(files: &SourceFiles) -> Result<TableDocument, ImportError> {
    let file = files.main();
    let whole = 0..files.file(file).text.len();
    Ok(TableDocument {
        grids: grids(files, file, whole)?,
        ..TableDocument::default()
    })
}

/// The tables of the YAML in a range of a file.
///
/// # Errors
/// When it is no YAML.
pub(crate) fn grids(
    files: &SourceFiles,
    file: FileId,
    range: Range<usize>,
) -> Result<Vec<Grid>, ImportError> {
    let mut grids = Vec::new();
    for root in &roots(files, file, range)? {
        grids.extend(shapes::grids(root)?);
    }
    Ok(grids)
}

/// The documents of the YAML in a range of a file.
///
/// # Errors
/// When it is no YAML.
pub(crate) fn roots(
    files: &SourceFiles,
    file: FileId,
    range: Range<usize>,
) -> Result<Vec<Node>, ImportError> {
    let text = files.slice(file, range.clone());
    let mut builder = Builder {
        files,
        file,
        text,
        base: range.start,
        characters: 0,
        bytes: 0,
        stack: Vec::new(),
        roots: Vec::new(),
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let offset = builder.byte(error.marker().index());
            let place = files.place(file, range.start + offset);
            ImportError::Malformed {
                file: place.file,
                line: place.line,
                column: place.column,
                problem: error.info().to_owned(),
            }
        })?;
        builder.event(event, span)?;
    }
    Ok(builder.roots)
}

/// A map or a list that is open.
enum Open {
    Map(Vec<(CellText, Node)>, Option<CellText>),
    List(Vec<Node>),
}

struct Builder<'t> {
    files: &'t SourceFiles,
    file: FileId,
    text: &'t str,
    base: usize,
    /// A place whose index in characters and in bytes is known; places are asked for in order.
    characters: usize,
    bytes: usize,
    stack: Vec<Open>,
    roots: Vec<Node>,
}

impl Builder<'_> {
    /// The byte of an index in characters.
    fn byte(&mut self, index: usize) -> usize {
        if index < self.characters {
            (self.characters, self.bytes) = (0, 0);
        }
        let rest = &self.text[self.bytes..];
        let ahead = rest.char_indices().nth(index - self.characters);
        self.bytes += ahead.map_or(rest.len(), |(at, _)| at);
        self.characters = index;
        self.bytes
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), ImportError> {
        match event {
            Event::Scalar(value, ..) => {
                let text = self.scalar(&value, span);
                self.push(Node::Scalar(text));
            }
            Event::Alias(_) => self.push(Node::Scalar(CellText::new())),
            Event::MappingStart(..) => self.open(Open::Map(Vec::new(), None), span)?,
            Event::SequenceStart(..) => self.open(Open::List(Vec::new()), span)?,
            Event::MappingEnd | Event::SequenceEnd => match self.stack.pop() {
                Some(Open::Map(entries, _)) => self.push(Node::Map(entries)),
                Some(Open::List(items)) => self.push(Node::List(items)),
                None => {}
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn open(&mut self, open: Open, span: Span) -> Result<(), ImportError> {
        if self.stack.len() >= DEEPEST {
            let offset = self.base + self.byte(span.start.index());
            let place = self.files.place(self.file, offset);
            return Err(ImportError::TooDeep {
                file: place.file,
                line: place.line,
                column: place.column,
                limit: DEEPEST,
            });
        }
        self.stack.push(open);
        Ok(())
    }

    fn scalar(&mut self, value: &str, span: Span) -> CellText {
        let start = self.byte(span.start.index());
        let end = self.byte(span.end.index());
        let raw = self.text.get(start..end).unwrap_or_default();
        let mut text = CellText::new();
        match raw.find(value).filter(|_| !value.is_empty()) {
            Some(at) => text.push_literal(self.file, self.base + start + at, value),
            None => text.push_replaced(value, self.file, self.base + start..self.base + end),
        }
        text
    }

    /// Puts a value where it belongs: into the innermost map or list, or among the documents.
    fn push(&mut self, node: Node) {
        match self.stack.last_mut() {
            Some(Open::List(items)) => items.push(node),
            Some(Open::Map(entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    let text = node.scalar().cloned();
                    *key = Some(text.unwrap_or_default());
                }
            },
            None => self.roots.push(node),
        }
    }
}
