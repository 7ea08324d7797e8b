//! Runs as they enter a verdict: what tells them apart, and what is stated of them.

use crate::programs::{METRICS, Paper, json};

/// An experiment whose script gets the folder for results and the seed.
pub fn experiment() -> String {
    format!("  environment: {{none: true}}\n  run: [sh, run.sh, '{{out}}', '{{seed}}']\n{METRICS}")
}

pub fn outcomes(report: &serde_json::Value) -> Vec<&str> {
    let runs = report["runs"].as_array().unwrap().iter();
    runs.map(|run| run["outcome"].as_str().unwrap()).collect()
}

pub fn has_deviation(report: &serde_json::Value, code: &str) -> bool {
    let mut deviations = report["deviations"].as_array().unwrap().iter();
    deviations.any(|deviation| deviation["code"] == code)
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
