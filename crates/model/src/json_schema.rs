//! JSON Schemas (draft 2020-12) of serialised types.
//!
//! Keys, types and descriptions are those of the Rust types: their fields and doc comments.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The schema of what is read as a `T`: keys with a default may be left out.
pub fn read_as<T: JsonSchema>() -> Schema {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(plainly as fn(&mut Schema)).transform(&mut schema);
    schema
}

/// Puts a description on one line, and takes out the names of Rust's number types.
fn plainly(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    object.remove("format");
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.split('\n').collect::<Vec<_>>().join(" ");
    }
}
