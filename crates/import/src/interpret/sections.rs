//! Parts a table into sections: header rows, and the rows below them.

use crate::cells::CellReading;
use crate::grid::Grid;

/// A header has at most so many rows.
const MOST_HEADER_ROWS: usize = 6;

/// A row with values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BodyRow {
    /// The row of the grid.
    pub row: usize,
    /// The cell of the group label above it.
    pub group: Option<usize>,
}

/// Header rows and the rows that they head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    /// The rows of the header.
    pub header: Vec<usize>,
    /// The rows with values.
    pub body: Vec<BodyRow>,
}

/// The rows of a grid, classified.
struct Rows<'g> {
    grid: &'g Grid,
    readings: &'g [CellReading],
    /// The cells of each row that are not blank, each once.
    filled: Vec<Vec<usize>>,
    last_with_values: Option<usize>,
}

/// The sections of a table.
pub(crate) fn sections(grid: &Grid, readings: &[CellReading]) -> Vec<Section> {
    let rows = Rows::new(grid, readings);
    let count = grid.rows.len();
    let mut sections: Vec<Section> = Vec::new();
    let mut header_end = rows.header_end();
    let mut current = Section {
        header: (0..header_end).collect(),
        body: Vec::new(),
    };
    let mut group = None;
    let mut row = header_end;
    while row < count {
        if rows.repeats(row, &current.header) {
            row += 1;
            continue;
        }
        if rows.is_group(row) {
            group = rows.filled[row].first().copied();
            row += 1;
            continue;
        }
        if !current.body.is_empty() && rows.begins_section(row) {
            header_end = row + 1;
            while header_end < count
                && header_end - row < MOST_HEADER_ROWS
                && rows.is_header_like(header_end)
            {
                header_end += 1;
            }
            sections.push(std::mem::take(&mut current));
            current.header = (row..header_end).collect();
            group = None;
            row = header_end;
            continue;
        }
        if !rows.filled[row].is_empty() {
            current.body.push(BodyRow { row, group });
        }
        row += 1;
    }
    sections.push(current);
    sections
}

impl<'g> Rows<'g> {
    fn new(grid: &'g Grid, readings: &'g [CellReading]) -> Self {
        let filled: Vec<Vec<usize>> = grid
            .rows
            .iter()
            .map(|row| {
                let mut cells: Vec<usize> = row
                    .slots
                    .iter()
                    .flatten()
                    .copied()
                    .filter(|cell| !grid.cells[*cell].text.is_blank())
                    .collect();
                cells.dedup();
                cells
            })
            .collect();
        let mut rows = Rows {
            grid,
            readings,
            filled,
            last_with_values: None,
        };
        rows.last_with_values = (0..grid.rows.len()).rev().find(|row| rows.has_values(*row));
        rows
    }

    fn is_value(&self, cell: usize) -> bool {
        match &self.readings[cell] {
            CellReading::Value(_)
            | CellReading::Refused(_)
            | CellReading::Aside(_)
            | CellReading::Bounds(_) => true,
            CellReading::Blank | CellReading::Missing | CellReading::Text => false,
        }
    }

    fn has_values(&self, row: usize) -> bool {
        self.filled[row]
            .iter()
            .any(|cell| self.grid.cells[*cell].column > 0 && self.is_value(*cell))
    }

    /// Whether a single label spans the row, or stands in it alone.
    fn is_group(&self, row: usize) -> bool {
        let [cell] = self.filled[row].as_slice() else {
            return false;
        };
        let filled = &self.grid.cells[*cell];
        self.grid.width() > 1
            && (filled.column == 0 || filled.columns > 1)
            && filled.rows == 1
            && !self.is_value(*cell)
    }

    /// Whether a row has texts and no values, and rows with values follow.
    fn is_header_like(&self, row: usize) -> bool {
        let filled = &self.filled[row];
        let is_missing = |cell: &usize| self.readings[*cell] == CellReading::Missing;
        let values_follow = self.last_with_values.is_some_and(|last| last > row);
        values_follow
            && !self.has_values(row)
            && !filled.iter().any(is_missing)
            && (filled.len() >= 2 || self.is_index_name(row))
            && filled.iter().any(|cell| self.grid.cells[*cell].rows == 1)
    }

