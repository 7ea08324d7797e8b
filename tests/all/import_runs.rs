//! Values of runs out of what training tools write, as `decide --runs` reads them.

use std::path::Path;

use crate::command::{Called, reprove, reprove_in, root};

/// Calls `import runs` in the folder with the results that the tools themselves wrote.
fn import(arguments: &[&str]) -> Called {
    let folder = root().join("fixtures/runs");
    import_in(&folder, arguments)
}

fn import_in(folder: &Path, arguments: &[&str]) -> Called {
    let arguments = [&["import", "runs"], arguments].concat();
    let home = tempfile::tempdir().unwrap();
    reprove_in(folder, home.path(), &arguments)
}

/// Seed and value of each row of a printed table.
fn rows(called: &Called) -> Vec<(String, String)> {
    assert_eq!(called.status, 0, "{}", called.stderr);
    let mut lines = called.stdout.lines();
    assert_eq!(
        lines.next().unwrap(),
        "configuration,seed,metric,value,source"
    );
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[1].to_owned(), cells[3].to_owned())
    };
    lines.map(row).collect()
}

/// The value that `make.py` gives a seed in its last epoch.
fn accuracy(seed: u32) -> f64 {
    0.8 + 0.01 * f64::from(seed) + 0.002 * 2.0 + 1.0 / 7000.0
}

/// Checks seeds and values: a number is that of the seed, up to the precision of the tool.
fn check(called: &Called, expected: &[&str], precision: f64) {
    let rows = rows(called);
    assert_eq!(rows.len(), expected.len(), "{}", called.stdout);
    for (seed, ((found, value), expected)) in (1..).zip(rows.iter().zip(expected)) {
        assert_eq!(*found, seed.to_string(), "{}", called.stdout);
        match *expected {
            "number" => {
                let value: f64 = value.parse().unwrap();
                let difference = (value - accuracy(seed)).abs();
                assert!(difference <= precision, "{}", called.stdout);
            }
            word => assert_eq!(value, word, "{}", called.stdout),
        }
    }
}

#[test]
fn each_tool_gives_the_numbers_that_the_program_logged() {
    let (double, single) = (1e-15, 1e-7);
    let number = ["number", "number", "failed"];
    check(
        &import(&["mlflow/mlruns", "--metric", "val/acc"]),
        &number,
        double,
    );
    check(&import(&["sacred", "--metric", "val.acc"]), &number, double);
    check(&import(&["guild", "--metric", "acc"]), &number, 1e-6);
    check(
        &import(&["wandb", "--metric", "val/acc"]),
        &["number", "NaN", "failed"],
        double,
    );
    let two = ["number", "number"];
    check(
        &import(&["tensorboard", "--metric", "val/acc"]),
        &two,
        single,
    );
    check(&import(&["lightning", "--metric", "val_acc"]), &two, single);
    let table = rows(&import(&["mlflow/runs.csv", "--metric", "metrics.val/acc"]));
    // The rows of a table stay in its order.
    assert_eq!(table[0], ("3".to_owned(), "failed".to_owned()));
    assert_eq!(table[1].0, "2");
    assert_eq!(table[2].1.parse::<f64>().unwrap(), accuracy(1));
}

#[test]
fn a_metric_that_is_no_number_in_a_run_is_lost_and_said() {
    let called = import(&["mlflow/mlruns", "--metric", "loss"]);
    let values: Vec<String> = rows(&called).into_iter().map(|(_, value)| value).collect();
    assert_eq!(values[1..], ["nan", "failed"]);
    assert!(called.stderr.starts_with("3 run values, 2 lost\n"));
    assert!(called.stderr.contains("`loss` lost: `nan`"));
    assert!(called.stderr.contains("`loss` lost: the run is `FAILED`"));
}

