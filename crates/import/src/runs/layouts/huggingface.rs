//! Hugging Face Trainer: `all_results.json` and its parts, `trainer_state.json`.

use std::path::{Path, PathBuf};

use reprove_metrics::parse_number;

use super::object::one;
use crate::readers::Node;
use crate::runs::error::{MetricRefusal, RunImportError};
use crate::runs::files::{Document, entries, file_name, shown};
use crate::runs::found::{CollectedRuns, FoundRun, Observation, RunState, Series};
use crate::runs::names::is_bookkeeping;
use crate::runs::table::ValuePlace;
use crate::runs::tree::{leaves, located};

/// The files with the results of a run, the one that has all first.
const RESULTS: [&str; 6] = [
    "all_results.json",
    "eval_results.json",
    "test_results.json",
    "predict_results.json",
    "train_results.json",
    "trainer_state.json",
];

/// Whether a file has the name of results of the Trainer.
pub(crate) fn is_result_name(name: &str) -> bool {
    RESULTS.contains(&name)
}

/// Reads a file that is known to be of the Trainer.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read_file(path: &Path, text: String) -> Result<CollectedRuns, RunImportError> {
    let document = Document::json(path, text)?;
    match document.root() {
        Some(root) => read_document(&document, root),
        None => Err(RunImportError::Unexpected {
            place: Box::new(document.file()),
            reason: "expected one JSON object, found several".to_owned(),
        }),
    }
}

/// Reads one file of the Trainer.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read_document(
    document: &Document,
    root: &Node,
) -> Result<CollectedRuns, RunImportError> {
    match root.get("log_history") {
        Some(_) => trainer_state(document, root),
        None => one(document, root).map(CollectedRuns::from),
    }
}

/// Reads the output folder of a run: its results, and the evaluations before them.
///
/// # Errors
/// What is wrong with its files.
pub(crate) fn read_folder(folder: &Path) -> Result<CollectedRuns, RunImportError> {
    let mut found = CollectedRuns::default();
    let name = shown(folder);
    let mut run = FoundRun::new(name.clone(), ValuePlace::file(&name));
    let state = match folder.join("trainer_state.json") {
        file if file.is_file() => Some(file),
        _ => last_checkpoint(folder)?,
    };
    if let Some(file) = &state
        && let Some(document) = Document::json_if_there(file)?
        && let Some(root) = document.root()
    {
        let of_state = trainer_state(&document, root)?;
        found.notes.extend(of_state.notes);
        for state in of_state.runs {
            (run.metrics, run.state) = (state.metrics, state.state);
        }
    }
    for file in RESULTS
        .iter()
        .filter(|file| **file != "trainer_state.json")
        .rev()
    {
        let Some(document) = Document::json_if_there(&folder.join(file))? else {
            continue;
        };
        if let Some(root) = document.root() {
            for (name, series) in one(&document, root)?.metrics {
                merge(&mut run, &name, series, &mut found.notes);
            }
        }
    }
    found.runs.push(run);
    Ok(found)
}

/// The state in the last checkpoint of a folder without one of its own.
fn last_checkpoint(folder: &Path) -> Result<Option<PathBuf>, RunImportError> {
    let step = |path: &PathBuf| {
        file_name(path)
            .strip_prefix("checkpoint-")?
            .parse::<u64>()
            .ok()
    };
    let entries = entries(folder)?;
    let last = entries
        .iter()
        .filter_map(|path| Some((step(path)?, path)))
        .max();
    let file = last.map(|(_, path)| path.join("trainer_state.json"));
    Ok(file.filter(|file| file.is_file()))
}

/// Puts a final result behind the evaluations of its metric. One that is not the last evaluation replaces
/// them, because it is what the run says that its result is.
fn merge(run: &mut FoundRun, name: &str, series: Series, notes: &mut Vec<String>) {
    let (Some(result), Some(known)) = (series.observations.first(), run.metrics.get(name)) else {
        run.metrics.insert(name.to_owned(), series);
        return;
    };
    let number =
        |observation: &Observation| parse_number(&observation.value.text).map(|(value, _)| value);
    let last = known.observations.last();
    if last.and_then(number) == number(result) || series.is_bookkeeping {
        return;
    }
    let best = run
        .metrics
        .get("best_metric")
        .and_then(|best| best.observations.first());
    let is_best = best.and_then(number) == number(result);
    if let Some(last) = last {
        let also = match is_best {
            true => format!(
                ", and is `best_metric`: the best of {} evaluations, which were chosen by it",
                known.observations.len()
            ),
            false => String::new(),
        };
        notes.push(format!(
            "{}: `{name}` is {}, the last evaluation in {} is {}; the first is taken{also}",
            result.value.place, result.value.text, last.value.place, last.value.text
        ));
    }
    run.metrics.insert(name.to_owned(), series);
}

/// The run of a `trainer_state.json`.
fn trainer_state(document: &Document, root: &Node) -> Result<CollectedRuns, RunImportError> {
    let place = document.file();
    let mut run = FoundRun::new(place.file.clone(), place);
    let log = root.get("log_history").map_or(&[][..], Node::items);
    for entry in log {
        let step = entry.get("step").and_then(Node::scalar);
        let step = step.map(|step| format!("step {}", step.as_str()));
        for (name, value) in leaves(document, entry)? {
            if name == "step" {
                continue;
            }
            run.observe(&name, value, step.clone());
            if let Some(series) = run.metrics.get_mut(&name) {
                series.is_bookkeeping = is_bookkeeping(&name);
            }
        }
    }
    if let Some(best) = root.get("best_metric").and_then(Node::scalar) {
        run.observe("best_metric", located(document, best), None);
        if let Some(series) = run.metrics.get_mut("best_metric") {
            series.refusal = Some(MetricRefusal::BestOfEvaluations);
        }
    }
    run.state = state(root);
    let notes = evaluated_again(&run);
    Ok(CollectedRuns {
        runs: vec![run],
        notes,
    })
}

/// That the last evaluation is a second one of its step with another value, as of the best checkpoint when
/// `load_best_model_at_end` loads it.
fn evaluated_again(run: &FoundRun) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, series) in &run.metrics {
        let [.., before, last] = &series.observations[..] else {
            continue;
        };
        if before.step != last.step || before.value.text == last.value.text || series.is_bookkeeping
        {
            continue;
        }
        let step = last.step.as_deref().unwrap_or("its step");
        notes.push(format!(
            "{}: `{name}` is {} in a second evaluation at {step}, {} in the first: as of a best checkpoint, chosen \
             by its evaluations",
            last.value.place, last.value.text, before.value.text
        ));
    }
    notes
}

/// Whether the training came to its end: all its steps, or a stop that a callback asked for.
fn state(root: &Node) -> RunState {
    let number = |key: &str| root.get(key)?.scalar()?.as_str().parse::<f64>().ok();
    let (Some(done), Some(planned)) = (number("global_step"), number("max_steps")) else {
        return RunState::Unknown;
    };
    let control = root
        .get("stateful_callbacks")
        .and_then(|callbacks| callbacks.get("TrainerControl"));
    let stop =
        control.and_then(|control| control.get("args")?.get("should_training_stop")?.scalar());
    match done >= planned || stop.is_some_and(|stop| stop.as_str() == "true") {
        true => RunState::Finished,
        false => RunState::Lost(format!("ended at step {done} of {planned}")),
    }
}
