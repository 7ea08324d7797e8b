//! The versions of the result's JSON: writing the current one, reading every one.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::{ClaimReport, RecomputationReport, Recomputed, Report};
use reprove_decide::decision::ReasonCode;
use reprove_model::deviation::DeviationCode;
use reprove_model::escape;
use reprove_model::failure::{FailureKind, OutcomeCode};
use reprove_model::json_schema::read_as;

/// The version of the JSON that this crate writes.
pub const SCHEMA_VERSION: u32 = 2;

/// The code of warnings and limitations in results of version 1, which had sentences only.
pub const NOT_STATED: &str = "not_stated";

/// The JSON Schema (draft 2020-12) of a result of the version that this crate writes.
pub fn json_schema() -> schemars::Schema {
    let mut schema = read_as::<Report>();
    let version = serde_json::json!({"const": SCHEMA_VERSION, "description": "The version of this form of result."});
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("schema_version".to_owned(), version);
    }
    schema.insert("title".to_owned(), "result of reprove".into());
    schema
}

/// Error of a result that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The text is no JSON.
    #[error("expected JSON: {0}")]
    Syntax(serde_json::Error),
    /// This crate does not read the version.
    #[error("expected a result with `schema_version` 1 or {SCHEMA_VERSION}, found {}", found(*.0))]
    Version(Option<u64>),
    /// A part of the result has another form than its version says.
    #[error(transparent)]
    Form(serde_json::Error),
}

fn found(version: Option<u64>) -> String {
    version.map_or_else(|| "none".to_owned(), |version| version.to_string())
}

impl Report {
    /// The report as JSON, two spaces an indent, numbers in full precision, a line feed at its end.
    ///
    /// Characters that a terminal obeys or a reader cannot see are written as JSON's escapes. NaN and
    /// the infinities do not exist in JSON and would be written as `null`: a report holds none.
    ///
    /// # Errors
    /// None is known; the serialiser's own are passed on.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| escape::json(&text) + "\n")
    }

    /// Reads a result of any version; one of version 1 is brought into the form of this version and
    /// keeps its number.
    ///
    /// # Errors
    /// Text that is no JSON, an unknown version, or another form than the version says.
    pub fn from_json(text: &[u8]) -> Result<Self, SchemaError> {
        let mut value: Value = serde_json::from_slice(text).map_err(SchemaError::Syntax)?;
        upgrade(&mut value)?;
        serde_json::from_value(value).map_err(SchemaError::Form)
    }
}

/// Brings the JSON of a result of any version into the form of this version; its `schema_version`
/// stays.
///
/// # Errors
/// An unknown version.
pub fn upgrade(result: &mut Value) -> Result<(), SchemaError> {
    let version = result.get("schema_version").and_then(Value::as_u64);
    match (version, result.as_object_mut()) {
        (Some(1), Some(result)) => from_version_1(result),
        (Some(version), Some(_)) if version == u64::from(SCHEMA_VERSION) => {}
        _ => return Err(SchemaError::Version(version)),
    }
    Ok(())
}

/// Version 1 had `accusations`, `flags` without codes, limitations of the sandbox among the facts of
/// the machine, open lists of codes, and no recomputation.
fn from_version_1(result: &mut Map<String, Value>) {
    if let Some(ids) = result.remove("accusations") {
        result.insert("refuted_after_correction".to_owned(), ids);
    }
    for claim in items(result, "claims") {
        close(claim.pointer_mut("/reason/code"), ReasonCode::NotStated);
        let Some(claim) = claim.as_object_mut() else {
            continue;
        };
        if let Some(Value::Array(flags)) = claim.remove("flags") {
            let warnings: Vec<Value> = flags.into_iter().map(sentence).collect();
            claim.insert("warnings".to_owned(), warnings.into());
        }
        // It was that of the last look alone: an interval of level 0.9 leaves 0.05 beyond each end.
        let level = claim.get("difference").and_then(|found| found.get("level"));
        if let Some(level) = level.and_then(Value::as_f64) {
            claim.insert("error_rate".to_owned(), ((1.0 - level) / 2.0).into());
        }
        claim.insert("recomputed".to_owned(), json!(Recomputed::default()));
        let recomputation = RecomputationReport::default();
        claim.insert("recomputation".to_owned(), json!(recomputation));
    }
    for run in items(result, "runs") {
        let crashed = OutcomeCode::Failed(FailureKind::Crashed);
        close(run.get_mut("outcome"), crashed);
    }
    for deviation in items(result, "deviations") {
        close(deviation.get_mut("code"), DeviationCode::NotStated);
    }
    result.insert("strictness".to_owned(), "lenient".into());
    if let Some(environment) = result.get_mut("environment") {
        let limitations = take_limitations(environment);
        result.insert("limitations".to_owned(), limitations.into());
    }
}

