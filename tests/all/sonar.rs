//! The main job on real data: the table of Gorman and Sejnowski (1988).

use serde_json::Value;

use crate::command::{Sonar, reprove};

fn report(arguments: &[&str]) -> (i32, Value) {
    let called = reprove(arguments);
    let value =
        serde_json::from_str(&called.stdout).unwrap_or_else(|e| panic!("{e}: {}", called.stderr));
    (called.status, value)
}

/// Everything of the runs that must be the same whenever and wherever they are made.
fn values(report: &Value) -> Vec<Value> {
    let runs = report["runs"].as_array().expect("runs is a list");
    runs.iter()
        .map(|run| {
            serde_json::json!([
                run["configuration"],
                run["seed"],
                run["metrics"],
                run["digest"]
            ])
        })
        .collect()
}

#[test]
fn the_table_is_decided_and_the_row_without_hidden_units_does_not_reproduce() {
    let (status, first) = report(&["verify", "manifests/sonar.yaml", "--json", "--jobs", "2"]);
    assert_eq!(status, 1);
    assert_eq!(first["verdict"], "not_reproduced");
    let claims = first["claims"].as_array().unwrap();
    assert_eq!(claims.len(), 6);
    for claim in claims {
        let expected = claim["id"] == "h0-test";
        assert_eq!(claim["verdict"] == "not_reproduced", expected, "{claim:#}");
        assert!(claim["reason"]["code"].is_string() && claim["reason"]["text"].is_string());
        assert_eq!(claim["rerun"]["n"], 30);
        assert_eq!(claim["rerun"]["values"].as_array().unwrap().len(), 30);
    }
    assert_eq!(values(&first).len(), 180);

    let (_, second) = report(&["verify", "manifests/sonar.yaml", "--json", "--jobs", "1"]);
    assert_eq!(values(&first), values(&second));
}

#[test]
fn a_chosen_claim_needs_only_its_own_runs() {
    let (status, report) = report(&[
        "verify",
        "manifests/sonar.yaml",
        "--json",
        "--claims",
        "h0-test",
        "--max-runs",
        "8",
    ]);
    assert_eq!(status, 1, "{report:#}");
    assert_eq!(report["claims"].as_array().unwrap().len(), 1);
    assert_eq!(report["runs"].as_array().unwrap().len(), 8);
    let not_checked = report["not_checked"].to_string();
    assert!(
        not_checked.contains("5 of the manifest's claims"),
        "{not_checked}"
    );
}

#[test]
fn looking_after_each_run_needs_fewer_of_them() {
    let sonar = Sonar::copy();
    sonar.edit("sequential: false", "sequential: true");
    let manifest = sonar.manifest();
    let (status, all) = report(&["verify", &manifest, "--json"]);
    assert_eq!(status, 1);
    assert!(all["runs"].as_array().unwrap().len() < 180);
    let (_, fewer_workers) = report(&["verify", &manifest, "--json", "--jobs", "1"]);
    assert_eq!(values(&all), values(&fewer_workers));
    assert_eq!(all["claims"], fewer_workers["claims"]);
}

#[test]
fn wrong_choices_are_bad_usage() {
    for (arguments, words) in [
        (
            vec!["--claims", "h13-test"],
            "no claim has the id `h13-test`",
        ),
        (vec!["--max-runs", "31"], "expected 2 to 30"),
        (
            vec!["--device", "tpu"],
            "expected `cpu`, `cuda`, `cuda:N` or `metal`",
        ),
        (vec!["--jobs", "0"], "--jobs"),
    ] {
        let mut all = vec!["verify", "manifests/sonar.yaml"];
        all.extend(arguments);
        let called = reprove(&all);
        assert_eq!(called.status, 3, "{}", called.stderr);
        assert!(called.stderr.contains(words), "{}", called.stderr);
        assert_eq!(called.stdout, "");
    }
}
