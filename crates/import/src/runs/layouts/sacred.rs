//! Sacred: the folders of `FileStorageObserver`, with `config.json`, `run.json` and `metrics.json`.

use std::path::Path;

use reprove_metrics::parse_number;

use crate::readers::Node;
use crate::runs::error::RunImportError;
use crate::runs::files::{Document, shown};
use crate::runs::found::{CollectedRuns, FoundRun};
use crate::runs::names::state;
use crate::runs::table::ValuePlace;
use crate::runs::tree::{leaves, located};

/// Whether a folder is that of a run.
pub(crate) fn is_run_folder(folder: &Path) -> bool {
    let Ok(Some(document)) = Document::json_if_there(&folder.join("run.json")) else {
        return false;
    };
    let root = document.root();
    folder.join("config.json").is_file()
        && root.is_some_and(|root| root.get("status").is_some() && root.get("experiment").is_some())
}

/// Reads the folder of a run.
///
/// # Errors
/// What is wrong with its files.
pub(crate) fn read(folder: &Path) -> Result<CollectedRuns, RunImportError> {
    let name = shown(folder);
    let mut run = FoundRun::new(name.clone(), ValuePlace::file(&name));
    if let Some(document) = Document::json_if_there(&folder.join("config.json"))?
        && let Some(root) = document.root()
    {
        run.settings = leaves(&document, root)?;
    }
    if let Some(document) = Document::json_if_there(&folder.join("metrics.json"))?
        && let Some(root) = document.root()
    {
        add_metrics(&mut run, &document, root);
    }
    if let Some(document) = Document::json_if_there(&folder.join("run.json"))?
        && let Some(root) = document.root()
    {
        let found = leaves(&document, root)?;
        if let Some(word) = found.get("status") {
            run.state = state(&word.text);
        }
        for (name, value) in found {
            let is_result = name == "result" || name.starts_with("result.");
            if is_result && parse_number(&value.text).is_some() {
                run.observe(&name, value, None);
            }
        }
    }
    Ok(run.into())
}

/// Reads a `metrics.json`, with the other files of its folder.
///
/// # Errors
/// What is wrong with its files.
pub(crate) fn read_metrics(
    path: &Path,
    document: &Document,
    root: &Node,
) -> Result<CollectedRuns, RunImportError> {
    if let Some(folder) = path.parent().filter(|folder| is_run_folder(folder)) {
        return read(folder);
    }
    let place = document.file();
    let mut run = FoundRun::new(place.file.clone(), place);
    add_metrics(&mut run, document, root);
    Ok(run.into())
}

fn add_metrics(run: &mut FoundRun, document: &Document, root: &Node) {
    for (metric, node) in root.entries() {
        let list = |key: &str| node.get(key).map_or(&[][..], Node::items);
        let steps = list("steps");
        for (place, value) in list("values").iter().enumerate() {
            let step = steps.get(place).and_then(Node::scalar);
            let step = step.map(|step| format!("step {}", step.as_str()));
            if let Some(value) = value.scalar() {
                run.observe(metric.as_str(), located(document, value), step);
            }
        }
    }
}
