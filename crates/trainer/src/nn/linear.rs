//! The linear layer: weights times inputs plus bias, along the last dimension.

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::bias::Bias;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::low_rank::{LowRank, LowRankParams};
use crate::nn::parameter::AffineParams;
use crate::nn::shape::ShapeError;

/// `linear: 128`, or `linear: {width: 128, bias: none, lora: {rank: 4, alpha: 8}}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Linear {
    /// The number of outputs, at least 1.
    pub(crate) width: usize,
    pub(crate) bias: Bias,
    /// A trained update of low rank; with it the weights and biases keep their initial values.
    pub(crate) adapter: Option<LowRank>,
}

impl ReadLayer for Linear {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("linear", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let settings = written.settings()?;
        if settings.whole().is_some() {
            return Ok(Self {
                width: settings.count(1)?,
                bias: Bias::Added,
                adapter: None,
            });
        }
        let fields = settings.fields(&["width", "bias", "lora"])?;
        Ok(Self {
            width: fields.required("width")?.count(1)?,
            bias: Bias::read(&fields)?,
            adapter: fields.optional("lora").map(LowRank::read).transpose()?,
        })
    }
}

impl LayerOps for Linear {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok([&shape[..shape.len() - 1], &[self.width][..]].concat())
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        let inputs = shape[shape.len() - 1];
        let affine =
            |builder: &mut BlueprintBuilder<'_>| builder.affine(&[self.width, inputs], self.bias);
        builder.begin_layer();
        Ok(match &self.adapter {
            None => Box::new(LinearStep(affine(builder))),
            Some(adapter) => Box::new(AdaptedStep {
                base: builder.frozen(affine),
                update: adapter.parameters(builder, [inputs, self.width]),
            }),
        })
    }

    fn largest_tensor(&self, _batch: usize, shape: &[usize], _after: &[usize]) -> usize {
        shape[shape.len() - 1] * self.width
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
    }

    fn properties(&self) -> Properties {
        Properties::RAW
    }
}

struct LinearStep(AffineParams);

impl LayerStep for LinearStep {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        pass.linear(self.0, &values)
    }
}

/// A frozen linear function plus a trained update of low rank.
struct AdaptedStep {
    base: AffineParams,
    update: LowRankParams,
}

impl LayerStep for AdaptedStep {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let update = self.update.forward(pass, &values)?;
        pass.linear(self.base, &values)? + update
    }
}
