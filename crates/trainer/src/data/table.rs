//! A CSV or Parquet file as text cells that remember their line.

use std::path::{Path, PathBuf};

#[cfg(feature = "parquet")]
use crate::data::parquet_table;
use crate::data::raw_table::RawTable;
use crate::error::{FINITE, RecipeError, table_error};
use crate::spec::data::TableFormat;

/// A file with a header of distinct names and at least one row.
#[derive(Debug)]
pub(crate) struct DataTable {
    file: PathBuf,
    content: RawTable,
}

impl DataTable {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, has no header or no rows, has two columns of one name, or a row
    /// with more or fewer cells than the header; a format that this build does not have.
    pub(crate) fn read(file: &Path, format: TableFormat) -> Result<Self, RecipeError> {
        let content = match format {
            TableFormat::Csv => csv(file)?,
            TableFormat::Parquet => parquet(file)?,
        };
        distinct(file, &content.header)?;
        if content.lines.is_empty() {
            return Err(table_error(file, "the file has a header and no rows"));
        }
        Ok(Self {
            file: file.to_owned(),
            content,
        })
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.content.header
    }

    pub(crate) fn len(&self) -> usize {
        self.content.lines.len()
    }

    /// The index of a column that is used.
    ///
    /// # Errors
    /// A name that the header does not have, a column without cells.
    pub(crate) fn column(&self, name: &str) -> Result<usize, RecipeError> {
        let column = self.position(name)?;
        self.check_cells(column)?;
        Ok(column)
    }

    /// Refuses to use a column that has no cells.
    pub(crate) fn check_cells(&self, column: usize) -> Result<(), RecipeError> {
        match self.content.columns[column] {
            Ok(_) => Ok(()),
            Err(what) => Err(RecipeError::NoCells {
                file: self.file.clone(),
                column: self.content.header[column].clone(),
                found: what,
            }),
        }
    }

    /// The index of a column, used or not.
    pub(crate) fn position(&self, name: &str) -> Result<usize, RecipeError> {
        self.content
            .header
            .iter()
            .position(|candidate| candidate == name)
            .ok_or_else(|| RecipeError::Table {
                file: self.file.clone(),
                message: format!("the header has no column `{name}`"),
                name: Some((name.to_owned(), self.content.header.clone())),
            })
    }

    /// A cell, blanks around it cut off.
    pub(crate) fn cell(&self, row: usize, column: usize) -> &str {
        self.text(row, column).trim()
    }

    /// A cell as it stands there; columns without cells were refused when they were looked up.
    fn text(&self, row: usize, column: usize) -> &str {
        let cells = self.content.columns[column].as_ref();
        cells.map_or("", |cells| &cells[row])
    }

    /// The line of a row in the file, from 1; the header of a CSV file is line 1. For a Parquet file
    /// the number of the row, from 1.
    pub(crate) fn line(&self, row: usize) -> u64 {
        self.content.lines[row]
    }

    /// A cell as a finite number.
    pub(crate) fn number(&self, row: usize, column: usize) -> Result<f64, RecipeError> {
        match self.cell(row, column).parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(self.cell_error(row, column, FINITE)),
        }
    }

    /// The error that a cell is not what it must be.
    pub(crate) fn cell_error(&self, row: usize, column: usize, expected: &str) -> RecipeError {
        let cell = self.text(row, column);
        RecipeError::Cell {
            file: self.file.clone(),
            line: self.line(row),
            column: Some(self.content.header[column].clone()),
            expected: expected.to_owned(),
            found: if cell.trim().is_empty() {
                "an empty cell".to_owned()
            } else {
                format!("`{cell}`")
            },
        }
    }
}

fn distinct(file: &Path, names: &[String]) -> Result<(), RecipeError> {
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(table_error(file, format!("two columns are named `{name}`")));
        }
    }
    Ok(())
}

#[cfg(feature = "parquet")]
fn parquet(file: &Path) -> Result<RawTable, RecipeError> {
    parquet_table::read(file)
}

#[cfg(not(feature = "parquet"))]
fn parquet(file: &Path) -> Result<RawTable, RecipeError> {
    Err(RecipeError::NotBuilt {
        file: file.to_owned(),
        format: "Parquet",
        feature: "parquet",
    })
}

fn csv(file: &Path) -> Result<RawTable, RecipeError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_path(file)
        .map_err(|error| csv_error(file, &error))?;
    let mut records = reader.records();
    let header = match records.next() {
        Some(record) => record.map_err(|error| csv_error(file, &error))?,
        None => return Err(table_error(file, "the file is empty")),
    };
    let header: Vec<String> = header.iter().map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); header.len()];
    let mut lines = Vec::new();
    for record in records {
        let record = record.map_err(|error| csv_error(file, &error))?;
        let line = record.position().map_or(1, csv::Position::line);
        if record.len() != header.len() {
            return Err(RecipeError::Cell {
                file: file.to_owned(),
                line,
                column: None,
                expected: format!("{} cells as in the header", header.len()),
                found: record.len().to_string(),
            });
        }
        for (cells, cell) in columns.iter_mut().zip(&record) {
            cells.push(cell.to_owned());
        }
        lines.push(line);
    }
    Ok(RawTable {
        header,
        columns: columns.into_iter().map(Ok).collect(),
        lines,
    })
}

fn csv_error(file: &Path, error: &csv::Error) -> RecipeError {
    match error.kind() {
        csv::ErrorKind::Io(error) => RecipeError::Unreadable {
            file: file.to_owned(),
            message: error.to_string(),
        },
        csv::ErrorKind::Utf8 { pos, .. } => RecipeError::Cell {
            file: file.to_owned(),
            line: pos.as_ref().map_or(1, csv::Position::line),
            column: None,
            expected: "UTF-8 text".to_owned(),
            found: "other bytes".to_owned(),
        },
        _ => table_error(file, error.to_string()),
    }
}
