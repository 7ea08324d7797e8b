//! Claims checked by running the paper's own program: fetched, built, shut in, read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::audit::{edit, found, found_in, load, sealed};
use crate::command::{committed, linked, reprove_at, root};

/// A repository with one commit, and a manifest that runs it.
pub struct Paper {
    folder: tempfile::TempDir,
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

/// `check` finds before any run what `verify` would say.
fn checked_alike(paper: &Paper, message: &str) {
    let manifest = paper.folder.path().join("paper.yaml").display().to_string();
    let called = reprove_at(paper.folder.path(), &["check", "--offline", &manifest]);
    assert_eq!(called.status, 4, "{}", called.stderr);
    assert!(called.stderr.contains(message), "{}", called.stderr);
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

const METRICS: &str = "  metrics: {json: metrics.json}\n  network: never";

/// An experiment that prints its number.
const PRINTED: &str = "  environment: {none: true}\n  run: [sh, run.sh]\n  \
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
                  echo '{\"accuracy\": 0.9}' > \"$1/metrics.json\"\n";
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
    let experiment =
        format!("  environment: {{cargo: Cargo.lock}}\n  run: [sh, run.sh, '{{out}}']\n{METRICS}");
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

/// What the report says where the experiment was not made ready: kind, message and last lines.
fn unready(report: &str) -> (String, String, Vec<serde_json::Value>) {
    let report = json(report);
    assert_eq!(report["verdict"], "could_not_verify");
    assert_eq!(report["claims"], serde_json::json!([]));
    assert_eq!(report["runs"], serde_json::json!([]));
    let pins = report["pins"].as_array().unwrap();
    assert!(pins.iter().all(|pin| pin["status"] == "holds"), "{report}");
    let failure = &report["failure"];
    let text = |name: &str| failure[name].as_str().unwrap().to_owned();
    let tail = failure["log_tail"].as_array().unwrap().clone();
    (text("kind"), text("message"), tail)
}

fn failing_build() -> Paper {
    let experiment = format!(
        "  environment: {{none: true}}\n  build: [[sh, -c, 'echo boom >&2; exit 3']]\n  run: [sh, run.sh]\n{METRICS}"
    );
    Paper::new(&[("run.sh", "")], &experiment)
}

#[test]
fn a_build_that_fails_shows_its_last_lines_and_decides_nothing() {
    let (status, report, complaint) = failing_build().verify(&[]);
    assert_eq!(status, 4, "{complaint}");
    let step = "build step `sh -c echo boom >&2; exit 3`: exit status 3";
    let expected = (
        "would_not_build".to_owned(),
        step.to_owned(),
        vec!["boom".into()],
    );
    assert_eq!(unready(&report), expected);
    assert!(
        complaint.contains(&format!("paper.yaml: {step}\n")),
        "{complaint}"
    );
    assert!(complaint.ends_with("  | boom\n"), "{complaint}");
}

#[test]
fn a_build_that_fails_is_reported_in_every_format_and_keeps_its_place() {
    let (failing, folder) = (failing_build(), tempfile::tempdir().unwrap());
    let manifest = failing.folder.path().join("paper.yaml");
    let manifest = manifest.display().to_string();
    let files = ["txt", "json", "html", "md", "tex", "xml"]
        .map(|ending| folder.path().join(format!("report.{ending}")));
    let shown = files.clone().map(|file| file.display().to_string());
    let mut arguments = vec!["verify", "--quiet", &manifest];
    arguments.extend(shown.iter().flat_map(|file| ["--report", file]));
    let called = reprove_at(folder.path(), &arguments);
    assert_eq!(called.status, 4, "{}", called.stderr);
    assert!(
        called
            .stdout
            .contains("COULD NOT VERIFY\nThe experiment could not be made ready here")
    );
    assert!(
        called
            .stdout
            .contains("would not build: build step `sh -c echo boom >&2; exit 3`")
    );
    assert!(
        called.stdout.contains("\n    | boom\n"),
        "{}",
        called.stdout
    );
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        assert!(
            ["boom\n", "boom\\par\n", "\"boom\"", "boom</error>"]
                .iter()
                .any(|line| text.contains(line)),
            "{text}"
        );
        assert!(text.contains("exit status 3"), "{text}");
    }
    // What was written renders again, and in a list of many every manifest has its place.
    let result = folder.path().join("report.json").display().to_string();
    let again = reprove_at(folder.path(), &["report", &result, "--format", "junit"]);
    assert_eq!(again.stdout, fs::read_to_string(&files[5]).unwrap());
    let list = folder.path().join("list.json");
    let (status, reports, _) =
        failing.verify(&[&manifest, "--report", &list.display().to_string()]);
    assert_eq!(fs::read_to_string(list).unwrap(), reports);
    let reports = json(&reports);
    let kinds: Vec<_> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["failure"]["kind"])
        .collect();
    assert_eq!(status, 4);
    assert_eq!(kinds, ["would_not_build"; 2]);
}

