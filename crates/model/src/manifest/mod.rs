//! The manifest: what was claimed, of which code, data, seeds and hardware, and within which tolerance.
//!
//! [`read`] gives a [`Manifest`] whose rules hold, or one [`ManifestError`] that says where and what.

mod byte_size;
mod claim;
mod claim_rules;
mod commit_id;
mod common;
mod decision_rules;
mod document;
mod error;
mod hardware_rules;
mod metric_fields;
mod metric_rules;
mod metric_source;
pub mod placeholders;
mod program_rules;
mod reported_rules;
mod rules;
mod scalar;
mod seed_rules;
mod slurm;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use byte_size::{ByteSize, ParseByteSizeError};
pub use claim::{
    Basis, Better, Claim, Criterion, Decision, FailureThreshold, Looks, Method, MetricFacts,
    ObservationUnit, Pairing, Quantity, Reported, ReportedForm, Tolerance,
};
pub use commit_id::{CommitId, ParseCommitIdError};
pub use document::PaperDoc as Paper;
pub use error::ManifestError;
pub use metric_rules::ParseMetricsError;
pub use metric_source::{
    CsvSource, JsonSource, JsonlSource, MetricSource, Metrics, RegexSource, RegexText, SourceKind,
    Take, TensorboardSource,
};
pub use scalar::Scalar;
pub use slurm::Slurm;

use crate::digest::Sha256Digest;
use crate::name::ConfigurationId;
use crate::seeds::{RunSeed, Seeds};

/// A manifest of version 1 whose rules hold.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file it was read from.
    pub file: PathBuf,
    /// Digest of the file's bytes.
    pub sha256: Sha256Digest,
    /// One line that says what is verified.
    pub title: Option<String>,
    /// What is said of the paper.
    pub paper: Option<Paper>,
    /// The experiment's code.
    pub code: Code,
    /// The data by name, in the order of the manifest.
    pub data: IndexMap<String, Data>,
    /// The hardware that is asked for.
    pub hardware: Hardware,
    /// The seeds in the order of their use.
    pub seeds: Seeds,
    /// The seeds that the paper used, when it says so.
    pub reported_seeds: Option<Vec<RunSeed>>,
    /// How a run is made.
    pub experiment: Experiment,
    /// Digest of what determines the runs, besides the commit and the seeds: the scalars under
    /// `experiment` and `configurations` and the digests of the data, as they are written. Comments,
    /// claims and layout do not change it.
    pub experiment_digest: Sha256Digest,
    /// The rows of the paper's table, in the order of the manifest; empty where there is only one.
    pub configurations: IndexMap<ConfigurationId, BTreeMap<String, Scalar>>,
    /// The claims, at least one, with unique ids.
    pub claims: Vec<Claim>,
    /// How the decision is taken.
    pub decision: Decision,
    /// The decision's keys that the manifest does not state, with the values that are used.
    pub defaults: BTreeMap<String, String>,
    /// What is asked of Slurm, where runs are made through it.
    pub slurm: Slurm,
}

/// The commit that holds the experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Code {
    /// Where the repository is.
    pub repository: Origin,
    /// The pinned commit.
    pub commit: CommitId,
    /// The experiment's folder within the commit, relative, with no `..`; `.` for its root.
    pub directory: PathBuf,
    /// Whether submodules at their pinned commits are part of the experiment.
    pub submodules: Submodules,
}

/// Whether the commit's submodules are checked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Submodules {
    /// A submodule is a deviation that is reported, and its folder stays empty.
    LeftOut,
    /// Each is fetched at the commit that the tree pins.
    Pinned,
}

/// Where something is: in the file system, or at an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A path, already relative to the manifest's folder.
    Path(PathBuf),
    /// An `https`, `ssh` or `file` URL.
    Url(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Url(url) => f.write_str(url),
        }
    }
}

/// A data file or folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Data {
    /// Where it is.
    pub origin: Origin,
    /// Its digest: of the file's bytes, or of the folder's listing.
    pub sha256: Sha256Digest,
    /// Its size, when the manifest pins it; checked before the digest.
    pub bytes: Option<u64>,
}

/// The hardware that the manifest asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hardware {
    /// The device of every run.
    pub device: Device,
    /// Threads a run, ≥ 1.
    pub threads: u32,
    /// What the machine must have.
    pub require: Require,
    /// What the paper used, in its words.
    pub reported: BTreeMap<String, String>,
}

/// What the machine must have; a requirement that is absent is not checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Require {
    /// Memory of one GPU.
    pub gpu_memory: Option<ByteSize>,
    /// CUDA compute capability, as `8.0`.
    pub compute_capability: Option<(u32, u32)>,
    /// Main memory.
    pub memory: Option<ByteSize>,
    /// Names as `/proc/cpuinfo` gives them.
    pub cpu_features: Vec<String>,
}

