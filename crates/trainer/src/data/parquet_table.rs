//! The columns of a Parquet file as text cells.
//!
//! The file is not trusted. The counts that it states are measured against its bytes before memory
//! is taken for them, and a panic of the reader is told as a damaged file. What a column of dates,
//! lists or other values holds that no cell can is refused when the column is used, so that a recipe
//! can ignore it.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::basic::{Compression, ConvertedType, Encoding, LogicalType, Repetition, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types;

use crate::data::raw_table::RawTable;
use crate::error::{RecipeError, table_error};

/// How many cells are decoded at once.
const BATCH: usize = 1024;
/// The most cells of a file, whatever its size.
const MOST_CELLS: u64 = 100_000_000;
/// The most bytes of all cells' text.
const MOST_TEXT: usize = 1 << 30;

/// The most cells of a file of so many bytes. A column that repeats one value takes almost none, so
/// that small files may have many cells, but not any number.
fn most_cells(bytes: u64) -> u64 {
    bytes
        .saturating_mul(64)
        .saturating_add(1_000_000)
        .min(MOST_CELLS)
}

/// Reads all columns that cells can hold: numbers with the digits that give exactly the same 64-bit
/// number, truth values as `true` and `false`, a null as an empty cell.
///
/// # Errors
/// A file that cannot be opened or is no Parquet file, states more cells than its size allows, is
/// compressed other than by Snappy (what gzip's pages unpack to has no bound that could be checked
/// first), or holds bytes that are not UTF-8 as text.
pub(crate) fn read(file: &Path) -> Result<RawTable, RecipeError> {
    let opened = File::open(file).and_then(|opened| Ok((opened.metadata()?.len(), opened)));
    let (bytes, opened) = opened.map_err(|error| RecipeError::Unreadable {
        file: file.to_owned(),
        message: error.to_string(),
    })?;
    let mut reading = ParquetCells {
        file,
        text_left: MOST_TEXT,
    };
    // Nothing of the reader lives on after a panic, so that none of it can be seen half done.
    catch_unwind(AssertUnwindSafe(|| reading.content(opened, bytes)))
        .unwrap_or_else(|_| Err(table_error(file, "the Parquet file is damaged")))
}

/// What a stored number means.
#[derive(Clone, Copy)]
enum Meaning {
    /// The value that its type has.
    Plain,
    /// A whole number without sign.
    Unsigned,
}

/// What the values of a column mean, or what they are instead of cells.
fn meaning(column: &types::Type) -> Result<Meaning, &'static str> {
    let facts = column.get_basic_info();
    if facts.has_repetition() && facts.repetition() == Repetition::REPEATED {
        return Err("lists");
    }
    if column.is_group() {
        return Err(match facts.converted_type() {
            ConvertedType::LIST => "lists",
            ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE => "maps",
            _ => "groups of columns",
        });
    }
    if matches!(column.get_physical_type(), Type::INT96) {
        return Err("times");
    }
    if matches!(column.get_physical_type(), Type::FIXED_LEN_BYTE_ARRAY) {
        return Err(match (facts.converted_type(), facts.logical_type_ref()) {
            (ConvertedType::DECIMAL, _) => "decimals",
            (_, Some(LogicalType::Float16)) => "16-bit numbers",
            _ => "bytes of a fixed length",
        });
    }
    match facts.logical_type_ref() {
        Some(LogicalType::Integer(number)) if !number.is_signed => return Ok(Meaning::Unsigned),
        Some(
            LogicalType::Integer(_)
            | LogicalType::String
            | LogicalType::Enum
            | LogicalType::Json
            | LogicalType::Unknown,
        ) => return Ok(Meaning::Plain),
        Some(LogicalType::Decimal(_)) => return Err("decimals"),
        Some(LogicalType::Date | LogicalType::Time(_) | LogicalType::Timestamp(_)) => {
            return Err("times");
        }
        Some(_) => return Err("values of a special type"),
        None => {}
    }
    match facts.converted_type() {
        ConvertedType::UINT_8
        | ConvertedType::UINT_16
        | ConvertedType::UINT_32
        | ConvertedType::UINT_64 => Ok(Meaning::Unsigned),
        ConvertedType::NONE
        | ConvertedType::INT_8
        | ConvertedType::INT_16
        | ConvertedType::INT_32
        | ConvertedType::INT_64
        | ConvertedType::UTF8
        | ConvertedType::ENUM
        | ConvertedType::JSON => Ok(Meaning::Plain),
        ConvertedType::DECIMAL => Err("decimals"),
        _ => Err("times or values of a special type"),
    }
}

