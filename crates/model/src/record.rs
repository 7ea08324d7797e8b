//! What is known of a run when it has ended.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Sha256Digest;
use crate::failure::{FailureKind, OutcomeCode};
use crate::name::{ConfigurationId, MetricName};
use crate::plan::Plan;
use crate::seeds::RunSeed;

/// One run: a configuration trained or executed with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its configuration; `None` where the manifest has no configurations.
    pub configuration: Option<ConfigurationId>,
    /// Its seed.
    pub seed: RunSeed,
    /// How it ended.
    pub outcome: Outcome,
    /// Where each metric was read, as `metrics.json:1: …`; empty for in-process runs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<MetricName, String>,
    /// The unit of each metric whose unit is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<MetricName, NumberUnit>,
    /// SHA-256 of the trained weights, 64 hexadecimal digits, when there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Digest of all output of a program: its two logs and its folder for results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Sha256Digest>,
    /// Result of its repeat, where runs with different seeds had the same output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
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

/// What the provenance of a number says where the file ended within a record, which was left out.
pub const LEFT_OUT: &str = "and is left out";

/// What the provenance of a number says where the name in a pattern is the end of a longer one.
pub const LONGER_NAME: &str = "of the pattern is the end of the name";

/// What the provenance of a number says where the last line of the text has no end.
pub const NO_NEWLINE: &str = "ends without a newline and may be cut off";

impl Record {
    /// A run that ended just now, of which only the outcome is known.
    pub fn ended(configuration: Option<ConfigurationId>, seed: RunSeed, outcome: Outcome) -> Self {
        Self {
            configuration,
            seed,
            outcome,
            origins: BTreeMap::new(),
            units: BTreeMap::new(),
            digest: None,
            output: None,
            repeat: None,
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

/// Result of the repeat of a run with the same seed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// It gave the same output.
    Same,
    /// It gave another output: the seed does not determine the run.
    Different,
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
        metrics: BTreeMap<MetricName, f64>,
    },
    /// Training left the finite numbers; the run counts as the worst result, never as none.
    Diverged {
        /// The metrics that are finite.
        metrics: BTreeMap<MetricName, f64>,
        /// Where it diverged.
        message: String,
    },
    /// It gave no result: it is no evidence about the claim.
    Failed {
        /// Kind of failure.
        kind: FailureKind,
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

    /// The outcome as a code.
    pub fn code(&self) -> OutcomeCode {
        match self {
            Self::Finished { .. } => OutcomeCode::Finished,
            Self::Diverged { .. } => OutcomeCode::Diverged,
            Self::Failed { kind, .. } => OutcomeCode::Failed(*kind),
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

/// What is known of the unit of a number.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NumberUnit {
    /// A percent sign stood behind it.
    Percent,
    /// The manifest states how it comes to be in the unit of the paper.
    Stated,
    /// Not stated: it may be a fraction, a percentage or anything else.
    Unknown,
}

/// The course of one training, epoch by epoch.
///
/// All lists are as long as that of the epochs; an undefined value is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// The numbers of finished epochs, rising.
    pub epochs: Vec<usize>,
    /// The loss of each epoch: that of its batches before their updates, averaged over rows, or
    /// summed if the loss is a sum.
    pub training_loss: Vec<Option<f64>>,
    /// The metrics by name.
    pub metrics: BTreeMap<MetricName, Vec<Option<f64>>>,
}

/// The records of a verification, in the order configuration, then seed as the plan lists them.
///
/// Of two records of one run the first counts.
#[derive(Debug, Clone, Default)]
pub struct Records {
    list: Vec<Record>,
    /// The place in the list of each configuration's run with each seed.
    places: BTreeMap<Option<ConfigurationId>, BTreeMap<RunSeed, usize>>,
}

impl Records {
    /// These records, in this order.
    pub fn new(list: Vec<Record>) -> Self {
        let mut records = Self::default();
        for record in list {
            records.push(record);
        }
        records
    }

    /// All records.
    pub fn all(&self) -> &[Record] {
        &self.list
    }

    /// The records of a configuration in the order of the seeds, up to the first seed without one.
    pub fn of(&self, configuration: Option<&ConfigurationId>, seeds: &[RunSeed]) -> Vec<&Record> {
        let Some(places) = self.places.get(&configuration.cloned()) else {
            return Vec::new();
        };
        let find = |seed: &RunSeed| places.get(seed).map(|place| &self.list[*place]);
        seeds.iter().map_while(find).collect()
    }

    /// Whether the run of a configuration with a seed is known.
    pub fn has(&self, configuration: Option<&ConfigurationId>, seed: RunSeed) -> bool {
        let places = self.places.get(&configuration.cloned());
        places.is_some_and(|places| places.contains_key(&seed))
    }

    /// Takes in those runs that are not there yet.
    pub fn extend(&mut self, known: Vec<Record>) {
        for record in known {
            if !self.has(record.configuration.as_ref(), record.seed) {
                self.push(record);
            }
        }
    }

    /// Adds a record.
    pub fn push(&mut self, record: Record) {
        let places = self.places.entry(record.configuration.clone()).or_default();
        places.entry(record.seed).or_insert(self.list.len());
        self.list.push(record);
    }

    /// Replaces the record of the same run, if there is one.
    pub fn replace(&mut self, record: Record) {
        let places = self.places.get(&record.configuration);
        if let Some(place) = places.and_then(|places| places.get(&record.seed).copied()) {
            self.list[place] = record;
        }
    }

    /// Brings the records into the order of the plan.
    pub fn sort(&mut self, plan: &Plan) {
        let names = plan.configurations.iter().map(|c| c.name.as_deref());
        let names: BTreeMap<Option<&str>, usize> = names.zip(0..).collect();
        let seeds: BTreeMap<RunSeed, usize> = plan.seeds.iter().copied().zip(0..).collect();
        let mut list = std::mem::take(&mut self.list);
        list.sort_by_key(|record| {
            let configuration = names.get(&record.configuration.as_deref());
            (configuration.copied(), seeds.get(&record.seed).copied())
        });
        *self = Self::new(list);
    }
}
