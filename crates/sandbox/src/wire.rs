//! Messages between [`super::Launcher`] and the launcher process, as JSON over pipes: a command
//! line could be read by every user of the machine.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::finished::FinishedProcess;
use super::policy::{DeviceAccess, NetworkAccess, ResourceLimits, SandboxTier};
use super::public_network::NetworkTool;

/// Job that the launcher reads from its standard input. Paths are absolute and canonical.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub tier: SandboxTier,
    pub read_only: Vec<PathBuf>,
    pub work: PathBuf,
    pub stdout: PathBuf,
    pub stderr: PathBuf,
    pub network: NetworkAccess,
    /// Carries the connections of a public network; none for any other.
    pub network_tool: Option<NetworkTool>,
    pub devices: DeviceAccess,
    pub limits: ResourceLimits,
    pub environment: BTreeMap<String, String>,
    pub arguments: Vec<String>,
    pub directory: PathBuf,
}

/// Reply that the launcher writes to its standard output.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// The program ran (or could not be started, which is also an [`ExitCause`](super::ExitCause)).
    Finished(FinishedProcess),
    /// The isolation could not be set up; the program was not run.
    Refused(String),
}
