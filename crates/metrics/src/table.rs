//! Tables as text: one record a line, cells parted by commas, semicolons or tabs.

use reprove_model::escape::printable;

use crate::number::{self, NumberForms};

/// A malformed place: its line, counted from 1, and what is wrong there.
pub type TableFault = (u64, String);

/// A table.
pub struct CsvTable {
    /// The names of its columns; `None` where no line names them.
    pub names: Option<Vec<String>>,
    /// The number of its columns.
    pub width: usize,
    /// Its rows; each has a cell in every column.
    pub rows: Vec<TableRow>,
    /// A last row that ends with the file before its last cell.
    pub cut_off: Option<TableFault>,
    /// The line of its header, or of its first row.
    pub first_line: u64,
    /// Whether the text ends within the last cell, without a newline or a closing quote.
    is_open: bool,
}

/// How a column ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnEnd {
    /// Something stands behind its last cell.
    Closed,
    /// The text ends with its last cell, a number, which may be cut off.
    Open,
    /// The same, and the other cells of the column show that it is cut off.
    Cut,
}

/// One row.
pub struct TableRow {
    /// Its line, counted from 1.
    pub line: u64,
    cells: csv::StringRecord,
}

impl TableRow {
    /// The cell in a column, without space around it; empty where there is none.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }

    /// All cells, joined by commas.
    pub fn text(&self) -> String {
        self.cells.iter().collect::<Vec<_>>().join(",")
    }
}

/// Whether the first line names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Always.
    Always,
    /// Where it says so itself.
    Detected,
}

/// Reads a table; `wanted` are the columns that are asked for. Lines with `#` before the table are
/// remarks, and from its first line on they are rows.
///
/// # Errors
/// A row with another number of cells than the header, a header that stands again, a row that sums
/// up others, broken quotes.
pub fn parse(text: &str, wanted: &[&str], header: Header) -> Result<CsvTable, TableFault> {
    let (remark, body) = split_remarks(text);
    let delimiter = delimiter(body, wanted);
    let mut lines = Lines::of(text.as_bytes());
    let offset = text.len() - body.len();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter)
        .from_reader(body.as_bytes());
    let mut table = CsvTable {
        names: None,
        width: 0,
        rows: Vec::new(),
        cut_off: None,
        first_line: lines.first_from(offset as u64),
        is_open: !text.ends_with(['\n', '\r', '"']),
    };
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            (line, error.to_string())
        })?;
        let at = record.position().map_or(0, csv::Position::byte);
        let line = lines.first_from(offset as u64 + at);
        let is_first = table.width == 0;
        if is_first {
            table.width = record.len();
            let cells: Vec<&str> = record.iter().collect();
            let is_header = header == Header::Always || names_columns(&cells, wanted);
            if is_header {
                table.names = Some(cells.iter().map(|cell| (*cell).to_owned()).collect());
                continue;
            }
            table.names = remark.and_then(|remark| named_by(remark, delimiter, &cells, wanted));
        } else if record.len() != table.width {
            let fault = ragged(line, &record, &table, delimiter);
            let is_cut = record.len() < table.width && !text.ends_with(['\n', '\r']);
            if is_cut && reader_is_done(body, &record) {
                table.cut_off = Some((line, "is cut off".to_owned()));
                break;
            }
            return Err(fault);
        }
        let is_header = |names: &Vec<String>| names.iter().eq(record.iter());
        if table.names.as_ref().is_some_and(is_header) {
            return Err((line, "the header stands again".to_owned()));
        }
        table.rows.push(TableRow {
            line,
            cells: record,
        });
    }
    Ok(table)
}

/// Whether a record is the last of the text.
fn reader_is_done(body: &str, record: &csv::StringRecord) -> bool {
    let at = record.position().map_or(0, csv::Position::byte) as usize;
    let rest = body.get(at..).unwrap_or_default();
    !rest.trim_start_matches(['\n', '\r']).contains(['\n', '\r'])
}

/// The last of the lines with `#` before the table, and the text from the table on.
fn split_remarks(text: &str) -> (Option<&str>, &str) {
    let (mut remark, mut body) = (None, text);
    loop {
        let (line, rest) = match body.split_once('\n') {
            Some((line, rest)) => (line, rest),
            None => (body, ""),
        };
        let line = line.trim();
        if let Some(text) = line.strip_prefix('#') {
            remark = Some(text.trim());
        } else if !line.is_empty() || rest.is_empty() {
            return (remark, body);
        }
        body = rest;
    }
}

/// The character that parts the cells: that of the first line under which it has a column that is
/// asked for, else the first that stands outside quotes equally often in the second line.
fn delimiter(body: &str, wanted: &[&str]) -> u8 {
    let mut lines = body.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let second = lines.next();
    let count = |line: &str, delimiter: u8| {
        let mut is_quoted = false;
        let is_outside = |byte: u8| {
            is_quoted ^= byte == b'"';
            byte == delimiter && !is_quoted
        };
        line.bytes().map(is_outside).filter(|is| *is).count()
    };
    let there = || {
        let known = [b'\t', b';', b','].into_iter();
        known.filter(|delimiter| count(first, *delimiter) > 0)
    };
    let names_wanted = |delimiter: &u8| {
        let cells = first.split(char::from(*delimiter));
        let mut cells = cells.map(|cell| cell.trim().trim_matches('"'));
        cells.any(|cell| wanted.contains(&cell))
    };
    let is_regular = |delimiter: &u8| {
        second.is_some_and(|line| count(line, *delimiter) == count(first, *delimiter))
    };
    let found = there().find(names_wanted);
    let found = found.or_else(|| there().find(is_regular));
    found.or_else(|| there().next()).unwrap_or(b',')
}

