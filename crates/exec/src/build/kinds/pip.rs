//! Virtual environments that pip fills from a requirements file.

use std::path::{Path, PathBuf};

use crate::build::error::BuildError;
use crate::build::kind::{EnvironmentKind, find_build_tools, missing};
use crate::build::requirements::{self, Hashes, Requirements};
use crate::build::settings::Settings;
use crate::build::step::{BuildLayout, Step, StepKind, step};
use crate::build::tools::Tools;
use reprove_model::manifest::{Program, Unpinned};

/// pip with its requirements file, relative to the checkout.
pub(super) struct Pip<'e> {
    pub file: &'e Path,
    pub unpinned: Unpinned,
}

impl EnvironmentKind for Pip<'_> {
    fn name(&self) -> &'static str {
        "pip"
    }

    fn lock_file(&self) -> Option<&Path> {
        Some(self.file)
    }

    fn find_tools(
        &self,
        program: &Program,
        tools: &mut Tools,
    ) -> Result<Option<PathBuf>, BuildError> {
        let python = tools.python().ok_or_else(|| missing("python3"))?;
        find_build_tools(program, tools);
        Ok(Some(python))
    }

    fn requirements(&self, checkout: &Path) -> Result<Option<Requirements>, BuildError> {
        let found = requirements::read(checkout, self.file)?;
        match (found.unpinned.first(), self.unpinned) {
            (Some(requirement), Unpinned::Refused) => Err(BuildError::Unpinned {
                requirement: requirement.clone(),
            }),
            (None, Unpinned::Refused) | (_, Unpinned::Accepted) => Ok(Some(found)),
        }
    }

    fn install_steps(
        &self,
        layout: BuildLayout<'_>,
        requirements: Option<&Requirements>,
    ) -> Vec<Step> {
        let venv = layout.venv().display().to_string();
        let python = layout
            .python
            .map_or_else(|| "python3".to_owned(), |path| path.display().to_string());
        let inside = format!("{venv}/bin/python");
        let file = self.file.display().to_string();
        let mut install = vec![
            inside.as_str(),
            "-m",
            "pip",
            "install",
            "--no-input",
            "--no-cache-dir",
        ];
        install.extend(["--disable-pip-version-check", "--progress-bar", "off"]);
        let has_hashes = requirements.is_some_and(|found| found.hashes == Hashes::Some);
        // What a requirement needs in its turn must be pinned as well: pip demands it where there are
        // hashes; elsewhere only what is listed is installed, and then checked.
        let is_checked = self.unpinned == Unpinned::Refused && !has_hashes;
        match (has_hashes, is_checked) {
            (true, _) => install.push("--require-hashes"),
            (false, true) => install.push("--no-deps"),
            (false, false) => {}
        }
        install.extend(["-r", &file]);
        let mut steps = vec![
            step(
                &[&python, "-m", "venv", &venv],
                PathBuf::new(),
                StepKind::Provides,
            ),
            step(&install, PathBuf::new(), StepKind::Provides),
        ];
        if is_checked {
            let check = [
                inside.as_str(),
                "-m",
                "pip",
                "check",
                "--disable-pip-version-check",
            ];
            steps.push(step(&check, PathBuf::new(), StepKind::Provides));
        }
        let list = [
            inside.as_str(),
            "-m",
            "pip",
            "freeze",
            "--disable-pip-version-check",
        ];
        steps.push(step(&list, PathBuf::new(), StepKind::Lists));
        steps
    }

    fn default_build_steps(&self) -> Vec<Step> {
        Vec::new()
    }

    fn variables(&self, layout: BuildLayout<'_>) -> Vec<(&'static str, String)> {
        vec![("VIRTUAL_ENV", layout.venv().display().to_string())]
    }

    fn program_folder(&self, layout: BuildLayout<'_>) -> Option<PathBuf> {
        Some(layout.venv().join("bin"))
    }

    fn products(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// No file is copied: pip reads the variables and files that [`Settings`] shows.
    fn apply_settings(&self, _: &Settings, _: BuildLayout<'_>) -> Result<(), BuildError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pip_installs_only_what_is_pinned() {
        let layout = BuildLayout {
            work: Path::new("/w"),
            python: Some(Path::new("/p/python3")),
        };
        let installs = |unpinned, hashes| {
            let requirements = Requirements {
                hashes,
                ..Requirements::default()
            };
            let kind = Pip {
                file: Path::new("r.txt"),
                unpinned,
            };
            let steps = kind.install_steps(layout, Some(&requirements));
            steps
                .iter()
                .map(|step| step.arguments.join(" "))
                .collect::<Vec<_>>()
        };
        let plain = installs(Unpinned::Refused, Hashes::None);
        assert_eq!(plain[0], "/p/python3 -m venv /w/venv");
        assert!(plain[1].ends_with("--no-deps -r r.txt"));
        assert!(plain[2].starts_with("/w/venv/bin/python -m pip check"));
        let hashed = installs(Unpinned::Refused, Hashes::Some);
        assert!(hashed[1].ends_with("--require-hashes -r r.txt") && hashed.len() == 3);
        assert!(installs(Unpinned::Accepted, Hashes::None)[1].ends_with("off -r r.txt"));
    }
}
