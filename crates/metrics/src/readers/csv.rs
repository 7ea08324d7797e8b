//! Numbers of a table with a header.

use reprove_model::escape::printable;
use reprove_model::manifest::{CsvSource, Take};

use crate::collect::Collected;
use crate::error::{MetricError, absent, no_number};
use crate::number;
use crate::open::{self, Outputs};
use crate::readers::MetricReader;
use crate::value::{MetricValue, Provenance, Readings, renamed};

impl MetricReader for CsvSource {
    fn name(&self) -> String {
        self.file.display().to_string()
    }

    fn files(&self, _: &Outputs<'_>) -> Result<Vec<String>, MetricError> {
        Ok(vec![self.name()])
    }

    fn read(
        &self,
        take: &Take,
        metric: Option<&str>,
        outputs: &Outputs<'_>,
    ) -> Result<Readings, MetricError> {
        read(self, take, metric, outputs)
    }
}

/// Reads a table.
fn read(
    source: &CsvSource,
    take: &Take,
    name: Option<&str>,
    outputs: &Outputs<'_>,
) -> Result<Readings, MetricError> {
    let file = source.name();
    let file = file.as_str();
    let malformed = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        MetricError::Malformed {
            file: file.to_owned(),
            line,
            reason: error.to_string(),
        }
    };
    let bytes = open::whole(file, outputs)?;
    let delimiter = if file.ends_with(".tsv") { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes.as_slice());
    let headers = reader.byte_headers().map_err(malformed)?.clone();
    let headers: Vec<String> = headers
        .iter()
        .map(|header| String::from_utf8_lossy(header).into_owned())
        .collect();
    let column = source.column.as_deref().or(name);
    let key = match take {
        Take::Where { key, .. } => Some(key.as_str()),
        Take::Only
        | Take::First
        | Take::Last
        | Take::Max
        | Take::Min
        | Take::Best
        | Take::All
        | Take::At(_) => None,
    };
    let is_missing = |column: &&str| !headers.iter().any(|header| header == column);
    if let Some(missing) = column.into_iter().chain(key).find(is_missing) {
        return Err(no_column(file, missing, &headers));
    }
    let mut lines = Lines::of(&bytes);
    let is_twice = |column: &&str| headers.iter().filter(|header| header == column).count() > 1;
    if let Some(twice) = column.into_iter().chain(key).find(is_twice) {
        return Err(MetricError::Malformed {
            file: file.to_owned(),
            line: lines.first_from(0),
            reason: format!("the column `{}` stands twice", printable(twice, 60)),
        });
    }
    let mut collected = Collected::new(file, take);
    for record in reader.byte_records() {
        let record = record.map_err(malformed)?;
        let line = lines.first_from(record.position().map_or(0, csv::Position::byte));
        let cell = |index: usize| {
            record
                .get(index)
                .map(|cell| String::from_utf8_lossy(cell).into_owned())
        };
        let of = |key: &str| cell(headers.iter().position(|header| header == key)?);
        if !collected.looks_at(of) {
            continue;
        }
        for (index, header) in headers.iter().enumerate() {
            if column.is_some_and(|column| column != header) {
                continue;
            }
            let cell = cell(index).unwrap_or_default();
            let Some((value, unit)) = number::parse(&cell) else {
                // Loggers leave a cell empty where a row has no such number.
                if column.is_some() && !cell.is_empty() {
                    let error = || no_number(file, line, header, &cell);
                    collected.other.get_or_insert_with(error);
                }
                continue;
            };
            let provenance = row_provenance(file, line, &record);
            let found = MetricValue {
                value,
                unit,
                provenance,
            };
            collected.offer(header, found)?;
        }
    }
    Ok(renamed(collected.finish(column)?, name))
}

