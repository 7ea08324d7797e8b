//! Findings of an audit: places where statements of a bundle do not agree, and their words.

use serde::Serialize;
use serde_json::Value;

use super::difference;
use reprove_model::escape;
use reprove_model::record::Record;
use reprove_report::{Report, SCHEMA_VERSION};

/// A statement that does not agree: its place, and how it differs.
pub type Disagreement = (String, String);

/// Whether this version of the program wrote the report: its words are then this program's words.
pub(super) fn is_this_version(report: &Report) -> bool {
    report.schema_version == SCHEMA_VERSION && report.reprove.version == env!("CARGO_PKG_VERSION")
}

/// Where a part of the report differs from what was derived.
pub(super) fn differ<T: Serialize>(at: &str, stated: &T, derived: &T) -> Vec<Disagreement> {
    let at = format!("report.json: {at}");
    let value = |value: &T| serde_json::to_value(value).map_err(|error| error.to_string());
    let values: Result<(Value, Value), String> =
        value(stated).and_then(|stated| Ok((stated, value(derived)?)));
    match values {
        Ok((stated, derived)) => difference::differences(&at, &stated, &derived),
        Err(error) => vec![(at, error)],
    }
}

/// A message that may quote the bundle, as one line without control characters.
pub(super) fn readable(error: &serde_json::Error) -> String {
    escape::printable(&error.to_string(), 300)
}

/// A run in words.
pub(super) fn named(record: &Record) -> String {
    match &record.configuration {
        Some(name) => format!("`{}` with seed {}", escape::text(name), record.seed),
        None => format!("the run with seed {}", record.seed),
    }
}
