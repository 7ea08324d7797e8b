//! Tests of the readers of runs, on files as small as each layout allows. What the tools themselves write is
//! tested at the command line.

use std::path::PathBuf;

use super::*;

/// A folder with files.
struct Files(tempfile::TempDir);

impl Files {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        Files(folder)
    }

    fn collect(
        &self,
        paths: &[&str],
        format: Option<RunFormat>,
    ) -> Result<CollectedRuns, RunImportError> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| self.0.path().join(path)).collect();
        collect_runs(&paths, format, None)
    }

    /// Seeds and values of a metric; words stand for lost runs.
    fn values(&self, paths: &[&str], metric: &str) -> Vec<(Option<u64>, String)> {
        values(&self.collect(paths, None).unwrap(), &of(metric))
    }
}

fn of(metric: &str) -> RunOptions {
    RunOptions {
        metrics: vec![(metric.to_owned(), metric.to_owned())],
        ..RunOptions::default()
    }
}

fn values(collected: &CollectedRuns, options: &RunOptions) -> Vec<(Option<u64>, String)> {
    let table = collected.select(options).unwrap();
    let shown = |value: &RunValue| match value {
        RunValue::Number(text) | RunValue::Diverged(text) => text.clone(),
        RunValue::Missing => "missing".to_owned(),
        RunValue::Failed(word) => format!("failed: {word}"),
    };
    table
        .runs
        .iter()
        .map(|run| (run.seed, shown(&run.value)))
        .collect()
}

fn pairs(expected: &[(u64, &str)]) -> Vec<(Option<u64>, String)> {
    let pair = |(seed, text): &(u64, &str)| (Some(*seed), (*text).to_owned());
    expected.iter().map(pair).collect()
}

#[test]
fn rows_are_runs_and_their_digits_stay() {
    let files = Files::with(&[(
        "r.csv",
        "seed,acc,note\n3,90.40,a\n4,,b\n5,NaN,c\n6,crashed,d\n7.0,1e-3,e\n",
    )]);
    assert_eq!(
        files.values(&["r.csv"], "acc"),
        pairs(&[
            (3, "90.40"),
            (4, "missing"),
            (5, "NaN"),
            (6, "failed: crashed"),
            (7, "1e-3")
        ])
    );
}

#[test]
fn rows_with_steps_are_logs() {
    let files = Files::with(&[
        (
            "all.csv",
            "seed,epoch,acc\n1,0,0.1\n1,1,0.2\n2,0,0.3\n2,1,nan\n",
        ),
        (
            "seed_8.csv",
            "epoch,acc,val_acc\n0,0.5,\n1,0.6,0.4\n2,0.7,NA\n",
        ),
    ]);
    assert_eq!(
        files.values(&["all.csv"], "acc"),
        pairs(&[(1, "0.2"), (2, "nan")])
    );
    // A blank of a sparse log says nothing; the last value counts.
    assert_eq!(
        files.values(&["seed_8.csv"], "val_acc"),
        pairs(&[(8, "0.4")])
    );
    let first = RunOptions {
        take: Some(RunTake::First),
        ..of("acc")
    };
    let collected = files.collect(&["all.csv"], None).unwrap();
    assert_eq!(values(&collected, &first), pairs(&[(1, "0.1"), (2, "0.3")]));
}

