//! [`ClaimedWorkload`]: makes the runs that can be claimed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Record;
use super::claims::RunClaim;
use super::model::{RunContext, Store, Workload};
use reprove_model::name::ConfigurationId;
use reprove_model::plan::Configuration;
use reprove_model::seeds::RunSeed;

/// Workload that makes only runs which no other process makes now or has kept.
pub(super) struct ClaimedWorkload<'w> {
    workload: &'w dyn Workload,
    store: &'w dyn Store,
    held: Mutex<BTreeMap<(Option<ConfigurationId>, RunSeed), RunClaim>>,
    left: AtomicUsize,
}

impl<'w> ClaimedWorkload<'w> {
    /// The runs of a workload that can be claimed in a store.
    pub fn new(workload: &'w dyn Workload, store: &'w dyn Store) -> Self {
        Self {
            workload,
            store,
            held: Mutex::default(),
            left: AtomicUsize::new(0),
        }
    }

    /// The number of runs that were left to other processes.
    pub fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Ends the claim of a run that is kept.
    pub fn release(&self, configuration: Option<&ConfigurationId>, seed: RunSeed) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        drop(held.remove(&(configuration.cloned(), seed)));
    }

    fn claim(&self, configuration: &Configuration, seed: RunSeed) -> bool {
        let claim = self.store.claim(configuration, seed);
        let is_claimed = claim.is_some();
        if let Some(claim) = claim {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.insert((configuration.name.clone(), seed), claim);
        } else {
            self.left.fetch_add(1, Ordering::Relaxed);
        }
        is_claimed
    }
}

impl Workload for ClaimedWorkload<'_> {
    fn group(&self, configuration: &Configuration) -> usize {
        self.workload.group(configuration)
    }

    fn run(
        &self,
        configuration: &Configuration,
        seeds: &[RunSeed],
        context: &RunContext<'_>,
    ) -> Vec<Record> {
        let claimed = seeds.iter().copied();
        let claimed: Vec<RunSeed> = claimed
            .filter(|seed| self.claim(configuration, *seed))
            .collect();
        if claimed.is_empty() {
            return Vec::new();
        }
        let records = self.workload.run(configuration, &claimed, context);
        for seed in claimed {
            if !records.iter().any(|record| record.seed == seed) {
                self.release(configuration.name.as_ref(), seed);
            }
        }
        records
    }
}
