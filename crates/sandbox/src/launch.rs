//! [`Launcher`]: starts launcher processes and reads their replies.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::finished::{ExitCause, FinishedProcess};
use super::limitations::Limitation;
use super::policy::{
    DeviceAccess, MemoryControl, NetworkAccess, ResourceLimits, SandboxPolicy, SandboxTier,
    SandboxedCommand, TierRequest, base_environment,
};
use super::process::Process;
use super::public_network::{NetworkTool, NetworkToolKind};
use super::wire::{Job, Reply};
use crate::scratch::Scratch;

/// Error of a program that was not run at all.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The requested tier is not available here; no looser one was tried.
    #[error("sandbox tier `{}` is not available: {reason}", tier.name())]
    Unavailable {
        /// The tier that was asked for.
        tier: SandboxTier,
        /// What failed when it was tried out.
        reason: String,
    },
    /// The isolation could not be set up for this program.
    #[error("sandbox tier `{}`: {reason}", tier.name())]
    Refused {
        /// The tier that was asked for.
        tier: SandboxTier,
        /// What failed.
        reason: String,
    },
    /// A path of the policy does not exist or cannot be reached.
    #[error("sandbox path `{}`: {source}", path.display())]
    Path {
        /// The path as it was given.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The launcher could not be started, or gave no reply.
    #[error("sandbox launcher `{}`: {reason}", program.display())]
    Launcher {
        /// The executable.
        program: PathBuf,
        /// What went wrong, with whatever the launcher said.
        reason: String,
    },
}

/// Capabilities of this machine, measured by trying them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// For each tier but `none`, the tightest first: its support, or the reason why it is missing.
    pub tiers: Vec<(SandboxTier, Result<TierSupport, String>)>,
}

/// Support for a tier on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierSupport {
    /// Mechanism that limits memory.
    pub memory_control: MemoryControl,
    /// What the tier leaves open.
    pub limitations: Vec<Limitation>,
}

/// Starts launcher processes, as many as there are jobs at once, which wait for more until this is
/// dropped. Each tier is tried out once and the result remembered.
#[derive(Debug)]
pub struct Launcher {
    /// The executable and what stands before `__sandbox`.
    command: Vec<OsString>,
    namespaces: OnceLock<Result<TierSupport, String>>,
    landlock: OnceLock<Result<TierSupport, String>>,
    public_network: OnceLock<Result<NetworkTool, String>>,
    /// Processes that wait for a job.
    idle: Mutex<Vec<Process>>,
}

impl Launcher {
    /// The running executable as its own launcher: its `main` must call
    /// [`super::launcher::main`] when its first argument is `__sandbox`.
    ///
    /// # Errors
    /// When the system does not tell which executable is running.
    pub fn current() -> io::Result<Launcher> {
        Ok(Launcher::at(std::env::current_exe()?))
    }

    /// `executable` as the launcher.
    pub fn at(executable: impl Into<PathBuf>) -> Launcher {
        Launcher::through([], executable)
    }

    /// `executable`, started by another program such as `setpriv` or `nice`.
    pub fn through(
        before: impl IntoIterator<Item = OsString>,
        executable: impl Into<PathBuf>,
    ) -> Launcher {
        let command = before
            .into_iter()
            .chain([executable.into().into_os_string()])
            .collect();
        Launcher {
            command,
            namespaces: OnceLock::new(),
            landlock: OnceLock::new(),
            public_network: OnceLock::new(),
            idle: Mutex::default(),
        }
    }

    /// Support for each tier; each is tried out once.
    pub fn probe(&self) -> Capabilities {
        let tiers = [SandboxTier::Namespaces, SandboxTier::Landlock];
        Capabilities {
            tiers: tiers
                .into_iter()
                .map(|tier| (tier, self.support(tier)))
                .collect(),
        }
    }

