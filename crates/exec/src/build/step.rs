//! One step of a build, and the folders that it works in.

use std::path::{Path, PathBuf};

/// One command of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The program and its arguments.
    pub arguments: Vec<String>,
    /// The folder that it starts in, relative to the checkout.
    pub directory: PathBuf,
    /// Its purpose.
    pub kind: StepKind,
}

/// Purpose of a build step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepKind {
    /// Installs dependencies; it sees the user's settings for registries.
    Provides,
    /// Builds the program, or runs a build command of the manifest.
    Builds,
    /// Lists what is installed; its output is kept.
    Lists,
}

/// Folders of an experiment while it is built and run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BuildLayout<'p> {
    pub work: &'p Path,
    /// The interpreter that a Python environment is made with.
    pub python: Option<&'p Path>,
}

impl BuildLayout<'_> {
    /// The Python environment.
    pub fn venv(&self) -> PathBuf {
        self.work.join("venv")
    }

    /// The build's own home of cargo.
    pub fn cargo_home(&self) -> PathBuf {
        self.work.join("cargo")
    }

    /// The cache of uv.
    pub fn uv_cache(&self) -> PathBuf {
        self.work.join("uv-cache")
    }

    /// The experiment's files.
    pub fn checkout(&self) -> PathBuf {
        self.work.join("checkout")
    }

    /// Whether the checkout, and the Python environment where there is one, are folders. A step can
    /// put a link in their place; followed, it would show runs whatever it names on this machine.
    pub fn are_folders(&self) -> bool {
        let found = |path: PathBuf| path.symlink_metadata().map(|metadata| metadata.is_dir());
        found(self.checkout()).is_ok_and(|is_folder| is_folder)
            && found(self.venv()).unwrap_or(true)
    }
}

/// A step of these arguments.
pub(super) fn step(arguments: &[&str], directory: PathBuf, kind: StepKind) -> Step {
    Step {
        arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        directory,
        kind,
    }
}

/// The folder that a lock file stands in.
pub(super) fn folder_of(lock: &Path) -> PathBuf {
    lock.parent().unwrap_or(Path::new("")).to_path_buf()
}
