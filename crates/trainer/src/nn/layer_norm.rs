//! Layer normalisation (Ba, Kiros and Hinton 2016): minus mean, by standard deviation (divisor n) along
//! the last dimension, then a trained factor and summand for each of its places.

use candle_core::{D, Tensor};

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::normalisation::{moments, normalisation_parameters, standardise};
use crate::nn::shape::ShapeError;
use crate::spec::read::common::epsilon;

/// `layer-norm`, or `layer-norm: {epsilon: 1e-5}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LayerNorm {
    /// The summand of the variance, above 0.
    pub(crate) epsilon: f64,
}

impl ReadLayer for LayerNorm {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("layer-norm", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let settings = written.settings_or_defaults();
        Ok(Self {
            epsilon: epsilon(&settings.fields(&["epsilon"])?, 1e-5)?,
        })
    }
}

impl LayerOps for LayerNorm {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(shape.to_vec())
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        Ok(Box::new(LayerNormStep {
            affine: normalisation_parameters(builder, 1, shape[shape.len() - 1]),
            epsilon: self.epsilon,
        }))
    }

    fn largest_tensor(&self, _batch: usize, _shape: &[usize], _after: &[usize]) -> usize {
        0
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
    }

    fn properties(&self) -> Properties {
        Properties::RAW
    }
}

struct LayerNormStep {
    /// The factor and the summand.
    affine: [usize; 2],
    epsilon: f64,
}

impl LayerStep for LayerNormStep {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let (seeds, width) = (values.dim(0)?, values.dim(D::Minus1)?);
        let (rows, shape) = (values.reshape((seeds, (), width))?, values.shape());
        let (mean, variance) = moments(&rows)?;
        let scaled = standardise(&rows, &mean, &variance, self.epsilon)?;
        pass.scale_and_shift(&scaled, self.affine)?.reshape(shape)
    }
}
