//! The manifest as it is written, version 1: the shape that serde reads, before its rules.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::claim_source_rules::SourceDoc;
use super::environment::EnvironmentDoc;
use super::scalar::Scalar;
use super::schema;
use super::slurm::SlurmDoc;
use super::value_document::{ReportedFields, Share, ToleranceDoc};
use crate::name::{ConfigurationId, MetricName};
use crate::seeds::RunSeed;

/// The manifest of an experiment: what a paper claims, of which code, data, seeds and hardware, and within which
/// tolerance.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(title = "manifest of reprove", extend("anyOf" = schema::seeds_needed()))]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    /// The version of the manifest.
    #[schemars(required, extend("const" = 1))]
    pub reprove: Option<u64>,
    /// One line that says what is verified.
    #[schemars(example = &"Hidden units in a network that classifies sonar targets")]
    pub title: Option<String>,
    /// The paper that states the claims.
    pub paper: Option<PaperDoc>,
    /// The commit that holds the experiment.
    #[schemars(required)]
    pub code: Option<CodeDoc>,
    /// Files and folders by name, each pinned by its digest. The name stands in recipes and in the placeholder
    /// `{data.NAME}`.
    #[serde(default)]
    pub data: IndexMap<String, DataDoc>,
    /// The device of the runs and what the machine must have.
    pub hardware: Option<HardwareDoc>,
    /// The seeds of the reruns. A program that states `deterministic: true` needs none.
    pub seeds: Option<SeedsDoc>,
    /// The seeds that the paper used. Runs on them say whether the claim is recomputed.
    #[schemars(extend("examples" = [[0, 1, 2]]))]
    pub reported_seeds: Option<Vec<RunSeed>>,
    /// A recipe, which reprove trains, or the program of the paper.
    #[schemars(required)]
    pub experiment: Option<ExperimentDoc>,
    /// The rows of the paper's table: a name each, with values for the placeholders of the recipe or the command.
    pub configurations: Option<IndexMap<ConfigurationId, BTreeMap<String, Scalar>>>,
    /// Facts of metrics, in the unit of the reported values.
    pub metrics: Option<IndexMap<MetricName, MetricDoc>>,
    /// The claims, at least one.
    #[schemars(required, length(min = 1))]
    pub claims: Option<Vec<ClaimDoc>>,
    /// How the claims are decided.
    pub decision: Option<DecisionDoc>,
    /// What is asked of Slurm where runs are made through it.
    pub slurm: Option<SlurmDoc>,
}

/// What the manifest says of the paper; every part is optional.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperDoc {
    /// Names of the authors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Title of the paper, where it differs from the manifest's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Year of publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<i64>,
    /// Digital object identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doi: Option<String>,
    /// Address of the paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where in the paper the numbers stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
}

/// The commit that holds the experiment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeDoc {
    /// A path relative to the manifest, or an https, ssh or file URL.
    #[schemars(required, example = &"../code.git", example = &"https://github.com/owner/name")]
    pub repository: Option<String>,
    /// The 40 hexadecimal digits of the commit, which `reprove pin` fills in. `HEAD` belongs to a manifest that
    /// is kept in the repository that it verifies: each verification is then given the commit.
    #[schemars(required, regex(pattern = "^([0-9a-fA-F]{40}|HEAD)$"))]
    pub commit: Option<String>,
    /// The experiment's folder in the commit.
    #[schemars(extend("default" = "."))]
    pub directory: Option<String>,
    /// Whether submodules are fetched at their pinned commits. Left out, they are a deviation.
    #[schemars(extend("default" = false))]
    pub submodules: Option<bool>,
}

/// A file or a folder with its digest.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = schema::one_of(["path", "url"])))]
#[serde(deny_unknown_fields)]
pub(super) struct DataDoc {
    /// A file or a folder, relative to the manifest.
    pub path: Option<String>,
    /// An https URL. It is not fetched: its file is looked for in the folder of data that is given.
    #[schemars(regex(pattern = "^https://"))]
    pub url: Option<String>,
    /// The digest of the bytes, or of the listing of the folder. `reprove pin` fills it in.
    #[schemars(required, regex(pattern = "^[0-9a-fA-F]{64}$"))]
    pub sha256: Option<String>,
    /// The size in bytes, checked before the digest.
    pub bytes: Option<u64>,
}

/// The hardware of the runs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HardwareDoc {
    /// The device of every run: `cpu`, `cuda`, `cuda:N` or `metal`.
    #[schemars(regex(pattern = "^(cpu|metal|cuda(:\\+?[0-9]+)?)$"), extend("default" = "cpu"))]
    pub device: Option<String>,
    /// Threads of a run.
    #[schemars(range(min = 1, max = 4096), extend("default" = 1))]
    pub threads: Option<u32>,
    /// What the machine must have. A requirement that is absent is not checked.
    pub require: Option<RequireDoc>,
    /// What the paper used, in its words. A difference is listed as a deviation.
    pub reported: Option<BTreeMap<String, Scalar>>,
}

