//! Takes jobs one after the other, each in a process of its own.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Signal, pidfd_send_signal};

use super::super::wire::Reply;
use super::sys::{self, Child, Side};
use super::{job, tree};

/// Reads jobs from standard input, a line each, runs them one after the other, and writes a line with
/// the reply to standard output for each; until its input ends or a signal comes between two jobs.
///
/// Must be called first in `main`, before any thread is started.
pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Takes jobs until its input ends.
fn serve() -> io::Result<()> {
    sys::close_from(3, sys::Inherited::Close)?;
    let signals = sys::take_signals()?;
    let own = rustix::process::getpid();
    rustix::process::set_child_subreaper(Some(own))?;
    while has_job(&signals)? {
        match sys::fork(0)? {
            Side::Child => sys::exit_now(i32::from(job::answer(own).is_err())),
            Side::Parent(child) => supervise_job(&child, &signals)?,
        }
    }
    Ok(())
}

/// Waits for a job. None comes when the caller is gone or a signal arrives.
fn has_job(signals: &OwnedFd) -> io::Result<bool> {
    let stdin = rustix::stdio::stdin();
    let mut watched = [
        PollFd::new(&stdin, PollFlags::IN),
        PollFd::new(signals, PollFlags::IN),
    ];
    wait(&mut watched)?;
    let [stdin, signals] = watched;
    Ok(stdin.revents().contains(PollFlags::IN) && signals.revents().is_empty())
}

/// Waits for the end of a job's process, and passes on a request to end: a signal, or the end of the
/// caller.
fn supervise_job(child: &Child, signals: &OwnedFd) -> io::Result<()> {
    let stdin = rustix::stdio::stdin();
    let mut is_orphan = false;
    loop {
        let mut watched = vec![
            PollFd::new(&child.pidfd, PollFlags::IN),
            PollFd::new(signals, PollFlags::IN),
        ];
        if !is_orphan {
            watched.push(PollFd::new(&stdin, PollFlags::empty()));
        }
        wait(&mut watched)?;
        let happened: Vec<bool> = watched
            .iter()
            .map(|one| !one.revents().is_empty())
            .collect();
        if happened[0] {
            break;
        }
        is_orphan |= happened.get(2) == Some(&true);
        // One that has ended by now needs no signal.
        let _ = pidfd_send_signal(&child.pidfd, Signal::TERM);
        if happened[1] {
            let mut read = [0; 1024];
            rustix::io::read(signals, &mut read)?;
        }
    }
    // A supervisor leaves no process, unless it was itself killed: then its orphans come here.
    let mut status = None;
    tree::kill_all(|pid, raw| {
        if pid == child.pid {
            status = Some(raw);
        }
    });
    match status {
        Some(0) => Ok(()),
        other => job::reply(&Reply::Refused(format!(
            "its supervisor ended with wait status {other:?}"
        ))),
    }
}

fn wait(watched: &mut [PollFd<'_>]) -> io::Result<()> {
    loop {
        match poll(watched, None) {
            Err(Errno::INTR) => {}
            other => return Ok(other.map(drop)?),
        }
    }
}
