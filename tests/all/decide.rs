//! `reprove decide`: every reported form from the command line, and every kind of nonsense.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::{Called, reprove};

const NEAR: [f64; 10] = [90.1, 90.6, 90.3, 90.8, 90.2, 90.5, 90.4, 90.0, 90.7, 90.4];
const LOW: [f64; 10] = [85.3, 85.5, 85.2, 85.9, 85.1, 85.6, 85.2, 85.0, 85.9, 85.3];

/// A folder with the files of these tests.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.write("near.csv", &csv(&NEAR));
        files.write("again.csv", &csv(&NEAR));
        files.write("low.csv", &csv(&LOW));
        files.write("share.csv", &csv(&NEAR.map(|v| v / 100.0)));
        files.write("one.csv", "seed,acc\n1,90.2\n");
        files.write("lost.csv", &format!("{}11,NaN\n12,inf\n", csv(&NEAR)));
        files
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Calls `decide`; `{}` in an argument is the folder.
    fn decide(&self, arguments: &[&str]) -> Called {
        let folder = self.0.path().display().to_string();
        let arguments: Vec<String> = arguments.iter().map(|a| a.replace("{}", &folder)).collect();
        let mut all = vec!["decide"];
        all.extend(arguments.iter().map(String::as_str));
        reprove(&all)
    }

    /// The claim that `decide --json` prints, with its status.
    fn claim(&self, arguments: &[&str]) -> (Value, i32) {
        let called = self.decide(&[arguments, &["--json"]].concat());
        assert_eq!(called.stderr, "", "{arguments:?}");
        let mut value: Value = serde_json::from_str(&called.stdout).unwrap();
        (value["claims"][0].take(), called.status)
    }
}

fn csv(values: &[f64]) -> String {
    let rows = values
        .iter()
        .enumerate()
        .map(|(seed, v)| format!("{},{v}\n", seed + 1));
    format!("seed,acc\n{}", rows.collect::<String>())
}

/// Verdict, target, code of the reason and exit status, in one line.
fn decided(claim: &Value, status: i32) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (verdict, target) = (&claim["verdict"], &claim["basis"]["target"]);
    let code = &claim["reason"]["code"];
    format!("{} {} {} {status}", text(verdict), text(target), text(code))
}

const NEAR_FILE: [&str; 2] = ["--runs", "{}/near.csv"];
const LOW_FILE: [&str; 2] = ["--runs", "{}/low.csv"];

/// Holds `decided` of `arguments` against what is wanted.
fn check(files: &Files, arguments: &[&str], wanted: &str) -> Value {
    let (claim, status) = files.claim(arguments);
    assert_eq!(decided(&claim, status), wanted, "{arguments:?}\n{claim:#}");
    claim
}

#[test]
fn every_reported_form_is_decided() {
    let files = Files::new();
    let inside_printed = "reproduced printed interval_inside 0";
    let inside_process = "reproduced process interval_inside 0";
    let outside_printed = "not_reproduced printed interval_outside 1";
    let outside_process = "not_reproduced process interval_outside 1";
    let ambiguous = "inconclusive printed ambiguous_reported 2";
    let rows = [
        // Read as a standard error, 1.8 leaves room for the low reruns.
        ("90.4±1.8/10", "2", inside_printed, ambiguous),
        ("90.4", "1", inside_printed, outside_printed),
        ("90.4/10", "1", inside_printed, outside_printed),
        ("90.4±0.3sd/10", "1", inside_process, outside_process),
        ("90.4 +- 0.3 sd / 10", "1", inside_process, outside_process),
        ("90.4±0.1se/10", "1", inside_process, outside_process),
        ("90.4[90.2,90.6]/10", "1", inside_process, outside_process),
        (
            "median 90.4[90.2,90.6]/10",
            "1",
            inside_process,
            outside_process,
        ),
        ("@{}/near.csv:acc", "1", inside_process, outside_process),
        ("@{}/near.csv", "1.5%", inside_process, outside_process),
        ("90.4±0.3sd/10", "3sd", inside_process, outside_process),
        (
            "best 90.9/5",
            "1",
            "reproduced printed best_inside 0",
            "not_reproduced printed best_outside 1",
        ),
        (
            "max(90.9)/5",
            "1",
            "reproduced printed best_inside 0",
            "not_reproduced printed best_outside 1",
        ),
        ("94 of 104", "2", inside_printed, outside_printed),
    ];
    for (reported, tolerance, near, low) in rows {
        let claim = ["--reported", reported, "--tolerance", tolerance];
        check(&files, &[&claim[..], &NEAR_FILE].concat(), near);
        check(&files, &[&claim[..], &LOW_FILE].concat(), low);
    }
}

