//! Guild AI: the folders of runs, with attributes in `.guild/attrs` and scalars in event files.

use std::path::{Path, PathBuf};

use super::tensorboard::{is_event_file, read as read_events};
use crate::runs::error::RunImportError;
use crate::runs::files::{Document, entries, file_name, shown};
use crate::runs::found::{CollectedRuns, RunState};
use crate::runs::table::ValuePlace;
use crate::runs::tree::leaves;

/// Folders in a run are looked through to this depth.
const DEEPEST: usize = 6;

/// Reads the folder of a run.
///
/// # Errors
/// What is wrong with its files.
pub(crate) fn read(folder: &Path) -> Result<CollectedRuns, RunImportError> {
    let name = shown(folder);
    let mut groups = Vec::new();
    event_folders(folder, "", 0, &mut groups)?;
    let mut found = read_events(&name, &groups)?;
    let attributes = folder.join(".guild/attrs");
    for run in &mut found.runs {
        run.place = ValuePlace::file(&name);
        if let Some(document) = Document::yaml_if_there(&attributes.join("flags"))?
            && let Some(root) = document.root()
        {
            run.settings = leaves(&document, root)?;
        }
        run.state = state(&attributes)?;
    }
    Ok(found)
}

/// The state, by the exit status that an ended run has.
fn state(attributes: &Path) -> Result<RunState, RunImportError> {
    let status = Document::yaml_if_there(&attributes.join("exit_status"))?;
    let status = status
        .as_ref()
        .and_then(|document| document.root()?.scalar());
    Ok(match status.map(|status| status.as_str().trim()) {
        Some("0") => RunState::Finished,
        Some(code) => RunState::Lost(format!("ended with exit status {code}")),
        None => RunState::Lost("did not end".to_owned()),
    })
}

/// The folders of a run that have event files, each with its path, as Guild names its scalars.
fn event_folders(
    folder: &Path,
    path: &str,
    depth: usize,
    found: &mut Vec<(String, Vec<PathBuf>)>,
) -> Result<(), RunImportError> {
    let entries = entries(folder)?;
    let (files, folders): (Vec<PathBuf>, Vec<PathBuf>) =
        entries.into_iter().partition(|path| path.is_file());
    let files: Vec<PathBuf> = files
        .into_iter()
        .filter(|file| is_event_file(file))
        .collect();
    if !files.is_empty() {
        // What Guild reads from the output of a program lies in `.guild`.
        let prefix = if path == ".guild/" { "" } else { path };
        found.push((prefix.replace(".guild/", ""), files));
    }
    for inner in folders.iter().filter(|_| depth < DEEPEST) {
        let path = format!("{path}{}/", file_name(inner));
        event_folders(inner, &path, depth + 1, found)?;
    }
    Ok(())
}
