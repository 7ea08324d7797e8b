//! Patterns in the last lines of a program's log, by which its failure is classified.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::inputs::Values;
use reprove_model::failure::FailureKind;

/// How many lines before the end an error may stand: further up it did not end the program.
const NEAR: usize = 20;

/// Words that give a failure away, in the order of precedence within a line: texts of CPython 3,
/// PyTorch 2, TensorFlow 2, JAX, Hugging Face's libraries, the CUDA runtime, glibc, Rust, R, Node.js,
/// Go and shells.
const SIGNS: &[(FailureKind, &[&str])] = &[
    (
        FailureKind::OutOfMemory,
        &[
            "CUDA out of memory",
            "OutOfMemoryError",
            "CUDA error: out of memory",
            "CUDA_ERROR_OUT_OF_MEMORY",
            "RESOURCE_EXHAUSTED: Out of memory",
            "OOM when allocating tensor",
            "CUBLAS_STATUS_ALLOC_FAILED",
            "CUDNN_STATUS_ALLOC_FAILED",
            "MemoryError",
            "std::bad_alloc",
            "Cannot allocate memory",
            "can't allocate memory",
            "JavaScript heap out of memory",
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
            "Unknown backend: 'cuda' requested, but no platforms",
            "Unknown backend: 'gpu' requested, but no platforms",
            "Unexpected error from cudaGetDeviceCount()",
        ],
    ),
    (
        FailureKind::DependencyMissing,
        &[
            "ModuleNotFoundError",
            "ImportError",
            "PackageNotFoundError",
            "error while loading shared libraries",
            "cannot open shared object file",
            "there is no package called",
            "command not found",
            "executable file not found in $PATH",
        ],
    ),
    (
        FailureKind::NoNetwork,
        &[
            "Name or service not known",
            "Temporary failure in name resolution",
            "Could not resolve host",
            "unable to resolve host address",
            "Network is unreachable",
            "nodename nor servname provided",
            "failed to lookup address information",
            "OfflineModeIsEnabled",
            "We couldn't connect to 'https://",
            "[Errno 97] Address family not supported",
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
    (FailureKind::DataMissing, &["Dataset not found"]),
];

/// Words for a file that is not there.
const NOT_THERE: &[&str] = &[
    "FileNotFoundError",
    "No such file or directory",
    "NoSuchFile",
    "cannot open file",
];

/// Words of source by which a file was to be written.
const WRITES: &[&str] = &[
    "'w'", "\"w\"", "'wb'", "\"wb\"", "'a'", "\"a\"", "'ab'", "\"ab\"", "'x'", "\"x\"", "save",
    "dump", "write", "to_csv", "mkdir", "makedirs",
];

/// Words of an error that is not about data.
const NOT_DATA: &[&str] = &["cannot create", "can't open file"];

/// Lines that speak of no error: warnings, logs of TensorFlow and of absl, remarks of compilers.
static REMARK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let text = r"(?i)warning|\bwarn\b|^note:|^\s*(?-i)(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: )?[IWE](\d{4} | ?[a-z_]+/)";
    Regex::new(text).ok()
});

/// Words for a program, library or module that is not there, around its name: of `env`, of shells, of
/// the dynamic linker, of Node.js (where a path is a file of the code itself) and of Perl.
static NO_DEPENDENCY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let text = r"^(/\S*/)?env: .+: No such file or directory|^\S+: (line )?\d+: .*\S: not found$|version [`'][A-Z]+_[0-9.]+' not found|Cannot find module '[^./']|Can't locate \S+\.pm in @INC";
    Regex::new(text).ok()
});

/// Words around the path of a file that is not there.
static NO_FILE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let text = r"\b(?:OSError|IOError): (\S+[./]\S+) not found";
    Regex::new(text).ok()
});

/// Words with which a program that ends for want of a GPU says so itself.
static NO_GPU: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let text = r"(?i)\bno (cuda|gpus?)\b|\b(cuda|gpus?)\b.{0,40}\b(not|un)\s?(available|found|supported|detected)|\b(requires?|needs?)\b.{0,20}\b(cuda|gpus?)\b|\b(cuda|gpus?)\b.{0,20}\b(is|are) required";
    Regex::new(text).ok()
});

