//! Python experiments with numpy out of a lock file: built from the registry once, verified again
//! without a network.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::absent::not_tested;
use crate::command::{committed, root};

const NUMPY: &str = "2.2.6";

/// Gives an accuracy that depends on the seed and on numpy.
const TRAIN: &str = "import json, os, sys, numpy\n\
    noise = numpy.random.default_rng(int(sys.argv[1])).standard_normal()\n\
    with open(os.environ['REPROVE_OUT'] + '/metrics.json', 'w') as file:\n\
    \x20   json.dump({'accuracy': 0.9 + 0.001 * noise}, file)\n";

/// A folder with the experiment's repository and its manifest, and the `PATH` to verify it with.
struct Paper {
    folder: tempfile::TempDir,
    path: OsString,
}

fn call(program: &str, arguments: &[&str], folder: &Path, path: &OsString) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("PATH", path)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// Whether a call that needs the registry ended well.
fn is_done(output: &Output) -> bool {
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        not_tested("registry", said.trim());
    }
    output.status.success()
}

impl Paper {
    fn new(path: OsString) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("code")).unwrap();
        let paper = Self { folder, path };
        fs::write(paper.code().join("train.py"), TRAIN).unwrap();
        paper
    }

    fn code(&self) -> PathBuf {
        self.folder.path().join("code")
    }

    /// Commits what is there and writes the manifest.
    fn publish(&self, environment: &str) {
        let manifest = format!(
            "reprove: 1\ncode: {{repository: code, commit: {}}}\nseeds: {{first: 1, count: 3}}\n\
             experiment:\n  environment: {environment}\n  run: [python, train.py, '{{seed}}']\n  \
             metrics: {{json: metrics.json}}\nclaims:\n  \
             - {{id: a, metric: accuracy, reported: 0.9, tolerance: {{absolute: 0.05}}}}\n\
             decision: {{sequential: false}}\n",
            committed(&self.code())
        );
        fs::write(self.folder.path().join("paper.yaml"), manifest).unwrap();
    }

    fn verify(&self, more: &[&str]) -> serde_json::Value {
        let output = self.call(more);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{complaint}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn call(&self, more: &[&str]) -> Output {
        let manifest = self.folder.path().join("paper.yaml");
        Command::new(env!("CARGO_BIN_EXE_reprove"))
            .args(["verify", "--quiet", "--json"])
            .args(more)
            .arg(manifest)
            .current_dir(root())
            .env("PATH", &self.path)
            .env("XDG_CACHE_HOME", self.folder.path().join("cache"))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .output()
            .unwrap()
    }

    /// Verifies, and then once more without a network and with every run made again.
    fn verify_twice(&self) {
        let first = self.verify(&[]);
        assert_eq!(first["verdict"], "reproduced");
        assert_eq!(first["environment"]["software_numpy"], NUMPY);
        assert_eq!(first["deviations"], serde_json::json!([]));
        let builds = self.folder.path().join("cache/reprove/builds");
        let built = || {
            let entry = fs::read_dir(&builds).unwrap().next().unwrap().unwrap();
            let file = entry.path().join("built.json");
            file.metadata().unwrap().modified().unwrap()
        };
        let then = built();
        let again = self.verify(&["--offline", "--fresh"]);
        assert_eq!(again["claims"][0]["rerun"], first["claims"][0]["rerun"]);
        assert_eq!(built(), then);
        assert_eq!(fs::read_dir(&builds).unwrap().count(), 1);
    }
}

#[test]
fn numpy_by_pip_with_hashes_verifies_and_then_offline() {
    let path = env::var_os("PATH").unwrap();
    let paper = Paper::new(path.clone());
    let wanted = format!("numpy=={NUMPY}");
    let arguments = [
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--ignore-installed",
        "--no-deps",
        "--quiet",
        "--report",
        "-",
        &wanted,
    ];
    let report = call("python3", &arguments, &paper.code(), &path);
    if !is_done(&report) {
        return;
    }
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    let archive = &report["install"][0]["download_info"]["archive_info"];
    let hash = archive["hashes"]["sha256"].as_str().unwrap();
    let line = format!("numpy=={NUMPY} --hash=sha256:{hash}\n");
    fs::write(paper.code().join("requirements.txt"), line).unwrap();
    paper.publish("{pip: requirements.txt}");
    paper.verify_twice();
}

#[test]
fn without_uv_its_lock_file_could_not_be_verified() {
    let tools = tempfile::tempdir().unwrap();
    let paper = Paper::new(tools.path().as_os_str().to_owned());
    fs::write(paper.code().join("uv.lock"), "version = 1\n").unwrap();
    paper.publish("{uv: uv.lock}");
    let output = paper.call(&[]);
    assert_eq!(output.status.code(), Some(4));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"], "could_not_verify");
    let failure = &report["failure"];
    assert_eq!(failure["kind"], "dependency_missing");
    assert_eq!(failure["message"], "`uv` is not on this machine");
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.starts_with("install uv "), "{hint}");
}

#[test]
fn numpy_by_uv_verifies_and_then_offline() {
    let Some((_tools, path)) = uv() else { return };
    let paper = Paper::new(path.clone());
    let project = format!(
        "[project]\nname = \"paper\"\nversion = \"0.1.0\"\nrequires-python = \">=3.10\"\n\
         dependencies = [\"numpy=={NUMPY}\"]\n"
    );
    fs::write(paper.code().join("pyproject.toml"), project).unwrap();
    let locked = call("uv", &["lock", "--python", "python3"], &paper.code(), &path);
    if !is_done(&locked) {
        return;
    }
    paper.publish("{uv: uv.lock}");
    paper.verify_twice();
}

#[test]
fn numpy_by_a_standard_lock_file_verifies_and_then_offline() {
    let Some((_tools, path)) = uv() else { return };
    let paper = Paper::new(path.clone());
    fs::write(paper.code().join("wanted.txt"), format!("numpy=={NUMPY}\n")).unwrap();
    let arguments = ["pip", "compile", "--python", "python3", "--format"];
    let arguments = [
        &arguments[..],
        &["pylock.toml", "-o", "pylock.toml", "wanted.txt"],
    ]
    .concat();
    let locked = call("uv", &arguments, &paper.code(), &path);
    if !is_done(&locked) {
        return;
    }
    paper.publish("{pylock: pylock.toml}");
    paper.verify_twice();
}

/// A `PATH` with uv: this machine's, or one that pip brings into a folder of the test's own.
fn uv() -> Option<(tempfile::TempDir, OsString)> {
    let folder = tempfile::tempdir().unwrap();
    let path = env::var_os("PATH").unwrap();
    if Command::new("uv").arg("--version").output().is_ok() {
        return Some((folder, path));
    }
    let made = call("python3", &["-m", "venv", "venv"], folder.path(), &path);
    let pip = folder.path().join("venv/bin/pip");
    let install = ["install", "--quiet", "uv"];
    assert!(made.status.success(), "{made:?}");
    let installed = call(pip.to_str().unwrap(), &install, folder.path(), &path);
    if !is_done(&installed) {
        return None;
    }
    // Only uv, lest the environment's Python stand before the machine's.
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    std::os::unix::fs::symlink(folder.path().join("venv/bin/uv"), tools.join("uv")).unwrap();
    let all = [tools].into_iter().chain(env::split_paths(&path));
    Some((folder, env::join_paths(all).unwrap()))
}
