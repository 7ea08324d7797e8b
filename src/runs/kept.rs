//! The runs of a plan that are kept from one verification to the next.

use std::path::Path;

use super::{Ledger, LedgerError, Procedure, Record, RunKeys, identity::Determinants};
use crate::manifest::Manifest;
use crate::plan::Plan;

/// Whether runs of earlier verifications are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// A run that finished is not made again (the default).
    Resume,
    /// Every run is made again; the new ones replace the old.
    Fresh,
}

/// A store that is open for the runs of one plan.
pub struct Kept {
    ledger: Ledger,
    keys: RunKeys,
}

impl Kept {
    /// Opens the store in `folder` for a plan; `tree` is the id of the pinned commit's tree.
    ///
    /// # Errors
    /// What the system says when the store cannot be opened or read.
    pub fn open(
        folder: &Path,
        manifest: &Manifest,
        plan: &Plan,
        tree: &str,
        procedure: Procedure,
    ) -> Result<Self, LedgerError> {
        let determinants = Determinants::of(manifest, plan, tree, procedure);
        let ledger = Ledger::open(folder, &determinants.store_name())?;
        Ok(Self {
            ledger,
            keys: RunKeys::of(plan, &determinants),
        })
    }

    /// The plan's runs that need not be made.
    pub fn known(&self, plan: &Plan, reuse: Reuse) -> Vec<Record> {
        match reuse {
            Reuse::Resume => self.ledger.known(plan, &self.keys),
            Reuse::Fresh => Vec::new(),
        }
    }

    /// Keeps a run that ended; it is on the disk when this returns.
    ///
    /// # Errors
    /// What the system says when it cannot be written.
    pub fn keep(&mut self, record: &Record) -> Result<(), LedgerError> {
        match self.keys.find(record.configuration.as_deref(), record.seed) {
            Some(key) => self.ledger.append(key, record),
            None => Ok(()),
        }
    }
}
