//! README's commands are run as they stand there.

use std::path::Path;
use std::process::Command;

use crate::command::root;

/// The commands of README's `console` blocks, a line each, without the prompt.
fn commands(readme: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            commands.push(command.to_owned());
        }
    }
    commands
}

#[test]
fn the_recipe_of_the_readme_is_a_recipe() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let recipe = readme
        .split("```yaml\n")
        .filter_map(|block| block.split("```").next())
        .find(|block| block.starts_with("recipe: 1"))
        .expect("there is a recipe");
    let values = [("hidden".to_owned(), 6.into())].into();
    let read = reprove::recipe::Recipe::parse(recipe, "README.md", &values);
    read.unwrap_or_else(|error| panic!("{error}"));
}

/// What a command exits with: the sonar table has a row that does not reproduce as printed.
fn expected(command: &str) -> i32 {
    i32::from(command.contains("verify manifests/sonar.yaml"))
}

#[test]
fn every_command_of_the_readme_does_what_it_says() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let commands = commands(&readme);
    assert!(commands.len() >= 4, "{commands:?}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for part in ["manifests", "fixtures"] {
        std::os::unix::fs::symlink(root().join(part), folder.path().join(part))
            .expect("a link can be made");
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_reprove"));
    let path = format!(
        "{}:{}",
        binary.parent().expect("a binary has a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    // The test command is what runs this very test.
    for command in commands
        .iter()
        .filter(|command| !command.starts_with("cargo test"))
    {
        let command = command.replace("cargo run --release --", "reprove");
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("XDG_CACHE_HOME", folder.path().join("cache"))
            .env("XDG_STATE_HOME", folder.path().join("state"))
            .output()
            .expect("a shell runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(expected(&command)),
            "{command}: {said}"
        );
    }
}