    /// pandas writes the index's name into a row of its own, under a header whose first cell is blank.
    fn is_index_name(&self, row: usize) -> bool {
        let [cell] = self.filled[row].as_slice() else {
            return false;
        };
        let is_first = self.grid.cells[*cell].column == 0 && self.grid.cells[*cell].columns == 1;
        let blank_above = row > 0
            && (0..row).all(|above| {
                self.grid
                    .cell(above, 0)
                    .is_none_or(|cell| cell.text.is_blank())
            });
        is_first && blank_above && row <= MOST_HEADER_ROWS
    }

    /// Whether a row of the body heads the rows that follow.
    fn begins_section(&self, row: usize) -> bool {
        let marked = self.grid.rows[row].is_header || self.grid.rows[row].rule_above;
        let below = self
            .grid
            .rows
            .get(row + 1)
            .is_some_and(|next| next.rule_above);
        let all_headers = self.filled[row]
            .iter()
            .all(|cell| self.grid.cells[*cell].is_header);
        let spread_out = self.filled[row]
            .iter()
            .filter(|cell| self.grid.cells[**cell].column > 0)
            .count()
            >= 2
            || (self.grid.width() == 2 && self.filled[row].len() == 2);
        (marked || below || all_headers) && spread_out && self.is_header_like(row)
    }

    /// Whether a row repeats a row of the header.
    fn repeats(&self, row: usize, header: &[usize]) -> bool {
        let texts = |row: usize| {
            self.filled[row]
                .iter()
                .map(|cell| self.grid.cells[*cell].text.as_str().trim())
        };
        self.filled[row].len() >= 2 && header.iter().any(|above| texts(*above).eq(texts(row)))
    }

    /// The number of rows of the first header.
    fn header_end(&self) -> usize {
        let count = self.grid.rows.len();
        let marked = self.marked_header();
        let mut end = if marked > 0 {
            marked
        } else if let Some(ruled) = self.ruled_header() {
            ruled
        } else if self.is_without_header() {
            return 0;
        } else {
            1.min(count)
        };
        while end < count
            && end < MOST_HEADER_ROWS
            && self.is_header_like(end)
            && (!self.is_labelled_text(end) || self.is_index_name(end))
        {
            end += 1;
        }
        end
    }

    /// A row under a header with a label and texts in columns where the rows below have texts, too.
    fn is_labelled_text(&self, row: usize) -> bool {
        let Some(next) = self.last_with_values else {
            return false;
        };
        self.filled[row]
            .iter()
            .filter(|cell| self.grid.cells[**cell].column > 0)
            .all(|cell| {
                let below = self.grid.rows[next].slots[self.grid.cells[*cell].column];
                below.is_none_or(|below| !self.is_value(below))
            })
    }

    /// The leading rows that the markup marks as header.
    fn marked_header(&self) -> usize {
        let rows = self.grid.rows.iter().zip(&self.filled).enumerate();
        rows.take_while(|(index, (row, filled))| {
            let all_headers =
                !filled.is_empty() && filled.iter().all(|cell| self.grid.cells[*cell].is_header);
            row.is_header || (all_headers && !(*index > 0 && self.is_group(*index)))
        })
        .count()
    }

    /// The rows above the first rule within the table, if they look like a header.
    fn ruled_header(&self) -> Option<usize> {
        let rows = self
            .grid
            .rows
            .iter()
            .enumerate()
            .skip(1)
            .take(MOST_HEADER_ROWS);
        let (end, _) = rows.into_iter().find(|(_, row)| row.rule_above)?;
        let spans = self.filled[0]
            .iter()
            .any(|cell| self.grid.cells[*cell].columns > 1);
        let plain = (1..end).all(|row| !self.has_values(row));
        (plain || (spans && end == 2)).then_some(end)
    }

    /// Whether the first row has values already.
    fn is_without_header(&self) -> bool {
        let Some(filled) = self.filled.first() else {
            return true;
        };
        let others: Vec<&usize> = filled
            .iter()
            .filter(|cell| self.grid.cells[**cell].column > 0)
            .collect();
        let decimals = others.iter().filter(|cell| match &self.readings[***cell] {
            CellReading::Value(value) => {
                value.value.printed_decimals() > 0 || value.spread.is_some()
            }
            CellReading::Blank
            | CellReading::Missing
            | CellReading::Text
            | CellReading::Aside(_)
            | CellReading::Bounds(_)
            | CellReading::Refused(_) => false,
        });
        !others.is_empty() && decimals.count() * 2 > others.len()
    }
}
