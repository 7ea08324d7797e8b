//! Build errors, classified by the end of the step and by its log.
//!
//! None of these says anything about a claim.

use std::io;
use std::path::{Path, PathBuf};

use super::requirements::{RequirementsError, UnpinnedRequirement};
use crate::log_tail::{LogTail, Stream};
use reprove_model::diagnostics::Hint;
use reprove_model::obstacle::Obstacle;
use reprove_pins::checkout::CheckoutError;
use reprove_sandbox::{self as sandbox, ExitCause, FinishedProcess};

/// How many of the last lines of a failed step are kept.
const LINES: usize = 30;

/// Error of a build.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The checkout could not be made.
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
    /// The commit has no such lock file.
    #[error("`experiment.environment`: `{}` is not in the commit", file.display())]
    NoLock {
        /// The file, relative to the experiment's folder.
        file: PathBuf,
    },
    /// A lock file was supplied that cannot take its place.
    #[error("`experiment.environment.supplied`: {problem}")]
    ExternalLockFile {
        /// Why not.
        problem: String,
    },
    /// The requirements file cannot be used.
    #[error(transparent)]
    Requirements(#[from] RequirementsError),
    /// A requirement names no exact version.
    #[error("{}:{}: `{}` names no exact version", requirement.file.display(), requirement.line, requirement.text.escape_debug())]
    Unpinned {
        /// The first such line.
        requirement: UnpinnedRequirement,
    },
    /// A program that the build or the run needs is not on this machine.
    #[error("`{name}` is not on this machine")]
    NoTool {
        /// The program.
        name: String,
    },
    /// A step failed.
    #[error("build step `{step}`: {failure}")]
    Step {
        /// The command.
        step: String,
        /// Kind of failure.
        failure: BuildFailureKind,
        /// The last lines of what it wrote, control characters escaped.
        tail: Vec<String>,
    },
    /// A step put something else in the place of the files that were built.
    #[error(
        "build step `{step}`: the folder of the checkout, or of the environment, is no folder any longer"
    )]
    Replaced {
        /// The command.
        step: String,
    },
    /// The build changed the lock file that it was to obey.
    #[error("the build changed `{}`", file.display())]
    LockChanged {
        /// The file.
        file: PathBuf,
    },
    /// The sandbox could not be had.
    #[error(transparent)]
    Sandbox(#[from] sandbox::SandboxError),
    /// The cache of built experiments cannot be used.
    #[error("{}: {source}", path.display())]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The user interrupted.
    #[error("interrupted while building")]
    Interrupted,
}

/// Kind of failure of a build step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildFailureKind {
    /// It wanted the network and did not reach it.
    #[error("no network: {0}")]
    NoNetwork(String),
    /// There is no compiler, linker or header that it needs.
    #[error("no compiler: {0}")]
    NoCompiler(String),
    /// Something that it depends on is not to be had.
    #[error("dependency missing: {0}")]
    Dependency(String),
    /// The lock file does not fit what it locks.
    #[error("the lock file is out of date: {0}")]
    StaleLock(String),
    /// It failed in any other way.
    #[error("{0}")]
    Other(String),
}

impl Hint for BuildError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Checkout(error) => return error.hint(),
            Self::NoLock { .. } => {
                "pin one under `data`, and name that entry with `supplied` in `experiment.environment`"
            }
            Self::Unpinned { .. } => {
                "pin it with `==` in the commit, or accept it as a deviation with `unpinned: true` beside `pip`"
            }
            Self::NoTool { name } if name == "uv" => {
                "install uv (https://docs.astral.sh/uv/); pip cannot read `uv.lock`"
            }
            Self::NoTool { .. } => "install it, or put its folder into `PATH`",
            Self::Step {
                failure: BuildFailureKind::NoCompiler(_),
                ..
            } => "install a C compiler, such as the package `build-essential` or `gcc`",
            Self::Step {
                failure: BuildFailureKind::NoNetwork(_),
                ..
            } => "a build that succeeded once is kept, and needs no network again",
            Self::Step {
                failure:
                    BuildFailureKind::Dependency(_)
                    | BuildFailureKind::StaleLock(_)
                    | BuildFailureKind::Other(_),
                ..
            }
            | Self::ExternalLockFile { .. }
            | Self::Requirements(_)
            | Self::Replaced { .. }
            | Self::LockChanged { .. }
            | Self::Sandbox(_)
            | Self::Cache { .. }
            | Self::Interrupted => return None,
        };
        Some(text.to_owned())
    }
}

impl BuildError {
    /// The obstacle that it is to a verification.
    pub fn obstacle(&self) -> Obstacle {
        match self {
            Self::Checkout(error) => error.obstacle(),
            Self::NoLock { .. } => Obstacle::LockFileMissing,
            Self::Unpinned { .. } => Obstacle::EnvironmentNotPinned,
            Self::ExternalLockFile { .. } | Self::Requirements(_) => Obstacle::EnvironmentUnusable,
            Self::NoTool { .. } => Obstacle::DependencyMissing,
            Self::Step { .. } | Self::Replaced { .. } | Self::LockChanged { .. } => {
                Obstacle::WouldNotBuild
            }
            Self::Sandbox(_) => Obstacle::NoSandbox,
            Self::Cache { .. } => Obstacle::NoWorkingFolder,
            Self::Interrupted => Obstacle::Interrupted,
        }
    }

