//! Keras: `history.history` as JSON, an object of lists with one number an epoch.

use std::path::Path;

use crate::readers::Node;
use crate::runs::files::{Document, file_name};
use crate::runs::found::FoundRun;
use crate::runs::tree::located;

/// Whether the names of the lists, or that of the file, say that they are a history.
pub(crate) fn is_history(path: &Path, root: &Node) -> bool {
    let is_validation = |key: &str| {
        key.strip_prefix("val_")
            .is_some_and(|base| root.get(base).is_some())
    };
    file_name(path).to_lowercase().contains("history")
        || root
            .entries()
            .iter()
            .any(|(key, _)| is_validation(key.as_str()))
}

/// The run of a history.
pub(crate) fn read(document: &Document, root: &Node) -> FoundRun {
    let place = document.file();
    let mut run = FoundRun::new(place.file.clone(), place);
    for (key, list) in root.entries() {
        for (epoch, item) in list.items().iter().enumerate() {
            if let Some(text) = item.scalar() {
                let step = Some(format!("epoch {epoch}"));
                run.observe(key.as_str(), located(document, text), step);
            }
        }
    }
    run
}
