//! The losses of recipes.

/// The loss, which training minimises. `o` is an output, `t` its target (of a classifier: 1 for the row's
/// class, else 0). Each is averaged over the samples of a batch unless it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Loss {
    /// ½ Σ (o - t)², summed over outputs and over the samples of a batch
    /// (Rumelhart, Hinton and Williams 1986).
    HalfSquaredError {
        /// Errors with |t - o| below this count as 0; 0: none do.
        dead_zone: f64,
    },
    /// (o - t)², averaged over outputs too.
    MeanSquaredError {
        /// Errors with |t - o| below this count as 0; 0: none do.
        dead_zone: f64,
    },
    /// |o - t|, averaged over outputs too; its slope at 0 is 0.
    MeanAbsoluteError,
    /// ½ (o - t)² for errors up to δ and δ (|o - t| - δ/2) beyond, averaged over outputs too
    /// (Huber 1964; PyTorch's `HuberLoss`).
    Huber {
        /// δ, above 0.
        delta: f64,
    },
    /// Cross-entropy of softmax(o) against (1 - s) t + s / classes.
    CrossEntropy {
        /// A weight for each class; the average is then by the weights of the samples' classes.
        weights: Option<Vec<f64>>,
        /// The label smoothing s, in [0, 1) (Szegedy and others 2016).
        smoothing: f64,
    },
    /// -o of the sample's class, where the outputs are logarithms of probabilities.
    NegativeLogLikelihood {
        /// A weight for each class, as of cross-entropy.
        weights: Option<Vec<f64>>,
    },
    /// -(t log σ(o) + (1 - t) log(1 - σ(o))) with the logistic function σ, averaged over outputs
    /// too: the outputs are logits.
    BinaryCrossEntropy,
}

impl Loss {
    /// Whether the loss is a sum over the samples of a batch, not a mean.
    pub(crate) fn is_sum(&self) -> bool {
        match self {
            Self::HalfSquaredError { .. } => true,
            Self::MeanSquaredError { .. }
            | Self::MeanAbsoluteError
            | Self::Huber { .. }
            | Self::CrossEntropy { .. }
            | Self::NegativeLogLikelihood { .. }
            | Self::BinaryCrossEntropy => false,
        }
    }

    /// The function by which the loss reads outputs as probabilities.
    pub(crate) fn output_transform(&self) -> OutputTransform {
        match self {
            Self::CrossEntropy { .. } => OutputTransform::Softmax,
            Self::BinaryCrossEntropy => OutputTransform::Sigmoid,
            Self::NegativeLogLikelihood { .. } => OutputTransform::Exp,
            Self::HalfSquaredError { .. }
            | Self::MeanSquaredError { .. }
            | Self::MeanAbsoluteError
            | Self::Huber { .. } => OutputTransform::Identity,
        }
    }

    /// The weights of the classes, if the loss has some.
    pub(crate) fn class_weights(&self) -> Option<&[f64]> {
        match self {
            Self::CrossEntropy { weights, .. } | Self::NegativeLogLikelihood { weights } => {
                weights.as_deref()
            }
            Self::HalfSquaredError { .. }
            | Self::MeanSquaredError { .. }
            | Self::MeanAbsoluteError
            | Self::Huber { .. }
            | Self::BinaryCrossEntropy => None,
        }
    }
}

/// The function of the outputs before they are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputTransform {
    Identity,
    Softmax,
    Sigmoid,
    Exp,
}
