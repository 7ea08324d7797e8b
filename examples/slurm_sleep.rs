//! Runs that only sleep, made through Slurm: what `ci/slurm-test` tests the executor with.
//!
//! `slurm_sleep STORE RUNS SECONDS [OPTION OF SBATCH]…` prints a line a run: seed, outcome, value.
//! A second run with the same STORE finds the jobs of the first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use reprove::digest::Sha256Digest;
use reprove::event::Event;
use reprove::manifest::{Decision, Device, Submodules};
use reprove::plan::{Configuration, Plan};
use reprove::runs::identity::instruction_set;
use reprove::runs::slurm::{self, SlurmExecutor};
use reprove::runs::{
    DataGuard, Execution, KeyInputs, LedgerStore, Outcome, Record, ResumePolicy, RunContext,
    Workload, WorkloadIdentity, execute,
};
use reprove_model::seeds::RunSeed;

#[path = "../src/cli/interrupt.rs"]
mod interrupt;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let interrupted = interrupt::listen();
    match arguments.as_slice() {
        [command, folder, index] if command == "__task" => {
            let make = |workload: &serde_json::Value, _: &slurm::Task| {
                let seconds = workload.as_f64().ok_or("expected seconds")?;
                Ok(Box::new(Sleep(Duration::from_secs_f64(seconds))) as Box<dyn Workload>)
            };
            slurm::run_task(Path::new(folder), index.parse()?, interrupted, &make)?;
            Ok(())
        }
        [store, runs, seconds, extra @ ..] => verify(
            Path::new(store),
            runs.parse()?,
            seconds.parse()?,
            extra,
            interrupted,
        ),
        _ => Err("expected STORE RUNS SECONDS".into()),
    }
}

/// What `verify` does, but for the manifest and the verdict.
fn verify(
    store: &Path,
    runs: u64,
    seconds: f64,
    extra: &[String],
    interrupted: &AtomicBool,
) -> Result<(), Failure> {
    let plan = Plan {
        configurations: vec![Configuration {
            name: None,
            values: BTreeMap::new(),
            metrics: ["value".into()].into(),
        }],
        seeds: (1..=runs).map(RunSeed).collect(),
        reported_seeds: Vec::new(),
        seed_source: reprove::seeds::SeedSource::Stated,
        is_deterministic: false,
        rounds: vec![runs as usize],
        claims: Vec::new(),
        device: Device::Cpu,
        decision: Decision::default(),
    };
    let determinants = determinants()?;
    let tell = |event| {
        if let Event::Note(text) = event {
            eprintln!("note: {text}");
        }
    };
    let kept = LedgerStore::open(store, ResumePolicy::Resume, &plan, &determinants, &tell)?;
    let launcher = vec![
        slurm::publish(store)?.display().to_string(),
        "__task".to_owned(),
    ];
    let mut executor = SlurmExecutor::new(store, determinants, seconds.into(), launcher)?;
    executor.options.extra = extra.to_vec();
    executor.timeouts.look.1 = Duration::from_secs(1);
    executor.timeouts.settle = Duration::from_secs(3);
    executor.timeouts.held = Duration::from_secs(5);
    let context = RunContext {
        observer: &tell,
        interrupted,
    };
    let mut execution = Execution {
        plan: &plan,
        workload: &Sleep(Duration::ZERO),
        executor: &mut executor,
        store: &kept,
        data: &DataGuard::default(),
        context,
    };
    let (records, end) = execute(&mut execution, &mut |_| BTreeSet::new());
    for record in records.all() {
        let told = match &record.outcome {
            Outcome::Finished { metrics } => format!("{}", metrics["value"]),
            Outcome::Diverged { message, .. } | Outcome::Failed { message, .. } => message.clone(),
        };
        println!("{} {} {told}", record.seed, record.outcome.code().code());
    }
    println!("{end:?}");
    Ok(())
}

/// Sleeps, and gives a third of the seed.
struct Sleep(Duration);

impl Workload for Sleep {
    fn group(&self, _: &Configuration) -> usize {
        1
    }

    fn run(
        &self,
        configuration: &Configuration,
        seeds: &[RunSeed],
        context: &RunContext<'_>,
    ) -> Vec<Record> {
        let mut records = Vec::new();
        for seed in seeds {
            let begin = Instant::now();
            while begin.elapsed() < self.0 {
                if context.is_interrupted() {
                    return records;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let metrics = [("value".into(), seed.0 as f64 / 3.0)].into();
            let outcome = Outcome::Finished { metrics };
            let name = configuration.name.clone();
            records.push(Record::ended(name, *seed, outcome));
        }
        records
    }
}

fn determinants() -> Result<KeyInputs, Failure> {
    Ok(KeyInputs {
        commit: "0".repeat(40).parse()?,
        tree: "0".repeat(40),
        directory: ".".into(),
        submodules: Submodules::LeftOut,
        procedure: WorkloadIdentity::Recipe {
            path: "sleep".into(),
            text: Sha256Digest::of(b"sleep"),
            numerics: 1,
        },
        data: BTreeMap::new(),
        device: "cpu".to_owned(),
        threads: 1,
        instruction_set: instruction_set().to_owned(),
    })
}