#[test]
fn json_is_records_numbers_or_one_run() {
    let files = Files::with(&[
        (
            "r.json",
            r#"[{"seed": 1, "test": {"acc": 0.50}}, {"seed": 2, "test": {"acc": null}}]"#,
        ),
        (
            "r.jsonl",
            "{\"seed\": 1, \"acc\": 0.5}\n{\"seed\": 2, \"acc\": -Infinity}\n",
        ),
        ("o.json", r#"{"args": {"seed": 9}, "test": {"acc": 12.0}}"#),
        ("s.json", r#"{"seeds": [4, 5], "acc": [0.1, 0.20]}"#),
        ("n.json", "[1, 2.50]"),
    ]);
    assert_eq!(
        files.values(&["r.json"], "test.acc"),
        pairs(&[(1, "0.50"), (2, "missing")])
    );
    assert_eq!(
        files.values(&["r.jsonl"], "acc"),
        pairs(&[(1, "0.5"), (2, "-Infinity")])
    );
    assert_eq!(files.values(&["o.json"], "test.acc"), pairs(&[(9, "12.0")]));
    assert_eq!(
        files.values(&["s.json"], "acc"),
        pairs(&[(4, "0.1"), (5, "0.20")])
    );
    let numbers = files.values(&["n.json"], "value");
    assert_eq!(numbers, [(None, "1".to_owned()), (None, "2.50".to_owned())]);
}

#[test]
fn lists_that_may_be_epochs_are_refused_unless_a_name_says_so() {
    let files = Files::with(&[
        ("a.json", r#"{"acc": [0.1, 0.2]}"#),
        (
            "h_seed1.json",
            r#"{"acc": [0.1, 0.2], "val_acc": [0.3, 0.4]}"#,
        ),
    ]);
    let refused = files.collect(&["a.json"], None);
    assert!(matches!(
        refused,
        Err(RunImportError::AmbiguousFormat { .. })
    ));
    let runs = files.collect(&["a.json"], Some(RunFormat::Json)).unwrap();
    assert_eq!(values(&runs, &of("acc")).len(), 2);
    let epochs = files.collect(&["a.json"], Some(RunFormat::Keras)).unwrap();
    assert_eq!(values(&epochs, &of("acc")), [(None, "0.2".to_owned())]);
    assert_eq!(
        files.values(&["h_seed1.json"], "val_acc"),
        pairs(&[(1, "0.4")])
    );
}

/// A state of the Trainer that ended at a step of ten.
fn trainer_state(step: u32, stop: bool) -> String {
    format!(
        r#"{{"best_metric": 0.9, "global_step": {step}, "max_steps": 10, "log_history": [
            {{"step": 5, "eval_acc": 0.9, "eval_runtime": 1}}, {{"step": {step}, "eval_acc": 0.80}}],
            "stateful_callbacks": {{"TrainerControl": {{"args": {{"should_training_stop": {stop}}}}}}}}}"#
    )
}

#[test]
fn a_training_that_did_not_end_is_lost() {
    let (ended, stopped, cut) = (
        trainer_state(10, true),
        trainer_state(8, true),
        trainer_state(8, false),
    );
    let files = Files::with(&[
        ("o/seed-1/trainer_state.json", &ended),
        ("o/seed-2/trainer_state.json", &stopped),
        ("o/seed-3/checkpoint-8/trainer_state.json", &cut),
    ]);
    assert_eq!(
        files.values(&["o"], "eval_acc"),
        pairs(&[
            (1, "0.80"),
            (2, "0.80"),
            (3, "failed: ended at step 8 of 10")
        ])
    );
    let collected = files.collect(&["o/seed-1"], None).unwrap();
    let names: Vec<String> = collected
        .metrics()
        .into_iter()
        .map(|metric| metric.name)
        .collect();
    assert_eq!(names, ["eval_acc"]);
    let best = collected.select(&of("best_metric")).unwrap_err();
    assert!(matches!(
        best,
        RunImportError::RefusedMetric {
            why: MetricRefusal::BestOfEvaluations,
            ..
        }
    ));
    let highest = RunOptions {
        take: Some(RunTake::Max),
        ..of("eval_acc")
    };
    assert_eq!(values(&collected, &highest), pairs(&[(1, "0.9")]));
}

#[test]
fn a_result_that_is_not_the_last_evaluation_is_said() {
    let state = trainer_state(10, true);
    let files = Files::with(&[
        ("seed1/trainer_state.json", &state),
        (
            "seed1/all_results.json",
            r#"{"epoch": 1.0, "eval_acc": 0.9}"#,
        ),
    ]);
    let collected = files.collect(&["seed1"], None).unwrap();
    assert_eq!(values(&collected, &of("eval_acc")), pairs(&[(1, "0.9")]));
    assert!(
        collected.notes[0].contains("is `best_metric`"),
        "{:?}",
        collected.notes
    );
}

