//! Slurm's own commands: what is asked of them, and their answers read.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::state::TaskState;

/// A command that takes longer is ended; with its controller down, one gives up after some 9 s.
const LIMIT: Duration = Duration::from_secs(120);

/// What the commands write on stderr when the controller does not answer.
const UNREACHABLE: [&str; 7] = [
    "Unable to contact slurm controller",
    "Socket timed out",
    "Connection refused",
    "Connection timed out",
    "Zero Bytes were transmitted or received",
    "backup controller in standby mode",
    "temporarily unable to accept job",
];

/// Where Slurm's commands are.
#[derive(Debug, Clone, Default)]
pub struct Commands {
    /// Their folder; `None` for those on the path.
    pub folder: Option<PathBuf>,
}

/// One task of a job array, as Slurm shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobObservation {
    /// The id that all tasks of the array share.
    pub job: u64,
    /// The task's number in the array.
    pub index: usize,
    /// The job's name, by which it is told from another job that was given the same id.
    pub name: String,
    /// Its state.
    pub state: TaskState,
    /// Exit status and signal as `1:0`, when known.
    pub exit: Option<String>,
}

/// Why a command gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The command could not be started.
    #[error("`{command}` cannot be started: {source}")]
    Start {
        /// The command.
        command: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The controller does not answer; it may later.
    #[error("`{command}`: the controller does not answer: {message}")]
    Unreachable {
        /// The command.
        command: &'static str,
        /// The command's words.
        message: String,
    },
    /// The command refused.
    #[error("`{command}` refused: {message}")]
    Refused {
        /// The command.
        command: &'static str,
        /// The command's words.
        message: String,
    },
}

impl Commands {
    /// Submits a script and gives the job's id.
    pub fn submit(&self, arguments: &[OsString]) -> Result<u64, CommandError> {
        let answer = self.ask("sbatch", arguments)?;
        // `--parsable` writes ID or ID;CLUSTER.
        let id = answer.trim().split(';').next().unwrap_or_default();
        id.parse().map_err(|_| CommandError::Refused {
            command: "sbatch",
            message: format!(
                "expected a job id, found `{}`",
                answer.trim().escape_default()
            ),
        })
    }

    /// The tasks of the jobs with these names that Slurm's queue shows.
    pub fn queue(&self, names: &[String]) -> Result<Vec<JobObservation>, CommandError> {
        let arguments = [
            "--noheader".into(),
            "--array".into(),
            "--states=all".into(),
            format!("--name={}", names.join(",")),
            "--format=%F|%K|%T|%j|%r".into(),
        ];
        let answer = self.ask("squeue", &arguments)?;
        Ok(answer.lines().filter_map(queue_line).collect())
    }

    /// The tasks of a job as the controller remembers them: for some minutes after their end.
    /// Empty when it does not know the job.
    pub fn show(&self, job: u64) -> Result<Vec<JobObservation>, CommandError> {
        let arguments = ["show", "job", "--oneliner", &job.to_string()];
        match self.ask("scontrol", &arguments) {
            Ok(answer) => Ok(answer.lines().filter_map(show_line).collect()),
            Err(CommandError::Refused { .. }) => Ok(Vec::new()),
            Err(error @ (CommandError::Start { .. } | CommandError::Unreachable { .. })) => {
                Err(error)
            }
        }
    }

    /// The tasks of a job as the accounting remembers them; empty without accounting.
    pub fn account(&self, job: u64) -> Vec<JobObservation> {
        let arguments = [
            "--allocations",
            "--noheader",
            "--parsable2",
            "--jobs",
            &job.to_string(),
            "--format=JobID,State,ExitCode,JobName",
        ];
        let answer = self.ask("sacct", &arguments).unwrap_or_default();
        answer.lines().filter_map(account_line).collect()
    }

    /// Cancels tasks of a job, or all of it; of a job with another name, none.
    pub fn cancel(&self, job: u64, name: &str, tasks: &[usize]) -> Result<(), CommandError> {
        let list: Vec<String> = tasks.iter().map(usize::to_string).collect();
        let what = match list.is_empty() {
            true => job.to_string(),
            false => format!("{job}_[{}]", list.join(",")),
        };
        self.ask("scancel", &[format!("--name={name}"), what])
            .map(drop)
    }

