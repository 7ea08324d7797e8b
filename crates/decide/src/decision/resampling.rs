//! Observations that share training examples: folds of a cross-validation and random splits.

use reprove_model::manifest::{Claim, ObservationUnit};

use crate::sample::{RerunSummary, StandardError};

/// How observations overlap that are folds or splits of one set of examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resampling {
    /// Number of test examples over that of training examples, > 0.
    Ratio(f64),
    /// Folds of one cross-validation: 1 / (J - 1) for J of them.
    Folds,
    /// Splits of which the ratio is not stated.
    UnknownSplits,
}

impl Resampling {
    /// The overlap of a claim's observations; `None` for runs and episodes, which are independent.
    pub(super) fn of(claim: &Claim) -> Option<Self> {
        match (claim.unit, claim.test_train_ratio) {
            (ObservationUnit::Fold | ObservationUnit::Split, Some(ratio)) => {
                Some(Self::Ratio(ratio))
            }
            (ObservationUnit::Fold, None) => Some(Self::Folds),
            (ObservationUnit::Split, None) => Some(Self::UnknownSplits),
            (ObservationUnit::Run | ObservationUnit::Episode, _) => None,
        }
    }

    /// The factor of the standard error of a mean over `n` observations: the variance is
    /// s² (1/J + n_test/n_train) instead of s²/J (Nadeau and Bengio 2003, Machine Learning 52).
    pub(super) fn factor(self, n: usize) -> f64 {
        let n = n as f64;
        let ratio = match self {
            Self::Ratio(ratio) => ratio,
            Self::Folds | Self::UnknownSplits => 1.0 / (n - 1.0).max(1.0),
        };
        (1.0 + n * ratio).sqrt()
    }

    /// A summary whose standard error counts the overlap.
    pub(super) fn corrected(self, rerun: RerunSummary) -> RerunSummary {
        let second = rerun.second.as_ref().map_or(0, Vec::len);
        let factor = self.factor(rerun.first.len().max(second));
        let noise = rerun.noise.map(|noise| StandardError {
            standard_error: noise.standard_error * factor,
            ..noise
        });
        RerunSummary { noise, ..rerun }
    }
}