#[test]
fn summaries_over_steps_need_to_be_asked_for() {
    let files = Files::with(&[
        (
            "run-a/files/wandb-summary.json",
            r#"{"acc": {"max": 0.9}, "loss": 1.5, "_runtime": 3}"#,
        ),
        (
            "run-a/files/config.yaml",
            "wandb_version: 1\nseed:\n  desc: null\n  value: 4\nmodel:\n  value: {name: x, seed: 4}\n",
        ),
    ]);
    let collected = files.collect(&["."], None).unwrap();
    assert_eq!(values(&collected, &of("loss")), pairs(&[(4, "1.5")]));
    assert!(collected.select(&of("acc.max")).is_err());
    let highest = RunOptions {
        take: Some(RunTake::Max),
        ..of("acc.max")
    };
    assert_eq!(values(&collected, &highest), pairs(&[(4, "0.9")]));
}

#[test]
fn exports_of_dashboards_are_tables_of_their_own() {
    let files = Files::with(&[
        (
            "panel.csv",
            "\"Step\",\"a seed=1 - acc\",\"a seed=1 - acc__MIN\",\"a seed=1 - acc__MAX\"\n0,0.1,0,1\n1,0.2,0,1\n2,,,\n",
        ),
        (
            "run-seed_2-tag-acc.csv",
            "Wall time,Step,Value\n1.5,0,0.1\n2.5,1,0.25\n",
        ),
        (
            "runs.csv",
            "Name,State,seed,acc\nx,finished,1,0.5\ny,running,2,0.6\n",
        ),
        (
            "mlflow.csv",
            "run_id,status,metrics.acc,params.seed\na,FINISHED,0.5,1\nb,KILLED,0.5,2\n",
        ),
    ]);
    assert_eq!(files.values(&["panel.csv"], "acc"), pairs(&[(1, "0.2")]));
    assert_eq!(
        files.values(&["run-seed_2-tag-acc.csv"], "acc"),
        pairs(&[(2, "0.25")])
    );
    assert_eq!(
        files.values(&["runs.csv"], "acc"),
        pairs(&[(1, "0.5"), (2, "failed: running")])
    );
    assert_eq!(
        files.values(&["mlflow.csv"], "metrics.acc"),
        pairs(&[(1, "0.5"), (2, "failed: KILLED")])
    );
}

#[test]
fn seeds_of_an_evaluation_are_no_seeds_of_a_training() {
    let text = r#"{"results": {"arc": {"alias": "arc", "acc,none": 0.250, "acc_stderr,none": 0.01}},
        "versions": {"arc": 1}, "config": {"model": "hf", "random_seed": 0, "numpy_seed": 1234}}"#;
    let files = Files::with(&[("model-seed7/results_2024.json", text), ("a.json", text)]);
    assert_eq!(files.values(&["."], "arc.acc,none"), pairs(&[(7, "0.250")]));
    let collected = files.collect(&["a.json"], None).unwrap();
    assert_eq!(
        values(&collected, &of("arc.acc,none")),
        [(None, "0.250".to_owned())]
    );
    assert!(collected.notes[0].contains("no spread of runs"));
    let error = collected.select(&of("arc.acc_stderr,none"));
    assert!(matches!(
        error,
        Err(RunImportError::RefusedMetric {
            why: MetricRefusal::ErrorOverDocuments,
            ..
        })
    ));
}

#[test]
fn the_last_value_of_mlflow_is_that_of_the_last_step() {
    let files = Files::with(&[
        (
            "0/a/meta.yaml",
            "status: 3\nlifecycle_stage: active\nrun_name: n\n",
        ),
        ("0/a/params/seed", "6"),
        (
            "0/a/metrics/val/acc",
            "300 0.5 0\n100 0.75 2\n200 0.625 1\n",
        ),
        ("0/b/meta.yaml", "status: 3\nlifecycle_stage: deleted\n"),
        ("0/b/params/seed", "6"),
        ("0/b/metrics/val/acc", "100 0.1 0\n"),
    ]);
    assert_eq!(files.values(&["."], "val/acc"), pairs(&[(6, "0.75")]));
    let collected = files.collect(&["."], None).unwrap();
    assert!(
        collected.notes[0].contains("deleted"),
        "{:?}",
        collected.notes
    );
}

