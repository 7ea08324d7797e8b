//! The commands that make an environment, and those of the manifest, as they are run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::requirements::{Hashes, Requirements};
use reprove_model::manifest::{Environment, Program, Unpinned};

/// One command of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The program and its arguments.
    pub arguments: Vec<String>,
    /// The folder that it starts in, relative to the checkout.
    pub directory: PathBuf,
    /// Whether it only fetches.
    pub kind: Kind,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Brings dependencies here; what the user has set for registries is shown to it.
    Provides,
    /// Compiles or does whatever the manifest says.
    Builds,
    /// Lists what is installed; its output is kept.
    Lists,
}

/// Where things lie while an experiment is built and run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'p> {
    pub work: &'p Path,
    /// The interpreter that a Python environment is made with.
    pub python: Option<&'p Path>,
}

impl Places<'_> {
    /// The Python environment.
    pub fn venv(&self) -> PathBuf {
        self.work.join("venv")
    }

    /// The build's own home of cargo.
    pub fn cargo(&self) -> PathBuf {
        self.work.join("cargo")
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
    places: Places<'_>,
    requirements: Option<&Requirements>,
) -> Vec<Step> {
    let mut steps = match &program.environment {
        Environment::Installed => Vec::new(),
        Environment::Cargo(lock) => vec![step(
            &["cargo", "fetch", "--locked"],
            folder_of(lock),
            Kind::Provides,
        )],
        Environment::Uv(lock) => uv(lock, places),
        Environment::Pip(file, unpinned) => pip(file, *unpinned, places, requirements),
    };
    let building = program.build.iter().map(|command| {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        Step {
            arguments: locked(command),
            ..step(&words, PathBuf::new(), Kind::Builds)
        }
    });
    steps.extend(building);
    if let (Environment::Cargo(lock), true) = (&program.environment, program.build.is_empty()) {
        steps.push(step(
            &["cargo", "build", "--release", "--locked"],
            folder_of(lock),
            Kind::Builds,
        ));
    }
    steps
}

fn step(arguments: &[&str], directory: PathBuf, kind: Kind) -> Step {
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

fn uv(lock: &Path, places: Places<'_>) -> Vec<Step> {
    let sync = ["uv", "sync", "--locked", "--no-progress"];
    // Otherwise uv lists what is installed beside the interpreter that the environment is made of.
    let python = places.venv().join("bin/python").display().to_string();
    let list = ["uv", "pip", "freeze", "--python", &python];
    vec![
        step(&sync, folder_of(lock), Kind::Provides),
        step(&list, folder_of(lock), Kind::Lists),
    ]
}

fn pip(
    file: &Path,
    unpinned: Unpinned,
    places: Places<'_>,
    requirements: Option<&Requirements>,
) -> Vec<Step> {
    let venv = places.venv().display().to_string();
    let python = places
        .python
        .map_or_else(|| "python3".to_owned(), |path| path.display().to_string());
    let inside = format!("{venv}/bin/python");
    let file = file.display().to_string();
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
    // hashes; elsewhere nothing but what is listed is installed, and then looked over.
    let is_looked_over = unpinned == Unpinned::Refused && !has_hashes;
    match (has_hashes, is_looked_over) {
        (true, _) => install.push("--require-hashes"),
        (false, true) => install.push("--no-deps"),
        (false, false) => {}
    }
    install.extend(["-r", &file]);
    let mut steps = vec![
        step(
            &[&python, "-m", "venv", &venv],
            PathBuf::new(),
            Kind::Provides,
        ),
        step(&install, PathBuf::new(), Kind::Provides),
    ];
    if is_looked_over {
        let check = [
            inside.as_str(),
            "-m",
            "pip",
            "check",
            "--disable-pip-version-check",
        ];
        steps.push(step(&check, PathBuf::new(), Kind::Provides));
    }
    let list = [
        inside.as_str(),
        "-m",
        "pip",
        "freeze",
        "--disable-pip-version-check",
    ];
    steps.push(step(&list, PathBuf::new(), Kind::Lists));
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

/// Variables of every step, and those that runs need too, for an environment.
pub(super) fn variables(environment: &Environment, places: Places<'_>) -> BTreeMap<String, String> {
    let venv = places.venv().display().to_string();
    let cargo = places.cargo().display().to_string();
    let uv_cache = places.work.join("uv-cache").display().to_string();
    let python = places
        .python
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    let pairs: Vec<(&str, &str)> = match environment {
        Environment::Installed => Vec::new(),
        Environment::Cargo(_) => vec![
            ("CARGO_HOME", &cargo),
            ("CARGO_TERM_COLOR", "never"),
            ("CARGO_TERM_PROGRESS_WHEN", "never"),
            ("CARGO_INCREMENTAL", "0"),
        ],
        Environment::Pip(..) => vec![("VIRTUAL_ENV", &venv)],
        Environment::Uv(_) => vec![
            ("VIRTUAL_ENV", &venv),
            ("UV_PROJECT_ENVIRONMENT", &venv),
            ("UV_CACHE_DIR", &uv_cache),
            ("UV_LINK_MODE", "copy"),
            ("UV_PYTHON_DOWNLOADS", "never"),
            ("UV_PYTHON", &python),
        ],
    };
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
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

    #[test]
    fn pip_installs_only_what_is_pinned() {
        let places = Places {
            work: Path::new("/w"),
            python: Some(Path::new("/p/python3")),
        };
        let installs = |unpinned, hashes| {
            let requirements = Requirements {
                hashes,
                ..Requirements::default()
            };
            let steps = pip(Path::new("r.txt"), unpinned, places, Some(&requirements));
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
