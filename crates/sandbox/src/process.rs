//! A launcher process and its pipes.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdout};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

/// A launcher process; it ends when this is dropped, and with it what it runs.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input tells it to end.
        self.0.stdin = None;
        let _ = self.0.wait();
    }
}

impl Process {
    /// A launcher that was started with pipes.
    pub fn new(child: Child) -> Self {
        Self(child)
    }

    /// Hands it a job, as a line.
    pub fn hand(&mut self, line: &[u8]) -> io::Result<()> {
        match &mut self.0.stdin {
            Some(stdin) => stdin.write_all(line),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Reads the line of a reply, passing on an interruption as SIGTERM; less when the process ends.
    pub fn reply(&mut self, interrupt: &AtomicBool) -> io::Result<Vec<u8>> {
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

    /// Exit status and standard error of a process that gave no reply.
    pub fn exit_report(mut self) -> String {
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
