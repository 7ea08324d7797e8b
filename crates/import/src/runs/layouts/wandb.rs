//! Weights & Biases: folders of runs, and summaries.

use std::path::Path;

use super::object::one;
use super::wandb_log;
use super::wandb_steps::refuse_summaries;
use crate::readers::Node;
use crate::runs::error::RunImportError;
use crate::runs::files::{Document, bytes, entries, file_name, shown};
use crate::runs::found::CollectedRuns;
use crate::runs::tree::leaves;

/// Whether a folder is that of a run.
pub(crate) fn is_run_folder(folder: &Path) -> bool {
    let name = file_name(folder);
    let is_named = name.starts_with("run-") || name.starts_with("offline-run-");
    folder.join("files/wandb-summary.json").is_file() || (is_named && log(folder).is_some())
}

/// The binary log of a run.
fn log(folder: &Path) -> Option<std::path::PathBuf> {
    let entries = entries(folder).ok()?;
    entries
        .into_iter()
        .find(|path| file_name(path).ends_with(".wandb"))
}

/// Reads the folder of a run: its summary and configuration, or else its log, which offline runs have.
///
/// # Errors
/// What is wrong with its files.
pub(crate) fn read(folder: &Path) -> Result<CollectedRuns, RunImportError> {
    let file = folder.join("files/wandb-summary.json");
    if let Some(document) = Document::json_if_there(&file)?
        && let Some(root) = document.root()
    {
        let mut found = read_summary(&file, &document, root)?;
        for run in &mut found.runs {
            run.name = file_name(folder);
        }
        return Ok(found);
    }
    match log(folder) {
        Some(log) => wandb_log::read(&log, &bytes(&log)?),
        None => Err(RunImportError::NoRuns {
            folder: shown(folder),
        }),
    }
}

/// Reads a summary, with the configuration that stands beside it.
///
/// # Errors
/// What is wrong with one of the two.
pub(crate) fn read_summary(
    path: &Path,
    document: &Document,
    root: &Node,
) -> Result<CollectedRuns, RunImportError> {
    let mut run = one(document, root)?;
    run.settings.clear();
    refuse_summaries(&mut run);
    let folder = path.parent().unwrap_or(Path::new(""));
    let config = Document::yaml_if_there(&folder.join("config.yaml"))?;
    if let Some((config, root)) = config
        .as_ref()
        .and_then(|config| Some((config, config.root()?)))
    {
        // Each parameter is an object with its value.
        for (name, value) in leaves(config, root)? {
            let name = name.strip_suffix(".value").unwrap_or(&name).to_owned();
            if !name.starts_with("_wandb") && !name.starts_with("wandb_version") {
                run.settings.insert(name.replacen(".value.", ".", 1), value);
            }
        }
    }
    Ok(run.into())
}
