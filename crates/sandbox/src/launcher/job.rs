//! One job: its process tree is started, supervised and measured, and the reply written.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{DumpableBehavior, Pid, Signal};

use super::super::finished::FinishedProcess;
use super::super::limitations::Identity;
use super::super::policy::{MemoryControl, NetworkAccess, SandboxTier};
use super::super::wire::{Job, Reply};
use super::cgroup::{self, Cgroup};
use super::confine::{self, Stopped};
use super::error::LaunchError;
use super::outside::PublicNetwork;
use super::sys::{self, Side};
use super::types::{ChildEnds, ChildMessage, LaunchConfig, Launched, PipeEnds};
use super::{output, root, supervisor, tree, uid_pool};

/// Reads a job, runs it, and replies, unless the `launcher` that forked this process is gone: the
/// caller treats the lack of a reply as a failure.
pub(super) fn answer(launcher: Pid) -> io::Result<()> {
    let answer = match read_job().and_then(|job| run(&job)) {
        Ok(finished) => Reply::Finished(finished),
        Err(LaunchError(reason)) => Reply::Refused(reason),
    };
    if rustix::process::getppid() != Some(launcher) {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    reply(&answer)
}

pub(super) fn reply(reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    let mut stdout = io::stdout();
    stdout.write_all(&line)?;
    stdout.flush()
}

fn read_job() -> Result<Job, LaunchError> {
    sys::close_from(3, sys::Inherited::Close)?;
    // Nothing follows the line before its reply has been read.
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    serde_json::from_str(&line).map_err(|error| LaunchError(format!("job: {error}")))
}

fn run(job: &Job) -> Result<FinishedProcess, LaunchError> {
    // The death of the process that forked this one is a request to end, so that nothing of the run
    // outlives it.
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let signals = sys::take_signals()?;
    let lease = uid_pool::identity(job.tier)?;
    prepare_work(job, lease.identity)?;
    let before = output::size(&job.work)
        .ok_or_else(|| LaunchError("the work folder cannot be measured".into()))?;
    let attendants = u32::from(job.tier == SandboxTier::Namespaces);
    let groups = Cgroup::create(&job.limits, attendants);
    let config = launch_config(job, lease.identity, &groups, attendants);
    let (pipes, launched) = launch(job, &config, &groups)?;
    let finished = supervisor::supervise(job, &config, &groups, launched, pipes, signals, before);
    if job.tier == SandboxTier::Landlock {
        uid_pool::clear_shared_memory(lease.identity);
    }
    finished
}

/// Makes the folder for temporary files, and hands the work folder to the user that the program
/// will run as.
fn prepare_work(job: &Job, identity: Identity) -> Result<(), LaunchError> {
    std::fs::create_dir_all(root::temporary(&job.work))?;
    if let Identity::Pooled(id) = identity {
        output::give(&job.work, id)?;
    }
    Ok(())
}

fn launch_config(job: &Job, identity: Identity, groups: &Cgroup, attendants: u32) -> LaunchConfig {
    let requested = u64::from(job.limits.processes);
    let task_limit = match (identity, job.tier) {
        _ if groups.holds_tasks() => None,
        (Identity::Pooled(_), _) => Some(requested),
        // A user namespace counts its own tasks, the first process among them.
        (Identity::Own, SandboxTier::Namespaces) => Some(requested + u64::from(attendants)),
        (Identity::Own, _) => {
            Some(requested + tree::tasks_of_user(rustix::process::getuid().as_raw()))
        }
    };
    let memory = if groups.holds_memory() {
        MemoryControl::Cgroup
    } else {
        MemoryControl::Polled
    };
    let own_ids = (
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    );
    LaunchConfig {
        identity,
        own_ids,
        memory,
        task_limit,
        landlock: sys::landlock_version(),
    }
}

/// Forks the child that becomes the program, or the first process of its pid namespace.
fn launch(
    job: &Job,
    config: &LaunchConfig,
    groups: &Cgroup,
) -> Result<(PipeEnds, Launched), LaunchError> {
    let plan = (job.tier == SandboxTier::Namespaces).then(|| root::plan(job));
    let (stdout, out) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stderr, err) = pipe_with(PipeFlags::CLOEXEC)?;
    let (messages, messages_in) = pipe_with(PipeFlags::CLOEXEC)?;
    if let Identity::Pooled(id) = config.identity {
        // Opening `/dev/stderr` opens the pipe anew, with the rights of its owner.
        let owner = rustix::fs::Uid::from_raw(id);
        for pipe in [&out, &err] {
            rustix::fs::fchown(pipe, Some(owner), None)?;
        }
    }
    // All that may fail does so before the program exists.
    let logs = [
        output::Log::new(stdout, &job.stdout)?,
        output::Log::new(stderr, &job.stderr)?,
    ];
    let mut ends = ChildEnds {
        stdin: File::open("/dev/null")?,
        stdout: out,
        stderr: err,
        messages: messages_in.into(),
        join_files: groups.join_files()?,
        network: public_network(job)?,
    };
    let namespaces = if plan.is_some() {
        namespaces(job, config)
    } else {
        0
    };
    let started = Instant::now();
    let forked =
        sys::fork(namespaces).map_err(|error| LaunchError(format!("new namespaces: {error}")))?;
    match forked {
        Side::Parent(child) => {
            let network_tool = ends
                .network
                .take()
                .and_then(|public| public.attach(child.pid));
            let launched = Launched {
                child,
                network_tool,
                started,
            };
            Ok((PipeEnds { logs, messages }, launched))
        }
        Side::Child => {
            // Only the launcher may hold these: its end must close the pipe.
            drop((logs, messages));
            match plan {
                Some(plan) => first_process(job, config, &plan, ends),
                None => {
                    let joined = cgroup::join(&mut ends.join_files).map_err(LaunchError::from);
                    program(job, config, joined, ends)
                }
            }
        }
    }
}

