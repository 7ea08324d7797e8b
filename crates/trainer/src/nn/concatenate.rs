//! The block that gives x followed by f(x) along the last dimension, where f are the inner layers. With
//! it a later layer is connected to all earlier ones.

use candle_core::{D, Tensor};

use crate::nn::block::{Block, Combination};
use crate::nn::shape::{ShapeError, shape_text};

/// `concatenate: [LAYER, …]`.
pub(crate) type Concatenate<L> = Block<L, Concatenation>;

/// Inputs followed by outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Concatenation;

impl Combination for Concatenation {
    const NAME: &'static str = "concatenate";

    fn shape(inputs: &[usize], mut outputs: Vec<usize>) -> Result<Vec<usize>, ShapeError> {
        let (last, first) = (inputs.len() - 1, inputs[inputs.len() - 1]);
        if outputs.len() != inputs.len() || outputs[..last] != inputs[..last] {
            let (from, to) = (shape_text(inputs), shape_text(&outputs));
            return Err(ShapeError::new(format!("{to} does not go behind {from}")));
        }
        outputs[last] += first;
        Ok(outputs)
    }

    fn combine(inputs: Tensor, outputs: Tensor) -> candle_core::Result<Tensor> {
        Tensor::cat(&[inputs, outputs], D::Minus1)?.contiguous()
    }
}
