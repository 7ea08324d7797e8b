//! What passes between [`super::Launcher`] and the launcher process, as JSON over pipes: a command
//! line could be read by every user of the machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::policy::{Devices, End, Limits, MemoryControl, Network, Tier};

/// What the launcher reads from its standard input. Paths are absolute and canonical.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub tier: Tier,
    pub read_only: Vec<PathBuf>,
    pub work: PathBuf,
    pub stdout: PathBuf,
    pub stderr: PathBuf,
    pub network: Network,
    pub devices: Devices,
    pub limits: Limits,
    pub environment: BTreeMap<String, String>,
    pub arguments: Vec<String>,
    pub directory: PathBuf,
}

/// What the launcher writes to its standard output.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// The program ran (or could not be started, which is also an [`End`]).
    Finished(Measured),
    /// The walls could not be put up, and so nothing was run.
    Refused(String),
}

/// One run as the launcher saw it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Measured {
    pub end: End,
    pub wall: Duration,
    pub cpu_user: Duration,
    pub cpu_system: Duration,
    pub max_rss: u64,
    pub processes: u32,
    pub output: u64,
    pub memory_control: MemoryControl,
    pub holes: Vec<String>,
}
