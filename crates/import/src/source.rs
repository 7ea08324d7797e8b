//! The files that a table is read from, and places in them.

use std::ops::Range;
use std::sync::Arc;

use crate::error::ImportError;

/// Files larger than this are refused, in bytes.
const LARGEST_FILE: usize = 64 << 20;

/// More included files than this are refused.
const MOST_FILES: usize = 200;

/// Characters are counted block by block, so that a column in a long line is found at once.
const BLOCK: usize = 64;

/// A file of [`SourceFiles`], by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A file that another one includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncludedFile {
    /// Its name as shown to the user.
    pub name: String,
    /// The content.
    pub text: String,
}

/// Loads the files that a file includes.
pub trait IncludeLoader: Sync {
    /// The file that `name` stands for, as printed in the including file; `None` where there is none or
    /// where it lies outside the main file's folder.
    fn load(&self, name: &str) -> Option<IncludedFile>;
}

/// A file: its name as shown to the user and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The name as the user gave it.
    pub name: Arc<str>,
    /// The content.
    pub text: String,
    line_starts: Vec<usize>,
    /// The number of characters before each block of [`BLOCK`] bytes.
    characters: Vec<usize>,
}

/// A place as it is shown: file, line and column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
}

impl SourceFile {
    /// A file with a text.
    ///
    /// # Errors
    /// When the text is larger than 64 MiB.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<String>) -> Result<Self, ImportError> {
        let (name, text) = (name.into(), text.into());
        if text.len() > LARGEST_FILE {
            return Err(ImportError::TooLarge {
                file: name.to_string(),
                limit: LARGEST_FILE,
            });
        }
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let blocks = text.as_bytes().chunks(BLOCK).scan(0, |before, block| {
            let here = *before;
            *before += begun(block);
            Some(here)
        });
        let characters = blocks.collect();
        Ok(SourceFile {
            name,
            text,
            line_starts,
            characters,
        })
    }

    /// The line of a byte offset, counted from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// The column of a byte offset in characters, counted from 1.
    pub fn column(&self, offset: usize) -> usize {
        self.line_and_column(offset).1
    }

    /// Line and column of a byte offset, both counted from 1.
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let start = self.line_starts[line - 1];
        let column = self.characters_before(offset) - self.characters_before(start) + 1;
        (line, column)
    }

    fn characters_before(&self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        let block = end / BLOCK;
        let before = self.characters.get(block).copied();
        before.map_or_else(
            || begun(&self.text.as_bytes()[..end]),
            |before| before + begun(&self.text.as_bytes()[block * BLOCK..end]),
        )
    }
}

/// The number of characters that begin in the bytes.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// The file that is read, and those that it includes.
pub struct SourceFiles {
    files: Vec<SourceFile>,
    loader: Option<Box<dyn IncludeLoader>>,
}

impl SourceFiles {
    /// A file by itself.
    pub fn single(main: SourceFile) -> Self {
        SourceFiles {
            files: vec![main],
            loader: None,
        }
    }

    /// A file, and the loader of what it includes.
    pub fn with_includes(main: SourceFile, loader: Box<dyn IncludeLoader>) -> Self {
        SourceFiles {
            files: vec![main],
            loader: Some(loader),
        }
    }

    /// The file that is read.
    pub fn main(&self) -> FileId {
        FileId(0)
    }

    /// A file.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files: the one that is read, then those that it includes.
    pub fn all(&self) -> &[SourceFile] {
        &self.files
    }

    /// Loads the file that an `\input{name}` or the like names; `None` where it cannot be had.
    ///
    /// # Errors
    /// When it is too large, or when there are more than 200 files.
    pub fn include(&mut self, name: &str) -> Result<Option<FileId>, ImportError> {
        let Some(file) = self.loader.as_ref().and_then(|loader| loader.load(name)) else {
            return Ok(None);
        };
        if self.files.len() >= MOST_FILES {
            return Err(ImportError::TooManyFiles { limit: MOST_FILES });
        }
        self.files.push(SourceFile::new(file.name, file.text)?);
        let id = u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX);
        Ok(Some(FileId(id)))
    }

    /// The place of a byte offset.
    pub fn place(&self, file: FileId, offset: usize) -> Place {
        let file = self.file(file);
        Place {
            file: file.name.to_string(),
            line: file.line(offset),
            column: file.column(offset),
        }
    }

    /// The text of a range of a file; empty where the range cuts a character.
    pub fn slice(&self, file: FileId, range: Range<usize>) -> &str {
        self.file(file).text.get(range).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let file = SourceFile::new("a.md", "x\n| − 2 |\n").unwrap();
        let offset = file.text.find('2').unwrap();
        assert_eq!((file.line(offset), file.column(offset)), (2, 5));
        assert_eq!((file.line(0), file.column(0)), (1, 1));
    }
}
