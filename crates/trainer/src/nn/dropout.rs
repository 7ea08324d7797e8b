//! Dropout.

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::shape::ShapeError;
use crate::spec::read::common::below_one;

/// `dropout: 0.5`: in training each number is 0 with the probability p and else divided by (1 - p)
/// (Srivastava and others 2014); measuring changes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dropout {
    /// The probability, in [0, 1).
    pub(crate) p: f64,
}

impl ReadLayer for Dropout {
    type Form = ();

    fn names() -> Vec<(&'static str, ())> {
        vec![("dropout", ())]
    }

    fn read((): (), written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        Ok(Self {
            p: below_one(&written.settings()?)?,
        })
    }
}

impl LayerOps for Dropout {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(shape.to_vec())
    }

    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        _shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        Ok(Box::new(DropoutStep {
            name: builder.dropout(),
            p: self.p,
        }))
    }

    fn largest_tensor(&self, _batch: usize, _shape: &[usize], _after: &[usize]) -> usize {
        0
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
    }

    fn properties(&self) -> Properties {
        Properties {
            has_dropout: self.p > 0.0,
            ..Properties::RAW
        }
    }
}

struct DropoutStep {
    name: String,
    p: f64,
}

impl LayerStep for DropoutStep {
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        pass.dropout(values, &self.name, self.p)
    }
}
