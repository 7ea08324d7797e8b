//! The values of runs in one file: a table, a JSON document or JSON lines.
//!
//! The same parsers read them as read the metrics of a program's runs. A row or an object is a run,
//! and so is each number of a plain list.

mod file_run;
mod json;
mod reader;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use reprove_model::escape::printable;
use reprove_model::record::NumberUnit;
use reprove_model::seeds::RunSeed;

pub use file_run::{FileRun, RunNumber, RunQuery};
pub use reader::{is_index, is_seed, parse_seed};

use crate::collect::same;
use crate::error::{MetricError, similar};
use crate::text;
use reader::{Entry, Reader};

/// Reads the runs of a file that is called `file` in messages, in its order.
///
/// ```
/// use reprove_metrics::{RunNumber, RunQuery, read_runs};
/// use reprove_model::seeds::RunSeed;
///
/// let runs = read_runs("runs.csv", b"seed,acc\n3,90.4\n4,crashed\n", &RunQuery::default())?;
/// assert_eq!(runs[0].seed, Some(RunSeed(3)));
/// assert_eq!(runs[1].number, RunNumber::Lost);
/// # Ok::<(), reprove_metrics::MetricError>(())
/// ```
///
/// # Errors
/// What is no table and no JSON, a row with another number of cells than the header, a column that
/// is not there or stands twice, text where a number or a seed should be, a seed twice, no runs.
pub fn read_runs(file: &str, bytes: &[u8], query: &RunQuery) -> Result<Vec<FileRun>, MetricError> {
    let reader = Reader { file, query };
    let text = text::decode(bytes).map_err(|reason| reader.malformed(1, reason))?;
    let entries = entries(reader, &text)?;
    if entries.is_empty() && !query.filters.is_empty() {
        return Err(no_run(file, &text, query));
    }
    consistent(reader, entries)
}

/// Reads the entries of a text, which the filters leave in.
fn entries(reader: Reader<'_>, text: &str) -> Result<Vec<Entry>, MetricError> {
    match text.trim_start().starts_with(['[', '{']) {
        true => json::entries(reader, text),
        false => table::entries(reader, text),
    }
}

/// That the filters leave no run in: the first that no run satisfies, with the values that runs have there.
fn no_run(file: &str, text: &str, query: &RunQuery) -> MetricError {
    let all = RunQuery {
        column: query.column.clone(),
        filters: Vec::new(),
    };
    let reader = Reader { file, query: &all };
    let all = entries(reader, text).unwrap_or_default();
    let values = |key: &str| {
        let of = |entry: &Entry| match entry.others.get(key) {
            Some(value) => Some(value.clone()),
            None if is_seed(key) => entry.run.seed.map(|seed| seed.to_string()),
            None => None,
        };
        all.iter().filter_map(of).collect::<BTreeSet<String>>()
    };
    let is_met = |(key, value): &&(String, String)| values(key).iter().any(|one| same(one, value));
    let shown = |(key, value): &(String, String)| {
        let (key, value) = (printable(key, 60), printable(value, 60));
        format!("`{value}` under `{key}`")
    };
    let (what, known) = match query.filters.iter().find(|filter| !is_met(filter)) {
        Some(filter) => {
            let values = values(&filter.0);
            let known = similar(&filter.1, values.iter().map(String::as_str));
            (shown(filter), known)
        }
        None => {
            let all: Vec<String> = query.filters.iter().map(shown).collect();
            (all.join(" and "), Vec::new())
        }
    };
    MetricError::NoRun {
        file: file.to_owned(),
        what,
        known,
    }
}

/// The runs, if they have one unit, no seed stands twice and all or none have one.
fn consistent(reader: Reader<'_>, entries: Vec<Entry>) -> Result<Vec<FileRun>, MetricError> {
    if entries.is_empty() {
        let reason = "expected at least one value, found none".to_owned();
        return Err(reader.unreadable(reason));
    }
    check_units(reader, &entries)?;
    check_seeds(reader, &entries)?;
    Ok(entries.into_iter().map(|entry| entry.run).collect())
}

/// Refuses numbers of which some are percentages and others are not.
fn check_units(reader: Reader<'_>, entries: &[Entry]) -> Result<(), MetricError> {
    let (mut percentages, mut numbers) = (0, 0);
    for entry in entries {
        if let RunNumber::Number { unit, .. } = entry.run.number {
            numbers += 1;
            percentages += usize::from(unit == NumberUnit::Percent);
        }
    }
    if percentages == 0 || percentages == numbers {
        return Ok(());
    }
    Err(reader.unreadable(format!(
        "expected numbers in one unit, found {percentages} of {numbers} with a percent sign"
    )))
}

/// Refuses a seed that stands twice, and a run without one where others have one.
fn check_seeds(reader: Reader<'_>, entries: &[Entry]) -> Result<(), MetricError> {
    let mut seen: BTreeMap<RunSeed, &Entry> = BTreeMap::new();
    let has_seeds = entries.iter().any(|entry| entry.run.seed.is_some());
    for entry in entries {
        let line = entry.run.line;
        let Some(seed) = entry.run.seed else {
            if has_seeds {
                let reason = "expected a seed, as other runs have one, found none".to_owned();
                return Err(reader.malformed(line, reason));
            }
            continue;
        };
        if let Some(first) = seen.insert(seed, entry) {
            let others = entry.others.iter();
            let differing = others.filter(|(name, value)| first.others.get(*name) != Some(value));
            return Err(MetricError::SeedTwice {
                file: reader.file.to_owned(),
                line,
                seed,
                differing: differing
                    .map(|(name, value)| (printable(name, 60), printable(value, 60)))
                    .collect(),
            });
        }
    }
    Ok(())
}
