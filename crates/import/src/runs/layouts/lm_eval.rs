//! lm-evaluation-harness: `results`, one object a task, with a metric and its filter for a key.

use crate::readers::Node;
use crate::runs::error::{MetricRefusal, RunImportError};
use crate::runs::files::Document;
use crate::runs::found::{CollectedRuns, FoundRun, RunState};
use crate::runs::tree::leaves;

/// Reads a file of results. Its seeds are those of the evaluation, as the draw of examples, and not those of
/// a training: they are no seeds of runs unless they are named.
///
/// # Errors
/// No results.
pub(crate) fn read(document: &Document, root: &Node) -> Result<CollectedRuns, RunImportError> {
    let place = document.file();
    let Some(results) = root
        .get("results")
        .filter(|results| !results.entries().is_empty())
    else {
        return Err(RunImportError::Unexpected {
            place: Box::new(place),
            reason: "expected `results` with tasks, found none".to_owned(),
        });
    };
    let mut run = FoundRun::new(place.file.clone(), place);
    run.state = RunState::Finished;
    run.settings_name_seed = false;
    for key in ["config", "model_name", "model_source", "git_hash"] {
        if let Some(node) = root.get(key) {
            for (name, value) in leaves(document, node)? {
                run.settings.insert(format!("{key}.{name}"), value);
            }
            if let Some(text) = node.scalar() {
                let value = crate::runs::tree::located(document, text);
                run.settings.insert(key.to_owned(), value);
            }
        }
    }
    let mut errors = 0;
    for (task, metrics) in results.entries() {
        for (metric, value) in leaves(document, metrics)? {
            if metric == "alias" {
                continue;
            }
            let name = format!("{}.{metric}", task.as_str());
            let is_error = metric.contains("_stderr");
            errors += usize::from(is_error);
            let is_number = reprove_metrics::parse_number(&value.text).is_some();
            if !is_number && !is_error {
                continue;
            }
            run.observe(&name, value, None);
            if let Some(series) = run.metrics.get_mut(&name) {
                series.refusal = is_error.then_some(MetricRefusal::ErrorOverDocuments);
            }
        }
    }
    let file = run.place.to_string();
    let mut found = CollectedRuns::from(run);
    if errors > 0 {
        found.notes.push(format!(
            "{file}: `_stderr` is a standard error over documents, and no spread of runs; left out"
        ));
    }
    Ok(found)
}
