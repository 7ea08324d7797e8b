//! Types that the launcher's modules share.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::super::limitations::{self, Identity, LaunchFacts, Limitation};
use super::super::policy::MemoryControl;
use super::super::wire::Job;
use super::output::Log;
use super::outside::{PublicNetwork, RunningTool};
use super::sys::Child;

/// Configuration of one launch, fixed before the program's process exists.
pub(super) struct LaunchConfig {
    pub identity: Identity,
    /// User and group id of the launcher itself; in a new user namespace they cannot be asked for.
    pub own_ids: (u32, u32),
    pub memory: MemoryControl,
    /// For `RLIMIT_NPROC`, where no control group limits tasks.
    pub task_limit: Option<u64>,
    /// The kernel's Landlock version, 0 for none.
    pub landlock: i32,
}

impl LaunchConfig {
    /// The limitations of this launch.
    pub fn limitations(&self, job: &Job) -> Vec<Limitation> {
        limitations::of(&LaunchFacts {
            tier: job.tier,
            network: job.network,
            memory: self.memory,
            landlock: self.landlock,
            identity: self.identity,
        })
    }
}

/// Message of a child process to the launcher, one JSON line each.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ChildMessage {
    /// The isolation could not be set up.
    Refused(String),
    /// The program could not be executed.
    NotStarted(String),
    /// The program ended with this wait status.
    Ended(i32),
}

/// The launcher's ends of the pipes to its children.
pub(super) struct PipeEnds {
    pub logs: [Log; 2],
    pub messages: OwnedFd,
}

/// The children's ends of the pipes.
pub(super) struct ChildEnds {
    pub stdin: File,
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
    pub messages: File,
    /// See [`Cgroup::join_files`](super::cgroup::Cgroup::join_files).
    pub join_files: Vec<File>,
    /// The public network, where the job has one.
    pub network: Option<PublicNetwork>,
}

/// A started child.
pub(super) struct Launched {
    pub child: Child,
    /// The tool of its public network, which is none of the program's processes.
    pub network_tool: Option<RunningTool>,
    pub started: Instant,
}
