//! Build steps: the commands that make an environment, and those of the manifest, as they are run.

use std::path::{Path, PathBuf};

use super::kind::EnvironmentKind;
use super::requirements::Requirements;
use reprove_model::manifest::Program;

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

/// All steps in their order.
pub(super) fn steps(
    program: &Program,
    kind: &dyn EnvironmentKind,
    layout: BuildLayout<'_>,
    requirements: Option<&Requirements>,
) -> Vec<Step> {
    let mut steps = kind.install_steps(layout, requirements);
    if program.build.is_empty() {
        steps.extend(kind.default_build_steps());
    }
    steps.extend(program.build.iter().map(|command| Step {
        arguments: locked(command),
        directory: PathBuf::new(),
        kind: StepKind::Builds,
    }));
    steps
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

/// Commands of cargo that take `--locked`.
const LOCKABLE: [&str; 12] = [
    "build", "b", "run", "r", "check", "c", "test", "t", "bench", "rustc", "install", "fetch",
];

/// A build command of the manifest; one of cargo obeys the lock file.
pub(super) fn locked(command: &[String]) -> Vec<String> {
    let mut command = command.to_vec();
    let own = command.iter().take_while(|word| *word != "--");
    let is_locked = own
        .into_iter()
        .any(|word| word == "--locked" || word == "--frozen");
    let is_cargo = command.first().is_some_and(|program| program == "cargo");
    let takes_it = command
        .get(1)
        .is_some_and(|word| LOCKABLE.contains(&word.as_str()));
    if is_cargo && takes_it && !is_locked {
        command.insert(2, "--locked".to_owned());
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn cargo_obeys_the_lock_file() {
        for (command, expected) in [
            ("cargo build --release", "cargo build --locked --release"),
            ("cargo build --locked", "cargo build --locked"),
            ("cargo run --frozen", "cargo run --frozen"),
            ("cargo run -- --locked", "cargo run --locked -- --locked"),
            ("cargo make all", "cargo make all"),
            ("make cargo build", "make cargo build"),
        ] {
            assert_eq!(locked(&words(command)), words(expected));
        }
    }
}
