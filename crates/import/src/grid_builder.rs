//! Builds a [`Grid`] from cells with spans.

use crate::error::ImportError;
use crate::grid::{Grid, GridCell, GridRow};
use crate::text::CellText;

/// Spans of columns are cut to this, as HTML does.
const WIDEST_SPAN: usize = 1000;

/// Spans of rows are cut to this, as HTML does.
const TALLEST_SPAN: usize = 65_534;

/// Memory is reserved for so many cells at most.
const MOST_EXPECTED: usize = 2_000_000;

/// Tables with more slots than this are refused.
const MOST_SLOTS: usize = 8_000_000;

/// How the format writes the slots that a cell of an earlier row covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanStyle {
    /// Not at all: the row's next cell goes into the next free slot (HTML).
    Absent,
    /// As blank cells, which the spanning cell takes over (LaTeX).
    Blank,
}

/// A cell that still covers slots of rows to come.
#[derive(Clone, Copy, Debug)]
struct Hanging {
    cell: usize,
    rows: usize,
}

/// Builds a [`Grid`], row by row.
#[derive(Clone, Debug)]
pub struct GridBuilder {
    style: SpanStyle,
    grid: Grid,
    /// One entry a column.
    hanging: Vec<Option<Hanging>>,
    /// The column after the last cell of the row.
    next: usize,
    rule: bool,
    slots: usize,
}

impl GridBuilder {
    /// An empty table.
    pub fn new(style: SpanStyle) -> Self {
        GridBuilder {
            style,
            grid: Grid::default(),
            hanging: Vec::new(),
            next: 0,
            rule: false,
            slots: 0,
        }
    }

    /// Reserves memory for so many cells, as far as that is sensible: a table that grows is copied again and again.
    pub fn expect_cells(&mut self, cells: usize) {
        self.grid.cells.reserve(cells.min(MOST_EXPECTED));
    }

    /// Notes a rule that spans the table, above the next row.
    pub fn rule(&mut self) {
        self.rule = true;
    }

    /// Begins a row; `is_header` where the markup puts it into the head.
    ///
    /// # Errors
    /// When the table has more than 8,000,000 slots.
    pub fn row(&mut self, is_header: bool) -> Result<(), ImportError> {
        self.next = 0;
        self.grid.rows.push(GridRow {
            slots: Vec::new(),
            is_header,
            rule_above: std::mem::take(&mut self.rule),
        });
        let row = self.grid.rows.len() - 1;
        for column in 0..self.hanging.len() {
            let Some(Hanging { cell, rows }) = self.hanging[column] else {
                continue;
            };
            self.cover(row, column, cell)?;
            self.grid.cells[cell].rows = row - self.grid.cells[cell].row + 1;
            self.hanging[column] = (rows > 1).then_some(Hanging {
                cell,
                rows: rows - 1,
            });
        }
        Ok(())
    }

    /// Appends a cell of one column and one row.
    ///
    /// # Errors
    /// As [`GridBuilder::spanning_cell`].
    pub fn cell(&mut self, text: CellText, is_header: bool) -> Result<(), ImportError> {
        let cell = GridCell {
            text,
            is_header,
            ..GridCell::default()
        };
        self.spanning_cell(cell, 1, 1)
    }

    /// Appends a cell that covers `columns` columns and `rows` rows, counted downward, or upward where
    /// `rows` is negative. Zero counts as one. The cell's own place and spans are set here.
    ///
    /// # Errors
    /// When the table has more than 8,000,000 slots.
    pub fn spanning_cell(
        &mut self,
        cell: GridCell,
        columns: usize,
        rows: i64,
    ) -> Result<(), ImportError> {
        if self.grid.rows.is_empty() {
            self.row(false)?;
        }
        let row = self.grid.rows.len() - 1;
        let column = self.free_column(row);
        let columns = columns.clamp(1, WIDEST_SPAN);
        self.next = column + columns;
        let height = usize::try_from(rows.unsigned_abs()).unwrap_or(TALLEST_SPAN);
        let height = height.clamp(1, TALLEST_SPAN);
        let above = if rows < 0 { (height - 1).min(row) } else { 0 };
        let below = if rows > 0 { height - 1 } else { 0 };
        let is_blank = cell.text.is_blank();
        let index = self.grid.cells.len();
        self.grid.cells.push(GridCell {
            row: row - above,
            column,
            columns,
            rows: above + 1,
            ..cell
        });
        for covered in column..column + columns {
            if is_blank && self.covering(row, covered).is_some() {
                continue;
            }
            self.cover(row, covered, index)?;
            self.hang(covered, index, below);
            for upper in row - above..row {
                if self.is_blank(upper, covered) {
                    self.cover(upper, covered, index)?;
                }
            }
        }
        Ok(())
    }

