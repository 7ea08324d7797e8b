//! The layer that selects one step of a sequence.

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::shape::{ShapeError, at_least_two};

/// `step: last`: the step of the first dimension that is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SequenceEnd {
    First,
    Last,
}

impl ReadLayer for SequenceEnd {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("step", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let names = [("first", Self::First), ("last", Self::Last)];
        written.settings()?.named("step", &names)
    }
}

impl LayerOps for SequenceEnd {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(at_least_two(shape)?[1..].to_vec())
    }

    fn build(
        &self,
        _builder: &mut BlueprintBuilder<'_>,
        _shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        Ok(Box::new(*self))
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

impl LayerStep for SequenceEnd {
    fn forward(&self, _pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let position = match self {
            Self::First => 0,
            Self::Last => values.dim(2)? - 1,
        };
        values.narrow(2, position, 1)?.squeeze(2)?.contiguous()
    }
}
