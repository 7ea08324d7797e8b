//! Programs that cargo builds with their lock file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::build::error::{BuildError, cache_error};
use crate::build::kind::{EnvironmentKind, find_build_tools, missing};
use crate::build::requirements::Requirements;
use crate::build::settings::Settings;
use crate::build::step::{BuildLayout, Step, StepKind, folder_of, step};
use crate::build::tools::Tools;
use reprove_model::manifest::Program;

/// cargo with its lock file, relative to the checkout.
pub(super) struct Cargo<'e> {
    pub lock: &'e Path,
}

impl EnvironmentKind for Cargo<'_> {
    fn name(&self) -> &'static str {
        "cargo"
    }

    fn lock_file(&self) -> Option<&Path> {
        Some(self.lock)
    }

    fn find_tools(
        &self,
        program: &Program,
        tools: &mut Tools,
    ) -> Result<Option<PathBuf>, BuildError> {
        tools.cargo().ok_or_else(|| missing("cargo"))?;
        find_build_tools(program, tools);
        Ok(None)
    }

    /// None: cargo refuses a lock file that does not pin everything.
    fn requirements(&self, _: &Path) -> Result<Option<Requirements>, BuildError> {
        Ok(None)
    }

    fn install_steps(&self, _: BuildLayout<'_>, _: Option<&Requirements>) -> Vec<Step> {
        let fetch = ["cargo", "fetch", "--locked"];
        vec![step(&fetch, folder_of(self.lock), StepKind::Provides)]
    }

    fn default_build_steps(&self) -> Vec<Step> {
        let build = ["cargo", "build", "--release", "--locked"];
        vec![step(&build, folder_of(self.lock), StepKind::Builds)]
    }

    fn variables(&self, layout: BuildLayout<'_>) -> Vec<(&'static str, String)> {
        vec![
            ("CARGO_HOME", layout.cargo_home().display().to_string()),
            ("CARGO_TERM_COLOR", "never".to_owned()),
            ("CARGO_TERM_PROGRESS_WHEN", "never".to_owned()),
            ("CARGO_INCREMENTAL", "0".to_owned()),
        ]
    }

    fn program_folder(&self, _: BuildLayout<'_>) -> Option<PathBuf> {
        None
    }

    fn products(&self) -> Vec<PathBuf> {
        vec![folder_of(self.lock).join("target")]
    }

    fn apply_settings(
        &self,
        settings: &Settings,
        layout: BuildLayout<'_>,
    ) -> Result<(), BuildError> {
        let Some(file) = &settings.cargo else {
            return Ok(());
        };
        let home = layout.cargo_home();
        let copied = fs::create_dir_all(&home)
            .and_then(|()| fs::copy(file, home.join("config.toml")).map(drop));
        copied.map_err(cache_error(file))
    }
}
