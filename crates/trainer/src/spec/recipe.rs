//! The recipe as values.

use crate::spec::assumed::Assumed;
use crate::spec::data::DataPlan;
use crate::spec::evaluation::{CurvePlan, Prediction};
use crate::spec::initial::Initial;
use crate::spec::loss::Loss;
use crate::spec::metric::Metric;
use crate::spec::model::Model;
use crate::spec::pretrained::Pretrained;
use crate::spec::training::Training;

/// A recipe that was read and checked: everything that a run needs besides data and seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    pub(crate) origin: String,
    /// What the recipe is for, if it says so.
    pub(crate) title: Option<String>,
    /// The data.
    pub data: DataPlan,
    /// What is trained.
    pub(crate) model: Model,
    /// How the parameters begin.
    pub(crate) initial: Initial,
    /// Which of them begin with the tensors of a file, if some do.
    pub(crate) pretrained: Option<Pretrained>,
    /// What training makes small.
    pub(crate) loss: Loss,
    /// The training loop.
    pub(crate) training: Training,
    /// What is measured at the end, in the order written.
    pub(crate) metrics: Vec<Metric>,
    /// What stands for a prediction in them.
    pub(crate) prediction: Prediction,
    /// What is noted epoch by epoch, if something is.
    pub(crate) curve: Option<CurvePlan>,
    pub(crate) assumed: Vec<Assumed>,
}
