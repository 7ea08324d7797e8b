//! [`EnvironmentKind`]: the trait that each kind of environment implements.
//!
//! To add a kind: write its file in `kinds`, with an implementation of [`EnvironmentKind`]; declare it
//! in `kinds.rs` and add its row to the table there; and add the variant with its manifest key to
//! [`Environment`](reprove_model::manifest::Environment). The trait has no default methods and the
//! table no wildcard arm, so that the compiler names every missing part.

use std::path::{Path, PathBuf};

use super::error::BuildError;
use super::requirements::Requirements;
use super::settings::Settings;
use super::step::{BuildLayout, Step};
use super::tools::Tools;
use reprove_model::manifest::Program;

/// Kind of environment that provides a program's dependencies.
pub(crate) trait EnvironmentKind {
    /// Stable name, part of every run's key.
    fn name(&self) -> &'static str;

    /// Lock file, relative to the checkout.
    fn lock_file(&self) -> Option<&Path>;

    /// Adds the tools of this kind and those that the program's commands call; gives the Python
    /// interpreter that the environment is made with, if there is one.
    ///
    /// # Errors
    /// A tool that is not on this machine.
    fn find_tools(
        &self,
        program: &Program,
        tools: &mut Tools,
    ) -> Result<Option<PathBuf>, BuildError>;

    /// Requirements in the lock file of the checkout, where the kind does not pin them by itself.
    ///
    /// # Errors
    /// Requirements that cannot be read, or that name no exact version.
    fn requirements(&self, checkout: &Path) -> Result<Option<Requirements>, BuildError>;

    /// Steps that install the dependencies.
    fn install_steps(
        &self,
        layout: BuildLayout<'_>,
        requirements: Option<&Requirements>,
    ) -> Vec<Step>;

    /// Steps that build a program whose manifest states none.
    fn default_build_steps(&self) -> Vec<Step>;

    /// Variables of every build step and every run.
    fn variables(&self, layout: BuildLayout<'_>) -> Vec<(&'static str, String)>;

    /// Folder of the environment's own programs, first in `PATH`.
    fn program_folder(&self, layout: BuildLayout<'_>) -> Option<PathBuf>;

    /// Folders of the checkout that only the build writes to, relative to it.
    fn products(&self) -> Vec<PathBuf>;

    /// Puts the user's settings for registries where the kind's tools look for them.
    ///
    /// # Errors
    /// A file that cannot be copied.
    fn apply_settings(
        &self,
        settings: &Settings,
        layout: BuildLayout<'_>,
    ) -> Result<(), BuildError>;
}

/// Adds the tools that build commands call, where they are here: a program may also come with the
/// environment, and a missing one says so itself when it is run.
pub(super) fn find_build_tools(program: &Program, tools: &mut Tools) {
    for command in &program.build {
        let _ = command.first().and_then(|name| tools.named(name));
    }
}

/// The error of a tool that is not on this machine.
pub(super) fn missing(name: &str) -> BuildError {
    BuildError::NoTool {
        name: name.to_owned(),
    }
}