#[test]
fn a_history_of_keras_and_its_csv_log_agree() {
    let of = |name: &str| {
        let files = [1, 2].map(|seed| format!("keras/seed{seed}/{name}"));
        rows(&import(&[&files[0], &files[1], "--metric", "val_loss"]))
    };
    let history = of("history.json");
    assert_eq!(history, of("training.csv"));
    assert_eq!(history[0].0, "1");
    let called = import(&["keras/seed1/history.json", "--list"]);
    assert_eq!(
        called.stdout,
        "accuracy: 1 run, up to 3 observations in each\n\
         loss: 1 run, up to 3 observations in each\n\
         val_accuracy: 1 run, up to 3 observations in each\n\
         val_loss: 1 run, up to 3 observations in each\n"
    );
}

#[test]
fn the_best_checkpoint_of_the_trainer_is_said_and_its_best_metric_refused() {
    let called = import(&["huggingface", "--metric", "accuracy=eval_accuracy"]);
    let found = rows(&called);
    let results =
        std::fs::read_to_string(root().join("fixtures/runs/huggingface/seed_2/all_results.json"));
    assert!(results.unwrap().contains(&found[1].1));
    assert!(
        called.stderr.contains("in a second evaluation at step"),
        "{}",
        called.stderr
    );
    let refused = import(&["huggingface", "--metric", "best_metric"]);
    assert_eq!(refused.status, 3);
    assert!(refused.stderr.contains("is the best of all evaluations"));
    let best = rows(&import(&[
        "huggingface",
        "--metric",
        "eval_accuracy",
        "--take",
        "best",
    ]));
    assert!(best[0].1.parse::<f64>().unwrap() >= found[0].1.parse::<f64>().unwrap());
}

#[test]
fn an_error_over_documents_is_no_metric() {
    let called = import(&["lm_eval", "--list"]);
    assert_eq!(called.stdout, "toy.acc,none: 1 run\n");
    let called = import(&["lm_eval", "--metric", "acc=toy.acc,none"]);
    // The seeds of the evaluation are none of a training: that of the folder counts.
    assert_eq!(rows(&called)[0].0, "3");
    let refused = import(&["lm_eval", "--metric", "toy.acc_stderr,none"]);
    assert_eq!(refused.status, 3);
    assert!(refused.stderr.contains("standard error over documents"));
}

