//! The schema accepts what the reader accepts, and refuses what has the wrong shape.

use std::path::Path;

use serde_yaml::{Mapping, Value};

use super::{rules, schema, shape};

#[path = "../../../../tests/support/schema_validator.rs"]
mod schema_validator;
#[path = "../../../../tests/support/yaml_mutations.rs"]
mod yaml_mutations;

use schema_validator::SchemaValidator;
use yaml_mutations::mutated;

/// A manifest of a program with as many keys as go together.
const PROGRAM: &str = "
reprove: 1
title: T
paper: {authors: [A, B], title: P, year: 1988, doi: 10.1/2, url: 'https://x', locator: Table 2}
code: {repository: code, commit: 671196d728c782f5a025101f91b1f8b9af84c7ed, directory: a, submodules: true}
data:
  d: {path: d.csv, sha256: 0ee28338cbbe225ed1ee3ed83a02e540706ca37434c6217f69aecb181df8602a, bytes: 3}
  lock: {url: 'https://x/y', sha256: 0ee28338cbbe225ed1ee3ed83a02e540706ca37434c6217f69aecb181df8602a}
hardware:
  device: cpu
  threads: 2
  require: {gpu_memory: 16 GiB, compute_capability: '8.0', memory: 8 GiB, cpu_features: [avx2]}
  reported: {gpu: V100, count: 8}
seeds: {first: 3, count: 30}
reported_seeds: [0, 1]
experiment:
  environment: {uv: uv.lock, supplied: lock}
  build: [[make, all]]
  run: [python, t.py, '{seed}', '{data.d}', '{width}', '{out}']
  metrics:
    accuracy: {json: {file: m.json, path: a.b, take: last, scale: 100}}
    loss: {jsonl: {file: l.jsonl, path: x, take: {step: 1000}}}
    c: {csv: {file: l.csv, column: x, row: 3}}
    r: {regex: {file: stdout, pattern: 'a=([0-9]+)', take: max}}
    t: {tensorboard: {file: runs, tag: x, take: all}}
    bare: {json: m.json}
  limits: {time: 10 min, memory: 4 GiB, processes: 64, output: 1 GiB}
  network: build
  sandbox: landlock
  env: {A: 1, B: '{seed}'}
configurations: {a: {width: 1}, b: {width: 2.5}}
metrics: {accuracy: {chance: 10, range: [0, 100]}}
claims:
  - {id: bare, configuration: a, metric: accuracy, reported: 90.4, decimals: 1, tolerance: {absolute: 1.5}, better: higher,
     unit: run, failed: {below: 20, rate: 5%}, test_size: 100, scale: 100, chance: 10, source: 'main.tex:9:13'}
  - {id: std, configuration: a, metric: accuracy, reported: {mean: 90, std: 1, runs: 9, ddof: 1}, tolerance: {sd: 1},
     unit: fold, test_train_ratio: 0.1}
  - {id: difference, difference: {of: b, minus: a, metric: accuracy, paired: true}, reported: {mean: 2}, at_least: 1}
  - {id: ranking, source: {file: m.tex, line: 9, column: 13, printed: x,
      sha256: 0ee28338cbbe225ed1ee3ed83a02e540706ca37434c6217f69aecb181df8602a},
      difference: {of: b, minus: a, metric: accuracy}, greater: true}
  - {id: sem, configuration: a, metric: accuracy, reported: {mean: 9, sem: 1, runs: 9}, tolerance: {relative: 2%}}
  - {id: ci, configuration: a, metric: accuracy, reported: {mean: 9, ci95: [8, 10]}, tolerance: {relative: 0.02}}
  - {id: pm, configuration: a, metric: accuracy, reported: {mean: 9, plus_minus: 1}, tolerance: {below: 1}}
  - {id: values, configuration: a, metric: accuracy, reported: {values: [1, 2]}, tolerance: {above: 1}}
  - {id: best, configuration: a, metric: accuracy, reported: {best: 9, of: 5}, tolerance: {digits: true}, better: lower}
  - {id: iqr, configuration: a, metric: accuracy, reported: {median: 9, iqr: [8, 10], runs: 3}, tolerance: {exact: true}}
  - {id: count, configuration: a, metric: accuracy, reported: {correct: 9, total: 10}, tolerance: {absolute: 2}}
  - {id: value, configuration: a, metric: accuracy, reported: {value: 9, runs: 3}, tolerance: {absolute: 2}}
decision: {alpha: 0.05, sequential: true, min_runs: 3, max_runs: 30, max_failed: 1, basis: auto, method: both}
slurm: {partition: gpu, account: a, time: 1:00:00, memory: 8G, gpus: 'gpu:1', array_width: 8}
";

/// A manifest of a recipe.
const RECIPE: &str = "
reprove: 1
code: {repository: 'https://x/y', commit: 671196d728c782f5a025101f91b1f8b9af84c7ed}
seeds: {derived: 30}
experiment: {recipe: r.yaml}
claims: [{id: a, metric: m, reported: 90.40, tolerance: {absolute: 1}}]
decision: {open_ended: true}
";

/// A manifest of a program that takes its seed from a variable.
const ENVIRONMENT: &str = "
reprove: 1
code: {repository: code, commit: 671196d728c782f5a025101f91b1f8b9af84c7ed}
seeds: {fresh: 3}
experiment:
  environment: {pip: r.txt, unpinned: true}
  run: [python, 3, true]
  metrics: {regex: {pattern: 'a=([0-9]+)'}}
  seeding: environment
claims: [{id: 7, metric: m, reported: 90, tolerance: {absolute: 1}}]
";

