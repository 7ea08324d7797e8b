//! Writes the table of runs.

use super::error::RunImportError;
use super::table::{ImportedRun, ImportedRuns, RunValue};
use std::collections::BTreeSet;

impl ImportedRuns {
    /// CSV with the columns `configuration`, `seed`, `metric`, `value`, `source`; without seeds, `run`
    /// stands for `seed`. Lost runs have a word, or a number that is not finite, for their value.
    pub fn to_csv(&self) -> String {
        let has_seeds = self.runs.iter().all(|run| run.seed.is_some());
        let key = if has_seeds { "seed" } else { "run" };
        let mut text = format!("configuration,{key},metric,value,source\n");
        for run in &self.runs {
            let key = match run.seed {
                Some(seed) => seed.to_string(),
                None => cell(&run.run),
            };
            let cells = [
                cell(&run.configuration),
                key,
                cell(&run.metric),
                cell(value(&run.value)),
                cell(&run.source.to_string()),
            ];
            text += &cells.join(",");
            text.push('\n');
        }
        text
    }

    /// The block of a manifest with the values as reported ones.
    ///
    /// # Errors
    /// A lost run, which a list of values cannot hold; several metrics or configurations.
    pub fn to_values(&self) -> Result<String, RunImportError> {
        let of = |name: fn(&ImportedRun) -> &str| {
            self.runs.iter().map(name).collect::<BTreeSet<&str>>().len()
        };
        let metrics = of(|run| &run.metric);
        let configurations = of(|run| &run.configuration);
        if metrics != 1 || configurations != 1 {
            return Err(RunImportError::ManyLists {
                found: format!("{metrics} metrics and {configurations} configurations"),
            });
        }
        let mut values = Vec::new();
        for run in &self.runs {
            let RunValue::Number(text) = &run.value else {
                return Err(RunImportError::LostValues {
                    place: Box::new(run.source.clone()),
                    lost: self.lost(),
                    runs: self.runs.len(),
                });
            };
            values.push(yaml_number(text));
        }
        let is_percent =
            |run: &ImportedRun| matches!(&run.value, RunValue::Number(text) if text.ends_with('%'));
        let percent = match self.runs.first().is_some_and(is_percent) {
            true => " # percent",
            false => "",
        };
        Ok(format!(
            "reported: {{values: [{}]}}{percent}\n",
            values.join(", ")
        ))
    }
}

/// The cell of a value: the digits, or what `decide` counts as a lost run.
fn value(value: &RunValue) -> &str {
    match value {
        RunValue::Number(text) | RunValue::Diverged(text) => text,
        RunValue::Missing => "missing",
        RunValue::Failed(_) => "failed",
    }
}

/// A number as YAML reads it: without its percent sign and its plus sign.
fn yaml_number(text: &str) -> &str {
    text.trim()
        .trim_end_matches('%')
        .trim()
        .trim_start_matches('+')
}

/// A text as a cell of CSV (RFC 4180), in one line.
fn cell(text: &str) -> String {
    let text = text.replace(['\r', '\n'], " ");
    let is_plain = !text.contains([',', '"', ';', '\t']) && text.trim() == text;
    match is_plain {
        true => text,
        false => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}