    /// The table. All its rows are as wide as the widest.
    ///
    /// # Errors
    /// When the table has more than 8,000,000 slots.
    pub fn finish(mut self) -> Result<Grid, ImportError> {
        let width = self.grid.rows.iter().map(|row| row.slots.len()).max();
        let width = width.unwrap_or(0);
        if width.saturating_mul(self.grid.rows.len()) > MOST_SLOTS {
            return Err(ImportError::TooManyCells { limit: MOST_SLOTS });
        }
        for row in &mut self.grid.rows {
            row.slots.resize(width, None);
        }
        Ok(self.grid)
    }

    /// The column of the row's next cell.
    fn free_column(&self, row: usize) -> usize {
        let mut column = self.next;
        if self.style == SpanStyle::Absent {
            while self.covering(row, column).is_some() {
                column += 1;
            }
        }
        column
    }

    fn covering(&self, row: usize, column: usize) -> Option<usize> {
        *self.grid.rows.get(row)?.slots.get(column)?
    }

    fn is_blank(&self, row: usize, column: usize) -> bool {
        match self.covering(row, column) {
            Some(cell) => self.grid.cells[cell].text.is_blank(),
            None => true,
        }
    }

    fn hang(&mut self, column: usize, cell: usize, rows: usize) {
        if self.hanging.len() <= column {
            if rows == 0 {
                return;
            }
            self.hanging.resize(column + 1, None);
        }
        self.hanging[column] = (rows > 0).then_some(Hanging { cell, rows });
    }

    fn cover(&mut self, row: usize, column: usize, cell: usize) -> Result<(), ImportError> {
        let slots = &mut self.grid.rows[row].slots;
        if slots.len() <= column {
            self.slots += column + 1 - slots.len();
            if self.slots > MOST_SLOTS {
                return Err(ImportError::TooManyCells { limit: MOST_SLOTS });
            }
            slots.resize(column + 1, None);
        }
        slots[column] = Some(cell);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn cell(text: &str) -> GridCell {
        GridCell {
            text: CellText::literal(FileId(0), 0, text),
            ..GridCell::default()
        }
    }

    fn shown(grid: &Grid) -> Vec<Vec<&str>> {
        (0..grid.rows.len())
            .map(|row| {
                (0..grid.width())
                    .map(|column| grid.cell(row, column).map_or("", |cell| cell.text.as_str()))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn html_spans_push_the_next_cells_aside() {
        let mut grid = GridBuilder::new(SpanStyle::Absent);
        grid.row(true).unwrap();
        grid.spanning_cell(cell("a"), 1, 2).unwrap();
        grid.spanning_cell(cell("b"), 2, 1).unwrap();
        grid.row(false).unwrap();
        grid.spanning_cell(cell("c"), 1, 1).unwrap();
        grid.spanning_cell(cell("d"), 1, 1).unwrap();
        let grid = grid.finish().unwrap();
        assert_eq!(shown(&grid), [["a", "b", "b"], ["a", "c", "d"]]);
        assert_eq!(grid.cells[0].rows, 2);
    }

    #[test]
    fn latex_spans_take_over_the_blank_cells_below_or_above() {
        let mut grid = GridBuilder::new(SpanStyle::Blank);
        for (label, rows) in [("a", 2), ("", 1), ("", 1), ("b", -2)] {
            grid.row(false).unwrap();
            grid.spanning_cell(cell(label), 1, rows).unwrap();
            grid.spanning_cell(cell("1"), 1, 1).unwrap();
        }
        let grid = grid.finish().unwrap();
        assert_eq!(
            shown(&grid),
            [["a", "1"], ["a", "1"], ["b", "1"], ["b", "1"]]
        );
    }

    #[test]
    fn spans_without_bound_are_cut() {
        let mut grid = GridBuilder::new(SpanStyle::Absent);
        grid.spanning_cell(cell("a"), 1_000_000_000, i64::MIN)
            .unwrap();
        assert_eq!(grid.finish().unwrap().width(), WIDEST_SPAN);
    }

    #[test]
    fn too_many_slots_are_refused() {
        let mut grid = GridBuilder::new(SpanStyle::Absent);
        grid.row(false).unwrap();
        grid.spanning_cell(cell("a"), 1000, i64::MAX).unwrap();
        let refused = (0..10_000).find_map(|_| grid.row(false).err());
        assert!(matches!(refused, Some(ImportError::TooManyCells { .. })));
    }
}