/// What a public network needs, where the job has one.
fn public_network(job: &Job) -> Result<Option<PublicNetwork>, LaunchError> {
    match (job.network, job.tier, &job.network_tool) {
        (NetworkAccess::Public, SandboxTier::Namespaces, Some(tool)) => {
            PublicNetwork::new(tool).map(Some)
        }
        (NetworkAccess::Public, _, _) => Err(LaunchError("this tier has no public network".into())),
        (NetworkAccess::None | NetworkAccess::Loopback | NetworkAccess::Full, _, _) => Ok(None),
    }
}

fn namespaces(job: &Job, config: &LaunchConfig) -> i32 {
    let mut flags =
        libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;
    if job.network != NetworkAccess::Full {
        flags |= libc::CLONE_NEWNET;
    }
    if config.identity == Identity::Own {
        flags |= libc::CLONE_NEWUSER;
    }
    flags
}

/// Sends a message to the launcher. A failure means that the launcher is gone, and is ignored.
fn send(messages: &mut File, message: &ChildMessage) {
    if let Ok(mut line) = serde_json::to_vec(message) {
        line.push(b'\n');
        let _ = messages.write_all(&line);
    }
}

/// Pid 1 of the namespaces: sets them up, starts the program and reaps orphans. The kernel ends all
/// other processes with it.
fn first_process(job: &Job, config: &LaunchConfig, plan: &root::Plan, mut ends: ChildEnds) -> ! {
    if let Err(LaunchError(reason)) = set_up_namespaces(job, config, plan, &mut ends) {
        send(&mut ends.messages, &ChildMessage::Refused(reason));
        sys::exit_now(1);
    }
    match sys::fork(0) {
        Err(error) => send(
            &mut ends.messages,
            &ChildMessage::Refused(format!("fork: {error}")),
        ),
        Ok(Side::Child) => program(job, config, Ok(()), ends),
        Ok(Side::Parent(child)) => {
            while let Some((pid, status)) = sys::wait_any(0) {
                if pid == child.pid {
                    send(&mut ends.messages, &ChildMessage::Ended(status));
                    break;
                }
            }
        }
    }
    sys::exit_now(0)
}

fn set_up_namespaces(
    job: &Job,
    config: &LaunchConfig,
    plan: &root::Plan,
    ends: &mut ChildEnds,
) -> Result<(), LaunchError> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // If the launcher died before that request, its end of the pipe is closed by now.
    if poll(
        &mut [PollFd::new(&ends.messages, PollFlags::empty())],
        Some(&rustix::event::Timespec::default()),
    )? > 0
    {
        return Err(LaunchError("the launcher is gone".into()));
    }
    let (uid, gid) = match config.identity {
        Identity::Pooled(id) => (id, id),
        Identity::Own => map_own_user(config.own_ids)?,
    };
    cgroup::join(&mut ends.join_files)?;
    sys::new_cgroup_namespace()?;
    rustix::system::sethostname(b"reprove")?;
    match job.network {
        NetworkAccess::Loopback | NetworkAccess::Public => sys::loopback_up()?,
        NetworkAccess::None | NetworkAccess::Full => {}
    }
    if let Some(public) = ends.network.take() {
        public.enter()?;
    }
    root::enter(plan, job, uid, gid)?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    quiet_streams(ends)
}

/// Maps only this user into its new user namespace.
fn map_own_user((uid, gid): (u32, u32)) -> Result<(u32, u32), LaunchError> {
    let write = |file: &str, text: String| {
        std::fs::write(format!("/proc/self/{file}"), text)
            .map_err(|error| LaunchError(format!("{file}: {error}")))
    };
    write("setgroups", "deny".into())?;
    write("uid_map", format!("{uid} {uid} 1"))?;
    write("gid_map", format!("{gid} {gid} 1"))?;
    Ok((uid, gid))
}

/// Pid 1 keeps none of the launcher's own streams.
fn quiet_streams(ends: &ChildEnds) -> Result<(), LaunchError> {
    let null = ends.stdin.as_fd();
    rustix::stdio::dup2_stdin(null)?;
    rustix::stdio::dup2_stdout(null)?;
    Ok(rustix::stdio::dup2_stderr(null)?)
}

/// Becomes the program, unless something before that has failed.
fn program(
    job: &Job,
    config: &LaunchConfig,
    before: Result<(), LaunchError>,
    mut ends: ChildEnds,
) -> ! {
    let stopped = before.and_then(|()| take_streams(&ends)).map_or_else(
        |LaunchError(reason)| Stopped::Refused(reason),
        |()| confine::start(job, config),
    );
    let message = match stopped {
        Stopped::Refused(reason) => ChildMessage::Refused(reason),
        Stopped::NotStarted(error) => ChildMessage::NotStarted(system_text(&error)),
    };
    send(&mut ends.messages, &message);
    sys::exit_now(127)
}

/// The error's text without the number that Rust adds to it.
fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

fn take_streams(ends: &ChildEnds) -> Result<(), LaunchError> {
    rustix::stdio::dup2_stdin(&ends.stdin)?;
    rustix::stdio::dup2_stdout(&ends.stdout)?;
    Ok(rustix::stdio::dup2_stderr(&ends.stderr)?)
}
