//! What a reader delivers: the tables of a file, and the text around them.

use crate::grid::Grid;
use crate::text::{CellText, Origin};

/// What a reader passed over: an unknown macro, a file that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderProblem {
    /// Where.
    pub origin: Origin,
    /// What, a lowercase fragment.
    pub text: String,
}

/// The tables and the text of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableDocument {
    /// The tables, in the order of the file.
    pub grids: Vec<Grid>,
    /// Paragraphs that may report values themselves, in the order of the file.
    pub prose: Vec<CellText>,
    /// What was passed over.
    pub problems: Vec<ReaderProblem>,
}
