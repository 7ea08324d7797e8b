//! What is known of a run when it has ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::metrics::Unit;
use crate::digest::Sha256Digest;
use crate::recipe::Curve;

/// One run: a configuration trained or executed with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its configuration; `None` where the manifest has no configurations.
    pub configuration: Option<String>,
    /// Its seed.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Where each metric was read, as `metrics.json:1: …`; empty for in-process runs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<String, String>,
    /// The unit of each metric whose unit is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, Unit>,
    /// SHA-256 of the trained weights, 64 hexadecimal digits, when there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The files that its program wrote and that are kept, by name: see [`output`](super::output).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Sha256Digest>,
    /// The course of its training, when the recipe asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Curve>,
    /// What it used.
    pub usage: Usage,
    /// Whether it was made now or found in the store.
    #[serde(skip, default = "stored")]
    pub source: RecordSource,
}

impl Record {
    /// A run that ended just now, with nothing known of it but how.
    pub fn ended(configuration: Option<String>, seed: u64, outcome: Outcome) -> Self {
        Self {
            configuration,
            seed,
            outcome,
            origins: BTreeMap::new(),
            units: BTreeMap::new(),
            digest: None,
            files: BTreeMap::new(),
            curve: None,
            usage: Usage::default(),
            source: RecordSource::Ran,
        }
    }
}

fn stored() -> RecordSource {
    RecordSource::Stored
}

/// Whether a record was made by this verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordSource {
    /// Made now.
    Ran,
    /// Found in the store.
    Stored,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It gave its metrics, all finite.
    Finished {
        /// The metrics by name.
        metrics: BTreeMap<String, f64>,
    },
    /// Training left the finite numbers; the run counts as the worst result, never as none.
    Diverged {
        /// The metrics that are finite.
        metrics: BTreeMap<String, f64>,
        /// Where it diverged.
        message: String,
    },
    /// It gave no result, which says nothing about the claim.
    Failed {
        /// What kind of failure, as `timed_out`.
        kind: String,
        /// What went wrong, in one line.
        message: String,
        /// The last lines of its log, control characters escaped.
        log_tail: Vec<String>,
    },
}

impl Outcome {
    /// Whether the run gave a result, so that it need not be made again.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Finished { .. } | Self::Diverged { .. } => true,
            Self::Failed { .. } => false,
        }
    }

    /// The outcome in a word.
    pub fn word(&self) -> &str {
        match self {
            Self::Finished { .. } => "finished",
            Self::Diverged { .. } => "diverged",
            Self::Failed { kind, .. } => kind,
        }
    }
}

/// What a run used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Wall time in seconds; seeds that train together share it evenly.
    pub wall_seconds: f64,
    /// Processor time in seconds, when measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
    /// Peak resident memory in bytes, when measured: of a program's processes together, or of the
    /// process that trained the recipe and others beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rss_bytes: Option<u64>,
}
