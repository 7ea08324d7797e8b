//! Programs of which the manifest asserts that they have no randomness.

use std::fs;

use serde_json::Value;

use crate::command::reprove_at;
use crate::programs::{METRICS, Paper, json};

/// A paper whose program is called deterministic, with this script and this reported value.
fn paper(script: &str, reported: &str) -> Paper {
    let experiment = format!(
        "  environment: {{none: true}}\n  deterministic: true\n  run: [sh, run.sh, '{{out}}']\n{METRICS}"
    );
    let paper = Paper::new(&[("run.sh", script)], &experiment);
    let file = paper.folder.path().join("paper.yaml");
    let manifest = fs::read_to_string(&file).unwrap();
    let manifest = manifest.replace("reported: 0.9,", &format!("reported: {reported},"));
    fs::write(&file, manifest).unwrap();
    paper
}

const CONSTANT: &str = "date; printf '{\"accuracy\": 0.91}' > \"$1/metrics.json\"";

/// Status, reason and recomputation in a line.
fn decided(script: &str, reported: &str) -> String {
    let (status, report, complaint) = paper(script, reported).verify(&[]);
    assert!(!report.is_empty(), "{complaint}");
    let claim = &json(&report)["claims"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (reason, recomputed) = (&claim["reason"]["code"], &claim["recomputed"]);
    format!("{status} {} {}", text(reason), text(recomputed))
}

#[test]
fn one_run_and_its_repeat_decide_a_claim_without_chance() {
    let paper = paper(CONSTANT, "0.91");
    let evidence = paper.folder.path().join("evidence").display().to_string();
    let (status, report, complaint) = paper.verify(&["--evidence", &evidence]);
    let report = json(&report);
    assert_eq!(status, 0, "{complaint}{report}");
    assert_eq!(report["runs"].as_array().unwrap().len(), 1);
    assert_eq!(report["runs"][0]["repeat"], "same");
    assert_eq!(report["claims"][0]["recomputed"], "yes");
    assert_eq!(
        report["claims"][0]["warnings"][0]["code"],
        "determinism_asserted"
    );
    assert_eq!(report["claims"][0]["error_rate"], Value::Null);
    let audited = reprove_at(paper.folder.path(), &["audit", &evidence]);
    assert_eq!(audited.status, 0, "{}", audited.stdout);
    // The run and its repeat are kept.
    let (_, _, complaint) = paper.verify(&[]);
    assert!(!complaint.contains("repeated"), "{complaint}");
}

#[test]
fn a_claim_with_chance_is_not_decided_by_one_value() {
    assert_eq!(
        decided(CONSTANT, "{mean: 0.91, runs: 5}"),
        "2 chance_reported yes"
    );
    let spread = "{mean: 0.91, std: 0.02, runs: 5}";
    assert_eq!(decided(CONSTANT, spread), "2 chance_reported no");
    assert_eq!(
        decided(CONSTANT, "{best: 0.91, of: 5}"),
        "2 chance_reported yes"
    );
    assert_eq!(decided(CONSTANT, "0.99"), "1 value_outside no");
}

#[test]
fn a_seed_in_the_source_is_named_and_leaves_the_claim_open() {
    let script = format!("RANDOM=3\n{CONSTANT}");
    let (status, report, complaint) = paper(&script, "0.91").verify(&[]);
    assert_eq!(status, 2, "{complaint}{report}");
    let report = json(&report);
    let reason = report["claims"][0]["reason"]["text"].as_str().unwrap();
    assert!(reason.contains("`run.sh:1`"), "{reason}");
    assert_eq!(report["seeds"]["set_in_source"][0]["text"], "RANDOM=3");
    assert!(report["deviations"].to_string().contains("seed_in_source"));
}

#[test]
fn a_repeat_with_other_metrics_contradicts_the_manifest() {
    let script = "printf '{\"accuracy\": 0.91%s}' $(date +%s) > \"$1/metrics.json\"";
    assert_eq!(decided(script, "0.91"), "2 repeat_differs no");
}
