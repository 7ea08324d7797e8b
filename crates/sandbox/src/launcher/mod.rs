//! The launcher process, `reprove __sandbox`: one thread, which forks a process for each job, so that
//! a job costs no start of this program.

mod cgroup;
mod confine;
mod filter;
mod lend;
mod output;
mod root;
mod serve;
mod sys;
mod tree;
mod watch;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{DumpableBehavior, Pid, Signal};
use serde::{Deserialize, Serialize};

use super::holes::{self, Identity, Walls};
use super::policy::{MemoryControl, Network, Tier};
use super::wire::{Job, Measured, Reply};
use cgroup::Cgroup;
use confine::Stopped;
use sys::Side;

/// A wall that could not be put up, in the words of whoever failed to.
#[derive(Debug)]
struct LaunchError(String);

impl From<io::Error> for LaunchError {
    fn from(error: io::Error) -> Self {
        LaunchError(error.to_string())
    }
}

impl From<rustix::io::Errno> for LaunchError {
    fn from(error: rustix::io::Errno) -> Self {
        LaunchError(error.to_string())
    }
}

/// What was decided about this launch before the program's process exists.
struct LaunchConfig {
    identity: Identity,
    /// User and group id of the launcher itself; in a new user namespace they cannot be asked for.
    own_ids: (u32, u32),
    memory: MemoryControl,
    /// For `RLIMIT_NPROC`, where no control group limits tasks.
    task_limit: Option<u64>,
    /// The kernel's Landlock version, 0 for none.
    landlock: i32,
}

/// What the launcher's children tell it, a JSON line each.
#[derive(Debug, Serialize, Deserialize)]
enum ChildMessage {
    /// A wall could not be put up.
    Refused(String),
    /// The program could not be executed.
    NotStarted(String),
    /// The program ended with this wait status.
    Ended(i32),
}

