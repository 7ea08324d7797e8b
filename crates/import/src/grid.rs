//! A table as cells, before anything is known of their meaning.

use crate::passage::Passage;
use crate::text::CellText;

/// A cell as it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GridCell {
    /// The visible text.
    pub text: CellText,
    /// The number of columns that it spans, at least 1.
    pub columns: usize,
    /// The number of rows that it spans, at least 1, counted from the row of [`GridCell::row`].
    pub rows: usize,
    /// The first row that it covers, counted from 0.
    pub row: usize,
    /// The first column that it covers, counted from 0.
    pub column: usize,
    /// Whether the markup says that it is a header.
    pub is_header: bool,
    /// Whether the cell is set by siunitx, where digits in parentheses are last digits.
    pub is_siunitx: bool,
}

/// A row: the cell that covers each column, by its index in [`Grid::cells`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GridRow {
    /// One slot a column; `None` where the row has no cell.
    pub slots: Vec<Option<usize>>,
    /// Whether the markup puts the row into the table's head.
    pub is_header: bool,
    /// Whether a rule that spans the table stands above the row.
    pub rule_above: bool,
}

/// What a column holds, where the format says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnHint {
    /// Labels of rows.
    Row,
    /// Names of data sets, which label values like a column's header does.
    Dataset,
    /// Names of metrics.
    Metric,
    /// Values.
    Value,
    /// Spreads of the values before them.
    Spread,
    /// `↑` or `↓`: whether higher values are better.
    Direction,
    /// The value of another setting, or a note: no result.
    Setup,
}

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// Results as a paper prints them.
    #[default]
    Results,
    /// Results of one evaluated model each, whose spreads are over documents.
    Evaluations,
    /// Results of one run each.
    Runs,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// The cells, in the order of the file.
    pub cells: Vec<GridCell>,
    /// The rows; all have the same number of slots.
    pub rows: Vec<GridRow>,
    /// The name by which the file refers to the table: a LaTeX label, an HTML id.
    pub label: Option<String>,
    /// What the file says about the table.
    pub passages: Vec<Passage>,
    /// What each column holds, where the format says so; shorter than the table where the rest is unknown.
    pub hints: Vec<Option<ColumnHint>>,
    /// What the rows are.
    pub row_kind: RowKind,
}

impl Grid {
    /// The number of columns.
    pub fn width(&self) -> usize {
        self.rows.first().map_or(0, |row| row.slots.len())
    }

    /// The cell that covers a row and a column.
    pub fn cell(&self, row: usize, column: usize) -> Option<&GridCell> {
        let index = (*self.rows.get(row)?.slots.get(column)?)?;
        self.cells.get(index)
    }
}
