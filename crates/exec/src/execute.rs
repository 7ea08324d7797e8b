//! [`execute`]: makes the runs of a plan, round by round.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::claimed_workload::ClaimedWorkload;
use super::data_guard::DataChanged;
use super::execution::{Execution, ExecutionEnd};
use super::model::{PendingSeeds, RunContext};
use super::repeats;
use reprove_model::event::Event;
use reprove_model::failure::FailureKind;
use reprove_model::plan::Plan;
use reprove_model::record::{Outcome, Record, Records};
use reprove_model::seeds::RunSeed;

/// Makes the plan's runs, a round at a time, until no configuration is wanted any more.
///
/// After each round `wanted` gives the configurations, as indices into the plan's, that some
/// undecided claim still needs: the only callback from the decision stage. Before each round the
/// runs that the store has by then are taken from it, and each new record is given to it as soon as
/// it is there. The data are compared before a record is kept and at the end: a run that ended after
/// they changed has failed, and no further run is made.
pub fn execute(
    execution: &mut Execution<'_>,
    wanted: &mut dyn FnMut(&Records) -> BTreeSet<usize>,
) -> (Records, ExecutionEnd) {
    let mut records = Records::default();
    let mut open: BTreeSet<usize> = (0..execution.plan.configurations.len()).collect();
    let mut tied = BTreeSet::new();
    let mut done = 0;
    for round in &execution.plan.rounds {
        if let Some(end) = execution.round(done..*round, &open, &mut records, &mut tied) {
            return (records, end);
        }
        done = *round;
        open = wanted(&records);
        if open.is_empty() {
            break;
        }
    }
    execution
        .executor
        .finish(execution.plan, &execution.context);
    match execution.data.check() {
        Ok(()) => (records, ExecutionEnd::Complete),
        Err(changed) => (records, ExecutionEnd::DataChanged(changed)),
    }
}

impl Execution<'_> {
    /// Makes the runs of one round; gives the end of the execution if it is one.
    fn round(
        &mut self,
        seeds: std::ops::Range<usize>,
        open: &BTreeSet<usize>,
        records: &mut Records,
        tied: &mut BTreeSet<usize>,
    ) -> Option<ExecutionEnd> {
        let plan = self.plan;
        records.extend(self.store.known());
        let left = (plan.seeds.len() - seeds.start) * open.len();
        let mut pending = pending(plan, open, &plan.seeds[seeds.clone()], records);
        (self.context.observer)(Event::Round {
            runs: count(&pending),
            at_most: records.all().len() + left,
        });
        let mut pause = Pause::default();
        while !pending.is_empty() {
            let (left, changed) = self.pass(&pending, records);
            if let Some(changed) = changed {
                records.sort(plan);
                return Some(ExecutionEnd::DataChanged(changed));
            }
            if left == 0 || self.context.is_interrupted() {
                break;
            }
            // Other processes make these: what they keep is taken, what they leave is made here.
            let before = count(&pending);
            records.extend(self.store.known());
            pending = self::pending(plan, open, &plan.seeds[seeds.clone()], records);
            if count(&pending) == before {
                pause.wait(&self.context, before);
            }
        }
        records.sort(plan);
        if !self.context.is_interrupted() {
            repeats::check(self, records, tied);
            records.sort(plan);
        }
        self.context
            .is_interrupted()
            .then_some(ExecutionEnd::Interrupted)
    }

    /// Makes those of the pending runs that can be claimed. Gives the number of those that were left to
    /// other processes, and whether the data changed.
    fn pass(
        &mut self,
        pending: &[PendingSeeds<'_>],
        records: &mut Records,
    ) -> (usize, Option<DataChanged>) {
        let (store, data) = (self.store, self.data);
        let claimed = ClaimedWorkload::new(self.workload, store);
        let mut changed = None;
        self.executor
            .execute(&claimed, pending, &self.context, &mut |record| {
                let checked = data.check();
                let record = match &checked {
                    Ok(()) => record,
                    Err(change) => data_changed(&record, change),
                };
                changed = changed.take().or(checked.err());
                store.keep(&record);
                claimed.release(record.configuration.as_ref(), record.seed);
                records.push(record);
            });
        (claimed.left(), changed)
    }
}

/// Time between two looks at runs that other processes make.
#[derive(Debug, Default)]
struct Pause {
    looks: u32,
}

impl Pause {
    /// The shortest and the longest pause.
    const RANGE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

    /// Waits, longer each time, or until the user interrupts.
    fn wait(&mut self, context: &RunContext<'_>, runs: usize) {
        if self.looks == 0 {
            let text =
                format!("another verification is making {runs} of the runs: waiting for them");
            (context.observer)(Event::Note(text));
        }
        let (shortest, longest) = Self::RANGE;
        let end = Instant::now() + (shortest * (1 + self.looks)).min(longest);
        self.looks += 1;
        while Instant::now() < end && !context.is_interrupted() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The number of pending runs.
fn count(pending: &[PendingSeeds<'_>]) -> usize {
    pending.iter().map(|pending| pending.seeds.len()).sum()
}

/// The record of a run that ended when the data were not any more what they had been.
pub(super) fn data_changed(record: &Record, change: &DataChanged) -> Record {
    let outcome = Outcome::Failed {
        kind: FailureKind::DataChanged,
        message: change.to_string(),
        log_tail: Vec::new(),
    };
    Record {
        usage: record.usage,
        ..Record::ended(record.configuration.clone(), record.seed, outcome)
    }
}

/// The open configurations with those of the seeds that have no record yet.
fn pending<'p>(
    plan: &'p Plan,
    open: &BTreeSet<usize>,
    seeds: &[RunSeed],
    records: &Records,
) -> Vec<PendingSeeds<'p>> {
    open.iter()
        .map(|index| {
            let configuration = &plan.configurations[*index];
            let is_new = |seed: &RunSeed| !records.has(configuration.name.as_ref(), *seed);
            PendingSeeds {
                configuration,
                seeds: seeds.iter().copied().filter(is_new).collect(),
            }
        })
        .filter(|pending| !pending.seeds.is_empty())
        .collect()
}
