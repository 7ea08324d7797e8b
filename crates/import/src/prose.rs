//! Values in sentences.

use crate::document::TableDocument;
use crate::interpret::Findings;
use crate::options::ImportOptions;
use crate::source::SourceFiles;

/// Reads the values in sentences of a document.
pub(crate) fn read(
    _files: &SourceFiles,
    _document: &TableDocument,
    _options: &ImportOptions,
    _findings: &mut Findings,
) {
}
