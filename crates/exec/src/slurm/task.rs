//! What a task of a job array does on its node.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::Task;
use super::batch::Batch;
use super::shared_runs;
use crate::identity::instruction_set;
use crate::workload_description::WorkloadDescription;
use crate::{RunContext, Workload};

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
        let description: WorkloadDescription =
            serde_json::from_value(workload.clone()).map_err(|error| error.to_string())?;
        description.workload(&task.configuration())
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
            let context = RunContext {
                observer: &|_| (),
                interrupted,
            };
            let store = batch.content.store.as_ref();
            (shared_runs::make(store, task, &*workload, &context), None)
        }
    };
    if records.is_empty() && problem.is_none() {
        // Ended before its first run was: without a status, Slurm's word counts.
        return Err("ended by a signal".to_owned());
    }
    batch.leave(index, records, problem).map_err(told)
}

#[cfg(all(test, feature = "recipe"))]
mod tests {
    use super::*;
    use crate::SharedData;
    use reprove_model::digest::Sha256Digest;
    use reprove_model::seeds::RunSeed;

    #[test]
    fn a_task_gives_the_bits_that_this_process_gives() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("d.csv");
        let mut csv = "a,b,class\n".to_owned();
        for row in 0..40 {
            csv += &format!("{},{},{}\n", row % 7, row % 3, row % 2);
        }
        std::fs::write(&file, &csv).unwrap();
        let description = WorkloadDescription::Recipe {
            text: "
recipe: 1
data: {name: d, label: class, split: {fraction: {test: 0.25, order: file}}}
model: {mlp: {hidden: [\"{hidden}\"], activation: sigmoid, output: sigmoid}}
initial: {weights: {uniform: {low: -0.3, high: 0.3}}}
loss: {half-squared-error: {dead_zone: 0.2}}
training: {optimiser: {sgd: {learning_rate: 0.5, momentum: 0.5}}, batch: 1, order: shuffled, epochs: 2}
"
            .to_owned(),
            origin: "r.yaml".to_owned(),
            data: [(
                "d".to_owned(),
                SharedData {
                    path: file,
                    sha256: Sha256Digest::of(csv.as_bytes()),
                },
            )]
            .into(),
            device: "cpu".to_owned(),
        };
        let key = "ab".repeat(32).parse().unwrap();
        let task = Task {
            name: Some("h3".into()),
            values: [(
                "hidden".to_owned(),
                reprove_model::manifest::Scalar::Integer(3),
            )]
            .into(),
            metrics: std::collections::BTreeSet::new(),
            seeds: vec![(RunSeed(1), key), (RunSeed(2), key)],
        };
        let interrupted = AtomicBool::new(false);
        let context = RunContext {
            observer: &|_| (),
            interrupted: &interrupted,
        };
        let here = description.workload(&task.configuration()).unwrap();
        let here = here.run(&task.configuration(), &[RunSeed(1), RunSeed(2)], &context);

        let workload = serde_json::to_value(&description).unwrap();
        let batch = Batch::create(
            folder.path(),
            &workload,
            instruction_set(),
            None,
            vec![task],
        )
        .unwrap();
        task_main(&batch.folder, 0, &interrupted).unwrap();
        let there = batch.status(0).unwrap();
        assert_eq!((there.problem, there.records.len()), (None, 2));
        for (here, there) in here.iter().zip(there.records) {
            assert!(here.digest.is_some());
            assert_eq!(
                (&here.digest, &here.outcome),
                (&there.digest, &there.outcome)
            );
        }
    }
}
