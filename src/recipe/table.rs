//! A CSV file as text cells that remember their line.

use std::path::{Path, PathBuf};

use super::error::{FINITE, RecipeError};

/// A CSV file with a header of distinct names and rows of as many cells.
#[derive(Debug)]
pub(super) struct Table {
    file: PathBuf,
    header: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    line: u64,
    cells: Vec<String>,
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, has no header or no rows, has two columns of one name, or a row
    /// with more or fewer cells than the header.
    pub(super) fn read(file: &Path) -> Result<Self, RecipeError> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_path(file)
            .map_err(|error| csv_error(file, &error))?;
        let mut header: Option<Vec<String>> = None;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| csv_error(file, &error))?;
            let line = record.position().map_or(1, csv::Position::line);
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            let Some(names) = &header else {
                header = Some(distinct(file, cells)?);
                continue;
            };
            if cells.len() != names.len() {
                return Err(RecipeError::Cell {
                    file: file.to_owned(),
                    line,
                    column: None,
                    expected: format!("{} cells as in the header", names.len()),
                    found: cells.len().to_string(),
                });
            }
            rows.push(Row { line, cells });
        }
        let header = header.ok_or_else(|| table_error(file, "the file is empty"))?;
        if rows.is_empty() {
            return Err(table_error(file, "the file has a header and no rows"));
        }
        Ok(Self {
            file: file.to_owned(),
            header,
            rows,
        })
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The index of a column.
    pub(super) fn column(&self, name: &str) -> Result<usize, RecipeError> {
        self.header
            .iter()
            .position(|candidate| candidate == name)
            .ok_or_else(|| RecipeError::Table {
                file: self.file.clone(),
                message: format!("the header has no column `{name}`"),
                name: Some((name.to_owned(), self.header.clone())),
            })
    }

    /// A cell, blanks around it cut off.
    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        self.rows[row].cells[column].trim()
    }

    /// The line of a row in the file, from 1; the header is line 1.
    pub(super) fn line(&self, row: usize) -> u64 {
        self.rows[row].line
    }

    /// A cell as a finite number.
    pub(super) fn number(&self, row: usize, column: usize) -> Result<f64, RecipeError> {
        match self.cell(row, column).parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(self.cell_error(row, column, FINITE)),
        }
    }

    /// The error that a cell is not what it must be.
    pub(super) fn cell_error(&self, row: usize, column: usize, expected: &str) -> RecipeError {
        let cell = &self.rows[row].cells[column];
        RecipeError::Cell {
            file: self.file.clone(),
            line: self.rows[row].line,
            column: Some(self.header[column].clone()),
            expected: expected.to_owned(),
            found: if cell.trim().is_empty() {
                "an empty cell".to_owned()
            } else {
                format!("`{cell}`")
            },
        }
    }
}

pub(super) fn table_error(file: &Path, message: impl Into<String>) -> RecipeError {
    RecipeError::Table {
        file: file.to_owned(),
        message: message.into(),
        name: None,
    }
}

fn distinct(file: &Path, names: Vec<String>) -> Result<Vec<String>, RecipeError> {
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(table_error(file, format!("two columns are named `{name}`")));
        }
    }
    Ok(names)
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
