//! The residual block: x + f(x), where f are the inner layers (He and others 2016).

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{
    AnyLayer, InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer, build_all, largest_of_all,
    shape_after,
};
use crate::nn::shape::{ShapeError, shape_text};

/// `residual: [LAYER, …]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Residual<L>(pub(crate) Vec<L>);

impl<L: AnyLayer> ReadLayer for Residual<L> {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("residual", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        written.layers().map(Self)
    }
}

impl<L: LayerOps> LayerOps for Residual<L> {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let after = shape_after(&self.0, shape).map_err(|error| error.inside("residual"))?;
        if after == shape {
            Ok(after)
        } else {
            let (from, to) = (shape_text(shape), shape_text(&after));
            Err(ShapeError::new(format!(
                "a residual block must keep the shape {from}, found {to}"
            )))
        }
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        let steps = build_all(&self.0, builder, shape.to_vec())?;
        Ok(Box::new(ResidualStep(steps)))
    }

    fn largest_tensor(&self, batch: usize, shape: &[usize], _after: &[usize]) -> usize {
        largest_of_all(&self.0, batch, shape.to_vec())
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
        trace.block("residual", &self.0);
    }

    fn properties(&self) -> Properties {
        Properties {
            has_dropout: self.0.iter().any(|layer| layer.properties().has_dropout),
            ..Properties::RAW
        }
    }
}

struct ResidualStep(Vec<Box<dyn LayerStep>>);

impl LayerStep for ResidualStep {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let inner = pass.through(&self.0, values.clone())?;
        values + inner
    }
}
