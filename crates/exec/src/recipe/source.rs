//! The text of a recipe in the commit.

use std::path::{Component, Path, PathBuf};

use reprove_model::manifest::Manifest;
use reprove_pins::source::PinnedCommit;

use crate::prepare::PrepareError;

/// Bytes of a recipe at most; the largest real ones have some kilobytes.
const RECIPE_BYTES: u64 = 4 << 20;

/// The recipe's path in the commit and its text.
pub(super) fn text(
    manifest: &Manifest,
    commit: &PinnedCommit<'_>,
    path: &Path,
) -> Result<(String, String), PrepareError> {
    let file = manifest.code.directory.join(path);
    let inside: PathBuf = file
        .components()
        .filter(|c| !matches!(c, Component::CurDir))
        .collect();
    let bytes = commit
        .read_file(&inside, RECIPE_BYTES)
        .map_err(|source| PrepareError::Commit {
            path: inside.clone(),
            source,
        })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((inside.display().to_string(), text)),
        Err(_) => Err(PrepareError::NoText { path: inside }),
    }
}
