//! The whole output of every subcommand, on good and on bad input.
//!
//! What differs between machines and calls is replaced: paths, times, hashes, versions, the machine.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::absent::not_tested;
use crate::command::{Called, reprove_in, root};
use crate::programs::{PRINTED, Paper};

/// The working folder of calls, with the repository's manifests and fixtures. Paths in outputs are
/// relative to it, so that they are the same wherever the repository lies.
struct Desk {
    home: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        for part in ["manifests", "fixtures"] {
            symlink(root().join(part), home.path().join(part)).expect("a link can be made");
        }
        fs::create_dir(home.path().join("files")).expect("a folder can be made");
        Self { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file and gives its path as an argument.
    fn file(&self, name: &str, text: &str) -> String {
        let name = format!("files/{name}");
        fs::write(self.path(&name), text).expect("a file can be written");
        name
    }

    /// A manifest of the repository with one text replaced.
    fn edited(&self, manifest: &str, from: &str, to: &str) -> String {
        let path = root().join("manifests").join(manifest);
        let text = fs::read_to_string(path).expect("it is there");
        assert!(text.contains(from), "`{from}` is in {manifest}");
        self.file(manifest, &text.replace(from, to))
    }

    fn call(&self, arguments: &[&str]) -> Called {
        reprove_in(self.home.path(), self.home.path(), arguments)
    }

    /// Whether programs run in tier `namespaces` here.
    fn has_namespaces(&self) -> bool {
        let found: Value = serde_json::from_str(&self.call(&["doctor", "--json"]).stdout)
            .expect("doctor writes JSON");
        found["sandbox"][0]["works"] == true
    }

    /// Calls the binary and compares what it wrote with the snapshot.
    fn snapshot(&self, name: &str, arguments: &[&str]) {
        let called = self.call(arguments);
        self.compare(name, arguments, &called, &called.stdout);
    }

    fn compare(&self, name: &str, arguments: &[&str], called: &Called, stdout: &str) {
        let shown = format!(
            "$ reprove {}\n{stdout}\n--- standard error ---\n{}\n--- status {} ---",
            arguments.join(" "),
            called.stderr,
            called.status
        );
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for (pattern, replacement) in filters(self.home.path()) {
            settings.add_filter(&pattern, replacement);
        }
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

/// What is replaced in an output, in this order.
fn filters(home: &Path) -> Vec<(String, &'static str)> {
    vec![
        (regex_of(&home.display().to_string()), "[HOME]"),
        (r"\b[0-9a-f]{64}\b".into(), "[SHA256]"),
        (r"\b[0-9a-f]{40}\b".into(), "[SHA1]"),
        (regex_of(env!("CARGO_PKG_VERSION")), "[VERSION]"),
        // The sections of a report on the machine and on the cost.
        (r"\nMachine\n(  .*\n)+".into(), "\nMachine\n  [MACHINE]\n"),
        // Where a user has no control group, memory is polled.
        (r"\n *- the limit on memory is polled [^\n]*".into(), ""),
        (r"\nCost\n(  .*\n)+".into(), "\nCost\n  [COST]\n"),
        (
            r#"(installed here was used) \([^"]*?\)+(["\n])"#.into(),
            "$1 ([SOFTWARE])$2",
        ),
    ]
}

/// A pattern that matches a text as it stands.
fn regex_of(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if !character.is_alphanumeric() && character != '/' {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// A report without what differs between machines and calls.
fn without_machine(json: Value) -> Value {
    const MACHINE: [&str; 8] = [
        "cost",
        "cpu_seconds",
        "energy_wh",
        "environment",
        "gpu_seconds",
        "max_rss_bytes",
        "usage",
        "wall_seconds",
    ];
    match json {
        Value::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| {
                let is_machine = MACHINE.contains(&key.as_str());
                let value = if is_machine {
                    "[MACHINE]".into()
                } else {
                    without_machine(value)
                };
                (key, value)
            })
            .collect(),
        Value::Array(values) => values
            .into_iter()
            .filter(|value| value["code"] != "memory_polled")
            .map(without_machine)
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => json,
    }
}

#[test]
fn help_of_every_command() {
    let desk = Desk::new();
    desk.snapshot("help", &["--help"]);
    for command in [
        "verify",
        "check",
        "plan",
        "decide",
        "report",
        "audit",
        "doctor",
        "explain",
        "schema",
        "completions",
        "man",
        "help",
    ] {
        desk.snapshot(&format!("help_{command}"), &[command, "--help"]);
    }
}

#[test]
fn wrong_usage() {
    let desk = Desk::new();
    desk.snapshot("usage_no_command", &[]);
    desk.snapshot("usage_unknown_command", &["verfy", "manifests/sonar.yaml"]);
    desk.snapshot(
        "usage_unknown_flag",
        &["verify", "manifests/sonar.yaml", "--max-run", "3"],
    );
    desk.snapshot("usage_no_manifest", &["check"]);
}

#[test]
fn verify_of_a_program() {
    let desk = Desk::new();
    if !desk.has_namespaces() {
        return not_tested(
            "namespaces",
            "the reports of the snapshots are of that tier",
        );
    }
    let arguments = [
        "verify",
        "manifests/python-stdlib.yaml",
        "--max-runs",
        "4",
        "--quiet",
    ];
    desk.snapshot("verify_text", &arguments);
    let arguments = [&arguments[..], &["--json"]].concat();
    let called = desk.call(&arguments);
    let json =
        serde_json::from_str(&called.stdout).unwrap_or_else(|e| panic!("{e}: {}", called.stderr));
    let text = serde_json::to_string_pretty(&without_machine(json)).expect("JSON is text");
    desk.compare("verify_json", &arguments, &called, &text);
}

#[test]
fn verify_of_what_cannot_be_verified() {
    let desk = Desk::new();
    let broken = desk.edited(
        "python-stdlib.yaml",
        "0ee28338cbbe225ed1ee3ed83a02e540706ca37434c6217f69aecb181df8602a",
        "1ee28338cbbe225ed1ee3ed83a02e540706ca37434c6217f69aecb181df8602a",
    );
    desk.snapshot("verify_broken_pin", &["verify", &broken, "--quiet"]);
    if !desk.has_namespaces() {
        return not_tested(
            "namespaces",
            "the reports of the snapshots are of that tier",
        );
    }
    let failing = Paper::new(&[("run.sh", "echo no such dataset >&2\nexit 3\n")], PRINTED);
    let arguments = ["verify", "paper.yaml", "--quiet"];
    let called = reprove_in(failing.folder.path(), desk.home.path(), &arguments);
    desk.compare(
        "verify_failing_program",
        &arguments,
        &called,
        &called.stdout,
    );
}

#[test]
fn verify_of_bad_input() {
    let desk = Desk::new();
    desk.snapshot("verify_no_file", &["verify", "no-such.yaml"]);
    let unknown = desk.edited("python-stdlib.yaml", "claims:", "claim:");
    desk.snapshot("verify_unknown_key", &["verify", &unknown]);
    let syntax = desk.file("syntax.yaml", "reprove: 1\n  code: [\n");
    desk.snapshot("verify_no_yaml", &["verify", &syntax]);
    let claims = [
        "verify",
        "manifests/python-stdlib.yaml",
        "--claims",
        "h1-test",
    ];
    desk.snapshot("verify_unknown_claim", &claims);
    let runs = [
        "verify",
        "manifests/python-stdlib.yaml",
        "--max-runs",
        "1000",
    ];
    desk.snapshot("verify_too_many_runs", &runs);
}

#[test]
fn check_of_good_and_bad_input() {
    let desk = Desk::new();
    desk.snapshot("check", &["check", "manifests/python-stdlib.yaml"]);
    desk.snapshot(
        "check_json",
        &["check", "manifests/python-stdlib.yaml", "--json"],
    );
    let manifest = desk.edited("python-stdlib.yaml", "sonar.csv", "sonor.csv");
    desk.snapshot("check_no_data", &["check", &manifest]);
    let several = desk.file(
        "several.yaml",
        "reprove: 1\ncode: {repository: code, commit: main}\nseeds: {first: 1, count: 0}\n\
         experiment:\n  environment: {none: true}\n  run: []\n  metrics: {jsn: metrics.json}\n\
         claims:\n  - {id: a, metric: accuracy, reported: ninety, tolerance: {absolute: -1}}\n",
    );
    desk.snapshot("check_several_problems", &["check", &several]);
}

#[test]
fn plan_of_good_and_bad_input() {
    let desk = Desk::new();
    desk.snapshot("plan", &["plan", "manifests/python-stdlib.yaml"]);
    desk.snapshot(
        "plan_json",
        &["plan", "manifests/python-stdlib.yaml", "--json"],
    );
    desk.snapshot("plan_no_file", &["plan", "no-such.yaml"]);
}

#[test]
fn decide_of_good_and_bad_input() {
    let desk = Desk::new();
    let runs = desk.file("runs.csv", "90.1\n90.5\n90.3\n90.9\n89.8\n");
    let decide = |reported: &'static str, tolerance: &'static str| {
        [
            "decide",
            "--reported",
            reported,
            "--tolerance",
            tolerance,
            "--runs",
        ]
    };
    let with = |arguments: &[&'static str], more: &[&str]| {
        let all = arguments.iter().map(|argument| (*argument).to_owned());
        all.chain(more.iter().map(|argument| (*argument).to_owned()))
            .collect::<Vec<String>>()
    };
    let snapshot = |name: &str, arguments: Vec<String>| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        desk.snapshot(name, &arguments);
    };
    let good = decide("90.4±1.8sd/10", "1.5");
    snapshot("decide_reproduced", with(&good, &[&runs]));
    snapshot("decide_json", with(&good, &[&runs, "--json"]));
    snapshot(
        "decide_not_reproduced",
        with(&decide("95.0", "1.5"), &[&runs]),
    );
    let one = desk.file("one.csv", "90.1\n");
    snapshot("decide_inconclusive", with(&good, &[&one]));
    snapshot(
        "decide_bad_reported",
        with(&decide("ninety", "1.5"), &[&runs]),
    );
    snapshot("decide_one_sided", with(&decide("90.4", "-1.5"), &[&runs]));
    snapshot(
        "decide_bad_tolerance",
        with(&decide("90.4", "wide"), &[&runs]),
    );
    let words = desk.file("words.csv", "90.1\nninety\n");
    snapshot("decide_bad_runs", with(&good, &[&words]));
    snapshot("decide_no_runs", with(&good, &["no-such.csv"]));
}

#[test]
fn report_in_every_format() {
    let desk = Desk::new();
    for format in [
        "text",
        "markdown",
        "html",
        "latex",
        "junit",
        "csv",
        "badge",
        "card",
        "annotations",
        "checklist",
        "tap",
    ] {
        let arguments = [
            "report",
            "fixtures/reports/example.json",
            "--format",
            format,
        ];
        desk.snapshot(&format!("report_{format}"), &arguments);
    }
    desk.snapshot(
        "report_json",
        &[
            "report",
            "fixtures/reports/example.json",
            "--format",
            "json",
        ],
    );
}

#[test]
fn report_of_bad_input() {
    let desk = Desk::new();
    let report = |file: &str, format: &str| {
        desk.snapshot(
            &format!(
                "report_bad_{}",
                file.rsplit('/').next().unwrap_or(file).replace('.', "_")
            ),
            &["report", file, "--format", format],
        );
    };
    report("no-such.json", "text");
    report("fixtures/reports/README.md", "text");
    report("fixtures/reports/example.json", "pdf");
    let newer = desk.file("newer.json", "{\"schema_version\": 1000}\n");
    report(&newer, "text");
}

#[test]
fn audit_of_good_and_bad_bundles() {
    let desk = Desk::new();
    let script = "echo accuracy 0.9$REPROVE_SEED\n";
    let paper = Paper::new(&[("run.sh", script)], PRINTED);
    let evidence = "files/evidence";
    let folder = desk.path(evidence).display().to_string();
    let (status, _, complaint) = paper.verify(&["--evidence", &folder]);
    assert_eq!(status, 0, "{complaint}");
    desk.snapshot("audit", &["audit", evidence]);
    desk.snapshot("audit_json", &["audit", evidence, "--json"]);
    let runs = desk.path("files/evidence/runs.jsonl");
    let text = fs::read_to_string(&runs).expect("a bundle has runs");
    fs::write(&runs, text.replace("0.91", "0.94")).expect("the runs can be changed");
    desk.snapshot("audit_changed", &["audit", evidence]);
    desk.snapshot("audit_no_folder", &["audit", "no-such-folder"]);
    desk.snapshot("audit_no_bundle", &["audit", "fixtures/reports"]);
}

#[test]
fn doctor_of_this_machine() {
    let desk = Desk::new();
    let called = desk.call(&["doctor"]);
    assert_eq!((called.status, called.stderr.as_str()), (0, ""));
    // The headings and the names, without what the machine has.
    let lines = called.stdout.lines().filter_map(|line| {
        let name = line.trim_start();
        match line.len() - name.len() {
            0 => Some(line.to_owned()),
            2 => Some(format!("  {}", name.split("  ").next().unwrap_or(name))),
            _ => None,
        }
    });
    let shown = lines.collect::<Vec<_>>().join("\n");
    desk.compare("doctor", &["doctor"], &called, &shown);
}

#[test]
fn completions_of_a_shell() {
    let desk = Desk::new();
    desk.snapshot("completions_fish", &["completions", "fish"]);
    desk.snapshot("completions_unknown_shell", &["completions", "tcsh"]);
}
