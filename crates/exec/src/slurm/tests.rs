//! The executor with stand-ins for Slurm's commands: every state that was seen on a real cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::batch::Batch;
use super::*;
use crate::identity::tests::recipe;
use crate::{Executor, PendingSeeds, Record, RunContext, RunKey, Workload};
use reprove_model::event::Event;
use reprove_model::manifest::Scalar;
use reprove_model::plan::Configuration;
use reprove_model::record::Outcome;
use reprove_model::seeds::RunSeed;

/// A cluster of stand-ins, with a folder for its answers.
struct Cluster(tempfile::TempDir);

impl Cluster {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/slurm");
        for command in ["sbatch", "squeue", "scontrol", "sacct", "scancel"] {
            fs::copy(fixtures.join(command), folder.path().join(command)).unwrap();
        }
        Self(folder)
    }

    fn answer(&self, file: &str, text: &str) {
        fs::write(self.0.path().join(file), text).unwrap();
    }

    fn asked(&self, file: &str) -> String {
        fs::read_to_string(self.0.path().join(file)).unwrap_or_default()
    }

    /// Has a task of the next array leave the record of a finished run.
    fn finishes(&self, index: usize, seed: u64) {
        let folder = tempfile::tempdir().unwrap();
        let task = Task {
            name: None,
            values: BTreeMap::new(),
            metrics: BTreeSet::new(),
            seeds: Vec::new(),
        };
        let batch = Batch::create(
            folder.path(),
            &serde_json::Value::Null,
            "x86_64",
            None,
            vec![task; 9],
        )
        .unwrap();
        batch
            .leave(index, vec![finished(RunSeed(seed))], None)
            .unwrap();
        let name = format!("{index:06}");
        let to = self.0.path().join(format!("status-{name}"));
        fs::copy(batch.folder.join("status").join(name), to).unwrap();
    }

    fn executor(&self) -> SlurmExecutor {
        let launcher = vec!["/bin/true".to_owned()];
        let store = self.0.path().join("store");
        let mut executor =
            SlurmExecutor::new(&store, recipe(), serde_json::Value::Null, launcher).unwrap();
        executor.commands.folder = Some(self.0.path().to_owned());
        let short = Duration::from_millis(5);
        executor.timeouts = Timeouts {
            look: (short, short),
            unreachable: Duration::from_millis(300),
            held: Duration::ZERO,
            settle: Duration::ZERO,
            total: Some(Duration::from_secs(20)),
        };
        executor
    }

    /// Runs seeds 1 and 2 and gives, by seed, how each ended, and the notes.
    fn run(&self) -> (Vec<(u64, String, String)>, Vec<String>) {
        run(&mut self.executor(), &AtomicBool::new(false))
    }
}

fn run(
    executor: &mut SlurmExecutor,
    interrupted: &AtomicBool,
) -> (Vec<(u64, String, String)>, Vec<String>) {
    let configuration = Configuration {
        name: Some("h12".into()),
        values: [("hidden".to_owned(), Scalar::Integer(12))].into(),
        metrics: BTreeSet::new(),
    };
    let unit = PendingSeeds {
        configuration: &configuration,
        seeds: vec![RunSeed(1), RunSeed(2)],
    };
    let notes = Mutex::new(Vec::new());
    let context = RunContext {
        observer: &|event| {
            if let Event::Note(text) = event {
                notes.lock().unwrap().push(text);
            }
        },
        interrupted,
    };
    let mut records = Vec::new();
    executor.execute(&NoWork, &[unit], &context, &mut |record| {
        records.push(record)
    });
    let mut ended: Vec<(u64, String, String)> = records
        .into_iter()
        .map(|record| {
            assert_eq!(record.configuration.as_deref(), Some("h12"));
            let message = match &record.outcome {
                Outcome::Failed { message, .. } => message.clone(),
                _ => String::new(),
            };
            (record.seed.0, record.outcome.code().to_string(), message)
        })
        .collect();
    ended.sort();
    (ended, notes.into_inner().unwrap())
}

/// The tasks make the runs, never this process.
struct NoWork;

