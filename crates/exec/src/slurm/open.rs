//! The tasks that are under way, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::time::{Duration, Instant};

use super::batch::Batch;
use super::batch::Task;
use super::commands::{CommandError, Commands, JobObservation};
use super::error::SlurmError;
use super::options::Timeouts;
use super::pending::PendingRuns;
use super::retry::sleep;
use super::state::{Ending, TaskState};
use crate::{RunContext, RunKey};
use reprove_model::event::Event;
use reprove_model::failure::FailureKind;
use reprove_model::record::{Outcome, Record, RecordSource};
use reprove_model::seeds::RunSeed;

/// Pending reasons that are not reported.
const ORDINARY: [&str; 6] = [
    "",
    "None",
    "Priority",
    "Resources",
    "JobArrayTaskLimit",
    "BeginTime",
];

/// The tasks under way, and the runs that they will give.
#[derive(Debug, Default)]
pub(super) struct PendingTasks {
    arrays: Vec<Array>,
    runs: PendingRuns,
    told: BTreeSet<String>,
}

/// A job array with those of its tasks that have not ended.
#[derive(Debug)]
struct Array {
    batch: Batch,
    /// Tells other processes that this one waits; none where the file system has no locks.
    _awaited: Option<File>,
    open: BTreeMap<usize, Since>,
}

/// Since when a task is in a state that it may not stay in.
#[derive(Debug, Default, Clone, Copy)]
struct Since {
    ended: Option<Instant>,
    held: Option<Instant>,
}

impl PendingTasks {
    /// Waits for these tasks of an array, and takes the runs that they will give out of `wanted`.
    pub fn add(&mut self, batch: Batch, tasks: Vec<usize>, wanted: &mut PendingRuns) {
        for index in &tasks {
            for (_, key) in &batch.content.tasks[*index].seeds {
                self.runs.extend(wanted.remove_entry(key));
            }
        }
        let open = tasks
            .into_iter()
            .map(|index| (index, Since::default()))
            .collect();
        self.arrays.push(Array {
            _awaited: batch.await_it().ok(),
            batch,
            open,
        });
    }

    /// Gives the records of all tasks to `sink`, as they come, until none is under way any more or
    /// the user interrupts.
    pub fn wait(
        &mut self,
        commands: &Commands,
        timeouts: &Timeouts,
        context: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    ) -> Result<(), SlurmError> {
        let begin = Instant::now();
        let mut pause = timeouts.look.0;
        let mut silent_since = None;
        loop {
            let mut is_news = self.collect(context, sink);
            if self.arrays.is_empty() || context.is_interrupted() {
                return Ok(());
            }
            if let Some(limit) = timeouts.total.filter(|limit| begin.elapsed() > *limit) {
                return Err(SlurmError::OutOfPatience { limit });
            }
            match self.ask(commands) {
                Ok(seen) => {
                    silent_since = None;
                    is_news |= self.judge(&seen, commands, timeouts, context, sink);
                }
                Err(error @ CommandError::Start { .. }) => return Err(error.into()),
                Err(error @ (CommandError::Unreachable { .. } | CommandError::Refused { .. })) => {
                    let since: &Instant = silent_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > timeouts.unreachable {
                        return Err(error.into());
                    }
                    self.tell(context, format!("waiting for Slurm: {error}"));
                }
            }
            pause = match is_news {
                true => timeouts.look.0,
                false => (pause * 3 / 2).min(timeouts.look.1),
            };
            sleep(pause, context);
        }
    }

    /// Takes what tasks have left since the last look; whether there was anything.
    fn collect(&mut self, context: &RunContext<'_>, sink: &mut dyn FnMut(Record)) -> bool {
        let mut is_news = false;
        for array in &mut self.arrays {
            // A folder that cannot be read now may be later; Slurm's word bounds the waiting.
            let ended = array.batch.ended().unwrap_or_default();
            for index in ended {
                if !array.open.contains_key(&index) {
                    continue;
                }
                let Some(status) = array.batch.status(index) else {
                    continue;
                };
                array.open.remove(&index);
                is_news = true;
                let task = &array.batch.content.tasks[index];
                for record in status.records {
                    give(task, record, &mut self.runs, context, sink);
                }
                let (kind, message) = match status.problem {
                    Some(problem) => (
                        FailureKind::WrongMachine,
                        format!("{}: {problem}", status.host),
                    ),
                    None => (
                        FailureKind::EndedEarly,
                        format!("{}: ended before this run", status.host),
                    ),
                };
                let log = array.batch.log_tail(index);
                fail_task(task, &mut self.runs, (kind, &message, &log), context, sink);
            }
        }
        self.arrays.retain(|array| !array.open.is_empty());
        is_news
    }