/// The evidence of a verification that ends with this status.
fn evidence(paper: &Paper, status: i32) -> PathBuf {
    let folder = paper.folder.path().join("evidence");
    let (ended, _, complaint) = paper.verify(&["--evidence", &folder.display().to_string()]);
    assert_eq!(ended, status, "{complaint}");
    folder
}

#[test]
fn the_evidence_of_an_experiment_that_was_not_made_ready_is_audited() {
    let paper = failing_build();
    let evidence = evidence(&paper, 4);
    assert_eq!(found_in(&evidence, None), "");
    let shown = evidence.display().to_string();
    let called = reprove_at(paper.folder.path(), &["audit", &shown]);
    assert_eq!(called.status, 0, "{}", called.stderr);
    let said = "that the experiment could not be made ready, and how";
    assert!(called.stdout.contains(said), "{}", called.stdout);
    // Without the failure, runs are missing.
    let mut files = load(&evidence);
    edit(&mut files, "report.json", |report| {
        report.as_object_mut().unwrap().remove("failure");
    });
    let found = found(&sealed(files), None);
    assert!(found.contains("planned runs are missing"), "{found}");
}

#[test]
fn a_failure_that_is_made_up_stands_beside_runs() {
    let paper = Paper::new(&[("run.sh", "echo accuracy 0.9")], PRINTED);
    let mut files = load(&evidence(&paper, 0));
    let failure = serde_json::json!({"kind": "k", "message": "m", "hint": null, "log_tail": []});
    edit(&mut files, "report.json", |report| {
        report["failure"] = failure
    });
    let found = found(&sealed(files), None);
    assert!(found.contains("it is stated beside runs"), "{found}");
}

#[test]
fn an_environment_that_is_not_pinned_is_refused_by_line() {
    let files = [("run.py", ""), ("requirements.txt", "a==1\nnumpy>=1\n")];
    let experiment =
        format!("  environment: {{pip: requirements.txt}}\n  run: [python, run.py]\n{METRICS}");
    let paper = Paper::new(&files, &experiment);
    let (status, report, complaint) = paper.verify(&[]);
    assert_eq!(status, 4);
    assert_eq!(unready(&report).0, "environment_not_pinned");
    checked_alike(
        &paper,
        "requirements.txt:2: `numpy>=1` names no exact version",
    );
    assert!(
        complaint.contains(
            "requirements.txt:2: `numpy>=1` names no exact version\nhint: pin it with `==`"
        ),
        "{complaint}"
    );
    let paper = Paper::new(&[("run.py", "")], &experiment);
    let (status, report, complaint) = paper.verify(&[]);
    assert_eq!(status, 4);
    assert_eq!(unready(&report).0, "lock_file_missing");
    checked_alike(&paper, "`requirements.txt` is not in the commit");
    assert!(
        complaint.contains("`experiment.environment`: `requirements.txt` is not in the commit\nhint: pin one under `data`"),
        "{complaint}"
    );
}

#[test]
fn a_program_that_is_not_there_is_named_before_any_run() {
    let experiment = format!("  environment: {{none: true}}\n  run: [no-such-program]\n{METRICS}");
    let paper = Paper::new(&[("a", "")], &experiment);
    let (status, report, complaint) = paper.verify(&[]);
    assert_eq!(status, 4);
    let (kind, message, _) = unready(&report);
    assert_eq!(kind, "dependency_missing");
    checked_alike(&paper, &message);
    assert_eq!(message, "`no-such-program` is not on this machine");
    assert!(
        complaint.contains("`no-such-program` is not on this machine\n"),
        "{complaint}"
    );
}

