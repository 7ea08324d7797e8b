//! Measurements of a finished process.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::limitations::Limitation;
use super::policy::{MemoryControl, SandboxTier};

/// Cause of a program's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitCause {
    /// By itself, with this exit status.
    Exited(i32),
    /// By this signal, which the sandbox did not send.
    Signalled(i32),
    /// Its time was up.
    TimedOut,
    /// Its processes together used more memory than they may.
    OutOfMemory,
    /// It had as many processes and threads as it may, and wanted more.
    TooManyProcesses,
    /// It wrote more than it may.
    TooMuchOutput,
    /// The caller asked for its end.
    Interrupted,
    /// It could not be started; the text is the system's, such as `No such file or directory`.
    NotStarted(String),
}

/// Finished process with its measurements and logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedProcess {
    /// Cause of its end.
    pub end: ExitCause,
    /// Wall time, from before the program's start until no process of it was left.
    pub wall: Duration,
    /// Processor time in user mode, all its processes together.
    pub cpu_user: Duration,
    /// Processor time in the kernel, all its processes together.
    pub cpu_system: Duration,
    /// The greatest resident memory seen, in bytes: of all processes together where it ran long
    /// enough to be sampled, else of the largest one.
    pub max_rss: u64,
    /// The most processes and threads seen at once.
    pub processes: u32,
    /// Bytes in the work folder that were not there before, and in the two logs.
    pub output: u64,
    /// File with its standard output.
    pub stdout: PathBuf,
    /// File with its standard error.
    pub stderr: PathBuf,
    /// SandboxTier that it ran in.
    pub tier: SandboxTier,
    /// Mechanism that limited its memory.
    pub memory_control: MemoryControl,
    /// What this tier leaves open on this machine.
    pub limitations: Vec<Limitation>,
}
