//! Numbers of JSON lines: one document a line.

use reprove_model::manifest::{JsonlSource, Take};

use crate::collect::Collected;
use crate::error::{MetricError, no_number};
use crate::json::{self, Entry};
use crate::open::{self, Outputs};
use crate::readers::MetricReader;
use crate::value::{MetricValue, Readings, renamed};

impl MetricReader for JsonlSource {
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

/// Reads JSON lines. Empty lines are passed over, and so is a last line that was cut off.
fn read(
    source: &JsonlSource,
    take: &Take,
    name: Option<&str>,
    outputs: &Outputs<'_>,
) -> Result<Readings, MetricError> {
    let file = source.name();
    let file = file.as_str();
    let key = source
        .path
        .as_deref()
        .map(json::dotted)
        .or_else(|| name.map(str::to_owned));
    let mut collected = Collected::new(file, take);
    // A program that was killed leaves half a line; a fault matters only once another line follows.
    let mut fault = None;
    let opened = open::file(file, outputs, open::LARGEST_TEXT)?;
    open::lines(opened, file, |line, text| {
        if let Some(fault) = fault.take() {
            return Err(fault);
        }
        if text.trim().is_empty() {
            return Ok(());
        }
        let entries = match json::leaves(text.as_bytes()) {
            Ok(entries) => entries,
            Err((_, reason)) => {
                fault = Some(MetricError::Malformed {
                    file: file.to_owned(),
                    line,
                    reason,
                });
                return Ok(());
            }
        };
        let value_of = |key: &str| {
            let mut of_key = entries.iter().filter(|entry| entry.name == key);
            of_key.next().map(|entry| entry.leaf.plain())
        };
        if !collected.looks_at(value_of) {
            return Ok(());
        }
        for Entry { name, leaf, .. } in &entries {
            let is_wanted = key.as_ref().is_none_or(|key| name == key);
            match leaf.number() {
                Some((value, unit)) if is_wanted => {
                    let provenance = leaf.provenance(file, line, text);
                    let found = MetricValue {
                        value,
                        unit,
                        provenance,
                    };
                    collected.offer(name, found)?;
                }
                Some(_) => collected.saw(name),
                None if is_wanted && key.is_some() => {
                    let error = || no_number(file, line, name, &leaf.plain());
                    collected.other.get_or_insert_with(error);
                }
                None => {}
            }
        }
        Ok(())
    })?;
    if let (Some(fault), true) = (fault, collected.metrics.is_empty()) {
        return Err(fault);
    }
    Ok(renamed(collected.finish(key.as_deref())?, name))
}

#[cfg(test)]
mod tests {
    use crate::testing::{one, reading};

    const LINES: &str = "{\"step\": 1, \"acc\": 0.5}\n\n{\"step\": 2, \"acc\": 0.9, \"loss\": NaN}\n{\"step\": 3, \"acc\": 0.8}\n";

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
            reading(LINES, "{jsonl: {file: f.csv, path: acc, take: all}}").unwrap()[0].1,
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
            "f.csv: no `ac`, found `acc`, `loss`, `step`"
        );
        assert_eq!(
            reading(LINES, "{acc: {jsonl: {file: f.csv, take: {step: 9}}}}").unwrap_err(),
            "f.csv: no record with `9` under `step`, found `1`, `2`, `3`"
        );
        assert_eq!(
            reading("{\"acc\": \"0,5\"}\n", "{acc: {jsonl: f.csv}}").unwrap_err(),
            "f.csv:1: `acc`: expected a number, found `0,5`"
        );
        // What comes last decides, and `null` is no number that comes before it.
        assert!(one("{\"acc\": 1}\n{\"acc\": null}\n", "{acc: {jsonl: f.csv}}").is_nan());
        assert_eq!(one("\u{feff}{\"acc\": 1}\n", "{acc: {jsonl: f.csv}}"), 1.0);
    }
}
