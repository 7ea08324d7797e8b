//! The schema accepts what the reader accepts, and refuses what the reader refuses for its shape.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use super::json_schema;
use crate::Recipe;
use crate::error::RecipeError;
use crate::nn::layers::Layer;

#[path = "../../../../../tests/support/schema_validator.rs"]
mod schema_validator;
#[path = "../../../../../tests/support/yaml_mutations.rs"]
mod yaml_mutations;

use schema_validator::SchemaValidator;
use yaml_mutations::mutated;

const HEAD: &str = "recipe: 1\ntitle: t\ndata: {name: d, label: c, split: {marks: {column: s, file: f, train: a, validation: v, test: b}}}\n";
const TAIL: &str = "initial: {weights: pytorch}\nloss: cross-entropy\ntraining: {optimiser: {sgd: {learning_rate: 1}}, batch: 1, epochs: 1}\n";
const MLP: &str = "model: {mlp: {hidden: [3, 4], activation: tanh, output: identity}}\n";

/// Recipes that together have every key.
fn recipes() -> Vec<String> {
    let data = |text: &str| format!("recipe: 1\ndata: {text}\n{MLP}{TAIL}");
    let rest = |text: &str| format!("{HEAD}{MLP}{text}");
    let layers = |text: &str| format!("{HEAD}model: {{sequential: {text}}}\n{TAIL}");
    let training = |text: &str| {
        rest(&format!(
            "initial: {{weights: pytorch}}\nloss: cross-entropy\ntraining: {{batch: full, {text}}}\n"
        ))
    };
    let start = |initial: &str, loss: &str| {
        rest(&format!(
            "initial: {initial}\nloss: {loss}\ntraining: {{optimiser: {{sgd: {{learning_rate: 1}}}}, batch: 1, updates: 1}}\n"
        ))
    };
    vec![
        data(
            "{name: d, format: csv, label: c, classes: [a, b], features: [x, y], ignore: [z], one_hot: {columns: [x], unknown: zero}, missing: {as: ['?'], then: mean}, split: {folds: {count: 5, repeats: 2, fold: by-seed, validation: 0.1, order: shuffled, seed: 3, stratify: classes}}, standardise: train-mean-sd}",
        ),
        data("{name: d, targets: [y], split: {fraction: {test: 0.2, validation: 0.1, order: file, group: g}}, standardise: {divide: 255}}")
            .replace("loss: cross-entropy", "loss: {mean-squared-error: {dead_zone: 0.1}}"),
        data("{name: d, target: inputs, split: {fraction: {test: 0.2, order: shuffled, seed: run}}}")
            .replace("loss: cross-entropy", "loss: {huber: {delta: 1}}"),
        data("{name: d, format: npz, arrays: {train: {inputs: x, labels: y}, validation: {inputs: x, labels: y}, test: {inputs: x, labels: y}}, split: given}"),
        data("{format: npy, arrays: {all: {inputs: x, targets: y}}, split: {folds: {count: 5, fold: 2, order: file}}}")
            .replace("loss: cross-entropy", "loss: mean-absolute-error"),
        layers(
            "[{reshape: [1, 40]}, {conv1d: {channels: 25, kernel: 5, stride: 2, padding: 1, dilation: 1, bias: none}}, relu, {max-pool1d: 2}, {avg-pool1d: {size: 2, stride: 1}}, {residual: [{dropout: 0.2}, batch-norm]}, {concatenate: [{batch-norm: {epsilon: 0.1, momentum: 0.2}}]}, flatten, {linear: {width: 10, bias: none, lora: {rank: 2, alpha: 1}}}]",
        ),
        layers("[{reshape: [1, 8, 8]}, {conv2d: {channels: 2, kernel: [3, 3]}}, {max-pool2d: [2, 2]}, {avg-pool2d: 1}, global-avg-pool, {linear: 3}]"),
        layers(
            "[{embedding: {count: 9, width: 4}}, {positions: learned}, {attention: {heads: 2, mask: causal, dropout: 0.1, bias: added}}, {layer-norm: {epsilon: 0.1}}, {rms-norm: {epsilon: 0.1}}, layer-norm, transpose, {rnn: {width: 3, layers: 2, direction: both, returns: sequence, bias: none, activation: relu}}, {gru: 4}, {frozen: [{linear: 3}]}]",
        ),
        layers("[{reshape: [4, 2]}, {lstm: {width: 3, returns: sequence}}, {step: last}, {linear: 2}]"),
        training("optimiser: {adam: {learning_rate: 1, betas: [0.9, 0.99], epsilon: 0.1, weight_decay: 0}}, schedule: {step: {every: 3, factor: 0.1}}, warm_up: 3, clipping: {value: 1}, order: fixed, epochs: 9, stopping: {patience: 3}, measured: best-validation"),
        training("optimiser: {adamw: {learning_rate: 1}}, schedule: {milestones: {epochs: [1, 2], factor: 0.1}}, clipping: {norm: 1}, epochs: 9, stopping: {prechelt: {strip: 5, generalisation_loss: 5, progress: 0.1}}, measured: last"),
        training("optimiser: {rmsprop: {learning_rate: 1, alpha: 0.9, epsilon: 0.1, momentum: 0.1, weight_decay: 0.1}}, schedule: {cosine: {floor: 0.1}}, epochs: 3"),
        training("optimiser: {rprop: {variant: plain, first: [0.1, 0.1], up: 1.2, down: 0.5, least: 0, most: 50}}, schedule: cosine, epochs: 3"),
        training("optimiser: {sgd: {learning_rate: 1, momentum: 0.1, nesterov: 'yes', weight_decay: 0.1}}, schedule: constant, epochs: 3"),
        training("optimiser: rprop, epochs: 3"),
        start("{weights: {uniform: {low: 0, high: 1}}, biases: as-weights, read: {data: d, tensors: {a: b}}}", "{cross-entropy: {weights: [1, 2], smoothing: 0.1}}"),
        start("{weights: {normal: {mean: 0, sd: 1}}, biases: zero}", "{half-squared-error: {dead_zone: 0.1}}"),
        start("{weights: {xavier-uniform: {}}}", "binary-cross-entropy"),
        format!(
            "{HEAD}model: {{sequential: [{{linear: 3}}, log-softmax]}}\n{}",
            TAIL.replace("cross-entropy", "{nll: {weights: [1, 2]}}")
        ),
        format!(
            "{HEAD}model: {{sequential: [{{dropout: 0.1}}, {{linear: 3}}]}}\n{TAIL}prediction: {{monte-carlo-dropout: {{passes: 9, precision: 2}}}}\nmetrics: [test_accuracy, train_f1]\ncurve: {{every: 5, metrics: [validation_accuracy]}}\n"
        ),
    ]
}

