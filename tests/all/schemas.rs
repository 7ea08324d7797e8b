//! The JSON Schemas: what the repository holds and what the program prints validates against them.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::command::{reprove, root};

#[path = "../support/schema_validator.rs"]
mod schema_validator;

use schema_validator::SchemaValidator;

impl SchemaValidator {
    #[track_caller]
    fn accepts(&self, value: &Value, place: &str) {
        if let Some(problem) = self.problem(value) {
            panic!("{place}: {problem}");
        }
    }
}

/// Compares every result in an output with the schema of results.
#[track_caller]
pub fn check_results(stdout: &str) {
    static RESULT: OnceLock<SchemaValidator> = OnceLock::new();
    let Ok(value) = serde_json::from_str::<Value>(stdout) else {
        return;
    };
    let all = match value {
        Value::Array(all) => all,
        one => vec![one],
    };
    let is_result = |value: &&Value| {
        value
            .get("schema_version")
            .is_some_and(|version| version == 2)
            && value.get("pins").is_some()
    };
    for result in all.iter().filter(is_result) {
        let schema = RESULT.get_or_init(|| {
            SchemaValidator::new(reprove::report::schema::json_schema().to_value())
        });
        schema.accepts(result, "a result");
    }
}

fn manifest() -> SchemaValidator {
    SchemaValidator::new(reprove::manifest::schema::json_schema().to_value())
}

fn yaml(text: &str) -> Option<Value> {
    serde_yaml::from_str(text).ok()
}

/// The YAML files below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            found.push(path);
        }
    }
}

#[test]
fn every_manifest_of_the_repository_validates() {
    let schema = manifest();
    let mut all = Vec::new();
    for folder in ["manifests", "fixtures", "examples"] {
        files(&root().join(folder), &mut all);
    }
    let mut count = 0;
    for file in all {
        let text = std::fs::read_to_string(&file).expect("it is text");
        if let Some(value) = yaml(&text).filter(|value| value.get("reprove").is_some()) {
            schema.accepts(&value, &file.display().to_string());
            count += 1;
        }
    }
    assert!(count >= 10, "{count}");
}

/// The YAML blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(page))
        .unwrap_or_else(|error| panic!("{page}: {error}"));
    let blocks = text.split("```yaml\n").skip(1);
    blocks
        .filter_map(|block| Some(block.split("```").next()?.to_owned()))
        .collect()
}

/// The keys of the documentation, in a manifest that has what a block leaves out.
#[test]
fn every_block_of_the_documentation_validates() {
    const BASE: &str = "\
reprove: 1
code: {repository: code, commit: 671196d728c782f5a025101f91b1f8b9af84c7ed}
seeds: {first: 1, count: 30}
experiment: {environment: {none: true}, run: [python, '{seed}'], metrics: {json: metrics.json}}
claims: [{id: a, metric: accuracy, reported: 90.4, tolerance: {absolute: 2}}]
";
    let schema = manifest();
    let mut count = 0;
    for page in [
        "README.md",
        "MANIFEST.md",
        "src/pages/manifest.md",
        "src/pages/ci.md",
    ] {
        for block in blocks(page) {
            let Some(Value::Object(keys)) = yaml(&block) else {
                panic!("{page}: {block}");
            };
            if keys.contains_key("recipe") {
                continue;
            }
            let Some(Value::Object(mut whole)) = yaml(BASE) else {
                panic!("{BASE}");
            };
            whole.extend(keys);
            schema.accepts(&Value::Object(whole), &format!("{page}: {block}"));
            count += 1;
        }
    }
    assert!(count >= 8, "{count}");
}

/// The recipes of a repository's branches.
#[cfg(feature = "recipe")]
fn recipes(repository: &Path) -> Vec<(String, Value)> {
    let repository = git2::Repository::open(repository).expect("it is a repository");
    let mut found = Vec::new();
    for reference in repository.references().expect("it has branches").flatten() {
        let Ok(tree) = reference.peel_to_tree() else {
            continue;
        };
        let walked = tree.walk(git2::TreeWalkMode::PreOrder, |_, entry| {
            let name = entry.name().unwrap_or_default().to_owned();
            let object = entry.to_object(&repository);
            if let Some(blob) = object.ok().as_ref().and_then(|object| object.as_blob())
                && name.ends_with(".yaml")
                && let Ok(text) = std::str::from_utf8(blob.content())
                && let Some(value) = yaml(text).filter(|value| value.get("recipe").is_some())
            {
                found.push((name, value));
            }
            git2::TreeWalkResult::Ok
        });
        walked.expect("a tree can be walked");
    }
    found
}

#[cfg(feature = "recipe")]
#[test]
fn every_recipe_of_the_repository_validates() {
    let schema = SchemaValidator::new(reprove::recipe::json_schema());
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("fixtures/repositories")).expect("it can be listed")
    {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_none_or(|extension| extension != "git") {
            continue;
        }
        for (name, recipe) in recipes(&path) {
            schema.accepts(&recipe, &name);
            count += 1;
        }
    }
    for block in blocks("README.md") {
        if let Some(recipe) = yaml(&block).filter(|value| value.get("recipe").is_some()) {
            schema.accepts(&recipe, "README.md");
            count += 1;
        }
    }
    assert!(count >= 3, "{count}");
}

#[test]
fn the_results_of_the_repository_validate() {
    let text =
        std::fs::read_to_string(root().join("fixtures/reports/example.json")).expect("it is there");
    let schema = SchemaValidator::new(reprove::report::schema::json_schema().to_value());
    schema.accepts(
        &serde_json::from_str(&text).expect("it is JSON"),
        "example.json",
    );
}

/// `INSTA_UPDATE=always` writes the files.
#[test]
fn the_files_for_editors_are_what_the_program_prints() {
    let kinds: &[&str] = match cfg!(feature = "recipe") {
        true => &["manifest", "recipe", "result"],
        false => &["manifest", "result"],
    };
    for kind in kinds {
        let printed = reprove(&["schema", kind]);
        assert_eq!(printed.status, 0, "{}", printed.stderr);
        let file = root().join(format!("manifests/schemas/{kind}.schema.json"));
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            std::fs::write(&file, &printed.stdout).expect("it can be written");
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == printed.stdout,
            "`reprove schema {kind} > manifests/schemas/{kind}.schema.json` writes it again"
        );
    }
}

#[test]
fn a_manifest_is_what_is_printed_without_a_word() {
    let (alone, named) = (reprove(&["schema"]), reprove(&["schema", "manifest"]));
    assert_eq!(alone.stdout, named.stdout);
    assert_eq!(reprove(&["schema", "manifst"]).status, 3);
}
