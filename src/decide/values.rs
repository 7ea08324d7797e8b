//! Values of runs out of a CSV, JSON or JSON Lines file, or standard input.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::DecideError;
use reprove_decide::sample::{Observation, SeedRun};
use reprove_model::record::NumberUnit;

/// Which values of a file are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The only one there is, or the one called `value`.
    Only,
    /// The one of this name; in a file without names its place, from 1.
    Named(String),
}

/// One value as read: its seed where the file has one, and a number that may be no number.
struct Row {
    seed: Option<u64>,
    value: f64,
}

/// The runs of a file in its order, which is the order of the seeds. Values that are not finite
/// (`NaN`, `inf`, `null`, an empty cell) are runs that diverged.
///
/// # Errors
/// A file that cannot be read, no such column, text that is no number, no values at all.
pub fn read_runs(file: &Path, column: &Column) -> Result<Vec<SeedRun>, DecideError> {
    let rows = read(file, column)?;
    let run = |(place, row): (usize, Row)| SeedRun {
        seed: row.seed.unwrap_or(place as u64 + 1),
        observed: Observation::from_number(row.value),
        unit: NumberUnit::Unknown,
    };
    Ok(rows.into_iter().enumerate().map(run).collect())
}

/// The finite values of a file.
///
/// # Errors
/// As [`read_runs`], and a value that is not finite.
pub fn read_numbers(file: &Path, column: &Column) -> Result<Vec<f64>, DecideError> {
    let values: Vec<f64> = read(file, column)?
        .into_iter()
        .map(|row| row.value)
        .collect();
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(values),
        Some(place) => Err(DecideError::File {
            file: file.display().to_string(),
            problem: format!("value {} is not finite", place + 1),
        }),
    }
}

fn read(file: &Path, column: &Column) -> Result<Vec<Row>, DecideError> {
    let name = if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    };
    let failed = |problem: String| DecideError::File {
        file: name.clone(),
        problem,
    };
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|e| failed(e.to_string()))?;
    } else {
        bytes = std::fs::read(file).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => failed("no such file".to_owned()),
            _ => failed(format!("cannot be read: {error}")),
        })?;
    }
    let text = String::from_utf8(bytes).map_err(|_| failed("expected UTF-8 text".to_owned()))?;
    let text = text.trim_start_matches('\u{feff}');
    let rows = parse(text, column).map_err(failed)?;
    if rows.is_empty() {
        return Err(failed("expected at least one value, found none".to_owned()));
    }
    Ok(rows)
}

/// The format is told by the content: JSON begins with `[` or `{`.
fn parse(text: &str, column: &Column) -> Result<Vec<Row>, String> {
    if !text.trim_start().starts_with(['[', '{']) {
        return csv_rows(text, column);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) => json_rows(&value, column),
        Err(_) => {
            let mut rows = Vec::new();
            for (place, line) in text
                .lines()
                .enumerate()
                .filter(|(_, l)| !l.trim().is_empty())
            {
                let value: Value = serde_json::from_str(line)
                    .map_err(|e| format!("line {}: expected JSON: {e}", place + 1))?;
                rows.push(json_row(&value, column, &format!("line {}", place + 1))?);
            }
            Ok(rows)
        }
    }
}

fn json_rows(value: &Value, column: &Column) -> Result<Vec<Row>, String> {
    if let Value::Array(items) = value {
        let row = |(place, item)| json_row(item, column, &format!("value {}", place + 1));
        return items.iter().enumerate().map(row).collect();
    }
    let name = match column {
        Column::Named(name) => name.as_str(),
        Column::Only => "values",
    };
    match value.get(name) {
        Some(list @ Value::Array(_)) => json_rows(list, &Column::Only),
        Some(_) => Ok(vec![json_row(value, column, "the object")?]),
        None => Err(missing(name, keys(value))),
    }
}

fn json_row(value: &Value, column: &Column, place: &str) -> Result<Row, String> {
    let Value::Object(fields) = value else {
        return Ok(Row {
            seed: None,
            value: json_number(value, place)?,
        });
    };
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    let name = &names[pick(&names, column)?];
    Ok(Row {
        seed: fields.get("seed").and_then(Value::as_u64),
        value: json_number(&fields[*name], place)?,
    })
}

fn json_number(value: &Value, place: &str) -> Result<f64, String> {
    match value {
        Value::Number(number) => Ok(number.as_f64().unwrap_or(f64::NAN)),
        Value::Null => Ok(f64::NAN),
        Value::String(text) => number(text, place),
        other => Err(format!("{place}: expected a number, found `{other}`")),
    }
}

