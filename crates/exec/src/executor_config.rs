//! [`ExecutorConfig`]: the trait of the executors that a user can choose.
//!
//! To add an executor: write its file or folder beside this one, with an implementation of
//! [`Executor`] and one of [`ExecutorConfig`] for its options; declare it in `lib.rs`; and add its
//! name with its options to the command line (`src/cli/args.rs` of the root package). The traits have
//! no default methods, so that the compiler names every missing part.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::usage::Meter;
use super::{Capacity, Executor, KeyInputs, Prepared, ResumePolicy};
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::{Device, Manifest};
use reprove_model::plan::Plan;

/// Executor as the user chooses it, with its options.
pub trait ExecutorConfig: fmt::Debug + Send + Sync {
    /// The machines that make the runs.
    fn machines(&self) -> Machines;

    /// The executor of a prepared experiment.
    ///
    /// # Errors
    /// A store that is missing or cannot be written, an experiment that cannot be sent there.
    fn executor(&self, request: ExecutorRequest<'_>) -> Result<Box<dyn Executor>, ExecutorError>;
}

/// Machines that make the runs of an executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machines {
    /// This machine.
    This,
    /// Other machines, which share the file system of the store with this one.
    Others,
}

/// Request for an executor.
pub struct ExecutorRequest<'r> {
    /// Folder of the store, and whether runs of earlier verifications are used; none where no run is
    /// kept.
    pub store: Option<(&'r Path, ResumePolicy)>,
    /// The prepared experiment.
    pub prepared: &'r Prepared,
    /// Inputs that determine the key of each run.
    pub key_inputs: KeyInputs,
    /// Number of runs that this machine can make side by side.
    pub capacity: Capacity,
    /// The manifest.
    pub manifest: &'r Manifest,
    /// The plan.
    pub plan: &'r Plan,
}

/// Error of an executor that cannot make the runs.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// Other machines leave their results in the store, and there is none.
    #[error("runs on other machines need a store")]
    NoStore,
    /// The store cannot hold what the other machines read.
    #[error("{}: {source}", store.display())]
    Store {
        /// The store.
        store: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The description of the experiment cannot be written.
    #[error("the description of the experiment: {0}")]
    Description(#[from] serde_json::Error),
}

impl Hint for ExecutorError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoStore | Self::Store { .. } | Self::Description(_) => None,
        }
    }
}

impl Machines {
    /// The folder that the machines share; none where this machine makes the runs.
    pub fn shared_folder(self, store: Option<&Path>) -> Option<&Path> {
        match self {
            Self::This => None,
            Self::Others => store,
        }
    }

    /// Starts reading the energy counters of this machine for the runs of a plan; none where other
    /// machines make them.
    pub fn meter(self, plan: &Plan) -> Option<Meter> {
        let gpu = match plan.device {
            Device::Cuda(index) => Some(index),
            Device::Cpu | Device::Metal => None,
        };
        match self {
            Self::This => Some(Meter::start(gpu)),
            Self::Others => None,
        }
    }
}
