//! The parts of an execution: workload, executor, store, and the context of a run.

use std::sync::atomic::{AtomicBool, Ordering};

use super::claims::RunClaim;
use reprove_model::event::Observer;
use reprove_model::plan::{Configuration, Plan};
use reprove_model::record::Record;
use reprove_model::seeds::RunSeed;

/// Workload: a recipe trained in-process, or a program.
pub trait Workload: Sync {
    /// Best number of seeds of a configuration in one call on one worker.
    fn group(&self, configuration: &Configuration) -> usize;

    /// Runs a configuration with each of the seeds, and gives a record a seed, in their order. A
    /// seed that was not run because of an interruption has no record.
    fn run(
        &self,
        configuration: &Configuration,
        seeds: &[RunSeed],
        context: &RunContext<'_>,
    ) -> Vec<Record>;
}

/// Executor: makes many runs, on this machine or elsewhere.
///
/// [`ExecutorConfig`](super::ExecutorConfig) says how to add one.
pub trait Executor {
    /// Makes the runs and gives each record to `sink` as soon as it is there, in any order.
    fn execute(
        &mut self,
        workload: &dyn Workload,
        pending: &[PendingSeeds<'_>],
        context: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    );

    /// Makes one run again, whatever is known of it, for a comparison of the two; none when it was
    /// interrupted.
    fn repeat(
        &mut self,
        workload: &dyn Workload,
        configuration: &Configuration,
        seed: RunSeed,
        context: &RunContext<'_>,
    ) -> Option<Record>;

    /// Ends the runs that are still under way elsewhere: the plan needs no further run.
    fn finish(&mut self, plan: &Plan, context: &RunContext<'_>);
}

/// Store of runs between verifications.
pub trait Store: Sync {
    /// The plan's runs that are kept, including those of other processes that run at the same time.
    fn known(&self) -> Vec<Record>;

    /// Claims a run, so that no other process makes it while the claim is held; none where another
    /// process makes it now or has kept it since.
    fn claim(&self, configuration: &Configuration, seed: RunSeed) -> Option<RunClaim>;

    /// Keeps a run that ended.
    fn keep(&self, record: &Record);
}

/// Pending runs of one configuration in a round.
#[derive(Debug, Clone)]
pub struct PendingSeeds<'a> {
    /// The configuration.
    pub configuration: &'a Configuration,
    /// The seeds, in the order of their use.
    pub seeds: Vec<RunSeed>,
}

/// Progress observer and cancellation flag of a run.
#[derive(Clone, Copy)]
pub struct RunContext<'a> {
    /// Progress observer.
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
