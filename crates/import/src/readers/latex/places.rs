//! Places of tokens: offsets in the text of all files that a document reads, one after the other.

use crate::error::ImportError;
use crate::source::{FileId, SourceFiles};
use crate::text::Origin;

use super::token::Place;

/// Greatest sum of the sizes of all files of a document in bytes.
const LARGEST_DOCUMENT: usize = 64 << 20;

/// The files of a document with the place of the first byte of each.
#[derive(Debug, Default)]
pub(super) struct Places {
    files: Vec<(Place, FileId)>,
    size: usize,
}

impl Places {
    /// Adds a file, and gives the place of its first byte. A file that is read twice is added twice.
    pub(super) fn add(&mut self, file: FileId, files: &SourceFiles) -> Result<Place, ImportError> {
        let source = files.file(file);
        let base = self.size;
        // The end of a file is a place of its own.
        self.size += source.text.len() + 1;
        match u32::try_from(base) {
            Ok(base) if self.size <= LARGEST_DOCUMENT + 1 => {
                self.files.push((base, file));
                Ok(base)
            }
            _ => Err(ImportError::TooLarge {
                file: source.name.to_string(),
                limit: LARGEST_DOCUMENT,
            }),
        }
    }

    /// Sum of the sizes in bytes.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// File and offset of a place.
    pub(super) fn origin(&self, place: Place) -> Origin {
        let index = self.files.partition_point(|&(base, _)| base <= place);
        match self.files.get(index.saturating_sub(1)) {
            Some(&(base, file)) => Origin {
                file,
                offset: place.saturating_sub(base) as usize,
            },
            None => Origin {
                file: FileId(0),
                offset: 0,
            },
        }
    }
}
