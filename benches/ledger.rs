//! A verification of 100,000 runs, all but the training: what it takes to append, to open, to find
//! the stored runs and to walk the plan. Prints seconds and the process's peak memory.
//!
//! `cargo bench --bench ledger [-- RUNS]`

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use reprove::digest::Sha256Digest;
use reprove::manifest::{Decision, Device, Scalar, Submodules};
use reprove::plan::{Configuration, Plan};
use reprove::runs::{
    DataGuard, Execution, Executor, KeyInputs, Ledger, Outcome, PendingSeeds, Record, RunClaim,
    RunContext, RunKeys, Store, Usage, Workload, WorkloadIdentity, execute,
};
use reprove_model::seeds::RunSeed;

/// Seeds of each configuration.
const SEEDS: usize = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo adds `--bench`.
    let number = std::env::args().find_map(|argument| argument.parse().ok());
    let plan = plan(number.unwrap_or(100_000) / SEEDS);
    let determinants = determinants()?;
    let keys = timed("name", || RunKeys::of(&plan, &determinants));
    let store = tempfile::tempdir()?;
    let mut ledger = Ledger::open(store.path(), "bench")?;
    let start = Instant::now();
    for configuration in &plan.configurations {
        for seed in &plan.seeds {
            let key = keys
                .get(configuration, *seed)
                .ok_or("a run without a key")?;
            ledger.append(key, &record(configuration, *seed))?;
        }
    }
    told("append, each synced", start);
    let bytes = std::fs::metadata(ledger.path())?.len();
    drop(ledger);

    let ledger = timed("open", || Ledger::open(store.path(), "bench"))?;
    let known = timed("look up", || ledger.known(&plan, &keys));
    println!("{} runs known, ledger of {bytes} bytes", known.len());
    let interrupted = AtomicBool::new(false);
    let context = RunContext {
        observer: &|_| (),
        interrupted: &interrupted,
    };
    let all: BTreeSet<usize> = (0..plan.configurations.len()).collect();
    let (records, _) = timed("walk the plan", || {
        let mut execution = Execution {
            plan: &plan,
            workload: &NoWork,
            executor: &mut NoExecutor,
            store: &Known(Mutex::new(known)),
            data: &DataGuard::default(),
            context,
        };
        execute(&mut execution, &mut |records| {
            for configuration in &plan.configurations {
                records.of(configuration.name.as_ref(), &plan.seeds);
            }
            all.clone()
        })
    });
    println!("{} runs in the end", records.all().len());
    for line in std::fs::read_to_string("/proc/self/status")?.lines() {
        if line.starts_with("VmHWM") {
            println!("{line}");
        }
    }
    Ok(())
}

/// Runs that are kept already.
struct Known(Mutex<Vec<Record>>);

impl Store for Known {
    fn known(&self) -> Vec<Record> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn claim(&self, _: &Configuration, _: RunSeed) -> Option<RunClaim> {
        Some(RunClaim::unshared())
    }

    fn keep(&self, _: &Record) {}
}

/// Nothing is left to run: an executor that is asked says so by stopping the program.
struct NoWork;

impl Workload for NoWork {
    fn group(&self, _: &Configuration) -> usize {
        1
    }

    fn run(&self, _: &Configuration, _: &[RunSeed], _: &RunContext<'_>) -> Vec<Record> {
        Vec::new()
    }
}

struct NoExecutor;

impl Executor for NoExecutor {
    fn execute(
        &mut self,
        _: &dyn Workload,
        pending: &[PendingSeeds<'_>],
        _: &RunContext<'_>,
        _: &mut dyn FnMut(Record),
    ) {
        assert!(pending.is_empty(), "a stored run is made again");
    }

    fn repeat(
        &mut self,
        _: &dyn Workload,
        _: &Configuration,
        _: RunSeed,
        _: &RunContext<'_>,
    ) -> Option<Record> {
        None
    }

    fn finish(&mut self, _: &Plan, _: &RunContext<'_>) {}
}

fn plan(configurations: usize) -> Plan {
    let configuration = |index: usize| Configuration {
        name: Some(format!("configuration-{index}").into()),
        values: [("hidden".to_owned(), Scalar::Integer(index as i64))].into(),
        metrics: ["test_accuracy".into()].into(),
    };
    let mut rounds = vec![5];
    while let Some(last) = rounds.last().copied().filter(|last| *last < SEEDS) {
        rounds.push((last + usize::div_ceil(last, 4)).min(SEEDS));
    }
    Plan {
        configurations: (0..configurations).map(configuration).collect(),
        seeds: (1..=SEEDS as u64).map(RunSeed).collect(),
        reported_seeds: Vec::new(),
        seed_source: reprove::seeds::SeedSource::Stated,
        is_deterministic: false,
        rounds,
        claims: Vec::new(),
        device: Device::Cpu,
        decision: Decision::default(),
    }
}

fn determinants() -> Result<KeyInputs, Box<dyn std::error::Error>> {
    Ok(KeyInputs {
        commit: "a".repeat(40).parse()?,
        tree: "b".repeat(40),
        directory: ".".into(),
        submodules: Submodules::LeftOut,
        procedure: WorkloadIdentity::Recipe {
            path: "recipe.yaml".into(),
            text: Sha256Digest::of(b"recipe"),
            numerics: 1,
        },
        data: BTreeMap::new(),
        device: "cpu".to_owned(),
        threads: 1,
        instruction_set: "x86_64".to_owned(),
    })
}

fn record(configuration: &Configuration, seed: RunSeed) -> Record {
    let value = seed.0 as f64 / 3.0;
    let names = ["test_accuracy", "test_loss", "train_accuracy", "train_loss"];
    let metrics = names.into_iter().map(|name| (name.into(), value)).collect();
    let outcome = Outcome::Finished { metrics };
    Record {
        digest: Some(Sha256Digest::of(&seed.0.to_le_bytes()).to_string()),
        usage: Usage {
            wall_seconds: value,
            cpu_seconds: Some(value),
            max_rss_bytes: Some(1 << 24),
        },
        ..Record::ended(configuration.name.clone(), seed, outcome)
    }
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    told(what, start);
    done
}

fn told(what: &str, start: Instant) {
    println!("{what}: {:.3} s", start.elapsed().as_secs_f64());
}