/// What the machine must have.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RequireDoc {
    /// Memory of one GPU.
    #[schemars(with = "Option<schema::SizeText>")]
    pub gpu_memory: Option<String>,
    /// The least CUDA compute capability.
    #[schemars(with = "Option<schema::CapabilityText>")]
    pub compute_capability: Option<String>,
    /// Main memory.
    #[schemars(with = "Option<schema::SizeText>")]
    pub memory: Option<String>,
    /// Features of the processor, as `/proc/cpuinfo` names them.
    #[schemars(extend("examples" = [["avx2"]]))]
    pub cpu_features: Option<Vec<String>>,
}

/// The seeds of the reruns: a range, seeds that nobody chooses, or a list without repetition.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, extend("examples" = schema::example("{first: 1, count: 30}")))]
pub(super) enum SeedsDoc {
    Range(SeedRange),
    List(#[schemars(length(min = 1), extend("uniqueItems" = true))] Vec<RunSeed>),
}

/// Consecutive seeds, `{first, count}`, or seeds that nobody chooses, `{derived}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(transform = schema::seed_ranges)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedRange {
    /// The first seed.
    #[schemars(extend("default" = 1))]
    pub first: Option<u64>,
    /// The number of seeds.
    #[schemars(range(min = 1, max = 1_000_000), example = 30)]
    pub count: Option<u64>,
    /// The number of seeds that are derived from the commit and the experiment.
    #[schemars(range(min = 1, max = 1_000_000), example = 30)]
    #[serde(alias = "fresh")]
    pub derived: Option<u64>,
}

/// A recipe, or the program of the paper.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = schema::experiments()))]
#[serde(deny_unknown_fields)]
pub(super) struct ExperimentDoc {
    /// The path of a recipe in the commit. reprove trains it.
    #[schemars(example = &"recipes/sonar.yaml")]
    pub recipe: Option<String>,
    /// What provides the dependencies of the program.
    pub environment: Option<EnvironmentDoc>,
    /// Commands that build the program, a list of words each.
    #[schemars(inner(length(min = 1)))]
    pub build: Option<Vec<Vec<String>>>,
    /// The command of one run. Its placeholders are `{seed}`, `{out}`, `{data.NAME}` and the values of the
    /// configuration.
    #[schemars(length(min = 1), extend("examples" = [["python", "train.py", "--seed", "{seed}", "--out", "{out}/metrics.json"]]))]
    pub run: Option<Vec<String>>,
    /// Where a run's numbers are read: one source for all metrics, or a source for each.
    #[schemars(with = "Option<schema::MetricSources>")]
    pub metrics: Option<serde_yaml::Value>,
    /// What one run may use.
    pub limits: Option<LimitsDoc>,
    /// When the network may be used.
    #[schemars(with = "Option<schema::NetworkWord>")]
    pub network: Option<String>,
    /// The loosest tier of the sandbox that is accepted.
    #[schemars(with = "Option<schema::SandboxWord>")]
    pub sandbox: Option<String>,
    /// Environment variables of a run. Values may have placeholders.
    pub env: Option<IndexMap<String, Scalar>>,
    /// How the seed gets into a run: by the variable `REPROVE_SEED`, or not at all where the program draws fresh
    /// entropy. Left out, it is the placeholder `{seed}`.
    #[schemars(with = "Option<schema::SeedingWord>")]
    pub seeding: Option<String>,
    /// Whether the program has no randomness. One run and its repeat are then compared exactly.
    #[schemars(extend("default" = false))]
    pub deterministic: Option<bool>,
}

/// Facts of a metric.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MetricDoc {
    /// The value that guessing gives.
    #[schemars(example = 10.0)]
    pub chance: Option<f64>,
    /// The least and the largest possible value.
    #[schemars(extend("examples" = [[0.0, 100.0]]))]
    pub range: Option<(f64, f64)>,
}

/// What one run may use.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsDoc {
    /// Wall time.
    #[schemars(with = "Option<schema::TimeText>")]
    pub time: Option<String>,
    /// Memory.
    #[schemars(with = "Option<schema::SizeText>")]
    pub memory: Option<String>,
    /// Processes and threads.
    #[schemars(range(min = 1, max = 4_194_304), extend("default" = 256))]
    pub processes: Option<u64>,
    /// Bytes that the program writes.
    #[schemars(with = "Option<schema::SizeText>")]
    pub output: Option<String>,
}

