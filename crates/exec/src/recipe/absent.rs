//! Recipes in a build without the trainer: they are not read, and cannot be trained.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reprove_model::manifest::{Device, Manifest};
use reprove_model::plan::{Configuration, Plan};
use reprove_pins::source::PinnedCommit;

use super::source;
use crate::Workload;
use crate::prepare::{PrepareError, Prepared};

/// Checks that the commit has the recipe. Returns what could not be checked.
///
/// # Errors
/// A recipe that is not in the commit or is no text.
pub(crate) fn inspect(
    manifest: &Manifest,
    _: &Plan,
    commit: &PinnedCommit<'_>,
    _: &BTreeMap<String, PathBuf>,
    path: &Path,
) -> Result<Vec<String>, PrepareError> {
    source::text(manifest, commit, path)?;
    let text = "the recipe is not checked: this build of reprove has no trainer";
    Ok(vec![text.to_owned()])
}

/// Refuses: this build cannot train.
///
/// # Errors
/// Always [`PrepareError::NoTrainer`].
pub(crate) fn prepare(
    _: &Manifest,
    _: &Plan,
    _: &PinnedCommit<'_>,
    _: &BTreeMap<String, PathBuf>,
    _: &Path,
    _: bool,
) -> Result<Prepared, PrepareError> {
    Err(PrepareError::NoTrainer)
}

/// Refuses: this build cannot train.
///
/// # Errors
/// Always.
pub(crate) fn workload(
    _: &str,
    _: &str,
    _: Device,
    _: &BTreeMap<String, PathBuf>,
    _: &Configuration,
) -> Result<Box<dyn Workload>, String> {
    Err(PrepareError::NoTrainer.to_string())
}
