//! Numbers of a table with a header.

use std::path::Path;

use reprove_model::escape::printable;
use reprove_model::manifest::Take;
use reprove_model::manifest::metric_source::CsvSource;

use crate::collect::Collected;
use crate::error::{MetricError, absent, no_number};
use crate::number;
use crate::open::{self, Outputs};
use crate::readers::MetricReader;
use crate::table::{self, ColumnEnd, CsvTable, Header, TableFault};
use crate::text;
use crate::value::{MetricValue, Provenance, Readings, renamed};

impl MetricReader for CsvSource {
    fn path(&self) -> Option<&Path> {
        Some(&self.file)
    }

    fn read(
        &self,
        take: &Take,
        metric: Option<&str>,
        outputs: &Outputs<'_>,
    ) -> Result<Readings, MetricError> {
        let file = self.name();
        let malformed = |(line, reason): TableFault| MetricError::Malformed {
            file: file.clone(),
            line,
            reason,
        };
        let bytes = open::whole(&file, outputs)?;
        let text = text::decode(&bytes).map_err(|reason| malformed((1, reason)))?;
        let column = self.column.as_deref().or(metric);
        let key = record_key(take);
        let wanted: Vec<&str> = column.into_iter().chain(key).collect();
        let table = table::parse(&text, &wanted, Header::Always).map_err(malformed)?;
        for name in &wanted {
            if table.column(name).is_none() {
                return Err(no_column(&file, name, &table));
            }
            table.check_once(name).map_err(malformed)?;
        }
        let value = column.and_then(|name| table.column(name));
        if value != Some(0) && key.and_then(|key| table.column(key)) != Some(0) {
            table.check_summaries(0).map_err(malformed)?;
        }
        let collected = collected(&file, &table, value, take)?;
        Ok(renamed(collected.finish(column)?, metric))
    }
}

/// The column that [`Take::Where`] looks at.
fn record_key(take: &Take) -> Option<&str> {
    match take {
        Take::Where { key, .. } => Some(key),
        Take::Only
        | Take::First
        | Take::Last
        | Take::Max
        | Take::Min
        | Take::Best
        | Take::All
        | Take::At(_) => None,
    }
}

/// The numbers of one column, or of all.
fn collected<'a>(
    file: &'a str,
    table: &CsvTable,
    column: Option<usize>,
    take: &'a Take,
) -> Result<Collected<'a>, MetricError> {
    let mut collected = Collected::new(file, take);
    let names = table.names.as_deref().unwrap_or_default();
    let last = table.rows.last().map(|row| row.line);
    for row in &table.rows {
        if !collected.looks_at(|key| Some(row.cell(table.column(key)?).to_owned())) {
            continue;
        }
        for (index, name) in names.iter().enumerate() {
            if column.is_some_and(|column| column != index) {
                continue;
            }
            let cell = row.cell(index);
            if Some(row.line) == last {
                match table.end_of(index) {
                    ColumnEnd::Closed => {}
                    ColumnEnd::Open => collected.no_newline(row.line),
                    ColumnEnd::Cut => {
                        collected.cut_number(name, row.line, cell)?;
                        continue;
                    }
                }
            }
            match number::parse(cell) {
                Some((value, unit)) => {
                    let provenance = Provenance {
                        file: file.to_owned(),
                        line: Some(row.line),
                        text: printable(&row.text(), 200),
                    };
                    let found = MetricValue {
                        value,
                        unit,
                        provenance,
                    };
                    collected.offer(name, found)?;
                }
                // Loggers leave a cell empty where a row has no such number.
                None if column.is_some() && !cell.is_empty() => {
                    collected.miss(name, no_number(file, row.line, name, cell))?;
                }
                None => {}
            }
        }
    }
    if let Some((line, reason)) = &table.cut_off {
        collected.cut_off(*line, reason);
    }
    Ok(collected)
}