#[test]
fn a_count_is_a_percentage_and_the_unit_of_its_reruns_is_stated() {
    let files = Files::new();
    let call = ["--reported", "94 of 104", "--tolerance", "2", "--runs"];
    let share = [&call[..], &["{}/share.csv"]].concat();
    check(&files, &share, "inconclusive printed unit_unknown 2");
    let call = [&["--scale", "100"], &call[..]].concat();
    let claim = check(
        &files,
        &[&call[..], &["{}/share.csv"]].concat(),
        "reproduced printed interval_inside 0",
    );
    assert_eq!(claim["reported"]["text"], "94 of 104 correct");
    let value = claim["reported"]["value"].as_f64().unwrap();
    assert!((value - 9400.0 / 104.0).abs() < 1e-12);
    let names = names(&claim["secondary"]);
    assert!(names.iter().any(|n| n.contains("Wilson")), "{names:?}");
    files.write("single.csv", "acc\n0.875\n");
    let (claim, _) = files.claim(&[&call[..], &["{}/single.csv"]].concat());
    let names = self::names(&claim["secondary"]);
    assert!(names.iter().any(|n| n.contains("Newcombe")), "{names:?}");
}

#[test]
fn a_fraction_beside_percentages_is_not_refuted_however_wide_their_interval() {
    let files = Files::new();
    let arguments = [
        "--tolerance",
        "0.02",
        "--scale",
        "1",
        "--runs",
        "{}/wide.csv",
    ];
    let reason_of = |values: &[f64], reported: &str| {
        files.write("wide.csv", &csv(values));
        let (claim, status) = files.claim(&[&["--reported", reported][..], &arguments].concat());
        (status, claim["reason"]["code"].as_str().unwrap().to_owned())
    };
    let wide = [89.0, 91.6, 90.1, 92.0];
    assert_eq!(reason_of(&wide, "0.9"), (2, "scale_mismatch".to_owned()));
    // As fractions they would lie outside, too.
    assert_eq!(reason_of(&wide, "0.8").0, 1);
}

#[test]
fn an_arm_is_not_compared_with_itself() {
    let files = Files::new();
    files.write("both.csv", "model,acc\nL,90.1\nL,90.5\nS,85.2\nS,85.6\n");
    let arms = [
        "--at-least",
        "3",
        "--runs",
        "{}/both.csv",
        "--column",
        "acc",
    ];
    let more = ["--minus", "{}/both.csv", "--where", "model=L"];
    let called = files.decide(&[&arms[..], &more].concat());
    assert_eq!(called.status, 3);
    assert!(
        called.stderr.contains("both arms are the same values"),
        "{}",
        called.stderr
    );
    assert!(called.stderr.contains("--minus-where"), "{}", called.stderr);
    let called = files.decide(&[&arms[..], &more, &["--minus-where", "model=S"]].concat());
    assert_ne!(called.status, 3, "{}", called.stderr);
}

#[test]
fn differences_rankings_and_bounds_are_decided() {
    let files = Files::new();
    let both = ["--runs", "{}/near.csv", "--minus", "{}/low.csv"];
    let reverse = ["--runs", "{}/low.csv", "--minus", "{}/near.csv"];
    let inside = "reproduced printed interval_inside 0";
    let outside = "not_reproduced printed interval_outside 1";
    let difference = ["--reported", "5.0", "--tolerance", "1"];
    check(&files, &[&both[..], &difference].concat(), inside);
    check(&files, &[&reverse[..], &difference].concat(), outside);
    check(
        &files,
        &[&both[..], &difference, &["--paired"]].concat(),
        inside,
    );
    check(&files, &[&both[..], &["--greater"]].concat(), inside);
    check(&files, &[&reverse[..], &["--greater"]].concat(), outside);
    let same = [
        "--runs",
        "{}/near.csv",
        "--minus",
        "{}/again.csv",
        "--greater",
    ];
    check(&files, &same, "inconclusive printed interval_too_wide 2");
    check(&files, &[&both[..], &["--at-least", "4"]].concat(), inside);
    check(
        &files,
        &[&NEAR_FILE[..], &["--at-least", "89"]].concat(),
        inside,
    );
    check(
        &files,
        &[&NEAR_FILE[..], &["--at-least", "92"]].concat(),
        outside,
    );
    for (tolerance, wanted) in [("below 1", inside), ("above 1", outside), ("1", outside)] {
        let claim = ["--reported", "88.0", "--tolerance", tolerance];
        check(&files, &[&claim[..], &NEAR_FILE].concat(), wanted);
    }
}

