//! The numbers of a program's runs: which of several counts, and in which unit.

use serde_json::Value;

use crate::command::reprove_at;
use crate::programs::{Paper, json};

/// A claim of 0.9 within 0.05, decided on a shell program; `metrics` is the manifest's part.
pub fn paper(script: &str, metrics: &str) -> Paper {
    let experiment = format!(
        "  environment: {{none: true}}\n  run: [sh, run.sh, '{{seed}}', '{{out}}']\n  metrics: {metrics}\n  network: never"
    );
    Paper::new(&[("run.sh", script)], &experiment)
}

pub fn verified(script: &str, metrics: &str) -> (i32, Value) {
    let (status, report, complaint) = paper(script, metrics).verify(&[]);
    assert!(report.starts_with('{'), "{complaint}");
    (status, json(&report))
}

/// The number of the first run, or why it has none.
pub fn first(script: &str, metrics: &str) -> Result<f64, String> {
    let (_, report) = verified(script, metrics);
    let run = &report["runs"][0];
    let number = run["metrics"]["accuracy"].as_f64();
    number.ok_or_else(|| run["message"].to_string())
}

const LINES: &str = "\
    printf '{\"step\": 1, \"accuracy\": 0.7%s}\\n{\"step\": 2, \"accuracy\": 0.9%s}\\n{\"step\": 3, \"accuracy\": 0.8%s}\\n' $1 $1 $1 > $2/log.jsonl\n\
    printf 'split,accuracy\\ntrain,0.99\\ntest,0.9%s\\n' $1 > $2/results.csv\n\
    printf '{\"accuracy\": [0.9%s, 0.8%s]}' $1 $1 > $2/metrics.json\n";

#[test]
fn the_manifest_says_which_number_counts() {
    for (metrics, number) in [
        ("{jsonl: {file: log.jsonl, take: {step: 2}}}", 0.91),
        ("{jsonl: {file: log.jsonl, take: first}}", 0.71),
        (
            "{jsonl: {file: log.jsonl, take: all}}",
            (0.71 + 0.91 + 0.81) / 3.0,
        ),
        ("{csv: {file: results.csv, row: {split: test}}}", 0.91),
        ("{csv: {file: results.csv, column: accuracy, row: 0}}", 0.99),
        ("{json: {file: metrics.json, take: max}}", 0.91),
    ] {
        assert_eq!(first(LINES, metrics), Ok(number), "{metrics}");
    }
}

#[test]
fn a_run_without_its_metric_says_what_is_there() {
    for (metrics, words) in [
        (
            "{json: metric.json}",
            "`accuracy`: metric.json: no such file, found `metrics.json`",
        ),
        (
            "{jsonl: {file: log.jsonl, path: acc}}",
            "log.jsonl: no `acc`, found `accuracy`, `step`",
        ),
        (
            "{csv: {file: results.csv, row: {split: dev}}}",
            "results.csv: no record with `dev` under `split`, found `train`, `test`",
        ),
        (
            "{json: metrics.json}",
            "`accuracy`: expected one number, found 2 (`first`",
        ),
    ] {
        let message = first(LINES, metrics).unwrap_err();
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn runs_that_all_diverged_are_the_reason_of_their_claim() {
    let script = "printf '\\357\\273\\277{\"accuracy\": NaN}' > $2/metrics.json\n";
    let (status, report) = verified(script, "{json: metrics.json}");
    assert_eq!(status, 2);
    assert_eq!(report["runs"][0]["outcome"], "diverged");
    let reason = &report["claims"][0]["reason"];
    assert_eq!(reason["code"], "nothing_left");
    assert_eq!(
        reason["text"],
        "all 3 runs diverged: no value is left to compare"
    );
}

/// Writes accuracies in percent: about 90.5, where 0.9 was reported.
const PERCENT: &str = "printf '{\"accuracy\": 90.%s}' $1 > $2/metrics.json\n";

#[test]
fn a_percentage_against_a_fraction_is_not_refuted() {
    let (status, report) = verified(PERCENT, "{json: metrics.json}");
    assert_eq!((status, &report["verdict"]), (2, &"inconclusive".into()));
    let reason = &report["claims"][0]["reason"];
    assert_eq!(reason["code"], "unit_unknown");
    assert_eq!(
        reason["text"],
        "nothing states the unit of the runs' numbers, and a factor of 100 may lie between them and the paper's: as \
         they are the claim is not reproduced, times 0.01 it is reproduced; state `scale` as 0.01, or as 1 \
         if they are in its unit"
    );
    assert!(report["claims"][0]["runs_needed"].is_null());
    assert_eq!(report["claims"][0]["warnings"], json("[]"));
    // A percent sign does not say what the paper's number is.
    let signed = PERCENT.replace("90.%s", "\"90.%s%%\"");
    let (status, report) = verified(&signed, "{json: metrics.json}");
    assert_eq!(report["runs"][0]["units"]["accuracy"], "percent");
    assert_eq!((status, &report["verdict"]), (2, &"inconclusive".into()));

    let (status, report) = verified(PERCENT, "{json: {file: metrics.json, scale: 0.01}}");
    assert_eq!((status, &report["verdict"]), (0, &"reproduced".into()));
    assert_eq!(report["runs"][0]["units"]["accuracy"], "stated");
    // The runs are in a stated unit: what was reported is on another scale.
    let (status, report) = verified(PERCENT, "{json: {file: metrics.json, scale: 1}}");
    assert_eq!((status, &report["verdict"]), (2, &"inconclusive".into()));
    assert_eq!(report["claims"][0]["reason"]["code"], "scale_mismatch");
}

#[test]
fn what_collapsed_is_refuted() {
    let collapsed = |number: &str, metrics: &str| {
        let script = PERCENT.replace("90.", number);
        verified(&script, metrics).0
    };
    assert_eq!(collapsed("0.1", "{json: metrics.json}"), 1);
    assert_eq!(collapsed("0.01", "{json: metrics.json}"), 2);
    let stated = "{json: {file: metrics.json, scale: 1}}";
    assert_eq!(collapsed("0.01", stated), 1);
}

#[test]
fn an_audit_doubts_the_unit_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence").display().to_string();
    let paper = paper(PERCENT, "{json: metrics.json}");
    let (status, _, complaint) = paper.verify(&["--evidence", &evidence]);
    assert_eq!(status, 2, "{complaint}");
    let audited = reprove_at(folder.path(), &["audit", &evidence]);
    assert_eq!(audited.status, 0, "{}", audited.stdout);
}