/// A file that is being read.
struct ParquetCells<'f> {
    file: &'f Path,
    /// How many more bytes of text may come.
    text_left: usize,
}

impl ParquetCells<'_> {
    fn damaged(&self, error: &ParquetError) -> RecipeError {
        let message = format!("the Parquet file cannot be read: {error}");
        table_error(self.file, message)
    }

    fn content(&mut self, opened: File, bytes: u64) -> Result<RawTable, RecipeError> {
        let reader = SerializedFileReader::new(opened).map_err(|error| self.damaged(&error))?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let fields = schema.root_schema().get_fields();
        let rows = self.rows(&reader, fields.len(), bytes)?;
        // Columns with values stand in the file one after the other; a nested one takes as many
        // places as it has parts.
        let mut place = 0;
        let mut content = RawTable {
            header: fields.iter().map(|field| field.name().to_owned()).collect(),
            columns: Vec::with_capacity(fields.len()),
            lines: (1..=rows as u64).collect(),
        };
        for field in fields {
            content.columns.push(match meaning(field) {
                Ok(meaning) => Ok(self.cells(&reader, place, field.name(), meaning)?),
                Err(what) => Err(what),
            });
            place += parts(field);
        }
        Ok(content)
    }

    /// The number of rows that the file states.
    fn rows(
        &self,
        reader: &SerializedFileReader<File>,
        columns: usize,
        bytes: u64,
    ) -> Result<usize, RecipeError> {
        let groups = reader.metadata().row_groups().iter();
        let rows = groups
            .map(|group| u64::try_from(group.num_rows()).ok())
            .try_fold(0_u64, |sum, rows| sum.checked_add(rows?));
        let most = most_cells(bytes);
        let rows = rows.filter(|rows| {
            let cells = rows.checked_mul(columns as u64);
            cells.is_some_and(|cells| cells <= most)
        });
        rows.and_then(|rows| usize::try_from(rows).ok())
            .ok_or_else(|| {
                let message = format!(
                    "the Parquet file of {bytes} bytes states more than {most} cells, or a negative count"
                );
                table_error(self.file, message)
            })
    }

    /// The cells of the column at this place, of all row groups.
    fn cells(
        &mut self,
        reader: &SerializedFileReader<File>,
        place: usize,
        name: &str,
        meaning: Meaning,
    ) -> Result<Vec<String>, RecipeError> {
        let mut cells = Vec::new();
        for index in 0..reader.num_row_groups() {
            let group = reader.get_row_group(index);
            let group = group.map_err(|error| self.damaged(&error))?;
            let chunk = group.metadata().column(place);
            let compression = chunk.compression();
            if !matches!(compression, Compression::UNCOMPRESSED | Compression::SNAPPY) {
                let message = format!(
                    "column `{name}`: expected no compression or SNAPPY, found {compression}"
                );
                return Err(table_error(self.file, message));
            }
            let pages = group.get_column_page_reader(place);
            let pages = pages.map_err(|error| self.damaged(&error))?;
            let column = get_column_reader(chunk.column_descr_ptr(), Box::new(CheckedPages(pages)));
            let is_optional = chunk.column_descr().max_def_level() > 0;
            let wanted = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            let sink = Sink {
                reading: self,
                name,
                is_optional,
                cells: &mut cells,
            };
            sink.chunk(column, meaning, wanted)?;
        }
        Ok(cells)
    }
}

/// How many columns with values a field of the schema has.
fn parts(field: &types::Type) -> usize {
    match field.is_group() {
        true => field.get_fields().iter().map(|part| parts(part)).sum(),
        false => 1,
    }
}

/// Where the cells of a column go.
struct Sink<'s, 'f> {
    reading: &'s mut ParquetCells<'f>,
    name: &'s str,
    is_optional: bool,
    cells: &'s mut Vec<String>,
}

