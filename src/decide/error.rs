//! Errors of a decision.

use reprove_decide::decision::{AnalysisError, Vacuity};
use reprove_metrics::MetricError;
use reprove_model::diagnostics::Hint;
use reprove_stats::StatsError;

/// Error of a decision: bad input, never a bad result.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The reported value cannot be read.
    #[error("reported value `{text}`: {problem}")]
    Reported {
        /// As typed.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The tolerance cannot be read.
    #[error(
        "tolerance `{0}`: expected a number above 0, as `2`, `2%`, `0.5sd`, `below 1`, `above 1`, `digits` or `exact`"
    )]
    Tolerance(String),
    /// A tolerance with a sign.
    #[error("tolerance `{text}`: expected a width without a sign")]
    SignedTolerance {
        /// As typed.
        text: String,
        /// The tolerance with one end that it may mean, as `below 1`.
        meant: String,
    },
    /// A tolerance that says nothing about the claim.
    #[error("the tolerance {vacuity}")]
    Vacuous {
        /// Why.
        vacuity: Vacuity,
    },
    /// A best value whose form contradicts the stated direction.
    #[error("`{reported}` contradicts `--better`")]
    Direction {
        /// The reported value as typed.
        reported: String,
    },
    /// A tolerance without a reported value.
    #[error("`--tolerance` needs `--reported`, the value it is around")]
    NothingReported,
    /// The rule compares lists.
    #[error("the rule needs the reference's values, expected `--reported @FILE:COLUMN`")]
    RuleNeedsValues,
    /// Another number of runs than the rule's benchmark prescribes.
    #[error("expected the {prescribed} runs that are prescribed, found {found}")]
    PrescribedRuns {
        /// Runs that are prescribed.
        prescribed: u32,
        /// Runs of the file.
        found: usize,
    },
    /// A batch size that is no whole number above 0.
    #[error("column `batch_size`: expected a whole number above 0, found `{0}`")]
    BatchSize(f64),
    /// A file that cannot be read.
    #[error("{file}: {problem}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file whose runs cannot be read.
    #[error(transparent)]
    Runs(#[from] MetricError),
    /// Runs are to be compared seed by seed and have no seeds.
    #[error("{0}: `--paired` needs seeds, found no column `seed`")]
    NoSeeds(String),
    /// Runs are to be compared seed by seed and no seed has both.
    #[error("{of}, {minus}: `--paired` needs seeds that both have, found none")]
    NoPairs {
        /// The first file.
        of: String,
        /// The second.
        minus: String,
    },
    /// Runs of several batch sizes where one is asked.
    #[error("{file}: the column `batch_size` has several sizes: {sizes}")]
    BatchSizes {
        /// The file.
        file: String,
        /// The sizes.
        sizes: String,
    },
    /// The column of the seeds is named as that of the values.
    #[error("{0}: the column `seed` has the seeds, expected the column of the values")]
    SeedColumn(String),
    /// A batch size is asked for, and the reference has no column of them.
    #[error("{0}: found no column `batch_size`")]
    NoBatchSizes(String),
    /// Runs of another batch size than the one that is asked for.
    #[error("{file}: expected batch size {expected}, found {found}")]
    OtherBatchSize {
        /// The file.
        file: String,
        /// The batch size that is asked for.
        expected: u64,
        /// That of the runs.
        found: u64,
    },
    /// Both arms of a difference are the same rows of the same file.
    #[error("both arms are the same values of {0}")]
    SameArms(String),
    /// The claim cannot be decided as asked.
    #[error(transparent)]
    AnalysisPlan(#[from] AnalysisError),
    /// A result that JSON cannot express.
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Numbers that the statistics cannot work with.
    #[error(transparent)]
    Stats(#[from] StatsError),
}

impl Hint for DecideError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Reported { .. } => Some(
                "write `90.4`, `90.4±1.8/10`, `90.4±1.8sd/10`, `90.4±0.6se/10`, \
                 `90.4[89.1,91.7]/10`, `best 91.2/5`, `94 of 104` or `@values.csv:column`"
                    .to_owned(),
            ),
            Self::SameArms(_) => {
                Some("pick the rows of the second with `--minus-where`".to_owned())
            }
            Self::AnalysisPlan(error) => hint_of_plan(error),
            Self::Runs(error) => hint_of_runs(error),
            Self::BatchSizes { .. } => Some(
                "choose one: `--batch-size N` of the reference, `--where batch_size=N` of the runs"
                    .to_owned(),
            ),
            Self::NoSeeds(_) | Self::NoPairs { .. } => {
                Some("without `--paired` the arms are compared as independent runs".to_owned())
            }
            Self::SignedTolerance { meant, .. } => {
                Some(format!("for one side alone write `{meant}`"))
            }
            Self::Vacuous { vacuity } => vacuity
                .hint()
                .map(|hint| format!("{hint}, or decide it all the same with --even-if-vacuous")),
            Self::Tolerance(_)
            | Self::Direction { .. }
            | Self::NothingReported
            | Self::RuleNeedsValues
            | Self::PrescribedRuns { .. }
            | Self::NoBatchSizes(_)
            | Self::SeedColumn(_)
            | Self::OtherBatchSize { .. }
            | Self::BatchSize(_)
            | Self::File { .. }
            | Self::Json(_)
            | Self::Stats(_) => None,
        }
    }
}

/// The option that helps with the plan of an analysis, if one does.
fn hint_of_plan(error: &AnalysisError) -> Option<String> {
    if let AnalysisError::NoLook { min_runs, .. } = error {
        return Some(format!("state at least {min_runs} with --max-runs"));
    }
    if *error == AnalysisError::NoLastLook {
        return Some("state it with --max-runs".to_owned());
    }
    error.hint()
}

/// The option that helps with a file of runs, if one does.
fn hint_of_runs(error: &MetricError) -> Option<String> {
    match error {
        MetricError::ManyColumns {
            may_be_split: true, ..
        } => None,
        MetricError::ManyColumns { .. } => Some("choose one with `--column`".to_owned()),
        MetricError::SeedTwice { differing, .. } => Some(match differing.first() {
            Some((column, value)) => {
                format!(
                    "if these are several configurations, pick one with `--where '{column}={value}'`"
                )
            }
            None => "a run counts once: leave its repetitions out".to_owned(),
        }),
        MetricError::Unreadable { .. }
        | MetricError::Malformed { .. }
        | MetricError::Absent { .. }
        | MetricError::NoRun { .. }
        | MetricError::NoMatch { .. }
        | MetricError::Source(_)
        | MetricError::OfMetric { .. } => None,
    }
}