impl Workload for NoWork {
    fn group(&self, _: &Configuration) -> usize {
        1
    }

    fn run(&self, _: &Configuration, _: &[RunSeed], _: &RunContext<'_>) -> Vec<Record> {
        unreachable!("the executor made a run itself")
    }
}

fn finished(seed: RunSeed) -> Record {
    let metrics = [("accuracy".into(), 0.5)].into();
    Record::ended(None, seed, Outcome::Finished { metrics })
}

#[test]
fn what_becomes_of_a_task_is_told_apart() {
    let in_queue = |state: &str, reason: &str| format!("42|1|{state}|NAME|{reason}\n");
    let shown = |name: &str, state: &str, exit: &str| {
        format!(
            "JobId=44 ArrayJobId=42 ArrayTaskId=1 JobName={name} JobState={state} Reason=None ExitCode={exit}\n"
        )
    };
    let none = String::new;
    // squeue, scontrol, sacct; the kind of failure and the sentence about task 1 of job 42.
    let rows = [
        (
            in_queue("COMPLETED", "None"),
            none(),
            none(),
            "vanished",
            "ended without a result",
        ),
        (
            in_queue("FAILED", "NonZeroExitCode"),
            shown("NAME", "FAILED", "7:0"),
            none(),
            "crashed",
            "failed without a result (exit 7:0)",
        ),
        (
            in_queue("FAILED", "JobLaunchFailure"),
            none(),
            none(),
            "crashed",
            "failed without a result",
        ),
        (
            in_queue("CANCELLED", "None"),
            none(),
            none(),
            "cancelled",
            "was cancelled",
        ),
        (
            in_queue("TIMEOUT", "TimeLimit"),
            none(),
            none(),
            "timed_out",
            "ran into the time limit",
        ),
        (
            in_queue("NODE_FAIL", "NodeDown"),
            none(),
            none(),
            "node_lost",
            "lost its node",
        ),
        (
            in_queue("OUT_OF_MEMORY", "OutOfMemory"),
            none(),
            none(),
            "out_of_memory",
            "used more memory than it was given",
        ),
        (
            in_queue("PREEMPTED", "None"),
            none(),
            none(),
            "preempted",
            "was preempted",
        ),
        (
            in_queue("PENDING", "JobHeldUser"),
            none(),
            none(),
            "held",
            "was held: JobHeldUser",
        ),
        (
            in_queue("PENDING", "launch failed requeued held"),
            none(),
            none(),
            "held",
            "was held: launch failed requeued held",
        ),
        // Gone from the queue, but remembered.
        (
            none(),
            shown("NAME", "CANCELLED", "0:15"),
            none(),
            "cancelled",
            "was cancelled (exit 0:15)",
        ),
        (
            none(),
            none(),
            "42_1|TIMEOUT|0:0|NAME\n".to_owned(),
            "timed_out",
            "ran into the time limit (exit 0:0)",
        ),
        // Gone, and its id given to another job.
        (
            "42|1|RUNNING|other|None\n".to_owned(),
            shown("other", "RUNNING", "0:0"),
            none(),
            "vanished",
            "is not known to Slurm any more and left no result",
        ),
        (
            none(),
            none(),
            none(),
            "vanished",
            "is not known to Slurm any more and left no result",
        ),
    ];
    for (squeue, scontrol, sacct, kind, sentence) in rows {
        let cluster = Cluster::new();
        cluster.finishes(0, 1);
        let answers = [("squeue", squeue), ("scontrol", scontrol), ("sacct", sacct)];
        for (command, text) in answers.iter().filter(|(_, text)| !text.is_empty()) {
            cluster.answer(&format!("{command}.answer"), text);
        }
        let (ended, _) = cluster.run();
        let message = format!("task 1 of job 42 {sentence}");
        let expected = [
            (1, "finished".to_owned(), String::new()),
            (2, kind.to_owned(), message),
        ];
        assert_eq!(ended, expected, "{answers:?}");
    }
}

