//! A JSON object that is one run.

use reprove_metrics::parse_number;

use crate::readers::Node;
use crate::runs::error::RunImportError;
use crate::runs::files::Document;
use crate::runs::found::FoundRun;
use crate::runs::names::{is_bookkeeping, names_seed};
use crate::runs::tree::leaves;

/// The run of one object: its numbers are metrics.
pub(crate) fn one(document: &Document, root: &Node) -> Result<FoundRun, RunImportError> {
    let place = document.file();
    let mut run = FoundRun::new(place.file.clone(), place);
    run.settings = leaves(document, root)?;
    add_numbers(&mut run);
    Ok(run)
}

/// Makes metrics of the settings that are numbers, seeds left out.
fn add_numbers(run: &mut FoundRun) {
    let settings = run.settings.clone();
    for (name, value) in settings {
        if names_seed(&name) || parse_number(&value.text).is_none() {
            continue;
        }
        run.observe(&name, value, None);
        if let Some(series) = run.metrics.get_mut(&name) {
            series.is_bookkeeping = is_bookkeeping(&name);
        }
    }
}
