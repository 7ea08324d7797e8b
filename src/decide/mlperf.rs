//! MLPerf's convergence rule on files of epochs.

use super::error::DecideError;
use super::reported::{parse_reported, place_of};
use super::request::Request;
use super::values::{read_numbers, read_runs};
use reprove_decide::sample::{Observation, SeedRun};
use reprove_metrics::RunQuery;
use reprove_model::manifest::ReportedForm;
use reprove_stats::Sample;
use reprove_stats::mlperf::{self, Convergence, Reference, References, Trim};
use std::collections::BTreeMap;

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

/// Applies MLPerf's convergence rule: reported values are the reference's epochs to converge.
///
/// # Errors
/// A reference that is no list of values or has no batch sizes, another number of runs than prescribed, or
/// too few.
pub fn mlperf_rcp(request: &Request, submission: Submission) -> Result<Convergence, DecideError> {
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
    match submission.batch_size {
        None => {
            let reference = Reference::from_runs(&Sample::new(epochs)?, trim)?;
            Ok(mlperf::check(&reference, &runs, trim)?)
        }
        Some(batch_size) => {
            let references = References::new(by_batch(text, &epochs, trim)?).pruned();
            Ok(references.check(batch_size, &runs, trim)?)
        }
    }
}

/// The references of a file by the batch sizes in its column.
fn by_batch(
    text: &str,
    epochs: &[f64],
    trim: Trim,
) -> Result<BTreeMap<u64, Reference>, DecideError> {
    let place = text.trim().trim_start_matches('@');
    let (file, _) = place_of(place);
    let query = RunQuery {
        column: Some(BATCH_SIZE.to_owned()),
        filters: Vec::new(),
    };
    let sizes = read_numbers(file.as_ref(), &query)?;
    let mut groups: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (size, epochs) in sizes.into_iter().zip(epochs) {
        if size < 1.0 || size.fract() != 0.0 {
            return Err(DecideError::BatchSize(size));
        }
        groups.entry(size as u64).or_default().push(*epochs);
    }
    let reference = |(size, epochs): (u64, Vec<f64>)| {
        Ok((size, Reference::from_runs(&Sample::new(epochs)?, trim)?))
    };
    groups.into_iter().map(reference).collect()
}