/// Words of a key that a program looked up in vain: the text that it quotes is the key.
static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let text = r#"\bKeyError\b|(?i)\bkeys?:? ['"`]"#;
    Regex::new(text).ok()
});

/// Whether a program says in its own words that it found no GPU.
fn wants_a_gpu(line: &str) -> bool {
    matches(&NO_GPU, line) && !matches(&KEY, line)
}

fn matches(regex: &LazyLock<Option<Regex>>, line: &str) -> bool {
    regex.as_ref().is_some_and(|regex| regex.is_match(line))
}

/// Cause of a program's failure, as the last lines of its log show it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Diagnosis<'t> {
    /// The kind of failure; none where the log shows none.
    pub kind: Option<FailureKind>,
    /// The line of the error, or the last line; none for an empty log.
    pub line: Option<&'t str>,
}

/// The diagnosis of `said`, the end of a log.
///
/// An exception that ended a Python program decides, with those that it came of; where there is none,
/// the line nearest to the end that speaks of an error. Warnings, and errors that the program has
/// overcome, are ignored.
pub(super) fn shown<'t>(said: &'t str, values: &Values) -> Diagnosis<'t> {
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let raised = raised(&lines);
    if let Some(last) = raised.first() {
        let telling = |raised: &Exception<'t, '_>| Some((raised.kind(values)?, raised.line));
        let found = raised.iter().find_map(telling);
        return Diagnosis {
            kind: found.map(|(kind, _)| kind),
            line: Some(found.map_or(last.line, |(_, line)| line).trim()),
        };
    }
    let near = lines.iter().rev().take(NEAR);
    let mut telling = near.filter(|line| !matches(&REMARK, line));
    let last = telling.clone().next().copied();
    let found = telling.find_map(|line| Some((sign(line, values)?, *line)));
    let own_words = || last.filter(|line| wants_a_gpu(line));
    let found = found.or_else(|| Some((FailureKind::NoGpu, own_words()?)));
    Diagnosis {
        kind: found.map(|(kind, _)| kind),
        line: found.map(|(_, line)| line).or(last).map(str::trim),
    }
}

/// An exception of Python.
struct Exception<'t, 'l> {
    /// Its type and message.
    line: &'t str,
    /// The frames of its traceback.
    frames: &'l [&'t str],
    link: Link,
}

/// What an exception has to do with the one that ended the program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    /// It is that one.
    Itself,
    /// That one was raised from it.
    Cause,
    /// That one was raised while it was handled: maybe for another reason.
    Handled,
}

impl Exception<'_, '_> {
    fn kind(&self, values: &Values) -> Option<FailureKind> {
        let kind = if self.is_of_subprocess() && has(NOT_THERE, self.line) {
            Some(FailureKind::DependencyMissing)
        } else {
            sign(self.line, values)
        };
        let own_words = self.link == Link::Itself && wants_a_gpu(self.line);
        let kind = kind.or(own_words.then_some(FailureKind::NoGpu))?;
        use FailureKind::{DataMissing, DependencyMissing, NoGpu, OutOfMemory};
        let is_telling = match self.link {
            Link::Handled => matches!(kind, DependencyMissing | NoGpu | OutOfMemory),
            Link::Itself | Link::Cause => {
                kind != DataMissing || !self.frames.iter().any(|frame| has(WRITES, frame))
            }
        };
        is_telling.then_some(kind)
    }

    fn is_of_subprocess(&self) -> bool {
        self.frames
            .iter()
            .any(|frame| frame.contains("subprocess.py\", line"))
    }
}

const TRACEBACK: &str = "Traceback (most recent call last):";

