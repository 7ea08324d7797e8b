//! Failures told apart, by how a program ended and what it said last.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::metrics::printable;
use super::super::sandbox::{End, Finished};
use super::Values;

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
    /// A data file that it needs is not where it looked.
    DataMissing,
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

/// Words that give a failure away, in the order of precedence within a line. Only words that an
/// error has and a mere warning has not, as "no GPU found, using the CPU" would be. Texts of CPython 3, PyTorch 2, TensorFlow 2, JAX, the CUDA runtime, glibc, Rust, R and shells.
const SIGNS: &[(FailureKind, &[&str])] = &[
    (
        FailureKind::OutOfMemory,
        &[
            "CUDA out of memory",
            "OutOfMemoryError",
            "CUDA_ERROR_OUT_OF_MEMORY",
            "RESOURCE_EXHAUSTED: Out of memory",
            "CUBLAS_STATUS_ALLOC_FAILED",
            "CUDNN_STATUS_ALLOC_FAILED",
            "MemoryError",
            "std::bad_alloc",
            "Cannot allocate memory",
            "memory allocation of ",
            "cannot allocate vector of size",
        ],
    ),
    (
        FailureKind::NoGpu,
        &[
            "No CUDA GPUs are available",
            "Torch not compiled with CUDA enabled",
            "no CUDA-capable device is detected",
            "Found no NVIDIA driver",
            "CUDA driver version is insufficient",
            "CUDA_ERROR_NO_DEVICE",
            "torch.cuda.is_available() is False",
            "libcuda.so",
            "Unable to initialize backend 'cuda'",
            "Unable to initialize backend 'gpu'",
        ],
    ),
    (
        FailureKind::DependencyMissing,
        &[
            "ModuleNotFoundError",
            "ImportError",
            "error while loading shared libraries",
            "cannot open shared object file",
            "there is no package called",
            "command not found",
        ],
    ),
    (
        FailureKind::TooManyProcesses,
        &[
            "can't start new thread",
            "Resource temporarily unavailable",
            "BlockingIOError: [Errno 11]",
        ],
    ),
    (
        FailureKind::TooMuchOutput,
        &["[Errno 27]", "File too large", "No space left on device"],
    ),
];

/// Words for a file that is not there.
const NOT_THERE: &[&str] = &[
    "FileNotFoundError",
    "No such file or directory",
    "NoSuchFile",
    "cannot open file",
];

/// The failure that a finished run shows.
pub(super) fn of(finished: &Finished, arguments: &[String], values: &Values) -> Failure {
    let said = [&finished.stdout, &finished.stderr]
        .map(|log| tail(log).unwrap_or_default())
        .join("\n");
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
        End::Signalled(signal) => shown(
            &said,
            values,
            format!("signal {signal}{}", signal_name(*signal)),
        ),
        End::Exited(127) => match shown(&said, values, String::new()) {
            // The status that shells give for a program that they do not find.
            (FailureKind::Crashed, _) => (
                FailureKind::DependencyMissing,
                last_line(&said, "exit status 127"),
            ),
            other => other,
        },
        End::Exited(status) => shown(&said, values, format!("exit status {status}")),
    };
    Failure {
        kind,
        detail: printable(&detail, 400),
        log: last_lines(finished),
    }
}

/// What the last words show; `otherwise` is the detail of a crash that shows nothing. The line
/// nearest to the end counts, as an exception's last line is its message.
fn shown(said: &str, values: &Values, otherwise: String) -> (FailureKind, String) {
    let last = said
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(LINES);
    for line in last {
        if let Some(kind) = sign(line, values) {
            return (kind, line.trim().to_owned());
        }
    }
    (FailureKind::Crashed, otherwise)
}

/// The kind of failure that a line speaks of.
fn sign(line: &str, values: &Values) -> Option<FailureKind> {
    let has = |signs: &[&str]| signs.iter().any(|sign| line.contains(sign));
    let kind = SIGNS
        .iter()
        .find(|(_, signs)| has(signs))
        .map(|(kind, _)| *kind);
    kind.or_else(|| {
        (has(NOT_THERE) && names_data(line, values)).then_some(FailureKind::DataMissing)
    })
}

/// Whether a line names a path in one of the data sets or in the folder of links to them.
fn names_data(line: &str, values: &Values) -> bool {
    let paths = values.data.values().map(|path| path.display().to_string());
    paths
        .chain(["/.data".to_owned()])
        .any(|path| line.contains(&path))
}

/// The last line that is not empty.
fn last_line(said: &str, otherwise: &str) -> String {
    let line = said
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty());
    line.unwrap_or(otherwise).to_owned()
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
    let read = |path: &Path| tail(path).unwrap_or_default();
    let mut said = read(&finished.stderr);
    if said.trim().is_empty() {
        said = read(&finished.stdout);
    }
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(LINES)..]
        .iter()
        .map(|line| printable(line, 400))
        .collect()
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
    use super::*;
    use crate::runs::sandbox::{MemoryControl, Tier};
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
        let values = Values {
            seed: 1,
            data: BTreeMap::from([("sonar".to_owned(), "/d/sonar.csv".into())]),
            out: "/w/out".into(),
            device: "cpu".into(),
            threads: 1,
            configuration: BTreeMap::new(),
        };
        of(&finished, &["train".to_owned()], &values)
    }

    #[test]
    fn each_kind_has_its_own_words() {
        for (end, stderr, expected) in [
            (
                End::Exited(3),
                "Traceback\nValueError: x",
                "crashed: exit status 3",
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
                "crashed: exit status 1",
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
