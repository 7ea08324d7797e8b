//! Slurm as an executor that the user chooses.

use std::io;
use std::path::Path;

use super::executor::{ExistingJobs, SlurmExecutor};
use super::options::SlurmOptions;
use super::publish::publish;
use crate::executor_config::{ExecutorConfig, ExecutorError, ExecutorRequest, Machines};
use crate::{Executor, KeyInputs, ResumePolicy};

impl ExecutorConfig for SlurmOptions {
    fn machines(&self) -> Machines {
        Machines::Others
    }

    fn executor(&self, request: ExecutorRequest<'_>) -> Result<Box<dyn Executor>, ExecutorError> {
        let (store, resume) = request.store.ok_or(ExecutorError::NoStore)?;
        let workload = serde_json::to_value(&request.prepared.description)?;
        let mut executor =
            new(store, request.key_inputs, workload).map_err(|source| ExecutorError::Store {
                store: store.to_owned(),
                source,
            })?;
        executor.options = self.clone().or(request.manifest, request.plan.device);
        executor.existing = match resume {
            ResumePolicy::Resume => ExistingJobs::Attach,
            ResumePolicy::Fresh => ExistingJobs::Ignore,
        };
        Ok(Box::new(executor))
    }
}

/// The executor with a copy of this program that outlives its replacement.
fn new(
    store: &Path,
    key_inputs: KeyInputs,
    workload: serde_json::Value,
) -> io::Result<SlurmExecutor> {
    let program = publish(store)?.display().to_string();
    let launcher = vec![program, "__task".to_owned()];
    SlurmExecutor::new(store, key_inputs, workload, launcher)
}
