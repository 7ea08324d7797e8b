//! MLPerf's convergence rule on files of epochs.

use super::error::DecideError;
use super::reported::{parse_reported, place_of};
use super::request::Request;
use super::values::{name, read_numbers, read_runs};
use reprove_decide::sample::{Observation, SeedRun};
use reprove_metrics::{MetricError, RunQuery};
use reprove_model::manifest::ReportedForm;
use reprove_stats::Sample;
use reprove_stats::mlperf::{self, Convergence, Reference, References, Trim};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The column of the reference's batch sizes.
const BATCH_SIZE: &str = "batch_size";

/// The submission that the rule is applied to.
#[derive(Debug, Clone, Copy)]
pub struct Submission {
    /// Runs that are dropped at either end.
    pub trim: Trim,
    /// The batch size of its runs, where the reference has several: between two of them the rule
    /// interpolates.
    pub batch_size: Option<u64>,
    /// The number of runs that the benchmark prescribes, where it is stated.
    pub prescribed_runs: Option<u32>,
}

/// What the rule says of a submission.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleOutcome {
    /// The outcome.
    pub convergence: Convergence,
    /// How the reference of a batch size that the file has not was found.
    pub note: Option<String>,
}

/// Applies MLPerf's convergence rule: reported values are the reference's epochs to converge.
///
/// # Errors
/// A reference that is no list of values or has no batch sizes, several batch sizes where none is chosen,
/// another number of runs than prescribed, or too few.
pub fn mlperf_rcp(request: &Request, submission: Submission) -> Result<RuleOutcome, DecideError> {
    let text = request.reported.as_ref();
    let text = text.ok_or(DecideError::NothingReported)?;
    let ReportedForm::Values(epochs) = parse_reported(text)?.reported.form else {
        return Err(DecideError::RuleNeedsValues);
    };
    let trim = submission.trim;
    let run = |run: SeedRun| match run.observed {
        Observation::Value(epochs) => mlperf::SubmittedRun::Converged(epochs),
        Observation::Diverged | Observation::Failed => mlperf::SubmittedRun::Failed,
    };
    let runs: Vec<mlperf::SubmittedRun> = read_runs(&request.runs, &request.query)?
        .runs
        .into_iter()
        .map(run)
        .collect();
    if let Some(prescribed) = submission.prescribed_runs
        && runs.len() != prescribed as usize
    {
        return Err(DecideError::PrescribedRuns {
            prescribed,
            found: runs.len(),
        });
    }
    let (file, _) = place_of(text.trim().trim_start_matches('@'));
    let submitted = batch_size_of_runs(request, submission.batch_size)?;
    let Some(batch_size) = submission.batch_size.or(submitted) else {
        if let Some(sizes) = batch_sizes(file.as_ref(), &[])? {
            one_size(file, &sizes)?;
        }
        let reference = Reference::from_runs(&Sample::new(epochs)?, trim)?;
        return Ok(RuleOutcome {
            convergence: mlperf::check(&reference, &runs, trim)?,
            note: None,
        });
    };
    let all = match batch_sizes(file.as_ref(), &[])? {
        Some(sizes) => by_batch(&sizes, &epochs, trim)?,
        // The runs alone state their batch size: the reference is of one.
        None if submission.batch_size.is_none() => {
            let reference = Reference::from_runs(&Sample::new(epochs)?, trim)?;
            BTreeMap::from([(batch_size, reference)])
        }
        None => return Err(DecideError::NoBatchSizes(file.to_owned())),
    };
    let note = note_of(batch_size, &all);
    let references = References::new(all).pruned();
    Ok(RuleOutcome {
        convergence: references.check(batch_size, &runs, trim)?,
        note,
    })
}

/// How the reference of a batch size is found that is not among those of the file.
fn note_of(batch_size: u64, all: &BTreeMap<u64, Reference>) -> Option<String> {
    if all.contains_key(&batch_size) {
        return None;
    }
    let above = all.range(batch_size..).next();
    let below = all.range(..batch_size).next_back();
    let rule = match (below, above) {
        (Some(_), Some(_)) => "between two sizes the rule interpolates",
        (None, _) => "below all of them the rule takes the smallest that it keeps",
        (_, None) => "above all of them the rule has no reference",
    };
    Some(format!(
        "the reference has the batch sizes {} and not {batch_size}: {rule}",
        list(all.keys().copied())
    ))
}

fn list(sizes: impl Iterator<Item = u64>) -> String {
    let sizes: Vec<String> = sizes.map(|size| size.to_string()).collect();
    sizes.join(", ")
}

/// The batch size of the submitted runs, where their file has a column of it.
fn batch_size_of_runs(request: &Request, asked: Option<u64>) -> Result<Option<u64>, DecideError> {
    // Standard input is read once.
    let file = request.runs.as_path();
    if file == Path::new("-") {
        return Ok(None);
    }
    let Some(sizes) = batch_sizes(file, &request.query.filters)? else {
        return Ok(None);
    };
    let found = one_size(&name(file), &sizes)?;
    if let (Some(expected), Some(found)) = (asked, found)
        && expected != found
    {
        return Err(DecideError::OtherBatchSize {
            file: name(file),
            expected,
            found,
        });
    }
    Ok(found)
}

/// The only batch size of a file.
fn one_size(file: &str, sizes: &[u64]) -> Result<Option<u64>, DecideError> {
    let distinct: BTreeSet<u64> = sizes.iter().copied().collect();
    match distinct.len() {
        0 | 1 => Ok(distinct.first().copied()),
        _ => Err(DecideError::BatchSizes {
            file: file.to_owned(),
            sizes: list(distinct.into_iter()),
        }),
    }
}

/// The column of batch sizes of a file, where it has one.
fn batch_sizes(file: &Path, filters: &[(String, String)]) -> Result<Option<Vec<u64>>, DecideError> {
    let query = RunQuery {
        column: Some(BATCH_SIZE.to_owned()),
        filters: filters.to_vec(),
    };
    let whole = |size: f64| match size >= 1.0 && size.fract() == 0.0 {
        true => Ok(size as u64),
        false => Err(DecideError::BatchSize(size)),
    };
    let sizes = read_numbers(file, &query);
    if let Err(DecideError::Runs(MetricError::Absent { .. })) = sizes {
        return Ok(None);
    }
    sizes?
        .into_iter()
        .map(whole)
        .collect::<Result<_, _>>()
        .map(Some)
}

/// The references of a file by batch size.
fn by_batch(
    sizes: &[u64],
    epochs: &[f64],
    trim: Trim,
) -> Result<BTreeMap<u64, Reference>, DecideError> {
    let mut groups: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (size, epochs) in sizes.iter().zip(epochs) {
        groups.entry(*size).or_default().push(*epochs);
    }
    let reference = |(size, epochs): (u64, Vec<f64>)| {
        Ok((size, Reference::from_runs(&Sample::new(epochs)?, trim)?))
    };
    groups.into_iter().map(reference).collect()
}
