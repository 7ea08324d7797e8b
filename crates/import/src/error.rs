//! Errors of reading a file.

/// Why a file cannot be read as a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// A file is too large.
    #[error("{file}: expected at most {limit} bytes")]
    TooLarge {
        /// The file.
        file: String,
        /// The greatest number of bytes.
        limit: usize,
    },
    /// A file includes too many files.
    #[error("expected at most {limit} included files")]
    TooManyFiles {
        /// The greatest number of files.
        limit: usize,
    },
    /// A table has too many cells, spans counted.
    #[error("expected a table of at most {limit} cells")]
    TooManyCells {
        /// The greatest number of cells.
        limit: usize,
    },
    /// Elements are nested too deep.
    #[error("{file}:{line}:{column}: nested deeper than {limit}")]
    TooDeep {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The column in characters, counted from 1.
        column: usize,
        /// The greatest depth.
        limit: usize,
    },
    /// A file is not what its format asks for.
    #[error("{file}:{line}:{column}: {problem}")]
    Malformed {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The column in characters, counted from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
}
