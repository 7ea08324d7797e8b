//! The side of the sandbox that asks: starts launchers and reads their replies.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::policy::{
    Command, Devices, End, Finished, Limits, MemoryControl, Network, Policy, Tier, TierRequest,
    base_environment,
};
use super::wire::{Job, Measured, Reply};
use crate::scratch::Scratch;

/// Why a program was not run at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The asked tier cannot be had here; nothing looser was tried.
    #[error("sandbox tier `{}` is not available: {reason}", tier.name())]
    Unavailable {
        /// The tier that was asked for.
        tier: Tier,
        /// What failed when it was tried out.
        reason: String,
    },
    /// The walls could not be put up around this program.
    #[error("sandbox tier `{}`: {reason}", tier.name())]
    Refused {
        /// The tier that was asked for.
        tier: Tier,
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

/// What this machine can do, found out by doing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// For each tier but `none`, the tightest first: who limits memory and what stays open, or why
    /// it cannot be had.
    pub tiers: Vec<(Tier, Result<TierSupport, String>)>,
}

/// How a tier works on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierSupport {
    /// Who limits memory.
    pub memory_control: MemoryControl,
    /// What the tier leaves open.
    pub holes: Vec<String>,
}

/// Starts launcher processes, as many as there are jobs at once, which wait for more until this is
/// dropped. What a tier needs is tried out once and remembered.
#[derive(Debug)]
pub struct Launcher {
    /// The executable and what stands before `__sandbox`.
    command: Vec<OsString>,
    namespaces: OnceLock<Result<TierSupport, String>>,
    landlock: OnceLock<Result<TierSupport, String>>,
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
            idle: Mutex::default(),
        }
    }

    /// Tries out both tiers, unless that has been done.
    pub fn probe(&self) -> Capabilities {
        let tiers = [Tier::Namespaces, Tier::Landlock];
        Capabilities {
            tiers: tiers
                .into_iter()
                .map(|tier| (tier, self.works(tier)))
                .collect(),
        }
    }

    /// Runs `command` behind the walls of `policy`, to its end or until `interrupt` is set.
    ///
    /// # Errors
    /// When nothing was run: the tier cannot be had, a path does not exist, a wall cannot be put
    /// up. How a program that was run ended is never an error.
    pub fn run(
        &self,
        policy: &Policy,
        command: &Command,
        interrupt: &AtomicBool,
    ) -> Result<Finished, Error> {
        let tier = self.tier(policy.tier)?;
        self.run_in(tier, policy, command, interrupt)
    }

    /// The tier that a request comes to here.
    fn tier(&self, request: TierRequest) -> Result<Tier, Error> {
        match request {
            TierRequest::Exactly(Tier::None) => Ok(Tier::None),
            TierRequest::Exactly(tier) => match self.works(tier) {
                Ok(_) => Ok(tier),
                Err(reason) => Err(Error::Unavailable { tier, reason }),
            },
            TierRequest::Strongest if self.works(Tier::Namespaces).is_ok() => Ok(Tier::Namespaces),
            TierRequest::Strongest => self.tier(TierRequest::Exactly(Tier::Landlock)),
        }
    }

    fn works(&self, tier: Tier) -> Result<TierSupport, String> {
        let known = if tier == Tier::Namespaces {
            &self.namespaces
        } else {
            &self.landlock
        };
        known.get_or_init(|| self.try_out(tier)).clone()
    }

    /// Runs a trivial program in `tier`.
    fn try_out(&self, tier: Tier) -> Result<TierSupport, String> {
        let folder = Scratch::new().map_err(|error| error.to_string())?;
        let [work, logs] = ["work", "logs"].map(|name| folder.path().join(name));
        for made in [&work, &logs] {
            self.make(made).map_err(|error| error.to_string())?;
        }
        let policy = Policy {
            tier: TierRequest::Exactly(tier),
            read_only: Vec::new(),
            logs,
            network: Network::Loopback,
            devices: Devices::None,
            limits: Limits {
                time: std::time::Duration::from_secs(20),
                ..Limits::default()
            },
            environment: base_environment(1),
            work: work.clone(),
        };
        let arguments = ["sh", "-c", "test -r /proc/self/status && : > ok"]
            .map(str::to_owned)
            .to_vec();
        let command = Command {
            arguments,
            directory: work,
        };
        let never = AtomicBool::new(false);
        let finished =
            self.run_in(tier, &policy, &command, &never)
                .map_err(|error| match error {
                    Error::Refused { reason, .. } => reason,
                    other => other.to_string(),
                })?;
        match finished.end {
            End::Exited(0) => Ok(TierSupport {
                memory_control: finished.memory_control,
                holes: finished.holes,
            }),
            other => Err(format!("a trivial program ended with {other:?}")),
        }
    }

    /// Makes a folder for the launcher. Nobody else may write to it, or could put a link in the place
    /// of what the launcher writes; but for a launcher that another program starts as someone else.
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
        tier: Tier,
        policy: &Policy,
        command: &Command,
        interrupt: &AtomicBool,
    ) -> Result<Finished, Error> {
        let job = job(tier, policy, command)?;
        let measured = self.ask(&job, interrupt)?;
        Ok(Finished {
            end: measured.end,
            wall: measured.wall,
            cpu_user: measured.cpu_user,
            cpu_system: measured.cpu_system,
            max_rss: measured.max_rss,
            processes: measured.processes,
            output: measured.output,
            stdout: job.stdout,
            stderr: job.stderr,
            tier,
            memory_control: measured.memory_control,
            holes: measured.holes,
        })
    }

    /// Hands `job` to a launcher process and waits for the reply.
    fn ask(&self, job: &Job, interrupt: &AtomicBool) -> Result<Measured, Error> {
        let failed = |reason: String| Error::Launcher {
            program: PathBuf::from(&self.command[0]),
            reason,
        };
        let mut line = serde_json::to_vec(job).map_err(|error| failed(error.to_string()))?;
        line.push(b'\n');
        let mut process = self
            .asked(&line)
            .map_err(|error| failed(error.to_string()))?;
        let reply = process.reply(interrupt);
        let reply = reply.map_err(|error| failed(error.to_string()))?;
        let Ok(reply) = serde_json::from_slice(&reply) else {
            return Err(failed(format!("no reply {}", process.last_words())));
        };
        self.idle().push(process);
        match reply {
            Reply::Finished(measured) => Ok(measured),
            Reply::Refused(reason) => Err(Error::Refused {
                tier: job.tier,
                reason,
            }),
        }
    }

    /// A launcher process that was handed this line: one that waits for work, or a new one.
    fn asked(&self, line: &[u8]) -> io::Result<Process> {
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
            // Ctrl-C reaches it through this process, and Ctrl-Z must not stop whoever holds the limits.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(Process)
    }
}

