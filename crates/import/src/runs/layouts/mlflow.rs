//! MLflow: the file store, `mlruns/EXPERIMENT/RUN`.

use std::path::Path;

use crate::runs::error::RunImportError;
use crate::runs::files::{Document, bytes, entries, file_name, shown, text};
use crate::runs::found::{CollectedRuns, FoundRun, Located, RunState};
use crate::runs::names::state;
use crate::runs::table::ValuePlace;
use crate::runs::tree::leaves;

/// Names of metrics have at most so many parts.
const DEEPEST: usize = 8;

/// The states of runs by their numbers, from 1.
const STATES: [&str; 5] = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

/// Whether a folder is that of a run.
pub(crate) fn is_run_folder(folder: &Path) -> bool {
    folder.join("meta.yaml").is_file()
        && folder.join("metrics").is_dir()
        && folder.join("params").is_dir()
}

/// Reads the folder of a run.
///
/// # Errors
/// What is wrong with its files.
pub(crate) fn read(folder: &Path) -> Result<CollectedRuns, RunImportError> {
    let name = shown(folder);
    let mut run = FoundRun::new(name.clone(), ValuePlace::file(&name));
    if let Some(meta) = Document::yaml_if_there(&folder.join("meta.yaml"))?
        && let Some(root) = meta.root()
    {
        let meta = leaves(&meta, root)?;
        let of = |key: &str| meta.get(key).map(|value| value.text.clone());
        if of("lifecycle_stage").as_deref() == Some("deleted") {
            return Ok(CollectedRuns {
                runs: Vec::new(),
                notes: vec![format!("{name}: deleted in MLflow; left out")],
            });
        }
        if let Some(run_name) = of("run_name").filter(|name| !name.is_empty()) {
            run.seed_names.push(run_name.clone());
            run.name = run_name;
        }
        run.state = of("status").map_or(RunState::Unknown, |status| {
            let number = status
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1));
            state(
                number
                    .and_then(|number| STATES.get(number))
                    .unwrap_or(&status.as_str()),
            )
        });
    }
    walk(&folder.join("params"), "", 0, &mut |file, name| {
        let place = ValuePlace::file(&shown(file));
        let text = text(file, &bytes(file)?)?.trim().to_owned();
        run.settings
            .insert(name.to_owned(), Located { text, place });
        Ok(())
    })?;
    walk(&folder.join("metrics"), "", 0, &mut |file, name| {
        metric(&mut run, file, name)
    })?;
    Ok(run.into())
}

/// Calls `each` with the files of a folder and the names that their paths are.
fn walk(
    folder: &Path,
    prefix: &str,
    depth: usize,
    each: &mut impl FnMut(&Path, &str) -> Result<(), RunImportError>,
) -> Result<(), RunImportError> {
    for path in entries(folder)? {
        let name = format!("{prefix}{}", file_name(&path));
        if path.is_file() {
            each(&path, &name)?;
        } else if depth < DEEPEST {
            walk(&path, &format!("{name}/"), depth + 1, each)?;
        }
    }
    Ok(())
}

/// Reads a metric: in each line the time, the value and the step. The last is that of the greatest step
/// and time, as MLflow has it.
fn metric(run: &mut FoundRun, file: &Path, name: &str) -> Result<(), RunImportError> {
    let text = text(file, &bytes(file)?)?;
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let place = ValuePlace::line(&shown(file), number);
        let mut words = line.split_whitespace();
        let (time, value, step) = (words.next(), words.next(), words.next().unwrap_or("0"));
        let (Some(Ok(time)), Some(value), Ok(step)) =
            (time.map(str::parse::<i64>), value, step.parse::<i64>())
        else {
            return Err(RunImportError::Unexpected {
                place: Box::new(place),
                reason: format!("expected a time, a value and a step, found `{line}`"),
            });
        };
        let text = value.to_owned();
        found.push(((step, time), Located { text, place }));
    }
    found.sort_by_key(|(order, _)| *order);
    for ((step, _), value) in found {
        run.observe(name, value, Some(format!("step {step}")));
    }
    Ok(())
}