/// A device of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// The processor.
    Cpu,
    /// The CUDA device of this ordinal.
    Cuda(u32),
    /// Apple's Metal.
    Metal,
}

impl Device {
    /// Reads `cpu`, `cuda`, `cuda:1` or `metal`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "cpu" => Some(Self::Cpu),
            "cuda" => Some(Self::Cuda(0)),
            "metal" => Some(Self::Metal),
            _ => text.strip_prefix("cuda:")?.parse().ok().map(Self::Cuda),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(0) => f.write_str("cuda"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

/// How a run is made.
#[derive(Debug, Clone)]
pub enum Experiment {
    /// Trained in-process by the recipe at this path of the commit.
    Recipe(PathBuf),
    /// The paper's own program.
    Program(Box<Program>),
}

/// The paper's own program and how it is built, run and read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// What provides its dependencies.
    pub environment: Environment,
    /// The data entry whose file is put into the checkout as the environment's lock file; for code
    /// that was published without one.
    pub supplied: Option<String>,
    /// Commands that build it, each a program with its arguments.
    pub build: Vec<Vec<String>>,
    /// The command of one run, with placeholders; not empty.
    pub run: Vec<String>,
    /// Where its metrics are read from.
    pub metrics: Metrics,
    /// What one run may use.
    pub limits: Limits,
    /// When the network may be used.
    pub network: Network,
    /// The weakest sandbox that the manifest accepts.
    pub sandbox: SandboxRequirement,
    /// Environment variables of each run, in the order of the manifest; values may have the placeholders
    /// of `run`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub env: IndexMap<String, String>,
    /// How the randomness of a run follows from its seed.
    #[serde(default)]
    pub seeding: Seeding,
}

/// How the randomness of a program's run follows from its seed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seeding {
    /// `{seed}` in the command or in `env` (the default).
    #[default]
    Placeholder,
    /// The program reads the variable `REPROVE_SEED`.
    Environment,
    /// The program draws fresh entropy each time: its runs cannot be repeated, which is a deviation.
    Own,
    /// The manifest asserts that the program has no randomness (`deterministic: true`).
    Deterministic,
}

/// What provides a program's dependencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// A lock file of uv.
    Uv(PathBuf),
    /// A requirements file of pip, and whether lines without an exact version are accepted.
    Pip(PathBuf, Unpinned),
    /// A lock file of cargo.
    Cargo(PathBuf),
    /// What is installed on the machine.
    Installed,
}

/// Whether requirements without an exact version are accepted, as a deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpinned {
    /// They are refused (the default).
    Refused,
    /// They are accepted and recorded as a deviation.
    Accepted,
}

/// What one run may use; absent limits take the runner's defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Wall time.
    pub time: Option<Duration>,
    /// Memory of all its processes together.
    pub memory: Option<ByteSize>,
    /// Number of its processes and threads.
    pub processes: Option<u64>,
    /// Bytes that it writes.
    pub output: Option<ByteSize>,
}

/// When a program may use the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Never.
    Never,
    /// While it is built (the default).
    Build,
    /// Always, which is recorded as a deviation.
    Always,
}

/// Loosest sandbox tier that a program accepts; a tighter one always does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SandboxRequirement {
    /// File system and network rules of Landlock, system call filter.
    Landlock,
    /// Namespaces of its own, Landlock and a system call filter.
    Namespaces,
}

/// Reads the manifest in `file` and checks its rules.
///
/// # Errors
/// The first thing that is wrong with it: an unreadable file, text that is no YAML, an unknown or
/// missing key, a value of the wrong kind or out of its range.
pub fn read(file: &Path) -> Result<Manifest, ManifestError> {
    let failed = |problem: String, hint: Option<&str>| ManifestError {
        file: file.to_owned(),
        location: None,
        path: String::new(),
        problem,
        hint: hint.map(str::to_owned),
    };
    // One byte beyond the limit is enough to refuse a file that never ends.
    let limited = |open: std::fs::File| {
        let mut bytes = Vec::new();
        open.take(rules::MAX_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    };
    let bytes = std::fs::File::open(file)
        .and_then(limited)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::IsADirectory => {
                failed("expected a file, found a folder".to_owned(), None)
            }
            std::io::ErrorKind::NotFound => failed(
                "no such file".to_owned(),
                Some("give the path of a manifest, a YAML file"),
            ),
            _ => failed(format!("cannot be read: {error}"), None),
        })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        failed(
            format!(
                "expected UTF-8 text, found another byte at offset {}",
                error.utf8_error().valid_up_to()
            ),
            None,
        )
    })?;
    rules::manifest(file, &text)
}

#[cfg(test)]
mod tests;
