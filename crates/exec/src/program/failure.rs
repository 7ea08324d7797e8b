//! Failures of runs, classified by the end of the program and by its log.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::log_tail::{LogTail, Stream};
use super::failure_patterns::{self, Diagnosis};
use super::inputs::{Run, Values};
use reprove_metrics::{MetricError, MetricRequest};
use reprove_model::escape::{printable, printable_end};
use reprove_model::failure::FailureKind;
use reprove_sandbox::{ExitCause, FinishedProcess, NetworkAccess, SandboxTier};

/// Failure of a run that gave no metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What exactly: an exit status, a module's name, the line that says so.
    pub detail: String,
    /// The last lines of what it wrote, with control characters escaped.
    pub log: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, text: &mut fmt::Formatter) -> fmt::Result {
        write!(text, "{}: {}", self.kind.words(), self.detail)
    }
}

/// How many of its last lines are kept.
const LINES: usize = 20;

/// The failure that a finished run shows.
pub(super) fn of(finished: &FinishedProcess, arguments: &[String], run: &Run<'_>) -> Failure {
    let values = run.values;
    let said = LogTail::of(finished);
    let program = arguments.first().map_or("", String::as_str);
    let (kind, mut detail) = match &finished.end {
        ExitCause::TimedOut => (
            FailureKind::TimedOut,
            format!("after {:.1} s", finished.wall.as_secs_f64()),
        ),
        ExitCause::OutOfMemory => (
            FailureKind::OutOfMemory,
            format!("with {} MiB in use", finished.max_rss >> 20),
        ),
        ExitCause::TooManyProcesses => (
            FailureKind::TooManyProcesses,
            format!("with {} processes and threads", finished.processes),
        ),
        ExitCause::TooMuchOutput => (
            FailureKind::TooMuchOutput,
            format!("after {} MiB", finished.output >> 20),
        ),
        ExitCause::Interrupted => (FailureKind::Interrupted, "before its end".to_owned()),
        ExitCause::NotStarted(reason) => not_started(program, reason),
        // A killed process did not log its cause.
        ExitCause::Signalled(signal) => {
            let shown = shown(&said, values);
            match shown.kind {
                None => (
                    FailureKind::Crashed,
                    format!("signal {signal}{}", signal_name(*signal)),
                ),
                Some(_) => told(shown, ""),
            }
        }
        ExitCause::Exited(status) => {
            let ended = format!("exit status {status}");
            let shown = shown(&said, values);
            match shown.kind {
                // The status that shells give for a program that they do not find.
                None if *status == 127 => {
                    let line = shown.line.map_or(ended, last_of);
                    (FailureKind::DependencyMissing, line)
                }
                None | Some(_) => told(shown, &ended),
            }
        }
    };
    let has_network =
        run.policy.network == NetworkAccess::Full || finished.tier == SandboxTier::None;
    if kind == FailureKind::NoNetwork && !has_network {
        detail += "; runs have no network: give what they fetch as `data`";
    }
    Failure {
        kind,
        detail,
        log: said.last_lines(LINES, Stream::Error),
    }
}

/// The failure of a program that the system did not start.
fn not_started(program: &str, reason: &str) -> (FailureKind, String) {
    let reason = reason.to_lowercase();
    let (kind, more) = if reason.contains("permission denied") {
        (
            FailureKind::Crashed,
            ": the file may not be executed; commit it with `git update-index --chmod=+x`",
        )
    } else if reason.contains("exec format error") {
        (
            FailureKind::Crashed,
            ": it is no program of this machine, nor a script with `#!` in its first line",
        )
    } else {
        (FailureKind::DependencyMissing, "")
    };
    (
        kind,
        printable(&format!("`{program}`: {reason}{more}"), 400),
    )
}

/// The diagnosis of the log: of standard error, or, where that has remarks only, of standard output.
fn shown<'s>(said: &'s LogTail, values: &Values) -> Diagnosis<'s> {
    let shown = failure_patterns::shown(&said.error, values);
    match shown.line {
        Some(_) => shown,
        None => failure_patterns::shown(&said.output, values),
    }
}

/// The failure that a diagnosis shows; `ended` is the end of the program, for a log that shows no cause.
fn told(shown: Diagnosis<'_>, ended: &str) -> (FailureKind, String) {
    let detail = match (shown.kind, shown.line.map(last_of)) {
        (_, None) => ended.to_owned(),
        (None, Some(line)) => format!("{ended}: {line}"),
        (Some(_), Some(line)) => line,
    };
    (shown.kind.unwrap_or(FailureKind::Crashed), detail)
}

