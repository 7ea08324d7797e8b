//! Experiments that cannot be made ready: each has a report of its own kind, and what a program put in
//! the way is never followed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::absent::not_tested;
use crate::bundles::{edit, found, found_in, load, sealed};
use crate::command::{linked, reprove_at};
use crate::programs::{METRICS, PRINTED, Paper, json};

/// `check` finds before any run what `verify` would say.
fn checked_alike(paper: &Paper, message: &str) {
    let manifest = paper.folder.path().join("paper.yaml").display().to_string();
    let called = reprove_at(paper.folder.path(), &["check", "--offline", &manifest]);
    assert_eq!(called.status, 4, "{}", called.stderr);
    assert!(called.stderr.contains(message), "{}", called.stderr);
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
        "  environment: {{none: true}}\n  build: [[sh, -c, 'echo boom >&2; exit 3']]\n  seeding: environment\n  run: [sh, run.sh]\n{METRICS}"
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
    let script = r#"echo "accuracy 0.9$REPROVE_SEED""#;
    let paper = Paper::new(&[("run.sh", script)], PRINTED);
    let mut files = load(&evidence(&paper, 0));
    let failure = serde_json::json!({"kind": "would_not_build", "message": "m", "hint": null, "log_tail": []});
    edit(&mut files, "report.json", |report| {
        report["failure"] = failure
    });
    let found = found(&sealed(files), None);
    assert!(found.contains("it is stated beside runs"), "{found}");
}

#[test]
fn an_environment_that_is_not_pinned_is_refused_by_line() {
    let files = [("run.py", ""), ("requirements.txt", "a==1\nnumpy>=1\n")];
    let experiment = format!(
        "  environment: {{pip: requirements.txt}}\n  seeding: environment\n  run: [python, run.py]\n{METRICS}"
    );
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
    let experiment = format!(
        "  environment: {{none: true}}\n  seeding: environment\n  run: [no-such-program]\n{METRICS}"
    );
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
    let experiment = format!(
        "  environment: {{none: true}}\n  seeding: environment\n  run: [sh, run.sh]\n{METRICS}"
    );
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
    let experiment = format!(
        "  environment: {{none: true}}\n  seeding: environment\n  run: [sh, run.sh]\n{METRICS}"
    );
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
    let experiment = format!(
        "  environment: {{none: true}}\n  seeding: environment\n  run: [sh, '{{nothing}}']\n{METRICS}"
    );
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
fn a_gpu_that_is_not_here_is_said_before_anything_is_built() {
    if Path::new("/dev/nvidia0").exists() {
        not_tested("no-gpu", "/dev/nvidia0 exists");
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
        "  environment: {environment}\n  build: [[sh, build.sh]]\n  seeding: environment\n  run: [sh, run.sh, '{{out}}']\n  \
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