/// A launcher process; it ends when this is dropped, and with it what it runs.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input tells it to end.
        self.0.stdin = None;
        let _ = self.0.wait();
    }
}

impl Process {
    fn hand(&mut self, line: &[u8]) -> io::Result<()> {
        match &mut self.0.stdin {
            Some(stdin) => stdin.write_all(line),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Reads the line of a reply, passing on an interruption as SIGTERM; less when the process ends.
    fn reply(&mut self, interrupt: &AtomicBool) -> io::Result<Vec<u8>> {
        let mut reply = Vec::new();
        let pid = Pid::from_raw(self.0.id().cast_signed());
        let Some(stdout) = &mut self.0.stdout else {
            return Ok(reply);
        };
        let mut is_passed_on = false;
        let mut buffer = [0; 4096];
        while reply.last() != Some(&b'\n') {
            if readable(stdout)? {
                match stdout.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => reply.extend_from_slice(&buffer[..count]),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            } else if interrupt.load(Ordering::Relaxed) && !is_passed_on {
                is_passed_on = true;
                if let Some(pid) = pid {
                    kill_process(pid, Signal::TERM)?;
                }
            }
        }
        Ok(reply)
    }

    /// How a process that gives no reply ended, and what it said.
    fn last_words(mut self) -> String {
        let mut said = String::new();
        self.0.stdin = None;
        if let Some(stderr) = &mut self.0.stderr {
            let _ = stderr.read_to_string(&mut said);
        }
        match self.0.wait() {
            Ok(status) => format!("({status}) {}", said.trim()),
            Err(error) => error.to_string(),
        }
    }
}

/// Waits a moment for the reply.
fn readable(stdout: &ChildStdout) -> io::Result<bool> {
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: 50_000_000,
    };
    match poll(&mut [PollFd::new(stdout, PollFlags::IN)], Some(&moment)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn canonical(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::Path {
        path: path.into(),
        source,
    })
}

fn job(tier: Tier, policy: &Policy, command: &Command) -> Result<Job, Error> {
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
        devices: policy.devices,
        limits: policy.limits,
        environment: policy.environment.clone(),
        arguments: command.arguments.clone(),
        directory: canonical(&command.directory)?,
    })
}
