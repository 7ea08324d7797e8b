//! 100,000 runs through Slurm, all but Slurm: what it takes to submit them, and to find what their
//! tasks have left after the verification was stopped. Stand-ins answer for Slurm's commands.
//!
//! `cargo bench --bench attach [-- RUNS]`

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use reprove::digest::Sha256Digest;
use reprove::manifest::Submodules;
use reprove::plan::Configuration;
use reprove::runs::identity::instruction_set;
use reprove::runs::slurm::{self, SlurmExecutor};
use reprove::runs::{
    Executor, KeyInputs, Outcome, PendingSeeds, Record, RunContext, Workload, WorkloadIdentity,
};
use reprove_model::seeds::RunSeed;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    // Cargo adds `--bench`.
    let runs = std::env::args().find_map(|argument| argument.parse().ok());
    let seeds: Vec<RunSeed> = (1..=runs.unwrap_or(100_000)).map(RunSeed).collect();
    let store = tempfile::tempdir()?;
    let stand_ins = store.path().join("stand-ins");
    std::fs::create_dir(&stand_ins)?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/slurm");
    for command in ["sbatch", "squeue", "scontrol", "sacct", "scancel"] {
        std::fs::copy(fixtures.join(command), stand_ins.join(command))?;
    }
    let executor = || -> Result<SlurmExecutor, Failure> {
        let launcher = vec!["/bin/true".to_owned()];
        let value = serde_json::Value::Null;
        let mut executor = SlurmExecutor::new(store.path(), determinants()?, value, launcher)?;
        executor.commands.folder = Some(stand_ins.clone());
        executor.timeouts.total = Some(Duration::ZERO);
        Ok(executor)
    };

    let start = Instant::now();
    let lost = execute(&mut executor()?, &seeds);
    println!(
        "submit {} runs: {:.3} s",
        lost.len(),
        start.elapsed().as_secs_f64()
    );

    let start = Instant::now();
    let interrupted = AtomicBool::new(false);
    let mut tasks = 0;
    for experiment in std::fs::read_dir(store.path().join("slurm"))? {
        for batch in std::fs::read_dir(experiment?.path().join("batches"))? {
            let batch = batch?.path();
            let make =
                |_: &serde_json::Value, _: &slurm::Task| Ok(Box::new(Third) as Box<dyn Workload>);
            for index in 0.. {
                if slurm::run_task(&batch, index, &interrupted, &make).is_err() {
                    break;
                }
                tasks += 1;
            }
        }
    }
    println!(
        "leave {tasks} statuses: {:.3} s",
        start.elapsed().as_secs_f64()
    );

    let start = Instant::now();
    let found = execute(&mut executor()?, &seeds);
    let finished = found
        .iter()
        .filter(|record| record.outcome.is_final())
        .count();
    println!(
        "find {finished} runs again: {:.3} s",
        start.elapsed().as_secs_f64()
    );
    for line in std::fs::read_to_string("/proc/self/status")?.lines() {
        if line.starts_with("VmHWM") {
            println!("{line}");
        }
    }
    Ok(())
}

fn execute(executor: &mut SlurmExecutor, seeds: &[RunSeed]) -> Vec<Record> {
    let configuration = Configuration {
        name: None,
        values: BTreeMap::new(),
        metrics: BTreeSet::new(),
    };
    let unit = PendingSeeds {
        configuration: &configuration,
        seeds: seeds.to_vec(),
    };
    let interrupted = AtomicBool::new(false);
    let context = RunContext {
        observer: &|_| (),
        interrupted: &interrupted,
    };
    let mut records = Vec::new();
    executor.execute(&Third, &[unit], &context, &mut |record| {
        records.push(record)
    });
    records
}

/// Gives a third of the seed.
struct Third;

impl Workload for Third {
    fn group(&self, _: &Configuration) -> usize {
        16
    }

    fn run(&self, _: &Configuration, seeds: &[RunSeed], _: &RunContext<'_>) -> Vec<Record> {
        let record = |seed: &RunSeed| {
            let metrics = [("value".into(), seed.0 as f64 / 3.0)].into();
            Record::ended(None, *seed, Outcome::Finished { metrics })
        };
        seeds.iter().map(record).collect()
    }
}

fn determinants() -> Result<KeyInputs, Failure> {
    Ok(KeyInputs {
        commit: "0".repeat(40).parse()?,
        tree: "0".repeat(40),
        directory: ".".into(),
        submodules: Submodules::LeftOut,
        procedure: WorkloadIdentity::Recipe {
            path: "third".into(),
            text: Sha256Digest::of(b"third"),
            numerics: 1,
        },
        data: BTreeMap::new(),
        device: "cpu".to_owned(),
        threads: 1,
        instruction_set: instruction_set().to_owned(),
    })
}
