//! Where runs are made.

use std::io;
use std::path::Path;

use super::slurm::{self, ExistingJobs, SlurmExecutor, SlurmOptions};
use super::usage::Meter;
use super::{Capacity, Executor, Jobs, KeyInputs, LocalExecutor, Prepared, ResumePolicy};
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::{Device, Manifest};
use reprove_model::plan::Plan;

/// Where runs are made, as the user chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutorConfig {
    /// On this machine.
    Local(Jobs),
    /// On a cluster that Slurm manages.
    Slurm(SlurmOptions),
}

/// Why runs cannot be made where the user wants them.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// Slurm's tasks leave their results in the store, and there is none.
    #[error("runs through Slurm need a store")]
    NoStore,
    /// The store cannot hold what the tasks read.
    #[error("{}: {source}", store.display())]
    Store {
        /// The store.
        store: std::path::PathBuf,
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

impl ExecutorConfig {
    /// The folder that other machines share with this one, where they make the runs.
    pub fn shared<'s>(&self, store: Option<&'s Path>) -> Option<&'s Path> {
        match self {
            Self::Local(_) => None,
            Self::Slurm(_) => store,
        }
    }

    /// What reads the counters of energy of this machine while it makes the plan's runs; nothing
    /// where other machines make them.
    pub fn meter(&self, plan: &Plan) -> Option<Meter> {
        let gpu = match plan.device {
            Device::Cuda(index) => Some(index),
            Device::Cpu | Device::Metal => None,
        };
        match self {
            Self::Local(_) => Some(Meter::start(gpu)),
            Self::Slurm(_) => None,
        }
    }

    /// What makes the runs of the prepared experiment there; `room` is that of this machine.
    ///
    /// # Errors
    /// A store that is missing or cannot be written, an experiment that cannot be sent there.
    pub fn executor(
        &self,
        store: Option<(&Path, ResumePolicy)>,
        prepared: &Prepared,
        determinants: KeyInputs,
        room: Capacity,
        (manifest, plan): (&Manifest, &Plan),
    ) -> Result<Box<dyn Executor>, ExecutorError> {
        match self {
            Self::Local(jobs) => Ok(Box::new(LocalExecutor {
                workers: jobs.count(room),
            })),
            Self::Slurm(options) => {
                let (store, reuse) = store.ok_or(ExecutorError::NoStore)?;
                let workload = serde_json::to_value(&prepared.description)?;
                let executor = slurm(store, determinants, workload);
                let mut executor = executor.map_err(|source| ExecutorError::Store {
                    store: store.to_owned(),
                    source,
                })?;
                executor.options = options.clone().or(manifest, plan.device);
                executor.existing = match reuse {
                    ResumePolicy::Resume => ExistingJobs::Attach,
                    ResumePolicy::Fresh => ExistingJobs::Ignore,
                };
                Ok(Box::new(executor))
            }
        }
    }
}

/// Slurm, with a copy of this program that outlives its replacement.
fn slurm(
    store: &Path,
    determinants: KeyInputs,
    workload: serde_json::Value,
) -> io::Result<SlurmExecutor> {
    let program = slurm::publish(store)?.display().to_string();
    SlurmExecutor::new(
        store,
        determinants,
        workload,
        vec![program, "__task".to_owned()],
    )
}
