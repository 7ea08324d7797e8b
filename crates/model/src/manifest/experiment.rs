//! How a run is made: by a recipe, or by the paper's own program.

use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::byte_size::ByteSize;
use super::environment::Environment;
use super::metric_source::Metrics;

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

impl Program {
    /// Whether code from outside may run with the network while the program is built.
    pub fn is_built_with_network(&self) -> bool {
        let installs = match &self.environment {
            Environment::Uv(_)
            | Environment::Pylock(_)
            | Environment::Pip(..)
            | Environment::Cargo(_) => true,
            Environment::Installed => false,
        };
        let is_open = match self.network {
            Network::Build | Network::Always => true,
            Network::Never => false,
        };
        is_open && (installs || !self.build.is_empty())
    }
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
