//! The columns of a table file as text.

/// The header, cells and lines of a table file.
#[derive(Debug)]
pub(crate) struct RawTable {
    pub(crate) header: Vec<String>,
    /// For each name the cells, one a row, or what the column has that no cell can hold.
    pub(crate) columns: Vec<Result<Vec<String>, &'static str>>,
    /// The line of each row in the file, or its number where a file has no lines.
    pub(crate) lines: Vec<u64>,
}
