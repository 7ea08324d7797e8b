//! The runs: prepared from a clean checkout, executed, their metrics read.
//!
//! [`execute`] walks the plan's rounds. After each it asks the caller which configurations are still
//! wanted: that is the one door through which a verdict reaches back, and it is drawn on purpose.

pub mod build;
pub mod estimate;
mod executor_config;
mod folders;
pub mod identity;
pub mod ledger;
mod ledger_store;
mod local;
mod log_tail;
pub mod output;
mod prepare;
pub mod program;
pub mod programs;
pub mod recipe;
pub mod slurm;
pub mod usage;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

pub use executor_config::{ExecutorConfig, ExecutorError};
pub use folders::Artifacts;
pub use identity::{KeyInputs, RunKey, RunKeys, WorkloadIdentity};
pub use ledger::{Ledger, LedgerError};
pub use ledger_store::{LedgerStore, NullStore, ResumePolicy};
pub use local::{Capacity, Jobs, LocalExecutor};
pub use prepare::{
    ErrorClass, Isolation, PrepareContext, PrepareError, Prepared, SandboxMode, prepare,
    read_experiment,
};
pub use reprove_model::record::{Outcome, Record, RecordSource, Records, Usage};

use reprove_model::event::{Event, Observer};
use reprove_model::plan::{Configuration, Plan};

/// Something that makes runs: a recipe trained in-process, or a program.
pub trait Workload: Sync {
    /// How many seeds of a configuration are best run in one call on one worker.
    fn group(&self, configuration: &Configuration) -> usize;

    /// Runs a configuration with each of the seeds, and gives a record a seed, in their order. A
    /// seed that was not run because of an interruption has no record.
    fn run(
        &self,
        configuration: &Configuration,
        seeds: &[u64],
        watch: &RunContext<'_>,
    ) -> Vec<Record>;
}

/// Something that has many runs made, on this machine or elsewhere.
pub trait Executor {
    /// Makes the runs and gives each record to `sink` as soon as it is there, in any order.
    fn execute(
        &mut self,
        workload: &dyn Workload,
        units: &[Unit<'_>],
        watch: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    );

    /// Is told that the plan needs no further run: those still under way elsewhere are ended.
    fn settled(&mut self, _plan: &Plan, _watch: &RunContext<'_>) {}
}

/// What keeps runs from one verification to the next.
pub trait Store {
    /// The plan's runs that are kept, those of other processes that work beside this one included.
    fn known(&mut self) -> Vec<Record>;

    /// Keeps a run that ended.
    fn keep(&mut self, record: &Record);
}

/// A configuration with the seeds that a round needs of it.
#[derive(Debug, Clone)]
pub struct Unit<'a> {
    /// The configuration.
    pub configuration: &'a Configuration,
    /// The seeds, in the order of their use.
    pub seeds: Vec<u64>,
}

/// What a run may tell and must heed while it is at work.
#[derive(Clone, Copy)]
pub struct RunContext<'a> {
    /// Who is told of progress.
    pub observer: Observer<'a>,
    /// Becomes true when the user interrupts.
    pub interrupted: &'a AtomicBool,
}

impl RunContext<'_> {
    /// Whether the user has interrupted.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

/// How the execution of a plan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All claims are settled, or all planned runs are made.
    Complete,
    /// The user interrupted; what had finished is in the records.
    Interrupted,
}

/// Makes the plan's runs, a round at a time, until no configuration is wanted any more.
///
/// `wanted` is asked after each round for the configurations, as indices into the plan's, that some
/// undecided claim still needs. Before each round the runs that `store` has by then are taken from
/// it, and each new record is given to it as soon as it is there.
pub fn execute(
    plan: &Plan,
    workload: &dyn Workload,
    executor: &mut dyn Executor,
    store: &mut dyn Store,
    watch: &RunContext<'_>,
    wanted: &mut dyn FnMut(&Records) -> BTreeSet<usize>,
) -> (Records, End) {
    let mut records = Records::default();
    let mut open: BTreeSet<usize> = (0..plan.configurations.len()).collect();
    let mut done = 0;
    for round in &plan.rounds {
        records.extend(store.known());
        let units = missing(plan, &open, &plan.seeds[done..*round], &records);
        let runs: usize = units.iter().map(|unit| unit.seeds.len()).sum();
        let still = (plan.seeds.len() - done) * open.len();
        (watch.observer)(Event::Round {
            runs,
            at_most: records.all().len() + still,
        });
        if runs > 0 {
            executor.execute(workload, &units, watch, &mut |record| {
                store.keep(&record);
                records.push(record);
            });
        }
        records.sort(plan);
        if watch.is_interrupted() {
            return (records, End::Interrupted);
        }
        done = *round;
        open = wanted(&records);
        if open.is_empty() {
            break;
        }
    }
    executor.settled(plan, watch);
    (records, End::Complete)
}

/// The open configurations with those of the seeds that have no record yet.
fn missing<'p>(
    plan: &'p Plan,
    open: &BTreeSet<usize>,
    seeds: &[u64],
    records: &Records,
) -> Vec<Unit<'p>> {
    open.iter()
        .map(|index| {
            let configuration = &plan.configurations[*index];
            let is_new = |seed: &u64| !records.has(configuration.name.as_deref(), *seed);
            Unit {
                configuration,
                seeds: seeds.iter().copied().filter(is_new).collect(),
            }
        })
        .filter(|unit| !unit.seeds.is_empty())
        .collect()
}
