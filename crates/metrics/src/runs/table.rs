//! Runs in a table: a row is a run.

use super::file_run::FileRun;
use super::reader::{Entry, Reader, is_index, is_seed};
use crate::collect::{cut_number, same};
use crate::error::{MetricError, absent};
use crate::number;
use crate::table::{self, ColumnEnd, CsvTable, Header, TableRow};

/// The runs of a table, one a row that the filters leave in.
pub(super) fn entries(reader: Reader<'_>, text: &str) -> Result<Vec<Entry>, MetricError> {
    let fault = |(line, reason)| reader.malformed(line, reason);
    let keys = reader.query.filters.iter().map(|(key, _)| key.as_str());
    let column = reader.query.column.as_deref();
    let wanted: Vec<&str> = column.into_iter().chain(keys).collect();
    let mut table = table::parse(text, &wanted, Header::Detected).map_err(fault)?;
    if let Some((line, reason)) = table.cut_off.take() {
        return Err(reader.malformed(line, format!("the last row {reason}")));
    }
    if column.is_none() && table.width == 0 {
        return Ok(Vec::new());
    }
    let names: Vec<String> = match &table.names {
        Some(names) => names.clone(),
        None => (1..=table.width).map(|place| place.to_string()).collect(),
    };
    let table = RunTable {
        reader,
        text,
        table,
        names,
    };
    let columns = table.columns()?;
    table.check_summaries(&columns)?;
    table.check_end(&columns)?;
    let rows = table.table.rows.iter();
    let rows = rows.filter(|row| columns.keeps(row));
    rows.map(|row| table.entry(&columns, row)).collect()
}

/// A table whose columns all have names: those of its header, or their places from 1.
struct RunTable<'q> {
    reader: Reader<'q>,
    text: &'q str,
    table: CsvTable,
    names: Vec<String>,
}

/// The columns that are read, by their places from 0.
struct Columns<'q> {
    value: usize,
    seed: Option<usize>,
    /// The columns of the filters, each with the value that rows must have there.
    filters: Vec<(usize, &'q str)>,
}

impl Columns<'_> {
    /// Whether every filter leaves a row in.
    fn keeps(&self, row: &TableRow) -> bool {
        let mut filters = self.filters.iter();
        filters.all(|(column, wanted)| same(row.cell(*column), wanted))
    }

    /// Whether a column holds the value or what a filter asks for.
    fn has(&self, column: usize) -> bool {
        self.value == column || self.filters.iter().any(|(filter, _)| *filter == column)
    }
}

impl<'q> RunTable<'q> {
    /// The columns that the query means; each stands once.
    fn columns(&self) -> Result<Columns<'q>, MetricError> {
        let shown: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let value = match &self.reader.query.column {
            Some(name) => self.place(name)?,
            None => self.place(self.reader.only(&shown, || self.may_be_split())?)?,
        };
        let mut filters = Vec::new();
        for (key, wanted) in &self.reader.query.filters {
            filters.push((self.place(key)?, wanted.as_str()));
        }
        let seed = shown.iter().position(|name| is_seed(name));
        if self.table.names.is_some() {
            let used = filters.iter().map(|(column, _)| *column);
            for column in used.chain([value]).chain(seed) {
                let checked = self.table.check_once(shown[column]);
                checked.map_err(|(line, reason)| self.reader.malformed(line, reason))?;
            }
        }
        Ok(Columns {
            value,
            seed,
            filters,
        })
    }

    /// Whether the cells of a table without a header may be the halves of numbers with a decimal comma.
    fn may_be_split(&self) -> bool {
        let is_split = |row: &TableRow| {
            let cells: Vec<&str> = (0..self.table.width)
                .map(|column| row.cell(column))
                .collect();
            number::may_be_split(&cells)
        };
        self.table.names.is_none() && self.table.rows.iter().all(is_split)
    }

    /// The place of a column.
    fn place(&self, name: &str) -> Result<usize, MetricError> {
        let place = self.names.iter().position(|known| known == name);
        place.ok_or_else(|| match &self.table.names {
            Some(names) => absent(self.reader.file, name, names.iter().map(String::as_str)),
            // The first line may be a header that does not have the column.
            None => {
                let first = self.text.lines().find(|line| !line.trim().is_empty());
                let cells = first.into_iter().flat_map(|line| line.split(','));
                absent(self.reader.file, name, cells)
            }
        })
    }

    /// Refuses a row that sums up others.
    fn check_summaries(&self, columns: &Columns<'_>) -> Result<(), MetricError> {
        let candidates = [Some(0), columns.seed].into_iter().flatten();
        for column in candidates.filter(|column| !columns.has(*column)) {
            let checked = self.table.check_summaries(column);
            checked.map_err(|(line, reason)| self.reader.malformed(line, reason))?;
        }
        Ok(())
    }

    /// Refuses a last number that was cut off.
    fn check_end(&self, columns: &Columns<'_>) -> Result<(), MetricError> {
        match (self.table.end_of(columns.value), self.table.rows.last()) {
            (ColumnEnd::Cut, Some(row)) => {
                let reason = cut_number(row.cell(columns.value));
                let reason = format!("{reason}; if it is whole, end the file with a newline");
                Err(self.reader.malformed(row.line, reason))
            }
            (ColumnEnd::Closed | ColumnEnd::Open | ColumnEnd::Cut, _) => Ok(()),
        }
    }

    /// Whether the file ends with the number of a row.
    fn is_open(&self, columns: &Columns<'_>, row: &TableRow) -> bool {
        let last = self.table.rows.last();
        last.is_some_and(|last| last.line == row.line)
            && self.table.end_of(columns.value) == ColumnEnd::Open
    }

    fn entry(&self, columns: &Columns<'_>, row: &TableRow) -> Result<Entry, MetricError> {
        let seed = columns.seed.filter(|column| *column != columns.value);
        let seed = seed.map(|column| self.reader.seed(row.cell(column), row.line));
        let is_other = |column: &usize| {
            *column != columns.value
                && Some(*column) != columns.seed
                && !is_index(&self.names[*column])
        };
        let others = (0..self.table.width).filter(is_other);
        Ok(Entry {
            run: FileRun {
                line: row.line,
                seed: seed.transpose()?,
                number: self.reader.number(row.cell(columns.value), row.line)?,
                is_open: self.is_open(columns, row),
            },
            others: others
                .map(|column| (self.names[column].clone(), row.cell(column).to_owned()))
                .collect(),
        })
    }
}