#[test]
fn a_pointer_without_its_content_is_missing_data() {
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n",
        "ab".repeat(32)
    );
    let experiment = format!("  environment: {{none: true}}\n  run: [sh, run.sh]\n{METRICS}");
    let files = [("run.sh", ""), ("weights.bin", pointer.as_str())];
    let paper = Paper::new(&files, &experiment);
    let (status, report, complaint) = paper.verify(&[]);
    assert_eq!(status, 4, "{complaint}");
    let (kind, message, _) = unready(&report);
    assert_eq!(kind, "data_missing");
    checked_alike(&paper, "`weights.bin` is a Git LFS pointer");
    assert!(
        message.starts_with("`weights.bin` is a Git LFS pointer"),
        "{message}"
    );
}

#[test]
fn a_submodule_that_cannot_be_had_would_not_fetch() {
    let modules = "[submodule \"lib\"]\n\tpath = lib\n\turl = https://example.invalid/lib.git\n";
    let experiment = format!("  environment: {{none: true}}\n  run: [sh, run.sh]\n{METRICS}");
    let paper = Paper::new(&[("run.sh", ""), (".gitmodules", modules)], &experiment);
    let code = paper.folder.path().join("code");
    let commit = linked(&code, "lib", &"ab".repeat(20));
    // As a clone without its submodules leaves it.
    fs::create_dir(code.join("lib")).unwrap();
    let file = paper.folder.path().join("paper.yaml");
    let manifest = fs::read_to_string(&file).unwrap();
    let (first, rest) = manifest.split_once("commit: ").unwrap();
    let manifest = format!("{first}submodules: true, commit: {commit}{}", &rest[40..]);
    fs::write(file, manifest).unwrap();
    let (status, report, complaint) = paper.verify(&["--offline"]);
    assert_eq!(status, 4, "{complaint}");
    let (kind, message, _) = unready(&report);
    assert_eq!(kind, "would_not_fetch");
    checked_alike(&paper, "submodule `lib`: commit abab");
    assert!(
        message.starts_with("submodule `lib`: commit abab"),
        "{message}"
    );
}

#[test]
fn what_is_wrong_with_the_manifest_stays_an_error() {
    let experiment =
        format!("  environment: {{none: true}}\n  run: [sh, '{{nothing}}']\n{METRICS}");
    let (status, report, complaint) = Paper::new(&[("run.sh", "")], &experiment).verify(&[]);
    assert_eq!((status, report.as_str()), (3, ""), "{complaint}");
    // Of two manifests the other still has its report, in a list.
    let failing = failing_build();
    let other = failing.folder.path().join("paper.yaml");
    let (status, reports, _) =
        Paper::new(&[("run.sh", "")], &experiment).verify(&[&other.display().to_string()]);
    assert_eq!(status, 3);
    assert_eq!(json(&reports)[0]["failure"]["kind"], "would_not_build");
}