/// Whether the cells of a first line are the names of columns.
fn names_columns(cells: &[&str], wanted: &[&str]) -> bool {
    if is_frame_index(cells) {
        return true;
    }
    // A number that is asked for by name, and is the place of no column, is a name.
    let is_place = |name: &&str| {
        let place = name.parse::<usize>();
        place.is_ok_and(|place| (1..=cells.len()).contains(&place))
    };
    let mut named = wanted.iter().filter(|name| cells.contains(name));
    if named.any(|name| !is_place(name)) {
        return true;
    }
    let is_text = |cell: &&&str| number::parse(cell).is_none() && !number::is_lost(cell);
    if !cells.iter().any(|cell| is_text(&cell)) {
        return false;
    }
    match wanted {
        [] => true,
        wanted => wanted.iter().any(|name| cells.contains(name)),
    }
}

/// Whether this is the header that pandas writes of a frame without names: a blank, then 0, 1, ….
fn is_frame_index(cells: &[&str]) -> bool {
    let is_place = |(place, cell): (usize, &&str)| **cell == place.to_string();
    cells.len() >= 2 && cells[0].is_empty() && cells[1..].iter().enumerate().all(is_place)
}

/// The names in a remark above the first row, as numpy writes a header.
fn named_by(remark: &str, delimiter: u8, row: &[&str], wanted: &[&str]) -> Option<Vec<String>> {
    let names: Vec<&str> = remark.split(char::from(delimiter)).map(str::trim).collect();
    let is_name = |name: &&str| number::parse(name).is_none() && !number::is_lost(name);
    let is_header = names.len() == row.len() && names.iter().all(is_name);
    let is_meant = match wanted {
        [] => names.len() >= 2,
        wanted => wanted.iter().any(|name| names.contains(name)),
    };
    (is_header && is_meant).then(|| names.into_iter().map(str::to_owned).collect())
}

/// Why a row with another number of cells is refused.
fn ragged(line: u64, record: &csv::StringRecord, table: &CsvTable, delimiter: u8) -> TableFault {
    let (width, found) = (table.width, record.len());
    let cells: Vec<&str> = record.iter().collect();
    let mut reason = format!("expected {}, found {found}", counted(width));
    if delimiter == b',' && found > width && number::may_be_split(&cells) {
        reason += ": write the decimal point as `.`, because commas part the cells";
    }
    (line, reason)
}

fn counted(cells: usize) -> String {
    match cells {
        1 => "1 cell".to_owned(),
        cells => format!("{cells} cells"),
    }
}

/// The words that name a row that sums up others, in lower case.
const SUMMARIES: [&str; 19] = [
    "mean", "avg", "average", "std", "stdev", "sd", "se", "sem", "var", "variance", "median",
    "min", "max", "sum", "total", "count", "25%", "50%", "75%",
];

impl CsvTable {
    /// The place of the column of this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.names.as_ref()?.iter().position(|known| known == name)
    }

    /// How a column ends.
    pub fn end_of(&self, column: usize) -> ColumnEnd {
        let Some((last, others)) = self.rows.split_last() else {
            return ColumnEnd::Closed;
        };
        if !self.is_open || self.cut_off.is_some() || column + 1 != self.width {
            return ColumnEnd::Closed;
        }
        let cell = last.cell(column);
        let mut forms = NumberForms::default();
        others.iter().for_each(|row| forms.add(row.cell(column)));
        let has_blanks = others.iter().any(|row| row.cell(column).is_empty());
        let is_lost = cell.is_empty() && !has_blanks && !others.is_empty();
        if is_lost || forms.is_cut(cell) {
            ColumnEnd::Cut
        } else if number::parse(cell).is_some() {
            ColumnEnd::Open
        } else {
            ColumnEnd::Closed
        }
    }

    /// Refuses a column that stands twice.
    pub fn check_once(&self, name: &str) -> Result<(), TableFault> {
        let names = self.names.iter().flatten();
        if names.filter(|known| *known == name).count() > 1 {
            let reason = format!("the column `{}` stands twice", printable(name, 60));
            return Err((self.first_line, reason));
        }
        Ok(())
    }

    /// Refuses a row whose label in `column` says that it sums up other rows. A column that has
    /// nothing but such words has values of its own: `min` and `max` of a pooling layer.
    pub fn check_summaries(&self, column: usize) -> Result<(), TableFault> {
        let sums_up = |row: &&TableRow| {
            let label = row.cell(column).to_lowercase();
            SUMMARIES.contains(&label.as_str())
        };
        let Some(row) = self.rows.iter().find(sums_up) else {
            return Ok(());
        };
        if self.rows.iter().all(|row| sums_up(&row)) {
            return Ok(());
        }
        let label = printable(row.cell(column), 60);
        Err((
            row.line,
            format!("`{label}` sums up other rows and is no run"),
        ))
    }
}

/// Counts the lines of a table. The reader takes the end of a record for its first line, and so
/// tells of the line before where that end has two characters or where empty lines follow.
struct Lines<'b> {
    bytes: &'b [u8],
    at: usize,
    line: u64,
}

impl<'b> Lines<'b> {
    fn of(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
        }
    }

    /// The line of the first text from the offset `from`, which never goes back.
    fn first_from(&mut self, from: u64) -> u64 {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        while let Some(&byte) = self.bytes.get(self.at) {
            let is_end = matches!(byte, b'\r' | b'\n');
            if self.at >= from && !is_end {
                break;
            }
            self.at += 1;
            let is_half = byte == b'\r' && self.bytes.get(self.at) == Some(&b'\n');
            self.line += u64::from(is_end && !is_half);
        }
        self.line
    }
}