#[test]
fn what_cannot_be_decided_says_why() {
    let files = Files::new();
    let y = [90.12, 90.35, 89.97, 90.28, 90.41, 90.05, 90.22];
    files.write("y.csv", &csv(&y));
    let process = ["--basis", "process", "--runs", "{}/y.csv"];
    let ambiguous = ["--reported", "90.4±0.3/5", "--tolerance", "0.8"];
    check(
        &files,
        &[&ambiguous[..], &process].concat(),
        "inconclusive process ambiguous_reported 2",
    );
    let value = ["--reported", "90.4", "--tolerance", "1"];
    let lost = [&value[..], &["--runs", "{}/lost.csv"]].concat();
    let claim = check(&files, &lost, "inconclusive printed divergence 2");
    assert_eq!(claim["rerun"]["diverged"], 2);
    let allowed = files.decide(&[&lost[..], &["--allow-inconclusive"]].concat());
    assert_eq!(allowed.status, 0, "{}", allowed.stderr);
    assert!(
        allowed.stdout.contains("INCONCLUSIVE"),
        "{}",
        allowed.stdout
    );

    // One run says nothing of the noise between seeds, however well it fits.
    let one = [
        "--reported",
        "90.4±0.3sd/10",
        "--tolerance",
        "1",
        "--runs",
        "{}/one.csv",
    ];
    let (claim, status) = files.claim(&one);
    assert_eq!(
        (&claim["reason"]["code"], status),
        (&Value::from("one_run"), 2)
    );
    let shown = names(&claim["secondary"]);
    assert!(
        shown.iter().any(|n| n.contains("one further run")),
        "{shown:?}"
    );
}

