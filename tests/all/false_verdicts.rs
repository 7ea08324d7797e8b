//! Ways in which a false claim could come out green, or a true one red: each is refused or told.

use crate::command::{Called, reprove};

/// `decide` on these values, in a file of their own; `more` are its other arguments.
fn decide(values: &[f64], more: &[&str]) -> Called {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs.csv");
    let rows: String = values.iter().map(|v| format!("{v}\n")).collect();
    std::fs::write(&file, format!("accuracy\n{rows}")).unwrap();
    let file = file.display().to_string();
    reprove(&[&["decide", "--runs", &file, "--column", "accuracy"], more].concat())
}

const FALSE_SHARES: [f64; 5] = [0.51, 0.52, 0.50, 0.53, 0.505];
const FALSE_PERCENTAGES: [f64; 5] = [51.0, 52.0, 50.0, 53.0, 50.5];

fn refused(called: &Called, part: &str) {
    assert_eq!(
        (called.status, called.stdout.as_str()),
        (3, ""),
        "{}",
        called.stderr
    );
    assert!(called.stderr.contains(part), "{}", called.stderr);
}

#[test]
fn a_false_claim_is_not_made_green_by_a_tolerance_that_holds_every_value() {
    // Two points, meant for a percentage, beside a reported fraction.
    let claim = ["--reported", "0.904", "--tolerance", "2", "--scale", "1"];
    refused(&decide(&FALSE_SHARES, &claim), "--even-if-vacuous");
    let claim = ["--reported", "90.4", "--tolerance", "95", "--scale", "1"];
    refused(&decide(&FALSE_PERCENTAGES, &claim), "--even-if-vacuous");
    refused(
        &decide(&FALSE_PERCENTAGES, &["--at-least", "0", "--scale", "1"]),
        "--even-if-vacuous",
    );
    let accepted = [&claim[..], &["--even-if-vacuous"]].concat();
    let called = decide(&FALSE_PERCENTAGES, &accepted);
    assert_eq!(called.status, 0);
    assert!(
        called.stdout.contains("the tolerance is vacuous"),
        "{}",
        called.stdout
    );
}

#[test]
fn a_tolerance_that_reaches_over_an_end_is_a_remark() {
    let high = [99.1, 99.0, 99.2, 99.15, 99.05];
    let claim = ["--reported", "99.1", "--tolerance", "1", "--scale", "1"];
    let called = decide(&high, &claim);
    assert_eq!(called.status, 0, "{}", called.stdout);
    assert!(
        called.stdout.contains("reaches over 100"),
        "{}",
        called.stdout
    );
}

#[test]
fn a_false_claim_is_not_made_green_by_a_relative_tolerance_of_the_whole() {
    let claim = ["--reported", "90.4", "--tolerance", "200%", "--scale", "1"];
    refused(&decide(&FALSE_PERCENTAGES, &claim), "2%");
}

#[test]
fn a_false_claim_is_not_made_green_by_a_sign_before_the_tolerance() {
    for (tolerance, hint) in [("-1", "below 1"), ("+1", "above 1")] {
        let claim = ["--reported", "40", "--tolerance", tolerance, "--scale", "1"];
        refused(&decide(&FALSE_PERCENTAGES, &claim), hint);
    }
}

#[test]
fn a_false_claim_is_not_made_green_by_a_tolerance_against_the_better_direction() {
    let claim = |tolerance, better| {
        let claim = ["--reported", "40", "--tolerance", tolerance, "--scale", "1"];
        decide(
            &FALSE_PERCENTAGES,
            &[&claim[..], &["--better", better]].concat(),
        )
    };
    refused(&claim("below 1", "lower"), "contradicts");
    refused(&claim("above 1", "higher"), "contradicts");
    assert_eq!(claim("below 1", "higher").status, 0);
}

#[test]
fn a_true_claim_is_not_refuted_by_a_reported_value_on_another_scale() {
    let percentages = [90.4, 90.6, 90.2, 90.5, 90.3];
    let claim = ["--reported", "0.904", "--tolerance", "0.02", "--scale", "1"];
    let called = decide(&percentages, &claim);
    assert_eq!(called.status, 2, "{}", called.stdout);
    assert!(called.stdout.contains("another scale"), "{}", called.stdout);
}

#[test]
fn one_look_is_said_to_be_one_look() {
    let called = decide(
        &FALSE_PERCENTAGES,
        &["--reported", "51.4", "--tolerance", "3", "--scale", "1"],
    );
    assert!(called.stdout.contains("one look"), "{}", called.stdout);
    refused(
        &decide(
            &FALSE_PERCENTAGES,
            &["--reported", "51.4", "--tolerance", "3", "--sequential"],
        ),
        "--max-runs",
    );
}
