//! Claims checked by running the paper's own program: fetched, built, sandboxed, read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{committed, reprove_at, root};

/// A repository with one commit, and a manifest that runs it.
pub struct Paper {
    pub folder: tempfile::TempDir,
}

impl Paper {
    /// `experiment` is the manifest's part of that name, without its first line.
    pub fn new(files: &[(&str, &str)], experiment: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let code = folder.path().join("code");
        for (name, text) in files {
            let file = code.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let commit = committed(&code);
        let manifest = format!(
            "reprove: 1\ncode: {{repository: code, commit: {commit}}}\nseeds: {{first: 1, count: 3}}\n\
             experiment:\n{experiment}\nclaims:\n  - {{id: a, metric: accuracy, reported: 0.9, tolerance: {{absolute: 0.05}}}}\n\
             decision: {{sequential: false}}\n"
        );
        fs::write(folder.path().join("paper.yaml"), manifest).unwrap();
        Self { folder }
    }

    pub fn verify(&self, more: &[&str]) -> (i32, String, String) {
        verify(
            self.folder.path(),
            &self.folder.path().join("paper.yaml"),
            more,
        )
    }
}

fn verify(home: &Path, manifest: &Path, more: &[&str]) -> (i32, String, String) {
    let manifest = manifest.display().to_string();
    let arguments: Vec<&str> = ["verify", "--quiet", "--json", &manifest]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    let called = reprove_at(home, &arguments);
    (called.status, called.stdout, called.stderr)
}

pub fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Names, times and sizes of everything below a folder.
fn state(folder: &Path) -> Vec<(PathBuf, std::time::SystemTime, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        found.push((path.clone(), metadata.modified().unwrap(), metadata.len()));
        if metadata.is_dir() {
            found.extend(state(&path));
        }
    }
    found.sort();
    found
}

pub const METRICS: &str = "  metrics: {json: metrics.json}\n  network: never";

/// An experiment that prints its number.
pub const PRINTED: &str = "  environment: {none: true}\n  seeding: environment\n  run: [sh, run.sh]\n  \
                       metrics: {regex: {file: stdout, pattern: 'accuracy (.*)'}}\n  network: never";

#[test]
fn a_cargo_experiment_is_built_once_and_verifies() {
    let home = tempfile::tempdir().unwrap();
    let manifest = root().join("manifests/cargo-tiny.yaml");
    let (status, report, complaint) = verify(home.path(), &manifest, &[]);
    assert_eq!(status, 0, "{complaint}{report}");
    let report = json(&report);
    assert_eq!(report["verdict"], "reproduced");
    assert_eq!(report["runs"][0]["seed"], 1);
    assert!(
        report["environment"]["software_rustc"]
            .as_str()
            .unwrap()
            .starts_with("rustc ")
    );
    assert!(!report["environment"]["sandbox"].is_null());
    // The second time nothing is built, nothing is fetched, and nothing that was kept is touched.
    let builds = home.path().join("cache/reprove/builds");
    let kept = state(
        &builds
            .join(
                fs::read_dir(&builds)
                    .unwrap()
                    .next()
                    .unwrap()
                    .unwrap()
                    .file_name(),
            )
            .join("work"),
    );
    let (status, again, complaint) = verify(home.path(), &manifest, &["--offline"]);
    assert_eq!(status, 0, "{complaint}");
    let entry = fs::read_dir(&builds)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert_eq!(state(&entry.join("work")), kept);
    // The very same numbers.
    assert_eq!(
        json(&again)["claims"][0]["rerun"],
        report["claims"][0]["rerun"]
    );
}

#[test]
fn a_python_experiment_runs_with_what_is_installed() {
    let home = tempfile::tempdir().unwrap();
    let (status, report, complaint) = verify(
        home.path(),
        &root().join("manifests/python-stdlib.yaml"),
        &["--max-runs", "3"],
    );
    assert!([0, 1, 2].contains(&status), "{complaint}");
    let report = json(&report);
    let codes: Vec<&str> = report["deviations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|deviation| deviation["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["environment_installed"]);
    let first = &report["runs"][0];
    assert_eq!(
        first["metrics"]["test_accuracy"], 74.03846153846153,
        "{first}"
    );
    assert!(first["max_rss_bytes"].as_u64().unwrap() > 1 << 20);
}

