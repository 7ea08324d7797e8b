//! Environments that uv makes of its lock file.

use std::path::{Path, PathBuf};

use crate::build::error::BuildError;
use crate::build::kind::{EnvironmentKind, find_build_tools, missing};
use crate::build::requirements::Requirements;
use crate::build::settings::Settings;
use crate::build::step::{BuildLayout, Step, StepKind, folder_of, step};
use crate::build::tools::Tools;
use reprove_model::manifest::Program;

/// uv with its lock file, relative to the checkout.
pub(super) struct Uv<'e> {
    pub lock: &'e Path,
}

/// Finds uv, the interpreter and the tools of build commands; gives the interpreter.
pub(super) fn find_uv_tools(program: &Program, tools: &mut Tools) -> Result<PathBuf, BuildError> {
    tools.named("uv").ok_or_else(|| missing("uv"))?;
    let python = tools.python().ok_or_else(|| missing("python3"))?;
    find_build_tools(program, tools);
    Ok(python)
}

/// The variables that uv reads, and that of an environment that is in use.
pub(super) fn uv_variables(layout: BuildLayout<'_>) -> Vec<(&'static str, String)> {
    let python = layout.python.map(|path| path.display().to_string());
    vec![
        ("VIRTUAL_ENV", layout.venv().display().to_string()),
        ("UV_CACHE_DIR", layout.uv_cache().display().to_string()),
        ("UV_LINK_MODE", "copy".to_owned()),
        ("UV_PYTHON_DOWNLOADS", "never".to_owned()),
        ("UV_PYTHON", python.unwrap_or_default()),
    ]
}

impl EnvironmentKind for Uv<'_> {
    fn name(&self) -> &'static str {
        "uv"
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

    /// None: uv refuses a lock file that does not pin everything.
    fn requirements(&self, _: &Path) -> Result<Option<Requirements>, BuildError> {
        Ok(None)
    }

    fn install_steps(&self, layout: BuildLayout<'_>, _: Option<&Requirements>) -> Vec<Step> {
        let sync = ["uv", "sync", "--locked", "--no-progress"];
        // Otherwise uv lists what is installed beside the interpreter that the environment is made of.
        let python = layout.venv().join("bin/python").display().to_string();
        let list = ["uv", "pip", "freeze", "--python", &python];
        vec![
            step(&sync, folder_of(self.lock), StepKind::Provides),
            step(&list, folder_of(self.lock), StepKind::Lists),
        ]
    }

    fn default_build_steps(&self) -> Vec<Step> {
        Vec::new()
    }

    fn variables(&self, layout: BuildLayout<'_>) -> Vec<(&'static str, String)> {
        let mut variables = uv_variables(layout);
        let venv = layout.venv().display().to_string();
        variables.push(("UV_PROJECT_ENVIRONMENT", venv));
        variables
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
