//! The runs: prepared from a clean checkout, executed, their metrics read.
//!
//! [`execute`] walks the plan's rounds. After each it asks the caller which configurations are still
//! wanted: that is the one door through which a verdict reaches back, and it is drawn on purpose.

pub mod choice;
pub mod estimate;
mod folders;
pub mod identity;
mod in_process;
mod kept;
pub mod ledger;
mod local;
pub mod metrics;
pub mod output;
mod place;
mod prepare;
pub mod program;
pub mod programs;
pub mod rebuild;
mod record;
mod remove;
mod said;
pub mod sandbox;
mod scratch;
pub mod slurm;
pub mod usage;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

pub use folders::Leftovers;
pub use identity::{Determinants, Procedure, RunKey, RunKeys};
pub use in_process::RecipeRuns;
pub use kept::{Forgotten, Kept, Reuse};
pub use ledger::{Ledger, LedgerError};
pub use local::{Jobs, LocalExecutor, Room};
pub use place::{Place, PlaceError};
pub use prepare::{
    Blame, Isolation, PrepareError, Prepared, Site, Walls, prepare, read_experiment,
};
pub use record::{Outcome, Record, RecordSource, Usage};

use crate::event::{Event, Observer};
use crate::plan::{Configuration, Plan};

/// Something that makes runs: a recipe trained in-process, or a program.
pub trait Workload: Sync {
    /// How many seeds of a configuration are best run in one call on one worker.
    fn group(&self, configuration: &Configuration) -> usize;

    /// Runs a configuration with each of the seeds, and gives a record a seed, in their order. A
    /// seed that was not run because of an interruption has no record.
    fn run(&self, configuration: &Configuration, seeds: &[u64], watch: &Watch<'_>) -> Vec<Record>;
}

/// Something that has many runs made, on this machine or elsewhere.
pub trait Executor {
    /// Makes the runs and gives each record to `sink` as soon as it is there, in any order.
    fn execute(
        &mut self,
        workload: &dyn Workload,
        units: &[Unit<'_>],
        watch: &Watch<'_>,
        sink: &mut dyn FnMut(Record),
    );

    /// Is told that the plan needs no further run: those still under way elsewhere are ended.
    fn settled(&mut self, _plan: &Plan, _watch: &Watch<'_>) {}
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
pub struct Watch<'a> {
    /// Who is told of progress.
    pub observer: Observer<'a>,
    /// Becomes true when the user interrupts.
    pub interrupted: &'a AtomicBool,
}

impl Watch<'_> {
    /// Whether the user has interrupted.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

/// The records of a verification, in the order configuration, then seed as the plan lists them.
///
/// Of two records of one run the first counts.
#[derive(Debug, Clone, Default)]
pub struct Records {
    list: Vec<Record>,
    /// Where in the list the run of each seed is, without a configuration's name and by name.
    unnamed: BTreeMap<u64, usize>,
    named: BTreeMap<String, BTreeMap<u64, usize>>,
}

impl Records {
    /// These records, in this order.
    pub fn new(list: Vec<Record>) -> Self {
        let mut records = Self::default();
        for record in list {
            records.push(record);
        }
        records
    }

    /// All records.
    pub fn all(&self) -> &[Record] {
        &self.list
    }

    /// The records of a configuration in the order of the seeds, up to the first seed without one.
    pub fn of<'r>(&'r self, configuration: Option<&str>, seeds: &[u64]) -> Vec<&'r Record> {
        let Some(places) = self.places(configuration) else {
            return Vec::new();
        };
        let find = |seed: &u64| places.get(seed).map(|place| &self.list[*place]);
        seeds.iter().map_while(find).collect()
    }

    fn places(&self, configuration: Option<&str>) -> Option<&BTreeMap<u64, usize>> {
        match configuration {
            None => Some(&self.unnamed),
            Some(name) => self.named.get(name),
        }
    }

    fn has(&self, configuration: Option<&str>, seed: u64) -> bool {
        self.places(configuration)
            .is_some_and(|places| places.contains_key(&seed))
    }

    /// Takes in those runs that are not there yet.
    fn extend(&mut self, known: Vec<Record>) {
        for record in known {
            if !self.has(record.configuration.as_deref(), record.seed) {
                self.push(record);
            }
        }
    }

    fn push(&mut self, record: Record) {
        let places = match &record.configuration {
            None => &mut self.unnamed,
            Some(name) => self.named.entry(name.clone()).or_default(),
        };
        places.entry(record.seed).or_insert(self.list.len());
        self.list.push(record);
    }

    fn sort(&mut self, plan: &Plan) {
        let names = plan.configurations.iter().map(|c| c.name.as_deref());
        let names: BTreeMap<Option<&str>, usize> = names.zip(0..).collect();
        let seeds: BTreeMap<u64, usize> = plan.seeds.iter().copied().zip(0..).collect();
        let mut list = std::mem::take(&mut self.list);
        list.sort_by_key(|record| {
            let configuration = names.get(&record.configuration.as_deref());
            (configuration.copied(), seeds.get(&record.seed).copied())
        });
        *self = Self::new(list);
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
    watch: &Watch<'_>,
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
