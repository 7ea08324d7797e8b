//! Environments that uv makes of a standard lock file: PEP 751, `pylock.toml`, as `uv export`, `pip lock`
//! and `pdm` write it.

use std::path::{Path, PathBuf};

use crate::build::error::BuildError;
use crate::build::kind::EnvironmentKind;
use crate::build::kinds::uv::{find_uv_tools, uv_variables};
use crate::build::requirements::Requirements;
use crate::build::settings::Settings;
use crate::build::step::{BuildLayout, Step, StepKind, folder_of, step};
use crate::build::tools::Tools;
use reprove_model::manifest::Program;

/// uv with a standard lock file, relative to the checkout.
pub(super) struct Pylock<'e> {
    pub lock: &'e Path,
}

impl EnvironmentKind for Pylock<'_> {
    fn name(&self) -> &'static str {
        "pylock"
    }

    fn lock_file(&self) -> Option<&Path> {
        Some(self.lock)
    }

    fn find_tools(
        &self,
        program: &Program,
        tools: &mut Tools,
    ) -> Result<Option<PathBuf>, BuildError> {
        find_uv_tools(program, tools).map(Some)
    }

    /// None: the format demands a version and the digests of each package.
    fn requirements(&self, _: &Path) -> Result<Option<Requirements>, BuildError> {
        Ok(None)
    }

    fn install_steps(&self, layout: BuildLayout<'_>, _: Option<&Requirements>) -> Vec<Step> {
        let venv = layout.venv().display().to_string();
        let python = layout.venv().join("bin/python").display().to_string();
        let lock = self.lock.file_name().unwrap_or_default().to_string_lossy();
        let venv = ["uv", "venv", "--no-project", "--no-progress", &venv];
        let sync = [
            "uv",
            "pip",
            "sync",
            "--python",
            &python,
            "--no-progress",
            &lock,
        ];
        let list = ["uv", "pip", "freeze", "--python", &python];
        vec![
            step(&venv, folder_of(self.lock), StepKind::Provides),
            step(&sync, folder_of(self.lock), StepKind::Provides),
            step(&list, folder_of(self.lock), StepKind::Lists),
        ]
    }

    fn default_build_steps(&self) -> Vec<Step> {
        Vec::new()
    }

    fn variables(&self, layout: BuildLayout<'_>) -> Vec<(&'static str, String)> {
        uv_variables(layout)
    }

    fn program_folder(&self, layout: BuildLayout<'_>) -> Option<PathBuf> {
        Some(layout.venv().join("bin"))
    }

    fn products(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// No file is copied: uv reads the variables and files that [`Settings`] shows.
    fn apply_settings(&self, _: &Settings, _: BuildLayout<'_>) -> Result<(), BuildError> {
        Ok(())
    }
}
