//! The block that gives x followed by f(x) along the last dimension, where f are the inner layers. With
//! it a later layer is connected to all earlier ones.

use candle_core::{D, Tensor};

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{
    AnyLayer, InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer, build_all, largest_of_all,
    shape_after,
};
use crate::nn::shape::{ShapeError, shape_text};

/// `concatenate: [LAYER, …]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Concatenate<L>(pub(crate) Vec<L>);

impl<L: AnyLayer> ReadLayer for Concatenate<L> {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("concatenate", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        written.layers().map(Self)
    }
}

impl<L: LayerOps> LayerOps for Concatenate<L> {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let mut after = shape_after(&self.0, shape).map_err(|error| error.inside("concatenate"))?;
        let (last, first) = (shape.len() - 1, shape[shape.len() - 1]);
        if after.len() != shape.len() || after[..last] != shape[..last] {
            let (from, to) = (shape_text(shape), shape_text(&after));
            return Err(ShapeError::new(format!("{to} does not go behind {from}")));
        }
        after[last] += first;
        Ok(after)
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        let steps = build_all(&self.0, builder, shape.to_vec())?;
        Ok(Box::new(ConcatenateStep(steps)))
    }

    fn largest_tensor(&self, batch: usize, shape: &[usize], _after: &[usize]) -> usize {
        largest_of_all(&self.0, batch, shape.to_vec())
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
        trace.block("concatenate", &self.0);
    }

    fn properties(&self) -> Properties {
        Properties {
            has_dropout: self.0.iter().any(|layer| layer.properties().has_dropout),
            ..Properties::RAW
        }
    }
}

struct ConcatenateStep(Vec<Box<dyn LayerStep>>);

impl LayerStep for ConcatenateStep {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let inner = pass.through(&self.0, values.clone())?;
        Tensor::cat(&[values, inner], D::Minus1)?.contiguous()
    }
}