impl Sink<'_, '_> {
    /// The column in one row group.
    fn chunk(self, column: ColumnReader, meaning: Meaning, rows: usize) -> Result<(), RecipeError> {
        use ColumnReader as Of;
        match (column, meaning) {
            (Of::BoolColumnReader(column), _) => self.fill(column, rows, shown),
            (Of::Int32ColumnReader(column), Meaning::Plain) => self.fill(column, rows, shown),
            (Of::Int32ColumnReader(column), Meaning::Unsigned) => {
                self.fill(column, rows, |value| shown(&value.cast_unsigned()))
            }
            (Of::Int64ColumnReader(column), Meaning::Plain) => self.fill(column, rows, shown),
            (Of::Int64ColumnReader(column), Meaning::Unsigned) => {
                self.fill(column, rows, |value| shown(&value.cast_unsigned()))
            }
            // The digits of the 32-bit number alone would give another 64-bit number.
            (Of::FloatColumnReader(column), _) => {
                self.fill(column, rows, |value| shown(&f64::from(*value)))
            }
            (Of::DoubleColumnReader(column), _) => self.fill(column, rows, shown),
            (Of::ByteArrayColumnReader(column), _) => {
                self.fill(column, rows, |value: &ByteArray| {
                    let text = std::str::from_utf8(value.data()).ok()?;
                    Some(text.to_owned())
                })
            }
            (Of::Int96ColumnReader(_) | Of::FixedLenByteArrayColumnReader(_), _) => {
                let message = format!("column `{}` is not of the type of its schema", self.name);
                Err(table_error(self.reading.file, message))
            }
        }
    }

    /// Adds a cell for each of so many rows.
    fn fill<T: DataType>(
        self,
        mut column: ColumnReaderImpl<T>,
        rows: usize,
        cell: impl Fn(&T::T) -> Option<String>,
    ) -> Result<(), RecipeError> {
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        let end = self.cells.len() + rows;
        while self.cells.len() < end {
            levels.clear();
            values.clear();
            let batch = BATCH.min(end - self.cells.len());
            let given = self.is_optional.then_some(&mut levels);
            let (found, _, _) = column
                .read_records(batch, given, None, &mut values)
                .map_err(|error| self.reading.damaged(&error))?;
            if found == 0 {
                return Err(self.short());
            }
            if !self.is_optional {
                levels.resize(found, 1);
            }
            let mut values = values.iter();
            for level in &levels {
                let text = match level {
                    0 => String::new(),
                    _ => {
                        let value = values.next().ok_or_else(|| self.short())?;
                        cell(value).ok_or_else(|| self.no_text())?
                    }
                };
                let left = self.reading.text_left.checked_sub(text.len());
                self.reading.text_left = left.ok_or_else(|| {
                    let message = format!("the cells have more than {MOST_TEXT} bytes of text");
                    table_error(self.reading.file, message)
                })?;
                self.cells.push(text);
            }
        }
        Ok(())
    }

    fn short(&self) -> RecipeError {
        let message = format!("column `{}` ends before the last row", self.name);
        table_error(self.reading.file, message)
    }

    fn no_text(&self) -> RecipeError {
        RecipeError::Cell {
            file: self.reading.file.to_owned(),
            line: self.cells.len() as u64 + 1,
            column: Some(self.name.to_owned()),
            expected: "UTF-8 text".to_owned(),
            found: "other bytes".to_owned(),
        }
    }
}

fn shown(value: &impl ToString) -> Option<String> {
    Some(value.to_string())
}

/// Pages whose stated counts fit their bytes: the decoders take memory by those counts.
struct CheckedPages(Box<dyn PageReader>);

fn checked(page: Page) -> ParquetResult<Page> {
    let refuse = |message: String| Err(ParquetError::General(message));
    match &page {
        Page::DictionaryPage {
            buf, num_values, ..
        } if *num_values as usize > buf.len() => {
            let bytes = buf.len();
            refuse(format!(
                "a dictionary of {num_values} values in {bytes} bytes"
            ))
        }
        _ => match page.encoding() {
            Encoding::PLAIN
            | Encoding::PLAIN_DICTIONARY
            | Encoding::RLE_DICTIONARY
            | Encoding::RLE
            | Encoding::BYTE_STREAM_SPLIT
            | Encoding::DELTA_BINARY_PACKED => Ok(page),
            // Their decoders believe any stated count of lengths.
            other => refuse(format!("the encoding {other} is not supported")),
        },
    }
}

impl Iterator for CheckedPages {
    type Item = ParquetResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
        self.0.get_next_page()?.map(checked).transpose()
    }

    fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
        self.0.peek_next_page()
    }

    fn skip_next_page(&mut self) -> ParquetResult<()> {
        self.0.skip_next_page()
    }
}

#[cfg(test)]
mod tests;