#[test]
fn every_number_is_shown_with_the_line_that_it_was_read_from() {
    let script = "echo start; echo 'accuracy 0.9'";
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
    let experiment = format!("  environment: {{none: true}}\n  run: [sh, run.sh]\n{METRICS}");
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
    let main = "fn main() { println!(\"accuracy 0.9\"); }\n";
    let files = [
        ("Cargo.toml", project.as_str()),
        ("src/main.rs", main),
        ("rust-toolchain.toml", "[toolchain]\nchannel = \"1.72.1\"\n"),
    ];
    let lock = format!("version = 3\n\n[[package]]\n{package}");
    let experiment = |sha256: &str| {
        format!(
            "  environment: {{cargo: Cargo.lock, supplied: lock}}\n  run: [target/release/tiny]\n  \
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
    let experiment =
        format!("  environment: {{none: true}}\n  run: [sh, run.sh, '{{out}}']\n{METRICS}");
    let script = "echo '{\"accuracy\": 0.9}' > \"$1/metrics.json\"";
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
    let experiment =
        format!("  environment: {{none: true}}\n  run: [sh, run.sh, '{{out}}']\n{METRICS}");
    let script = "echo '{\"accuracy\": 0.9}' > \"$1/metrics.json\"";
    let (status, report, complaint) =
        Paper::new(&[("run.sh", script)], &experiment).verify(&["--no-sandbox"]);
    assert_eq!(status, 0, "{complaint}");
    let report = json(&report);
    assert_eq!(report["environment"]["sandbox"], "none");
    let hole = report["environment"]["sandbox_hole_1"].as_str().unwrap();
    assert!(hole.starts_with("no sandbox: "), "{hole}");
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
            "  environment: {{none: true}}\n  run: [sh, run.sh, '{{out}}']\n  limits: {{time: 2 s, memory: 100 MiB}}\n{METRICS}"
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
fn a_gpu_that_is_not_here_is_said_before_anything_is_built() {
    if Path::new("/dev/nvidia0").exists() {
        return;
    }
    let paper = Paper::new(&[("run.sh", "echo accuracy 0.9\n")], PRINTED);
    let (status, report, complaint) = paper.verify(&["--device", "cuda"]);
    assert_eq!(status, 4, "{complaint}");
    let report = json(&report);
    assert_eq!(report["verdict"], "could_not_verify");
    assert_eq!(report["failure"]["kind"], "no_gpu");
}

/// A folder of the user's with a file that no program may read, and the paper whose program tries.
fn curious(build: &str, run: &str, environment: &str) -> (Paper, tempfile::TempDir) {
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("m"), "accuracy 0.9 SECRET\n").unwrap();
    let place = secret.path().display();
    let experiment = format!(
        "  environment: {environment}\n  build: [[sh, build.sh]]\n  run: [sh, run.sh, '{{out}}']\n  \
         metrics: {{regex: {{file: m, pattern: 'accuracy (\\S+)'}}}}\n  network: never"
    );
    let script = |text: &str| text.replace("SECRET", &place.to_string());
    let (build, run) = (script(build), script(run));
    let files = [
        ("build.sh", build.as_str()),
        ("run.sh", run.as_str()),
        ("requirements.txt", ""),
    ];
    (Paper::new(&files, &experiment), secret)
}

#[test]
fn a_link_in_place_of_a_folder_shows_nothing_of_the_machine() {
    let installed = "{none: true}";
    let pip = "{pip: requirements.txt}";
    let here = "p=$(pwd); cd /; mv $p $p.old; ln -s SECRET $p";
    let venv = "w=$(dirname $(pwd)); rm -rf $w/venv; ln -s SECRET $w/venv";
    let pipe = "rm requirements.txt; mkfifo requirements.txt";
    for (build, run, environment, kind) in [
        (here, "cp m $1/m", installed, Some("would_not_build")),
        (venv, "cat SECRET/m > $1/m", pip, Some("would_not_build")),
        (
            pipe,
            "echo accuracy 0.9 > $1/m",
            pip,
            Some("would_not_build"),
        ),
        ("true", "rm -r $1; ln -s SECRET $1", installed, None),
    ] {
        let (paper, _secret) = curious(build, run, environment);
        let evidence = paper.folder.path().join("evidence");
        let evidence = evidence.display().to_string();
        let (status, report, complaint) = paper.verify(&["--evidence", &evidence]);
        assert_eq!(status, 4, "{build}; {run}: {complaint}{report}");
        assert!(!report.contains("accuracy 0.9 SECRET"), "{report}");
        match kind {
            Some(kind) => assert_eq!(unready(&report).0, kind, "{build}"),
            None => assert!(report.contains("links are not followed"), "{report}"),
        }
        // What was built wrongly is not kept.
        assert_eq!(paper.verify(&[]).0, 4, "{build}");
    }
}

#[test]
fn a_program_gets_its_values_as_they_are_written() {
    let run = "echo $1 > $2/n; echo accuracy 0.9 > $2/m; test $1 = 1.10\n";
    let experiment = "  environment: {none: true}\n  run: [sh, run.sh, '{rate}', '{out}']\n  \
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
    let run = "set -e\necho accuracy 0.9 | tee /dev/stderr\necho more > /dev/stdout\n";
    let paper = Paper::new(&[("run.sh", run)], PRINTED);
    let (status, report, complaint) = paper.verify(&[]);
    assert_eq!(status, 0, "{complaint}{report}");
}
