//! The layer that keeps the numbers and changes the shape.

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep, full_shape};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::shape::{ShapeError, shape_text};
use crate::spec::read::common::counts;

/// `reshape: [1, 28, 28]`: the new shape of a row, of one to three dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reshape(pub(crate) Vec<usize>);

impl ReadLayer for Reshape {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("reshape", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let settings = written.settings()?;
        match counts(&settings, 1)? {
            shape if (1..=3).contains(&shape.len()) => Ok(Self(shape)),
            _ => Err(settings.unexpected("one to three whole numbers")),
        }
    }
}

impl LayerOps for Reshape {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        // Products that overflow fit no data.
        let count = self
            .0
            .iter()
            .try_fold(1_usize, |all, one| all.checked_mul(*one));
        if count == Some(shape.iter().product()) {
            Ok(self.0.clone())
        } else {
            let (from, to) = (shape_text(shape), shape_text(&self.0));
            Err(ShapeError::new(format!(
                "the numbers of {from} do not fill {to}"
            )))
        }
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

/// Gives rows this shape.
pub(crate) struct ReshapeStep(pub(crate) Vec<usize>);

impl LayerStep for ReshapeStep {
    fn forward(&self, _pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        let shape = full_shape(&values, &self.0)?;
        values.reshape(shape)
    }
}
