//! The files that metrics are read from, for whoever keeps them.

use std::collections::BTreeMap;
use std::fs::File;

use rustix::fs::Dir;

use super::{Metrics, Outputs, Source, open};

/// The files that `metrics` are read from, by the names that sources give them, opened as the
/// readers open them; of a folder of events its event files. The two logs and what cannot be read
/// are left out.
pub fn written(metrics: &Metrics, outputs: &Outputs<'_>) -> BTreeMap<String, File> {
    let sources: Vec<&Source> = match metrics {
        Metrics::All(source) => vec![source],
        Metrics::Named(sources) => sources.values().collect(),
    };
    let mut names = Vec::new();
    for source in sources {
        match source {
            Source::Tensorboard(events) => names.extend(event_files(&events.dir, outputs)),
            other => names.push(other.file().to_owned()),
        }
    }
    names.retain(|name| name != "stdout" && name != "stderr");
    let opened = names.into_iter().filter_map(|name| {
        let file = open::file(&name, outputs, open::LARGEST_TEXT).ok()?;
        Some((name, file))
    });
    opened.collect()
}

/// The event files in a folder, as the reader finds them.
fn event_files(folder: &str, outputs: &Outputs<'_>) -> Vec<String> {
    let entries = open::folder(folder, outputs)
        .ok()
        .and_then(|opened| Dir::read_from(&opened).ok());
    let entries = entries.into_iter().flat_map(Iterator::flatten);
    let names = entries.filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned));
    names
        .filter(|name| name.contains("tfevents"))
        .map(|name| format!("{folder}/{name}"))
        .collect()
}
