//! Manifests of a paper's own program that are accepted.

use std::time::Duration;

use super::support::{PROGRAM, parse, with};
use crate::diagnostics::Hint;
use crate::manifest::metric_source::JsonSource;
use crate::manifest::{
    Environment, Experiment, MetricSource, Metrics, Network, Seeding, SourceKind, Take,
};
use crate::seeds::{RunSeed, Seeds};

#[test]
fn a_program_manifest_gives_what_it_says() {
    let manifest = parse(PROGRAM).unwrap();
    let Experiment::Program(program) = manifest.experiment else {
        panic!("expected a program");
    };
    assert_eq!(program.environment, Environment::Uv("uv.lock".into()));
    assert_eq!(program.limits.time, Some(Duration::from_secs(600)));
    assert_eq!(program.limits.processes, Some(64));
    assert_eq!(program.network, Network::Build);
    let expected = MetricSource {
        kind: SourceKind::Json(JsonSource {
            file: "metrics.json".into(),
            path: None,
        }),
        take: Take::Only,
        scale: None,
    };
    assert_eq!(program.metrics, Metrics::Shared(expected));
    assert_eq!(
        manifest.seeds,
        Seeds::Stated([3, 1, 18446744073709551615].map(RunSeed).to_vec())
    );
}

#[test]
fn each_environment_and_source_is_read() {
    for environment in [
        "{pylock: pylock.toml}",
        "{pip: requirements.txt}",
        "{pip: r.txt, unpinned: true}",
        "{cargo: Cargo.lock}",
        "{cargo: Cargo.lock, supplied: train}",
        "{none: true}",
    ] {
        parse(&with(PROGRAM, "{uv: uv.lock}", environment)).unwrap();
    }
    for source in [
        "{jsonl: log.jsonl}",
        "{jsonl: {file: log.jsonl, path: test.acc, take: max}}",
        "{csv: {file: m.csv, column: acc, row: last}}",
        "{csv: {file: m.csv, column: acc, row: 3}}",
        "{regex: {file: stdout, pattern: 'acc=([0-9.]+)', take: last}}",
        "{regex: {file: log.txt, pattern: 'acc=([0-9.]+)'}}",
        "{jsonl: {file: log.jsonl, take: {step: 2}}}",
        "{json: {file: m.json, path: log_history.eval_acc, take: {step: 2}}}",
        "{jsonl: {file: log.jsonl, path: acc, take: all, scale: 100}}",
        "{json: {file: m.json, path: folds, take: all}}",
        "{csv: {file: m.csv, column: acc, row: {epoch: 1}}}",
        "{csv: {file: m.csv, row: {split: test}, scale: 0.01}}",
        "{regex: {pattern: 'step (?<step>[0-9]+) acc=(?<acc>[0-9.]+)', take: {step: 2}}}",
        "{tensorboard: runs}",
        "{tensorboard: {file: events.out.tfevents.1, tag: acc, take: {step: 1000}}}",
        "{accuracy: {json: a.json}, loss: {csv: {file: m.csv, column: loss}}}",
    ] {
        parse(&with(PROGRAM, "{json: metrics.json}", source))
            .unwrap_or_else(|e| panic!("{source}: {e}"));
    }
}

#[test]
fn each_way_to_seed_a_program_is_read() {
    let seedless = with(
        PROGRAM,
        "[python, train.py, --seed, \"{seed}\"]",
        "[python, train.py]",
    );
    let stated = |line: &str| {
        let line = format!("network: build\n  {line}");
        match parse(&with(&seedless, "network: build", &line))
            .unwrap()
            .experiment
        {
            Experiment::Program(program) => (program.seeding, program.env),
            Experiment::Recipe(_) => panic!("expected a program"),
        }
    };
    assert_eq!(stated("seeding: environment").0, Seeding::Environment);
    assert_eq!(stated("seeding: own").0, Seeding::Own);
    assert_eq!(stated("deterministic: true").0, Seeding::Deterministic);
    let (seeding, env) = stated("env: {SEED: \"{seed}\", LR: 1.0}");
    assert_eq!(seeding, Seeding::Placeholder);
    assert_eq!(
        (env["SEED"].as_str(), env["LR"].as_str()),
        ("{seed}", "1.0")
    );
    let one = with(
        &seedless,
        "seeds: [3, 1, 18446744073709551615]",
        "seeds: [3]",
    );
    assert!(parse(&one).is_ok());
    let none = with(&seedless, "seeds: [3, 1, 18446744073709551615]", "");
    let none = with(
        &none,
        "network: build",
        "network: build\n  deterministic: true",
    );
    assert_eq!(
        parse(&none).unwrap().seeds,
        Seeds::Stated(vec![RunSeed(1), RunSeed(2)])
    );
}

#[test]
fn the_best_number_is_told_by_the_claims() {
    let taken = |better: &str| {
        let source = "{jsonl: {file: log.jsonl, take: best}}";
        let text = with(PROGRAM, "{json: metrics.json}", source);
        let claim = format!("tolerance: {{absolute: 0.01}}, {better}");
        parse(&with(&text, "tolerance: {absolute: 0.01}", &claim)).map(|manifest| {
            match manifest.experiment {
                Experiment::Program(program) => match program.metrics {
                    Metrics::Shared(source) => source.take,
                    Metrics::Each(_) => panic!("expected one source"),
                },
                Experiment::Recipe(_) => panic!("expected a program"),
            }
        })
    };
    assert_eq!(taken("better: higher").unwrap(), Take::Max);
    assert_eq!(taken("better: lower").unwrap(), Take::Min);
    let error = taken("unit: run").unwrap_err();
    let words = "`best` needs the better direction, found none in its claims";
    assert!(error.to_string().ends_with(words), "{error}");
    assert_eq!(error.hint().as_deref(), Some("write `max` or `min`"));
}
