//! JSON documents and JSON lines: which layout they have, records, lists of numbers.

use std::collections::BTreeMap;
use std::path::Path;

use reprove_metrics::{is_seed, parse_number};

use super::object::one;
use super::{huggingface, keras, lm_eval, sacred, wandb};
use crate::readers::Node;
use crate::runs::error::RunImportError;
use crate::runs::files::{Document, file_name, shown};
use crate::runs::format::RunFormat;
use crate::runs::found::{CollectedRuns, FoundRun, Located};
use crate::runs::record::{Record, Records};
use crate::runs::tree::{leaves, located};

/// Reads JSON or JSON lines.
///
/// # Errors
/// No JSON, or no runs in it, or several readings.
pub(crate) fn read(
    path: &Path,
    text: String,
    format: Option<RunFormat>,
    seed_key: Option<&str>,
) -> Result<CollectedRuns, RunImportError> {
    let document = Document::json(path, text)?;
    let Some(root) = document.root() else {
        return listed(path, &document, document.roots.iter().collect(), seed_key);
    };
    if let Node::List(items) = root {
        return listed(path, &document, items.iter().collect(), seed_key);
    }
    let layout = format.or_else(|| layout(path, root));
    match layout {
        Some(RunFormat::HuggingFace) => huggingface::read_document(&document, root),
        Some(RunFormat::LmEval) => lm_eval::read(&document, root),
        Some(RunFormat::Wandb) => wandb::read_summary(path, &document, root),
        Some(RunFormat::Sacred) => sacred::read_metrics(path, &document, root),
        Some(RunFormat::Keras) => Ok(keras::read(&document, root).into()),
        Some(
            RunFormat::Csv
            | RunFormat::Json
            | RunFormat::Lightning
            | RunFormat::Mlflow
            | RunFormat::Tensorboard
            | RunFormat::Guild,
        )
        | None => object(path, &document, root, layout, seed_key),
    }
}

/// The layout that an object shows by its keys or by the name of its file.
fn layout(path: &Path, root: &Node) -> Option<RunFormat> {
    let name = file_name(path);
    let has = |key: &str| root.get(key).is_some();
    let is_of_sacred = |node: &Node| node.get("steps").is_some() && node.get("values").is_some();
    if huggingface::is_result_name(&name) || has("log_history") {
        Some(RunFormat::HuggingFace)
    } else if root
        .get("results")
        .is_some_and(|results| !results.entries().is_empty())
        && ["config", "configs", "versions", "n-shot"]
            .into_iter()
            .any(has)
    {
        Some(RunFormat::LmEval)
    } else if name == "wandb-summary.json" {
        Some(RunFormat::Wandb)
    } else if !root.entries().is_empty()
        && root.entries().iter().all(|(_, node)| is_of_sacred(node))
    {
        Some(RunFormat::Sacred)
    } else if !is_seeded(root) && lists(root) > 0 && keras::is_history(path, root) {
        Some(RunFormat::Keras)
    } else {
        None
    }
}

/// Whether a list of seeds stands in an object.
fn is_seeded(root: &Node) -> bool {
    seeds(root).is_some()
}

fn seeds(root: &Node) -> Option<&[Node]> {
    let entry = root
        .entries()
        .iter()
        .find(|(key, _)| is_seed(key.as_str()) || key.as_str() == "seeds");
    entry
        .map(|(_, node)| node.items())
        .filter(|items| !items.is_empty())
}

/// The number of lists of numbers in an object.
fn lists(root: &Node) -> usize {
    let is_number = |node: &Node| {
        let text = node.scalar().map(|text| text.as_str());
        text.is_some_and(|text| parse_number(text).is_some())
    };
    let is_list = |node: &Node| node.items().iter().any(is_number);
    root.entries()
        .iter()
        .filter(|(_, node)| is_list(node))
        .count()
}

/// An object that no tool marks: one run, or lists with one number a run.
fn object(
    path: &Path,
    document: &Document,
    root: &Node,
    layout: Option<RunFormat>,
    seed_key: Option<&str>,
) -> Result<CollectedRuns, RunImportError> {
    let records = root
        .entries()
        .iter()
        .filter(|(_, node)| node.items().iter().any(|item| !item.entries().is_empty()));
    let records: Vec<&Node> = records.map(|(_, node)| node).collect();
    if let ([records], 0) = (&records[..], lists(root)) {
        return listed(path, document, records.items().iter().collect(), seed_key);
    }
    if lists(root) == 0 {
        return one(document, root).map(CollectedRuns::from);
    }
    let is_plain = root.get("values").is_some() && lists(root) == 1;
    if !is_seeded(root) && !is_plain && layout.is_none() {
        return Err(RunImportError::AmbiguousFormat {
            file: shown(path),
            what: "a list may have one number a run, or one an epoch of one run".to_owned(),
            formats: vec![RunFormat::Json, RunFormat::Keras],
        });
    }
    columns(document, root)
}

/// The runs of lists that stand side by side, with a number for each run.
fn columns(document: &Document, root: &Node) -> Result<CollectedRuns, RunImportError> {
    let seeds = seeds(root);
    let mut runs: Vec<FoundRun> = Vec::new();
    for (key, list) in root.entries() {
        let is_seeds = is_seed(key.as_str()) || key.as_str() == "seeds";
        let items = list.items();
        if items.is_empty() || is_seeds {
            continue;
        }
        if seeds.is_some_and(|seeds| seeds.len() != items.len()) {
            return Err(RunImportError::Unexpected {
                place: Box::new(document.place(key)),
                reason: format!("`{}`: expected one number for each seed", key.as_str()),
            });
        }
        for (place, item) in items.iter().enumerate() {
            let Some(text) = item.scalar() else {
                continue;
            };
            if runs.len() <= place {
                let at = document.place(text);
                let mut run = FoundRun::new(format!("{}", place + 1), at);
                run.seed_names.clear();
                if let Some(seed) = seeds.and_then(|seeds| seeds.get(place)?.scalar()) {
                    run.settings
                        .insert("seed".to_owned(), located(document, seed));
                }
                runs.push(run);
            }
            runs[place].observe(key.as_str(), located(document, text), None);
        }
    }
    Ok(CollectedRuns {
        runs,
        notes: Vec::new(),
    })
}

/// The runs of a list: numbers, or records.
fn listed(
    path: &Path,
    document: &Document,
    items: Vec<&Node>,
    seed_key: Option<&str>,
) -> Result<CollectedRuns, RunImportError> {
    let file = shown(path);
    let mut records = Records {
        file,
        names: Vec::new(),
        records: Vec::new(),
        is_sparse: false,
    };
    for item in items {
        let fields = match item {
            Node::Map(_) => leaves(document, item)?,
            Node::Scalar(text) => BTreeMap::from([("value".to_owned(), located(document, text))]),
            Node::List(_) => {
                return Err(RunImportError::Unexpected {
                    place: Box::new(document.file()),
                    reason: "expected a list of numbers or of records, found a list of lists"
                        .to_owned(),
                });
            }
        };
        let place = first_place(&fields).unwrap_or_else(|| document.file());
        for name in fields.keys() {
            if !records.names.contains(name) {
                records.names.push(name.clone());
            }
        }
        records.records.push(Record { place, fields });
    }
    Ok(CollectedRuns {
        runs: records.runs(seed_key)?,
        notes: Vec::new(),
    })
}

/// The place of the first field of a record.
fn first_place(fields: &BTreeMap<String, Located>) -> Option<crate::runs::table::ValuePlace> {
    let places = fields.values().map(|field| &field.place);
    places
        .min_by_key(|place| (place.line, place.column))
        .cloned()
}
