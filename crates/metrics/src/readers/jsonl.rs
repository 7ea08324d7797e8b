//! Numbers of JSON lines: one document a line.

use std::path::Path;

use reprove_model::manifest::Take;
use reprove_model::manifest::metric_source::JsonlSource;

use crate::collect::Collected;
use crate::error::{MetricError, no_number};
use crate::json::{self, JsonNode};
use crate::open::{self, OutputLine, Outputs};
use crate::readers::MetricReader;
use crate::value::{MetricValue, Readings, renamed};

impl MetricReader for JsonlSource {
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
        let path = self.path.as_deref().or(metric);
        let mut lines = Lines {
            file: &file,
            path,
            collected: Collected::new(&file, take),
        };
        let mut cut_off = None;
        let opened = open::file(&file, outputs, open::LARGEST_TEXT)?;
        open::lines(opened, &file, |line| {
            if line.text.trim().is_empty() {
                return Ok(());
            }
            match json::parse(line.text) {
                Ok(root) => lines.take(&root, line),
                // A program that was killed leaves half a line; one with its end is malformed.
                Err((_, reason)) if line.is_whole => Err(MetricError::Malformed {
                    file: file.clone(),
                    line: line.number,
                    reason,
                }),
                Err((_, reason)) => {
                    cut_off = Some((line.number, reason));
                    Ok(())
                }
            }
        })?;
        let mut collected = lines.collected;
        match cut_off {
            Some((line, reason)) if collected.is_empty() => {
                return Err(MetricError::Malformed { file, line, reason });
            }
            Some((line, _)) => collected.cut_off(line, "is cut off"),
            None => {}
        }
        Ok(renamed(collected.finish(path)?, metric))
    }
}

/// The numbers of the lines so far.
struct Lines<'a> {
    file: &'a str,
    path: Option<&'a str>,
    collected: Collected<'a>,
}

impl Lines<'_> {
    fn take(&mut self, root: &JsonNode, line: OutputLine<'_>) -> Result<(), MetricError> {
        if !self.collected.looks_at(|key| root.plain_at(key)) {
            return Ok(());
        }
        let (file, number) = (self.file, line.number);
        let found = |node: &JsonNode| {
            let (value, unit) = node.leaf()?.number()?;
            Some(MetricValue {
                value,
                unit,
                provenance: json::provenance(file, number, line.text),
            })
        };
        if let Some(path) = self.path {
            let hits = root.find(path);
            if hits.is_empty() {
                root.number_names()
                    .iter()
                    .for_each(|name| self.collected.saw(name));
            }
            for hit in hits {
                match found(hit.node) {
                    Some(found) => self.collected.offer(path, found)?,
                    None => {
                        let why = no_number(file, number, path, &hit.node.shown());
                        self.collected.miss(path, why)?;
                    }
                }
            }
            return Ok(());
        }
        let mut all = Vec::new();
        root.walk(&mut String::new(), &mut |name, node| {
            all.extend(found(node).map(|found| (name.to_owned(), found)));
        });
        for (name, found) in all {
            self.collected.offer(&name, found)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{one, reading, readings};

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
            "f.csv:1: `acc`: expected a number, found `0,5`: write the decimal point as `.` and no \
             thousands separators"
        );
        // What comes last decides, and `null` is no number that comes before it.
        assert_eq!(
            reading("{\"acc\": 1}\n{\"acc\": null}\n", "{acc: {jsonl: f.csv}}").unwrap_err(),
            "f.csv:2: `acc`: expected a number, found `null`"
        );
        let last = "{\"acc\": 1}\n{\"acc\": \"crashed\"}\n{\"step\": 3}\n";
        assert!(reading(last, "{acc: {jsonl: f.csv}}").is_err());
        assert_eq!(one("\u{feff}{\"acc\": 1}\n", "{acc: {jsonl: f.csv}}"), 1.0);
    }

    #[test]
    fn a_line_that_is_cut_off_has_no_last_value() {
        let cut = "{\"acc\": 1}\n{\"acc\": 2}\n{\"acc\": 0, \"ste";
        assert_eq!(
            reading(cut, "{acc: {jsonl: f.csv}}").unwrap_err(),
            "f.csv:3: the last record is cut off"
        );
        let max = readings(cut, "{acc: {jsonl: {file: f.csv, take: max}}}").unwrap();
        assert_eq!(
            max["acc"][0].provenance.to_string(),
            "f.csv:2: {\"acc\": 2} (line 3 is cut off and is left out)"
        );
        // A line with its end was not cut off.
        for glued in [
            "{\"acc\": 1}\n{\"acc\": 2}{\"acc\": 3}\n",
            "{\"acc\": 1}\n{\"acc\": 2\n",
        ] {
            let error = reading(glued, "{acc: {jsonl: {file: f.csv, take: max}}}").unwrap_err();
            assert!(error.starts_with("f.csv:2: expected"), "{error}");
        }
    }
}