fn names(list: &Value) -> Vec<String> {
    let items = list.as_array().unwrap().iter();
    items
        .map(|i| i["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn secondary_measures_are_shown_and_support_only() {
    let files = Files::new();
    let list = [
        "--reported",
        "@{}/near.csv:acc",
        "--tolerance",
        "1",
        "--runs",
        "{}/low.csv",
    ];
    let best = [
        "--reported",
        "best 90.9/5",
        "--tolerance",
        "1",
        "--runs",
        "{}/near.csv",
    ];
    let beats = [
        "--reported",
        "5.0±0.8sd/10",
        "--greater",
        "--runs",
        "{}/near.csv",
        "--minus",
        "{}/low.csv",
    ];
    let paired = [&beats[..], &["--paired"]].concat();
    let rows: [(&[&str], &[&str], &[&str]); 4] = [
        (
            &list,
            &[
                "exact permutation",
                "exact Mann-Whitney",
                "equal spread (F)",
            ],
            &[
                "percentile bootstrap 90 %",
                "BCa bootstrap 90 %",
                "prediction interval",
            ],
        ),
        (
            &best,
            &["rank of the reported best", "a fresh best reaches"],
            &[],
        ),
        (
            &beats,
            &["sceptical p", "exact permutation"],
            &["small telescopes", "33 % chance", "percentile bootstrap"],
        ),
        (&paired, &["exact sign flips"], &["BCa bootstrap"]),
    ];
    for (call, tests, measures) in rows {
        let (claim, _) = files.claim(call);
        let (shown, seen) = (names(&claim["tests"]), names(&claim["secondary"]));
        for wanted in tests {
            let at = shown.iter().position(|name| name.starts_with(wanted));
            let at = at.unwrap_or_else(|| panic!("{wanted} {shown:?}"));
            assert_eq!(claim["tests"][at]["role"], "supports", "{wanted}");
        }
        for wanted in measures {
            assert!(
                seen.iter().any(|name| name.contains(wanted)),
                "{wanted} {seen:?}"
            );
        }
    }
}

#[test]
fn every_format_and_standard_input_give_the_same_claim() {
    let files = Files::new();
    let rows = NEAR.map(|v| format!("{{\"acc\": {v}}}"));
    files.write("near.jsonl", &rows.join("\n"));
    files.write("near.json", &format!("[{}]", rows.join(",")));
    files.write("object.json", &format!("{{\"acc\": {NEAR:?}}}"));
    files.write("plain.txt", &NEAR.map(|v| format!("{v}\n")).concat());
    files.write("near.tsv", &csv(&NEAR).replace(',', "\t"));
    let call = [
        "--reported",
        "90.4±0.3sd/10",
        "--tolerance",
        "1",
        "--metric",
        "acc",
        "--runs",
    ];
    let (wanted, _) = files.claim(&[&call[..], &["{}/near.csv"]].concat());
    for file in [
        "near.jsonl",
        "near.json",
        "object.json",
        "plain.txt",
        "near.tsv",
    ] {
        let path = format!("{{}}/{file}");
        let mut arguments = [&call[..], &[path.as_str()]].concat();
        if file == "object.json" {
            arguments.extend(["--column", "acc"]);
        }
        let (claim, _) = files.claim(&arguments);
        assert_eq!(claim, wanted, "{file}");
    }
    let called = piped(
        &[&["decide"], &call[..], &["-", "--json"]].concat(),
        &csv(&NEAR),
    );
    let value: Value = serde_json::from_str(&called).unwrap();
    assert_eq!(value["claims"][0], wanted);
}

/// Standard output of a call that reads `input`.
fn piped(arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_reprove"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(input.as_bytes()).unwrap();
    drop(pipe);
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn the_same_call_prints_the_same_bytes() {
    let files = Files::new();
    let call = [
        "--reported",
        "90.4±0.5/10",
        "--tolerance",
        "1",
        "--runs",
        "{}/near.csv",
        "--json",
    ];
    assert_eq!(files.decide(&call).stdout, files.decide(&call).stdout);
}

#[test]
fn the_rule_of_mlperf_is_a_check_of_its_own() {
    let files = Files::new();
    let call = |runs| {
        let reference = "@{}/near.csv:acc";
        files.decide(&[
            "--rule",
            "mlperf-rcp",
            "--reported",
            reference,
            "--runs",
            runs,
        ])
    };
    let slower = call("{}/near.csv");
    assert_eq!(slower.status, 0, "{}", slower.stderr);
    assert!(slower.stdout.contains("no evidence of reproduction"));
    assert_eq!(call("{}/low.csv").status, 1);
    let called = call("{}/lost.csv");
    assert_eq!(called.status, 1);
    assert!(
        called.stdout.contains("2 runs did not converge"),
        "{}",
        called.stdout
    );
}

#[test]
fn nonsense_exits_with_3_and_one_line() {
    let files = Files::new();
    files.write("empty.csv", "");
    files.write("header.csv", "seed,acc\n");
    files.write("two.csv", "a,b\n1,2\n");
    files.write("text.csv", "acc\n90.1\nninety\n");
    files.write("broken.json", "[1, 2");
    files.write("nested.json", "[[1], [2]]");
    std::fs::write(Path::new(&files.path("binary.csv")), [0xff, 0xfe, 0, 1]).unwrap();
    let mut calls: Vec<Vec<&str>> = Vec::new();
    for reported in [
        "",
        "ninety",
        "nan",
        "inf",
        "90.4±",
        "90.4±-1",
        "±3",
        "90[91,92]/5",
        "90[80",
        "best 90",
        "90/0",
        "90/x",
        "@",
        "@{}/missing.csv",
        "@{}/two.csv",
        "@{}/near.csv:loss",
        "1e999",
    ] {
        calls.push(vec![
            "--reported",
            reported,
            "--tolerance",
            "1",
            "--runs",
            "{}/near.csv",
        ]);
    }
    for tolerance in [
        "0", "", "two", "nan", "inf", "2%%", "sd", "--1", "-1", "+1", "1sd", "below", "200%",
    ] {
        calls.push(vec![
            "--reported",
            "90.4",
            "--tolerance",
            tolerance,
            "--runs",
            "{}/near.csv",
        ]);
    }
    for runs in [
        "{}/missing.csv",
        "{}",
        "{}/empty.csv",
        "{}/header.csv",
        "{}/two.csv",
        "{}/text.csv",
        "{}/broken.json",
        "{}/nested.json",
        "{}/binary.csv",
    ] {
        calls.push(vec![
            "--reported",
            "90.4",
            "--tolerance",
            "1",
            "--runs",
            runs,
        ]);
    }
    let value = ["--reported", "90.4", "--runs", "{}/near.csv"];
    for more in [
        vec![],
        vec!["--tolerance", "1", "--column", "loss"],
        vec!["--tolerance", "1", "--alpha", "0"],
        vec!["--tolerance", "1", "--alpha", "0.7"],
        vec!["--tolerance", "1", "--alpha", "nan"],
        vec!["--tolerance", "1", "--sequential", "--max-runs", "2"],
        vec!["--tolerance", "0.01", "--basis", "process"],
        vec!["--rule", "mlperf-rcp"],
    ] {
        calls.push([&value[..], &more].concat());
    }
    calls.push(vec!["--tolerance", "1", "--runs", "{}/near.csv"]);
    calls.push(vec![
        "--reported",
        "0",
        "--tolerance",
        "2%",
        "--runs",
        "{}/near.csv",
    ]);
    for call in &calls {
        let called = files.decide(call);
        let lines: Vec<&str> = called.stderr.lines().collect();
        assert_eq!(
            (called.status, called.stdout.as_str()),
            (3, ""),
            "{call:?} {lines:?}"
        );
        assert!(lines[0].starts_with("error: "), "{call:?} {lines:?}");
        let rest = &lines[1..];
        assert!(
            rest.len() <= 1 && rest.iter().all(|line| line.starts_with("hint: ")),
            "{call:?} {lines:?}"
        );
    }
}

#[test]
fn wrong_usage_exits_with_3_and_prints_no_result() {
    let files = Files::new();
    for call in [
        vec!["--reported", "90.4", "--tolerance", "1"],
        vec![
            "--reported",
            "90.4",
            "--tolerance",
            "1",
            "--greater",
            "--runs",
            "{}/near.csv",
        ],
        vec!["--tolerance", "1", "--paired", "--runs", "{}/near.csv"],
        vec!["--alpha", "half", "--runs", "{}/near.csv"],
        vec!["--at-least", "many", "--runs", "{}/near.csv"],
        vec!["--decimals", "99", "--runs", "{}/near.csv"],
    ] {
        let called = files.decide(&call);
        assert_eq!((called.status, called.stdout.as_str()), (3, ""), "{call:?}");
        assert!(
            called.stderr.starts_with("error: "),
            "{call:?} {}",
            called.stderr
        );
    }
}

#[test]
fn one_of_several_configurations_is_decided() {
    let files = Files::new();
    let rows = |name: &str, values: [f64; 10]| {
        let rows = values.iter().enumerate();
        let rows = rows.map(|(seed, v)| format!("{name},{seed}.0,{v}%\n"));
        rows.collect::<String>()
    };
    let all = format!(
        "config,seed,acc\n{}{}",
        rows("large", NEAR),
        rows("small", LOW)
    );
    files.write("all.csv", &all);
    let call = [
        "--reported",
        "90.4",
        "--tolerance",
        "1",
        "--runs",
        "{}/all.csv",
    ];
    let column = ["--column", "acc"];
    let large = [&call[..], &column, &["--where", "config=large"]].concat();
    check(&files, &large, "reproduced printed interval_inside 0");
    let called = files.decide(&[&call[..], &column].concat());
    assert_eq!(called.status, 3);
    assert!(
        called.stderr.contains("the seed 0 stands twice")
            && called.stderr.contains(
                "hint: if these are several configurations, pick one with `--where 'config=small'`"
            ),
        "{}",
        called.stderr
    );
    let arms = [
        "--greater",
        "--paired",
        "--runs",
        "{}/all.csv",
        "--where",
        "config=large",
        "--minus",
        "{}/all.csv",
        "--minus-where",
        "config=small",
    ];
    check(
        &files,
        &[&arms[..], &column].concat(),
        "reproduced printed interval_inside 0",
    );
}

#[test]
fn runs_are_paired_by_their_seeds_alone() {
    let files = Files::new();
    files.write("plain.csv", &NEAR.map(|v| v.to_string()).join("\n"));
    let call = [
        "--greater",
        "--paired",
        "--runs",
        "{}/plain.csv",
        "--minus",
        "{}/low.csv",
    ];
    let called = files.decide(&call);
    assert_eq!(called.status, 3);
    assert!(called.stderr.contains("needs seeds"), "{}", called.stderr);
}

#[test]
fn seeds_of_one_arm_alone_are_said() {
    let files = Files::new();
    let rows = "seed,acc\n12,85.1\n3,85.2\n2,85.9\n1,85.3\n4,85.5\n";
    files.write("other.csv", rows);
    let call = ["--greater", "--paired", "--runs", "{}/near.csv", "--minus"];
    let (claim, status) = files.claim(&[&call[..], &["{}/other.csv"]].concat());
    assert_eq!((status, &claim["rerun"]["n"]), (0, &4.into()), "{claim}");
    let warnings = claim["warnings"].as_array().unwrap();
    let unpaired = warnings.iter().find(|w| w["code"] == "unpaired");
    let text = unpaired.unwrap()["text"].as_str().unwrap();
    assert_eq!(
        text,
        "7 seeds in one arm only, left out beside the 4 pairs of both: 5, 6, 7, 8, 9, 10, 12"
    );
    files.write("foreign.csv", "seed,acc\n21,85.1\n22,85.2\n23,85.9\n");
    let called = files.decide(&[&call[..], &["{}/foreign.csv"]].concat());
    assert_eq!(called.status, 3);
    assert!(
        called.stderr.contains("needs seeds that both have"),
        "{}",
        called.stderr
    );
}

#[test]
fn the_rule_of_mlperf_keeps_batch_sizes_apart() {
    let files = Files::new();
    let epochs = |size: u32, first: u32| -> String {
        let rows = (0..5).map(|i| format!("{size},{}\n", first + i));
        rows.collect()
    };
    let header = "batch_size,epochs\n";
    files.write(
        "reference.csv",
        &format!("{header}{}{}", epochs(256, 40), epochs(512, 50)),
    );
    files.write("plain.csv", "epochs\n41\n42\n43\n44\n45\n");
    files.write("at256.csv", &format!("{header}{}", epochs(256, 40)));
    files.write(
        "mixed.csv",
        &format!("{header}{}{}", epochs(256, 40), epochs(512, 50)),
    );
    let call = |runs: &str, more: &[&str]| {
        let rule = ["--rule", "mlperf-rcp", "--column", "epochs", "--reported"];
        let files_of = ["@{}/reference.csv:epochs", "--runs", runs];
        files.decide(&[&rule[..], &files_of, more].concat())
    };
    let called = call("{}/plain.csv", &[]);
    assert_eq!(called.status, 3);
    assert!(
        called.stderr.contains("several sizes: 256, 512"),
        "{}",
        called.stderr
    );
    assert_eq!(call("{}/plain.csv", &["--batch-size", "256"]).status, 0);
    // What the runs' own file says needs no option, and is not contradicted.
    assert_eq!(call("{}/at256.csv", &[]).status, 0);
    let other = call("{}/at256.csv", &["--batch-size", "512"]);
    assert!(
        other.stderr.contains("expected batch size 512, found 256"),
        "{}",
        other.stderr
    );
    assert_eq!(call("{}/mixed.csv", &["--batch-size", "256"]).status, 3);
    for (size, status, part) in [
        ("384", 1, "256, 512 and not 384: between two sizes"),
        ("1024", 2, "256, 512 and not 1024: above all of them"),
        ("64", 0, "256, 512 and not 64: below all of them"),
    ] {
        let called = call("{}/plain.csv", &["--batch-size", size]);
        assert_eq!(called.status, status, "{size} {}", called.stdout);
        assert!(called.stdout.contains(part), "{}", called.stdout);
    }
}

#[test]
fn lost_runs_are_neither_values_nor_diverged() {
    let files = Files::new();
    files.write("crashed.csv", &format!("{}11,crashed\n12,\n", csv(&NEAR)));
    let call = [
        "--reported",
        "90.4",
        "--tolerance",
        "1",
        "--runs",
        "{}/crashed.csv",
    ];
    let (claim, _) = files.claim(&call);
    assert_eq!(
        (&claim["rerun"]["diverged"], &claim["rerun"]["failed"]),
        (&0.into(), &2.into())
    );
}
