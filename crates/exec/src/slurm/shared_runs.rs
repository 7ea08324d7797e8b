//! The runs of a task, claimed and kept in the store that all verifications share.

use std::time::Duration;

use super::batch::Task;
use super::retry::sleep;
use super::shared_store::SharedStore;
use crate::claims::{ClaimFolder, RunClaim};
use crate::{Ledger, LedgerError, Record, ResumePolicy, RunContext, RunKey, Workload};
use reprove_model::event::Event;
use reprove_model::seeds::RunSeed;

/// Time between two looks at a run that another process makes.
const PAUSE: Duration = Duration::from_millis(500);

/// Makes the runs of a task, in the order of its seeds. A run that another process makes is waited for and
/// taken from the store; a run that the store has is not made again. Without a store, or with one that
/// cannot be opened, each run is made.
pub(super) fn make(
    store: Option<&SharedStore>,
    task: &Task,
    workload: &dyn Workload,
    context: &RunContext<'_>,
) -> Vec<Record> {
    match store.map(SharedRuns::open) {
        Some(Ok(shared)) => shared.make(task, workload, context),
        Some(Err(error)) => {
            (context.observer)(Event::Note(format!(
                "runs cannot be claimed, so that another verification may make them too: {error}"
            )));
            make_all(task, workload, context)
        }
        None => make_all(task, workload, context),
    }
}

fn make_all(task: &Task, workload: &dyn Workload, context: &RunContext<'_>) -> Vec<Record> {
    let seeds: Vec<RunSeed> = task.seeds.iter().map(|(seed, _)| *seed).collect();
    workload.run(&task.configuration(), &seeds, context)
}

/// The ledger and the claims of a store.
struct SharedRuns {
    ledger: Ledger,
    claims: ClaimFolder,
    reuse: ResumePolicy,
}

/// What became of a run that this task wants.
enum Claimed {
    /// This task makes it.
    Here(RunClaim),
    /// It is kept already.
    Kept(Box<Record>),
    /// Another process makes it.
    Elsewhere,
}

impl SharedRuns {
    fn open(store: &SharedStore) -> Result<Self, LedgerError> {
        Ok(Self {
            ledger: Ledger::open(&store.folder, &store.ledger)?,
            claims: ClaimFolder::open(&store.folder)?,
            reuse: store.reuse,
        })
    }

    fn make(
        mut self,
        task: &Task,
        workload: &dyn Workload,
        context: &RunContext<'_>,
    ) -> Vec<Record> {
        let mut records = Vec::new();
        let mut pending = task.seeds.clone();
        while !pending.is_empty() && !context.is_interrupted() {
            let (mut held, mut left) = (Vec::new(), Vec::new());
            for (seed, key) in pending {
                match self.claim(task, key) {
                    Claimed::Here(claim) => held.push((seed, key, claim)),
                    Claimed::Kept(record) => records.push(*record),
                    Claimed::Elsewhere => left.push((seed, key)),
                }
            }
            if !held.is_empty() {
                let seeds: Vec<RunSeed> = held.iter().map(|(seed, ..)| *seed).collect();
                let made = workload.run(&task.configuration(), &seeds, context);
                for (seed, key, _claim) in held {
                    let record = made.iter().find(|record| record.seed == seed);
                    record.into_iter().for_each(|record| self.keep(key, record));
                }
                records.extend(made);
            }
            pending = left;
            if !pending.is_empty() {
                sleep(PAUSE, context);
            }
        }
        let place = |record: &Record| task.seeds.iter().position(|(seed, _)| *seed == record.seed);
        records.sort_by_key(place);
        records
    }

    fn claim(&mut self, task: &Task, key: RunKey) -> Claimed {
        let claim = match self.claims.claim(key) {
            Ok(Some(claim)) => claim,
            Ok(None) => return Claimed::Elsewhere,
            // As on one machine: a run that cannot be claimed is made all the same.
            Err(_) => RunClaim::unshared(),
        };
        // Its last holder may have kept the run. What is known already counts when the file cannot be read.
        let _ = self.ledger.refresh();
        match self.ledger.known_run(&task.configuration(), key) {
            Some(known) if self.reuse == ResumePolicy::Resume => Claimed::Kept(Box::new(Record {
                configuration: task.name.clone(),
                ..known.clone()
            })),
            Some(_) | None => Claimed::Here(claim),
        }
    }