#[test]
fn what_is_printed_is_what_decide_reads() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "seed,model,note,top-1\n3,\"a, \"\"b\"\"\",x,90.40\n1,\"a, \"\"b\"\"\",\"y\nz\",91.2\n\
                2,\"a, \"\"b\"\"\",x,crashed\n7,\"a, \"\"b\"\"\",x,89.9\n9,\"a, \"\"b\"\"\",x,90.1\n1,c,x,5\n2,c,x,6\n3,c,x,7\n";
    std::fs::write(folder.path().join("runs, \"all\".csv"), rows).unwrap();
    let arguments = [
        "runs, \"all\".csv",
        "--metric",
        "accuracy, \"top 1\"=top-1",
        "--configuration-key",
        "model",
    ];
    let called = import_in(folder.path(), &arguments);
    assert_eq!(called.status, 0, "{}", called.stderr);
    let table = folder.path().join("table.csv");
    std::fs::write(&table, &called.stdout).unwrap();
    let decided = reprove(&[
        "decide",
        "--reported",
        "90.4±0.5/5",
        "--tolerance",
        "5",
        "--runs",
        table.to_str().unwrap(),
        "--where",
        "configuration=a, \"b\"",
        "--where",
        "metric=accuracy, \"top 1\"",
        "--json",
    ]);
    // The run that crashed is counted as lost.
    assert_eq!(decided.status, 4, "{}", decided.stderr);
    let result: serde_json::Value = serde_json::from_str(&decided.stdout).unwrap();
    let values = result["claims"][0]["rerun"]["values"].as_array().unwrap();
    let pairs: Vec<(u64, f64)> = values
        .iter()
        .map(|value| {
            (
                value["seed"].as_u64().unwrap(),
                value["value"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(pairs, [(3, 90.4), (1, 91.2), (7, 89.9), (9, 90.1)]);
    // Digits stay as they stand.
    assert!(called.stdout.contains(",90.40,"), "{}", called.stdout);
}

#[test]
fn runs_without_seeds_are_counted_by_decide() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("v.json"), "[0.5, 0.25, NaN, 1e-1]").unwrap();
    let called = import_in(folder.path(), &["v.json"]);
    assert!(
        called
            .stdout
            .starts_with("configuration,run,metric,value,source\n")
    );
    assert!(called.stderr.contains("no seed found"));
    std::fs::write(folder.path().join("t.csv"), &called.stdout).unwrap();
    let table = folder.path().join("t.csv");
    let arguments = ["decide", "--reported", "0.3", "--tolerance", "1", "--runs"];
    let decided = reprove(&[&arguments[..], &[table.to_str().unwrap(), "--json"]].concat());
    let result: serde_json::Value = serde_json::from_str(&decided.stdout).unwrap();
    assert_eq!(result["claims"][0]["rerun"]["n"], 3, "{}", decided.stdout);
    let values = import_in(folder.path(), &["v.json", "--as", "values"]);
    assert_eq!(values.status, 3);
    assert!(
        values.stderr.contains("found 1 of 4 runs without one"),
        "{}",
        values.stderr
    );
    std::fs::write(folder.path().join("w.json"), "[0.50, 0.25]").unwrap();
    let values = import_in(folder.path(), &["w.json", "--as", "values"]);
    assert_eq!(values.stdout, "reported: {values: [0.50, 0.25]}\n");
}

#[test]
fn what_has_two_readings_is_refused_with_the_option_that_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("lists.json", r#"{"acc": [1, 2], "loss": [3, 4]}"#),
        ("twice.csv", "seed,model,acc\n1,a,0.5\n1,b,0.6\n"),
        ("seed_3.json", r#"{"seed": 4, "acc": 0.5}"#),
        ("seed_5.json", r#"{"acc": 0.5}"#),
        ("none.json", r#"{"acc": 0.5}"#),
        ("comma.csv", "seed,acc\n1,\"90,4\"\n2,91\n"),
        ("mean.csv", "seed,acc\n1,90\nmean,91\n"),
        ("mlflow.db", "SQLite format 3\0"),
        ("two.csv", "seed,acc,loss\n1,2,3\n"),
        ("empty.csv", "seed,acc\n"),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for (arguments, problem) in [
        (&["lists.json"][..], "--format json or --format keras"),
        (&["twice.csv"], "--configuration-key model"),
        (
            &["seed_3.json"],
            "expected one seed, found 4 (`seed`), 3 (`@path`)",
        ),
        (
            &["seed_5.json", "none.json"],
            "expected a seed, as seed_5.json has one",
        ),
        (&["none.json", "./none.json"], "the same file as none.json"),
        (
            &["comma.csv"],
            "comma.csv:2: `acc`: expected a number, found `90,4`",
        ),
        (&["mean.csv"], "mean.csv:3: "),
        (&["mlflow.db"], "mlflow.search_runs"),
        (&["two.csv"], "--metric NAME"),
        (
            &["two.csv", "--metric", "accuracy"],
            "no metric `accuracy`, found `acc`",
        ),
        (&["empty.csv"], "expected at least one run, found none"),
        (&["."], "found no known layout"),
        (&["absent.csv"], "absent.csv: no such file"),
        (
            &["two.csv", "--metric", "foo", "--take", "best"],
            "no metric `foo`",
        ),
    ] {
        let called = import_in(folder.path(), arguments);
        assert_eq!(called.status, 3, "{arguments:?}: {}", called.stdout);
        assert_eq!(called.stdout, "", "{arguments:?}");
        assert!(
            called.stderr.contains(problem),
            "{arguments:?}: {}",
            called.stderr
        );
    }
}

#[test]
fn json_has_every_run_with_its_place() {
    let called = import(&["wandb", "--metric", "val/acc", "--json"]);
    let result: serde_json::Value = serde_json::from_str(&called.stdout).unwrap();
    assert_eq!(result["lost"], 2);
    assert_eq!(result["runs"][0]["seed"], 1);
    assert_eq!(result["runs"][1]["value"]["diverged"], "NaN");
    assert_eq!(
        result["runs"][2]["value"]["failed"],
        "ended with exit code 1"
    );
    let file = result["runs"][0]["source"]["file"].as_str().unwrap();
    assert!(file.ends_with(".wandb"), "{file}");
}
