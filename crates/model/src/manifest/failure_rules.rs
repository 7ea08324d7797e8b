//! The rules of a claim's failed runs.

use super::claim::FailureThreshold;
use super::common::finite;
use super::document::FailedDoc;
use super::error::Problem;
use super::value_document::Share;

/// The share of runs that may fail.
pub(super) fn failure_rate(doc: &Option<FailedDoc>, path: &str) -> Result<Option<f64>, Problem> {
    let rate = doc.as_ref().and_then(|doc| doc.rate);
    match rate {
        Some(Share(rate)) if !(0.0..1.0).contains(&rate) => Err(Problem::at(
            path,
            format!("expected a share of at least 0 and less than 1, found {rate}"),
        )),
        rate => Ok(rate.map(|rate| rate.0)),
    }
}

/// The values beyond which a run counts as failed.
pub(super) fn failure(
    doc: Option<FailedDoc>,
    path: &str,
) -> Result<Option<FailureThreshold>, Problem> {
    let Some(doc) = doc else { return Ok(None) };
    match (doc.below, doc.above) {
        (None, None) if doc.rate.is_some() => Ok(None),
        (Some(value), None) => finite(value, &format!("{path}.below"))
            .map(|value| Some(FailureThreshold::Below(value))),
        (None, Some(value)) => finite(value, &format!("{path}.above"))
            .map(|value| Some(FailureThreshold::Above(value))),
        _ => Err(Problem::at(
            path,
            "expected exactly one of `below`, `above`",
        )),
    }
}
