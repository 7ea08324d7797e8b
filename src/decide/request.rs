//! A request of `decide`, as typed.

use std::path::PathBuf;

use reprove_metrics::RunQuery;
use reprove_model::manifest::{Better, Decision, FailureThreshold, Pairing};
use reprove_model::name::MetricName;

/// What is to be decided.
#[derive(Debug, Clone)]
pub struct Request {
    /// The reported value as typed; not needed for a bound or a ranking.
    pub reported: Option<String>,
    /// What counts as the same result.
    pub criterion: Asked,
    /// The file of the reruns; `-` is standard input.
    pub runs: PathBuf,
    /// The file of an arm that is subtracted.
    pub minus: Option<PathBuf>,
    /// Whether equal seeds of the arms are compared.
    pub pairing: Pairing,
    /// Which values of the files are meant.
    pub query: RunQuery,
    /// The same of the file that is subtracted, where it differs.
    pub minus_filters: Option<Vec<(String, String)>>,
    /// What the values are multiplied by to be in the unit of the reported one, finite and above 0,
    /// when it is stated.
    pub scale: Option<f64>,
    /// The name of the metric, for the report.
    pub metric: MetricName,
    /// Lowest and highest value of a run, finite and in this order, when they are stated.
    pub range: Option<(f64, f64)>,
    /// The better direction.
    pub better: Option<Better>,
    /// Digits after the point as printed, where they differ from those typed.
    pub decimals: Option<u32>,
    /// Resolution of the metric.
    pub resolution: Option<f64>,
    /// Values beyond which a run counts as collapsed.
    pub failure: Option<FailureThreshold>,
    /// Whether a tolerance that nothing can fail is accepted.
    pub even_if_vacuous: bool,
    /// How the decision is taken.
    pub decision: Decision,
}

/// What counts as the same result, as typed.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Within a tolerance.
    Tolerance(String),
    /// At least this much.
    AtLeast(f64),
    /// Greater than zero, for a difference.
    Greater,
}
