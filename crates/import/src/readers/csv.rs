//! Values separated by commas, semicolons or tabs.

use crate::document::TableDocument;
use crate::error::ImportError;
use crate::grid::GridCell;
use crate::grid_builder::{GridBuilder, SpanStyle};
use crate::passage::{Passage, PassageKind};
use crate::source::{FileId, SourceFiles};
use crate::text::CellText;

/// Lines that the delimiter is found by.
const SNIFFED: usize = 20;

/// Reads the main file.
///
/// # Errors
/// When it has too many cells.
pub(crate) fn read(files: &SourceFiles) -> Result<TableDocument, ImportError> {
    let file = files.main();
    let text = &files.file(file).text;
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut passages = Vec::new();
    while text[start..].starts_with('#') {
        let end = text[start..]
            .find('\n')
            .map_or(text.len(), |at| start + at + 1);
        let remark = text[start..end].trim_end();
        passages.push(Passage {
            kind: PassageKind::Caption,
            text: CellText::literal(file, start + 1, &remark[1..]),
        });
        start = end;
    }
    let delimiter = delimiter(&text[start..]);
    let mut grid = GridBuilder::new(SpanStyle::Absent);
    let is_separator = |byte: &&u8| **byte == delimiter || **byte == b'\n';
    grid.expect_cells(text.as_bytes()[start..].iter().filter(is_separator).count());
    let mut records = Records {
        text,
        at: start,
        delimiter,
    };
    while records.at < text.len() {
        records.record(file, &mut grid)?;
    }
    let mut grid = grid.finish()?;
    grid.passages = passages;
    Ok(TableDocument {
        grids: vec![grid],
        ..TableDocument::default()
    })
}

/// The delimiter that stands most evenly in the first lines.
fn delimiter(text: &str) -> u8 {
    let lines: Vec<&str> = text
        .lines()
        .take(SNIFFED)
        .filter(|line| !line.trim().is_empty())
        .collect();
    let evenness = |delimiter: u8| {
        let counts: Vec<usize> = lines.iter().map(|line| fields(line, delimiter)).collect();
        let first = counts.first().copied().unwrap_or(0);
        let even = counts.iter().all(|count| *count == first);
        (first > 1 && even, first)
    };
    let by_evenness = [b';', b'\t', b',', b'|']
        .into_iter()
        .map(|delimiter| (evenness(delimiter), delimiter));
    let best = by_evenness.max_by_key(|(evenness, delimiter)| (*evenness, *delimiter == b','));
    best.map_or(b',', |(_, delimiter)| delimiter)
}

/// The number of fields of a line.
fn fields(line: &str, delimiter: u8) -> usize {
    let mut quoted = false;
    let delimiters = line.bytes().filter(|byte| {
        quoted ^= *byte == b'"';
        *byte == delimiter && !quoted
    });
    delimiters.count() + 1
}

struct Records<'t> {
    text: &'t str,
    at: usize,
    delimiter: u8,
}

impl Records<'_> {
    /// Reads a record into the table; a blank line is none.
    fn record(&mut self, file: FileId, grid: &mut GridBuilder) -> Result<(), ImportError> {
        let line = &self.text[self.at..];
        if line.starts_with('\n') || line.starts_with("\r\n") {
            self.at += if line.starts_with('\n') { 1 } else { 2 };
            return Ok(());
        }
        grid.row(false)?;
        loop {
            let text = self.field(file);
            let cell = GridCell {
                text,
                ..GridCell::default()
            };
            grid.spanning_cell(cell, 1, 1)?;
            let rest = &self.text.as_bytes()[self.at..];
            match rest.first() {
                Some(byte) if *byte == self.delimiter => self.at += 1,
                Some(b'\r') if rest.get(1) == Some(&b'\n') => {
                    self.at += 2;
                    return Ok(());
                }
                Some(_) => {
                    self.at += 1;
                    return Ok(());
                }
                None => return Ok(()),
            }
        }
    }

    /// Reads a field up to the delimiter or the end of the line.
    fn field(&mut self, file: FileId) -> CellText {
        let bytes = self.text.as_bytes();
        let quote = bytes[self.at..].iter().position(|byte| *byte != b' ');
        let quote = quote
            .map(|spaces| self.at + spaces)
            .filter(|at| bytes[*at] == b'"');
        let mut text = CellText::new();
        if let Some(quote) = quote {
            self.at = quote + 1;
            self.quoted(file, &mut text);
        }
        let start = self.at;
        let length = bytes[start..]
            .iter()
            .position(|byte| *byte == self.delimiter || *byte == b'\n' || *byte == b'\r');
        self.at = length.map_or(bytes.len(), |length| start + length);
        text.push_literal(file, start, &self.text[start..self.at]);
        text
    }

    /// Reads quoted text up to the closing quote, or to the end of the file.
    fn quoted(&mut self, file: FileId, text: &mut CellText) {
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = rest.find('"') else {
                text.push_literal(file, self.at, rest);
                self.at = self.text.len();
                return;
            };
            text.push_literal(file, self.at, &rest[..length]);
            self.at += length + 1;
            if !self.text[self.at..].starts_with('"') {
                return;
            }
            text.push_replaced("\"", file, self.at - 1..self.at + 1);
            self.at += 1;
        }
    }
}
