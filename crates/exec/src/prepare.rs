//! From checked pins to an experiment that can run: a clean checkout of the commit, with the
//! experiment in it read or built.

mod context;
mod directory;
mod entry_point;
mod error;
mod prepared;
mod program;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::recipe;
use reprove_model::manifest::{Experiment, Manifest};
use reprove_model::plan::Plan;
use reprove_pins::fetch::NetworkPolicy;
use reprove_pins::source::PinnedCommit;

pub use context::{PrepareContext, SandboxMode};
pub(crate) use directory::directory;
pub use entry_point::{EntryPointError, check_entry_point};
pub use error::{ErrorClass, PrepareError};
pub use prepared::{Isolation, Prepared};

/// Checks the experiment in the commit without running it. `files` are the data by name. Returns sentences
/// about the memory that training needs, and about what could not be checked.
///
/// # Errors
/// What the trainer refuses in a recipe; files of a program that are not complete, requirements that are not
/// pinned, tools that are not here.
pub fn read_experiment(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    reach: NetworkPolicy,
) -> Result<Vec<String>, PrepareError> {
    match &manifest.experiment {
        Experiment::Recipe(path) => recipe::inspect(manifest, plan, commit, files, path),
        Experiment::Program(stated) => {
            program::inspect(manifest, commit, files, stated, reach).map(|()| Vec::new())
        }
    }
}

/// Makes the experiment of the commit ready: reads the recipe, or builds the program; `files` are
/// the data by name.
///
/// # Errors
/// What the trainer refuses in a recipe, a checkout that cannot be written or differs, data that do not fit, a
/// program that cannot be built.
pub fn prepare(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    context: &PrepareContext<'_>,
) -> Result<Prepared, PrepareError> {
    match &manifest.experiment {
        Experiment::Recipe(path) => {
            let is_here = context.shared.is_none();
            recipe::prepare(manifest, plan, commit, files, path, is_here)
        }
        Experiment::Program(stated) => {
            program::prepare(manifest, plan, commit, files, stated, context)
        }
    }
}