/// A claim: a metric of a configuration, or a difference of two, with the reported value and what counts as the
/// same.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(transform = schema::claims)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimDoc {
    /// A short unique name of letters, digits, `-`, `_` and `.`.
    #[schemars(with = "schema::NameText")]
    pub id: Option<String>,
    /// A row of `configurations`.
    pub configuration: Option<ConfigurationId>,
    /// The name of the metric.
    #[schemars(example = &"test_accuracy")]
    pub metric: Option<MetricName>,
    /// The metric of one configuration minus that of another.
    pub difference: Option<DifferenceDoc>,
    /// The reported value. A claim with `at_least` or `greater` needs none.
    pub reported: Option<ReportedDoc>,
    /// Digits after the point that the paper printed. Left out, they are those of the reported value as it is
    /// written.
    #[schemars(range(max = 15))]
    pub decimals: Option<u32>,
    /// The largest difference that still counts as the same result.
    pub tolerance: Option<ToleranceDoc>,
    /// The least value, or difference, that the claim needs.
    pub at_least: Option<f64>,
    /// `true` claims a difference above 0.
    #[schemars(extend("enum" = [true, null]))]
    pub greater: Option<bool>,
    /// The better direction of the metric.
    #[schemars(with = "Option<schema::BetterWord>")]
    pub better: Option<String>,
    /// What one observation is.
    #[schemars(with = "Option<schema::UnitWord>")]
    pub unit: Option<String>,
    /// Values beyond which a run counts as collapsed, and the share of runs that may.
    pub failed: Option<FailedDoc>,
    /// Examples of the test set: the metric moves in steps of `scale` over it.
    #[schemars(range(min = 1))]
    pub test_size: Option<u64>,
    /// The value of the metric when all is right: 100 or 1.
    #[schemars(extend("exclusiveMinimum" = 0, "default" = 100))]
    pub scale: Option<f64>,
    /// The value that guessing gives, for this claim.
    pub chance: Option<f64>,
    /// Test examples over training examples of a fold or split.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 100))]
    pub test_train_ratio: Option<f64>,
    /// Where the reported value is printed. It is shown beside the claim and decides nothing.
    pub source: Option<SourceDoc>,
}

/// When a run counts as collapsed.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("minProperties" = 1), extend("not" = schema::both("below", "above")))]
#[serde(deny_unknown_fields)]
pub(super) struct FailedDoc {
    /// Lower values count as collapsed.
    pub below: Option<f64>,
    /// Higher values count as collapsed.
    pub above: Option<f64>,
    /// The share of runs that may diverge or collapse.
    pub rate: Option<Share>,
}

/// The metric of one configuration minus that of another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DifferenceDoc {
    /// The configuration that counts positively.
    #[schemars(required)]
    pub of: Option<ConfigurationId>,
    /// The configuration that is subtracted.
    #[schemars(required)]
    pub minus: Option<ConfigurationId>,
    /// The name of the metric.
    #[schemars(required)]
    pub metric: Option<MetricName>,
    /// Whether equal seeds share randomness, so that they are compared pair by pair.
    #[schemars(extend("default" = false))]
    pub paired: Option<bool>,
}

/// The reported value: a number, or a mapping in one of the forms that papers print.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, extend("examples" = schema::example("{mean: 90.4, std: 1.8, runs: 10}")))]
pub(super) enum ReportedDoc {
    Bare(f64),
    Form(Box<ReportedFields>),
}

/// How the claims are decided.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionDoc {
    /// The one-sided error rate of each verdict.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 0.5, "default" = 0.05))]
    pub alpha: Option<f64>,
    /// Whether runs stop as soon as every claim is decided. The error rates hold over all looks.
    #[schemars(extend("default" = true))]
    pub sequential: Option<bool>,
    /// Whether the looks need no last number of runs.
    #[schemars(extend("default" = false))]
    pub open_ended: Option<bool>,
    /// Runs of a configuration that a verdict on a mean needs at least.
    #[schemars(range(min = 2), extend("default" = 3))]
    pub min_runs: Option<u32>,
    /// Runs of a configuration at most. Left out, it is the number of seeds.
    #[schemars(range(min = 1))]
    pub max_runs: Option<u32>,
    /// Failed runs of a configuration that are tolerated.
    #[schemars(extend("default" = 0))]
    pub max_failed: Option<u32>,
    /// What a verdict is about: the process of the paper, or the printed number.
    #[schemars(with = "Option<schema::BasisWord>")]
    pub basis: Option<String>,
    /// The intervals that must agree.
    #[schemars(with = "Option<schema::MethodWord>")]
    pub method: Option<String>,
}
