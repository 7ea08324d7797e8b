//! The residual block: x + f(x), where f are the inner layers (He and others 2016).

use candle_core::Tensor;

use crate::nn::block::{Block, Combination};
use crate::nn::shape::{ShapeError, shape_text};

/// `residual: [LAYER, …]`.
pub(crate) type Residual<L> = Block<L, Sum>;

/// The sum of inputs and outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sum;

impl Combination for Sum {
    const NAME: &'static str = "residual";

    fn shape(inputs: &[usize], outputs: Vec<usize>) -> Result<Vec<usize>, ShapeError> {
        if outputs == inputs {
            Ok(outputs)
        } else {
            let (from, to) = (shape_text(inputs), shape_text(&outputs));
            Err(ShapeError::new(format!(
                "a residual block must keep the shape {from}, found {to}"
            )))
        }
    }

    fn combine(inputs: Tensor, outputs: Tensor) -> candle_core::Result<Tensor> {
        inputs + outputs
    }
}
