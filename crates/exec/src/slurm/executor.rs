//! The executor of runs through Slurm.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::batch::{Batch, Task};
use super::commands::{CommandError, Commands};
use super::error::SlurmError;
use super::open::{self, PendingTasks};
use super::options::{self, SlurmOptions, Timeouts};
use super::pending::PendingRuns;
use super::retry;
use super::shared_store::SharedStore;
use super::state::TaskState;
use crate::{
    Executor, KeyInputs, PendingSeeds, Record, ResumePolicy, RunContext, RunKey, RunKeys, Workload,
};
use reprove_files::{FileLock, readable_folder};
use reprove_model::event::Event;
use reprove_model::plan::{Configuration, Plan};
use reprove_model::seeds::RunSeed;

/// Whether runs of an earlier verification in the same folder count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExistingJobs {
    /// Their results are taken, and those under way are waited for.
    Attach,
    /// They are ignored.
    Ignore,
}

/// Whether the tasks of an array share their runs with other verifications of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RunSharing {
    /// They claim and keep them there.
    Store,
    /// A run is made for a comparison, and counts for nobody else.
    Repeat,
}

/// Makes runs through Slurm.
#[derive(Debug)]
pub struct SlurmExecutor {
    /// What is asked for each task.
    pub options: SlurmOptions,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// Slurm's commands.
    pub commands: Commands,
    /// Whether earlier runs count.
    pub existing: ExistingJobs,
    folder: PathBuf,
    launcher: Vec<String>,
    workload: serde_json::Value,
    determinants: KeyInputs,
    store: PathBuf,
    /// Whether tasks claim and keep their runs in the store.
    sharing: RunSharing,
    /// Arrays that this executor has submitted.
    submitted: Vec<PathBuf>,
}

impl SlurmExecutor {
    /// An executor that keeps its arrays in `slurm/NAME` of a store, which all nodes see under the
    /// same path. `launcher` is the program with the arguments that come before `FOLDER INDEX`, for
    /// which [`publish`](super::publish) gives a copy that stays; `workload` is what the launcher makes the
    /// workload of, a [`WorkloadDescription`](crate::WorkloadDescription) for [`task_main`](super::task_main).
    ///
    /// # Errors
    /// What the system says when the folder cannot be made.
    pub fn new(
        store: &Path,
        determinants: KeyInputs,
        workload: serde_json::Value,
        launcher: Vec<String>,
    ) -> io::Result<Self> {
        readable_folder(&store.join("slurm"))?;
        let folder = store.join("slurm").join(determinants.store_name());
        fs::create_dir_all(&folder)?;
        Ok(Self {
            options: SlurmOptions::default(),
            timeouts: Timeouts::default(),
            commands: Commands::default(),
            existing: ExistingJobs::Attach,
            folder: fs::canonicalize(folder)?,
            launcher,
            workload,
            determinants,
            store: fs::canonicalize(store)?,
            sharing: RunSharing::Store,
            submitted: Vec::new(),
        })
    }

    /// Cancels the arrays that are queued or running and that make no other runs than `settled`.
    /// Those that another verification waits for are left alone. Gives the ids of the jobs
    /// concerned.
    ///
    /// # Errors
    /// The folder cannot be read, as text, or what Slurm's commands say.
    pub fn cancel_rest(&self, settled: &BTreeSet<RunKey>) -> Result<Vec<u64>, SlurmError> {
        let mut cancelled = Vec::new();
        for batch in Batch::all(&self.batches()).map_err(self.told())? {
            let Some(job) = batch.job else { continue };
            let ended = batch.ended().map_err(self.told())?;
            let mut keys = batch.content.tasks.iter().flat_map(|task| &task.seeds);
            if ended.len() == batch.content.tasks.len()
                || !keys.all(|(_, key)| settled.contains(key))
                || batch.is_awaited().map_err(self.told())?
            {
                continue;
            }
            let seen = self
                .commands
                .queue(std::slice::from_ref(&batch.content.name))?;
            let is_over = |state: &TaskState| matches!(state, TaskState::Ended(_));
            if seen.iter().any(|s| s.job == job && !is_over(&s.state)) {
                self.commands.cancel(job, &batch.content.name, &[])?;
                cancelled.push(job);
            }
        }
        Ok(cancelled)
    }

    /// The folder of the job arrays.
    pub(super) fn batches(&self) -> PathBuf {
        self.folder.join("batches")
    }

    fn told(&self) -> impl Fn(io::Error) -> SlurmError {
        let folder = self.folder.clone();
        move |source| SlurmError::Folder {
            path: folder.clone(),
            source,
        }
    }

