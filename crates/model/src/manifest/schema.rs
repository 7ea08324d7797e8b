//! The JSON Schema of a manifest (draft 2020-12): what serde's types do not say by themselves.
//!
//! The keys, their types and their descriptions are those of the documents that serde reads. The parts
//! here are words, units and which keys go together, from the lists that the rules use.

use std::borrow::Cow;

use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::claim::{BETTER, UNITS};
use super::decision_rules::{BASES, METHODS};
use super::document::Document;
use super::metric_rules::TAKES;
use super::metric_source::KINDS;
use super::program_rules::{NETWORKS, SEEDINGS, TIERS};
use super::reported_rules::FORMS;
use super::value_document::Share;
use crate::json_schema::read_as;

/// The JSON Schema (draft 2020-12) of a manifest.
///
/// Whatever [`read`](super::read) accepts validates against it. What it refuses is refused there too,
/// with a better message, besides rules on several keys together and on files.
pub fn json_schema() -> Schema {
    let mut schema = read_as::<Document>();
    RecursiveTransform(plain_scalars as fn(&mut Schema)).transform(&mut schema);
    schema
}

/// Lets a number or a truth value stand where text is read: `title: 1988` is the text `1988`, and so are
/// words of a command.
fn plain_scalars(schema: &mut Schema) {
    let is_strict = schema.get("pattern").is_some() || schema.get("minLength").is_some();
    let Some(kinds) = schema.get_mut("type").filter(|_| !is_strict) else {
        return;
    };
    let mut all = match kinds.take() {
        Value::Array(all) => all,
        one => vec![one],
    };
    if all.contains(&"string".into()) {
        let others = ["number", "boolean"].map(Value::from).into_iter();
        let others: Vec<Value> = others.filter(|kind| !all.contains(kind)).collect();
        all.extend(others);
    }
    *kinds = match all.len() {
        1 => all.remove(0),
        _ => all.into(),
    };
}

/// An example that is written as in a manifest.
pub(super) fn example(yaml: &str) -> Vec<Value> {
    serde_yaml::from_str(yaml).into_iter().collect()
}

/// The alternatives that exactly one of these keys stands.
pub(super) fn one_of<const N: usize>(keys: [&str; N]) -> Vec<Value> {
    keys.iter()
        .map(|key| json!({ "required": [key] }))
        .collect()
}

/// That both keys stand.
pub(super) fn both(one: &str, other: &str) -> Value {
    json!({ "required": [one, other] })
}

/// That seeds stand unless the program has no randomness.
pub(super) fn seeds_needed() -> Vec<Value> {
    let is_deterministic = json!({
        "properties": {"experiment": {
            "properties": {"deterministic": {"const": true}}, "required": ["deterministic"]
        }}
    });
    vec![json!({"required": ["seeds"]}), is_deterministic]
}

/// The keys of a recipe and those of a program.
pub(super) fn experiments() -> Vec<Value> {
    vec![
        json!({"required": ["recipe"], "maxProperties": 1}),
        json!({"required": ["run", "environment", "metrics"], "not": {"required": ["recipe"]}}),
    ]
}

/// The forms of a reported value by their keys.
pub(super) fn reported_forms() -> Vec<Value> {
    let form = |(required, optional): &(&[&str], &[&str])| {
        let all: Vec<&str> = required.iter().chain(*optional).copied().collect();
        json!({"required": required, "propertyNames": {"enum": all}})
    };
    FORMS.iter().map(form).collect()
}

/// The two kinds of range, and the older word of one of them.
pub(super) fn seed_ranges(schema: &mut Schema) {
    let derived = schema.pointer("/properties/derived").cloned();
    if let (Some(derived), Some(Value::Object(keys))) = (derived, schema.get_mut("properties")) {
        keys.insert("fresh".to_owned(), derived);
    }
    let alternatives = json!([
        {"required": ["count"], "not": {"anyOf": [{"required": ["derived"]}, {"required": ["fresh"]}]}},
        {"required": ["derived"], "maxProperties": 1},
        {"required": ["fresh"], "maxProperties": 1},
    ]);
    schema.insert("oneOf".to_owned(), alternatives);
}

/// Which keys of a claim go together.
pub(super) fn claims(schema: &mut Schema) {
    let alternatives = json!([
        {"oneOf": one_of(["tolerance", "at_least", "greater"])},
        {"if": {"required": ["tolerance"]}, "then": {"required": ["reported"]}},
        {
            "if": {"required": ["difference"]},
            "then": {"not": {"anyOf": one_of(["metric", "configuration", "chance"])}},
            "else": {"required": ["metric"]},
        },
    ]);
    schema.insert("allOf".to_owned(), alternatives);
}