#[test]
fn every_run_has_its_own_files_and_none_can_change_what_was_built() {
    // Leaves a trace that the next run must not find, and tries to change the built program.
    let script = "test ! -e trace || exit 9\n: > trace\n\
                  if echo x >> target/release/tiny; then exit 8; fi\n\
                  echo \"{\\\"accuracy\\\": 0.9$REPROVE_SEED}\" > \"$1/metrics.json\"\n";
    let package = "name = \"tiny\"\nversion = \"0.1.0\"\n";
    let files = [
        (
            "Cargo.toml",
            format!("[package]\n{package}edition = \"2021\"\n"),
        ),
        (
            "Cargo.lock",
            format!("version = 3\n\n[[package]]\n{package}"),
        ),
        ("src/main.rs", "fn main() {}\n".to_owned()),
        ("run.sh", script.to_owned()),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let experiment = format!(
        "  environment: {{cargo: Cargo.lock}}\n  seeding: environment\n  run: [sh, run.sh, '{{out}}']\n{METRICS}"
    );
    let paper = Paper::new(&files, &experiment);
    let (status, report, complaint) = paper.verify(&[]);
    assert_eq!(status, 0, "{complaint}{report}");
    let builds = paper.folder.path().join("cache/reprove/builds");
    let entry = fs::read_dir(builds)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert!(entry.join("work/checkout/target/release/tiny").is_file());
    assert!(!entry.join("work/checkout/trace").exists());
}

#[test]
fn every_number_is_shown_with_the_line_that_it_was_read_from() {
    let script = "echo start $REPROVE_SEED; echo 'accuracy 0.9'";
    let paper = Paper::new(&[("run.sh", script)], PRINTED);
    let file = |ending: &str| paper.folder.path().join(format!("report.{ending}"));
    let files = ["txt", "html", "md", "tex"].map(file);
    let shown = files.clone().map(|file| file.display().to_string());
    let arguments: Vec<&str> = shown.iter().flat_map(|file| ["--report", file]).collect();
    let (status, _, complaint) = paper.verify(&arguments);
    assert_eq!(status, 0, "{complaint}");
    let expected = [
        "\nRead from\n  accuracy  stdout:2: accuracy 0.9 (seed 1, and 2 other runs in the same way)\n",
        "<td>accuracy: <code>stdout:2: accuracy 0.9</code></td>",
        "- seed 3, accuracy 0.9: stdout:2: accuracy 0.9\n",
        "Read from, accuracy: stdout:2: accuracy 0.9 (seed 1, and 2 other runs in the same way)\\par\n",
    ];
    for (file, expected) in files.iter().zip(expected) {
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn runs_that_fail_alike_are_said_once_with_kind_and_last_lines() {
    let experiment = format!(
        "  environment: {{none: true}}\n  seeding: environment\n  run: [sh, run.sh]\n{METRICS}"
    );
    let script = "echo '<b>`x`</b>' >&2; no-such-program-at-all";
    let paper = Paper::new(&[("run.sh", script)], &experiment);
    let file = |ending: &str| paper.folder.path().join(format!("report.{ending}"));
    let files = ["txt", "html", "md", "tex", "xml"].map(file);
    let shown = files.clone().map(|file| file.display().to_string());
    let arguments: Vec<&str> = shown.iter().flat_map(|file| ["--report", file]).collect();
    let (status, _, complaint) = paper.verify(&arguments);
    assert_eq!(status, 4, "{complaint}");
    let lines = [
        "    | <b>`x`</b>\n",
        "<code>&#60;b&#62;`x`&#60;/b&#62;\n",
        "\n<b>`x`</b>\n",
        "\\textbar{} \\textless{}b\\textgreater{}\\textasciigrave{}x",
        "| &lt;b&gt;`x`&lt;/b&gt;\n",
    ];
    for (file, line) in files.iter().zip(lines) {
        let text = fs::read_to_string(file).unwrap();
        let text = text.replace("<strong>", "").replace("</strong>", "");
        assert!(text.contains("dependency missing: "), "{text}");
        assert!(text.contains(line), "{text}");
        assert_eq!(text.matches("seed 1, seed 2, seed 3").count(), 1, "{text}");
    }
}

#[test]
fn a_lock_file_may_be_supplied_where_the_commit_has_none() {
    let package = "name = \"tiny\"\nversion = \"0.1.0\"\n";
    let project = format!("[package]\n{package}edition = \"2021\"\n");
    let main =
        "fn main() { println!(\"accuracy 0.9{}\", std::env::var(\"REPROVE_SEED\").unwrap()); }\n";
    let files = [
        ("Cargo.toml", project.as_str()),
        ("src/main.rs", main),
        ("rust-toolchain.toml", "[toolchain]\nchannel = \"1.72.1\"\n"),
    ];
    let lock = format!("version = 3\n\n[[package]]\n{package}");
    let experiment = |sha256: &str| {
        format!(
            "  environment: {{cargo: Cargo.lock, supplied: lock}}\n  seeding: environment\n  run: [target/release/tiny]\n  \
             metrics: {{regex: {{file: stdout, pattern: 'accuracy (.*)'}}}}\n  network: never\n\
             data: {{lock: {{path: paper.lock, sha256: {sha256}}}}}"
        )
    };
    let sha256 = reprove::digest::Sha256Digest::of(lock.as_bytes()).to_string();
    let paper = Paper::new(&files, &experiment(&sha256));
    fs::write(paper.folder.path().join("paper.lock"), &lock).unwrap();
    let (status, report, complaint) = paper.verify(&[]);
    assert_eq!(status, 0, "{complaint}{report}");
    let deviations = &json(&report)["deviations"];
    assert_eq!(
        deviations[0]["text"],
        "the commit has no lock file: the versions of dependencies are those of `data.lock`, which the manifest supplies"
    );
    let asked = deviations[1]["text"].as_str().unwrap();
    assert!(
        asked.starts_with(
            "`rust-toolchain.toml` of the commit asks for 1.72.1; the reruns used rustc "
        ),
        "{asked}"
    );
    // One that is not what was pinned is a broken pin.
    fs::write(paper.folder.path().join("paper.lock"), lock + "\n").unwrap();
    assert_eq!(paper.verify(&[]).0, 4);
}

#[test]
fn a_clone_at_hand_stands_for_the_repository() {
    let experiment = format!(
        "  environment: {{none: true}}\n  seeding: environment\n  run: [sh, run.sh, '{{out}}']\n{METRICS}"
    );
    let script = "echo \"{\\\"accuracy\\\": 0.9$REPROVE_SEED}\" > \"$1/metrics.json\"";
    let paper = Paper::new(&[("run.sh", script)], &experiment);
    let file = paper.folder.path().join("paper.yaml");
    let manifest = fs::read_to_string(&file).unwrap();
    let elsewhere = "repository: https://127.0.0.1:9/paper.git";
    fs::write(&file, manifest.replace("repository: code", elsewhere)).unwrap();
    let clone = paper.folder.path().join("code").display().to_string();
    let (status, report, complaint) = paper.verify(&["--clone", &clone]);
    assert_eq!(status, 0, "{complaint}{report}");
    // So does a mirror that is nothing but the repository and does not even say so.
    let mirror = paper.folder.path().join("mirror");
    fs::rename(paper.folder.path().join("code/.git"), &mirror).unwrap();
    fs::remove_file(mirror.join("config")).unwrap();
    let (status, report, complaint) = paper.verify(&["--clone", &mirror.display().to_string()]);
    assert_eq!(status, 0, "{complaint}{report}");
    // Without the clone, nothing is fetched, and that says nothing about the claim.
    let (status, report, _) = paper.verify(&[]);
    let report = json(&report);
    assert_eq!(
        (status, &report["verdict"]),
        (4, &"could_not_verify".into())
    );
    let pin = &report["pins"][0];
    let found = pin["found"].as_str().unwrap();
    assert!(
        found.starts_with("`https://127.0.0.1:9/paper.git` cannot be reached: "),
        "{pin}"
    );
    assert_eq!(
        pin["hint"],
        "a clone on this machine can be given with `--clone PATH`"
    );
}

#[test]
fn without_a_sandbox_the_report_says_so() {
    let experiment = format!(
        "  environment: {{none: true}}\n  seeding: environment\n  run: [sh, run.sh, '{{out}}']\n{METRICS}"
    );
    let script = "echo \"{\\\"accuracy\\\": 0.9$REPROVE_SEED}\" > \"$1/metrics.json\"";
    let (status, report, complaint) =
        Paper::new(&[("run.sh", script)], &experiment).verify(&["--no-sandbox"]);
    assert_eq!(status, 0, "{complaint}");
    let report = json(&report);
    assert_eq!(report["environment"]["sandbox"], "none");
    let limitation = &report["limitations"][0];
    assert_eq!(limitation["code"], "no_sandbox");
    let sentence = limitation["text"].as_str().unwrap();
    assert!(sentence.starts_with("no sandbox: "), "{sentence}");
    assert_eq!(report["deviations"][1]["code"], "no_sandbox");
    let unchecked = report["not_checked"][1].as_str().unwrap();
    assert!(
        unchecked.starts_with("that the program kept to its commit and data: "),
        "{unchecked}"
    );
}

#[test]
fn failed_runs_are_never_results() {
    for (script, kind) in [
        ("exit 3", "crashed"),
        ("no-such-program-at-all", "dependency_missing"),
        (
            "echo 'RuntimeError: No CUDA GPUs are available' >&2; exit 1",
            "no_gpu",
        ),
        ("cat \"$REPROVE_DATA_DIR/absent\"", "data_missing"),
        (
            "head -c 300000000 /dev/zero | tail -c 299000000 | sleep 30",
            "out_of_memory",
        ),
        ("echo '{\"other\": 1}' > \"$1/metrics.json\"", "no_metric"),
        (
            "echo '{\"accuracy\": NaN}' > \"$1/metrics.json\"",
            "diverged",
        ),
        ("sleep 30", "timed_out"),
    ] {
        let experiment = format!(
            "  environment: {{none: true}}\n  seeding: environment\n  run: [sh, run.sh, '{{out}}']\n  limits: {{time: 2 s, memory: 100 MiB}}\n{METRICS}"
        );
        let (status, report, complaint) =
            Paper::new(&[("run.sh", script)], &experiment).verify(&["--max-runs", "2"]);
        let report = json(&report);
        assert_eq!(
            report["runs"][0]["outcome"], kind,
            "{complaint}{}",
            report["runs"][0]
        );
        if kind != "diverged" {
            assert_eq!(status, 4, "{script}: {complaint}");
        }
    }
}

#[test]
fn a_program_gets_its_values_as_they_are_written() {
    let run = "echo $1 > $2/n; echo accuracy 0.9$REPROVE_SEED > $2/m; test $1 = 1.10\n";
    let experiment = "  environment: {none: true}\n  seeding: environment\n  run: [sh, run.sh, '{rate}', '{out}']\n  \
                      metrics: {regex: {file: m, pattern: 'accuracy (.*)'}}\n  network: never\n\
                      configurations: {a: {rate: 1.10}}";
    let paper = Paper::new(&[("run.sh", run)], experiment);
    let file = paper.folder.path().join("paper.yaml");
    let manifest = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        manifest.replace("id: a,", "id: a, configuration: a,"),
    )
    .unwrap();
    let (status, report, complaint) = paper.verify(&[]);
    assert_eq!(status, 0, "{complaint}{report}");
}

#[test]
fn a_program_opens_its_own_streams() {
    let run = "set -e\necho accuracy 0.9$REPROVE_SEED | tee /dev/stderr\necho more > /dev/stdout\n";
    let paper = Paper::new(&[("run.sh", run)], PRINTED);
    let (status, report, complaint) = paper.verify(&[]);
    assert_eq!(status, 0, "{complaint}{report}");
}
