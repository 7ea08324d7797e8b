//! The commands of README.md, MANIFEST.md and the pages of `docs` are run as they stand there, and their
//! examples are read.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::command::root;

/// A page of the repository's root.
fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The commands of a page's `console` blocks, a line each, without the prompt.
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
    let readme = page("README.md");
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
    i32::from(command.contains("verify manifests/sonar.yaml") && !command.contains("--claims"))
}

/// The pages that `reprove help` shows.
const PAGES: [&str; 5] = [
    "src/pages/manifest.md",
    "src/pages/statistics.md",
    "src/pages/recipes.md",
    "src/pages/ci.md",
    "src/pages/cluster.md",
];

/// Writes the files of a page: YAML blocks that begin with a comment on their name.
fn write_files(page: &str, folder: &Path) {
    for block in page.split("```yaml\n# ").skip(1) {
        let (name, text) = block.split_once('\n').expect("a name and a text");
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().expect("a file has a folder"))
            .expect("a folder can be made");
        let text = text.split("```").next().unwrap_or_default();
        std::fs::write(file, text).expect("it can be written");
    }
}

#[test]
fn every_command_of_the_pages_does_what_it_says() {
    let mut commands = commands(&page("README.md"));
    assert!(commands.len() >= 4, "{commands:?}");
    commands.extend(self::commands(&page("MANIFEST.md")));
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in PAGES {
        let of_page = self::commands(&page(name));
        assert!(!of_page.is_empty(), "{name}");
        write_files(&page(name), folder.path());
        commands.extend(of_page);
    }
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

/// The keys of the manifest: the fields of what its reader reads with `deny_unknown_fields`.
fn keys() -> BTreeSet<String> {
    let folder = root().join("crates/model/src/manifest");
    let mut keys = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the reader of manifests has a folder") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("it is text");
        for document in source.split("#[serde(deny_unknown_fields)]").skip(1) {
            let (_, fields) = document.split_once('{').expect("it is of a struct");
            let (fields, _) = fields.split_once("\n}").expect("a struct ends");
            keys.extend(fields.lines().filter_map(key));
        }
    }
    keys
}

/// The name of the field that a line declares.
fn key(line: &str) -> Option<String> {
    let (name, _) = line.strip_prefix("    ")?.split_once(": ")?;
    let name = name.strip_prefix("pub ").unwrap_or(name);
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.chars().all(is_letter).then(|| name.to_owned())
}

#[test]
fn every_key_of_a_manifest_is_documented() {
    let page = page("MANIFEST.md");
    let spans = page.split('`').skip(1).step_by(2);
    let words: BTreeSet<&str> = spans
        .flat_map(|span| span.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .collect();
    let keys = keys();
    assert!(keys.len() > 80, "{keys:?}");
    let missing: Vec<&String> = keys
        .iter()
        .filter(|key| !words.contains(key.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_examples_of_the_manifest_page_are_manifests() {
    const BASE: &str = "\
reprove: 1
code: {repository: code, commit: 671196d728c782f5a025101f91b1f8b9af84c7ed}
seeds: {first: 1, count: 30}
experiment:
  environment: {none: true}
  run: [python, train.py, '{seed}']
  metrics: {json: metrics.json}
claims:
  - {id: a, metric: accuracy, reported: 90.4, tolerance: {absolute: 2}}
";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = page("MANIFEST.md");
    let examples = page.split("```yaml\n").skip(1);
    let examples: Vec<&str> = examples
        .filter_map(|block| block.split("```").next())
        .collect();
    assert!(examples.len() >= 4);
    for example in examples {
        let mapping = |text| serde_yaml::from_str::<serde_yaml::Mapping>(text).expect("it is YAML");
        let mut manifest = mapping(BASE);
        manifest.extend(mapping(example));
        let file = folder.path().join("manifest.yaml");
        let text = serde_yaml::to_string(&manifest).expect("it can be written");
        std::fs::write(&file, text).expect("it can be written");
        reprove::manifest::read(&file).unwrap_or_else(|error| panic!("{example}: {error}"));
    }
}
