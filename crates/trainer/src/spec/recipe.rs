//! The recipe as values.

use crate::error::{KeyPath, RecipeError};
use crate::spec::assumed::Assumed;
use crate::spec::data::DataPlan;
use crate::spec::evaluation::{CurvePlan, Prediction};
use crate::spec::initial::Initial;
use crate::spec::loss::Loss;
use crate::spec::metric::Metric;
use crate::spec::model::Model;
use crate::spec::pretrained::Pretrained;
use crate::spec::training::Training;

/// A recipe that was read and checked: all settings of a run besides data and seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    pub(crate) origin: String,
    /// The text of the recipe, in which messages locate keys.
    pub(crate) text: String,
    /// The title, if the recipe has one.
    pub(crate) title: Option<String>,
    /// The data.
    pub data: DataPlan,
    /// The model.
    pub(crate) model: Model,
    /// The initial values of the parameters.
    pub(crate) initial: Initial,
    /// The parameters whose initial values are tensors of a file.
    pub(crate) pretrained: Option<Pretrained>,
    /// The loss, which training minimises.
    pub(crate) loss: Loss,
    /// The training loop.
    pub(crate) training: Training,
    /// The metrics of the trained network, in the order written.
    pub(crate) metrics: Vec<Metric>,
    /// The prediction that the metrics take.
    pub(crate) prediction: Prediction,
    /// The curve over the epochs, if the recipe has one.
    pub(crate) curve: Option<CurvePlan>,
    pub(crate) assumed: Vec<Assumed>,
}

impl Recipe {
    /// A key path of this recipe, for messages.
    pub(crate) fn key_path(&self, path: impl Into<String>) -> KeyPath {
        let mut key = KeyPath {
            origin: self.origin.as_str().into(),
            location: None,
            path: path.into(),
        };
        key.locate(&self.text);
        key
    }

    /// The error that the key at `path` conflicts with another key or with the data.
    pub(crate) fn conflict(
        &self,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> RecipeError {
        RecipeError::Conflict {
            at: self.key_path(path),
            message: message.into(),
        }
    }
}
