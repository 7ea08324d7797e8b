//! Build steps: the commands that make an environment, and those of the manifest, as they are run.

use std::path::PathBuf;

use super::kind::EnvironmentKind;
use super::requirements::Requirements;
use super::step::{BuildLayout, Step, StepKind};
use reprove_model::manifest::Program;

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
