//! What a paper claims: a quantity, the reported value in one of the forms that papers print, and
//! what would still count as the same result.

use serde::{Deserialize, Serialize};

use super::claim_source::ClaimSource;
use crate::name::{ConfigurationId, MetricName};

/// One claim of the manifest, validated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Unique within the manifest; letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// What is measured in the reruns.
    pub quantity: Quantity,
    /// What the paper printed; absent only where the criterion needs no printed value.
    pub reported: Option<Reported>,
    /// What would count as the same result.
    pub criterion: Criterion,
    /// Which direction of the metric is the better one, when the manifest says so.
    pub better: Option<Better>,
    /// What one observation is; `n` counts these.
    pub unit: ObservationUnit,
    /// Values of the metric beyond which a run counts as failed, when the manifest states one.
    pub failure: Option<FailureThreshold>,
    /// Resolution of the metric (1 / size of the test set, in the metric's unit), when known.
    // The JSON of a claim determines the seed of its bootstrap: the key keeps its older name.
    #[serde(rename = "lattice")]
    pub resolution: Option<f64>,
    /// The chance level and the range of the metric, as far as the manifest states them.
    #[serde(default, skip_serializing_if = "MetricFacts::is_empty")]
    pub facts: MetricFacts,
    /// The number of test examples divided by the number of training examples of one fold or split,
    /// > 0, when the manifest states it (Nadeau and Bengio 2003).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_train_ratio: Option<f64>,
    /// The share of runs that may fail or diverge, 0 ≤ rate < 1, when the claim states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_rate: Option<f64>,
    /// Where the reported value is printed, when the claim states it.
    // Left out of the JSON, which determines the seed of the bootstrap: a place decides nothing.
    #[serde(skip)]
    pub source: Option<ClaimSource>,
}

/// Facts of a metric that the manifest states, in the unit of the reported values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricFacts {
    /// The value that guessing gives, as 10 for an accuracy in percent over ten classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
    /// The least and the largest possible value; the first is less than the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(f64, f64)>,
}

impl MetricFacts {
    /// Whether the manifest states none.
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The quantity that a claim is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// The metric of one configuration; `None` where the manifest has no configurations.
    Metric {
        /// Name of the configuration, a row of the paper's table.
        configuration: Option<ConfigurationId>,
        /// Name of the metric.
        metric: MetricName,
    },
    /// The metric of `of` minus the metric of `minus`.
    Difference {
        /// Configuration whose value counts positively.
        of: ConfigurationId,
        /// Configuration that is subtracted.
        minus: ConfigurationId,
        /// Name of the metric.
        metric: MetricName,
        /// Whether equal seeds share randomness, as the manifest declared.
        pairing: Pairing,
    },
}

impl Quantity {
    /// The configurations whose runs it needs, each with the metric.
    pub fn arms(&self) -> Vec<(Option<&ConfigurationId>, &MetricName)> {
        match self {
            Self::Metric {
                configuration,
                metric,
            } => vec![(configuration.as_ref(), metric)],
            Self::Difference {
                of, minus, metric, ..
            } => vec![(Some(of), metric), (Some(minus), metric)],
        }
    }

    /// The name of the metric.
    pub fn metric(&self) -> &MetricName {
        match self {
            Self::Metric { metric, .. } | Self::Difference { metric, .. } => metric,
        }
    }
}

/// Whether the arms of a difference are compared seed by seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// The arms are independent samples (the default).
    Independent,
    /// A seed fixes randomness that both arms share, so that differences are taken seed by seed.
    BySeed,
}

/// The words of `unit`.
pub(super) const UNITS: [(&str, ObservationUnit); 4] = [
    ("run", ObservationUnit::Run),
    ("fold", ObservationUnit::Fold),
    ("split", ObservationUnit::Split),
    ("episode", ObservationUnit::Episode),
];

/// The words of `better`.
pub(super) const BETTER: [(&str, Better); 2] =
    [("higher", Better::Higher), ("lower", Better::Lower)];

/// A printed value with what is known of its precision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// The form in which the paper printed it.
    pub form: ReportedForm,
    /// Digits after the decimal point as printed; `None` when the value is exact
    /// (a list of values, a count of correct answers).
    pub decimals: Option<u32>,
}

/// The forms in which papers report a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedForm {
    /// A value without reported uncertainty.
    Bare {
        /// The printed value.
        value: f64,
        /// Number of runs, when said.
        runs: Option<u32>,
    },
    /// Mean and standard deviation over runs.
    Std {
        /// The printed mean.
        mean: f64,
        /// The printed standard deviation, ≥ 0.
        std: f64,
        /// Number of runs, when said.
        runs: Option<u32>,
        /// Divisor of the standard deviation: `Some(1)` for n − 1, `Some(0)` for n, `None` unknown.
        ddof: Option<u8>,
    },
    /// Mean and standard error of the mean.
    Sem {
        /// The printed mean.
        mean: f64,
        /// The printed standard error, ≥ 0.
        sem: f64,
        /// Number of runs, when said.
        runs: Option<u32>,
    },
    /// Mean and a 95 % confidence interval.
    Ci95 {
        /// The printed mean.
        mean: f64,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Number of runs, when said.
        runs: Option<u32>,
    },
    /// Mean and a `±` of which the paper does not say what it is.
    PlusMinus {
        /// The printed mean.
        mean: f64,
        /// The number after `±`, ≥ 0.
        spread: f64,
        /// Number of runs, when said.
        runs: Option<u32>,
    },
    /// The values of the single runs.
    Values(
        /// At least one finite value.
        Vec<f64>,
    ),
    /// The best of several runs.
    Best {
        /// The printed value.
        best: f64,
        /// Number of runs it was chosen from, ≥ 1.
        of: u32,
    },
    /// Median and quartiles over runs.
    Median {
        /// The printed median.
        median: f64,
        /// First and third quartile.
        quartiles: (f64, f64),
        /// Number of runs, when said.
        runs: Option<u32>,
    },
    /// Correct answers of a test set, from one run.
    Proportion {
        /// Number of correct answers.
        correct: u64,
        /// Size of the test set, ≥ 1.
        total: u64,
    },
}

