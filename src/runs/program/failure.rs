//! Failures told apart, by how a program ended and what it said last.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::metrics::printable;
use super::super::sandbox::{End, Finished, Network};
use super::signs::{self, Shown};
use super::{Run, Values};

/// A run that gave no metrics, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What exactly: an exit status, a module's name, the line that says so.
    pub detail: String,
    /// The last lines of what it wrote, with control characters escaped.
    pub log: Vec<String>,
}

/// The kinds of failure. None of them speaks for or against the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// It ended by itself with an error, for a reason that is none of those below.
    Crashed,
    /// A program, module or library that it needs is not there.
    DependencyMissing,
    /// It needs an accelerator and found none.
    NoGpu,
    /// A file that it needs is not where it looked.
    DataMissing,
    /// It needs the network, which runs have not.
    NoNetwork,
    /// Its time was up.
    TimedOut,
    /// It used up its memory, or the accelerator's.
    OutOfMemory,
    /// It used up its processes and threads.
    TooManyProcesses,
    /// It wrote more than it may.
    TooMuchOutput,
    /// It ended well, but its metric is not where the manifest says.
    NoMetric,
    /// It was asked to end.
    Interrupted,
}

impl FailureKind {
    /// The kind in words.
    pub fn words(self) -> &'static str {
        match self {
            FailureKind::Crashed => "crashed",
            FailureKind::DependencyMissing => "dependency missing",
            FailureKind::NoGpu => "no GPU",
            FailureKind::DataMissing => "data missing",
            FailureKind::NoNetwork => "no network",
            FailureKind::TimedOut => "timed out",
            FailureKind::OutOfMemory => "out of memory",
            FailureKind::TooManyProcesses => "too many processes",
            FailureKind::TooMuchOutput => "too much output",
            FailureKind::NoMetric => "no metric",
            FailureKind::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, text: &mut fmt::Formatter) -> fmt::Result {
        write!(text, "{}: {}", self.kind.words(), self.detail)
    }
}

/// How much of the end of a log is looked at, in bytes.
const TAIL: u64 = 64 << 10;

/// How many of its last lines are kept.
const LINES: usize = 20;

/// The failure that a finished run shows.
pub(super) fn of(finished: &Finished, arguments: &[String], run: &Run<'_>) -> Failure {
    let values = run.values;
    let said = last_said(finished);
    let program = arguments.first().map_or("", String::as_str);
    let (kind, detail) = match &finished.end {
        End::TimedOut => (
            FailureKind::TimedOut,
            format!("after {:.1} s", finished.wall.as_secs_f64()),
        ),
        End::OutOfMemory => (
            FailureKind::OutOfMemory,
            format!("with {} MiB in use", finished.max_rss >> 20),
        ),
        End::TooManyProcesses => (
            FailureKind::TooManyProcesses,
            format!("with {} processes and threads", finished.processes),
        ),
        End::TooMuchOutput => (
            FailureKind::TooMuchOutput,
            format!("after {} MiB", finished.output >> 20),
        ),
        End::Interrupted => (FailureKind::Interrupted, "before its end".to_owned()),
        End::NotStarted(reason) => (
            FailureKind::DependencyMissing,
            format!("`{program}`: {}", reason.to_lowercase()),
        ),
        // Who is killed has no last word: what was written last is of something else.
        End::Signalled(signal) => match told(&said, values, "") {
            (FailureKind::Crashed, _) => (
                FailureKind::Crashed,
                format!("signal {signal}{}", signal_name(*signal)),
            ),
            other => other,
        },
        End::Exited(status) => match (
            status,
            told(&said, values, &format!("exit status {status}")),
        ) {
            // The status that shells give for a program that they do not find.
            (127, (FailureKind::Crashed, line)) => {
                let said = signs::shown(&said, values).line.map(str::to_owned);
                (FailureKind::DependencyMissing, said.unwrap_or(line))
            }
            (_, other) => other,
        },
    };
    let mut detail = printable(&detail, 400);
    if kind == FailureKind::NoNetwork && run.policy.network != Network::Full {
        detail += "; runs have no network: give what they fetch as `data`";
    }
    Failure {
        kind,
        detail,
        log: last_lines(finished),
    }
}

/// What the last words show; `ended` is how a program ended that says nothing more of it.
fn told(said: &str, values: &Values, ended: &str) -> (FailureKind, String) {
    let Shown { kind, line } = signs::shown(said, values);
    let detail = match (kind, line) {
        (_, None) => ended.to_owned(),
        (FailureKind::Crashed, Some(line)) => format!("{ended}: {line}"),
        (_, Some(line)) => line.to_owned(),
    };
    (kind, detail)
}

/// The name of a signal that programs die of, in brackets.
fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGABRT => " (SIGABRT)",
        libc::SIGBUS => " (SIGBUS)",
        libc::SIGFPE => " (SIGFPE)",
        libc::SIGILL => " (SIGILL)",
        libc::SIGKILL => " (SIGKILL), perhaps by the system for want of memory",
        libc::SIGSEGV => " (SIGSEGV)",
        libc::SIGSYS => " (SIGSYS)",
        libc::SIGTERM => " (SIGTERM)",
        _ => "",
    }
}

/// The last lines of standard error, or of standard output where that is empty; safe to print.
pub(super) fn last_lines(finished: &Finished) -> Vec<String> {
    let said = last_said(finished);
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(LINES)..]
        .iter()
        .map(|line| printable(line, 400))
        .collect()
}