    /// Runs `command` under `policy`, to its end or until `interrupt` is set.
    ///
    /// # Errors
    /// When the program was not run: the tier is not available, a path does not exist, the isolation fails.
    /// The end of a program that was run is never an error.
    pub fn run(
        &self,
        policy: &SandboxPolicy,
        command: &SandboxedCommand,
        interrupt: &AtomicBool,
    ) -> Result<FinishedProcess, SandboxError> {
        let tier = self.tier(policy.tier)?;
        let tool = match policy.network {
            NetworkAccess::Public => Some(
                self.public_network()
                    .map_err(|reason| SandboxError::Refused { tier, reason })?,
            ),
            NetworkAccess::None | NetworkAccess::Loopback | NetworkAccess::Full => None,
        };
        self.run_in(tier, policy, tool, command, interrupt)
    }

    /// The tier that a request resolves to on this machine.
    fn tier(&self, request: TierRequest) -> Result<SandboxTier, SandboxError> {
        match request {
            TierRequest::Exactly(tier) => match tier {
                SandboxTier::None => Ok(tier),
                SandboxTier::Namespaces | SandboxTier::Landlock => match self.support(tier) {
                    Ok(_) => Ok(tier),
                    Err(reason) => Err(SandboxError::Unavailable { tier, reason }),
                },
            },
            TierRequest::Strongest if self.support(SandboxTier::Namespaces).is_ok() => {
                Ok(SandboxTier::Namespaces)
            }
            TierRequest::Strongest => self.tier(TierRequest::Exactly(SandboxTier::Landlock)),
        }
    }

    fn support(&self, tier: SandboxTier) -> Result<TierSupport, String> {
        let known = if tier == SandboxTier::Namespaces {
            &self.namespaces
        } else {
            &self.landlock
        };
        known.get_or_init(|| self.try_out(tier)).clone()
    }

    /// The tool that gives programs a [public network](NetworkAccess::Public); each that is installed is
    /// tried out once.
    ///
    /// # Errors
    /// Why there is none, in a line.
    pub fn public_network(&self) -> Result<NetworkTool, String> {
        let look = || {
            self.support(SandboxTier::Namespaces)?;
            let mut reasons = Vec::new();
            for kind in NetworkToolKind::ALL {
                let Some(tool) = kind.find() else {
                    reasons.push(format!("{} is not installed", kind.name()));
                    continue;
                };
                match self.try_with(SandboxTier::Namespaces, Some(&tool)) {
                    Ok(_) => return Ok(tool),
                    Err(reason) => reasons.push(reason),
                }
            }
            Err(reasons.join("; "))
        };
        self.public_network.get_or_init(look).clone()
    }

    /// Runs a trivial program in `tier`.
    fn try_out(&self, tier: SandboxTier) -> Result<TierSupport, String> {
        self.try_with(tier, None)
    }

    /// Runs a trivial program in `tier`, with a public network where a tool for it is given.
    fn try_with(
        &self,
        tier: SandboxTier,
        tool: Option<&NetworkTool>,
    ) -> Result<TierSupport, String> {
        let folder = Scratch::new().map_err(|error| error.to_string())?;
        let [work, logs] = ["work", "logs"].map(|name| folder.path().join(name));
        for made in [&work, &logs] {
            self.make(made).map_err(|error| error.to_string())?;
        }
        let policy = SandboxPolicy {
            tier: TierRequest::Exactly(tier),
            read_only: Vec::new(),
            logs,
            network: tool.map_or(NetworkAccess::Loopback, |_| NetworkAccess::Public),
            devices: DeviceAccess::None,
            limits: ResourceLimits {
                time: std::time::Duration::from_secs(20),
                ..ResourceLimits::default()
            },
            environment: base_environment(1),
            work: work.clone(),
        };
        let arguments = ["sh", "-c", "test -r /proc/self/status && : > ok"]
            .map(str::to_owned)
            .to_vec();
        let command = SandboxedCommand {
            arguments,
            directory: work,
        };
        let never = AtomicBool::new(false);
        let finished = self
            .run_in(tier, &policy, tool.cloned(), &command, &never)
            .map_err(|error| match error {
                SandboxError::Refused { reason, .. } => reason,
                SandboxError::Unavailable { .. }
                | SandboxError::Path { .. }
                | SandboxError::Launcher { .. } => error.to_string(),
            })?;
        if finished.end == ExitCause::Exited(0) {
            return Ok(TierSupport {
                memory_control: finished.memory_control,
                limitations: finished.limitations,
            });
        }
        Err(format!("a trivial program ended with {:?}", finished.end))
    }

