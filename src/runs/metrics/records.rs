//! Numbers out of records: JSON lines and rows of a table.

use super::json::{self, Entry};
use super::{
    Collected, CsvSource, Error, Found, JsonlSource, Origin, Outputs, Readings, Take, absent,
    number, open, printable,
};

/// Reads JSON lines. Empty lines are passed over, and so is a last line that was cut off.
pub(super) fn read_jsonl(
    source: &JsonlSource,
    name: Option<&str>,
    outputs: &Outputs,
) -> Result<Readings, Error> {
    let file = source.file.as_str();
    let key = source
        .key
        .as_deref()
        .map(json::dotted)
        .or_else(|| name.map(str::to_owned));
    let mut collected = Collected::new(file, &source.take);
    // A program that was killed leaves half a line; a fault matters only once another line follows.
    let mut fault = None;
    open::lines(file, outputs, |line, text| {
        if let Some(fault) = fault.take() {
            return Err(fault);
        }
        if text.trim().is_empty() {
            return Ok(());
        }
        let entries = match json::leaves(text.as_bytes()) {
            Ok(entries) => entries,
            Err((_, reason)) => {
                fault = Some(Error::Malformed {
                    file: file.to_owned(),
                    line,
                    reason,
                });
                return Ok(());
            }
        };
        if !chosen(&source.take, |key| value_of(&entries, key)) {
            return Ok(());
        }
        let wanted = entries
            .iter()
            .filter(|entry| key.as_ref().is_none_or(|key| entry.name == *key));
        for entry in wanted {
            if let Some((value, unit)) = entry.leaf.number() {
                let origin = Origin {
                    file: file.to_owned(),
                    line: Some(line),
                    text: printable(text, 200),
                };
                collected.offer(
                    &entry.name,
                    Found {
                        value,
                        unit,
                        origin,
                    },
                )?;
            }
        }
        Ok(())
    })?;
    if let (Some(fault), true) = (fault, collected.metrics.is_empty()) {
        return Err(fault);
    }
    renamed(collected.finish(key.as_deref())?, name)
}

/// The one metric that was read, under the name that was asked for.
fn renamed(readings: Readings, name: Option<&str>) -> Result<Readings, Error> {
    match name {
        Some(name) => Ok(Readings::from([(
            name.to_owned(),
            readings.into_values().flatten().collect(),
        )])),
        None => Ok(readings),
    }
}

fn value_of(entries: &[Entry], key: &str) -> Option<String> {
    let entry = entries.iter().find(|entry| entry.name == key)?;
    Some(match &entry.leaf {
        json::Leaf::Number(value) => value.to_string(),
        json::Leaf::Text(text) => text.clone(),
    })
}

/// Whether a record is one that `take` looks at.
pub(super) fn chosen(take: &Take, value_of: impl Fn(&str) -> Option<String>) -> bool {
    let Take::Where { key, value } = take else {
        return true;
    };
    value_of(key).is_some_and(|found| same(&found, value))
}

/// Equal as numbers where both are, else as text.
fn same(a: &str, b: &str) -> bool {
    match (a.trim().parse::<f64>(), b.trim().parse::<f64>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a.trim() == b.trim(),
    }
}

/// Reads a table.
pub(super) fn read_csv(
    source: &CsvSource,
    name: Option<&str>,
    outputs: &Outputs,
) -> Result<Readings, Error> {
    let file = source.file.as_str();
    let malformed = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        Error::Malformed {
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
    if let Some(missing) = column.filter(|column| !headers.iter().any(|header| header == column)) {
        return Err(absent(file, missing, headers.iter().map(String::as_str)));
    }
    let mut collected = Collected::new(file, &source.row);
    for record in reader.byte_records() {
        let record = record.map_err(malformed)?;
        let cell = |index: usize| {
            record
                .get(index)
                .map(|cell| String::from_utf8_lossy(cell).into_owned())
        };
        let of = |key: &str| cell(headers.iter().position(|header| header == key)?);
        if !chosen(&source.row, of) {
            continue;
        }
        let line = record.position().map(csv::Position::line);
        let text = record
            .iter()
            .map(String::from_utf8_lossy)
            .collect::<Vec<_>>()
            .join(",");
        for (index, header) in headers.iter().enumerate() {
            let wanted = column.is_none_or(|column| column == header);
            if let (true, Some((value, unit))) =
                (wanted, cell(index).and_then(|cell| number::parse(&cell)))
            {
                let origin = Origin {
                    file: file.to_owned(),
                    line,
                    text: printable(&text, 200),
                };
                collected.offer(
                    header,
                    Found {
                        value,
                        unit,
                        origin,
                    },
                )?;
            }
        }
    }
    renamed(collected.finish(column)?, name)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{one, reading};

    const LINES: &str = "{\"step\": 1, \"acc\": 0.5}\n\n{\"step\": 2, \"acc\": 0.9, \"loss\": NaN}\n{\"step\": 3, \"acc\": 0.8}\n";
    const TABLE: &str = "epoch,acc,name\n1,50%,a\n2,90.5,b\n3,nan,c\n";

    #[test]
    fn json_lines() {
        for (take, value) in [
            ("first", 0.5),
            ("last", 0.8),
            ("max", 0.9),
            ("min", 0.5),
            ("{step: 2}", 0.9),
        ] {
            assert_eq!(
                one(
                    LINES,
                    &format!("{{acc: {{jsonl: {{file: f.csv, take: {take}}}}}}}")
                ),
                value,
                "{take}"
            );
        }
        assert_eq!(reading(LINES, "{jsonl: f.csv}").unwrap().len(), 3);
        assert_eq!(
            reading(LINES, "{jsonl: {file: f.csv, key: acc, take: all}}").unwrap()[0].1,
            [0.5, 0.9, 0.8]
        );
        assert_eq!(
            one("{\"acc\": 1}\n{\"acc\": 2, \"ste", "{acc: {jsonl: f.csv}}"),
            1.0
        );
        assert_eq!(
            reading("{\"a\": 1}\noops\n{\"a\": 2}\n", "{a: {jsonl: f.csv}}").unwrap_err(),
            "f.csv:2: expected a value, found `oops`"
        );
        assert_eq!(
            reading(LINES, "{ac: {jsonl: f.csv}}").unwrap_err(),
            "f.csv: no `ac`"
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
        assert!(one(TABLE, "{acc: {csv: f.csv}}").is_nan());
        let error = reading(TABLE, "{accuracy: {csv: f.csv}}").unwrap_err();
        assert_eq!(error, "f.csv: no `accuracy`, found `acc`, `name`, `epoch`");
        assert_eq!(
            reading(TABLE, "{acc: {csv: {file: f.csv, row: {epoch: 9}}}}").unwrap_err(),
            "f.csv: no `acc`"
        );
    }
}
