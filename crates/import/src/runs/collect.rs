//! Reads files and folders to runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::discover::{Source, discover};
use super::error::RunImportError;
use super::files::{bytes, file_name, shown, text};
use super::format::RunFormat;
use super::found::CollectedRuns;
use super::layouts;

/// Reads the runs of files and folders; `format` is the layout of all, which is otherwise told from names
/// and contents. `seed_key` names the column of the seed in tables. `-` is standard input.
///
/// # Errors
/// What cannot be read, has no known layout or is given twice.
pub fn collect_runs(
    paths: &[PathBuf],
    format: Option<RunFormat>,
    seed_key: Option<&str>,
) -> Result<CollectedRuns, RunImportError> {
    let mut found = CollectedRuns::default();
    let mut seen: BTreeMap<PathBuf, String> = BTreeMap::new();
    for path in paths {
        let sources = match path.is_dir() {
            true => discover(path, format)?,
            false => vec![Source::File(path.clone())],
        };
        for source in sources {
            check_once(source.path(), &mut seen)?;
            found.append(read(&source, format, seed_key)?);
        }
    }
    Ok(found)
}

/// Refuses a file that was read before.
fn check_once(path: &Path, seen: &mut BTreeMap<PathBuf, String>) -> Result<(), RunImportError> {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match seen.insert(whole, shown(path)) {
        None => Ok(()),
        Some(first) => Err(RunImportError::SameFile {
            file: shown(path),
            first,
        }),
    }
}

fn read(
    source: &Source,
    format: Option<RunFormat>,
    seed_key: Option<&str>,
) -> Result<CollectedRuns, RunImportError> {
    match source {
        Source::File(path) => read_file(path, format, seed_key),
        Source::Events(path, groups) => layouts::read_events(&shown(path), groups),
        Source::Folder(path, layout) => match layout {
            RunFormat::Guild => layouts::read_guild(path),
            RunFormat::Mlflow => layouts::read_mlflow(path),
            RunFormat::Wandb => layouts::read_wandb(path),
            RunFormat::Lightning => layouts::read_lightning_folder(path),
            RunFormat::HuggingFace => layouts::read_huggingface_folder(path),
            RunFormat::Sacred => layouts::read_sacred(path),
            RunFormat::Csv
            | RunFormat::Json
            | RunFormat::LmEval
            | RunFormat::Keras
            | RunFormat::Tensorboard => Err(RunImportError::NoRuns {
                folder: shown(path),
            }),
        },
    }
}

fn read_file(
    path: &Path,
    format: Option<RunFormat>,
    seed_key: Option<&str>,
) -> Result<CollectedRuns, RunImportError> {
    let folder = path.parent().filter(|_| file_name(path) == "run.json");
    if let Some(folder) = folder.filter(|folder| layouts::is_sacred_folder(folder)) {
        return layouts::read_sacred(folder);
    }
    let name = file_name(path);
    if layouts::is_event_file(path) {
        let groups = [(String::new(), vec![path.to_owned()])];
        return layouts::read_events(&shown(path), &groups);
    }
    let bytes = bytes(path)?;
    if name.ends_with(".wandb") {
        return layouts::read_wandb_log(path, &bytes);
    }
    let text = text(path, &bytes)?;
    match text.trim_start().chars().next() {
        None => Err(RunImportError::UnknownFormat {
            file: shown(path),
            found: "an empty file".to_owned(),
        }),
        Some('{' | '[') if format == Some(RunFormat::HuggingFace) => {
            layouts::read_huggingface(path, text)
        }
        Some('{' | '[') => layouts::read_json(path, text, format, seed_key),
        Some(_) => {
            let is_yaml = [
                ".yaml", ".yml", ".md", ".txt", ".log", ".html", ".xml", ".toml", ".py", ".ipynb",
            ];
            let is_table =
                format == Some(RunFormat::Csv) || !is_yaml.iter().any(|end| name.ends_with(end));
            match is_table {
                true => layouts::read_csv(path, &text, format, seed_key),
                false => Err(RunImportError::UnknownFormat {
                    file: shown(path),
                    found: format!("a file `{name}` that is no table and no JSON"),
                }),
            }
        }
    }
}