#[test]
fn a_file_counts_whatever_slurm_says() {
    let cluster = Cluster::new();
    cluster.finishes(0, 1);
    cluster.finishes(1, 2);
    cluster.answer("squeue.answer", "42|0|NODE_FAIL|NAME|NodeDown\n");
    let (ended, notes) = cluster.run();
    assert!(ended.iter().all(|(_, word, _)| word == "finished"));
    assert_eq!(notes, Vec::<String>::new());
    let arguments = cluster.asked("sbatch.arguments");
    for argument in [
        "--parsable",
        "--no-requeue",
        "--array=0-1",
        "--cpus-per-task=1",
    ] {
        assert!(arguments.lines().any(|line| line == argument), "{argument}");
    }
}

#[test]
fn a_controller_that_is_down_is_waited_for_and_not_for_ever() {
    let down = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n";
    for (failures, expected) in [("2", "cancelled"), ("1000", "controller_unreachable")] {
        let cluster = Cluster::new();
        cluster.finishes(0, 1);
        cluster.answer("squeue.error", down);
        cluster.answer("squeue.failures", failures);
        cluster.answer("squeue.answer", "42|1|CANCELLED|NAME|None\n");
        let (ended, notes) = cluster.run();
        assert_eq!(
            (ended[0].1.as_str(), ended[1].1.as_str()),
            ("finished", expected)
        );
        assert_eq!(notes.len(), 1);
        assert!(
            notes[0].starts_with("waiting for Slurm: `squeue`: the controller does not answer")
        );
    }
}

#[test]
fn a_refused_submission_fails_with_slurm_s_words() {
    let cluster = Cluster::new();
    cluster.answer(
        "sbatch.error",
        "sbatch: error: invalid partition specified: none\n",
    );
    let (ended, _) = cluster.run();
    for (_, word, message) in &ended {
        assert_eq!(word, "submission_refused");
        let words = "`sbatch` refused: sbatch: error: invalid partition specified: none";
        assert_eq!(message, words);
    }
    assert_eq!(ended.len(), 2);
}

#[test]
fn without_slurm_every_run_fails_and_says_so() {
    let cluster = Cluster::new();
    fs::remove_file(cluster.0.path().join("sbatch")).unwrap();
    let (ended, _) = cluster.run();
    assert!(
        ended.iter().all(|(_, word, _)| word == "no_slurm"),
        "{ended:?}"
    );
    assert_eq!(ended.len(), 2);
}

#[test]
fn a_submission_that_was_taken_but_not_heard_is_found_by_its_name() {
    let cluster = Cluster::new();
    let error =
        "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n";
    cluster.answer("sbatch.error", error);
    cluster.answer(
        "squeue.answer",
        "57|0|CANCELLED|NAME|None\n57|1|CANCELLED|NAME|None\n",
    );
    let (ended, _) = cluster.run();
    assert_eq!(ended[0].2, "task 0 of job 57 was cancelled");
}

#[test]
fn an_interrupted_verification_leaves_its_jobs_and_the_next_one_finds_them() {
    let cluster = Cluster::new();
    cluster.answer(
        "squeue.answer",
        "42|0|RUNNING|NAME|None\n42|1|PENDING|NAME|Resources\n",
    );
    let interrupted = AtomicBool::new(false);
    let (ended, notes) = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            interrupted.store(true, Ordering::Relaxed);
        });
        run(&mut cluster.executor(), &interrupted)
    });
    assert!(ended.is_empty());
    assert_eq!(
        notes,
        ["2 runs go on in Slurm: the same command collects them, `scancel 42` ends them"]
    );
    // Task 0 has ended since, task 1 is cancelled: it is under way at first, and found so.
    let batches = cluster.executor().batches();
    let batch = &Batch::all(&batches).unwrap()[0];
    batch.leave(0, vec![finished(RunSeed(1))], None).unwrap();
    let (ended, notes) = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            cluster.answer("squeue.answer", "42|1|CANCELLED|NAME|None\n");
        });
        run(&mut cluster.executor(), &AtomicBool::new(false))
    });
    assert_eq!(
        (ended[0].1.as_str(), ended[1].1.as_str()),
        ("finished", "cancelled")
    );
    assert_eq!(
        notes,
        ["job 42 of an earlier verification is under way: 1 of its tasks are waited for"]
    );
    assert_eq!(
        Batch::all(&batches).unwrap().len(),
        1,
        "nothing was submitted again"
    );
    // What was cancelled is made again; `Ignore` makes all of it again.
    cluster.finishes(0, 2);
    assert_eq!(cluster.run().0[1].1, "finished");
    let mut fresh = cluster.executor();
    fresh.existing = ExistingJobs::Ignore;
    cluster.answer("squeue.answer", "42|1|CANCELLED|NAME|None\n");
    run(&mut fresh, &AtomicBool::new(false));
    let tasks = |batch: &Batch| batch.content.tasks.len();
    let sizes: Vec<usize> = Batch::all(&batches).unwrap().iter().map(tasks).collect();
    assert_eq!(sizes, [2, 1, 2]);
}

