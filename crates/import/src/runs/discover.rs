//! Finds the runs below a folder.

use std::path::{Path, PathBuf};

use super::error::RunImportError;
use super::files::{entries, file_name, shown};
use super::format::RunFormat;
use super::layouts;

/// Folders are looked through to this depth.
const DEEPEST: usize = 10;

/// More runs than this are refused.
const MOST_RUNS: usize = 10_000;

/// Names of folders that part the scalars of one run.
const PARTS: [&str; 6] = ["train", "validation", "val", "test", "eval", "evaluation"];

/// What is read as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// The folder of a run.
    Folder(PathBuf, RunFormat),
    /// The event files of a run, by the folders that they lie in and what goes before their tags.
    Events(PathBuf, Vec<(String, Vec<PathBuf>)>),
}

impl Source {
    /// The file or folder that stands for it.
    pub fn path(&self) -> &Path {
        match self {
            Source::File(path) | Source::Folder(path, _) | Source::Events(path, _) => path,
        }
    }
}

/// The runs below a folder, by name; only those of `format`, if it is given.
///
/// # Errors
/// A folder that cannot be read; no runs; too many.
pub(crate) fn discover(
    folder: &Path,
    format: Option<RunFormat>,
) -> Result<Vec<Source>, RunImportError> {
    let mut found = Vec::new();
    walk(folder, format, 0, &mut found)?;
    match found.is_empty() {
        true => Err(RunImportError::NoRuns {
            folder: shown(folder),
        }),
        false => Ok(found),
    }
}

/// The layout of a folder that is a run by itself.
fn layout(folder: &Path, files: &[PathBuf]) -> Option<RunFormat> {
    let has = |is: fn(&str) -> bool| files.iter().any(|file| is(&file_name(file)));
    if folder.join(".guild/attrs").is_dir() {
        Some(RunFormat::Guild)
    } else if layouts::is_mlflow_folder(folder) {
        Some(RunFormat::Mlflow)
    } else if layouts::is_wandb_folder(folder) {
        Some(RunFormat::Wandb)
    } else if layouts::is_lightning_folder(folder) {
        Some(RunFormat::Lightning)
    } else if has(layouts::is_huggingface_name) {
        Some(RunFormat::HuggingFace)
    } else if layouts::is_sacred_folder(folder) {
        Some(RunFormat::Sacred)
    } else {
        None
    }
}

fn walk(
    folder: &Path,
    format: Option<RunFormat>,
    depth: usize,
    found: &mut Vec<Source>,
) -> Result<(), RunImportError> {
    let entries = entries(folder)?;
    let (files, folders): (Vec<PathBuf>, Vec<PathBuf>) =
        entries.into_iter().partition(|path| path.is_file());
    let is_wanted = |layout: &RunFormat| format.is_none_or(|format| format == *layout);
    if let Some(layout) = layout(folder, &files).filter(is_wanted) {
        found.push(Source::Folder(folder.to_owned(), layout));
        return check_count(folder, found);
    }
    if is_wanted(&RunFormat::Tensorboard)
        && let Some(events) = events(folder, &files, &folders)?
    {
        found.push(events);
    }
    let is_result = |file: &&PathBuf| {
        let name = file_name(file);
        name.starts_with("results_") && name.ends_with(".json")
    };
    if is_wanted(&RunFormat::LmEval) {
        found.extend(
            files
                .iter()
                .filter(is_result)
                .map(|file| Source::File(file.clone())),
        );
    }
    check_count(folder, found)?;
    for inner in folders.iter().filter(|_| depth < DEEPEST) {
        let is_part = matches!(found.last(), Some(Source::Events(path, _)) if path == folder)
            && PARTS.contains(&file_name(inner).as_str());
        if !is_part {
            walk(inner, format, depth + 1, found)?;
        }
    }
    Ok(())
}

fn check_count(folder: &Path, found: &[Source]) -> Result<(), RunImportError> {
    match found.len() > MOST_RUNS {
        true => Err(RunImportError::Unreadable {
            file: shown(folder),
            reason: format!("expected at most {MOST_RUNS} runs"),
        }),
        false => Ok(()),
    }
}

/// The event files of a folder and of its parts `train`, `validation` and the like.
fn events(
    folder: &Path,
    files: &[PathBuf],
    folders: &[PathBuf],
) -> Result<Option<Source>, RunImportError> {
    let of = |files: &[PathBuf]| {
        let events = files.iter().filter(|file| layouts::is_event_file(file));
        events.cloned().collect::<Vec<PathBuf>>()
    };
    let mut groups = Vec::new();
    let own = of(files);
    if !own.is_empty() {
        groups.push((String::new(), own));
    }
    for inner in folders {
        let name = file_name(inner);
        if PARTS.contains(&name.as_str()) {
            let files = of(&entries(inner)?);
            if !files.is_empty() {
                groups.push((format!("{name}/"), files));
            }
        }
    }
    Ok((!groups.is_empty()).then(|| Source::Events(folder.to_owned(), groups)))
}
