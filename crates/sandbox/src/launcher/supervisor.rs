//! Supervisor of a started program: records its streams, enforces its limits and ends it.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, pidfd_send_signal};

use super::super::finished::{ExitCause, FinishedProcess};
use super::super::limitations::Limitation;
use super::super::policy::{MemoryControl, SandboxTier};
use super::super::wire::Job;
use super::cgroup::Cgroup;
use super::error::LaunchError;
use super::output::{self, Log, Pumped};
use super::sys;
use super::tree::{self, Use};
use super::types::{ChildMessage, LaunchConfig, Launched, PipeEnds};

/// How often memory and processes are looked at.
const TICK: Duration = Duration::from_millis(20);

/// How often, at most, the work folder is measured; a large one less often, so that measuring
/// takes no more than a twentieth of the time.
const MEASURE: Duration = Duration::from_millis(100);

/// How rarely it is measured at most: what is written meanwhile is over the limit.
const SELDOM: Duration = Duration::from_secs(1);

/// Waits for the program's end, or brings it about, and reports once no process of it is left.
pub(super) fn supervise(
    job: &Job,
    config: &LaunchConfig,
    groups: &Cgroup,
    launched: Launched,
    pipes: PipeEnds,
    signals: OwnedFd,
    before: u64,
) -> Result<FinishedProcess, LaunchError> {
    let now = Instant::now();
    let mut supervisor = Supervisor {
        job,
        groups,
        memory_control: config.memory,
        limitations: config.limitations(job),
        logs: pipes.logs,
        messages: pipes.messages.into(),
        launched,
        signals,
        before,
        device: std::fs::metadata(&job.work).map_or(0, |work| work.dev()),
        peak: Use::default(),
        status: None,
        cause: None,
        kill_at: None,
        next_tick: now + TICK,
        next_measure: now + MEASURE,
    };
    let ended = supervisor.until_the_end();
    if ended.is_err() {
        // A launcher that cannot supervise any longer must end the program.
        supervisor.cause.get_or_insert(ExitCause::Interrupted);
    }
    supervisor.kill_all();
    ended?;
    supervisor.finish()
}

struct Supervisor<'a> {
    job: &'a Job,
    groups: &'a Cgroup,
    launched: Launched,
    memory_control: MemoryControl,
    limitations: Vec<Limitation>,
    logs: [Log; 2],
    messages: File,
    signals: OwnedFd,
    /// Size of the work folder before the start.
    before: u64,
    /// The file system of the work folder.
    device: u64,
    /// The most seen at once.
    peak: Use,
    /// Wait status of the child, once reaped.
    status: Option<i32>,
    /// Why the launcher ended the program, if it did.
    cause: Option<ExitCause>,
    /// When a program that was asked to end is killed.
    kill_at: Option<Instant>,
    next_tick: Instant,
    next_measure: Instant,
}

/// Events that woke the launcher.
struct Woken {
    child_ended: bool,
    asked_to_end: bool,
}

