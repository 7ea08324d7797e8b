//! One run of an external program: its arguments filled in, the program run in the sandbox, its
//! metrics read, and its failure, if it failed, told apart from all others.
//!
//! A failure says nothing about the claim: it is never a result.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use reprove_metrics::{Outputs, Readings};
use reprove_sandbox::{self as sandbox, ExitCause, FinishedProcess, Launcher, SandboxedCommand};

pub mod arguments;
mod failure;
mod failure_patterns;
mod inputs;

pub use failure::Failure;
pub use inputs::{Run, Values};
pub use reprove_model::failure::FailureKind;

/// Outcome of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It gave its metrics, all of them finite.
    Measured(Readings),
    /// It gave its metrics, and at least one is infinite or not a number.
    Diverged(Readings),
    /// It gave none.
    Failed(Failure),
}

/// One run, after it has happened.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// The outcome.
    pub outcome: Outcome,
    /// The program and its arguments as they were run.
    pub arguments: Vec<String>,
    /// The resources that it used, and the sandbox tier that it had.
    pub finished: FinishedProcess,
}

/// Error of a run that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An unknown placeholder.
    #[error(transparent)]
    Arguments(#[from] arguments::Error),
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] sandbox::SandboxError),
    /// The run's folders could not be made.
    #[error("run folder `{}`: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// Runs a program once.
///
/// # Errors
/// When there was no run: an unknown placeholder, an unavailable sandbox. A run
/// that failed is an [`Outcome`].
pub fn run(launcher: &Launcher, run: &Run, interrupt: &AtomicBool) -> Result<RunResult, Error> {
    let arguments = arguments::fill(run.template, run.values)?;
    let links = run.policy.work.join(".data");
    prepare(run, &links)?;
    let mut policy = run.policy.clone();
    policy.read_only.extend(run.values.data.values().cloned());
    policy.environment.extend([
        ("REPROVE_SEED".to_owned(), run.values.seed.to_string()),
        ("REPROVE_DATA_DIR".to_owned(), links.display().to_string()),
        (
            "REPROVE_OUT".to_owned(),
            run.values.out.display().to_string(),
        ),
    ]);
    let command = SandboxedCommand {
        arguments: arguments.clone(),
        directory: run.directory.into(),
    };
    let finished = launcher.run(&policy, &command, interrupt)?;
    let outcome = outcome(run, &finished, &arguments);
    Ok(RunResult {
        outcome,
        arguments,
        finished,
    })
}

/// Makes the folder for results, and one with a link to each data set by its name.
fn prepare(run: &Run, links: &Path) -> Result<(), Error> {
    let at = |path: &Path, result: io::Result<()>| {
        result.map_err(|source| Error::Folder {
            path: path.into(),
            source,
        })
    };
    at(&run.values.out, fs::create_dir_all(&run.values.out))?;
    at(links, fs::create_dir_all(links))?;
    for (name, path) in &run.values.data {
        let link = links.join(name);
        match std::os::unix::fs::symlink(path, &link) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => at(&link, other)?,
        }
    }
    Ok(())
}

fn outcome(run: &Run, finished: &FinishedProcess, arguments: &[String]) -> Outcome {
    if finished.end != ExitCause::Exited(0) {
        return Outcome::Failed(failure::of(finished, arguments, run));
    }
    let outputs = Outputs {
        folder: &run.values.out,
        stdout: &finished.stdout,
        stderr: &finished.stderr,
    };
    match reprove_metrics::read(run.metrics, &outputs) {
        Err(error) => Outcome::Failed(failure::without_metric(&error, finished, run.metrics)),
        Ok(readings)
            if readings
                .values()
                .flatten()
                .all(|found| found.value.is_finite()) =>
        {
            Outcome::Measured(readings)
        }
        Ok(readings) => Outcome::Diverged(readings),
    }
}
