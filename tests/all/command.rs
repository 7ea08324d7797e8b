//! The binary as its users call it: output, error output and status compared every time.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a call printed, and its exit status.
pub struct Called {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

/// Calls `reprove` with the repository's root as working folder, a plain terminal and caches of
/// its own in `home`.
pub fn reprove_at(home: &Path, arguments: &[&str]) -> Called {
    reprove_in(&root(), home, arguments)
}

/// Calls `reprove` with `folder` as working folder, and caches of its own in `home`.
pub fn reprove_in(folder: &Path, home: &Path, arguments: &[&str]) -> Called {
    let output = Command::new(env!("CARGO_BIN_EXE_reprove"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_STATE_HOME", home.join("state"))
        .output()
        .expect("the binary runs");
    let Output {
        stdout,
        stderr,
        status,
    } = output;
    let stdout = String::from_utf8(stdout).expect("reports are UTF-8");
    crate::schemas::check_results(&stdout);
    Called {
        stdout,
        stderr: String::from_utf8(stderr).expect("errors are UTF-8"),
        status: status.code().expect("it exits by itself"),
    }
}

/// Calls `reprove` with a fresh home.
pub fn reprove(arguments: &[&str]) -> Called {
    let home = tempfile::tempdir().expect("a temporary folder");
    reprove_at(home.path(), arguments)
}

/// The root of this repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Commits all that is in a folder to a repository of its own, and gives the commit.
pub fn committed(folder: &Path) -> String {
    git(folder, &["init", "--quiet", "--initial-branch=main", "."]);
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message=all"]);
    git(folder, &["rev-parse", "HEAD"]).trim().to_owned()
}

/// Commits, on top of what a repository has, that a submodule stands at a commit.
pub fn linked(folder: &Path, submodule: &str, commit: &str) -> String {
    let entry = format!("160000,{commit},{submodule}");
    git(folder, &["update-index", "--add", "--cacheinfo", &entry]);
    git(folder, &["commit", "--quiet", "--message=link"]);
    git(folder, &["rev-parse", "HEAD"]).trim().to_owned()
}

/// What git prints, called in a folder.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).expect("git writes UTF-8")
}

/// A copy of the sonar manifest, its repository and its data that a test may change.
pub struct Sonar {
    folder: tempfile::TempDir,
}

impl Sonar {
    pub fn copy() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for part in [
            "manifests/sonar.yaml",
            "fixtures/data/sonar",
            "fixtures/repositories/sonar.git",
        ] {
            copy(&root().join(part), &folder.path().join(part));
        }
        Self { folder }
    }

    pub fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// The manifest's path as an argument.
    pub fn manifest(&self) -> String {
        self.path("manifests/sonar.yaml").display().to_string()
    }

    /// Replaces text of the manifest that must be there.
    pub fn edit(&self, from: &str, to: &str) {
        let file = self.path("manifests/sonar.yaml");
        let text = std::fs::read_to_string(&file).expect("the manifest is text");
        assert!(text.contains(from), "`{from}` is in the manifest");
        std::fs::write(&file, text.replace(from, to)).expect("the manifest can be written");
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("a folder can be made");
        for entry in std::fs::read_dir(from).expect("a fixture can be read") {
            let entry = entry.expect("a fixture can be read");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::create_dir_all(to.parent().expect("a file has a folder"))
            .expect("a folder can be made");
        std::fs::copy(from, to).expect("a fixture can be copied");
    }
}

/// Compiles C code to a library that `LD_PRELOAD` names, in `folder`; none where there is no C compiler.
pub fn preloaded(folder: &Path, text: &str) -> Option<PathBuf> {
    let (source, library) = (folder.join("l.c"), folder.join("l.so"));
    std::fs::write(&source, text).expect("a source can be written");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    let is_compiled = compiled.is_ok_and(|status| status.success());
    if !is_compiled {
        crate::absent::not_tested("cc", "there is no C compiler");
    }
    is_compiled.then_some(library)
}

/// Calls `reprove` with standard output on a device that is always full.
fn with_full_output(arguments: &[&str]) -> (Option<i32>, String) {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let output = Command::new(env!("CARGO_BIN_EXE_reprove"))
        .args(arguments)
        .current_dir(root())
        .env("NO_COLOR", "1")
        .stdout(full.expect("Linux has a full device"))
        .output()
        .expect("the binary runs");
    let text = String::from_utf8(output.stderr).expect("errors are UTF-8");
    (output.status.code(), text)
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let result = "fixtures/reports/example.json";
    let calls: [&[&str]; 10] = [
        &["schema"],
        &["explain", "futile"],
        &["help", "statistics"],
        &["man"],
        &["--help"],
        &["--version"],
        &["completions", "bash"],
        &["report", result],
        &["audit", "fixtures/evidence/v1"],
        &["plan", "manifests/sonar.yaml"],
    ];
    for call in calls {
        let (status, text) = with_full_output(call);
        assert_eq!(status, Some(3), "{call:?}: {text}");
        assert!(
            text.starts_with("error: standard output: "),
            "{call:?}: {text}"
        );
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let script = format!(
        "{} report fixtures/reports/example.json --format json | head -c 1",
        env!("CARGO_BIN_EXE_reprove"),
    );
    let output = Command::new("bash")
        .args(["-o", "pipefail", "-c", &script])
        .current_dir(root())
        .output()
        .expect("bash runs");
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_report_file_that_cannot_be_written_is_refused_before_any_run() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().display().to_string();
    let below = format!("{folder}/none/report.json");
    for (file, problem) in [
        (&folder, "expected a file, found a folder"),
        (&below, "No such file or directory"),
    ] {
        let arguments = [
            "verify",
            "manifests/sonar.yaml",
            "--format",
            "json",
            "--report",
            file,
        ];
        let called = reprove_at(home.path(), &arguments);
        assert_eq!((called.status, called.stdout.as_str()), (3, ""));
        assert!(called.stderr.contains(problem), "{}", called.stderr);
        assert!(!home.path().join("state").exists(), "no run was made");
    }
}