#[test]
fn seeds_agree_or_are_named() {
    let files = Files::with(&[
        ("seed_1.json", r#"{"seed": 2, "fold": 7, "acc": 0.5}"#),
        ("a.json", r#"{"seed": 3, "acc": 0.5}"#),
        ("b.json", r#"{"acc": 0.5}"#),
    ]);
    let collected = files.collect(&["seed_1.json"], None).unwrap();
    assert!(matches!(
        collected.select(&of("acc")),
        Err(RunImportError::ManySeeds { .. })
    ));
    for (key, seed) in [("@path", 1), ("seed", 2), ("fold", 7)] {
        let options = RunOptions {
            seed_key: Some(key.to_owned()),
            ..of("acc")
        };
        assert_eq!(values(&collected, &options), pairs(&[(seed, "0.5")]));
    }
    let mixed = files.collect(&["a.json", "b.json"], None).unwrap();
    assert!(matches!(
        mixed.select(&of("acc")),
        Err(RunImportError::MissingSeed { .. })
    ));
    let twice = files.collect(&["a.json", "a.json"], None);
    assert!(matches!(twice, Err(RunImportError::SameFile { .. })));
}

#[test]
fn a_seed_that_stands_twice_names_what_tells_the_runs_apart() {
    let files = Files::with(&[(
        "r.csv",
        "run_id,model,seed,acc\nx1,a,1,0.5\nx2,a,2,0.6\nx3,b,1,0.7\n",
    )]);
    let collected = files.collect(&["r.csv"], None).unwrap();
    let Err(RunImportError::SeedTwice { differing, .. }) = collected.select(&of("acc")) else {
        panic!("a seed that stands twice");
    };
    assert_eq!(
        differing,
        [("model".to_owned(), "a".to_owned(), "b".to_owned())]
    );
    let by_model = RunOptions {
        configuration_key: Some("model".to_owned()),
        ..of("acc")
    };
    assert_eq!(values(&collected, &by_model).len(), 3);
    let of_b = RunOptions {
        filters: vec![("model".to_owned(), "b".to_owned())],
        ..of("acc")
    };
    assert_eq!(values(&collected, &of_b), pairs(&[(1, "0.7")]));
}

#[test]
fn a_direction_is_known_or_asked_for() {
    let files = Files::with(&[(
        "seed1.csv",
        "step,val_loss,foo\n0,0.5,1\n1,0.4,2\n2,0.6,1\n",
    )]);
    let collected = files.collect(&["seed1.csv"], None).unwrap();
    let best = |metric: &str| RunOptions {
        take: Some(RunTake::Best),
        ..of(metric)
    };
    assert_eq!(values(&collected, &best("val_loss")), pairs(&[(1, "0.4")]));
    let unknown = collected.select(&best("foo"));
    assert!(matches!(unknown, Err(RunImportError::NoDirection { .. })));
}

#[test]
fn names_in_paths_are_seeds_only_where_they_say_so() {
    use super::names::seeds_in;
    for (name, seeds) in [
        ("runs/seed_3/all_results.json", &[3][..]),
        ("SEED-04", &[4]),
        ("run seed=12", &[12]),
        ("a/random_seed_5.csv", &[5]),
        ("seed1/x/seed2", &[1, 2]),
        ("linseed3", &[]),
        ("seedling", &[]),
        ("seed_3.5", &[]),
        ("seed_3b", &[]),
        ("version_3", &[]),
    ] {
        assert_eq!(seeds_in(name), seeds, "{name}");
    }
}

#[test]
fn the_table_is_quoted_as_csv_needs() {
    let place = ValuePlace {
        file: "a,b".to_owned(),
        line: Some(2),
        ..ValuePlace::default()
    };
    let run = |seed, value| ImportedRun {
        configuration: "x \"y\"".to_owned(),
        seed,
        run: "r".to_owned(),
        metric: "m".to_owned(),
        value,
        source: place.clone(),
    };
    let mut table = ImportedRuns {
        runs: vec![
            run(Some(1), RunValue::Number("94.20%".to_owned())),
            run(Some(2), RunValue::Failed("x".to_owned())),
        ],
        notes: Vec::new(),
    };
    assert_eq!(
        table.to_csv(),
        "configuration,seed,metric,value,source\n\"x \"\"y\"\"\",1,m,94.20%,\"a,b:2\"\n\"x \"\"y\"\"\",2,m,failed,\"a,b:2\"\n"
    );
    assert!(matches!(
        table.to_values(),
        Err(RunImportError::LostValues {
            lost: 1,
            runs: 2,
            ..
        })
    ));
    table.runs.truncate(1);
    assert_eq!(
        table.to_values().unwrap(),
        "reported: {values: [94.20]} # percent\n"
    );
}
