//! Runs that would enter a verdict falsely: on changed data, as copies of each other, under an older
//! key.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::programs::{METRICS, Paper, json};

/// An experiment whose script gets the folder for results and the seed.
fn experiment() -> String {
    format!("  environment: {{none: true}}\n  run: [sh, run.sh, '{{out}}', '{{seed}}']\n{METRICS}")
}

fn outcomes(report: &serde_json::Value) -> Vec<&str> {
    let runs = report["runs"].as_array().unwrap().iter();
    runs.map(|run| run["outcome"].as_str().unwrap()).collect()
}

fn has_deviation(report: &serde_json::Value, code: &str) -> bool {
    let mut deviations = report["deviations"].as_array().unwrap().iter();
    deviations.any(|deviation| deviation["code"] == code)
}

#[test]
fn runs_that_a_clock_seeds_count_once() {
    // One value for three seconds: two repeats, two seconds apart, meet another one.
    let script =
        "printf '{\"accuracy\": 0.9%04d}' $(($(date +%s) / 3 % 10000)) > \"$1/metrics.json\"";
    let paper = Paper::new(&[("run.sh", script)], &experiment());
    for _ in 0..2 {
        let (status, report, complaint) = paper.verify(&[]);
        let report = json(&report);
        assert_ne!(status, 0, "{complaint}{report}");
        assert_ne!(report["verdict"], "reproduced");
        let outcomes = outcomes(&report);
        let copies = outcomes.iter().filter(|one| **one == "not_independent");
        assert!((1..=2).contains(&copies.count()), "{outcomes:?}");
        assert!(has_deviation(&report, "same_seed_differs"), "{report}");
        // The second verification finds the runs, and what the repeat showed, in the store.
    }
}

#[test]
fn runs_that_tie_honestly_stay() {
    let script = "printf '{\"accuracy\": 0.9%d}' $(($2 / 3)) > \"$1/metrics.json\"";
    let paper = Paper::new(&[("run.sh", script)], &experiment());
    let (_, report, complaint) = paper.verify(&[]);
    let report = json(&report);
    assert_eq!(outcomes(&report), ["finished"; 3], "{complaint}");
    assert!(!has_deviation(&report, "same_seed_differs"), "{report}");
    assert_eq!(report["claims"][0]["rerun"]["n"], 3);
}

/// Whether a ledger below the folder holds a run.
fn has_record(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let is_ledger = path
            .extension()
            .is_some_and(|extension| extension == "jsonl");
        let is_empty = || fs::metadata(&path).is_ok_and(|found| found.len() == 0);
        (is_ledger && !is_empty()) || (path.is_dir() && !path.is_symlink() && has_record(&path))
    })
}

#[test]
fn data_that_change_after_the_check_give_no_verdict_and_no_false_run() {
    let script = "sleep 0.6; printf '{\"accuracy\": %s}' $(cat \"$REPROVE_DATA_DIR/d\") > \"$1/metrics.json\"; echo $2";
    let paper = Paper::new(&[("run.sh", script)], &experiment());
    let data = paper.folder.path().join("d.txt");
    fs::write(&data, "0.9").unwrap();
    let file = paper.folder.path().join("paper.yaml");
    let manifest = fs::read_to_string(&file).unwrap();
    let digest = reprove::digest::Sha256Digest::of(b"0.9");
    let pinned = format!("data: {{d: {{path: d.txt, sha256: {digest}}}}}\nseeds:");
    fs::write(&file, manifest.replacen("seeds:", &pinned, 1)).unwrap();
    let (status, report, complaint) = std::thread::scope(|scope| {
        let verified = scope.spawn(|| paper.verify(&["--jobs", "1"]));
        // The first run is kept: two more read the data.
        while !has_record(paper.folder.path()) && !verified.is_finished() {
            std::thread::sleep(Duration::from_millis(5));
        }
        fs::write(&data, "0.5").unwrap();
        verified.join().unwrap()
    });
    let report = json(&report);
    assert_eq!(status, 4, "{complaint}{report}");
    assert_eq!(report["verdict"], "could_not_verify");
    assert_eq!(report["failure"]["kind"], "data_changed", "{report}");
    fs::write(&data, "0.9").unwrap();
    let (status, report, complaint) = paper.verify(&[]);
    let report = json(&report);
    assert_eq!(status, 0, "{complaint}{report}");
    for run in report["runs"].as_array().unwrap() {
        assert_eq!(run["metrics"]["accuracy"], 0.9);
    }
}

#[test]
fn the_order_of_python_s_hashes_follows_the_seed_and_is_stated() {
    let script = "import json, os, sys\n\
                  json.dump({'accuracy': int(os.environ['PYTHONHASHSEED'])}, open(sys.argv[1] + '/metrics.json', 'w'))";
    let experiment = format!(
        "  environment: {{none: true}}\n  run: [python3, run.py, '{{out}}', '{{seed}}']\n{METRICS}"
    );
    let paper = Paper::new(&[("run.py", script)], &experiment);
    let (_, report, complaint) = paper.verify(&[]);
    let report = json(&report);
    for run in report["runs"].as_array().unwrap() {
        let seed = run["seed"].as_u64().unwrap() as f64;
        assert_eq!(
            run["metrics"]["accuracy"].as_f64(),
            Some(seed),
            "{complaint}"
        );
    }
    let facts = &report["environment"];
    assert_eq!(facts["variable_PYTHONHASHSEED"], "the seed of the run");
    assert_eq!(facts["variable_TZ"], "UTC");
    assert!(facts["software_python-files"].is_string(), "{facts}");
}
