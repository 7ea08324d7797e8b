//! [`execute`]: makes the runs of a plan, round by round.

use std::collections::BTreeSet;

use super::data_guard::DataChanged;
use super::execution::{Execution, ExecutionEnd};
use super::model::PendingSeeds;
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
        let pending = pending(plan, open, &plan.seeds[seeds.clone()], records);
        let runs: usize = pending.iter().map(|pending| pending.seeds.len()).sum();
        let left = (plan.seeds.len() - seeds.start) * open.len();
        (self.context.observer)(Event::Round {
            runs,
            at_most: records.all().len() + left,
        });
        let mut changed = None;
        if runs > 0 {
            let (store, data) = (&mut *self.store, self.data);
            self.executor
                .execute(self.workload, &pending, &self.context, &mut |record| {
                    let checked = data.check();
                    let record = match &checked {
                        Ok(()) => record,
                        Err(change) => data_changed(&record, change),
                    };
                    changed = changed.take().or(checked.err());
                    store.keep(&record);
                    records.push(record);
                });
        }
        records.sort(plan);
        if let Some(changed) = changed {
            return Some(ExecutionEnd::DataChanged(changed));
        }
        if !self.context.is_interrupted() {
            repeats::check(self, records, tied);
            records.sort(plan);
        }
        self.context
            .is_interrupted()
            .then_some(ExecutionEnd::Interrupted)
    }
}

/// The record of a run that ended when the data were not any more what they had been.
fn data_changed(record: &Record, change: &DataChanged) -> Record {
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
