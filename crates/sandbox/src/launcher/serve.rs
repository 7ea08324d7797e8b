//! Takes jobs one after the other, each in a process of its own.

use std::io;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Signal, pidfd_send_signal};

use super::super::wire::Reply;
use super::sys::{self, Child, Side};
use super::tree;

/// Takes jobs until there will be no more.
pub(super) fn serve() -> io::Result<()> {
    sys::close_from(3, sys::Inherited::Close)?;
    let signals = sys::take_signals()?;
    let own = rustix::process::getpid();
    rustix::process::set_child_subreaper(Some(own))?;
    while is_asked(&signals)? {
        match sys::fork(0)? {
            Side::Child => sys::exit_now(i32::from(super::answer(own).is_err())),
            Side::Parent(child) => attend(&child, &signals)?,
        }
    }
    Ok(())
}

/// Waits for a job; none comes when whoever asks is gone, or by a signal.
fn is_asked(signals: &OwnedFd) -> io::Result<bool> {
    let stdin = rustix::stdio::stdin();
    let mut watched = [
        PollFd::new(&stdin, PollFlags::IN),
        PollFd::new(signals, PollFlags::IN),
    ];
    wait(&mut watched)?;
    let [stdin, signals] = watched;
    Ok(stdin.revents().contains(PollFlags::IN) && signals.revents().is_empty())
}

/// Waits for the end of a job's process, and passes on what asks for it: a signal, or the end of
/// whoever asked for the job.
fn attend(child: &Child, signals: &OwnedFd) -> io::Result<()> {
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
    // A watcher leaves nothing, unless it was itself killed: then what it watched comes here.
    let mut status = None;
    tree::kill_all(|pid, raw| {
        if pid == child.pid {
            status = Some(raw);
        }
    });
    match status {
        Some(0) => Ok(()),
        other => super::reply(&Reply::Refused(format!(
            "its watcher ended with wait status {other:?}"
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
