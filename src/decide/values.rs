//! Values of runs out of a CSV, JSON or JSON Lines file, or standard input.

use std::io::Read;
use std::path::Path;

use super::DecideError;
use reprove_decide::sample::{Observation, SeedRun};
use reprove_metrics::{self as metrics, FileRun, RunNumber, RunQuery};
use reprove_model::record::NumberUnit;
use reprove_model::seeds::RunSeed;

/// The runs of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FileRuns {
    /// The runs in the order of the file, which is the order of the seeds; runs without a seed are counted
    /// from 1. Values that are not finite are runs that diverged, blanks and words such as `crashed` runs
    /// that failed.
    pub runs: Vec<SeedRun>,
    /// Whether every run has a seed.
    pub are_seeded: bool,
    /// Whether the file ends with the last number, without a newline, so that it may be cut off.
    pub is_open: bool,
}

/// The runs of a file.
///
/// # Errors
/// A file that cannot be read or has no runs, as [`metrics::read_runs`] says.
pub(super) fn read_runs(file: &Path, query: &RunQuery) -> Result<FileRuns, DecideError> {
    // What seeds are called in a table, as the reader of runs knows them.
    let named = query.column.as_deref().map(str::to_lowercase);
    if named.as_deref() == Some("seed") {
        return Err(DecideError::SeedColumn(name(file)));
    }
    let runs = read(file, query)?;
    Ok(FileRuns {
        are_seeded: runs.iter().all(|run| run.seed.is_some()),
        is_open: runs.iter().any(|run| run.is_open),
        runs: observed(runs),
    })
}

fn observed(runs: Vec<FileRun>) -> Vec<SeedRun> {
    let run = |(place, run): (u64, FileRun)| {
        let (observed, unit) = match run.number {
            RunNumber::Number { value, unit } => (Observation::from_number(value), unit),
            RunNumber::Lost => (Observation::Failed, NumberUnit::Unknown),
        };
        SeedRun {
            seed: run.seed.unwrap_or(RunSeed(place)),
            observed,
            unit,
        }
    };
    (1..).zip(runs).map(run).collect()
}

/// The runs of a file whose runs have seeds.
///
/// # Errors
/// As [`read_runs`], and a file without seeds.
pub(super) fn read_seeded_runs(file: &Path, query: &RunQuery) -> Result<FileRuns, DecideError> {
    let found = read_runs(file, query)?;
    match found.are_seeded {
        true => Ok(found),
        false => Err(DecideError::NoSeeds(name(file))),
    }
}

/// The finite values of a file.
///
/// # Errors
/// As [`read_runs`], and a value that is not finite.
pub fn read_numbers(file: &Path, query: &RunQuery) -> Result<Vec<f64>, DecideError> {
    let number = |(place, run): (u64, FileRun)| match run.number {
        RunNumber::Number { value, .. } if value.is_finite() => Ok(value),
        RunNumber::Number { .. } | RunNumber::Lost => Err(DecideError::File {
            file: name(file),
            problem: format!("value {place} is not finite"),
        }),
    };
    (1..).zip(read(file, query)?).map(number).collect()
}

/// The file as messages name it.
pub(super) fn name(file: &Path) -> String {
    if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

fn read(file: &Path, query: &RunQuery) -> Result<Vec<FileRun>, DecideError> {
    let failed = |problem: String| DecideError::File {
        file: name(file),
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
    Ok(metrics::read_runs(&name(file), &bytes, query)?)
}