/// The exception that ended a Python program, then those that it came of; empty where there is none.
fn raised<'t, 'l>(lines: &'l [&'t str]) -> Vec<Exception<'t, 'l>> {
    let mut found: Vec<Exception<'_, '_>> = Vec::new();
    let mut end = lines.len();
    while let Some(start) = lines[..end]
        .iter()
        .rposition(|line| line.contains(TRACEBACK))
    {
        // Each line of a worker of `torchrun` has its rank before it.
        let prefix = lines[start]
            .find(TRACEBACK)
            .map_or("", |at| &lines[start][..at]);
        let is_frame = |line: &&str| {
            let line = line.strip_prefix(prefix).unwrap_or(line);
            line.starts_with(char::is_whitespace)
        };
        let frames = lines[start + 1..end]
            .iter()
            .take_while(|line| is_frame(line))
            .count();
        let at = start + 1 + frames;
        let Some(line) = lines[..end].get(at) else {
            break;
        };
        let between = || lines[at + 1..end].iter();
        let link = if found.is_empty() {
            let is_near = lines.len() - at <= NEAR;
            if !is_near {
                break;
            }
            Link::Itself
        } else if between().any(|line| line.contains("direct cause of the following exception"))
            || found
                .iter()
                .any(|last| has(&["CalledProcessError", "ChildFailedError"], last.line))
        {
            Link::Cause
        } else if between().any(|line| line.contains("During handling of the above exception")) {
            Link::Handled
        } else {
            break;
        };
        found.push(Exception {
            line: line.strip_prefix(prefix).unwrap_or(line),
            frames: &lines[start + 1..at],
            link,
        });
        end = start;
    }
    found
}

fn has(words: &[&str], line: &str) -> bool {
    words.iter().any(|word| line.contains(word))
}

/// The kind of failure that a line speaks of.
fn sign(line: &str, values: &Values) -> Option<FailureKind> {
    let found = SIGNS.iter().find(|(_, signs)| has(signs, line));
    let kind = found.map(|(kind, _)| *kind);
    let lacks = || matches(&NO_DEPENDENCY, line.trim()).then_some(FailureKind::DependencyMissing);
    let is_not_there = || has(NOT_THERE, line) || matches(&NO_FILE, line);
    let is_missing = || is_not_there() && names_what_it_reads(line, values);
    kind.or_else(lacks)
        .or_else(|| is_missing().then_some(FailureKind::DataMissing))
}

/// Whether a line names a path that is not the run's to write.
fn names_what_it_reads(line: &str, values: &Values) -> bool {
    let mut data = values.data.values().map(|path| path.display().to_string());
    if line.contains("/.data") || data.any(|path| line.contains(&path)) {
        return true;
    }
    let Some(path) = named(line).filter(|_| !has(NOT_DATA, line)) else {
        return false;
    };
    !Path::new(path).starts_with(&values.out) && !Path::new(path).starts_with("/tmp")
}

