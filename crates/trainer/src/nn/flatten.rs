//! The layer that makes one dimension of all.

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::LayerStep;
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::reshape::ReshapeStep;
use crate::nn::shape::ShapeError;

/// `flatten`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flatten;

impl ReadLayer for Flatten {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("flatten", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        written.without_settings()?;
        Ok(Self)
    }
}

impl LayerOps for Flatten {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(vec![shape.iter().product()])
    }

    fn build(
        &self,
        _builder: &mut BlueprintBuilder<'_>,
        _shape: &[usize],
        after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        Ok(Box::new(ReshapeStep(after.to_vec())))
    }

    fn largest_tensor(&self, _batch: usize, _shape: &[usize], _after: &[usize]) -> usize {
        0
    }

    /// The numbers stay as they are.
    fn trace(&self, _trace: &mut InputTrace) {}

    fn properties(&self) -> Properties {
        Properties::RAW
    }
}