    /// Keeps a run that gave a result: a failed one is kept by the verification that waits for it. A run
    /// that cannot be kept here is kept there too.
    fn keep(&mut self, key: RunKey, record: &Record) {
        if record.outcome.is_final() {
            let _ = self.ledger.append(key, record);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;
    use std::time::Instant;

    use super::super::batch::Batch;
    use super::super::run_task;
    use super::*;
    use crate::identity::instruction_set;
    use crate::identity::tests::recipe;
    use reprove_model::plan::Configuration;
    use reprove_model::record::Outcome;

    /// Counts the runs of each seed. A run lasts until a time is over.
    #[derive(Clone, Default)]
    struct Counted(std::sync::Arc<Mutex<Vec<u64>>>, Duration);

    impl Counted {
        fn sorted(&self) -> Vec<u64> {
            let mut made = self.0.lock().unwrap().clone();
            made.sort_unstable();
            made
        }
    }

    impl Workload for Counted {
        fn group(&self, _: &Configuration) -> usize {
            2
        }

        fn run(&self, _: &Configuration, seeds: &[RunSeed], _: &RunContext<'_>) -> Vec<Record> {
            let run = |seed: &RunSeed| {
                self.0.lock().unwrap().push(seed.0);
                std::thread::sleep(self.1);
                let metrics = [("accuracy".into(), seed.0 as f64)].into();
                Record::ended(None, *seed, Outcome::Finished { metrics })
            };
            seeds.iter().map(run).collect()
        }
    }

    fn task() -> Task {
        let key = |seed| (RunSeed(seed), recipe().key(&BTreeMap::new(), RunSeed(seed)));
        Task {
            name: None,
            values: BTreeMap::new(),
            metrics: BTreeSet::new(),
            seeds: [1, 2].map(key).into(),
        }
    }

    fn batch(folder: &Path, reuse: ResumePolicy) -> Batch {
        let store = SharedStore {
            folder: folder.to_owned(),
            ledger: recipe().store_name(),
            reuse,
        };
        let (class, tasks) = (instruction_set(), vec![task()]);
        let batches = folder.join("batches");
        Batch::create(
            &batches,
            &serde_json::Value::Null,
            class,
            Some(store),
            tasks,
        )
        .unwrap()
    }

    fn run(batch: &Batch, workload: &Counted) -> Vec<u64> {
        let make = |_: &serde_json::Value, _: &Task| -> Result<Box<dyn Workload>, String> {
            Ok(Box::new(workload.clone()))
        };
        run_task(&batch.folder, 0, &AtomicBool::new(false), &make).unwrap();
        let status = batch.status(0).unwrap();
        let seeds = status.records.iter().map(|record| record.seed.0);
        seeds.collect()
    }

    #[test]
    fn a_run_that_another_process_makes_is_waited_for_and_taken() {
        let folder = tempfile::tempdir().unwrap();
        let workload = Counted::default();
        let mut ledger = Ledger::open(folder.path(), &recipe().store_name()).unwrap();
        let claims = ClaimFolder::open(folder.path()).unwrap();
        let key = task().seeds[0].1;
        let claim = claims.claim(key).unwrap().unwrap();
        let batch = batch(folder.path(), ResumePolicy::Resume);
        std::thread::scope(|scope| {
            let ended = scope.spawn(|| run(&batch, &workload));
            let begun = Instant::now();
            while workload.sorted() != [2] && begun.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(5));
            }
            assert!(!ended.is_finished());
            let metrics = [("accuracy".into(), 0.25)].into();
            let elsewhere = Record::ended(None, RunSeed(1), Outcome::Finished { metrics });
            ledger.append(key, &elsewhere).unwrap();
            drop(claim);
            assert_eq!(ended.join().unwrap(), [1, 2]);
        });
        assert_eq!(workload.sorted(), [2]);
        let metrics = |seed: usize| batch.status(0).unwrap().records[seed].outcome.clone();
        let taken = [("accuracy".into(), 0.25)].into();
        assert_eq!(metrics(0), Outcome::Finished { metrics: taken });
    }

    #[test]
    fn a_claim_lasts_until_the_run_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let workload = Counted(Default::default(), Duration::from_millis(300));
        let claims = ClaimFolder::open(folder.path()).unwrap();
        let batch = batch(folder.path(), ResumePolicy::Resume);
        let key = task().seeds[1].1;
        std::thread::scope(|scope| {
            let ended = scope.spawn(|| run(&batch, &workload));
            while workload.sorted().is_empty() {
                std::thread::sleep(Duration::from_millis(5));
            }
            assert!(claims.claim(key).unwrap().is_none());
            while claims.claim(key).unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            let ledger = Ledger::open(folder.path(), &recipe().store_name()).unwrap();
            assert!(ledger.get(key).is_some());
            assert_eq!(ended.join().unwrap(), [1, 2]);
        });
    }

    #[test]
    fn kept_runs_are_made_again_only_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let workload = Counted::default();
        for (reuse, made) in [
            (ResumePolicy::Resume, &[1, 2][..]),
            (ResumePolicy::Resume, &[1, 2]),
            (ResumePolicy::Fresh, &[1, 1, 2, 2]),
        ] {
            assert_eq!(run(&batch(folder.path(), reuse), &workload), [1, 2]);
            assert_eq!(workload.sorted(), made);
        }
    }
}