    /// What Slurm's queue shows of the arrays.
    fn ask(&self, commands: &Commands) -> Result<Vec<JobObservation>, CommandError> {
        let names: Vec<String> = self
            .arrays
            .iter()
            .map(|a| a.batch.content.name.clone())
            .collect();
        let mut seen = Vec::new();
        // A command line has its limits.
        for part in names.chunks(200) {
            seen.extend(commands.queue(part)?);
        }
        Ok(seen)
    }

    /// Ends the waiting for tasks that will leave no status; whether there was any.
    fn judge(
        &mut self,
        seen: &[JobObservation],
        commands: &Commands,
        timeouts: &Timeouts,
        context: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    ) -> bool {
        // By name, and never by id alone: an id may be another job's by now.
        let states: BTreeMap<(&str, usize), &JobObservation> = seen
            .iter()
            .map(|s| ((s.name.as_str(), s.index), s))
            .collect();
        let mut notes = BTreeSet::new();
        let mut lost = Vec::new();
        for (place, array) in self.arrays.iter_mut().enumerate() {
            let job = array.batch.job.unwrap_or_default();
            for (index, since) in &mut array.open {
                let seen = states.get(&(array.batch.content.name.as_str(), *index));
                let state = seen.filter(|s| s.job == job).map(|s| &s.state);
                match state {
                    Some(TaskState::Running) => *since = Since::default(),
                    Some(TaskState::Queued(reason)) => {
                        *since = Since::default();
                        if !ORDINARY.contains(&reason.as_str()) {
                            notes.insert(format!("job {job} waits in Slurm's queue: {reason}"));
                        }
                    }
                    Some(TaskState::Held(reason)) => {
                        let held = since.held.get_or_insert_with(Instant::now);
                        notes.insert(format!(
                            "job {job} is held ({reason}) and starts when `scontrol release {job}` is called"
                        ));
                        if held.elapsed() > timeouts.held {
                            lost.push((place, *index, Lost::Held(reason.clone())));
                        }
                    }
                    Some(TaskState::Ended(ending)) => {
                        if is_settled(&mut since.ended, timeouts.settle) {
                            lost.push((place, *index, Lost::Ended(*ending)));
                        }
                    }
                    None => {
                        if is_settled(&mut since.ended, timeouts.settle) {
                            lost.push((place, *index, Lost::Ended(Ending::Vanished)));
                        }
                    }
                }
            }
        }
        for note in notes {
            self.tell(context, note);
        }
        let is_news = !lost.is_empty();
        self.conclude(lost, commands, context, sink);
        is_news
    }

    /// Gives failed records for tasks that are lost.
    fn conclude(
        &mut self,
        lost: Vec<(usize, usize, Lost)>,
        commands: &Commands,
        context: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    ) {
        let mut remembered: BTreeMap<usize, Vec<JobObservation>> = BTreeMap::new();
        for (place, index, lost) in lost {
            let array = &mut self.arrays[place];
            if array.batch.status_now(index).is_some() {
                // It came at the last moment: the next look takes it.
                continue;
            }
            let job = array.batch.job.unwrap_or_default();
            let (kind, message) = match lost {
                Lost::Held(reason) => {
                    // A job that cannot be cancelled is held all the same.
                    let _ = commands.cancel(job, &array.batch.content.name, &[index]);
                    (
                        FailureKind::Held,
                        format!("task {index} of job {job} was held: {reason}"),
                    )
                }
                Lost::Ended(ending) => {
                    let remembered = remembered
                        .entry(place)
                        .or_insert_with(|| remember(commands, &array.batch));
                    let told = remembered.iter().find(|s| s.index == index);
                    let ending = if ending == Ending::Vanished {
                        told.and_then(|s| s.state.ending()).unwrap_or(ending)
                    } else {
                        ending
                    };
                    let exit = told.and_then(|s| s.exit.as_deref());
                    let exit = exit.map_or(String::new(), |exit| format!(" (exit {exit})"));
                    let sentence = ending.sentence();
                    (
                        ending.kind(),
                        format!("task {index} of job {job} {sentence}{exit}"),
                    )
                }
            };
            array.open.remove(&index);
            let log = array.batch.log_tail(index);
            let task = &array.batch.content.tasks[index];
            fail_task(task, &mut self.runs, (kind, &message, &log), context, sink);
        }
        self.arrays.retain(|array| !array.open.is_empty());
    }