fn validator() -> SchemaValidator {
    SchemaValidator::new(json_schema())
}

/// What a node may be replaced by.
const STRANGERS: [&str; 8] = [
    "true",
    "-1",
    "1.5",
    "0",
    "text",
    "[]",
    "[x]",
    "{unknown_key: 1}",
];

/// Whether the reader's error is one of shape: a key, a name or a kind of value that it does not know.
fn is_of_shape(error: &RecipeError) -> bool {
    matches!(
        error,
        RecipeError::UnknownKey { .. }
            | RecipeError::UnknownName { .. }
            | RecipeError::Unexpected { .. }
    )
}

#[test]
fn the_schema_accepts_what_the_reader_accepts_and_refuses_every_wrong_shape() {
    let validator = validator();
    let (mut accepted, mut refused) = (0, 0);
    for text in recipes() {
        let read = |text: &str| Recipe::parse(text, "r.yaml", &BTreeMap::new());
        read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let root: Value = serde_yaml::from_str(&text).expect("it is YAML");
        let json = serde_json::to_value(&root).expect("it is JSON");
        let problem = validator.problem(&json);
        assert!(problem.is_none(), "{problem:?}\n{text}");
        mutated(&root, &STRANGERS, &mut |variant| {
            let text = serde_yaml::to_string(&variant).expect("it can be written");
            let json = serde_json::to_value(&variant).expect("it is JSON");
            let is_valid = validator.problem(&json).is_none();
            match read(&text) {
                Ok(_) => {
                    accepted += 1;
                    assert!(is_valid, "refused: {:?}\n{text}", validator.problem(&json));
                }
                Err(error) if is_of_shape(&error) => {
                    refused += 1;
                    assert!(!is_valid, "accepted: {error}\n{text}");
                }
                Err(_) => {}
            }
        });
    }
    assert!(accepted > 300 && refused > 1_000, "{accepted} {refused}");
}

#[test]
fn placeholders_stand_for_any_value() {
    let text = "recipe: 1
data: {name: d, label: c, split: {fraction: {test: 0.5, order: file}}}
model: {choose: '{network}', from: {small: {mlp: {hidden: 3}}, large: {sequential: [{linear: 3}]}}}
initial: {weights: pytorch}
loss: '{loss}'
training: {optimiser: {sgd: {learning_rate: '{rate}'}}, batch: '{batch}', epochs: 10}
";
    let root: serde_json::Value = serde_yaml::from_str(text).expect("it is YAML");
    let validator = validator();
    assert!(
        validator.problem(&root).is_none(),
        "{:?}",
        validator.problem(&root)
    );
}

/// Every property of a schema.
fn properties(schema: &serde_json::Value, found: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(entries) => {
            if let Some(serde_json::Value::Object(properties)) = entries.get("properties") {
                found.extend(properties.keys().cloned());
            }
            entries.values().for_each(|value| properties(value, found));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| properties(item, found)),
        _ => {}
    }
}

/// The keys that stand in a value.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    if let Value::Mapping(entries) = value {
        found.extend(entries.keys().filter_map(Value::as_str).map(str::to_owned));
        entries.values().for_each(|value| keys(value, found));
    }
    if let Value::Sequence(items) = value {
        items.iter().for_each(|item| keys(item, found));
    }
}

#[test]
fn every_key_and_every_layer_is_tried() {
    let (mut known, mut tried) = (BTreeSet::new(), BTreeSet::new());
    properties(&json_schema(), &mut known);
    for text in recipes() {
        keys(
            &serde_yaml::from_str(&text).expect("it is YAML"),
            &mut tried,
        );
    }
    // Names that take no settings, of which one is tried with an empty mapping.
    let alike = [
        "zero",
        "xavier-normal",
        "kaiming-uniform",
        "kaiming-normal",
        "pytorch",
        "constant",
    ];
    let losses = ["mean-absolute-error", "binary-cross-entropy"];
    let missing: Vec<&String> = known
        .difference(&tried)
        .filter(|key| !alike.contains(&key.as_str()) && !losses.contains(&key.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let schema = json_schema().to_string();
    for name in Layer::names() {
        assert!(schema.contains(&format!("\"{name}\"")), "{name}");
    }
}
