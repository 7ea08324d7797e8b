//! The layer that exchanges the last two dimensions.

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::shape::{ShapeError, at_least_two};

/// `transpose`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transpose;

impl ReadLayer for Transpose {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("transpose", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        written.without_settings()?;
        Ok(Self)
    }
}

impl LayerOps for Transpose {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let last = at_least_two(shape)?.len() - 1;
        let mut shape = shape.to_vec();
        shape.swap(last - 1, last);
        Ok(shape)
    }

    fn build(
        &self,
        _builder: &mut BlueprintBuilder<'_>,
        _shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        Ok(Box::new(Self))
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

impl LayerStep for Transpose {
    fn forward(&self, _pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let last = values.rank() - 1;
        values.transpose(last - 1, last)?.contiguous()
    }
}
