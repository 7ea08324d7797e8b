//! What a task of a job array does on its node.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::batch::Batch;
use super::{Description, Task};
use crate::identity::instruction_set;
use crate::{RunContext, Workload};
use reprove_model::seeds::RunSeed;

/// Makes the workload of a task from what [`SlurmExecutor::new`](super::SlurmExecutor::new) was
/// given, or says in one line why it cannot.
pub type Make<'m> = &'m dyn Fn(&serde_json::Value, &Task) -> Result<Box<dyn Workload>, String>;

/// Makes the runs of task `index` of the job array in `folder` and leaves its status there. The
/// command line calls this for `reprove __task FOLDER INDEX`.
///
/// A problem of the task itself (data that differ, another class of processor) is left in the
/// status. A task that has left a status already does nothing, so that no run is made twice when
/// Slurm starts a job again.
///
/// # Errors
/// In one line, why the folder cannot be read or the status not be left.
pub fn task_main(folder: &Path, index: usize, interrupted: &AtomicBool) -> Result<(), String> {
    run_task(folder, index, interrupted, &|workload, task| {
        let description: Description =
            serde_json::from_value(workload.clone()).map_err(|error| error.to_string())?;
        description.workload(task)
    })
}

/// [`task_main`] for workloads that the caller describes and makes.
///
/// # Errors
/// As [`task_main`].
pub fn run_task(
    folder: &Path,
    index: usize,
    interrupted: &AtomicBool,
    make: Make<'_>,
) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let batch = Batch::read(folder).map_err(told)?;
    let Some(task) = batch.content.tasks.get(index) else {
        let count = batch.content.tasks.len();
        return Err(format!("expected a task below {count}, found {index}"));
    };
    if batch.status(index).is_some() {
        return Ok(());
    }
    let expected = &batch.content.instruction_set;
    let workload = if expected == instruction_set() {
        make(&batch.content.workload, task)
    } else {
        Err(format!(
            "expected a processor of class `{expected}`, found `{}`, whose results differ in their last bits",
            instruction_set()
        ))
    };
    let (records, problem) = match workload {
        Err(problem) => (Vec::new(), Some(problem)),
        Ok(workload) => {
            let seeds: Vec<RunSeed> = task.seeds.iter().map(|(seed, _)| *seed).collect();
            let context = RunContext {
                observer: &|_| (),
                interrupted,
            };
            (workload.run(&task.configuration(), &seeds, &context), None)
        }
    };
    if records.is_empty() && problem.is_none() {
        // Ended before its first run was: without a status, Slurm's word counts.
        return Err("ended by a signal".to_owned());
    }
    batch.leave(index, records, problem).map_err(told)
}