#[test]
fn what_is_left_over_is_cancelled() {
    let cluster = Cluster::new();
    cluster.answer("squeue.answer", "42|0|RUNNING|NAME|None\n");
    let mut executor = cluster.executor();
    executor.timeouts.total = Some(Duration::from_millis(50));
    let (ended, _) = run(&mut executor, &AtomicBool::new(false));
    assert_eq!(ended.len(), 2);
    let key = |seed| {
        recipe().key(
            &[("hidden".to_owned(), Scalar::Integer(12))].into(),
            RunSeed(seed),
        )
    };
    let settled: BTreeSet<RunKey> = [key(1), key(2)].into();
    let cancelled = |settled: &BTreeSet<RunKey>| executor.cancel_rest(settled).unwrap();
    let one: BTreeSet<RunKey> = [key(1)].into();
    assert_eq!(cancelled(&one), [0; 0], "it makes other runs too");
    let batch = Batch::all(&executor.batches()).unwrap().remove(0);
    let awaited = batch.await_it().unwrap();
    assert_eq!(cancelled(&settled), [0; 0], "another process waits for it");
    drop(awaited);
    assert_eq!(cancelled(&settled), [42]);
    let name = cluster.asked("name");
    assert_eq!(
        cluster.asked("scancel.arguments"),
        format!("--name={name}42\n")
    );
}

#[test]
fn a_task_leaves_its_records_and_never_runs_twice() {
    struct Counted<'a>(&'a Mutex<usize>);
    impl Workload for Counted<'_> {
        fn group(&self, _: &Configuration) -> usize {
            1
        }
        fn run(&self, _: &Configuration, seeds: &[RunSeed], _: &RunContext<'_>) -> Vec<Record> {
            *self.0.lock().unwrap() += 1;
            seeds.iter().map(|seed| finished(*seed)).collect()
        }
    }
    static COUNT: Mutex<usize> = Mutex::new(0);
    let folder = tempfile::tempdir().unwrap();
    let task = Task {
        name: None,
        values: BTreeMap::new(),
        metrics: BTreeSet::new(),
        seeds: vec![(RunSeed(7), "ab".repeat(32).parse().unwrap())],
    };
    let class = crate::identity::instruction_set();
    let tasks = vec![task.clone()];
    let batch = Batch::create(folder.path(), &serde_json::Value::Null, class, None, tasks).unwrap();
    let make = |_: &serde_json::Value, _: &Task| Ok(Box::new(Counted(&COUNT)) as Box<dyn Workload>);
    let interrupted = AtomicBool::new(false);
    for _ in 0..2 {
        run_task(&batch.folder, 0, &interrupted, &make).unwrap();
    }
    assert_eq!(*COUNT.lock().unwrap(), 1);
    assert_eq!(batch.status(0).unwrap().records.len(), 1);
    let error = run_task(&batch.folder, 1, &interrupted, &make).unwrap_err();
    assert_eq!(error, "expected a task below 1, found 1");

    let other = Batch::create(
        folder.path(),
        &serde_json::Value::Null,
        "pdp-11",
        None,
        vec![task],
    )
    .unwrap();
    run_task(&other.folder, 0, &interrupted, &make).unwrap();
    let problem = other.status(0).unwrap().problem.unwrap();
    assert!(problem.starts_with("expected a processor of class `pdp-11`"));
}
