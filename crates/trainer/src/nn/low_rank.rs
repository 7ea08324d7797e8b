//! The low-rank update of a linear layer (LoRA; Hu and others 2021): alpha / rank · B A x. A begins
//! uniform within ±1 / sqrt(in), as in the authors' code, and B with zeros.

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::ForwardPass;
use crate::nn::init::Initialiser;
use crate::nn::parameter::{AffineParams, PytorchLayout};
use crate::spec::initial::Distribution;
use crate::spec::read::node::RecipeNode;

/// `lora: {rank: 4, alpha: 8}` of a linear layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LowRank {
    /// The rank of the update, at least 1.
    pub(crate) rank: usize,
    /// The factor of the update, times its rank; above 0.
    pub(crate) alpha: f64,
}

/// The parameters of a low-rank update.
pub(crate) struct LowRankParams {
    /// (in, rank) and (rank, out).
    weights: [usize; 2],
    factor: f64,
}

impl LowRank {
    /// Reads the settings.
    ///
    /// # Errors
    /// Settings that are missing, unknown or out of range.
    pub(crate) fn read(settings: RecipeNode<'_>) -> Result<Self, RecipeError> {
        let fields = settings.fields(&["rank", "alpha"])?;
        Ok(Self {
            rank: fields.required("rank")?.count(1)?,
            alpha: fields
                .required("alpha")?
                .number("a number above 0", |value| value > 0.0)?,
        })
    }

    /// Adds the two matrices of the update.
    pub(crate) fn parameters(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        [fan_in, width]: [usize; 2],
    ) -> LowRankParams {
        let rank = self.rank;
        let initialiser = |distribution| Initialiser {
            distribution,
            fan_in,
            fan_out: rank,
        };
        let first = initialiser(Distribution::Pytorch);
        let second = initialiser(Distribution::Zero);
        let layout = |shape: [usize; 2]| PytorchLayout::columns(&shape);
        let weights = [
            builder.parameter("lora_a", [fan_in, rank], first, layout([rank, fan_in])),
            builder.parameter("lora_b", [rank, width], second, layout([width, rank])),
        ];
        LowRankParams {
            weights,
            factor: self.alpha / rank as f64,
        }
    }
}

impl LowRankParams {
    /// The update of a linear layer's outputs.
    pub(crate) fn forward(
        &self,
        pass: &ForwardPass<'_>,
        values: &Tensor,
    ) -> candle_core::Result<Tensor> {
        let [first, second] = self
            .weights
            .map(|weight| AffineParams { weight, bias: None });
        let product = pass.linear(second, &pass.linear(first, values)?)?;
        product * self.factor
    }
}
