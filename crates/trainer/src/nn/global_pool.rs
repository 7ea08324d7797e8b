//! Global pooling: one number of each channel.

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::LayerStep;
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::pool::{PoolStep, Pooling};
use crate::nn::shape::{ShapeError, shape_text};
use crate::nn::window::Window;

/// `global-avg-pool` or `global-max-pool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GlobalPool(pub(crate) Pooling);

impl ReadLayer for GlobalPool {
    type Form = Pooling;

    fn names() -> Vec<(&'static str, Pooling)> {
        vec![
            ("global-avg-pool", Pooling::Mean),
            ("global-max-pool", Pooling::Max),
        ]
    }

    fn read(kind: Pooling, written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        written.without_settings()?;
        Ok(Self(kind))
    }
}

impl LayerOps for GlobalPool {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        if shape.len() < 2 {
            return Err(ShapeError::new(format!(
                "expected channels and at least one more dimension, found {}",
                shape_text(shape)
            )));
        }
        Ok(vec![shape[0]])
    }

    fn build(
        &self,
        _builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        let axes = shape.len() - 1;
        let all = Window {
            size: shape[1..].to_vec(),
            stride: vec![1; axes],
            padding: vec![0; axes],
            dilation: vec![1; axes],
        };
        Ok(Box::new(PoolStep::new(self.0, &all, shape, after)))
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
