//! The programs and packages that are installed on this machine: nothing is pinned, so their state is
//! part of every run's key.

use std::path::{Path, PathBuf};

use crate::build::error::BuildError;
use crate::build::kind::{EnvironmentKind, missing};
use crate::build::requirements::Requirements;
use crate::build::settings::Settings;
use crate::build::step::{BuildLayout, Step};
use crate::build::tools::Tools;
use reprove_model::manifest::Program;

/// `environment: {none: true}`.
pub(super) struct Installed;

impl EnvironmentKind for Installed {
    fn name(&self) -> &'static str {
        "installed"
    }

    fn lock_file(&self) -> Option<&Path> {
        None
    }

    fn find_tools(
        &self,
        program: &Program,
        tools: &mut Tools,
    ) -> Result<Option<PathBuf>, BuildError> {
        for command in program.build.iter().chain([&program.run]) {
            let name = command.first().map(String::as_str).unwrap_or_default();
            tools.named(name).ok_or_else(|| missing(name))?;
        }
        tools.installed_packages();
        tools.system_state();
        Ok(None)
    }

    fn requirements(&self, _: &Path) -> Result<Option<Requirements>, BuildError> {
        Ok(None)
    }

    fn install_steps(&self, _: BuildLayout<'_>, _: Option<&Requirements>) -> Vec<Step> {
        Vec::new()
    }

    fn default_build_steps(&self) -> Vec<Step> {
        Vec::new()
    }

    fn variables(&self, _: BuildLayout<'_>) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn program_folder(&self, _: BuildLayout<'_>) -> Option<PathBuf> {
        None
    }

    fn products(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn apply_settings(&self, _: &Settings, _: BuildLayout<'_>) -> Result<(), BuildError> {
        Ok(())
    }
}
