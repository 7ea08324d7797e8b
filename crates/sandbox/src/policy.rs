//! Sandbox policy of a run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Sandbox tier, ordered from the tightest to the loosest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SandboxTier {
    /// A private root of read-only mounts, own pid, network, ipc, uts and cgroup namespaces,
    /// Landlock and a system call filter.
    Namespaces,
    /// Landlock and a system call filter on the machine's own file tree.
    Landlock,
    /// ResourceLimits only: the program has the rights of whoever runs it.
    None,
}

impl SandboxTier {
    /// The tier's name, as the report writes it.
    pub fn name(self) -> &'static str {
        match self {
            SandboxTier::Namespaces => "namespaces",
            SandboxTier::Landlock => "landlock",
            SandboxTier::None => "none",
        }
    }
}

/// SandboxTier that is asked for. It is provided or refused, never quietly loosened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierRequest {
    /// The tightest that works here; at least [`SandboxTier::Landlock`].
    Strongest,
    /// Exactly this one.
    Exactly(SandboxTier),
}

/// Network that a program sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkAccess {
    /// No internet sockets at all.
    None,
    /// A loopback interface of its own. [`SandboxTier::Landlock`] has none to give: there it is `None`.
    Loopback,
    /// A network of its own that reaches public IPv4 addresses and the machine's name server, and neither
    /// the machine itself nor networks that are private or that it is attached to. Only
    /// [`SandboxTier::Namespaces`] has it, where [`Launcher::public_network`](crate::Launcher::public_network)
    /// finds a tool.
    Public,
    /// The machine's network.
    Full,
}

/// Accelerators that a program sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceAccess {
    /// None.
    None,
    /// The NVIDIA device nodes and what the driver shows under `/sys`.
    Cuda,
}

/// Limits on the resources of a program, all its processes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceLimits {
    /// Wall time until the program is asked to end (SIGTERM).
    pub time: Duration,
    /// How long it may take to end then, before it is killed.
    pub grace: Duration,
    /// Memory in bytes.
    pub memory: u64,
    /// Processes and threads alive at once.
    pub processes: u32,
    /// Bytes written to the work folder and to standard output and error; also the greatest
    /// size of one file.
    pub output: u64,
}

impl Default for ResourceLimits {
    /// 10 minutes, 2 seconds to end, 4 GiB of memory, 256 processes and threads, 1 GiB of output.
    fn default() -> Self {
        ResourceLimits {
            time: Duration::from_secs(600),
            grace: Duration::from_secs(2),
            memory: 4 << 30,
            processes: 256,
            output: 1 << 30,
        }
    }
}

/// Sandbox policy of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxPolicy {
    /// SandboxTier that is asked for.
    pub tier: TierRequest,
    /// Files and folders it may read, besides the system's own programs and libraries.
    pub read_only: Vec<PathBuf>,
    /// The one folder that it may write to; it exists, and no other process uses it meanwhile.
    pub work: PathBuf,
    /// The folder, outside `work`, that `stdout` and `stderr` are recorded in.
    pub logs: PathBuf,
    /// Network that it sees.
    pub network: NetworkAccess,
    /// Accelerators that it sees.
    pub devices: DeviceAccess,
    /// Resources that it may use.
    pub limits: ResourceLimits,
    /// Its whole environment, besides `HOME` (the work folder) and `TMPDIR`, which the launcher
    /// sets. [`base_environment`] gives the fixed part.
    pub environment: BTreeMap<String, String>,
}

/// A program with its arguments and the folder that it starts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxedCommand {
    /// The program and its arguments; a program without a slash is looked up in the policy's `PATH`.
    pub arguments: Vec<String>,
    /// The folder that it starts in, beneath the work folder or a read-only path.
    pub directory: PathBuf,
}

/// Mechanism that enforces the limit on memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryControl {
    /// The kernel, by a control group.
    Cgroup,
    /// The launcher, which adds up the processes' resident memory at short intervals.
    Polled,
}

/// Variables that set how many threads numeric libraries start.
const THREAD_VARIABLES: [&str; 7] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
    "JULIA_NUM_THREADS",
];

/// The environment that every run starts from; no variable of the caller is in it.
///
/// `PYTHONHASHSEED=0` takes the order of Python's sets of strings out of play, which otherwise
/// differs between two runs of the same seed; `PYTHONDONTWRITEBYTECODE` keeps caches out of the
/// output; `PYTHONUNBUFFERED` keeps the last lines of a program that is killed.
pub fn base_environment(threads: u32) -> BTreeMap<String, String> {
    let fixed = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "C.UTF-8"),
        ("LC_ALL", "C.UTF-8"),
        ("TZ", "UTC"),
        ("USER", "reprove"),
        ("LOGNAME", "reprove"),
        ("PYTHONHASHSEED", "0"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONUNBUFFERED", "1"),
    ];
    let threads = threads.to_string();
    let counted = THREAD_VARIABLES
        .iter()
        .map(|name| (*name, threads.as_str()));
    let all = fixed.into_iter().chain(counted);
    all.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_environment_is_the_same_wherever_it_is_made() {
        let environment = base_environment(3);
        assert_eq!(environment["OMP_NUM_THREADS"], "3");
        assert_eq!(environment["TZ"], "UTC");
        assert!(!environment.contains_key("HOME"));
        assert_eq!(environment.len(), 16);
    }

    #[test]
    fn tiers_are_ordered_from_tight_to_loose() {
        assert!(
            SandboxTier::Namespaces < SandboxTier::Landlock
                && SandboxTier::Landlock < SandboxTier::None
        );
    }
}