/// A manifest of a program without randomness, which needs no seeds.
const DETERMINISTIC: &str = "
reprove: 1
code: {repository: code, commit: 671196d728c782f5a025101f91b1f8b9af84c7ed}
experiment: {environment: {none: true}, run: [a], metrics: {json: m.json}, deterministic: true}
claims: [{id: a, metric: m, reported: 90, tolerance: {exact: true}}]
";

const MANIFESTS: [&str; 4] = [PROGRAM, RECIPE, ENVIRONMENT, DETERMINISTIC];

fn validator() -> SchemaValidator {
    SchemaValidator::new(schema::json_schema().to_value())
}

/// What a key may be replaced by.
const STRANGERS: [&str; 7] = [
    "true",
    "-1",
    "1.5",
    "text",
    "[]",
    "[x, y]",
    "{unknown_key: 1}",
];

#[test]
fn the_schema_accepts_what_the_reader_accepts_and_refuses_every_wrong_shape() {
    let validator = validator();
    let (mut accepted, mut refused) = (0, 0);
    for text in MANIFESTS {
        let read = |text: &str| rules::manifest(Path::new("/m.yaml"), text, None);
        read(text).unwrap_or_else(|error| panic!("{:?}", error.problems()));
        let root: Value = serde_yaml::from_str(text).expect("it is YAML");
        let json = serde_json::to_value(&root).expect("it is JSON");
        let problem = validator.problem(&json);
        assert!(problem.is_none(), "{problem:?}");
        mutated(&root, &STRANGERS, &mut |variant| {
            let text = serde_yaml::to_string(&variant).expect("it can be written");
            let json = serde_json::to_value(&variant).expect("it is JSON");
            let is_valid = validator.problem(&json).is_none();
            if read(&text).is_ok() {
                accepted += 1;
                assert!(is_valid, "refused: {:?}\n{text}", validator.problem(&json));
            }
            if !shape::read(&text).problems.is_empty() {
                refused += 1;
                assert!(
                    !is_valid,
                    "accepted: {:?}\n{text}",
                    shape::read(&text).problems
                );
            }
        });
    }
    assert!(accepted > 300 && refused > 1_000, "{accepted} {refused}");
}

/// The keys that stand in a value, without the names that its author chooses.
fn keys<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    if let Value::Mapping(entries) = value {
        found.extend(entries.keys().filter_map(Value::as_str));
        entries.values().for_each(|value| keys(value, found));
    }
    if let Value::Sequence(items) = value {
        items.iter().for_each(|item| keys(item, found));
    }
}

/// Every property of a schema.
fn properties<'s>(schema: &'s serde_json::Value, found: &mut Vec<&'s str>) {
    match schema {
        serde_json::Value::Object(entries) => {
            if let Some(serde_json::Value::Object(properties)) = entries.get("properties") {
                found.extend(properties.keys().map(String::as_str));
            }
            entries.values().for_each(|value| properties(value, found));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| properties(item, found)),
        _ => {}
    }
}

#[test]
fn every_key_of_the_schema_is_tried() {
    let schema = schema::json_schema();
    let mut known = Vec::new();
    properties(schema.as_value(), &mut known);
    let roots = MANIFESTS.map(|text| serde_yaml::from_str::<Value>(text).expect("it is YAML"));
    let mut tried = Vec::new();
    roots.iter().for_each(|root| keys(root, &mut tried));
    // They stand in place of others.
    let elsewhere = ["pylock", "cargo", "values_csv"];
    let missing: Vec<&&str> = known
        .iter()
        .filter(|key| !tried.contains(key) && !elsewhere.contains(key))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_key_has_a_description() {
    fn check(schema: &serde_json::Value, path: &str) {
        let Some(properties) = schema.get("properties").and_then(|p| p.as_object()) else {
            return;
        };
        for (key, value) in properties {
            let is_described = value.get("description").is_some() || path.contains("metrics");
            assert!(is_described, "{path}.{key}: {value}");
            check(value, &format!("{path}.{key}"));
        }
    }
    check(schema::json_schema().as_value(), "");
}

/// Every default of the decision is the one that is used.
#[test]
fn the_defaults_are_those_that_are_used() {
    let manifest = rules::manifest(
        Path::new("/m.yaml"),
        &RECIPE.replace("{open_ended: true}", "{}"),
        None,
    );
    let schema = schema::json_schema();
    for (key, used) in &manifest.expect("it is a manifest").defaults {
        let pointer = format!("/properties/{}/default", key.replace('.', "/properties/"));
        match schema.pointer(&pointer) {
            Some(stated) => assert_eq!(stated.to_string().trim_matches('"'), used, "{key}"),
            None => assert_eq!(key, "decision.max_runs"),
        }
    }
}

/// Every word that the schema lists is one that the reader takes in its place.
#[test]
fn every_word_of_the_schema_is_known_to_the_reader() {
    let (schema, root) = (
        schema::json_schema(),
        serde_yaml::from_str::<Mapping>(PROGRAM).expect("it is YAML"),
    );
    let places = [
        (
            "experiment",
            "network",
            "/properties/experiment/properties/network/enum",
        ),
        (
            "experiment",
            "sandbox",
            "/properties/experiment/properties/sandbox/enum",
        ),
        (
            "decision",
            "basis",
            "/properties/decision/properties/basis/enum",
        ),
        (
            "decision",
            "method",
            "/properties/decision/properties/method/enum",
        ),
    ];
    for (parent, key, pointer) in places {
        let words = schema
            .pointer(pointer)
            .and_then(|words| words.as_array())
            .expect(pointer);
        for word in words.iter().filter_map(|word| word.as_str()) {
            let mut root = root.clone();
            root[parent][key] = word.into();
            let text = serde_yaml::to_string(&root).expect("it can be written");
            assert!(
                rules::manifest(Path::new("/m.yaml"), &text, None).is_ok(),
                "{parent}.{key}: {word}"
            );
        }
    }
}