/// The words of a key, of which one may be the default.
fn words<T>(known: &[(&str, T)], default: Option<&str>) -> Schema {
    let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
    let mut schema = json_schema!({"enum": words});
    if let Some(default) = default {
        schema.insert("default".to_owned(), default.into());
    }
    schema
}

/// Declares types that stand for the values of keys which serde reads as text.
macro_rules! values {
    ($($(#[$doc:meta])* $name:ident = $schema:expr;)+) => {
        $(
            $(#[$doc])*
            pub(super) struct $name;

            impl JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    $schema
                }
            }
        )+
    };
}

values! {
    /// A value of `better`.
    BetterWord = words(&BETTER, None);
    /// A value of `unit`.
    UnitWord = words(&UNITS, Some("run"));
    /// A value of `basis`.
    BasisWord = words(&BASES, Some("auto"));
    /// A value of `method`.
    MethodWord = words(&METHODS, Some("both"));
    /// A value of `network`.
    NetworkWord = words(&NETWORKS, Some("build"));
    /// A value of `sandbox`.
    SandboxWord = words(&TIERS, Some("landlock"));
    /// A value of `seeding`.
    SeedingWord = words(&SEEDINGS, None);
    /// A name that may become a file name.
    NameText = json_schema!({
        "type": ["string", "number", "boolean"], "pattern": "^[A-Za-z0-9_-][A-Za-z0-9_.-]*$", "maxLength": 100, "examples": ["h12-test"]
    });
    /// A size with its unit.
    SizeText = json_schema!({
        "type": ["string", "number"],
        "pattern": "^\\s*[0-9]+(\\.[0-9]+)?\\s*(B|kB|KB|MB|GB|TB|PB|KiB|kiB|MiB|GiB|TiB|PiB)?\\s*$",
        "examples": ["4 GiB"]
    });
    /// A compute capability.
    CapabilityText = json_schema!({
        "type": ["string", "number"], "pattern": "^\\+?[0-9]+\\.\\+?[0-9]+$", "examples": ["8.0"]
    });
    /// A time with its unit.
    TimeText = json_schema!({
        "type": "string", "pattern": "^\\s*[0-9.eE+]+\\s*(s|sec|min|m|h|d)\\s*$", "examples": ["90 s", "10 min", "2 h"]
    });
    /// The sources of a program's metrics.
    MetricSources = metric_sources();
}

/// The sources of a program's metrics, of the kinds that the reader knows.
fn metric_sources() -> Schema {
    let kinds = KINDS.iter().map(|kind| json!({ "required": [kind.name] }));
    let kinds: Vec<Value> = kinds.collect();
    let sources: Map<String, Value> = KINDS
        .iter()
        .map(|kind| (kind.name.to_owned(), source(kind.keys, kind.take_key)))
        .collect();
    let source = json!({
        "type": "object", "properties": sources, "additionalProperties": false, "minProperties": 1, "maxProperties": 1
    });
    json_schema!({
        "type": "object",
        "minProperties": 1,
        "if": {"anyOf": kinds},
        "then": source.clone(),
        "else": {"additionalProperties": source},
        "examples": example("{json: metrics.json}"),
    })
}

/// One kind of source: a file alone, or its keys.
fn source(keys: &[&str], take_key: &str) -> Value {
    let mut properties: Map<String, Value> = keys
        .iter()
        .map(|key| {
            (
                (*key).to_owned(),
                json!({"type": ["string", "null"], "minLength": 1}),
            )
        })
        .collect();
    let words: Vec<&str> = TAKES.iter().map(|(word, _)| *word).collect();
    let take = json!({
        "description": "Which of several numbers counts: a word, a position from 0, or the last record with a value.",
        "anyOf": [
            {"enum": words},
            {"type": "integer", "minimum": 0},
            {"type": "null"},
            {
                "type": "object", "minProperties": 1, "maxProperties": 1,
                "additionalProperties": {"type": ["string", "number", "boolean"]}
            },
        ]
    });
    properties.insert(take_key.to_owned(), take);
    let scale = json!({
        "description": "What each number is multiplied by to be in the unit of the paper.",
        "type": ["number", "null"], "exclusiveMinimum": 0, "examples": [100]
    });
    properties.insert("scale".to_owned(), scale);
    json!({"anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "object", "properties": properties, "additionalProperties": false},
    ]})
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A share, as `0.02` or `2%`.",
            "anyOf": [
                {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
                {"type": "string", "pattern": "^\\s*[+]?[0-9]*\\.?[0-9]*([eE][-+]?[0-9]+)?\\s*%$"},
            ],
            "examples": ["2%"],
        })
    }
}