impl Supervisor<'_> {
    /// Until the program has ended by itself or must be killed.
    fn until_the_end(&mut self) -> Result<(), LaunchError> {
        loop {
            let woken = self.sleep()?;
            self.record()?;
            if woken.child_ended || self.must_be_killed() {
                return Ok(());
            }
            if woken.asked_to_end {
                self.cause = Some(ExitCause::Interrupted);
                return Ok(());
            }
            self.reap();
            let now = Instant::now();
            if now >= self.next_tick {
                self.look_at_processes();
                self.next_tick = now + TICK;
            }
            if now >= self.next_measure {
                self.look_at_output();
                let pause = (now.elapsed() * 20).clamp(MEASURE, SELDOM);
                self.next_measure = Instant::now() + pause;
            }
            if self.kill_at.is_none() && self.launched.started.elapsed() >= self.job.limits.time {
                self.cause = Some(ExitCause::TimedOut);
                tree::signal(&self.program(), Signal::TERM);
                self.kill_at = Some(Instant::now() + self.job.limits.grace);
            }
        }
    }

    /// Whether a limit other than time has been crossed, or the time to end by itself is over.
    fn must_be_killed(&self) -> bool {
        match self.kill_at {
            Some(at) => Instant::now() >= at || self.cause != Some(ExitCause::TimedOut),
            None => self.cause.is_some(),
        }
    }

    /// Sleeps until something happens or is due.
    fn sleep(&self) -> Result<Woken, LaunchError> {
        let start = self.launched.started;
        let deadline = self.kill_at.unwrap_or(start + self.job.limits.time);
        let due = self.next_tick.min(self.next_measure).min(deadline);
        let left = due.saturating_duration_since(Instant::now());
        let left = Timespec {
            tv_sec: left.as_secs() as i64,
            tv_nsec: left.subsec_nanos().into(),
        };
        let mut watched = vec![
            PollFd::new(&self.launched.child.pidfd, PollFlags::IN),
            PollFd::new(&self.signals, PollFlags::IN),
        ];
        let streams = self.logs.iter().filter_map(Log::source);
        watched.extend(streams.map(|stream| PollFd::from_borrowed_fd(stream, PollFlags::IN)));
        match poll(&mut watched, Some(&left)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Woken {
            child_ended: !watched[0].revents().is_empty(),
            asked_to_end: !watched[1].revents().is_empty(),
        })
    }

    /// Records what the streams have brought.
    fn record(&mut self) -> Result<(), LaunchError> {
        for index in 0..self.logs.len() {
            let written: u64 = self.logs.iter().map(|log| log.written).sum();
            let log = &mut self.logs[index];
            let left = self.job.limits.output.saturating_sub(written);
            if log.source().is_some() && log.pump(left)? == Pumped::Full {
                self.cause.get_or_insert(ExitCause::TooMuchOutput);
            }
        }
        Ok(())
    }

    /// Orphans that ended in the launcher's care (without a pid namespace).
    fn reap(&mut self) {
        while let Some((pid, status)) = sys::wait_any(libc::WNOHANG) {
            if pid == self.launched.child.pid {
                self.status = Some(status);
            }
        }
    }

    /// The program's processes, without the first process of its pid namespace.
    fn program(&self) -> Vec<i32> {
        let mut found = tree::descendants(std::process::id() as i32);
        if self.job.tier == SandboxTier::Namespaces {
            found.retain(|pid| *pid != self.launched.child.pid);
        }
        if let Some(tool) = &self.launched.network_tool {
            let tool = tool.process.id().cast_signed();
            let of_tool = tree::descendants(tool);
            found.retain(|pid| *pid != tool && !of_tool.contains(pid));
        }
        found
    }

    fn look_at_processes(&mut self) {
        let limits = &self.job.limits;
        let processes = self.program();
        let used = tree::measure(&processes);
        let refused = self.groups.out_of_tasks();
        // The kernel refuses a task when there are as many as there may be, even if fewer are left by
        // the time that they are counted.
        let tasks = if refused { limits.processes } else { 0 };
        self.peak.tasks = self.peak.tasks.max(used.tasks).max(tasks);
        let exact = if used.memory > limits.memory {
            tree::exact_memory(&processes)
        } else {
            None
        };
        let memory = exact.unwrap_or(used.memory);
        self.peak.memory = self.peak.memory.max(memory);
        if self.groups.out_of_memory() || memory > limits.memory {
            self.cause.get_or_insert(ExitCause::OutOfMemory);
        } else if refused || used.tasks > limits.processes {
            self.cause.get_or_insert(ExitCause::TooManyProcesses);
        } else if !self.groups.holds_tasks() && used.tasks >= limits.processes {
            // The resource limit tells no one that it was met; at the limit, the next task fails.
            self.cause.get_or_insert(ExitCause::TooManyProcesses);
        }
    }

    /// Bytes in the work folder that were not there before; `None` where they cannot be counted.
    fn grown(&self) -> Option<u64> {
        Some(output::size(&self.job.work)?.saturating_sub(self.before))
    }

    fn look_at_output(&mut self) {
        // A file without a name takes up disk space as long as it is open.
        let nameless = tree::nameless(&self.program(), self.device);
        let is_much = |bytes: u64| bytes.saturating_add(nameless) >= self.job.limits.output;
        if self.grown().is_none_or(is_much) {
            self.cause.get_or_insert(ExitCause::TooMuchOutput);
        }
    }

    /// Kills all processes that are left. In a pid namespace the first process takes all others
    /// with it.
    fn kill_all(&mut self) {
        if self.cause.is_some() {
            let _ = pidfd_send_signal(&self.launched.child.pidfd, Signal::KILL);
        }
        if self.job.tier == SandboxTier::Namespaces {
            // Ends by itself when the program has ended, and by the signal otherwise.
            let child = self.launched.child.pidfd.as_fd();
            let _ = poll(&mut [PollFd::from_borrowed_fd(child, PollFlags::IN)], None);
        }
        let (own, status) = (self.launched.child.pid, &mut self.status);
        tree::kill_all(|pid, raw| {
            if pid == own {
                *status = Some(raw);
            }
        });
    }

    fn finish(mut self) -> Result<FinishedProcess, LaunchError> {
        self.record()?;
        let wall = self.launched.started.elapsed();
        let usage = sys::children_usage();
        let grown = self.grown();
        if grown.is_none_or(|bytes| bytes >= self.job.limits.output) {
            self.cause.get_or_insert(ExitCause::TooMuchOutput);
        }
        if self.groups.out_of_memory() {
            self.cause.get_or_insert(ExitCause::OutOfMemory);
        }
        let logged: u64 = self.logs.iter().map(|log| log.written).sum();
        Ok(FinishedProcess {
            end: self.end()?,
            wall,
            cpu_user: usage.user,
            cpu_system: usage.system,
            max_rss: self.peak.memory.max(usage.largest),
            processes: self.peak.tasks.max(1),
            output: grown.unwrap_or(0).saturating_add(logged),
            stdout: self.job.stdout.clone(),
            stderr: self.job.stderr.clone(),
            tier: self.job.tier,
            memory_control: self.memory_control,
            limitations: self.limitations,
        })
    }

    /// How the program ended, from what its processes told and what the launcher did.
    fn end(&mut self) -> Result<ExitCause, LaunchError> {
        let mut text = String::new();
        self.messages.read_to_string(&mut text)?;
        let mut ended = None;
        for line in text.lines() {
            match serde_json::from_str(line) {
                Ok(ChildMessage::Refused(reason)) => return Err(LaunchError(reason)),
                Ok(ChildMessage::NotStarted(reason)) => return Ok(ExitCause::NotStarted(reason)),
                Ok(ChildMessage::Ended(status)) => ended = Some(status),
                Err(error) => {
                    return Err(LaunchError(format!(
                        "message of the first process: {error}"
                    )));
                }
            }
        }
        if let Some(cause) = self.cause.take() {
            return Ok(cause);
        }
        let status = match self.job.tier {
            // The first process passes the status on; without it, it was itself killed.
            SandboxTier::Namespaces => ended.or(self.status),
            SandboxTier::Landlock | SandboxTier::None => self.status,
        };
        status
            .map(meaning)
            .ok_or_else(|| LaunchError("the program's status is lost".into()))
    }
}

/// The meaning of a wait status.
fn meaning(status: i32) -> ExitCause {
    match (libc::WIFSIGNALED(status), libc::WTERMSIG(status)) {
        (true, libc::SIGXFSZ) => ExitCause::TooMuchOutput,
        (true, signal) => ExitCause::Signalled(signal),
        (false, _) => ExitCause::Exited(libc::WEXITSTATUS(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_statuses_are_told_apart() {
        assert_eq!(meaning(3 << 8), ExitCause::Exited(3));
        assert_eq!(meaning(libc::SIGSEGV), ExitCause::Signalled(libc::SIGSEGV));
        assert_eq!(meaning(libc::SIGXFSZ), ExitCause::TooMuchOutput);
    }
}
