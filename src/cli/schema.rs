//! `reprove schema`: the JSON Schemas of manifests, recipes and results.

use super::reference_args::{SchemaArgs, SchemaKind};
use super::screen::{print, print_error};
use super::status::Status;

/// Prints a schema, two spaces an indent.
pub fn run(args: &SchemaArgs) -> Status {
    match text(args.kind) {
        Ok(text) => {
            print(&text);
            Status::Reproduced
        }
        Err((problem, hint)) => {
            print_error(&problem, hint);
            Status::BadInput
        }
    }
}

fn text(kind: SchemaKind) -> Result<String, (String, Option<&'static str>)> {
    let schema = match kind {
        SchemaKind::Manifest => reprove_model::manifest::schema::json_schema().to_value(),
        SchemaKind::Recipe => recipe()?,
        SchemaKind::Result => reprove_report::schema::json_schema().to_value(),
    };
    let text = serde_json::to_string_pretty(&schema);
    text.map(|text| text + "\n")
        .map_err(|error| (error.to_string(), None))
}

#[cfg(feature = "recipe")]
fn recipe() -> Result<serde_json::Value, (String, Option<&'static str>)> {
    Ok(reprove_trainer::json_schema())
}

#[cfg(not(feature = "recipe"))]
fn recipe() -> Result<serde_json::Value, (String, Option<&'static str>)> {
    let problem = "this build has no trainer, which knows recipes".to_owned();
    Err((
        problem,
        Some("build with the feature `recipe`, which is on by default"),
    ))
}