    /// Makes a folder for the launcher. No other user may write to it, or could put a link in the
    /// place of what the launcher writes, except where another program starts the launcher as
    /// another user.
    fn make(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir(folder)?;
        if self.command.len() > 1 {
            let all = std::fs::Permissions::from_mode(0o777);
            std::fs::set_permissions(folder, all)?;
        }
        Ok(())
    }

    fn run_in(
        &self,
        tier: SandboxTier,
        policy: &SandboxPolicy,
        network_tool: Option<NetworkTool>,
        command: &SandboxedCommand,
        interrupt: &AtomicBool,
    ) -> Result<FinishedProcess, SandboxError> {
        let job = Job {
            network_tool,
            ..job(tier, policy, command)?
        };
        self.ask(&job, interrupt)
    }

    /// Hands `job` to a launcher process and waits for the reply.
    fn ask(&self, job: &Job, interrupt: &AtomicBool) -> Result<FinishedProcess, SandboxError> {
        let failed = |reason: String| SandboxError::Launcher {
            program: PathBuf::from(&self.command[0]),
            reason,
        };
        let mut line = serde_json::to_vec(job).map_err(|error| failed(error.to_string()))?;
        line.push(b'\n');
        let mut process = self
            .process_with_job(&line)
            .map_err(|error| failed(error.to_string()))?;
        let reply = process.reply(interrupt);
        let reply = reply.map_err(|error| failed(error.to_string()))?;
        let Ok(reply) = serde_json::from_slice(&reply) else {
            return Err(failed(format!("no reply {}", process.exit_report())));
        };
        self.idle().push(process);
        match reply {
            Reply::Finished(finished) => Ok(finished),
            Reply::Refused(reason) => Err(SandboxError::Refused {
                tier: job.tier,
                reason,
            }),
        }
    }

    /// A launcher process that was handed this line: one that waits for work, or a new one.
    fn process_with_job(&self, line: &[u8]) -> io::Result<Process> {
        loop {
            let waiting = self.idle().pop();
            let is_new = waiting.is_none();
            let mut process = waiting.map_or_else(|| self.spawn(), Ok)?;
            // One that was ended meanwhile has not read a job. What is wrong with a new one, the
            // lack of its reply tells.
            if process.hand(line).is_ok() || is_new {
                return Ok(process);
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Process>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self) -> io::Result<Process> {
        std::process::Command::new(&self.command[0])
            .args(&self.command[1..])
            .arg("__sandbox")
            .env_clear()
            // A launcher needs some kilobytes: clearing huge pages for them takes longer than its work.
            .env("MIMALLOC_ALLOW_THP", "0")
            // Ctrl-C reaches it through this process, and Ctrl-Z must not stop the process that holds the limits.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(Process::new)
    }
}

fn canonical(path: &Path) -> Result<PathBuf, SandboxError> {
    path.canonicalize().map_err(|source| SandboxError::Path {
        path: path.into(),
        source,
    })
}

fn job(
    tier: SandboxTier,
    policy: &SandboxPolicy,
    command: &SandboxedCommand,
) -> Result<Job, SandboxError> {
    let logs = canonical(&policy.logs)?;
    Ok(Job {
        tier,
        read_only: policy
            .read_only
            .iter()
            .map(|path| canonical(path))
            .collect::<Result<_, _>>()?,
        work: canonical(&policy.work)?,
        stdout: logs.join("stdout"),
        stderr: logs.join("stderr"),
        network: policy.network,
        network_tool: None,
        devices: policy.devices,
        limits: policy.limits,
        environment: policy.environment.clone(),
        arguments: command.arguments.clone(),
        directory: canonical(&command.directory)?,
    })
}
