//! Ways in which a false claim could come out green, or a true one red: each is refused or told.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::command::{Called, reprove};
use crate::metrics::{first, verified};
use crate::programs::{METRICS, Paper, json};
use crate::runs_are_what_they_say::{experiment, has_deviation, outcomes};

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
fn a_false_claim_cannot_be_made_green_by_a_tolerance_that_holds_every_value() {
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
fn a_false_claim_cannot_be_made_green_by_a_relative_tolerance_of_the_whole() {
    let claim = ["--reported", "90.4", "--tolerance", "200%", "--scale", "1"];
    refused(&decide(&FALSE_PERCENTAGES, &claim), "2%");
}

#[test]
fn a_false_claim_cannot_be_made_green_by_a_sign_before_the_tolerance() {
    for (tolerance, hint) in [("-1", "below 1"), ("+1", "above 1")] {
        let claim = ["--reported", "40", "--tolerance", tolerance, "--scale", "1"];
        refused(&decide(&FALSE_PERCENTAGES, &claim), hint);
    }
}

#[test]
fn a_false_claim_cannot_be_made_green_by_a_tolerance_against_the_better_direction() {
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

#[test]
fn a_false_claim_cannot_be_made_green_by_clock_seeds() {
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

/// Verdict, reason and places of seeds of the only claim, after this script has run with its seeds.
fn decided(script: &str, experiment: &str) -> (i32, String, String) {
    let paper = Paper::new(&[("run.sh", script)], experiment);
    let (status, report, complaint) = paper.verify(&[]);
    assert!(!report.is_empty(), "{complaint}");
    let report = json(&report);
    let reason = &report["claims"][0]["reason"]["code"];
    let places = report["seeds"]["set_in_source"].to_string();
    (status, reason.as_str().unwrap().to_owned(), places)
}

const CONSTANT: &str = "printf '{\"accuracy\": 0.9}' > \"$1/metrics.json\"";

#[test]
fn a_false_claim_cannot_be_made_green_by_a_seed_without_effect() {
    let (status, reason, _) = decided(CONSTANT, &experiment());
    assert_eq!((status, reason.as_str()), (2, "seed_without_effect"));
    // A program that is said to draw fresh entropy and writes one output.
    let own = format!(
        "  environment: {{none: true}}\n  seeding: own\n  run: [sh, run.sh, '{{out}}']\n{METRICS}"
    );
    let (status, reason, _) = decided(CONSTANT, &own);
    assert_eq!((status, reason.as_str()), (2, "seed_without_effect"));
}

#[test]
fn a_false_claim_cannot_be_made_green_by_a_clock_of_minutes() {
    let script = "RANDOM=$(($(date +%s) / 60)); printf '{\"accuracy\": 0.9%05d}' $RANDOM > \"$1/metrics.json\"";
    // Runs on both sides of a minute differ: hardly twice in a row.
    let statuses = || decided(script, &experiment()).0;
    let found: Vec<i32> = std::iter::repeat_with(statuses).take(2).collect();
    assert!(found.contains(&2), "{found:?}");
}

#[test]
fn a_false_claim_cannot_be_made_green_by_a_seed_in_the_program_beside_a_log_that_tells_the_seed() {
    let script =
        "RANDOM=42; echo seed $2; printf '{\"accuracy\": 0.9%05d}' $RANDOM > \"$1/metrics.json\"";
    let (status, reason, places) = decided(script, &experiment());
    assert_eq!((status, reason.as_str()), (2, "seed_in_source"), "{places}");
    assert!(places.contains("run.sh:1"), "{places}");
}

#[test]
fn choices_of_seeds_that_would_be_ignored_are_refused() {
    let paper = Paper::new(&[("run.sh", CONSTANT)], &experiment());
    let (status, _, complaint) = paper.verify(&["--nonce", "x"]);
    assert_eq!(status, 3, "{complaint}");
    assert!(
        complaint.contains("--nonce") && complaint.contains("derived"),
        "{complaint}"
    );
    let own = format!(
        "  environment: {{none: true}}\n  seeding: own\n  run: [sh, run.sh, '{{out}}']\n{METRICS}"
    );
    let paper = Paper::new(&[("run.sh", CONSTANT)], &own);
    let file = paper.folder.path().join("paper.yaml");
    let manifest = fs::read_to_string(&file).unwrap();
    let manifest = manifest.replacen("seeds:", "reported_seeds: [1, 2]\nseeds:", 1);
    fs::write(&file, manifest).unwrap();
    let (status, _, complaint) = paper.verify(&[]);
    assert_eq!(status, 3, "{complaint}");
    assert!(complaint.contains("reported_seeds"), "{complaint}");
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
fn a_false_claim_cannot_be_made_green_by_changed_data() {
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
fn a_false_claim_cannot_be_made_green_by_a_lost_last_value() {
    for (script, metrics, words) in [
        (
            "printf 'epoch,accuracy\\n1,0.9%s\\n2,None\\n' $1 > $2/log.csv\n",
            "{csv: {file: log.csv, row: last}}",
            "log.csv:3: `accuracy`: expected a number, found `None`",
        ),
        (
            "printf '{\"accuracy\": 0.9%s}\\n{\"accuracy\": \"crashed\"}\\n' $1 > $2/log.jsonl\n",
            "{jsonl: log.jsonl}",
            "log.jsonl:2: `accuracy`: expected a number, found `crashed`",
        ),
        (
            "printf '{\"log\": [{\"accuracy\": 0.9%s}, {\"accuracy\": null}]}' $1 > $2/log.json\n",
            "{json: {file: log.json, path: log.accuracy, take: last}}",
            "log.json:1: `log.accuracy`: expected a number, found `null`",
        ),
        (
            "echo accuracy=0.9$1\necho accuracy=9.05e-01\n",
            "{regex: {pattern: 'accuracy=([0-9.]+)'}}",
            "stdout:2: `9.05` is a part of a number, which goes on behind the group",
        ),
        (
            "echo accuracy=0.9$1\necho accuracy=diverged\n",
            "{regex: {pattern: 'accuracy=([0-9.]+)'}}",
            "stdout:2: no number stands in `accuracy=diverged`",
        ),
        (
            "echo accuracy: 0.9$1, loss: 0.1\necho accuracy: -, loss: 0.1\n",
            "{regex: {pattern: 'accuracy:\\s*([0-9.]+)'}}",
            "stdout:2: no number stands in `accuracy: -,`",
        ),
        (
            "echo accuracy=0.9$1\nprintf accuracy=\n",
            "{regex: {pattern: 'accuracy=([-+.\\w]+)'}}",
            "stdout:2: no number stands in `accuracy=`",
        ),
    ] {
        let message = first(script, metrics).unwrap_err();
        assert!(message.contains(words), "{message}");
    }
    // What is lost before a number is no last value.
    let late = "echo accuracy=N/A\necho accuracy=0.9$1\n";
    let number = first(late, "{regex: {pattern: 'accuracy=([0-9.]+)'}}");
    assert!(number.is_ok_and(|number| number > 0.9));
    let diverged = "echo accuracy=0.9$1\necho accuracy=nan\n";
    let (status, report) = verified(diverged, "{regex: {pattern: 'accuracy=([0-9.]+)'}}");
    assert_eq!(
        (status, &report["runs"][0]["outcome"]),
        (2, &"diverged".into())
    );
}

#[test]
fn a_false_claim_cannot_be_made_green_by_truncated_logs_or_ragged_files() {
    for (script, metrics, words) in [
        (
            "printf '{\"accuracy\": 0.9%s}\\n{\"accuracy\": 0.1, \"ep' $1 > $2/log.jsonl\n",
            "{jsonl: log.jsonl}",
            "log.jsonl:2: the last record is cut off",
        ),
        (
            "printf 'epoch,accuracy\\n1,0.5\\n2,0,9%s\\n' $1 > $2/log.csv\n",
            "{csv: {file: log.csv, row: last}}",
            "log.csv:3: expected 2 cells, found 3: write the decimal point as `.`",
        ),
        (
            "printf 'accuracy=0.9%s\\naccuracy=9' $1\n",
            "{regex: {pattern: 'accuracy=([0-9.]+)'}}",
            "stdout:2: `9` is cut off: the text ends there without a newline",
        ),
        (
            "printf 'epoch,accuracy\\n1,0.9%s\\n2,9' $1 > $2/log.csv\n",
            "{csv: {file: log.csv, row: last}}",
            "log.csv:3: `9` is cut off: the text ends there without a newline",
        ),
        (
            "echo accuracy=0.9$1 >&2\n",
            "{regex: {pattern: 'accuracy=(.+)'}}",
            "stdout: no match of `accuracy=(.+)`; stderr has one",
        ),
    ] {
        let message = first(script, metrics).unwrap_err();
        assert!(message.contains(words), "{message}");
    }
    let (status, report) = verified(
        "printf accuracy=0.9$1\n",
        "{regex: {pattern: 'accuracy=([0-9.]+)', scale: 1}}",
    );
    let warning = &report["claims"][0]["warnings"][0];
    assert_eq!((status, &warning["code"]), (0, &"no_newline".into()));
    let script = "printf '{\"accuracy\": 0.9%s}\\n{\"accuracy\": 0.1, \"ep' $1 > $2/log.jsonl\n";
    let (status, report) = verified(script, "{jsonl: {file: log.jsonl, take: max, scale: 1}}");
    assert_eq!(status, 0);
    let text = report.to_string();
    assert!(text.contains("line 2 is cut off and is left out"), "{text}");
    let warning = &report["claims"][0]["warnings"][0];
    assert_eq!(warning["code"], "cut_off", "{text}");
}

#[test]
fn a_false_claim_cannot_be_made_green_by_the_end_of_another_name() {
    let script = "echo loss=0.5$1 val_loss=0.9$1\n";
    let message = first(script, "{regex: {pattern: 'loss=([0-9.]+)'}}").unwrap_err();
    let words = "`loss` is the end of several names, `loss`, `val_loss`";
    assert!(message.contains(words), "{message}");
    let script = "echo val_accuracy=0.9$1\n";
    let pattern = "{regex: {pattern: 'accuracy=([0-9.]+)', scale: 1}}";
    let (status, report) = verified(script, pattern);
    let warning = &report["claims"][0]["warnings"][0];
    assert_eq!((status, &warning["code"]), (0, &"longer_name".into()));
}

/// A paper whose claim of 0.95 ± 0.01 is false: its seeds give values between 0.500 and 0.950, and few of
/// them the reported one.
fn lucky(seeds: &str) -> Paper {
    let script = "printf '{\"accuracy\": %s}' $(echo $2 | awk '{print 0.5 + ($1 * 37 % 10) * 0.05}') > \"$1/metrics.json\"";
    let paper = Paper::new(&[("run.sh", script)], &experiment());
    let file = paper.folder.path().join("paper.yaml");
    let manifest = fs::read_to_string(&file).unwrap();
    let manifest = manifest.replace("seeds: {first: 1, count: 3}", seeds);
    let claim = "reported: 0.95, tolerance: {absolute: 0.01}";
    let manifest = manifest.replace("reported: 0.9, tolerance: {absolute: 0.05}", claim);
    fs::write(&file, manifest).unwrap();
    paper
}

#[test]
fn a_false_claim_cannot_be_made_green_by_hand_picked_seeds() {
    let picked = "seeds: [7, 17, 27, 37]";
    let (status, report, complaint) = lucky(picked).verify(&["--strict"]);
    assert_eq!(status, 4, "{complaint}{report}");
    let report = json(&report);
    assert!(has_deviation(&report, "chosen_seeds"), "{report}");
    // Without `--strict` it is said with the verdict.
    let paper = lucky(picked);
    let text = paper.folder.path().join("report.txt").display().to_string();
    let (_, report, _) = paper.verify(&["--report", &text]);
    assert!(has_deviation(&json(&report), "chosen_seeds"));
    let text = fs::read_to_string(text).unwrap();
    let head = text.split("\nClaims\n").next().unwrap();
    assert!(
        head.contains("seeds that are not consecutive numbers"),
        "{text}"
    );
    // Said to be the paper's, they are no evidence; drawn by nobody, they are not so lucky.
    let published = "seeds: [7, 17, 27, 37]\nreported_seeds: [7, 17, 27, 37]";
    assert_eq!(lucky(published).verify(&[]).0, 2);
    assert_ne!(lucky("seeds: {derived: 12}").verify(&[]).0, 0);
    let mixed = "seeds: {first: 7, count: 11}\nreported_seeds: [7, 17]";
    assert_ne!(lucky(mixed).verify(&[]).0, 0);
}

#[test]
fn a_false_claim_cannot_be_made_green_by_no_seed() {
    let script = "printf '{\"accuracy\": 0.9}' > \"$1/metrics.json\"";
    let experiment =
        format!("  environment: {{none: true}}\n  run: [sh, run.sh, '{{out}}']\n{METRICS}");
    let (status, report, complaint) = Paper::new(&[("run.sh", script)], &experiment).verify(&[]);
    assert_eq!((status, report.as_str()), (3, ""), "{complaint}");
    assert!(complaint.contains("`{seed}`"), "{complaint}");
}

#[test]
fn a_false_claim_cannot_be_made_green_by_a_seed_in_the_program() {
    // The seed of the run is given and not taken.
    let script = "RANDOM=42; printf '{\"accuracy\": 0.9%05d}' $RANDOM > \"$1/metrics.json\"";
    let paper = Paper::new(&[("run.sh", script)], &experiment());
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence").display().to_string();
    let (status, report, complaint) = paper.verify(&["--evidence", &evidence]);
    let report = json(&report);
    assert_eq!(status, 2, "{complaint}{report}");
    assert_eq!(report["claims"][0]["reason"]["code"], "seed_in_source");
    assert!(has_deviation(&report, "seed_in_source"), "{report}");
    let audited = reprove(&["audit", &evidence]);
    assert_eq!(audited.status, 0, "{}", audited.stdout);
}

#[test]
fn a_false_claim_cannot_be_made_green_by_clock_seeds_beside_a_log_that_tells_the_seed() {
    let script = "echo run $2; printf '{\"accuracy\": 0.9%04d}' $(($(date +%s) / 3 % 10000)) > \"$1/metrics.json\"";
    // Runs on both sides of a step of the clock differ: what is asked is what becomes of those that do not.
    for _ in 0..5 {
        let paper = Paper::new(&[("run.sh", script)], &experiment());
        let (status, report, complaint) = paper.verify(&[]);
        let report = json(&report);
        let runs = report["runs"].as_array().unwrap();
        let values: Vec<_> = runs.iter().map(|run| &run["metrics"]["accuracy"]).collect();
        if values.iter().any(|value| *value != values[0]) && status == 0 {
            continue;
        }
        assert_ne!(status, 0, "{complaint}{report}");
        assert!(
            outcomes(&report).contains(&"not_independent"),
            "{complaint}{report}"
        );
        return;
    }
    panic!("runs stood on both sides of a step each time");
}

#[test]
fn a_false_claim_cannot_be_made_green_by_a_unit_slip() {
    // A model at chance level, in percent, beside a reported fraction; an error that looks smaller.
    let claim = ["--reported", "0.904", "--tolerance", "below 0.02"];
    assert_eq!(decide(&FALSE_PERCENTAGES, &claim).status, 2);
    let claim = ["--reported", "5.0", "--tolerance", "above 0.5"];
    let claim = [&claim[..], &["--better", "lower"]].concat();
    assert_eq!(decide(&FALSE_SHARES, &claim).status, 2);
    let claim = ["--reported", "0.904", "--tolerance", "0.02"];
    assert_ne!(decide(&FALSE_SHARES, &claim).status, 0);
}

#[test]
fn a_false_claim_cannot_be_made_green_by_too_few_runs() {
    // Two values that agree by chance.
    let claim = ["--reported", "0.904", "--tolerance", "0.02"];
    let of = |values: &[f64], more: &[&str]| decide(values, &[&claim[..], more].concat());
    let called = of(&[0.903, 0.905], &[]);
    assert_eq!(called.status, 2, "{}", called.stdout);
    assert!(
        called
            .stdout
            .contains("2 runs, and a verdict needs at least 3"),
        "{}",
        called.stdout
    );
    let three = [0.903, 0.905, 0.904];
    assert_eq!(of(&three, &[]).status, 0);
    assert_eq!(of(&three, &["--min-runs", "5"]).status, 2);
    assert_eq!(of(&three, &["--max-runs", "2"]).status, 2);
    assert_eq!(of(&three, &["--min-runs", "1"]).status, 3);
    // Nor is it refuted by so few.
    assert_eq!(of(&[0.5, 0.51], &[]).status, 2);
    // The verdict of a plan is that of its runs; those that were added after it do not change it.
    let added = [
        0.703, 0.705, 0.704, 0.904, 0.905, 0.903, 0.904, 0.905, 0.903,
    ];
    let called = of(&added, &["--max-runs", "3"]);
    assert_eq!(called.status, 1, "{}", called.stdout);
    assert!(
        called
            .stdout
            .contains("9 runs are there and 3 were planned")
    );
}

#[test]
fn a_false_claim_cannot_be_made_green_by_two_fresh_seeds_beside_published_ones() {
    // The fresh seeds 17 and 27 give the reported value, as few others do.
    let seeds = "seeds: [7, 17, 27, 37]\nreported_seeds: [7, 37]";
    let (status, report, complaint) = lucky(seeds).verify(&[]);
    assert_eq!(status, 2, "{complaint}{report}");
    let claim = &json(&report)["claims"][0];
    let reason = &claim["reason"];
    assert_eq!(reason["code"], "before_first_look", "{claim}");
    assert_eq!(reason["text"], "2 runs, and a verdict needs at least 3");
}

#[test]
fn a_false_claim_cannot_be_made_green_by_a_bound_on_the_better_side() {
    let claim = ["--reported", "0.904", "--tolerance", "above 0.02"];
    let called = decide(&FALSE_SHARES, &claim);
    refused(&called, "more is better by the metric's name");
    let forced = [&claim[..], &["--even-if-vacuous"]].concat();
    let called = decide(&FALSE_SHARES, &forced);
    assert!(called.stdout.contains("no worse result can fail"));
}

#[test]
fn a_false_claim_cannot_be_made_green_by_values_beyond_the_range() {
    let claim = [
        "--reported",
        "0.904",
        "--tolerance",
        "below 0.02",
        "--scale",
        "1",
    ];
    let range = [&claim[..], &["--range", "0,1"]].concat();
    let called = decide(&FALSE_PERCENTAGES, &range);
    assert_eq!(called.status, 2, "{}", called.stdout);
    assert!(
        called
            .stdout
            .contains("beyond the metric's range of 0 to 1")
    );
    let called = decide(
        &FALSE_PERCENTAGES,
        &["--reported", "90.4", "--tolerance", "5", "--range", "0,1"],
    );
    refused(&called, "the metric's range of 0 to 1");
}

#[test]
fn a_false_claim_cannot_be_made_green_by_the_wrong_column() {
    let folder = tempfile::tempdir().unwrap();
    let decide = |name: &str, text: &str, more: &[&str]| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let file = file.display().to_string();
        let claim = ["--reported", "0.9", "--tolerance", "0.05", "--scale", "1"];
        reprove(&[&["decide", "--runs", &file], &claim[..], more].concat())
    };
    let table = "seed,train_accuracy,accuracy\n1,0.90,0.51\n2,0.91,0.52\n3,0.89,0.50\n";
    refused(&decide("two.csv", table, &[]), "--column");
    refused(&decide("none.csv", table, &["--column", "acc"]), "acc");
    let twice = "seed,accuracy,accuracy\n1,0.90,0.51\n2,0.91,0.52\n3,0.89,0.50\n";
    refused(
        &decide("twice.csv", twice, &["--column", "accuracy"]),
        "accuracy",
    );
    assert_eq!(
        decide("right.csv", table, &["--column", "accuracy"]).status,
        1
    );
}

#[test]
fn a_false_claim_cannot_be_made_green_by_ragged_rows_of_values() {
    let folder = tempfile::tempdir().unwrap();
    for (text, part) in [
        ("seed,accuracy\n1,0.90\n2,0.91,0.1\n3,0.89\n", "2 cells"),
        ("seed,accuracy\n1,0,90\n2,0,91\n3,0,89\n", "2 cells"),
        ("accuracy\n0.90\nseed,accuracy\n0.91\n0.89\n", "cell"),
    ] {
        let file = folder.path().join("runs.csv");
        fs::write(&file, text).unwrap();
        let file = file.display().to_string();
        let claim = ["--reported", "0.9", "--tolerance", "0.05", "--scale", "1"];
        let named = ["--column", "accuracy"];
        refused(
            &reprove(&[&["decide", "--runs", &file], &claim[..], &named].concat()),
            part,
        );
    }
}

#[test]
fn a_false_claim_cannot_be_made_green_by_a_changed_interpreter() {
    let experiment = experiment().replace("[sh, run.sh,", "[interpreter, run.sh,");
    let paper = Paper::new(&[("run.sh", "")], &experiment);
    let home = paper.folder.path();
    let programs = home.join("programs");
    fs::create_dir(&programs).unwrap();
    let interpreter = programs.join("interpreter");
    // The same program gives other values under another version of what interprets it.
    let install = |value: &str| {
        let text = format!(
            "#!/bin/sh\nprintf '{{\"accuracy\": {value}%s}}' \"$3\" > \"$2/metrics.json\"\n"
        );
        fs::write(&interpreter, text).unwrap();
        let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&interpreter, all).unwrap();
    };
    let verify = || {
        let path = std::env::var("PATH").unwrap_or_default();
        let manifest = home.join("paper.yaml").display().to_string();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_reprove"))
            .args(["verify", "--quiet", "--json", &manifest])
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_STATE_HOME", home.join("state"))
            .output()
            .unwrap();
        let report = json(&String::from_utf8(output.stdout).unwrap());
        (output.status.code().unwrap(), report)
    };
    install("0.90");
    let (status, report) = verify();
    assert_eq!(status, 0, "{report}");
    let before = report["environment"]["software_interpreter"].clone();
    install("0.50");
    let (status, report) = verify();
    assert_eq!(status, 1, "{report}");
    assert_eq!(report["cost"]["runs"], 3);
    assert_ne!(report["environment"]["software_interpreter"], before);
}

#[test]
fn a_true_or_false_claim_is_not_decided_by_one_reading_of_a_slash() {
    // 20 of 30 correct are 66.7 %; 20 over 30 runs are 20.
    for values in [
        [66.1, 66.9, 66.5, 66.8, 67.0],
        [20.1, 20.6, 19.8, 20.2, 19.9],
    ] {
        let called = decide(&values, &["--reported", "20/30", "--tolerance", "3"]);
        assert_eq!(called.status, 2, "{}", called.stdout);
        assert!(called.stdout.contains("several ways"), "{}", called.stdout);
    }
    let percentages = [66.1, 66.9, 66.5, 66.8, 67.0];
    let claim = ["--reported", "20 of 30", "--tolerance", "3"];
    assert_eq!(decide(&percentages, &claim).status, 0);
    // Counts beside a share are in another unit, as long as nothing says otherwise.
    let counts = [20.0, 21.0, 19.0, 20.0, 20.0];
    let called = decide(&counts, &claim);
    assert_eq!(called.status, 2, "{}", called.stdout);
    assert!(
        called.stdout.contains("counts of correct"),
        "{}",
        called.stdout
    );
    // Both readings agree on what is far from either.
    let far = [41.1, 41.9, 41.5, 41.8, 42.0];
    let called = decide(&far, &["--reported", "20/30", "--tolerance", "3"]);
    assert_eq!(called.status, 1, "{}", called.stdout);
}

#[test]
fn an_impossible_value_is_told_before_any_run() {
    for (reported, is_possible) in [
        ("{mean: 90.37, std: 0.5, runs: 3}", false),
        ("{mean: 90.33, std: 0.5, runs: 3}", true),
        ("{mean: 90.37, sem: 0.5, runs: 3}", false),
        ("{mean: 90.37, ci95: [90, 91], runs: 3}", false),
        ("{mean: 90.37, plus_minus: 0.5, runs: 3}", false),
        ("{mean: 90.37, runs: 3}", false),
        ("{best: 90.3, of: 3}", false),
        ("{median: 90.3, iqr: [90, 91], runs: 3}", false),
        ("{values: [90.5, 90.4, 91.0]}", false),
        ("{values: [90.5, 90.0, 91.0]}", true),
        ("{mean: 101.5, std: 1.0, runs: 3}", false),
    ] {
        let paper = Paper::new(&[("run.sh", "")], &experiment());
        let file = paper.folder.path().join("paper.yaml");
        let manifest = fs::read_to_string(&file).unwrap();
        let claim = format!("reported: {reported}, test_size: 200, tolerance: {{absolute: 5}}");
        let manifest = manifest.replace("reported: 0.9, tolerance: {absolute: 0.05}", &claim);
        fs::write(&file, manifest).unwrap();
        let manifest = file.display().to_string();
        let called = crate::command::reprove_at(paper.folder.path(), &["check", &manifest]);
        assert_eq!(called.status, 0, "{}", called.stderr);
        let words = ["no count of correct answers", "is impossible for a metric"];
        let is_told = words.iter().any(|words| called.stderr.contains(words));
        assert_eq!(is_told, !is_possible, "{reported}: {}", called.stderr);
    }
}

#[test]
fn a_reported_value_beyond_the_metric_s_range_is_refused() {
    for (reported, words) in [
        (
            "120.4",
            "expected a value in the metric's range [0, 100], found 120.4",
        ),
        (
            "{mean: 50, std: 400, runs: 3}",
            "expected a standard deviation of at most 70.7107",
        ),
        ("{values: [99.0, 100.5]}", "found 100.5"),
    ] {
        let paper = Paper::new(&[("run.sh", "")], &experiment());
        let file = paper.folder.path().join("paper.yaml");
        let manifest = fs::read_to_string(&file).unwrap();
        let claim = format!("reported: {reported}, tolerance: {{absolute: 5}}");
        let manifest = manifest.replace("reported: 0.9, tolerance: {absolute: 0.05}", &claim);
        let manifest = format!("{manifest}metrics: {{accuracy: {{range: [0, 100]}}}}\n");
        fs::write(&file, manifest).unwrap();
        let manifest = file.display().to_string();
        let called = crate::command::reprove_at(paper.folder.path(), &["check", &manifest]);
        assert_eq!(called.status, 3, "{}", called.stderr);
        assert!(called.stderr.contains(words), "{}", called.stderr);
    }
}

#[test]
fn a_false_claim_cannot_be_made_green_in_silence_by_a_wide_tolerance_or_a_factor() {
    let note = |claim: &[&str], part: &str| {
        let called = decide(&FALSE_SHARES, claim);
        let head = called.stdout.split("  metric ").next().unwrap();
        assert!(head.contains(part), "{}", called.stdout);
    };
    let wide = ["--reported", "0.904", "--tolerance", "0.5"];
    note(&wide, "the tolerance holds 60 % of the values from 0 to 1");
    let factor = ["--reported", "0.904", "--tolerance", "0.05", "--scale"];
    note(
        &[&factor[..], &["1.76"]].concat(),
        "the runs' values were multiplied by 1.76",
    );
    let unit = [&factor[..], &["1"]].concat();
    assert!(!decide(&FALSE_SHARES, &unit).stdout.contains("multiplied"));
    refused(
        &decide(&FALSE_SHARES, &["--at-least", "-1", "--scale", "1"]),
        "every value from 0 to 1",
    );
}

#[test]
fn a_false_claim_cannot_be_made_green_by_the_column_of_the_seeds() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs.csv");
    fs::write(&file, "seed,loss\n1,0.9\n2,0.8\n3,0.7\n").unwrap();
    let file = file.display().to_string();
    let claim = ["--reported", "2", "--tolerance", "3", "--column", "seed"];
    refused(
        &reprove(&[&["decide", "--runs", &file], &claim[..]].concat()),
        "has the seeds",
    );
}