    /// The last lines of the failed step's log.
    pub fn log_tail(&self) -> &[String] {
        if let Self::Step { tail, .. } = self {
            tail
        } else {
            &[]
        }
    }

    /// The error of a step that failed.
    pub(super) fn of_step(step: String, finished: &FinishedProcess) -> Self {
        let tail = LogTail::of(finished).last_lines(LINES, Stream::Error);
        let ended = match &finished.end {
            ExitCause::Interrupted => return Self::Interrupted,
            ExitCause::NotStarted(reason) => {
                let program = step.split(' ').next().unwrap_or_default();
                let failure = BuildFailureKind::Dependency(format!("`{program}`: {reason}"));
                return Self::Step {
                    step,
                    failure,
                    tail,
                };
            }
            ExitCause::Exited(status) => format!("exit status {status}"),
            ExitCause::Signalled(signal) => format!("ended by signal {signal}"),
            ExitCause::TimedOut => format!("timed out after {:.0} s", finished.wall.as_secs_f64()),
            ExitCause::OutOfMemory => {
                format!("out of memory with {} MiB in use", finished.max_rss >> 20)
            }
            ExitCause::TooManyProcesses => {
                format!("too many processes and threads: {}", finished.processes)
            }
            ExitCause::TooMuchOutput => format!("too much output: {} MiB", finished.output >> 20),
        };
        let known = match &finished.end {
            ExitCause::Exited(_) => failure_of(&tail),
            ExitCause::Signalled(_)
            | ExitCause::TimedOut
            | ExitCause::OutOfMemory
            | ExitCause::TooManyProcesses
            | ExitCause::TooMuchOutput
            | ExitCause::Interrupted
            | ExitCause::NotStarted(_) => None,
        };
        let failure = known.unwrap_or(BuildFailureKind::Other(ended));
        Self::Step {
            step,
            failure,
            tail,
        }
    }
}

/// Converts an error of the system for a file or folder of the cache.
pub(super) fn cache_error(path: &Path) -> impl FnOnce(io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::Cache { path, source }
}

/// Phrases of each kind of failure: texts of cargo 1.7x to 1.9x, pip 22 to 26, uv 0.4 to 0.9, setuptools
/// and GNU tools.
const NO_NETWORK: [&str; 15] = [
    "Could not resolve host",
    "Couldn't resolve host",
    "couldn't resolve host",
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
    "Network is unreachable",
    "Connection refused",
    "dns error",
    "failed to lookup address",
    "Failed to connect to",
    "error sending request for url",
    "spurious network error",
    "attempting to make an HTTP request, but",
    "unable to update registry",
    "you may want to run without the",
];
const NO_COMPILER: [&str; 8] = [
    "error: linker `",
    "unable to execute 'gcc'",
    "command 'gcc' failed: No such file",
    "command 'cc' failed: No such file",
    "failed to find tool",
    "No CMAKE_C_COMPILER",
    "No CMAKE_CXX_COMPILER",
    "Unknown compiler(s)",
];
const DEPENDENCY: [&str; 12] = [
    "No matching distribution found",
    "Could not find a version that satisfies",
    "no matching package",
    "failed to select a version for",
    "ModuleNotFoundError",
    "which is not installed",
    "ensurepip is not available",
    "No module named",
    "Could NOT find",
    "fatal error: ",
    "The system library `",
    "cannot find -l",
];
const STALE: [&str; 3] = [
    "because --locked was passed",
    "needs to be updated",
    "was passed to prevent this",
];

/// The kind of failure that the last lines speak of.
fn failure_of(tail: &[String]) -> Option<BuildFailureKind> {
    type Kind = fn(String) -> BuildFailureKind;
    let kinds: [(&[&str], Kind); 4] = [
        (&STALE, BuildFailureKind::StaleLock),
        (&NO_COMPILER, BuildFailureKind::NoCompiler),
        (&NO_NETWORK, BuildFailureKind::NoNetwork),
        (&DEPENDENCY, BuildFailureKind::Dependency),
    ];
    kinds.iter().find_map(|(phrases, kind)| {
        let line = tail
            .iter()
            .find(|line| phrases.iter().any(|phrase| line.contains(phrase)))?;
        Some(kind(line.trim().to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart_by_their_words() {
        let kind = |text: &str| failure_of(&text.lines().map(str::to_owned).collect::<Vec<_>>());
        let cases = [
            ("error: linker `cc` not found", "no compiler"),
            (
                "  error: command 'gcc' failed: No such file or directory",
                "no compiler",
            ),
            (
                "warning: spurious network error (3 tries remaining): [6] Couldn't resolve host name",
                "no network",
            ),
            (
                "ERROR: Could not find a version that satisfies the requirement nope==1\nERROR: No matching distribution found for nope==1",
                "dependency missing",
            ),
            (
                "error: cannot update the lock file Cargo.lock because --locked was passed to prevent this",
                "the lock file is out of date",
            ),
            (
                "ModuleNotFoundError: No module named 'numpy'",
                "dependency missing",
            ),
        ];
        for (text, expected) in cases {
            let found = kind(text).unwrap().to_string();
            assert!(found.starts_with(expected), "{text}: {found}");
        }
        assert_eq!(kind("error[E0308]: mismatched types"), None);
        // pip says both where there is no network; the cause counts.
        let both = "Failed to establish a new connection: [Errno -3]\nERROR: No matching distribution found for a==1";
        assert!(kind(both).unwrap().to_string().starts_with("no network"));
    }
}
