//! The files that metrics are read from, for whoever keeps them.

use std::collections::BTreeSet;
use std::fs::File;

use super::{Error, Metrics, Outputs, Source, open, tensorboard};

/// The names of the files that `metrics` are read from, in order, as sources give them; of a folder
/// of events those of its event files, at most as many as are read. The two logs are left out. What
/// cannot be listed is told as text.
pub fn written(metrics: &Metrics, outputs: &Outputs<'_>) -> (Vec<String>, Vec<String>) {
    let sources: Vec<&Source> = match metrics {
        Metrics::All(source) => vec![source],
        Metrics::Named(sources) => sources.values().collect(),
    };
    let (mut names, mut problems) = (BTreeSet::new(), BTreeSet::new());
    for source in sources {
        match source {
            Source::Tensorboard(events) => match event_files(&events.dir, outputs) {
                Ok(files) => names.extend(files),
                Err(error) => {
                    problems.insert(error.to_string());
                }
            },
            other => {
                names.insert(other.file().to_owned());
            }
        }
    }
    names.retain(|name| name != "stdout" && name != "stderr");
    (names.into_iter().collect(), problems.into_iter().collect())
}

/// Such a file, opened as the readers open it; nothing where it cannot be read.
pub fn opened(name: &str, outputs: &Outputs<'_>) -> Option<File> {
    open::file(name, outputs, open::LARGEST_TEXT).ok()
}

/// The event files that a source names, as the reader finds them: itself, or those of the folder.
fn event_files(folder: &str, outputs: &Outputs<'_>) -> Result<Vec<String>, Error> {
    let Ok(opened) = open::folder(folder, outputs) else {
        return Ok(vec![folder.to_owned()]);
    };
    let names = tensorboard::names(&opened, folder)?;
    let texts = names.iter().filter_map(|name| name.to_str().ok());
    Ok(texts.map(|name| format!("{folder}/{name}")).collect())
}
