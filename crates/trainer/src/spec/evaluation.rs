//! The predictions and curves of a recipe.

use crate::spec::metric::Metric;

/// The prediction of a network that the metrics take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Prediction {
    /// One pass without dropout.
    OnePass,
    /// The mean of the outputs, as the metrics read them, of passes with dropout at work (Gal and
    /// Ghahramani 2016), each drawn anew for each row.
    MonteCarloDropout {
        /// The number T of passes, at least 1.
        passes: usize,
        /// The precision τ of the noise of a target, above 0; only for `gaussian_log_likelihood`.
        precision: Option<f64>,
    },
}

/// The curve of a training run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CurvePlan {
    /// The epochs from one point to the next, at least 1; the last epoch has a point in any case.
    pub(crate) every: usize,
    /// The metrics besides the training loss, each of one pass without dropout.
    pub(crate) metrics: Vec<Metric>,
}
