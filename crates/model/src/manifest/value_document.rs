//! Reported values and tolerances as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::schema;

/// What the paper prints, in one of its forms.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = schema::reported_forms()))]
#[serde(deny_unknown_fields)]
pub(super) struct ReportedFields {
    /// The mean.
    pub mean: Option<f64>,
    /// A single value.
    pub value: Option<f64>,
    /// The standard deviation of a run.
    #[schemars(extend("minimum" = 0))]
    pub std: Option<f64>,
    /// What the standard deviation was divided by: 1 for n − 1, 0 for n.
    #[schemars(range(max = 1))]
    pub ddof: Option<u8>,
    /// The standard error of the mean.
    #[schemars(extend("minimum" = 0))]
    pub sem: Option<f64>,
    /// The 95 % interval of the mean.
    #[schemars(extend("examples" = [[88.9, 91.9]]))]
    pub ci95: Option<(f64, f64)>,
    /// A ± of unknown kind.
    #[schemars(extend("minimum" = 0))]
    pub plus_minus: Option<f64>,
    /// The number of runs.
    #[schemars(range(min = 1))]
    pub runs: Option<u32>,
    /// The value of each run.
    #[schemars(length(min = 1))]
    pub values: Option<Vec<f64>>,
    /// A column of a CSV file with the value of each run.
    pub values_csv: Option<ValuesCsv>,
    /// The best value.
    pub best: Option<f64>,
    /// The number of runs that the best was taken of.
    #[schemars(range(min = 1))]
    pub of: Option<u32>,
    /// The median.
    pub median: Option<f64>,
    /// The quartiles.
    pub iqr: Option<(f64, f64)>,
    /// Correct answers.
    pub correct: Option<u64>,
    /// All answers.
    #[schemars(range(min = 1))]
    pub total: Option<u64>,
}

/// A column of a CSV file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ValuesCsv {
    /// The file, relative to the manifest.
    #[schemars(required)]
    pub file: Option<String>,
    /// The name of the column.
    #[schemars(required)]
    pub column: Option<String>,
}

/// The largest difference that still counts as the same result, fixed before the runs. Exactly one key.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
#[serde(deny_unknown_fields)]
pub(super) struct ToleranceDoc {
    /// At most so far, on both sides, in the unit of the reported value.
    #[schemars(extend("exclusiveMinimum" = 0), example = 1.5)]
    pub absolute: Option<f64>,
    /// The same as a share of the reported value.
    pub relative: Option<Share>,
    /// The same in reported standard deviations of a run.
    #[schemars(extend("exclusiveMinimum" = 0), example = 1.0)]
    pub sd: Option<f64>,
    /// At most so far below. The other side is open.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub below: Option<f64>,
    /// At most so far above. The other side is open.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub above: Option<f64>,
    /// The reported value itself.
    #[schemars(extend("enum" = [true, null]))]
    pub exact: Option<bool>,
    /// What rounds to the printed digits.
    #[schemars(extend("enum" = [true, null]))]
    pub digits: Option<bool>,
}

/// A fraction, written as `0.02` or `2%`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share(pub f64);