/// That a table has no such column; of one that seems to be parted by other characters, that too.
fn no_column(file: &str, missing: &str, headers: &[String]) -> MetricError {
    let error = absent(file, missing, headers.iter().map(String::as_str));
    match (error, headers) {
        (MetricError::Absent { file, what, known }, [one]) if one.contains([';', '\t', '|']) => {
            let what = format!("{what} (columns are parted by commas, in a `.tsv` file by tabs)");
            MetricError::Absent { file, what, known }
        }
        (error, _) => error,
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

fn row_provenance(file: &str, line: u64, record: &csv::ByteRecord) -> Provenance {
    let cells: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
    Provenance {
        file: file.to_owned(),
        line: Some(line),
        text: printable(&cells.join(","), 200),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{one, reading, readings};

    const TABLE: &str = "epoch,acc,name\n1,50%,a\n2,90.5,b\n3,nan,c\n";

    #[test]
    fn the_line_of_a_row_is_that_of_an_editor() {
        for (text, line) in [
            ("split,acc\ntest,0.904\n", 2),
            ("split,acc\r\ntest,0.904\r\n", 2),
            ("split,acc\r\ndev,0.5\r\ntest,0.904", 3),
            ("split,acc\n\n\ntest,0.904\n", 4),
            (
                "\u{feff}split,acc\r\n\r\n\"te\r\nst\",1\r\ntest,0.904\r\n",
                5,
            ),
        ] {
            let readings = readings(text, "{acc: {csv: {file: f.csv, row: last}}}").unwrap();
            assert_eq!(readings["acc"][0].provenance.line, Some(line), "{text:?}");
        }
        let crlf = "split,acc\r\ntest,x\r\n";
        assert_eq!(
            reading(crlf, "{acc: {csv: {file: f.csv, row: last}}}").unwrap_err(),
            "f.csv:2: `acc`: expected a number, found `x`"
        );
    }

    #[test]
    fn tables() {
        for (row, value) in [
            ("first", 50.0),
            ("max", 90.5),
            ("min", 50.0),
            ("{epoch: 2}", 90.5),
            ("{name: a}", 50.0),
            ("{epoch: 2.0}", 90.5),
        ] {
            assert_eq!(
                one(
                    TABLE,
                    &format!("{{x: {{csv: {{file: f.csv, column: acc, row: {row}}}}}}}")
                ),
                value,
                "{row}"
            );
        }
        assert!(one(TABLE, "{acc: {csv: {file: f.csv, row: last}}}").is_nan());
        let error = reading(TABLE, "{accuracy: {csv: {file: f.csv, row: last}}}").unwrap_err();
        assert_eq!(error, "f.csv: no `accuracy`, found `acc`, `name`, `epoch`");
        assert_eq!(
            reading(TABLE, "{acc: {csv: {file: f.csv, row: {epoch: 9}}}}").unwrap_err(),
            "f.csv: no record with `9` under `epoch`, found `1`, `2`, `3`"
        );
        for (text, words) in [
            (
                "epoch;acc\n1;0.5\n",
                "f.csv: no `acc` (columns are parted by commas, in a `.tsv` file by tabs), found \
                 `epoch;acc`",
            ),
            (
                "epoch,acc\n1,\"0,5\"\n",
                "f.csv:2: `acc`: expected a number, found `0,5`",
            ),
            ("epoch,acc\n1,\n", "f.csv: no `acc`, found no numbers"),
        ] {
            assert_eq!(
                reading(text, "{acc: {csv: {file: f.csv, row: last}}}").unwrap_err(),
                words
            );
        }
        assert_eq!(
            reading(TABLE, "{acc: {csv: {file: f.csv, row: {step: 9}}}}").unwrap_err(),
            "f.csv: no `step`, found `name`, `acc`, `epoch`"
        );
        assert_eq!(
            one(
                "\u{feff}acc\n0.5\n",
                "{acc: {csv: {file: f.csv, row: last}}}"
            ),
            0.5
        );
        for (text, words) in [
            (
                "acc,split,acc\n0.1,test,0.9\n",
                "f.csv:1: the column `acc` stands twice",
            ),
            (
                "\r\nsplit,acc,split\r\ntest,0.9,dev\r\n",
                "f.csv:2: the column `split` stands twice",
            ),
        ] {
            let source = "{acc: {csv: {file: f.csv, row: {split: test}}}}";
            assert_eq!(reading(text, source).unwrap_err(), words);
        }
        // Another column that stands twice is none of its business.
        assert_eq!(
            one(
                "a,a,acc\n1,2,0.9\n",
                "{acc: {csv: {file: f.csv, row: last}}}"
            ),
            0.9
        );
        // A logger that writes several kinds of row leaves cells empty.
        let sparse = "step,loss,acc\n1,0.3,\n2,,0.9\n3,0.2,\n";
        assert_eq!(one(sparse, "{acc: {csv: {file: f.csv, row: last}}}"), 0.9);
    }
}
