//! The metrics of recipes.

use std::fmt;

use crate::spec::loss::{Loss, OutputTransform};
use reprove_model::name::MetricName;

/// A quantity measured on some rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Metric {
    /// The rows.
    pub(crate) part: SplitPart,
    /// The quantity.
    pub(crate) quantity: MetricQuantity,
}

/// The rows that a metric is measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SplitPart {
    /// The training rows.
    Train,
    /// The validation rows.
    Validation,
    /// The test rows.
    Test,
}

impl SplitPart {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// The measured quantity. A row is right when the output of its class is the largest; of equal largest
/// outputs the first counts. `o` is an output, `t` its target; with a loss that has a function of
/// its own (softmax, sigmoid), `o` is what this function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetricQuantity {
    /// The right rows in percent, 0 to 100.
    Accuracy,
    /// The wrong rows in percent, 0 to 100.
    Error,
    /// The number of right rows.
    Correct,
    /// The rows whose class is among the five largest outputs, in percent, 0 to 100.
    Top5,
    /// The mean over classes of 2 TP / (2 TP + FP + FN), 0 to 1; 0 for a class that neither occurs
    /// nor is chosen.
    F1,
    /// The area under the receiver operating characteristic, 0 to 1, of two classes ordered by the
    /// second output minus the first; equal rows count half. Undefined when a class has no row.
    Auc,
    /// Matthews' correlation for any number of classes (Gorodkin 2004), -1 to 1; 0 when all rows
    /// have, or are given, one class.
    Mcc,
    /// The mean logarithm of the probability of a row's class.
    LogLikelihood,
    /// The mean over rows of the logarithm of the predictive density of a row's targets, of the T
    /// passes of Monte Carlo dropout with normal noise of precision τ:
    /// log mean exp(-τ/2 Σ (o - t)²) + D/2 log(τ / 2π) for D targets (Gal and Ghahramani 2016,
    /// equation 8).
    GaussianLogLikelihood,
    /// (o - t)² averaged over outputs and rows, without any dead zone.
    Mse,
    /// The root of that.
    Rmse,
    /// |o - t| averaged over outputs and rows.
    Mae,
    /// 1 - Σ (o - t)² / Σ (t - mean t)², averaged over outputs. Undefined for constant targets.
    R2,
    /// 100 / (N P) Σ (o - t)² over N outputs and P rows (Prechelt 1994, outputs from 0 to 1).
    SquaredErrorPercentage,
}

impl MetricQuantity {
    /// Whether it can only be measured on classes.
    pub(crate) fn needs_classes(self) -> bool {
        !matches!(
            self,
            Self::Mse
                | Self::Rmse
                | Self::Mae
                | Self::R2
                | Self::SquaredErrorPercentage
                | Self::GaussianLogLikelihood
        )
    }

    /// Whether it can be measured after training with this loss.
    pub(crate) fn goes_with(self, loss: &Loss) -> bool {
        match self {
            Self::LogLikelihood => {
                matches!(
                    loss.output_transform(),
                    OutputTransform::Softmax | OutputTransform::Exp
                )
            }
            Self::GaussianLogLikelihood => loss.output_transform() == OutputTransform::Identity,
            Self::Accuracy
            | Self::Error
            | Self::Correct
            | Self::Top5
            | Self::F1
            | Self::Auc
            | Self::Mcc
            | Self::Mse
            | Self::Rmse
            | Self::Mae
            | Self::R2
            | Self::SquaredErrorPercentage => true,
        }
    }
}

/// The table of all metrics out of the names of the quantities.
macro_rules! table {
    ($($name:literal => $quantity:ident,)*) => {
        /// Every metric with its name in recipes and manifests.
        pub(crate) const TABLE: &'static [(&'static str, Metric)] = &[
            $((concat!("train_", $name), Self::new(SplitPart::Train, MetricQuantity::$quantity)),)*
            $((concat!("validation_", $name), Self::new(SplitPart::Validation, MetricQuantity::$quantity)),)*
            $((concat!("test_", $name), Self::new(SplitPart::Test, MetricQuantity::$quantity)),)*
        ];
    };
}

impl Metric {
    /// The name in claims and records, as `test_accuracy`.
    pub(crate) fn metric_name(&self) -> MetricName {
        self.to_string().into()
    }

    table! {
        "accuracy" => Accuracy,
        "error" => Error,
        "correct" => Correct,
        "top5_accuracy" => Top5,
        "f1" => F1,
        "auc" => Auc,
        "mcc" => Mcc,
        "log_likelihood" => LogLikelihood,
        "gaussian_log_likelihood" => GaussianLogLikelihood,
        "mse" => Mse,
        "rmse" => Rmse,
        "mae" => Mae,
        "r2" => R2,
        "squared_error_percentage" => SquaredErrorPercentage,
    }

    const fn new(part: SplitPart, quantity: MetricQuantity) -> Self {
        Self { part, quantity }
    }

    /// The metrics of a recipe that names none.
    pub(crate) fn usual(classes: bool) -> Vec<Metric> {
        use MetricQuantity::{Accuracy, Correct, Error, Mae, Mse, R2, Rmse};
        let quantities: &[MetricQuantity] = if classes {
            &[Accuracy, Error, Correct, Mse]
        } else {
            &[Mse, Rmse, Mae, R2]
        };
        let parts = [SplitPart::Train, SplitPart::Test].into_iter();
        parts
            .flat_map(|part| {
                quantities
                    .iter()
                    .map(move |&quantity| Self::new(part, quantity))
            })
            .collect()
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::TABLE.iter().find(|(_, metric)| metric == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}