/// The end of standard error, or of standard output where that is empty.
fn last_said(finished: &Finished) -> String {
    let read = |path: &Path| tail(path).unwrap_or_default();
    let said = read(&finished.stderr);
    if said.trim().is_empty() {
        return read(&finished.stdout);
    }
    said
}

/// The end of a log as text.
fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::signs::tests::values;
    use super::*;
    use crate::runs::sandbox::{Devices, Limits, MemoryControl, Policy, Tier, TierRequest};
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn failed(end: End, stderr: &str) -> Failure {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("stderr"), stderr).unwrap();
        std::fs::write(path("stdout"), "epoch 1\n").unwrap();
        let finished = Finished {
            end,
            wall: Duration::from_millis(2500),
            cpu_user: Duration::ZERO,
            cpu_system: Duration::ZERO,
            max_rss: 300 << 20,
            processes: 64,
            output: 9 << 20,
            stdout: path("stdout"),
            stderr: path("stderr"),
            tier: Tier::Namespaces,
            memory_control: MemoryControl::Cgroup,
            holes: Vec::new(),
        };
        let values = values();
        let template = ["train".to_owned()];
        let metrics = crate::runs::metrics::Metrics::Named(BTreeMap::new());
        let policy = Policy {
            tier: TierRequest::Strongest,
            read_only: Vec::new(),
            work: "/w".into(),
            logs: "/l".into(),
            network: Network::Loopback,
            devices: Devices::None,
            limits: Limits::default(),
            environment: BTreeMap::new(),
        };
        let run = Run {
            template: &template,
            metrics: &metrics,
            values: &values,
            directory: Path::new("/w"),
            policy: &policy,
        };
        of(&finished, &template, &run)
    }

    #[test]
    fn each_kind_has_its_own_words() {
        for (end, stderr, expected) in [
            (
                End::Exited(3),
                "Traceback\nValueError: x",
                "crashed: exit status 3: ValueError: x",
            ),
            (End::Signalled(11), "", "crashed: signal 11 (SIGSEGV)"),
            (
                End::Signalled(9),
                "",
                "crashed: signal 9 (SIGKILL), perhaps by the system for want of memory",
            ),
            (
                End::Exited(1),
                "ModuleNotFoundError: No module named 'torch'",
                "dependency missing: ModuleNotFoundError: No module named 'torch'",
            ),
            (
                End::Exited(127),
                "x: error while loading shared libraries: libgomp.so.1: cannot open",
                "dependency missing: x: error while loading shared libraries: libgomp.so.1: cannot open",
            ),
            (
                End::Exited(127),
                "sh: 1: julia: not found\n",
                "dependency missing: sh: 1: julia: not found",
            ),
            (
                End::NotStarted("No such file or directory".into()),
                "",
                "dependency missing: `train`: no such file or directory",
            ),
            (
                End::Exited(1),
                "RuntimeError: No CUDA GPUs are available",
                "no GPU: RuntimeError: No CUDA GPUs are available",
            ),
            (
                End::Exited(1),
                "AssertionError: Torch not compiled with CUDA enabled\n",
                "no GPU: AssertionError: Torch not compiled with CUDA enabled",
            ),
            (
                End::Exited(1),
                "FileNotFoundError: [Errno 2] No such file or directory: '/d/sonar.csv/x'",
                "data missing: FileNotFoundError: [Errno 2] No such file or directory: '/d/sonar.csv/x'",
            ),
            (
                End::Exited(1),
                "FileNotFoundError: [Errno 2] No such file or directory: 'config.yml'",
                "data missing: FileNotFoundError: [Errno 2] No such file or directory: 'config.yml'",
            ),
            (End::TimedOut, "", "timed out: after 2.5 s"),
            (End::OutOfMemory, "", "out of memory: with 300 MiB in use"),
            (
                End::Exited(1),
                "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 9 TiB",
                "out of memory: numpy._core._exceptions._ArrayMemoryError: Unable to allocate 9 TiB",
            ),
            (
                End::Exited(1),
                "torch.OutOfMemoryError: CUDA out of memory.",
                "out of memory: torch.OutOfMemoryError: CUDA out of memory.",
            ),
            (
                End::TooManyProcesses,
                "",
                "too many processes: with 64 processes and threads",
            ),
            (
                End::Exited(1),
                "RuntimeError: can't start new thread",
                "too many processes: RuntimeError: can't start new thread",
            ),
            (
                End::Exited(6),
                "curl: (6) Could not resolve host: example.org",
                "no network: curl: (6) Could not resolve host: example.org; runs have no network: give what they fetch as `data`",
            ),
            (End::TooMuchOutput, "", "too much output: after 9 MiB"),
            (
                End::Exited(1),
                "OSError: [Errno 27] File too large",
                "too much output: OSError: [Errno 27] File too large",
            ),
            (End::Interrupted, "", "interrupted: before its end"),
        ] {
            assert_eq!(failed(end, stderr).to_string(), expected);
        }
    }

    #[test]
    fn the_log_is_the_last_lines_made_safe() {
        let stderr: String = (0..50)
            .map(|line| format!("line {line} \u{1b}[31mred\n\n"))
            .collect();
        let log = failed(End::Exited(1), &stderr).log;
        assert_eq!(
            (log.len(), log[19].as_str()),
            (20, "line 49 \\u{1b}[31mred")
        );
        assert_eq!(failed(End::Exited(1), "  \n").log, ["epoch 1"]);
    }
}
