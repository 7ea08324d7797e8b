//! Runs of small programs from their template to their outcome.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use reprove::metrics::MetricRequest;
use reprove::runs::program::{self, Outcome, Run, RunResult, Values};
use reprove::sandbox::{
    DeviceAccess, Launcher, NetworkAccess, ResourceLimits, SandboxPolicy, TierRequest,
    base_environment,
};
use reprove::seeds::RunSeed;

/// A Python experiment in a folder of its own.
struct Experiment {
    folder: tempfile::TempDir,
    code: PathBuf,
}

impl Experiment {
    fn new(script: &str) -> Experiment {
        let folder = tempfile::Builder::new()
            .prefix("reprove-program-")
            .tempdir()
            .unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        for name in ["work", "logs", "code"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let code = folder.path().join("code");
        fs::write(code.join("train.py"), script).unwrap();
        fs::write(folder.path().join("data.csv"), "1,2\n").unwrap();
        Experiment { folder, code }
    }

    fn run_with(
        &self,
        metrics: &str,
        arguments: &[&str],
        change: impl FnOnce(&mut SandboxPolicy),
    ) -> Result<RunResult, program::Error> {
        let path = |name: &str| self.folder.path().join(name);
        let mut policy = SandboxPolicy {
            tier: TierRequest::Strongest,
            read_only: vec![self.code.clone()],
            work: path("work"),
            logs: path("logs"),
            network: NetworkAccess::Loopback,
            devices: DeviceAccess::None,
            limits: ResourceLimits {
                time: Duration::from_secs(5),
                ..ResourceLimits::default()
            },
            environment: base_environment(1),
        };
        change(&mut policy);
        let values = Values {
            seed: RunSeed(7),
            data: BTreeMap::from([("table".to_owned(), path("data.csv"))]),
            out: path("work/out"),
            device: "cpu".into(),
            threads: 1,
            configuration: BTreeMap::from([("hidden".to_owned(), "12".to_owned())]),
        };
        let metrics = MetricRequest {
            sources: &metrics.parse().unwrap(),
            metrics: &BTreeSet::new(),
        };
        let template: Vec<String> = ["/usr/bin/python3", "train.py"]
            .iter()
            .chain(arguments)
            .map(|part| (*part).to_owned())
            .collect();
        let run = Run {
            template: &template,
            metrics,
            values: &values,
            directory: &self.code,
            policy: &policy,
        };
        let launcher = Launcher::at(env!("CARGO_BIN_EXE_reprove"));
        program::run(&launcher, &run, &AtomicBool::new(false))
    }

    fn outcome(&self, metrics: &str) -> Outcome {
        self.run_with(metrics, &[], |_| {}).unwrap().outcome
    }
}

const JSON: &str = r#"{"json": "metrics.json"}"#;

/// The failure of a script in words.
fn failure(script: &str) -> String {
    match Experiment::new(script).outcome(JSON) {
        Outcome::Failed(failure) => failure.to_string(),
        other => panic!("{script}: {other:?}"),
    }
}

#[test]
fn a_program_gets_its_values_and_gives_its_metrics() {
    let script = r#"
import json, os, sys
seed, data, hidden, out = sys.argv[1:]
assert os.environ["REPROVE_SEED"] == seed and os.path.dirname(out) == os.environ["REPROVE_OUT"]
same = open(os.environ["REPROVE_DATA_DIR"] + "/table").read() == open(data).read()
json.dump({"accuracy": 0.5 + int(seed) / 64, "same": int(same), "hidden": hidden, "n": {"folds": [1, 2]}}, open(out, "w"))
"#;
    let experiment = Experiment::new(script);
    let arguments = ["{seed}", "{data.table}", "{hidden}", "{out}/metrics.json"];
    let ran = experiment.run_with(JSON, &arguments, |_| {}).unwrap();
    let Outcome::Measured(readings) = &ran.outcome else {
        panic!("{:?}", ran.outcome)
    };
    let values: Vec<(&str, f64)> = readings
        .iter()
        .map(|(name, found)| (name.as_str(), found[0].value))
        .collect();
    assert_eq!(
        values,
        [
            ("accuracy", 0.609375),
            ("hidden", 12.0),
            ("n.folds.0", 1.0),
            ("n.folds.1", 2.0),
            ("same", 1.0)
        ]
    );
    assert_eq!(readings["accuracy"][0].provenance.line, Some(1));
    assert_eq!(
        (ran.arguments[2].as_str(), ran.arguments[4].as_str()),
        ("7", "12")
    );
}

#[test]
fn a_metric_that_is_not_finite_is_divergence() {
    let script = "import json, os; json.dump({'loss': float('nan'), 'acc': 0.5}, open(os.environ['REPROVE_OUT'] + '/metrics.json', 'w'))";
    let experiment = Experiment::new(script);
    assert!(
        matches!(experiment.outcome(JSON), Outcome::Diverged(readings) if readings["loss"][0].value.is_nan())
    );
    let only = r#"{"acc": {"json": "metrics.json"}}"#;
    assert!(
        matches!(experiment.outcome(only), Outcome::Measured(readings) if readings["acc"][0].value == 0.5)
    );
}

#[test]
fn failures_are_told_apart() {
    assert_eq!(
        failure("raise ValueError('x')"),
        "crashed: exit status 1: ValueError: x"
    );
    assert!(failure("open('train.csv')").starts_with("data missing: FileNotFoundError"));
    let alone = failure("import socket; socket.getaddrinfo('example.org', 80)");
    assert!(
        alone.starts_with("no network: socket.gaierror")
            && alone.ends_with("runs have no network: give what they fetch as `data`"),
        "{alone}"
    );
    assert_eq!(
        failure("import no_such_module"),
        "dependency missing: ModuleNotFoundError: No module named 'no_such_module'"
    );
    assert!(
        failure("import os; open(os.environ['REPROVE_DATA_DIR'] + '/absent')")
            .starts_with("data missing: FileNotFoundError")
    );
    assert_eq!(
        failure("raise RuntimeError('No CUDA GPUs are available')"),
        "no GPU: RuntimeError: No CUDA GPUs are available"
    );
    assert_eq!(failure("bytearray(1 << 60)"), "out of memory: MemoryError");
    assert_eq!(failure("pass"), "no metric: metrics.json: no such file");
    assert_eq!(
        failure("import os; os.abort()"),
        "crashed: signal 6 (SIGABRT)"
    );
    let linked =
        "import os; os.symlink('/etc/hostname', os.environ['REPROVE_OUT'] + '/metrics.json')";
    assert_eq!(
        failure(linked),
        "no metric: metrics.json: is a link or lies behind one, and links are not followed"
    );
    let piped = "import os; os.mkfifo(os.environ['REPROVE_OUT'] + '/metrics.json')";
    assert_eq!(
        failure(piped),
        "no metric: metrics.json: is not a plain file"
    );
}

#[test]
fn limits_show_in_the_failure() {
    let slow = Experiment::new("import time; print('begun'); time.sleep(60)");
    let ran = slow
        .run_with(JSON, &[], |policy| {
            policy.limits.time = Duration::from_millis(300)
        })
        .unwrap();
    let Outcome::Failed(failure) = ran.outcome else {
        panic!("{:?}", ran.outcome)
    };
    assert!(
        failure.to_string().starts_with("timed out: after 0."),
        "{failure}"
    );
    assert_eq!(failure.log, ["begun"]);
    let large = Experiment::new(
        "x = [bytearray(b'x') * (8 << 20) for _ in range(64)]\nimport time; time.sleep(60)",
    );
    let ran = large
        .run_with(JSON, &[], |policy| policy.limits.memory = 128 << 20)
        .unwrap();
    assert!(
        matches!(ran.outcome, Outcome::Failed(failure) if failure.to_string().starts_with("out of memory: with "))
    );
}

#[test]
fn what_a_program_prints_is_shown_and_not_obeyed() {
    let script = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/hostile/escapes.sh"
    ))
    .unwrap();
    let experiment = Experiment::new(
        "import os; os.execv('/bin/sh', ['sh', os.path.dirname(__file__) + '/escapes.sh'])",
    );
    fs::write(experiment.code.join("escapes.sh"), script).unwrap();
    let Outcome::Failed(failure) = experiment.outcome(JSON) else {
        panic!()
    };
    let told = failure.to_string();
    assert!(
        told.starts_with("crashed: exit status 5: over\\u{8}written")
            && !told.contains(char::is_control),
        "{told}"
    );
    let log = failure.log.join("\n");
    assert!(
        log.starts_with("\\u{1b}[2J\\u{1b}[1;31mREPRODUCED\\u{1b}[0m\\u{1b}]0;owned\\u{7}\n"),
        "{log}"
    );
    assert!(
        !log.chars()
            .any(|character| character != '\n' && character.is_control()),
        "{log}"
    );
}

#[test]
fn an_unknown_placeholder_stops_before_the_run() {
    let error = Experiment::new("")
        .run_with(JSON, &["{hiden}"], |_| {})
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "run: unknown placeholder `{hiden}` in `{hiden}`"
    );
}
