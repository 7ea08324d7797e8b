//! Interrupted verifications: what had finished is kept, and made once.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::Value;

use crate::command::{Called, Sonar, reprove_at, root};

/// Two rows of the table, four runs each: some seconds in all.
const FEW: [&str; 8] = [
    "verify",
    "manifests/sonar.yaml",
    "--json",
    "--jobs=4",
    "--max-runs",
    "4",
    "--claims",
    "h0-test,h2-test",
];

/// How often a verification is killed; continuous integration may ask for more.
const KILLS: &str = "REPROVE_TEST_KILLS";

fn report(called: &Called) -> Value {
    serde_json::from_str(&called.stdout).unwrap_or_else(|e| panic!("{e}: {}", called.stderr))
}

/// The report without what differs from one verification to the next: times, and whether a run was
/// made or kept.
fn lasting(report: &Value) -> Value {
    let mut runs = report["runs"].clone();
    for run in runs.as_array_mut().expect("runs is a list") {
        let run = run.as_object_mut().expect("a run is a map");
        for what in ["source", "wall_seconds", "cpu_seconds", "max_rss_bytes"] {
            run.remove(what);
        }
    }
    serde_json::json!({
        "verdict": report["verdict"],
        "claims": report["claims"],
        "pins": report["pins"],
        "deviations": report["deviations"],
        "runs": runs,
    })
}

/// How many of the report's runs were made for it.
fn made(report: &Value) -> usize {
    let runs = report["runs"].as_array().expect("runs is a list");
    runs.iter().filter(|run| run["source"] == "ran").count()
}

/// How often each run stands in the ledger.
fn kept(home: &Path) -> BTreeMap<String, usize> {
    let mut keys = BTreeMap::new();
    let Ok(folder) = std::fs::read_dir(home.join("state/reprove/runs")) else {
        return keys;
    };
    for file in folder {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.split_inclusive('\n').filter(|l| l.ends_with('\n')) {
            let line: Value = serde_json::from_str(line).expect("every whole line is JSON");
            let key = line["key"].as_str().unwrap().to_owned();
            *keys.entry(key).or_insert(0) += 1;
        }
    }
    keys
}

fn start(home: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_reprove"))
        .args(FEW)
        .current_dir(root())
        .env("NO_COLOR", "1")
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_STATE_HOME", home.join("state"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs")
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn killed_at_any_point_it_resumes_to_the_undisturbed_report_and_makes_no_run_twice() {
    let undisturbed = home();
    let begin = std::time::Instant::now();
    let called = reprove_at(undisturbed.path(), &FEW);
    let whole = begin.elapsed();
    let expected = report(&called);
    assert_eq!(
        (called.status, made(&expected)),
        (1, 8),
        "{}",
        called.stderr
    );

    let kills = std::env::var(KILLS).ok().map(|n| n.parse().unwrap());
    let mut random = ChaCha8Rng::seed_from_u64(1988);
    let mut home = self::home();
    for _ in 0..kills.unwrap_or(12) {
        let mut child = start(home.path());
        let share = f64::from(random.next_u32()) / f64::from(u32::MAX);
        std::thread::sleep(whole.mul_f64(share));
        child.kill().unwrap();
        child.wait().unwrap();
        let before = kept(home.path());
        assert!(before.values().all(|times| *times == 1), "{before:?}");
        // Mostly several kills fall on one verification before it is carried to its end.
        if before.len() >= 4 {
            resumes(home.path(), &expected, called.status);
            home = self::home();
        }
    }
    resumes(home.path(), &expected, called.status);
}

/// Carries a killed verification to its end.
fn resumes(home: &Path, expected: &Value, status: i32) {
    let before = kept(home);
    let called = reprove_at(home, &FEW);
    let resumed = report(&called);
    assert_eq!(called.status, status, "{}", called.stderr);
    assert_eq!(lasting(&resumed), lasting(expected));
    assert_eq!(made(&resumed), 8 - before.len());
    let after = kept(home);
    assert_eq!(after.len(), 8);
    assert!(after.values().all(|times| *times == 1), "{after:?}");
}

