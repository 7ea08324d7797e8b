//! What a plan says of the cost of its runs, what is left of them, and what a machine can do.

use serde_json::Value;

use crate::command::{Sonar, reprove_at};

#[cfg(feature = "recipe")]
fn planned(home: &std::path::Path) -> Value {
    let called = reprove_at(home, &["plan", "manifests/sonar.yaml", "--json"]);
    serde_json::from_str(&called.stdout).unwrap_or_else(|e| panic!("{e}: {}", called.stderr))
}

#[cfg(feature = "recipe")]
#[test]
fn the_cost_rests_on_earlier_runs_of_the_commit() {
    let home = tempfile::tempdir().unwrap();
    let unknown = reprove_at(home.path(), &["plan", "manifests/sonar.yaml"]);
    assert!(
        unknown
            .stdout
            .contains("Cost: not known before a run was made"),
        "{}",
        unknown.stdout
    );
    // Looking makes no ledger.
    assert!(!home.path().join("state/reprove").exists());

    let few = ["--max-runs", "2", "--quiet", "--keep"];
    let claims = ["--claims", "h0-test,h2-test", "--even-if-undecidable"];
    let verify = ["verify", "manifests/sonar.yaml"];
    let called = reprove_at(home.path(), &[&verify[..], &few, &claims].concat());
    let kept = called
        .stderr
        .lines()
        .find_map(|line| line.split_once("kept as it was left: "))
        .unwrap_or_else(|| panic!("{}", called.stderr));
    let kept = std::path::Path::new(kept.1);
    assert!(kept.join("checkout/recipes/sonar.yaml").is_file());
    std::fs::remove_dir_all(kept).unwrap();

    let cost = &planned(home.path())["cost"];
    assert_eq!(cost["from_runs"], 4);
    assert!(cost["seconds_a_run"][0]["wall"].as_f64().unwrap() > 0.0);
    assert!(cost["seconds_a_run"][5]["wall"].is_null());
    // Nothing is known of the other rows.
    assert!(cost["at_most"]["cpu_seconds"].is_null());
    assert_eq!(cost["at_most"]["runs"], 180);
    assert!(cost["likely"]["runs"].as_u64().unwrap() <= 180);
}

#[test]
fn a_manifest_cannot_pass_arguments_to_sbatch() {
    let sonar = Sonar::copy();
    sonar.edit("seeds:", "slurm: {partition: 'a --uid=0'}\nseeds:");
    let called = reprove_at(&sonar.path(""), &["check", &sonar.manifest()]);
    assert_eq!(called.status, 3);
    let text = "`slurm.partition`: expected letters, digits and `_-.:,+/=`, found `a --uid=0`";
    assert!(called.stderr.contains(text), "{}", called.stderr);
}

#[test]
fn a_machine_says_what_it_can_do() {
    let home = tempfile::tempdir().unwrap();
    let called = reprove_at(home.path(), &["doctor", "--json"]);
    let found: Value = serde_json::from_str(&called.stdout).unwrap();
    assert_eq!(found["devices"][0]["name"], "cpu");
    assert_eq!(found["devices"][0]["works"], cfg!(feature = "recipe"));
    assert_eq!(found["sandbox"].as_array().unwrap().len(), 2);
    assert!(
        found["programs"]["cargo"]
            .as_str()
            .unwrap()
            .starts_with("cargo ")
    );
    let text = reprove_at(home.path(), &["doctor"]).stdout;
    assert!(text.contains("Sandbox tiers\n  namespaces"), "{text}");
}

#[test]
fn a_shell_gets_its_completions() {
    let home = tempfile::tempdir().unwrap();
    let called = reprove_at(home.path(), &["completions", "bash"]);
    assert!(called.stdout.contains("_reprove()"));
    assert_eq!(reprove_at(home.path(), &["completions", "tcl"]).status, 3);
}