/// That a table has no such column.
fn no_column(file: &str, missing: &str, table: &CsvTable) -> MetricError {
    let names = table.names.iter().flatten();
    absent(file, missing, names.map(String::as_str))
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
        assert_eq!(error, "f.csv: no `accuracy`, found `acc`, `epoch`, `name`");
        assert_eq!(
            reading(TABLE, "{acc: {csv: {file: f.csv, row: {epoch: 9}}}}").unwrap_err(),
            "f.csv: no record with `9` under `epoch`, found `1`, `2`, `3`"
        );
        for (text, words) in [
            (
                "epoch,acc\n1,\"0,5\"\n",
                "f.csv:2: `acc`: expected a number, found `0,5`: write the decimal point as `.` and \
                 no thousands separators",
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
            "f.csv: no `step`, found `acc`, `name`, `epoch`"
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

    const LAST: &str = "{acc: {csv: {file: f.csv, row: last}}}";

    #[test]
    fn separators_are_those_of_the_header() {
        for text in [
            "epoch;acc\n1;0.5\n",
            "epoch\tacc\n1\t0.5\n",
            "# exported; by a tool\nepoch,acc\n1,0.5\n",
            "#{\"t_start\": 1.5, \"env_id\": \"x;y\"}\nepoch,acc\n1,0.5\n",
            "\"loss; mean\",acc\n1,0.5\n",
        ] {
            assert_eq!(one(text, LAST), 0.5, "{text}");
        }
    }

    #[test]
    fn a_row_is_as_wide_as_its_header() {
        for (text, words) in [
            (
                "epoch,acc\n1,88,4\n2,90,7\n",
                "f.csv:2: expected 2 cells, found 3: write the decimal point as `.`, because commas \
                 part the cells",
            ),
            (
                "epoch,acc\n1,88.4\n2,3.5,90.7\n",
                "f.csv:3: expected 2 cells, found 3",
            ),
            ("a,acc\n1,88.4\n2\n", "f.csv:3: expected 2 cells, found 1"),
            (
                "acc\n# done\n",
                "f.csv:2: `acc`: expected a number, found `# done`",
            ),
            (
                "a,acc\n1,2\na,acc\n1,3\n",
                "f.csv:3: the header stands again",
            ),
            ("a,acc\n1,2\n1", "f.csv:3: the last record is cut off"),
            (
                "epoch,acc\n1,88.4\nmean,88.4\n",
                "f.csv:3: `mean` sums up other rows and is no run",
            ),
        ] {
            assert_eq!(reading(text, LAST).unwrap_err(), words);
        }
        let split = "{acc: {csv: {file: f.csv, row: {pool: max}}}}";
        assert_eq!(one("pool,acc\nnone,1\nmax,2\n", split), 2.0);
    }

    #[test]
    fn a_last_number_without_a_newline_may_be_cut_off() {
        let cut = "f.csv:3: `9` is cut off: the text ends there without a newline, and every other \
                   number has more digits";
        assert_eq!(reading("epoch,acc\n1,0.91\n2,9", LAST).unwrap_err(), cut);
        let empty = reading("epoch,acc\n1,0.91\n2,", LAST).unwrap_err();
        assert_eq!(
            empty,
            "f.csv:3: the last row is cut off before its last cell"
        );
        let remarked = |text: &str, row: &str| {
            let yaml = format!("{{acc: {{csv: {{file: f.csv, row: {row}}}}}}}");
            let found = readings(text, &yaml).unwrap()["acc"][0].clone();
            (found.value, found.provenance.to_string())
        };
        let open = " (line 3 ends without a newline and may be cut off)";
        for (text, row, value, provenance) in [
            (
                "e,acc\n1,91\n2,9",
                "last",
                9.0,
                format!("f.csv:3: 2,9{open}"),
            ),
            (
                "e,acc\n1,91\n2,9",
                "max",
                91.0,
                format!("f.csv:2: 1,91{open}"),
            ),
            (
                "e,acc\n1,0.91\n2,9",
                "max",
                0.91,
                "f.csv:2: 1,0.91 (line 3 is cut off and is left out)".to_owned(),
            ),
            // What stands behind a number ends it.
            ("acc,e\n0.91,1\n9,2", "last", 9.0, "f.csv:3: 9,2".to_owned()),
            (
                "e,acc\n1,0.91\n2,\"9\"",
                "last",
                9.0,
                "f.csv:3: 2,9".to_owned(),
            ),
        ] {
            assert_eq!(remarked(text, row), (value, provenance), "{text}");
        }
    }

    #[test]
    fn a_last_cell_that_is_no_number_leaves_no_value() {
        for word in ["None", "null", "N/A", "-", "diverged", "best"] {
            let text = format!("epoch,acc\n1,90.1\n2,91.2\n3,{word}\n");
            let words = format!("f.csv:4: `acc`: expected a number, found `{word}`");
            for row in ["last", "max", "only"] {
                let yaml = format!("{{acc: {{csv: {{file: f.csv, row: {row}}}}}}}");
                assert_eq!(reading(&text, &yaml).unwrap_err(), words);
            }
        }
        assert!(one("epoch,acc\n1,90.1\n3,nan\n", LAST).is_nan());
    }
}
