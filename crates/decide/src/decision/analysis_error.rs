//! Errors of claims that cannot be decided as they are stated.

use crate::reported::NormaliseError;
use reprove_model::diagnostics::Hint;
use reprove_stats::StatsError;

/// The largest magnitude of a number whose sums and differences can all be represented.
const LARGEST: f64 = 1e300;

/// Refuses numbers beyond those that can be computed with.
///
/// # Errors
/// The first that is too large.
pub(crate) fn refuse_too_large(
    numbers: impl IntoIterator<Item = f64>,
) -> Result<(), AnalysisError> {
    let mut numbers = numbers.into_iter();
    match numbers.find(|number| number.is_finite() && number.abs() > LARGEST) {
        Some(number) => Err(AnalysisError::TooLarge(number)),
        None => Ok(()),
    }
}

/// Why a claim cannot be locked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AnalysisError {
    /// The printed value or its tolerance is no number.
    #[error(transparent)]
    Normalise(#[from] NormaliseError),
    /// The tolerance is finer than the print, for the target that counts rounding.
    #[error("tolerance `{tolerance}` is finer than the print, expected more than `{half_unit}`")]
    FinerThanPrint {
        /// The tolerance.
        tolerance: f64,
        /// Half a unit of the last printed digit.
        half_unit: f64,
    },
    /// A reported value that the metric cannot take.
    #[error("expected a reported value in the metric's range of {low} to {high}, found {value}")]
    BeyondRange {
        /// The reported value.
        value: f64,
        /// Lowest value that the metric can take.
        low: f64,
        /// Highest value.
        high: f64,
    },
    /// A number whose square cannot be represented, however it is scaled.
    #[error("expected numbers of at most {LARGEST:e}, found {0:e}")]
    TooLarge(f64),
    /// The level is out of range.
    #[error("`alpha` is `{0}`, expected a number between 0 and 0.5")]
    Alpha(f64),
    /// No look is possible.
    #[error("a verdict needs at least {min_runs} runs, found {max_runs} at most")]
    NoLook {
        /// Runs at least.
        min_runs: u32,
        /// Runs at most.
        max_runs: u32,
    },
    /// A tolerance with one end on the side that is stated as better.
    #[error(
        "a tolerance with a bound {bound} the reported value contradicts that {better} is better"
    )]
    Contradiction {
        /// The side of the bound: `below` or `above`.
        bound: &'static str,
        /// The better direction: `lower` or `higher`.
        better: &'static str,
    },
    /// A look after each run, with no number of runs at most.
    #[error("looks after each run need the number of runs at most, found none")]
    NoLastLook,
    /// Numbers that the statistics cannot work with.
    #[error(transparent)]
    Stats(#[from] StatsError),
}

impl Hint for AnalysisError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Normalise(error) => return error.hint(),
            Self::FinerThanPrint { .. } => Some("choose the basis `printed`, or a wider tolerance"),
            Self::NoLook { .. } => Some(
                "more runs need more seeds (`seeds.count`; those in `reported_seeds` do not count); with `sequential: false` fewer are run, and give no verdict on a mean",
            ),
            Self::Contradiction { bound: "below", .. } => {
                Some("`below` is for metrics of which more is better; less is: `above`")
            }
            Self::Contradiction { .. } => {
                Some("`above` is for metrics of which less is better; more is: `below`")
            }
            Self::TooLarge(_) => Some("write the value of a run that diverged as `inf`"),
            Self::BeyondRange { .. } | Self::Alpha(_) | Self::NoLastLook | Self::Stats(_) => None,
        };
        hint.map(str::to_owned)
    }
}
