//! The JSON Schema of a recipe.
//!
//! Keys and ranges stand in `schema/recipe.yaml`; the names of layers, activations and metrics are those of
//! the reader's tables. Tests hold it to the reader.

use serde_json::{Map, Value, json};

use crate::nn::activation::Activation;
use crate::nn::layers::Layer;
use crate::spec::metric::Metric;

const WRITTEN: &str = include_str!("schema/recipe.yaml");

/// The JSON Schema (draft 2020-12) of a recipe.
///
/// Whatever [`Recipe::parse`](crate::Recipe::parse) accepts validates against it.
pub fn json_schema() -> Value {
    let mut schema: Value = serde_yaml::from_str(WRITTEN).unwrap_or_default();
    let settings = schema.pointer_mut("/$defs/layer_settings").map(Value::take);
    let settings = match settings {
        Some(Value::Object(settings)) => settings,
        _ => Map::new(),
    };
    let layer = layer(settings, &schema);
    let metrics: Vec<&str> = Metric::TABLE.iter().map(|(name, _)| *name).collect();
    let activations = Activation::TABLE.map(|(name, _)| name);
    if let Some(Value::Object(parts)) = schema.get_mut("$defs") {
        parts.remove("layer_settings");
        parts.insert("layer".to_owned(), layer);
        parts.insert("metric".to_owned(), json!({ "enum": metrics }));
        parts.insert("activation".to_owned(), json!({ "enum": activations }));
    }
    with_placeholders(&mut schema);
    if let Some(Value::Object(parts)) = schema.get_mut("$defs") {
        parts.insert("placeholder".to_owned(), placeholder());
    }
    schema
}

/// A layer: its name alone, or its name with settings.
fn layer(settings: Map<String, Value>, schema: &Value) -> Value {
    let has_defaults = |name: &&str| {
        let Some(stated) = settings.get(*name) else {
            return true;
        };
        let reference = stated.get("$ref").and_then(Value::as_str);
        let part = reference.and_then(|path| schema.pointer(path.trim_start_matches('#')));
        let stated = part.unwrap_or(stated);
        stated.get("properties").is_some() && stated.get("required").is_none()
    };
    let names = Layer::names();
    let alone: Vec<&str> = names.iter().copied().filter(has_defaults).collect();
    json!({"anyOf": [
        {"enum": alone},
        {
            "type": "object", "properties": settings, "additionalProperties": false, "minProperties": 1,
            "maxProperties": 1
        },
    ]})
}

/// What may stand for any value: a placeholder, a choice by a placeholder, nothing for a key that is left out.
fn placeholder() -> Value {
    json!({"anyOf": [
        {"type": "string", "pattern": "^\\{[A-Za-z0-9_-]+\\}$"},
        {"type": "object", "required": ["choose", "from"]},
        {"type": "null"},
    ]})
}

/// Lets a placeholder stand for the value of every key and for every element.
fn with_placeholders(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            for (key, value) in entries.iter_mut() {
                with_placeholders(value);
                match (key.as_str(), value) {
                    ("properties", Value::Object(properties)) => {
                        properties.values_mut().for_each(or_placeholder)
                    }
                    ("items" | "additionalProperties", value) if value.is_object() => {
                        or_placeholder(value)
                    }
                    _ => {}
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(with_placeholders),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn or_placeholder(schema: &mut Value) {
    let mut stated = schema.take();
    let description = stated
        .as_object_mut()
        .and_then(|entries| entries.remove("description"));
    let default = stated
        .as_object_mut()
        .and_then(|entries| entries.remove("default"));
    let mut both = json!({"anyOf": [stated, {"$ref": "#/$defs/placeholder"}]});
    if let Some(entries) = both.as_object_mut() {
        entries.extend(description.map(|text| ("description".to_owned(), text)));
        entries.extend(default.map(|value| ("default".to_owned(), value)));
    }
    *schema = both;
}

#[cfg(test)]
mod tests;
