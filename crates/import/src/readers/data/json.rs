//! JSON and JSON lines, with the place of each value. Digits are kept, and `NaN` and `Infinity` are read as
//! Python writes them.

use super::shapes;
use super::tree::{DEEPEST, Node};
use crate::document::TableDocument;
use crate::error::ImportError;
use crate::source::{FileId, SourceFiles};
use crate::text::CellText;

/// Reads the main file.
///
/// # Errors
/// When it is no JSON.
pub(crate) fn read(files: &SourceFiles) -> Result<TableDocument, ImportError> {
    let mut roots = roots(files, files.main())?;
    let root = match roots.len() {
        1 => roots.remove(0),
        _ => Node::List(roots),
    };
    Ok(TableDocument {
        grids: shapes::grids(&root)?,
        ..TableDocument::default()
    })
}

/// The documents of a file: one, or those of JSON lines.
///
/// # Errors
/// When it is no JSON.
pub(crate) fn roots(files: &SourceFiles, file: FileId) -> Result<Vec<Node>, ImportError> {
    let text = files.file(file).text.as_str();
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut scanner = Scanner {
        files,
        file,
        text,
        at: start,
    };
    let mut roots = Vec::new();
    scanner.spaces();
    while scanner.at < text.len() {
        roots.push(scanner.value(0)?);
        scanner.spaces();
    }
    Ok(roots)
}

struct Scanner<'t> {
    files: &'t SourceFiles,
    file: FileId,
    text: &'t str,
    at: usize,
}

impl Scanner<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn spaces(&mut self) {
        while self.byte().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn fault(&self, expected: &str) -> ImportError {
        let place = self.files.place(self.file, self.at);
        let found = self.text[self.at..].chars().next();
        let found = found.map_or("the end of the file".to_owned(), |char| {
            format!("`{}`", char.escape_debug())
        });
        ImportError::Malformed {
            file: place.file,
            line: place.line,
            column: place.column,
            problem: format!("expected {expected}, found {found}"),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, ImportError> {
        if depth > DEEPEST {
            let place = self.files.place(self.file, self.at);
            return Err(ImportError::TooDeep {
                file: place.file,
                line: place.line,
                column: place.column,
                limit: DEEPEST,
            });
        }
        match self.byte() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Node::Scalar(self.string()?)),
            Some(_) => self.word(),
            None => Err(self.fault("a value")),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Node, ImportError> {
        let mut entries = Vec::new();
        self.at += 1;
        loop {
            self.spaces();
            match self.byte() {
                Some(b'}') => break,
                Some(b'"') => {}
                _ => return Err(self.fault("a key or `}`")),
            }
            let key = self.string()?;
            self.spaces();
            if self.byte() != Some(b':') {
                return Err(self.fault("`:`"));
            }
            self.at += 1;
            self.spaces();
            entries.push((key, self.value(depth + 1)?));
            self.spaces();
            match self.byte() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.fault("`,` or `}`")),
            }
        }
        self.at += 1;
        Ok(Node::Map(entries))
    }

    fn list(&mut self, depth: usize) -> Result<Node, ImportError> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.spaces();
            if self.byte() == Some(b']') {
                break;
            }
            items.push(self.value(depth + 1)?);
            self.spaces();
            match self.byte() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.fault("`,` or `]`")),
            }
        }
        self.at += 1;
        Ok(Node::List(items))
    }

    /// A number, `true`, `null`, `NaN`.
    fn word(&mut self) -> Result<Node, ImportError> {
        let start = self.at;
        while self.byte().is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_')
        }) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.fault("a value"));
        }
        let word = &self.text[start..self.at];
        Ok(Node::Scalar(CellText::literal(self.file, start, word)))
    }

    fn string(&mut self) -> Result<CellText, ImportError> {
        let mut text = CellText::new();
        self.at += 1;
        let mut start = self.at;
        loop {
            match self.byte() {
                None => return Err(self.fault("`\"`")),
                Some(b'"') => break,
                Some(b'\\') => {
                    text.push_literal(self.file, start, &self.text[start..self.at]);
                    self.escape(&mut text)?;
                    start = self.at;
                }
                Some(_) => self.at += 1,
            }
        }
        text.push_literal(self.file, start, &self.text[start..self.at]);
        self.at += 1;
        Ok(text)
    }

    fn escape(&mut self, text: &mut CellText) -> Result<(), ImportError> {
        let start = self.at;
        let code = self.text.as_bytes().get(start + 1).copied();
        let (char, length) = match code {
            Some(b'n') => ('\n', 2),
            Some(b't') => ('\t', 2),
            Some(b'r') => ('\r', 2),
            Some(b'b' | b'f') => (' ', 2),
            Some(b'u') => self.unicode(start)?,
            Some(byte @ (b'"' | b'\\' | b'/')) => (char::from(byte), 2),
            Some(_) | None => return Err(self.fault("an escape")),
        };
        text.push_replaced(
            char.encode_utf8(&mut [0; 4]),
            self.file,
            start..start + length,
        );
        self.at = start + length;
        Ok(())
    }

    /// `\u00b1`, or two for a character beyond the first plane.
    fn unicode(&self, start: usize) -> Result<(char, usize), ImportError> {
        let unit = |at: usize| {
            let digits = self.text.get(at + 2..at + 6)?;
            let is_escape = self.text.get(at..at + 2) == Some("\\u");
            is_escape
                .then(|| u32::from_str_radix(digits, 16).ok())
                .flatten()
        };
        let first = unit(start).ok_or_else(|| self.fault("four hexadecimal digits"))?;
        if let Some(char) = char::from_u32(first) {
            return Ok((char, 6));
        }
        let second = unit(start + 6).filter(|unit| (0xdc00..0xe000).contains(unit));
        let char = second.filter(|_| first < 0xdc00).and_then(|second| {
            char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
        });
        Ok(char.map_or((char::REPLACEMENT_CHARACTER, 6), |char| (char, 12)))
    }
}