impl ReportedForm {
    /// The number that the paper prints first: the mean, the median, the best, the share of correct
    /// answers in percent.
    pub fn value(&self) -> f64 {
        match self {
            Self::Bare { value, .. } => *value,
            Self::Std { mean, .. }
            | Self::Sem { mean, .. }
            | Self::Ci95 { mean, .. }
            | Self::PlusMinus { mean, .. } => *mean,
            Self::Values(values) => values.iter().sum::<f64>() / values.len() as f64,
            Self::Best { best, .. } => *best,
            Self::Median { median, .. } => *median,
            Self::Proportion { correct, total } => 100.0 * *correct as f64 / *total as f64,
        }
    }
}

impl ReportedForm {
    /// Whether the paper's values are said to have varied: a spread above 0, or values that differ.
    pub fn has_spread(&self) -> bool {
        match self {
            Self::Bare { .. } | Self::Best { .. } | Self::Proportion { .. } => false,
            Self::Std { std, .. } => *std > 0.0,
            Self::Sem { sem, .. } => *sem > 0.0,
            Self::Ci95 { low, high, .. } => low < high,
            Self::PlusMinus { spread, .. } => *spread > 0.0,
            Self::Values(values) => values.windows(2).any(|pair| pair[0] != pair[1]),
            Self::Median { quartiles, .. } => quartiles.0 < quartiles.1,
        }
    }
}

impl Reported {
    /// Half a unit of the last printed digit; 0 for exact values.
    pub fn half_unit(&self) -> f64 {
        self.decimals.map_or(0.0, |d| {
            0.5 * 10f64.powi(-i32::try_from(d).unwrap_or(i32::MAX))
        })
    }
}

/// What would count as the same result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// The rerun lies within a tolerance of the reported value.
    Within(Tolerance),
    /// The quantity is at least this large; the reported value is not compared.
    AtLeast(f64),
    /// The quantity is greater than zero: a mere ranking.
    Greater,
}

/// The largest difference that still counts as the same result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// In the metric's unit, > 0, on both sides.
    Absolute(f64),
    /// A fraction of the reported value, > 0, on both sides (`2%` is 0.02).
    Relative(f64),
    /// In units of the reported standard deviation, > 0, on both sides.
    Sd(f64),
    /// At most this far below the reported value; better by any amount is fine.
    Below(f64),
    /// At most this far above the reported value; lower by any amount is fine.
    Above(f64),
    /// The printed digits: half a unit of the last one, against the printed number.
    Digits,
    /// Every run gives exactly the reported value.
    Exact,
}

/// The better direction of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// As for an accuracy.
    Higher,
    /// As for an error.
    Lower,
}

/// What one observation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservationUnit {
    /// One training run.
    Run,
    /// One fold of a cross-validation.
    Fold,
    /// One random split into training and test examples.
    Split,
    /// One episode.
    Episode,
}

/// Values of the metric beyond which a run counts as failed rather than as a low result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureThreshold {
    /// A run below this value has failed.
    Below(f64),
    /// A run above this value has failed.
    Above(f64),
}

/// How the decision is taken: chosen before any rerun, never after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// One-sided error rate of each verdict, 0 < alpha < 0.5; default 0.05.
    pub alpha: f64,
    /// Looks after each run, or one look at the end.
    pub looks: Looks,
    /// Runs before the first look, ≥ 2.
    pub min_runs: u32,
    /// Runs at most; `None` takes all the manifest's seeds.
    pub max_runs: Option<u32>,
    /// Failed runs that are tolerated for a configuration before it cannot be evaluated.
    pub max_failed: u32,
    /// Which target the headline verdict is about.
    pub basis: Basis,
    /// Which interval decides.
    pub method: Method,
}

/// When the data are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Looks {
    /// Once, when all runs are in.
    Fixed,
    /// After each run, with an error rate that holds over all looks up to the last.
    Sequential,
    /// After each run, with no last look (confidence sequence).
    OpenEnded,
}

/// The target of the headline verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Chosen at planning: `process` where it can be decided, else `printed`.
    Auto,
    /// The true mean of the original procedure: both sides' noise counts.
    Process,
    /// The printed number as an exact target: the rerun's noise alone counts.
    Printed,
}

/// The intervals that must agree before a verdict is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Student's (or Welch's) t and the beta-weighted bootstrap-t, both.
    Both,
    /// Student's (or Welch's) t alone.
    T,
}

impl Default for Decision {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            looks: Looks::Sequential,
            min_runs: 3,
            max_runs: None,
            max_failed: 0,
            basis: Basis::Auto,
            method: Method::Both,
        }
    }
}
