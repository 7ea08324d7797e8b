//! What a stranger's program may do, and what came of running it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How tightly a program is held, the tightest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A private root of read-only mounts, own pid, network, ipc, uts and cgroup namespaces,
    /// Landlock and a system call filter.
    Namespaces,
    /// Landlock and a system call filter on the machine's own file tree.
    Landlock,
    /// Limits only: the program has the rights of whoever runs it.
    None,
}

impl Tier {
    /// The tier's name, as the report writes it.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Namespaces => "namespaces",
            Tier::Landlock => "landlock",
            Tier::None => "none",
        }
    }
}

/// Which tier is asked for. What is asked for is given or refused, never quietly loosened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierRequest {
    /// The tightest that works here; at least [`Tier::Landlock`].
    Strongest,
    /// Exactly this one.
    Exactly(Tier),
}

/// Which network a program sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// No internet sockets at all.
    Never,
    /// A loopback interface of its own. [`Tier::Landlock`] has none to give: there it is `Never`.
    Loopback,
    /// The machine's network.
    Full,
}

/// Which accelerators a program sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Devices {
    /// None.
    None,
    /// The NVIDIA device nodes and what the driver shows under `/sys`.
    Cuda,
}

/// What a program may use up, all its processes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
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

impl Default for Limits {
    /// 10 minutes, 2 seconds to end, 4 GiB of memory, 256 processes and threads, 1 GiB of output.
    fn default() -> Self {
        Limits {
            time: Duration::from_secs(600),
            grace: Duration::from_secs(2),
            memory: 4 << 30,
            processes: 256,
            output: 1 << 30,
        }
    }
}

/// The walls around one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How tightly the program is held.
    pub tier: TierRequest,
    /// Files and folders it may read, besides the system's own programs and libraries.
    pub read_only: Vec<PathBuf>,
    /// The one folder that it may write to; it exists, and no one else uses it meanwhile.
    pub work: PathBuf,
    /// The folder, outside `work`, that `stdout` and `stderr` are recorded in.
    pub logs: PathBuf,
    /// Which network it sees.
    pub network: Network,
    /// Which accelerators it sees.
    pub devices: Devices,
    /// What it may use up.
    pub limits: Limits,
    /// Its whole environment, besides `HOME` (the work folder) and `TMPDIR`, which the launcher
    /// sets. [`base_environment`] is where to begin.
    pub environment: BTreeMap<String, String>,
}

/// A program with its arguments and the folder that it starts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments; a program without a slash is looked up in the policy's `PATH`.
    pub arguments: Vec<String>,
    /// The folder that it starts in, beneath the work folder or a read-only path.
    pub directory: PathBuf,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
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
    /// Whoever ran it asked for its end.
    Interrupted,
    /// It could not be started; the text is the system's, such as `No such file or directory`.
    NotStarted(String),
}

/// Who watches the limit on memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryControl {
    /// The kernel, by a control group.
    Cgroup,
    /// The launcher, which adds up the processes' resident memory again and again.
    Polled,
}

/// One finished run.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// Wall time, from before the program's start until nothing of it was left.
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
    /// What it wrote to standard output.
    pub stdout: PathBuf,
    /// What it wrote to standard error.
    pub stderr: PathBuf,
    /// The tier that it ran in.
    pub tier: Tier,
    /// Who watched its memory.
    pub memory_control: MemoryControl,
    /// What this tier leaves open on this machine, a sentence each.
    pub holes: Vec<String>,
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

/// The environment that every run starts from; nothing of the caller's own gets in.
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
        assert!(Tier::Namespaces < Tier::Landlock && Tier::Landlock < Tier::None);
    }
}
