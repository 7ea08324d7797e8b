//! One claim of a report.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use reprove_decide::decision::{ClaimVerdict, FlagCode, ReasonCode, Role, Target};
use reprove_decide::recomputation::Recomputed;
use reprove_model::manifest::ClaimSource;
use reprove_model::name::MetricName;
use reprove_model::seeds::RunSeed;

/// One claim with all that was found of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimReport {
    /// Its id in the manifest.
    pub id: String,
    /// The verdict.
    pub verdict: ClaimVerdict,
    /// Why this verdict.
    pub reason: ReasonReport,
    /// The metric.
    pub metric: MetricName,
    /// The configuration; for a difference `A − B`; none where the manifest has none.
    pub configuration: Option<String>,
    /// The reported value; none for a claim that needs no printed value.
    pub reported: Option<ReportedValue>,
    /// Where the reported value is printed, when the manifest states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ClaimSource>,
    /// The band of values that count as the same result; an open side is absent.
    pub tolerance: BandReport,
    /// What was seen in the reruns.
    pub rerun: Rerun,
    /// The rerun minus the reported value with the interval that decides, valid at all looks.
    pub difference: Option<DifferenceReport>,
    /// The rate at which such a verdict is wrong at most, over all looks together; none where values are
    /// compared exactly.
    #[serde(default)]
    pub error_rate: Option<f64>,
    /// Which target the verdict is about, and why.
    pub basis: BasisReport,
    /// Both targets, each with its own interval and verdict.
    pub targets: Vec<TargetReport>,
    /// The tests, those that decide first.
    pub tests: Vec<TestReport>,
    /// The looks of a sequential decision, in order; one for a fixed number of runs.
    pub looks: Vec<LookReport>,
    /// How many runs would decide it; none when decided or when no number can.
    pub runs_needed: Option<RunsNeededReport>,
    /// Measures that are shown and never decide.
    pub secondary: Vec<MeasureReport>,
    /// Warnings about the numbers.
    pub warnings: Vec<Warning>,
    /// Whether the seeds that the paper used give its numbers, to the printed digits.
    #[serde(default)]
    pub recomputed: Recomputed,
    /// The cause of that answer, and the runs on those seeds; the verdict does not rest on them.
    #[serde(default)]
    pub recomputation: RecomputationReport,
}

/// The runs on the seeds that the paper used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecomputationReport {
    /// The cause of the answer, a sentence without a full stop; empty in results of version 1.
    pub text: String,
    /// The number that the runs give in the form of the reported one: their mean, median or best.
    pub value: Option<f64>,
    /// Their standard deviation (n − 1).
    pub sd: Option<f64>,
    /// Their values in the order of the published seeds; differences of equal seeds for a difference.
    pub values: Vec<SeedValue>,
}

/// A warning about the numbers of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// The stable code, as `spread_larger`; `not_stated` in results of version 1, which had none.
    pub code: FlagCode,
    /// A sentence without a full stop.
    pub text: String,
}

/// Why a claim has its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReasonReport {
    /// The stable code, as `interval_inside`.
    pub code: ReasonCode,
    /// A sentence.
    pub text: String,
    /// The numbers behind it, by name.
    pub data: BTreeMap<String, f64>,
}

/// What the paper reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedValue {
    /// As a person writes it: `90.4 ± 1.8 (sd, 10 runs)`.
    pub text: String,
    /// The number that is compared.
    pub value: f64,
    /// Digits after the point that the paper printed, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u32>,
    /// Standard deviation of one run, when known or derived.
    pub sd: Option<f64>,
    /// Number of runs, when known.
    pub runs: Option<u32>,
    /// Interval of the reported mean at the claim's level, when its noise is known.
    pub interval: Option<(f64, f64)>,
}

/// A band of values; an open side is absent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BandReport {
    /// Lowest value that still counts as the same.
    pub low: Option<f64>,
    /// Highest value that still counts as the same.
    pub high: Option<f64>,
}

/// What was seen in the reruns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rerun {
    /// Number of values that the decision uses.
    pub n: usize,
    /// Their mean.
    pub mean: Option<f64>,
    /// Their standard deviation (n − 1).
    pub sd: Option<f64>,
    /// The values in the order of the seeds.
    pub values: Vec<SeedValue>,
    /// Runs that ended without a value.
    pub failed: usize,
    /// Runs that diverged or fell beyond the declared failure threshold.
    pub diverged: usize,
}

/// The value of one seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeedValue {
    /// The seed.
    pub seed: RunSeed,
    /// The value.
    pub value: f64,
}

/// A difference with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DifferenceReport {
    /// Rerun minus reported.
    pub estimate: f64,
    /// Lower end; none when unbounded.
    pub low: Option<f64>,
    /// Upper end; none when unbounded.
    pub high: Option<f64>,
    /// Nominal two-sided level, as 0.9.
    pub level: f64,
    /// How it was made, as `Welch t and beta bootstrap-t`.
    pub method: String,
}

/// Which target the verdict is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BasisReport {
    /// The target.
    pub target: Target,
    /// Why this one, a sentence; fixed before any rerun.
    pub why: String,
}

/// One target of the decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetReport {
    /// The target.
    pub target: Target,
    /// The verdict if this were the basis.
    pub verdict: ClaimVerdict,
    /// Its interval of the difference.
    pub difference: Option<DifferenceReport>,
}

/// A test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestReport {
    /// Its name, as `equivalence (TOST), process target`.
    pub name: String,
    /// The statistic, where it has one.
    pub statistic: Option<f64>,
    /// Degrees of freedom, where it has them.
    pub df: Option<f64>,
    /// The p-value.
    pub p_value: Option<f64>,
    /// What it is for.
    pub role: Role,
}

/// One look at the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LookReport {
    /// Runs seen.
    pub n: usize,
    /// Nominal one-sided level of this look.
    pub alpha: f64,
    /// Rerun minus reported.
    pub estimate: f64,
    /// Lower end of the interval of this look; none when unbounded.
    pub low: Option<f64>,
    /// Upper end of the interval of this look; none when unbounded.
    pub high: Option<f64>,
    /// The verdict at this look.
    pub verdict: ClaimVerdict,
}

/// How many runs in all would decide an undecided claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunsNeededReport {
    /// If mean and spread stay as they are; none when no number of runs would do.
    pub projected: Option<u64>,
    /// The same with the upper end of the spread's uncertainty.
    pub cautious: Option<u64>,
    /// For 80 % power if there is no true difference.
    pub planned: Option<u64>,
    /// A sentence that says it.
    pub text: String,
}

/// A measure that is shown and never decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasureReport {
    /// Its name.
    pub name: String,
    /// Its value as text, with its interval where it has one.
    pub text: String,
    /// Its value.
    pub value: Option<f64>,
}
