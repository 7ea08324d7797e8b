//! Verifications of one store at the same time: each run is made once.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::preloaded;
use crate::programs::{METRICS, Paper, json};

/// A program that never gives the same number twice, and takes so long.
fn paper(seconds: f64, seeds: usize) -> Paper {
    let script = format!(
        "sleep {seconds}; printf '{{\"accuracy\": 0.90%05d}}' $(od -An -N2 -tu2 /dev/urandom) > \"$1/metrics.json\""
    );
    let experiment = format!(
        "  environment: {{none: true}}\n  seeding: environment\n  run: [sh, run.sh, '{{out}}']\n{METRICS}"
    );
    let paper = Paper::new(&[("run.sh", &script)], &experiment);
    let file = paper.folder.path().join("paper.yaml");
    let manifest = fs::read_to_string(&file).unwrap();
    let manifest = manifest.replace("count: 3", &format!("count: {seeds}"));
    fs::write(&file, manifest).unwrap();
    paper
}

/// Starts a verification with one worker and these variables.
fn start(paper: &Paper, variables: &[(&str, &Path)]) -> Child {
    let home = paper.folder.path();
    Command::new(env!("CARGO_BIN_EXE_reprove"))
        .args(["verify", "--json", "--jobs=1"])
        .arg(home.join("paper.yaml"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_STATE_HOME", home.join("state"))
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs")
}

/// Waits for the end of a verification; gives its status, report and messages.
fn end(child: Child) -> (Option<i32>, Value, String) {
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let report = match output.stdout.is_empty() {
        true => Value::Null,
        false => json(&String::from_utf8(output.stdout).unwrap()),
    };
    (output.status.code(), report, errors)
}

/// The metrics of a report's runs, by seed.
fn numbers(report: &Value) -> BTreeMap<u64, Value> {
    let runs = report["runs"].as_array().expect("runs is a list");
    let number = |run: &Value| (run["seed"].as_u64().unwrap(), run["metrics"].clone());
    runs.iter().map(number).collect()
}

/// The number of runs that the ledger holds.
fn kept(paper: &Paper) -> usize {
    let runs = paper.folder.path().join("state/reprove/runs");
    let files = fs::read_dir(runs).into_iter().flatten().flatten();
    let ledgers = files.filter(|file| file.path().extension().is_some_and(|end| end == "jsonl"));
    ledgers
        .map(|file| fs::read_to_string(file.path()).unwrap().lines().count())
        .sum()
}

/// Waits until a run is claimed.
fn wait_for_claim(paper: &Paper) {
    let claims = paper.folder.path().join("state/reprove/claims");
    let patience = Instant::now();
    while fs::read_dir(&claims).into_iter().flatten().next().is_none() {
        assert!(patience.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn each_run_is_made_once(count: usize, variables: &[(&str, &Path)], note: &str) {
    let paper = paper(0.1, 20);
    let all: Vec<Child> = (0..count).map(|_| start(&paper, variables)).collect();
    let ended: Vec<_> = all.into_iter().map(end).collect();
    let expected = numbers(&ended[0].1);
    assert_eq!(expected.len(), 20, "{}", ended[0].2);
    for (status, report, errors) in ended {
        assert_eq!(status, Some(0), "{errors}");
        assert_eq!(numbers(&report), expected);
        assert!(errors.contains(note), "{errors}");
    }
    assert_eq!(kept(&paper), 20);
    let left = fs::read_dir(paper.folder.path().join("state/reprove/claims"));
    assert_eq!(left.unwrap().count(), 0, "claims are gone with their runs");
}

#[test]
fn four_at_once_make_each_of_twenty_runs_once() {
    each_run_is_made_once(4, &[], "");
}

#[test]
fn a_store_without_file_locks_has_leases() {
    let folder = tempfile::tempdir().unwrap();
    // As a home on Lustre: files for the time of one run lie on a disk of the machine.
    let text = r#"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int flock(int file, int operation) {
    char link[64], path[4096] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) > 0 && (strstr(path, "/state/") || strstr(path, "/cache/"))) {
        errno = ENOLCK;
        return -1;
    }
    return syscall(SYS_flock, file, operation);
}
"#;
    let Some(library) = preloaded(folder.path(), text) else {
        return;
    };
    let note = "the file system has no file locks (`flock`)";
    each_run_is_made_once(2, &[("LD_PRELOAD", &library)], note);
}

#[test]
fn the_run_of_a_killed_verification_is_made_by_the_one_that_waits() {
    let paper = paper(1.0, 3);
    let mut first = start(&paper, &[]);
    wait_for_claim(&paper);
    let second = start(&paper, &[]);
    std::thread::sleep(Duration::from_millis(300));
    first.kill().unwrap();
    first.wait().unwrap();
    let (status, report, errors) = end(second);
    assert!(matches!(status, Some(0 | 2)), "{status:?}: {errors}");
    assert_eq!(numbers(&report).len(), 3);
    assert_eq!(kept(&paper), 3);
}

#[test]
fn an_interruption_ends_the_waiting() {
    let paper = paper(60.0, 1);
    let mut first = start(&paper, &[]);
    wait_for_claim(&paper);
    let mut second = start(&paper, &[]);
    // Its note says that it waits.
    let mut errors = std::io::BufReader::new(second.stderr.take().unwrap());
    let mut note = String::new();
    std::io::BufRead::read_line(&mut errors, &mut note).unwrap();
    assert!(note.contains("making 1 of the runs"), "{note}");
    let begin = Instant::now();
    let pid = second.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.unwrap().success());
    assert_eq!(end(second).0, Some(130));
    assert!(begin.elapsed() < Duration::from_secs(5));
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_store_that_others_can_write_is_refused() {
    let paper = paper(0.0, 1);
    let store: PathBuf = paper.folder.path().join("store");
    fs::create_dir(&store).unwrap();
    fs::set_permissions(&store, fs::Permissions::from_mode(0o777)).unwrap();
    let shown = store.display().to_string();
    let (status, report, errors) = paper.verify(&["--store", &shown]);
    assert_eq!((status, report.as_str()), (3, ""), "{errors}");
    let problem = format!(
        "{shown}: expected a folder that only this user can write, found one that every user can write (mode 777)"
    );
    assert!(errors.contains(&problem), "{errors}");
    assert!(errors.contains("hint: name a folder that is yours alone with `--store DIR`"));
    fs::set_permissions(&store, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(paper.verify(&["--store", &shown]).0, 2);
}

#[test]
fn a_store_that_cannot_be_used_is_an_error_of_whoever_named_it() {
    let paper = paper(0.0, 1);
    let file = paper.folder.path().join("file");
    fs::write(&file, "").unwrap();
    let store = file.join("store").display().to_string();
    let (status, report, errors) = paper.verify(&["--store", &store]);
    assert_eq!((status, report.as_str()), (3, ""), "{errors}");
    assert!(
        errors.contains(&format!("{store}: cannot make the folder: ")),
        "{errors}"
    );
    // Nobody named the store of the user: the report says why there is no verdict.
    let (status, report, errors) = end(start(&paper, &[("XDG_STATE_HOME", &file)]));
    assert_eq!(status, Some(4), "{errors}");
    assert_eq!(report["failure"]["kind"], "store_unusable");
}

#[test]
fn runs_that_cannot_be_kept_are_said_and_change_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
#include <errno.h>
int fdatasync(int file) { errno = EIO; return -1; }
"#;
    let Some(library) = preloaded(folder.path(), text) else {
        return;
    };
    let paper = paper(0.0, 3);
    let (status, report, errors) = end(start(&paper, &[("LD_PRELOAD", &library)]));
    assert_eq!(status, Some(3), "{errors}");
    // The report has them all the same.
    assert_eq!(numbers(&report).len(), 3);
    let told = errors.matches("error: a run is not kept: ").count();
    assert_eq!((told, kept(&paper)), (3, 0), "{errors}");
    let (status, _, errors) = end(start(&paper, &[]));
    assert!(matches!(status, Some(0 | 2)), "{errors}");
    assert_eq!(kept(&paper), 3);
}