    /// Takes what earlier arrays have left, and finds which of their tasks are still under way.
    fn attach(
        &self,
        wanted: &mut PendingRuns,
        waiting: &mut PendingTasks,
        context: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    ) -> Result<(), SlurmError> {
        for mut batch in Batch::all(&self.batches()).map_err(self.told())? {
            let is_ours = self.submitted.contains(&batch.folder);
            if self.existing == ExistingJobs::Ignore && !is_ours {
                continue;
            }
            let is_wanted =
                |task: &Task| task.seeds.iter().any(|(_, key)| wanted.contains_key(key));
            let tasks: Vec<usize> = (0..batch.content.tasks.len())
                .filter(|index| is_wanted(&batch.content.tasks[*index]))
                .collect();
            if tasks.is_empty() {
                continue;
            }
            let ended = batch.ended().map_err(self.told())?;
            let (with_status, without): (Vec<usize>, Vec<usize>) =
                tasks.into_iter().partition(|index| ended.contains(index));
            for index in with_status {
                for record in batch
                    .status(index)
                    .into_iter()
                    .flat_map(|status| status.records)
                {
                    // A run that failed is made again.
                    if record.outcome.is_final() {
                        open::give(&batch.content.tasks[index], record, wanted, context, sink);
                    }
                }
            }
            if without.is_empty() {
                continue;
            }
            let seen = retry::retry(&self.timeouts, context, || {
                self.commands
                    .queue(std::slice::from_ref(&batch.content.name))
            })?;
            if batch.job.is_none() {
                // Submitted by a process that ended before it could keep the id.
                if let Some(first) = seen.first() {
                    batch.submitted(first.job).map_err(self.told())?;
                }
            }
            let is_alive = |index: &usize| {
                seen.iter().any(|s| {
                    (s.job, s.index) == (batch.job.unwrap_or_default(), *index)
                        && !matches!(s.state, TaskState::Ended(_))
                })
            };
            let alive: Vec<usize> = without.into_iter().filter(is_alive).collect();
            if !alive.is_empty() {
                let text = format!(
                    "job {} of an earlier verification is under way: {} of its tasks are waited for",
                    batch.job.unwrap_or_default(),
                    alive.len()
                );
                (context.observer)(Event::Note(text));
                waiting.add(batch, alive, wanted);
            }
        }
        Ok(())
    }

