//! TensorBoard: the event files of a run.

use std::path::Path;

use reprove_metrics::event_scalars;

use crate::runs::error::RunImportError;
use crate::runs::files::{bytes, file_name, shown};
use crate::runs::found::{CollectedRuns, FoundRun, Located};
use crate::runs::table::ValuePlace;

/// Whether a file has the name of an event file.
pub(crate) fn is_event_file(path: &Path) -> bool {
    file_name(path).contains("tfevents")
}

/// Reads event files of one run; `groups` are the folders in which they lie, each with what goes before
/// its tags.
///
/// # Errors
/// What is wrong with a file.
pub(crate) fn read(
    name: &str,
    groups: &[(String, Vec<std::path::PathBuf>)],
) -> Result<CollectedRuns, RunImportError> {
    let mut found = CollectedRuns::default();
    let mut run = FoundRun::new(name, ValuePlace::file(name));
    for (prefix, files) in groups {
        let mut contents = Vec::new();
        for file in files {
            contents.push((shown(file), bytes(file)?));
        }
        let events = event_scalars(&contents)?;
        if let Some((file, record)) = &events.cut_off {
            found.notes.push(format!(
                "{file}: record {record} is cut off: the run may not have ended"
            ));
        }
        for (tag, scalars) in events.tags {
            let metric = format!("{prefix}{tag}");
            for (place, scalar) in scalars.scalars.iter().enumerate() {
                let step = format!("step {}", scalar.step);
                let value = Located {
                    text: scalar.value.to_string(),
                    place: ValuePlace {
                        file: scalar.file.clone(),
                        line: None,
                        column: None,
                        detail: Some(format!("record {}, {step}", scalar.record)),
                    },
                };
                run.observe(&metric, value, Some(step.clone()));
                let series = run.metrics.get_mut(&metric);
                let last = series.and_then(|series| series.observations.last_mut());
                if let (true, Some(last)) = (scalars.ambiguous.contains(&place), last) {
                    last.ambiguous = Some(format!(
                        "another file has another value at {step} and the same time"
                    ));
                }
            }
            if let Some(restart) = scalars.restart.and_then(|place| scalars.scalars.get(place)) {
                found.notes.push(format!(
                    "{}: `{metric}` starts again at step {}, which was written before",
                    restart.file, restart.step
                ));
            }
        }
    }
    found.runs.push(run);
    Ok(found)
}