/// Reads jobs from standard input, a line each, runs them one after the other, and writes a line with
/// the reply to standard output for each; until its input ends or a signal comes between two jobs.
///
/// Must be called first in `main`, before any thread is started.
pub fn main() -> ExitCode {
    match serve::serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads a job, runs it, and replies, unless the `launcher` that forked this process is gone: whoever
/// asked takes the lack of a reply for the failure that it is.
fn answer(launcher: Pid) -> io::Result<()> {
    let answer = match read_job().and_then(|job| run(&job)) {
        Ok(measured) => Reply::Finished(measured),
        Err(LaunchError(reason)) => Reply::Refused(reason),
    };
    if rustix::process::getppid() != Some(launcher) {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    reply(&answer)
}

fn reply(reply: &Reply) -> io::Result<()> {
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

fn run(job: &Job) -> Result<Measured, LaunchError> {
    // The death of the process that forked this one is a request to end, so that nothing of the run
    // outlives it.
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let signals = sys::take_signals()?;
    let loan = lend::identity(job.tier)?;
    prepare_work(job, loan.identity)?;
    let before = output::size(&job.work)
        .ok_or_else(|| LaunchError("the work folder cannot be measured".into()))?;
    let attendants = u32::from(job.tier == Tier::Namespaces);
    let groups = Cgroup::create(&job.limits, attendants);
    let setting = setting(job, loan.identity, &groups, attendants);
    let (ends, launched) = launch(job, &setting, &groups)?;
    let measured = watch::until_nothing_is_left(job, &groups, launched, ends, signals, before);
    if job.tier == Tier::Landlock {
        lend::clear_shared_memory(loan.identity);
    }
    let measured = measured?;
    Ok(Measured {
        memory_control: setting.memory,
        holes: holes(job, &setting),
        ..measured
    })
}

/// Makes the folder for temporary files, and hands the work folder to the user that the program
/// will run as.
fn prepare_work(job: &Job, identity: Identity) -> Result<(), LaunchError> {
    std::fs::create_dir_all(root::temporary(&job.work))?;
    if let Identity::Lent(id) = identity {
        output::give(&job.work, id)?;
    }
    Ok(())
}

fn setting(job: &Job, identity: Identity, groups: &Cgroup, attendants: u32) -> LaunchConfig {
    let asked = u64::from(job.limits.processes);
    let task_limit = match (identity, job.tier) {
        _ if groups.holds_tasks() => None,
        (Identity::Lent(_), _) => Some(asked),
        // A user namespace counts its own tasks, the first process among them.
        (Identity::Own, Tier::Namespaces) => Some(asked + u64::from(attendants)),
        (Identity::Own, _) => Some(asked + tree::tasks_of_user(rustix::process::getuid().as_raw())),
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

fn holes(job: &Job, setting: &LaunchConfig) -> Vec<String> {
    holes::of(&Walls {
        tier: job.tier,
        network: job.network,
        memory: setting.memory,
        landlock: setting.landlock,
        identity: setting.identity,
    })
}

/// The launcher's ends of the pipes to its children.
struct PipeEnds {
    logs: [output::Log; 2],
    notes: OwnedFd,
}

/// The children's ends.
struct Inside {
    stdin: File,
    stdout: OwnedFd,
    stderr: OwnedFd,
    notes: File,
    /// See [`Cgroup::doors`].
    doors: Vec<File>,
}

/// A started child.
struct Launched {
    child: sys::Child,
    at: Instant,
}

/// Forks the child that becomes the program, or the first process of the box around it.
fn launch(
    job: &Job,
    setting: &LaunchConfig,
    groups: &Cgroup,
) -> Result<(PipeEnds, Launched), LaunchError> {
    let plan = (job.tier == Tier::Namespaces).then(|| root::plan(job));
    let (stdout, out) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stderr, err) = pipe_with(PipeFlags::CLOEXEC)?;
    let (notes, notes_in) = pipe_with(PipeFlags::CLOEXEC)?;
    if let Identity::Lent(id) = setting.identity {
        // Who opens `/dev/stderr` opens the pipe anew, by its owner's rights.
        let owner = rustix::fs::Uid::from_raw(id);
        for pipe in [&out, &err] {
            rustix::fs::fchown(pipe, Some(owner), None)?;
        }
    }
    // Whatever may fail does so before there is a program.
    let logs = [
        output::Log::new(stdout, &job.stdout)?,
        output::Log::new(stderr, &job.stderr)?,
    ];
    let mut inside = Inside {
        stdin: File::open("/dev/null")?,
        stdout: out,
        stderr: err,
        notes: notes_in.into(),
        doors: groups.doors()?,
    };
    let namespaces = if plan.is_some() {
        namespaces(job, setting)
    } else {
        0
    };
    let at = Instant::now();
    let forked =
        sys::fork(namespaces).map_err(|error| LaunchError(format!("new namespaces: {error}")))?;
    match forked {
        Side::Parent(child) => Ok((PipeEnds { logs, notes }, Launched { child, at })),
        Side::Child => {
            // These are the launcher's alone: its end must show as the end of the pipe.
            drop((logs, notes));
            match plan {
                Some(plan) => first_process(job, setting, &plan, inside),
                None => {
                    let joined = cgroup::join(&mut inside.doors).map_err(LaunchError::from);
                    program(job, setting, joined, inside)
                }
            }
        }
    }
}

fn namespaces(job: &Job, setting: &LaunchConfig) -> i32 {
    let mut flags =
        libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;
    if job.network != Network::Full {
        flags |= libc::CLONE_NEWNET;
    }
    if setting.identity == Identity::Own {
        flags |= libc::CLONE_NEWUSER;
    }
    flags
}

/// Tells the launcher; where even that fails, there is no one left to tell.
fn tell(notes: &mut File, note: &ChildMessage) {
    if let Ok(mut line) = serde_json::to_vec(note) {
        line.push(b'\n');
        let _ = notes.write_all(&line);
    }
}

/// Pid 1 of the box: builds it, starts the program, reaps orphans. Its end is the end of all.
fn first_process(job: &Job, setting: &LaunchConfig, plan: &root::Plan, mut inside: Inside) -> ! {
    if let Err(LaunchError(reason)) = build_box(job, setting, plan, &mut inside) {
        tell(&mut inside.notes, &ChildMessage::Refused(reason));
        sys::exit_now(1);
    }
    match sys::fork(0) {
        Err(error) => tell(
            &mut inside.notes,
            &ChildMessage::Refused(format!("fork: {error}")),
        ),
        Ok(Side::Child) => program(job, setting, Ok(()), inside),
        Ok(Side::Parent(child)) => {
            while let Some((pid, status)) = sys::wait_any(0) {
                if pid == child.pid {
                    tell(&mut inside.notes, &ChildMessage::Ended(status));
                    break;
                }
            }
        }
    }
    sys::exit_now(0)
}

fn build_box(
    job: &Job,
    setting: &LaunchConfig,
    plan: &root::Plan,
    inside: &mut Inside,
) -> Result<(), LaunchError> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // Had the launcher died before that request, its end of the pipe would be closed by now.
    if poll(
        &mut [PollFd::new(&inside.notes, PollFlags::empty())],
        Some(&rustix::event::Timespec::default()),
    )? > 0
    {
        return Err(LaunchError("the launcher is gone".into()));
    }
    let (uid, gid) = match setting.identity {
        Identity::Lent(id) => (id, id),
        Identity::Own => map_own_user(setting.own_ids)?,
    };
    cgroup::join(&mut inside.doors)?;
    sys::new_cgroup_namespace()?;
    rustix::system::sethostname(b"reprove")?;
    if job.network == Network::Loopback {
        sys::loopback_up()?;
    }
    root::enter(plan, job, uid, gid)?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    quiet_streams(inside)
}

/// Maps this user, and no other, into its new user namespace.
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
fn quiet_streams(inside: &Inside) -> Result<(), LaunchError> {
    let null = inside.stdin.as_fd();
    rustix::stdio::dup2_stdin(null)?;
    rustix::stdio::dup2_stdout(null)?;
    Ok(rustix::stdio::dup2_stderr(null)?)
}

/// Becomes the program, unless something before that has failed.
fn program(
    job: &Job,
    setting: &LaunchConfig,
    before: Result<(), LaunchError>,
    mut inside: Inside,
) -> ! {
    let stopped = before.and_then(|()| take_streams(&inside)).map_or_else(
        |LaunchError(reason)| Stopped::Refused(reason),
        |()| confine::start(job, setting),
    );
    let note = match stopped {
        Stopped::Refused(reason) => ChildMessage::Refused(reason),
        Stopped::NotStarted(error) => ChildMessage::NotStarted(words(&error)),
    };
    tell(&mut inside.notes, &note);
    sys::exit_now(127)
}

/// The error's text without the number that Rust adds to it.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

fn take_streams(inside: &Inside) -> Result<(), LaunchError> {
    rustix::stdio::dup2_stdin(&inside.stdin)?;
    rustix::stdio::dup2_stdout(&inside.stdout)?;
    Ok(rustix::stdio::dup2_stderr(&inside.stderr)?)
}