/// A line of a log in a message.
fn last_of(line: &str) -> String {
    printable_end(line, 400)
}

/// The name of a signal that programs die of, in brackets.
fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGABRT => " (SIGABRT)",
        libc::SIGBUS => " (SIGBUS)",
        libc::SIGFPE => " (SIGFPE)",
        libc::SIGILL => " (SIGILL)",
        libc::SIGKILL => " (SIGKILL), possibly the kernel's OOM killer",
        libc::SIGSEGV => " (SIGSEGV)",
        libc::SIGSYS => " (SIGSYS)",
        libc::SIGTERM => " (SIGTERM)",
        _ => "",
    }
}

/// That a run ended well and its metric cannot be read; where a pattern looks for it in standard
/// output, that stream tells more.
pub(super) fn without_metric(
    error: &MetricError,
    finished: &FinishedProcess,
    metrics: MetricRequest<'_>,
) -> Failure {
    let telling = if metrics.reads_stdout() {
        Stream::Output
    } else {
        Stream::Error
    };
    Failure {
        kind: FailureKind::NoMetric,
        detail: printable(&error.to_string(), 400),
        log: LogTail::of(finished).last_lines(LINES, telling),
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure_patterns::tests::values;
    use super::*;
    use reprove_sandbox::{
        DeviceAccess, MemoryControl, ResourceLimits, SandboxPolicy, SandboxTier, TierRequest,
    };
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::time::Duration;

    fn failed(end: ExitCause, stderr: &str) -> Failure {
        failed_in(SandboxTier::Namespaces, end, stderr)
    }

    fn failed_in(tier: SandboxTier, end: ExitCause, stderr: &str) -> Failure {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("stderr"), stderr).unwrap();
        std::fs::write(path("stdout"), "epoch 1\n").unwrap();
        let finished = FinishedProcess {
            end,
            wall: Duration::from_millis(2500),
            cpu_user: Duration::ZERO,
            cpu_system: Duration::ZERO,
            max_rss: 300 << 20,
            processes: 64,
            output: 9 << 20,
            stdout: path("stdout"),
            stderr: path("stderr"),
            tier,
            memory_control: MemoryControl::Cgroup,
            limitations: Vec::new(),
        };
        let values = values();
        let template = ["train".to_owned()];
        let sources = "{json: metrics.json}".parse().unwrap();
        let metrics = MetricRequest {
            sources: &sources,
            metrics: &Default::default(),
        };
        let policy = SandboxPolicy {
            tier: TierRequest::Strongest,
            read_only: Vec::new(),
            work: "/w".into(),
            logs: "/l".into(),
            network: NetworkAccess::Loopback,
            devices: DeviceAccess::None,
            limits: ResourceLimits::default(),
            environment: BTreeMap::new(),
        };
        let run = Run {
            template: &template,
            metrics,
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
                ExitCause::Exited(3),
                "Traceback\nValueError: x",
                "crashed: exit status 3: ValueError: x",
            ),
            (ExitCause::Signalled(11), "", "crashed: signal 11 (SIGSEGV)"),
            (
                ExitCause::Signalled(9),
                "",
                "crashed: signal 9 (SIGKILL), possibly the kernel's OOM killer",
            ),
            (
                ExitCause::Exited(1),
                "ModuleNotFoundError: No module named 'torch'",
                "dependency missing: ModuleNotFoundError: No module named 'torch'",
            ),
            (
                ExitCause::Exited(127),
                "x: error while loading shared libraries: libgomp.so.1: cannot open",
                "dependency missing: x: error while loading shared libraries: libgomp.so.1: cannot open",
            ),
            (
                ExitCause::Exited(127),
                "sh: 1: julia: not found\n",
                "dependency missing: sh: 1: julia: not found",
            ),
            (
                ExitCause::NotStarted("No such file or directory".into()),
                "",
                "dependency missing: `train`: no such file or directory",
            ),
            (
                ExitCause::NotStarted("Permission denied".into()),
                "",
                "crashed: `train`: permission denied: the file may not be executed; commit it with `git update-index --chmod=+x`",
            ),
            (
                ExitCause::Exited(1),
                "RuntimeError: No CUDA GPUs are available",
                "no GPU: RuntimeError: No CUDA GPUs are available",
            ),
            (
                ExitCause::Exited(1),
                "AssertionError: Torch not compiled with CUDA enabled\n",
                "no GPU: AssertionError: Torch not compiled with CUDA enabled",
            ),
            (
                ExitCause::Exited(1),
                "FileNotFoundError: [Errno 2] No such file or directory: '/d/sonar.csv/x'",
                "data missing: FileNotFoundError: [Errno 2] No such file or directory: '/d/sonar.csv/x'",
            ),
            (
                ExitCause::Exited(1),
                "FileNotFoundError: [Errno 2] No such file or directory: 'config.yml'",
                "data missing: FileNotFoundError: [Errno 2] No such file or directory: 'config.yml'",
            ),
            (ExitCause::TimedOut, "", "timed out: after 2.5 s"),
            (
                ExitCause::OutOfMemory,
                "",
                "out of memory: with 300 MiB in use",
            ),
            (
                ExitCause::Exited(1),
                "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 9 TiB",
                "out of memory: numpy._core._exceptions._ArrayMemoryError: Unable to allocate 9 TiB",
            ),
            (
                ExitCause::Exited(1),
                "torch.OutOfMemoryError: CUDA out of memory.",
                "out of memory: torch.OutOfMemoryError: CUDA out of memory.",
            ),
            (
                ExitCause::TooManyProcesses,
                "",
                "too many processes: with 64 processes and threads",
            ),
            (
                ExitCause::Exited(1),
                "RuntimeError: can't start new thread",
                "too many processes: RuntimeError: can't start new thread",
            ),
            (
                ExitCause::Exited(6),
                "curl: (6) Could not resolve host: example.org",
                "no network: curl: (6) Could not resolve host: example.org; runs have no network: give what they fetch as `data`",
            ),
            (ExitCause::TooMuchOutput, "", "too much output: after 9 MiB"),
            (
                ExitCause::Exited(1),
                "OSError: [Errno 27] File too large",
                "too much output: OSError: [Errno 27] File too large",
            ),
            (ExitCause::Interrupted, "", "interrupted: before its end"),
        ] {
            assert_eq!(failed(end, stderr).to_string(), expected);
        }
    }

    #[test]
    fn a_program_that_had_a_network_is_not_said_to_have_none() {
        let said = "curl: (6) Could not resolve host: example.org";
        let failure = failed_in(SandboxTier::None, ExitCause::Exited(6), said);
        assert_eq!(failure.to_string(), format!("no network: {said}"));
    }

    #[test]
    fn remarks_on_one_stream_leave_the_word_to_the_other() {
        let failure = failed(ExitCause::Exited(1), "UserWarning: old format\n");
        assert_eq!(failure.to_string(), "crashed: exit status 1: epoch 1");
    }

    #[test]
    fn a_line_is_what_a_terminal_shows_of_it() {
        let failure = failed(ExitCause::Exited(1), "  1%\r 50%\r100%\r\n");
        assert_eq!(failure.to_string(), "crashed: exit status 1: 100%");
        assert_eq!(failure.log.last().unwrap(), "100%");
        let long = format!("{}the end", "x".repeat(900));
        let failure = failed(ExitCause::Exited(1), &long);
        assert!(failure.detail.starts_with("exit status 1: …xx"));
        assert!(failure.detail.ends_with("the end"));
        assert!(failure.log[3].starts_with('…') && failure.log[3].ends_with("the end"));
    }

    #[test]
    fn the_stream_that_tells_more_comes_last() {
        let said = LogTail {
            output: "a\nb\n".repeat(5),
            error: "warned\n".to_owned(),
        };
        let lines = said.last_lines(2, Stream::Output);
        let expected = ["standard error:", "warned", "standard output:", "a", "b"];
        assert_eq!(lines, expected);
        assert_eq!(said.last_lines(20, Stream::Error).len(), 1 + 5 + 2);
    }

    #[test]
    fn the_log_is_the_last_lines_made_safe() {
        let stderr: String = (0..50)
            .map(|line| format!("line {line} \u{1b}[31mred\n\n"))
            .collect();
        let log = failed(ExitCause::Exited(1), &stderr).log;
        let heads = ["standard output:", "epoch 1", "standard error:"];
        assert_eq!(log[..3], heads);
        assert_eq!(
            (log.len(), log[22].as_str()),
            (23, "line 49 \\u{1b}[31mred")
        );
        assert_eq!(failed(ExitCause::Exited(1), "  \n").log, ["epoch 1"]);
    }
}
