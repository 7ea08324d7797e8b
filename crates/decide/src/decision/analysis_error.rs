//! Errors of claims that cannot be decided as they are stated.

use crate::reported::NormaliseError;
use reprove_model::diagnostics::Hint;
use reprove_stats::StatsError;

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
    /// The level is out of range.
    #[error("`alpha` is `{0}`, expected a number between 0 and 0.5")]
    Alpha(f64),
    /// No look is possible.
    #[error("{min_runs} runs before the first look are more than the {max_runs} runs at most")]
    NoLook {
        /// Runs before the first look.
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
                "more runs need more seeds (`seeds.count`; those in `reported_seeds` do not count); fewer are decided by one look alone, with `sequential: false`",
            ),
            Self::Contradiction { bound: "below", .. } => {
                Some("`below` is for metrics of which more is better; less is: `above`")
            }
            Self::Contradiction { .. } => {
                Some("`above` is for metrics of which less is better; more is: `below`")
            }
            Self::Alpha(_) | Self::NoLastLook | Self::Stats(_) => None,
        };
        hint.map(str::to_owned)
    }
}