#[test]
fn two_at_once_give_the_same_report_and_make_each_run_once() {
    let home = home();
    let both = [start(home.path()), start(home.path())];
    let reports = both.map(|child| {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let notes = String::from_utf8_lossy(&output.stderr);
        let is_waiting = |line: &str| line.starts_with("note: another verification is making ");
        assert!(notes.lines().all(is_waiting), "{notes}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    });
    assert_eq!(lasting(&reports[0]), lasting(&reports[1]));
    let kept = kept(home.path());
    assert_eq!(kept.len(), 8);
    assert!(kept.values().all(|times| *times == 1), "{kept:?}");
    assert_eq!(made(&reports[0]) + made(&reports[1]), 8);
    let third = report(&reprove_at(home.path(), &FEW));
    assert_eq!((made(&third), lasting(&third)), (0, lasting(&reports[0])));
}

#[test]
fn two_that_are_killed_side_by_side_make_each_run_once() {
    let called = Command::new("python3")
        .arg(root().join("ci/kill-check"))
        .args(["6", "1988"])
        .env("REPROVE", env!("CARGO_BIN_EXE_reprove"))
        .output();
    let Ok(output) = called else {
        return crate::absent::not_tested("python3", "there is no Python");
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text.matches(": 3 kills of ").count(), 2, "{text}");
}

#[test]
fn fresh_makes_every_run_again_and_what_it_made_is_kept() {
    let home = home();
    let first = report(&reprove_at(home.path(), &FEW));
    let mut fresh = FEW.to_vec();
    fresh.push("--fresh");
    let again = report(&reprove_at(home.path(), &fresh));
    assert_eq!((made(&first), made(&again)), (8, 8));
    assert_eq!(lasting(&first), lasting(&again));
    assert_eq!(made(&report(&reprove_at(home.path(), &FEW))), 0);
    assert!(kept(home.path()).values().all(|times| *times == 2));
}

#[test]
fn an_interruption_says_how_to_go_on_and_the_next_verification_does() {
    let home = home();
    let child = start(home.path());
    // Not before the first run is kept, so that there is something to go on from.
    let patience = std::time::Instant::now();
    while kept(home.path()).is_empty() {
        assert!(patience.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{errors}");
    assert_eq!(output.stdout, b"");
    let before = kept(home.path()).len();
    let told = format!("error: manifests/sonar.yaml: interrupted after {before} of at most 8 runs");
    assert!(errors.contains(&told), "{errors}");
    let hint = "hint: finished runs are kept: the same command goes on from there";
    assert!(errors.contains(hint), "{errors}");

    let next = reprove_at(home.path(), &FEW);
    assert_eq!((next.status, made(&report(&next))), (1, 8 - before));
}

#[test]
fn data_changed_behind_the_file_s_size_and_times_are_found_when_nothing_is_trusted() {
    let sonar = Sonar::copy();
    let manifest = sonar.manifest();
    let home = home();
    let check = |extra: &[&str]| {
        let arguments = [&["check", manifest.as_str()], extra].concat();
        reprove_at(home.path(), &arguments)
    };
    let data = sonar.path("fixtures/data/sonar/sonar.csv");
    // What has just been written is not trusted yet, so the file gets an older time.
    let old = std::time::SystemTime::now() - Duration::from_secs(3600);
    let set_time = || {
        let file = std::fs::File::options().write(true).open(&data).unwrap();
        file.set_modified(old).unwrap();
    };
    set_time();
    assert_eq!(check(&[]).status, 0);
    let mut bytes = std::fs::read(&data).unwrap();
    // The first two columns change their names.
    bytes.swap(1, 4);
    std::fs::write(&data, bytes).unwrap();
    set_time();
    let called = check(&["--paranoid"]);
    assert_eq!(called.status, 4, "{}", called.stdout);
    let is_told = called.stdout.contains("expected sha256 0ee28338cbbe225e");
    assert!(is_told, "{}", called.stdout);
}