fn keys(value: &Value) -> Vec<&str> {
    let fields = value.as_object().into_iter().flatten();
    fields.map(|(key, _)| key.as_str()).collect()
}

fn csv_rows(text: &str, column: &Column) -> Result<Vec<Row>, String> {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("");
    let delimiter = [b'\t', b';', b',']
        .into_iter()
        .find(|d| first.contains(char::from(*d)));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut names: Option<Vec<String>> = None;
    let (mut at, mut seed_at) = (0, None);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        if names.is_none() {
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            let is_header = cells.iter().any(|cell| number(cell, "").is_err());
            let shown: Vec<String> = match is_header {
                true => cells,
                false => (1..=cells.len()).map(|place| place.to_string()).collect(),
            };
            let list: Vec<&str> = shown.iter().map(String::as_str).collect();
            at = pick(&list, column)?;
            seed_at = list.iter().position(|name| *name == "seed");
            names = Some(shown);
            if is_header {
                continue;
            }
        }
        let cell = record.get(at).unwrap_or("");
        let seed = seed_at.and_then(|at| record.get(at)?.parse().ok());
        rows.push(Row {
            seed,
            value: number(cell, &format!("line {line}"))?,
        });
    }
    Ok(rows)
}

/// The place of the column that is meant.
fn pick(names: &[&str], column: &Column) -> Result<usize, String> {
    match column {
        Column::Named(wanted) => names
            .iter()
            .position(|name| name == wanted)
            .ok_or_else(|| missing(wanted, names.to_vec())),
        Column::Only => {
            let candidates: Vec<usize> = (0..names.len()).filter(|i| names[*i] != "seed").collect();
            let called = |name: &str| names.iter().position(|n| *n == name);
            match candidates.as_slice() {
                [only] => Ok(*only),
                _ => called("value").ok_or_else(|| {
                    format!(
                        "which column? choose one of {} with `--column`",
                        listed(names)
                    )
                }),
            }
        }
    }
}

fn missing(wanted: &str, names: Vec<&str>) -> String {
    format!("no column `{wanted}`, found {}", listed(&names))
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names
        .iter()
        .take(20)
        .map(|name| format!("`{name}`"))
        .collect();
    if quoted.is_empty() {
        "none".to_owned()
    } else {
        quoted.join(", ")
    }
}

/// A cell as a number; an empty one is a run without a value.
fn number(text: &str, place: &str) -> Result<f64, String> {
    match text.trim() {
        "" | "null" | "None" | "NA" => Ok(f64::NAN),
        cell => cell
            .parse()
            .map_err(|_| format!("{place}: expected a number, found `{cell}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, column: &Column) -> Vec<f64> {
        let rows = parse(text, column).unwrap();
        rows.iter().map(|row| row.value).collect()
    }

    #[test]
    fn every_format_gives_the_same_values() {
        let acc = Column::Named("acc".to_owned());
        for (text, column) in [
            ("1\n2\n3\n", &Column::Only),
            ("acc\n1\n2\n3\n", &Column::Only),
            ("seed,acc\n7,1\n8,2\n9,3\n", &Column::Only),
            ("loss;acc\n0;1\n0;2\n0;3\n", &acc),
            ("[1, 2, 3]", &Column::Only),
            ("{\"acc\": [1, 2, 3]}", &acc),
            ("[{\"acc\": 1}, {\"acc\": 2}, {\"acc\": 3}]", &acc),
            (
                "{\"acc\": 1, \"seed\": 4}\n{\"acc\": 2}\n{\"acc\": 3}\n",
                &Column::Only,
            ),
        ] {
            assert_eq!(values(text, column), [1.0, 2.0, 3.0], "{text}");
        }
    }

    #[test]
    fn seeds_are_kept_and_lost_values_are_no_numbers() {
        let rows = parse("seed,acc\n7,1\n8,NaN\n9,\n", &Column::Only).unwrap();
        assert_eq!(
            rows.iter().map(|r| r.seed).collect::<Vec<_>>(),
            [Some(7), Some(8), Some(9)]
        );
        assert!(rows[1].value.is_nan() && rows[2].value.is_nan());
        assert!(values("[1, null]", &Column::Only)[1].is_nan());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let fails = |text, column: &Column| parse(text, column).err().unwrap();
        assert_eq!(
            fails("acc\n1\nx\n", &Column::Only),
            "line 3: expected a number, found `x`"
        );
        let missing = fails("a,b\n1,2\n", &Column::Named("c".to_owned()));
        assert_eq!(missing, "no column `c`, found `a`, `b`");
        assert!(fails("a,b\n1,2\n", &Column::Only).starts_with("which column?"));
    }
}