/// The path that a line says is not there: what it quotes last, what stands before the reason, or the
/// last word that looks like a path.
fn named(line: &str) -> Option<&str> {
    let quoted = ['\'', '"', '`', '‘'].into_iter().find_map(|open| {
        let close = if open == '‘' { '’' } else { open };
        let (before, _) = line.rsplit_once(close)?;
        let (_, path) = before.rsplit_once(open)?;
        Some(path)
    });
    let before = || {
        let (before, _) = line.rsplit_once(": No such file or directory")?;
        Some(before.rsplit([' ', ':']).next().unwrap_or(before))
    };
    let before = before();
    let found = || Some(NO_FILE.as_ref()?.captures(line)?.get(1)?.as_str());
    let word = || {
        let words = line.split_whitespace().rev();
        let mut words = words.map(|word| word.trim_end_matches(['.', ',', ':', ';', ')']));
        words.find(|word| word.contains('/') && !word.contains("://"))
    };
    let path = quoted.or(before).or_else(found).or_else(word);
    path.filter(|path| !path.is_empty())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use reprove_model::seeds::RunSeed;
    use std::collections::BTreeMap;

    /// What the placeholders of a run stand for.
    pub fn values() -> Values {
        Values {
            seed: RunSeed(1),
            data: BTreeMap::from([("sonar".to_owned(), "/d/sonar.csv".into())]),
            out: "/w/out".into(),
            device: "cpu".into(),
            threads: 1,
            configuration: BTreeMap::new(),
        }
    }

    fn seen(said: &str) -> (FailureKind, String) {
        let shown = shown(said, &values());
        let kind = shown.kind.unwrap_or(FailureKind::Crashed);
        (kind, shown.line.unwrap_or_default().to_owned())
    }

    fn traceback(frame: &str, exception: &str) -> String {
        format!("{TRACEBACK}\n  File \"train.py\", line 3, in <module>\n    {frame}\n{exception}\n")
    }

    #[test]
    fn the_exception_that_ended_the_program_decides() {
        use FailureKind::*;
        let value = traceback("step()", "ValueError: bad shape");
        let import = traceback("import apex", "ModuleNotFoundError: No module named 'apex'");
        let file = traceback(
            "f = open(p)",
            "FileNotFoundError: [Errno 2] No such file: 'a.csv'",
        );
        let cause = "\nThe above exception was the direct cause of the following exception:\n\n";
        let handled = "\nDuring handling of the above exception, another exception occurred:\n\n";
        for (said, kind, line) in [
            (value.clone(), Crashed, "ValueError: bad shape"),
            // What was printed before, and overcome.
            (
                format!("{import}using the slow path\n{value}"),
                Crashed,
                "ValueError: bad shape",
            ),
            (
                format!(
                    "2024-01-02 03:04:05.678: W tensorflow/x.cc:64] libcudart.so.11.0: cannot open shared object file\n{value}"
                ),
                Crashed,
                "ValueError: bad shape",
            ),
            (
                format!("{value}UserWarning: Found no NVIDIA driver on your system\n"),
                Crashed,
                "ValueError: bad shape",
            ),
            (
                format!("{import}{cause}{value}"),
                DependencyMissing,
                "ModuleNotFoundError: No module named 'apex'",
            ),
            (
                format!("{import}{handled}{value}"),
                DependencyMissing,
                "ModuleNotFoundError: No module named 'apex'",
            ),
            (
                format!("{file}{handled}{value}"),
                Crashed,
                "ValueError: bad shape",
            ),
            (
                import
                    .lines()
                    .map(|line| format!("[rank0]: {line}\n"))
                    .collect::<String>()
                    + &traceback(
                        "run(args)",
                        "torch.distributed.ChildFailedError: train.py FAILED",
                    ),
                DependencyMissing,
                "ModuleNotFoundError: No module named 'apex'",
            ),
            (
                traceback("x.cuda()", "AssertionError: this code needs a GPU"),
                NoGpu,
                "AssertionError: this code needs a GPU",
            ),
        ] {
            assert_eq!(seen(&said), (kind, line.to_owned()), "{said}");
        }
        // One that many lines follow did not end the program.
        let long = import + &"epoch\n".repeat(NEAR);
        assert_eq!(seen(&long), (Crashed, "epoch".to_owned()));
    }

    #[test]
    fn a_file_is_missing_only_where_it_was_to_be_read() {
        use FailureKind::*;
        let missing = |path: &str| {
            format!("FileNotFoundError: [Errno 2] No such file or directory: '{path}'")
        };
        for (frame, path, kind) in [
            ("pd.read_csv(p)", "data/train.csv", DataMissing),
            ("pd.read_csv(p)", "/home/author/train.csv", DataMissing),
            ("open(p, 'w')", "results/a.json", Crashed),
            ("torch.save(m, p)", "results/a.pt", Crashed),
            ("torch.load(p)", "/w/out/a.pt", Crashed),
        ] {
            let said = traceback(frame, &missing(path));
            assert_eq!(seen(&said), (kind, missing(path)), "{frame}");
        }
        let of_child = format!(
            "{TRACEBACK}\n  File \"/usr/lib/python3.11/subprocess.py\", line 1955, in _execute_child\n    raise\n{}\n",
            missing("ffmpeg")
        );
        assert_eq!(seen(&of_child).0, DependencyMissing);
    }

    #[test]
    fn the_last_error_decides_where_there_is_no_exception() {
        use FailureKind::*;
        for (said, kind) in [
            ("cat: train.csv: No such file or directory", DataMissing),
            (
                "mkdir: cannot create directory 'a/b': No such file or directory",
                Crashed,
            ),
            (
                "python: can't open file '/w/code/x.py': [Errno 2] No such file or directory",
                Crashed,
            ),
            (
                "Error in library(caret) : there is no package called ‘caret’\nExecution halted",
                DependencyMissing,
            ),
            (
                "Error: cannot open the connection\nIn addition: Warning message:\ncannot open file 'a.csv': No such file or directory",
                DataMissing,
            ),
            (
                "thread 'main' panicked at src/main.rs:2:5:\nno rows\nnote: run with `RUST_BACKTRACE=1`",
                Crashed,
            ),
            (
                "Warning: No module named x; ImportError\nfatal: no rows",
                Crashed,
            ),
            ("curl: (6) Could not resolve host: example.org", NoNetwork),
            ("ERROR: this program requires CUDA", NoGpu),
            ("no GPU found, using the CPU\nfatal: no rows", Crashed),
            ("", Crashed),
        ] {
            assert_eq!(seen(said).0, kind, "{said}");
        }
    }

    #[test]
    fn what_tools_say_is_told_apart() {
        use FailureKind::*;
        for (said, kind) in [
            (
                "/usr/bin/env: 'julia': No such file or directory",
                DependencyMissing,
            ),
            (
                "/usr/bin/env: ‘julia’: No such file or directory",
                DependencyMissing,
            ),
            ("./run.sh: 3: ./run.sh: julia: not found", DependencyMissing),
            ("sh: 1: julia: not found", DependencyMissing),
            (
                "exec: \"ffmpeg\": executable file not found in $PATH",
                DependencyMissing,
            ),
            (
                "./a: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./a)",
                DependencyMissing,
            ),
            (
                "Error: Cannot find module 'express'\nRequire stack:\n- /w/code/x.js",
                DependencyMissing,
            ),
            ("Error: Cannot find module './lib/x'", Crashed),
            (
                "Can't locate JSON.pm in @INC (you may need to install the JSON module)",
                DependencyMissing,
            ),
            ("RuntimeError: CUDA error: out of memory", OutOfMemory),
            (
                "RuntimeError: [enforce fail at alloc_cpu.cpp:75] DefaultCPUAllocator: can't allocate memory",
                OutOfMemory,
            ),
            (
                "ResourceExhaustedError: OOM when allocating tensor with shape[64,512]",
                OutOfMemory,
            ),
            (
                "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
                OutOfMemory,
            ),
            (
                "RuntimeError: Unknown backend: 'gpu' requested, but no platforms that are instances of gpu are present.",
                NoGpu,
            ),
            (
                "RuntimeError: Unexpected error from cudaGetDeviceCount(). Error 804",
                NoGpu,
            ),
            ("OSError: data/train.npy not found.", DataMissing),
            (
                "FileNotFoundError: Couldn't find any data file at /data/squad.",
                DataMissing,
            ),
            (
                "FileNotFoundError: nothing at /w/out/model.pt, train it first",
                Crashed,
            ),
            (
                "In file(file, \"rt\") :\n  cannot open file 'data.csv': No such file or directory\nExecution halted",
                DataMissing,
            ),
            (
                "wget: unable to resolve host address ‘example.org’",
                NoNetwork,
            ),
            ("KeyError: 'gpu not available key'", Crashed),
            ("fatal: no value for the key 'no gpu'", Crashed),
        ] {
            assert_eq!(seen(said).0, kind, "{said}");
            let raised = traceback("step()", said);
            if said.contains("Error: ") && !said.contains('\n') {
                assert_eq!(seen(&raised).0, kind, "{raised}");
            }
        }
    }
}