    /// What a command writes, when it succeeds.
    fn ask(
        &self,
        command: &'static str,
        arguments: &[impl AsRef<OsStr>],
    ) -> Result<String, CommandError> {
        let start = |source| CommandError::Start { command, source };
        let program = match &self.folder {
            Some(folder) => folder.join(command),
            None => command.into(),
        };
        // Files rather than pipes: a long answer must not block while nobody reads.
        let (out, err) = (tempfile::tempfile(), tempfile::tempfile());
        let (mut out, mut err) = (out.map_err(start)?, err.map_err(start)?);
        let mut child = Command::new(program)
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(out.try_clone().map_err(start)?)
            .stderr(err.try_clone().map_err(start)?)
            .spawn()
            .map_err(start)?;
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(start)? {
                break status;
            }
            if begin.elapsed() > LIMIT {
                // It may end by itself at this very moment.
                let _ = child.kill();
                let _ = child.wait();
                let message = format!("no answer within {} s", LIMIT.as_secs());
                return Err(CommandError::Unreachable { command, message });
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        if status.success() {
            return content(&mut out).map_err(start);
        }
        let text = content(&mut err).map_err(start)?;
        let message = one_line(&text);
        Err(match UNREACHABLE.iter().any(|words| text.contains(words)) {
            true => CommandError::Unreachable { command, message },
            false => CommandError::Refused { command, message },
        })
    }
}

fn content(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A command's complaint in one line without control characters.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join("; ");
    line.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// `42|3|RUNNING|name|None`; a job that is no array has `N/A` for the number.
fn queue_line(line: &str) -> Option<JobObservation> {
    let mut fields = line.splitn(5, '|').map(str::trim);
    let (job, index) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let (word, name, reason) = (fields.next()?, fields.next()?, fields.next()?);
    Some(JobObservation {
        job,
        index,
        name: name.to_owned(),
        state: TaskState::read(word, reason),
        exit: None,
    })
}

/// A line of `KEY=VALUE` pairs. Values with spaces, such as the command, come after those needed.
fn show_line(line: &str) -> Option<JobObservation> {
    let value = |key: &str| {
        line.split_whitespace()
            .find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
    };
    Some(JobObservation {
        job: value("ArrayJobId")?.parse().ok()?,
        index: value("ArrayTaskId")?.parse().ok()?,
        name: value("JobName")?.to_owned(),
        state: TaskState::read(value("JobState")?, value("Reason").unwrap_or_default()),
        exit: value("ExitCode").map(str::to_owned),
    })
}

/// `42_3|FAILED|1:0|name`.
fn account_line(line: &str) -> Option<JobObservation> {
    let mut fields = line.splitn(4, '|');
    let (job, index) = fields.next()?.split_once('_')?;
    let (word, exit, name) = (fields.next()?, fields.next()?, fields.next()?);
    Some(JobObservation {
        job: job.parse().ok()?,
        index: index.parse().ok()?,
        name: name.to_owned(),
        state: TaskState::read(word, ""),
        exit: Some(exit.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slurm::state::Ending;

    fn seen(state: TaskState, exit: Option<&str>) -> Option<JobObservation> {
        Some(JobObservation {
            job: 42,
            index: 3,
            name: "reprove-x".to_owned(),
            state,
            exit: exit.map(str::to_owned),
        })
    }

    #[test]
    fn lines_of_squeue_are_read() {
        assert_eq!(
            queue_line("42|3|RUNNING|reprove-x|None"),
            seen(TaskState::Running, None)
        );
        let held = "42|3|PENDING|reprove-x|launch failed requeued held";
        let reason = "launch failed requeued held".to_owned();
        assert_eq!(queue_line(held), seen(TaskState::Held(reason), None));
        assert_eq!(queue_line("42|N/A|RUNNING|other|None"), None);
        assert_eq!(queue_line(""), None);
    }

    #[test]
    fn lines_of_scontrol_are_read() {
        let line = "JobId=45 ArrayJobId=42 ArrayTaskId=3 JobName=reprove-x UserId=root(0) \
                    JobState=FAILED Reason=NonZeroExitCode Dependency=(null) ExitCode=7:0 \
                    Command=/a folder/JobName=other";
        let expected = seen(TaskState::Ended(Ending::Failed), Some("7:0"));
        assert_eq!(show_line(line), expected);
        assert_eq!(show_line("JobId=45 JobName=single JobState=RUNNING"), None);
    }

    #[test]
    fn lines_of_sacct_are_read() {
        let line = "42_3|CANCELLED by 0|0:15|reprove-x";
        let expected = seen(TaskState::Ended(Ending::Cancelled), Some("0:15"));
        assert_eq!(account_line(line), expected);
        assert_eq!(account_line("42_[4-9]|PENDING|0:0|reprove-x"), None);
        assert_eq!(account_line("Slurm accounting storage is disabled"), None);
    }
}
