//! The state of one seed while its group trains.

use std::rc::Rc;

use crate::nn::network::NeuralNetwork;
use crate::spec::evaluation::CurvePlan;
use crate::spec::metric::Metric;
use crate::train::stopping::ValidationHistory;
use reprove_model::record::Curve;

/// The state of one seed while its group trains.
#[derive(Clone, Default)]
pub(crate) struct SeedState {
    /// The epoch after which a parameter was not finite.
    pub(crate) diverged: Option<usize>,
    /// Whether its training has stopped; the others of its group may go on.
    pub(crate) stopped: bool,
    /// The errors that the stopping rule looks at.
    pub(crate) history: ValidationHistory,
    /// The network to measure, when it is not that of the end.
    pub(crate) kept: Option<Rc<NeuralNetwork>>,
    /// The curve so far, if the recipe has one.
    pub(crate) curve: Option<Curve>,
}

impl SeedState {
    /// A seed before its first epoch.
    pub(crate) fn new(curve: Option<Curve>) -> Self {
        Self {
            curve,
            ..Self::default()
        }
    }

    /// Whether its training has ended.
    pub(crate) fn is_settled(&self) -> bool {
        self.stopped || self.diverged.is_some()
    }
}

/// A curve of these metrics without points.
pub(crate) fn empty_curve(plan: &CurvePlan) -> Curve {
    let names = plan.metrics.iter().map(Metric::metric_name);
    Curve {
        epochs: Vec::new(),
        training_loss: Vec::new(),
        metrics: names.map(|name| (name, Vec::new())).collect(),
    }
}
