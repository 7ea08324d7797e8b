//! The block whose parameters keep their initial values.

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{
    AnyLayer, InputTrace, LayerOps, OutputKind, Properties, ReadLayer, WrittenLayer, build_all,
    largest_of_all, shape_after,
};
use crate::nn::shape::ShapeError;

/// `frozen: [LAYER, …]`. The running statistics of batch normalisation inside go on changing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frozen<L>(pub(crate) Vec<L>);

impl<L: AnyLayer> ReadLayer for Frozen<L> {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("frozen", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        written.layers().map(Self)
    }
}

impl<L: LayerOps> LayerOps for Frozen<L> {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        shape_after(&self.0, shape).map_err(|error| error.inside("frozen"))
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        let steps = builder.frozen(|builder| build_all(&self.0, builder, shape.to_vec()))?;
        Ok(Box::new(FrozenStep(steps)))
    }

    fn largest_tensor(&self, batch: usize, shape: &[usize], _after: &[usize]) -> usize {
        largest_of_all(&self.0, batch, shape.to_vec())
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.block("frozen", &self.0);
    }

    fn properties(&self) -> Properties {
        let last = self.0.last();
        Properties {
            has_dropout: self.0.iter().any(|layer| layer.properties().has_dropout),
            output: last.map_or(OutputKind::Raw, |layer| layer.properties().output),
        }
    }
}

struct FrozenStep(Vec<Box<dyn LayerStep>>);

impl LayerStep for FrozenStep {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        pass.through(&self.0, values)
    }
}
