//! Numbers out of records: JSON lines, rows of a table, matches of a regular expression.

use regex::{Regex, RegexBuilder};

use super::json::{self, Entry};
use super::{
    Collected, CsvSource, Error, Found, JsonlSource, Origin, Outputs, Readings, RegexSource, Take,
    absent, number, open, printable,
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
fn chosen(take: &Take, value_of: impl Fn(&str) -> Option<String>) -> bool {
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

/// The largest program that a pattern may compile to, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// Compiles a pattern and checks that it has a group to read.
fn compiled(pattern: &str) -> Result<Regex, Error> {
    let built = RegexBuilder::new(pattern)
        .size_limit(LARGEST_PATTERN)
        .build();
    let regex = built.map_err(|error| {
        let text = error.to_string();
        let last = text
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        Error::Source(format!("pattern `{pattern}`: {last}"))
    })?;
    if regex.captures_len() < 2 {
        return Err(Error::Source(format!(
            "pattern `{pattern}`: expected a group around the number, found none"
        )));
    }
    Ok(regex)
}

/// Reads what a pattern matches, line by line.
pub(super) fn read_regex(
    source: &RegexSource,
    name: Option<&str>,
    outputs: &Outputs,
) -> Result<Readings, Error> {
    let file = source.file.as_str();
    let regex = compiled(&source.pattern)?;
    let groups = groups(&regex, name);
    if groups.is_empty() {
        let reason = "expected groups with names, because the metrics have none (`(?<accuracy>…)`)";
        return Err(Error::Source(format!(
            "pattern `{}`: {reason}",
            source.pattern
        )));
    }
    let mut collected = Collected::new(file, &source.take);
    open::lines(file, outputs, |line, text| {
        for part in text.split('\r') {
            for captures in regex.captures_iter(part) {
                let of = |key: &str| Some(captures.name(key)?.as_str().to_owned());
                if !chosen(&source.take, of) {
                    continue;
                }
                for (index, group) in &groups {
                    let Some(text) = captures.get(*index) else {
                        continue;
                    };
                    let after = part[text.end()..].starts_with('%');
                    let written = if after {
                        format!("{}%", text.as_str())
                    } else {
                        text.as_str().to_owned()
                    };
                    let Some((value, unit)) = number::parse(&written) else {
                        let reason = format!("`{}` is no number", printable(text.as_str(), 60));
                        return Err(Error::Malformed {
                            file: file.to_owned(),
                            line,
                            reason,
                        });
                    };
                    let origin = Origin {
                        file: file.to_owned(),
                        line: Some(line),
                        text: printable(part, 200),
                    };
                    collected.offer(
                        group,
                        Found {
                            value,
                            unit,
                            origin,
                        },
                    )?;
                }
            }
        }
        Ok(())
    })?;
    if collected.metrics.is_empty() {
        return Err(Error::Absent {
            file: file.to_owned(),
            what: format!("match of `{}`", source.pattern),
            known: vec![],
        });
    }
    collected.finish(None)
}

/// The groups to read and the metrics that they are: the one with the metric's name, else the
/// first; without a metric's name, every group that has a name.
fn groups(regex: &Regex, name: Option<&str>) -> Vec<(usize, String)> {
    let named = || {
        regex
            .capture_names()
            .enumerate()
            .filter_map(|(index, group)| Some((index, group?)))
    };
    match name {
        Some(name) => {
            let index = named()
                .find(|(_, group)| *group == name)
                .map_or(1, |(index, _)| index);
            vec![(index, name.to_owned())]
        }
        None => named()
            .map(|(index, group)| (index, group.to_owned()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Metrics, Unit, read};

    /// Writes `text` as the file `f.csv` (or as standard output) and reads `yaml` from it.
    fn reading(text: &str, yaml: &str) -> Result<Vec<(String, Vec<f64>)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        std::fs::write(&path, text).unwrap();
        let outputs = super::Outputs {
            folder: folder.path(),
            stdout: &path,
            stderr: &path,
        };
        let metrics: Metrics = serde_yaml::from_str(yaml).unwrap();
        let readings = read(&metrics, &outputs).map_err(|error| error.to_string())?;
        Ok(readings
            .into_iter()
            .map(|(name, found)| (name, found.iter().map(|one| one.value).collect()))
            .collect())
    }

    fn one(text: &str, yaml: &str) -> f64 {
        let readings = reading(text, yaml).unwrap();
        assert_eq!(
            (readings.len(), readings[0].1.len()),
            (1, 1),
            "{readings:?}"
        );
        readings[0].1[0]
    }

    const LINES: &str = "{\"step\": 1, \"acc\": 0.5}\n\n{\"step\": 2, \"acc\": 0.9, \"loss\": NaN}\n{\"step\": 3, \"acc\": 0.8}\n";
    const TABLE: &str = "epoch,acc,name\n1,50%,a\n2,90.5,b\n3,nan,c\n";
    const TEXT: &str = "start\nepoch 1 acc=0.1\repoch 2 acc=0.2\nepoch 3 acc=93.5% loss=nan\nepoch 4 acc=0.4 loss=1\n";

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

    #[test]
    fn patterns() {
        for (take, value) in [("first", 0.1), ("last", 0.4), ("max", 93.5)] {
            assert_eq!(
                one(
                    TEXT,
                    &format!("{{acc: {{regex: {{pattern: 'acc=([0-9.]+)', take: {take}}}}}}}")
                ),
                value,
                "{take}"
            );
        }
        assert_eq!(
            reading(TEXT, "{a: {regex: {pattern: 'acc=([0-9.]+)', take: all}}}").unwrap()[0]
                .1
                .len(),
            4
        );
        let named = reading(
            TEXT,
            "{regex: {pattern: 'acc=(?<acc>[0-9.]+)%? loss=(?<loss>\\S+)', take: first}}",
        )
        .unwrap();
        assert!(named[0].1[0] == 93.5 && named[1].1[0].is_nan());
        assert_eq!(
            one(
                TEXT,
                "{a: {regex: {pattern: 'epoch (?<epoch>\\d+) acc=(?<a>[0-9.]+)', take: {epoch: 2}}}}"
            ),
            0.2
        );
        for (pattern, error) in [
            ("f1=([0-9.]+)", "stdout: no match of `f1=([0-9.]+)`"),
            (
                "acc=",
                "metric source: pattern `acc=`: expected a group around the number, found none",
            ),
            ("(", "metric source: pattern `(`: unclosed group"),
            ("(epoch)", "stdout:2: `epoch` is no number"),
        ] {
            assert_eq!(
                reading(TEXT, &format!("{{a: {{regex: {{pattern: '{pattern}'}}}}}}")).unwrap_err(),
                error
            );
        }
    }

    #[test]
    fn a_percent_sign_behind_the_group_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "x\nacc: \u{1b}[1m94.2%\u{1b}[0m\n").unwrap();
        let outputs = super::Outputs {
            folder: folder.path(),
            stdout: &path,
            stderr: &path,
        };
        let metrics: Metrics =
            serde_yaml::from_str("{acc: {regex: {pattern: '([0-9.]+)'}}}").unwrap();
        let found = &read(&metrics, &outputs).unwrap()["acc"][0];
        assert_ne!(
            (found.value, found.unit),
            (94.2, Unit::Percent),
            "the last match is another number"
        );
        let metrics: Metrics =
            serde_yaml::from_str("{acc: {regex: {pattern: '([0-9.]+)%'}}}").unwrap();
        let found = &read(&metrics, &outputs).unwrap()["acc"][0];
        assert_eq!(
            (found.value, found.unit, found.origin.line),
            (94.2, Unit::Percent, Some(2))
        );
        assert_eq!(found.origin.text, "acc: \\u{1b}[1m94.2%\\u{1b}[0m");
    }
}
