//! The report of a verification as one serialisable value.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClaimReport, SeedsReport};
use reprove_decide::decision::{Counts, Overall, Strictness};
use reprove_model::deviation::DeviationCode;
use reprove_model::digest::Sha256Digest;
use reprove_model::failure::OutcomeCode;
use reprove_model::name::{ConfigurationId, MetricName};
use reprove_model::obstacle::Obstacle;
use reprove_model::pin::Pin;
use reprove_model::record::{Curve, NumberUnit, Repeat};
use reprove_model::seeds::RunSeed;

/// All that a verification found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// `SCHEMA_VERSION` of the program that wrote it.
    pub schema_version: u32,
    /// The verdict on all claims together.
    pub verdict: Overall,
    /// One line that says what was verified, from the manifest.
    pub title: Option<String>,
    /// The manifest.
    pub manifest: ManifestFacts,
    /// What the manifest says of the paper, as `author`, `year`, `doi`, … in the order to show.
    pub paper: Vec<Fact>,
    /// The claims in the order of the manifest.
    pub claims: Vec<ClaimReport>,
    /// Counts of the claims by verdict.
    pub counts: Counts,
    /// Ids of the refuted claims whose refutation stands when corrected for the number of claims
    /// (Holm 1979); with one claim the same as the refuted ones. None where no claim was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuted_after_correction: Option<Vec<String>>,
    /// The pins, checked.
    pub pins: Vec<Pin>,
    /// Why no run could be made although the pins hold, as a build that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureReport>,
    /// Where the rerun differs from what the paper or the manifest states.
    pub deviations: Vec<Deviation>,
    /// The seeds of the reruns; none in results of version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<SeedsReport>,
    /// Whether a deviation counts as a broken pin.
    #[serde(default)]
    pub strictness: Strictness,
    /// What the isolation of the program leaves open on this machine.
    #[serde(default)]
    pub limitations: Vec<LimitationReport>,
    /// What this verification does not establish, a sentence each.
    pub not_checked: Vec<String>,
    /// The machine and the toolchain, by name.
    pub environment: BTreeMap<String, String>,
    /// Values that the manifest and the recipe left to their defaults.
    pub defaults: BTreeMap<String, String>,
    /// Every run, in the order configuration, then seed as listed.
    pub runs: Vec<RunReport>,
    /// What the runs cost.
    pub cost: Cost,
    /// The program that wrote the report.
    pub reprove: ProgramVersion,
    /// Commands that repeat the verification, a line each.
    pub repeat: Vec<String>,
}

/// A named fact, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Which manifest it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestFacts {
    /// The path as it was given.
    pub file: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
}

/// Cause that no run could be made. It speaks neither for nor against a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureReport {
    /// The stable code.
    pub kind: Obstacle,
    /// What went wrong, in one line.
    pub message: String,
    /// Suggested fix, if known.
    pub hint: Option<String>,
    /// The last lines of the log, control characters escaped; empty where there is none.
    pub log_tail: Vec<String>,
}

/// Where the rerun differs from what the paper or the manifest states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deviation {
    /// The stable code.
    pub code: DeviationCode,
    /// A sentence.
    pub text: String,
}

/// What the isolation of a program leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LimitationReport {
    /// The stable code of a limitation of the sandbox, as `kernel_shared`; `not_stated` in results of version 1, which had none.
    pub code: String,
    /// A sentence without a full stop.
    pub text: String,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// Its configuration, where the manifest has any.
    pub configuration: Option<ConfigurationId>,
    /// Its seed.
    pub seed: RunSeed,
    /// `finished`, `diverged`, or the kind of failure.
    pub outcome: OutcomeCode,
    /// What went wrong, in one line.
    pub message: Option<String>,
    /// The metrics by name.
    pub metrics: BTreeMap<MetricName, f64>,
    /// Where each metric was read, as `metrics.json:1: {"acc": 0.9}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<MetricName, String>,
    /// The unit of each metric whose unit is known: `percent` where a percent sign stood behind the
    /// number, `stated` where the manifest says what it is multiplied by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<MetricName, NumberUnit>,
    /// SHA-256 of the trained weights or of the run's output, when there is one.
    pub digest: Option<String>,
    /// SHA-256 of all output of a program's run, its logs and its folder for results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Sha256Digest>,
    /// Result of its repeat with the same seed, where it was repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
    /// The course of its training, when the recipe asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Curve>,
    /// Wall time in seconds.
    pub wall_seconds: f64,
    /// Processor time in seconds, when measured.
    pub cpu_seconds: Option<f64>,
    /// Peak resident memory in bytes, when measured.
    pub max_rss_bytes: Option<u64>,
    /// The log within the evidence bundle, when there is one.
    pub log: Option<String>,
    /// The files that its program wrote and that were kept, by name: `stdout.log`, `stderr.log`, and
    /// `out/NAME` of those that its metrics were read from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, RunFile>,
    /// The last lines of its log, control characters escaped; empty when it finished.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
    /// Whether this verification ran it or found it in the store.
    pub source: RunSource,
}

/// A file that a run's program wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunFile {
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Its path in the evidence bundle, when the report lies in one that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Whether a run was made now or found in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunSource {
    /// Made by this verification.
    Ran,
    /// Finished earlier and identical in all that determines it.
    Stored,
}

/// What this verification spent, and what the runs that it rests on cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// Wall time of this verification in seconds.
    pub wall_seconds: f64,
    /// Processor time in seconds of the runs that this verification made.
    pub cpu_seconds: f64,
    /// GPU time in seconds of the runs that this verification made.
    pub gpu_seconds: f64,
    /// Largest peak memory of a run in bytes.
    pub max_rss_bytes: Option<u64>,
    /// Energy in watt-hours, when measured or estimated.
    pub energy_wh: Option<f64>,
    /// How the energy was had: `measured …` or `estimated …`.
    pub energy_method: Option<String>,
    /// Carbon dioxide equivalent in grams, when a factor is known.
    pub carbon_g: Option<f64>,
    /// The factor and its source.
    pub carbon_method: Option<String>,
    /// Runs that this verification made.
    pub runs: usize,
    /// Runs that were planned at most.
    pub runs_planned: usize,
    /// All runs that the report rests on, those of earlier verifications included; none in results
    /// of version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_on: Option<RunsCost>,
}

/// The sums over runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunsCost {
    /// Number of runs.
    pub runs: usize,
    /// Their wall time in seconds, one after the other.
    pub wall_seconds: f64,
    /// Their processor time in seconds.
    pub cpu_seconds: f64,
    /// Their GPU time in seconds.
    pub gpu_seconds: f64,
}

/// The program that wrote the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProgramVersion {
    /// Version of the package.
    pub version: String,
    /// Commit it was built from, when known.
    pub commit: Option<String>,
}
