//! From a LaTeX file to its tables.

use super::body::read_body;
use super::expand::{Expanded, expand};
use super::groups::{match_braces, match_brackets, match_environments};
use super::view::Tokens;
use crate::document::TableDocument;
use crate::error::ImportError;
use crate::source::SourceFiles;

/// Reads the tables of the main file and of those that it includes.
///
/// # Errors
/// When the files are too large, and when macros expand to too much or too deep.
pub(crate) fn read(files: &mut SourceFiles) -> Result<TableDocument, ImportError> {
    let Expanded {
        mut tokens,
        places,
        names,
        columns,
        problems,
    } = expand(files)?;
    match_braces(&mut tokens);
    let ends = match_environments(&tokens);
    let brackets = match_brackets(&tokens);
    let tokens = Tokens {
        files,
        places: &places,
        names: &names,
        tokens: &tokens,
        ends,
        brackets,
    };
    let mut document = read_body(&tokens, &columns)?;
    document.problems.splice(0..0, problems);
    Ok(document)
}
