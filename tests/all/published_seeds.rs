//! The two questions of a claim whose paper names its seeds: whether those give its numbers, and whether
//! fresh ones agree with it.

use std::fs;

use serde_json::Value;

use crate::programs::{METRICS, Paper, json};

/// A program whose seed 1 gives 0.91, seed 2 0.92 and so on, with these lines of a manifest.
fn paper(seeds: &str, reported: &str) -> Paper {
    let script = "printf '{\"accuracy\": 0.9%s}' \"$2\" > \"$1/metrics.json\"";
    let experiment = format!(
        "  environment: {{none: true}}\n  run: [sh, run.sh, '{{out}}', '{{seed}}']\n{METRICS}"
    );
    let paper = Paper::new(&[("run.sh", script)], &experiment);
    let file = paper.folder.path().join("paper.yaml");
    let manifest = fs::read_to_string(&file).unwrap();
    let manifest = manifest.replace("seeds: {first: 1, count: 3}", seeds);
    let manifest = manifest.replace("reported: 0.9,", &format!("reported: {reported},"));
    fs::write(&file, manifest).unwrap();
    paper
}

fn claim(report: &str) -> Value {
    json(report)["claims"][0].clone()
}

const PUBLISHED: &str = "seeds: {first: 1, count: 3}\nreported_seeds: [1, 2, 3]";

#[test]
fn published_seeds_alone_are_a_recomputation_that_may_be_accepted() {
    let paper = paper(PUBLISHED, "{mean: 0.92, std: 0.01, runs: 3}");
    let (status, report, complaint) = paper.verify(&[]);
    let claim = claim(&report);
    assert_eq!(status, 2, "{complaint}{report}");
    assert_eq!(claim["reason"]["code"], "published_seeds_only");
    assert_eq!(claim["recomputed"], "yes", "{claim}");
    assert_eq!(claim["recomputation"]["values"][1]["seed"], 2);
    let value = claim["recomputation"]["value"].as_f64().unwrap();
    assert!((value - 0.92).abs() < 1e-12, "{value}");
    let file = paper.folder.path().join("report.xml");
    let shown = file.display().to_string();
    let arguments = ["--accept", "recomputed", "--report", &shown];
    assert_eq!(paper.verify(&arguments).0, 0);
    let junit = fs::read_to_string(file).unwrap();
    assert!(junit.contains("<skipped") && junit.contains("recomputed: yes: "));
}

#[test]
fn other_numbers_are_no_recomputation_and_are_not_accepted() {
    // Within the tolerance, and not the number or the spread that was printed.
    for reported in ["0.93", "{mean: 0.92, std: 0.03, runs: 3}"] {
        let (status, report, _) = paper(PUBLISHED, reported).verify(&["--accept", "recomputed"]);
        assert_eq!(claim(&report)["recomputed"], "no", "{report}");
        assert_eq!(status, 2, "{report}");
    }
}

#[test]
fn runs_on_published_seeds_stand_beside_the_decision_on_fresh_ones() {
    let seeds = "seeds: {first: 1, count: 6}\nreported_seeds: [1, 2, 3]";
    let (status, report, complaint) = paper(seeds, "0.92").verify(&[]);
    let claim = claim(&report);
    assert_eq!(status, 0, "{complaint}{report}");
    assert_eq!(claim["recomputed"], "yes");
    assert_eq!(claim["rerun"]["n"], 3);
    assert_eq!(claim["rerun"]["values"][0]["seed"], 4);
}

#[test]
fn nothing_is_recomputed_where_the_seeds_are_not_those_of_the_number() {
    for (seeds, reported) in [
        ("seeds: {first: 1, count: 3}", "0.92"),
        (
            "seeds: {first: 1, count: 3}\nreported_seeds: [3, 4]",
            "0.92",
        ),
        (PUBLISHED, "{mean: 0.92, runs: 10}"),
    ] {
        let (_, report, _) = paper(seeds, reported).verify(&["--accept", "recomputed"]);
        assert_eq!(claim(&report)["recomputed"], "not_asked", "{report}");
    }
}
