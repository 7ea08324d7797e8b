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

/// Keys of cargo's configuration whose values are secrets.
const SECRET_KEYS: [&str; 2] = ["token", "secret-key"];

/// A configuration of cargo without the lines that state secrets: the code that is built could read them.
/// None where one stands elsewhere than in a line of its own.
fn without_credentials(text: &str) -> Option<String> {
    let is_secret = |line: &str| {
        let (key, _) = line.split_once('=').unwrap_or_default();
        let key = key.rsplit('.').next().unwrap_or(key);
        SECRET_KEYS.contains(&key.trim().trim_matches(['"', '\'']))
    };
    let kept = text.split_inclusive('\n').filter(|line| !is_secret(line));
    let kept: String = kept.collect();
    let is_clean = !SECRET_KEYS.iter().any(|key| kept.contains(key));
    is_clean.then_some(kept)
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
        let text = fs::read_to_string(file).map_err(cache_error(file))?;
        let Some(text) = without_credentials(&text) else {
            return Ok(());
        };
        let written =
            fs::create_dir_all(&home).and_then(|()| fs::write(home.join("config.toml"), text));
        written.map_err(cache_error(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_sees_mirrors_and_no_tokens() {
        let text = "[source.crates-io]\nreplace-with = \"m\"\n[registry]\ntoken = \"s\"\n[registries.x]\nindex = \"i\"\n\"token\" = 's'\n  registries.y.secret-key = \"s\"\n";
        assert_eq!(
            without_credentials(text).unwrap(),
            "[source.crates-io]\nreplace-with = \"m\"\n[registry]\n[registries.x]\nindex = \"i\"\n"
        );
        for hidden in [
            "registries.x = { index = \"i\", token = \"s\" }\n",
            "[registry]\ntoken = \"\"\"\ntoken\"\"\"\n",
        ] {
            assert_eq!(without_credentials(hidden), None, "{hidden}");
        }
        assert_eq!(without_credentials("").unwrap(), "");
    }
}