    /// Gives failed records for all runs under way.
    pub fn fail_rest(
        &mut self,
        error: &SlurmError,
        context: &RunContext<'_>,
        sink: &mut dyn FnMut(Record),
    ) {
        fail(std::mem::take(&mut self.runs), error, context, sink);
    }

    /// Tells the user what goes on without them.
    pub fn say_how_to_go_on(&self, context: &RunContext<'_>) {
        let jobs: BTreeSet<String> = self
            .arrays
            .iter()
            .filter_map(|a| a.batch.job)
            .map(|job| job.to_string())
            .collect();
        if jobs.is_empty() {
            return;
        }
        let jobs = jobs.into_iter().collect::<Vec<_>>().join(" ");
        let runs: usize = self.runs.values().map(Vec::len).sum();
        let text = format!(
            "{runs} runs go on in Slurm: the same command collects them, `scancel {jobs}` ends them"
        );
        (context.observer)(Event::Note(text));
    }

    fn tell(&mut self, context: &RunContext<'_>, text: String) {
        if self.told.insert(text.clone()) {
            (context.observer)(Event::Note(text));
        }
    }
}

/// Why a task will leave no status.
enum Lost {
    /// It was held for longer than it is waited for; Slurm's reason.
    Held(String),
    /// It ended.
    Ended(Ending),
}

/// Whether a task was over at an earlier look already, and long enough: its status may be on its
/// way through a network file system.
fn is_settled(ended: &mut Option<Instant>, settle: Duration) -> bool {
    match ended {
        Some(since) => since.elapsed() >= settle,
        None => {
            *ended = Some(Instant::now());
            false
        }
    }
}

/// What the controller, else the accounting, remembers of an array.
fn remember(commands: &Commands, batch: &Batch) -> Vec<JobObservation> {
    let job = batch.job.unwrap_or_default();
    let mut seen = commands.show(job).unwrap_or_default();
    seen.extend(commands.account(job));
    seen.retain(|s| s.job == job && s.name == batch.content.name);
    seen
}

/// Gives a record of a task to `sink`, once for each configuration that this run belongs to.
pub(super) fn give(
    task: &Task,
    record: Record,
    runs: &mut PendingRuns,
    context: &RunContext<'_>,
    sink: &mut dyn FnMut(Record),
) {
    let key = task.seeds.iter().find(|(seed, _)| *seed == record.seed);
    let names = key.and_then(|(_, key)| runs.remove(key));
    for (configuration, _) in names.unwrap_or_default() {
        let record = Record {
            configuration,
            source: RecordSource::Ran,
            ..record.clone()
        };
        (context.observer)(Event::RunEnded {
            configuration: record.configuration.clone(),
            seed: record.seed,
            outcome: record.outcome.code().to_string(),
            wall: Duration::try_from_secs_f64(record.usage.wall_seconds).unwrap_or_default(),
        });
        sink(record);
    }
}

/// Gives failed records for those of a task's runs that have none.
fn fail_task(
    task: &Task,
    runs: &mut PendingRuns,
    (kind, message, log): (FailureKind, &str, &[String]),
    context: &RunContext<'_>,
    sink: &mut dyn FnMut(Record),
) {
    for (seed, _) in &task.seeds {
        give(task, failed(*seed, kind, message, log), runs, context, sink);
    }
}

/// Gives failed records for runs that have no task.
pub(super) fn fail(
    runs: PendingRuns,
    error: &SlurmError,
    context: &RunContext<'_>,
    sink: &mut dyn FnMut(Record),
) {
    for (key, names) in runs {
        let seeds: Vec<(RunSeed, RunKey)> = names.iter().take(1).map(|(_, s)| (*s, key)).collect();
        let task = Task {
            name: None,
            values: BTreeMap::new(),
            metrics: BTreeSet::new(),
            seeds,
        };
        let why = (error.kind(), &*error.to_string(), &[][..]);
        fail_task(
            &task,
            &mut PendingRuns::from([(key, names)]),
            why,
            context,
            sink,
        );
    }
}

fn failed(seed: RunSeed, kind: FailureKind, message: &str, log: &[String]) -> Record {
    let outcome = Outcome::Failed {
        kind,
        message: message.to_owned(),
        log_tail: log.to_vec(),
    };
    Record::ended(None, seed, outcome)
}