/// The items of a list of a result.
fn items<'r>(
    result: &'r mut Map<String, Value>,
    list: &str,
) -> impl Iterator<Item = &'r mut Value> {
    let items = result.get_mut(list).and_then(Value::as_array_mut);
    items.into_iter().flatten()
}

/// Puts `other` in the place of a word that is no code of its enum: version 1 had no closed lists.
fn close<C: FromStr + fmt::Display>(word: Option<&mut Value>, other: C) {
    let is_unknown = |word: &&mut Value| word.as_str().is_some_and(|w| w.parse::<C>().is_err());
    if let Some(word) = word.filter(is_unknown) {
        *word = other.to_string().into();
    }
}

/// Takes the limitations of the sandbox from the facts of the machine of version 1, where they stood
/// as `sandbox_hole_1` and so on.
pub fn take_limitations(environment: &mut Value) -> Vec<Value> {
    let facts = environment.as_object_mut();
    let take = |facts: &mut Map<String, Value>| {
        (1..)
            .map_while(|number| facts.remove(&format!("sandbox_hole_{number}")))
            .map(sentence)
            .collect()
    };
    facts.map(take).unwrap_or_default()
}

fn sentence(text: Value) -> Value {
    json!({"code": NOT_STATED, "text": text})
}

/// The reports on many manifests as one list of JSON, written as [`Report::to_json`] writes one.
///
/// # Errors
/// None is known; the serialiser's own are passed on.
pub fn list_json(reports: &[Report]) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(reports).map(|text| escape::json(&text) + "\n")
}

/// One claim as JSON in the form of a whole result, two spaces an indent, a line feed at its end.
///
/// # Errors
/// A number that JSON cannot express: NaN or an infinity.
pub fn claim_json(claim: &ClaimReport) -> Result<String, serde_json::Error> {
    let value = json!({
        "schema_version": SCHEMA_VERSION,
        "verdict": claim.verdict,
        "claims": [claim],
        "reprove": {"version": env!("CARGO_PKG_VERSION")},
    });
    serde_json::to_string_pretty(&value).map(|text| escape::json(&text) + "\n")
}

#[cfg(test)]
mod tests {
    use reprove_decide::decision::FlagCode;

    use super::*;

    const VERSION_1: &str = include_str!("../../../fixtures/reports/example-v1.json");

    #[test]
    fn version_1_is_read() {
        let old = Report::from_json(VERSION_1.as_bytes()).unwrap();
        assert_eq!(old.schema_version, 1);
        let new = super::super::fixture::example();
        assert_eq!(old.claims.len(), new.claims.len());
        assert_eq!(
            old.claims[1].warnings[0].text,
            new.claims[1].warnings[0].text
        );
        assert_eq!(old.claims[1].warnings[0].code, FlagCode::NotStated);
        assert_eq!(old.claims[1].difference, new.claims[1].difference);
        assert_eq!(old.runs, new.runs);
        assert_eq!(old.cost.rests_on, None);
    }

    #[test]
    fn names_of_version_1_become_those_of_this_version() {
        let mut value: Value = serde_json::from_str(VERSION_1).unwrap();
        value["accusations"] = json!(["h0-test"]);
        value["environment"]["sandbox_hole_1"] = json!("the kernel is shared");
        value["environment"]["sandbox_hole_2"] = json!("the network is open");
        let report = Report::from_json(value.to_string().as_bytes()).unwrap();
        assert_eq!(report.refuted_after_correction.unwrap(), ["h0-test"]);
        let limitations: Vec<&str> = report.limitations.iter().map(|l| &*l.text).collect();
        assert_eq!(limitations, ["the kernel is shared", "the network is open"]);
        assert!(!report.environment.keys().any(|name| name.contains("hole")));
    }

    #[test]
    fn other_versions_and_other_forms_are_refused() {
        let read = |text: &str| Report::from_json(text.as_bytes()).unwrap_err().to_string();
        assert!(read("{").starts_with("expected JSON: "));
        let none = "expected a result with `schema_version` 1 or 2, found none";
        assert_eq!(read("[]"), none);
        assert_eq!(read("{}"), none);
        assert!(read(r#"{"schema_version": 3}"#).ends_with("found 3"));
        assert!(read(r#"{"schema_version": 2}"#).starts_with("missing field"));
    }
}