    /// The wanted runs in groups of the workload's size.
    fn tasks(
        &self,
        workload: &dyn Workload,
        units: &[PendingSeeds<'_>],
        wanted: &PendingRuns,
    ) -> Vec<Task> {
        let mut tasks = Vec::new();
        let mut taken = BTreeSet::new();
        for unit in units {
            let keyed = unit.seeds.iter().map(|seed| {
                let key = self.determinants.key(&unit.configuration.values, *seed);
                (*seed, key)
            });
            let left: Vec<(RunSeed, RunKey)> = keyed
                .filter(|(_, key)| wanted.contains_key(key) && taken.insert(*key))
                .collect();
            for seeds in left.chunks(workload.group(unit.configuration).max(1)) {
                tasks.push(Task {
                    name: unit.configuration.name.clone(),
                    values: unit.configuration.values.clone(),
                    metrics: unit.configuration.metrics.clone(),
                    seeds: seeds.to_vec(),
                });
            }
        }
        tasks
    }

    /// Submits what is wanted and not under way.
    fn submit(
        &mut self,
        workload: &dyn Workload,
        units: &[PendingSeeds<'_>],
        wanted: &mut PendingRuns,
        waiting: &mut PendingTasks,
        context: &RunContext<'_>,
    ) -> Result<(), SlurmError> {
        let mut tasks = self.tasks(workload, units, wanted);
        let width = self.options.array_width.unwrap_or(options::ARRAY_WIDTH);
        let mut width = width.max(1) as usize;
        while !tasks.is_empty() && !context.is_interrupted() {
            let part: Vec<Task> = tasks.iter().take(width).cloned().collect();
            let count = part.len();
            match self.submit_array(part, context) {
                Ok(batch) => {
                    tasks.drain(..count);
                    waiting.add(batch, (0..count).collect(), wanted);
                }
                // The site allows smaller arrays only.
                Err(error) if error.is_array_too_wide() && count > 1 => width = count / 2,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The store in which the tasks of an array claim and keep their runs.
    fn shared_store(&self) -> Option<SharedStore> {
        match self.sharing {
            RunSharing::Store => Some(SharedStore {
                folder: self.store.clone(),
                ledger: self.determinants.store_name(),
                reuse: match self.existing {
                    ExistingJobs::Attach => ResumePolicy::Resume,
                    ExistingJobs::Ignore => ResumePolicy::Fresh,
                },
            }),
            RunSharing::Repeat => None,
        }
    }

    fn submit_array(
        &mut self,
        tasks: Vec<Task>,
        context: &RunContext<'_>,
    ) -> Result<Batch, SlurmError> {
        let count = tasks.len();
        let class = &self.determinants.instruction_set;
        let store = self.shared_store();
        let mut batch = Batch::create(&self.batches(), &self.workload, class, store, tasks)
            .map_err(self.told())?;
        let script = batch.write_script(&self.launcher).map_err(self.told())?;
        let arguments = self.options.arguments(&batch, count, &script);
        let job = retry::retry(&self.timeouts, context, || {
            match self.commands.submit(&arguments) {
                Ok(job) => Ok(job),
                // The controller may have taken the job and not been heard.
                Err(error @ CommandError::Unreachable { .. }) => {
                    let seen = self
                        .commands
                        .queue(std::slice::from_ref(&batch.content.name))?;
                    seen.first().map(|s| s.job).ok_or(error)
                }
                Err(error @ (CommandError::Start { .. } | CommandError::Refused { .. })) => {
                    Err(error)
                }
            }
        });
        let job = match job {
            Ok(job) => job,
            Err(error) => {
                if matches!(error, SlurmError::Command(CommandError::Refused { .. })) {
                    // No task of it will ever run; a folder that stays does no harm.
                    let _ = fs::remove_dir_all(&batch.folder);
                }
                return Err(error);
            }
        };
        batch.submitted(job).map_err(self.told())?;
        self.submitted.push(batch.folder.clone());
        Ok(batch)
    }

    /// Attaches and submits under the folder's lock, so that two verifications at once do not
    /// submit the same runs.
    fn start(
        &mut self,
        workload: &dyn Workload,
        units: &[PendingSeeds<'_>],
        wanted: &mut PendingRuns,
        context: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    ) -> (PendingTasks, Result<(), SlurmError>) {
        let mut waiting = PendingTasks::default();
        let lock = FileLock::take(&self.folder.join("lock"), &|| context.is_interrupted());
        let begun = lock.map_err(self.told()).and_then(|lock| {
            let _lock = lock.ok_or(SlurmError::Interrupted)?;
            self.attach(wanted, &mut waiting, context, sink)?;
            self.submit(workload, units, wanted, &mut waiting, context)
        });
        (waiting, begun)
    }
}

impl Executor for SlurmExecutor {
    fn execute(
        &mut self,
        workload: &dyn Workload,
        units: &[PendingSeeds<'_>],
        context: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    ) {
        let mut wanted = PendingRuns::new();
        for unit in units {
            for seed in &unit.seeds {
                let key = self.determinants.key(&unit.configuration.values, *seed);
                let names: &mut Vec<_> = wanted.entry(key).or_default();
                names.push((unit.configuration.name.clone(), *seed));
            }
        }
        let (mut waiting, begun) = self.start(workload, units, &mut wanted, context, sink);
        let ended = waiting.wait(&self.commands, &self.timeouts, context, sink);
        if context.is_interrupted() {
            waiting.say_how_to_go_on(context);
            return;
        }
        // Runs that could not be submitted, and those whose tasks could not be followed.
        if let Err(error) = begun {
            open::fail(wanted, &error, context, sink);
        }
        if let Err(error) = ended {
            waiting.fail_rest(&error, context, sink);
        }
    }

    /// Makes the run as a job of its own, whatever earlier jobs have left.
    fn repeat(
        &mut self,
        workload: &dyn Workload,
        configuration: &Configuration,
        seed: RunSeed,
        context: &RunContext<'_>,
    ) -> Option<Record> {
        let pending = [PendingSeeds {
            configuration,
            seeds: vec![seed],
        }];
        let submitted = std::mem::take(&mut self.submitted);
        let existing = std::mem::replace(&mut self.existing, ExistingJobs::Ignore);
        let sharing = std::mem::replace(&mut self.sharing, RunSharing::Repeat);
        let mut record = None;
        self.execute(workload, &pending, context, &mut |found| {
            record = Some(found)
        });
        (self.existing, self.sharing) = (existing, sharing);
        self.submitted.splice(0..0, submitted);
        record
    }

    fn finish(&mut self, plan: &Plan, context: &RunContext<'_>) {
        let keys = RunKeys::of(plan, &self.determinants).all().collect();
        let text = match self.cancel_rest(&keys) {
            Ok(jobs) if jobs.is_empty() => return,
            Ok(jobs) => {
                let jobs: Vec<String> = jobs.iter().map(u64::to_string).collect();
                format!(
                    "cancelled, for no claim needs them any more: jobs {}",
                    jobs.join(", ")
                )
            }
            // The verdicts stand all the same.
            Err(error) => format!("jobs that no claim needs any more may go on: {error}"),
        };
        (context.observer)(Event::Note(text));
    }
}
