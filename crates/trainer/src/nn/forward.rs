//! The forward pass of a network.

use candle_core::{D, Device, Result, Tensor};

use crate::nn::ops::affine::{affine, bias_or_zero};
use crate::nn::parameter::{AffineParams, Parameter, ParameterRole};
use crate::random::{Purpose, Stream};

/// The forward pass of one layer; parameters and statistics by index.
pub(crate) trait LayerStep {
    /// The outputs (seeds, rows, …) for inputs (seeds, rows, …).
    ///
    /// # Errors
    /// A tensor operation that fails.
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> Result<Tensor>;
}

/// The mode of a forward pass.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode<'p> {
    /// An update of these seeds, of this number from 1.
    Training { seeds: &'p [u64], update: usize },
    /// Measuring: no randomness, no statistics of the batch.
    Measuring,
    /// Measuring with dropout: a draw of this name, of this seed.
    Sampling { seed: u64, draw: &'p str },
}

/// One pass through a network.
pub(crate) struct ForwardPass<'f> {
    pub(crate) parameters: &'f [Parameter],
    /// The running means and variances of batch normalisation, each (seeds, channels, 1).
    pub(crate) statistics: &'f mut [[Tensor; 2]],
    pub(crate) mode: Mode<'f>,
}

impl ForwardPass<'_> {
    /// Applies steps one after another.
    pub(crate) fn through(
        &mut self,
        steps: &[Box<dyn LayerStep>],
        mut values: Tensor,
    ) -> Result<Tensor> {
        for step in steps {
            values = step.forward(self, values)?;
        }
        Ok(values)
    }

    /// A parameter; a frozen one is not part of the graph.
    pub(crate) fn parameter(&self, index: usize) -> Tensor {
        let Parameter { variable, role, .. } = &self.parameters[index];
        match role {
            ParameterRole::Trained => variable.as_tensor().clone(),
            ParameterRole::Frozen => variable.as_detached_tensor(),
        }
    }

    /// An affine function along the last dimension.
    pub(crate) fn linear(&self, function: AffineParams, values: &Tensor) -> Result<Tensor> {
        let mut shape = values.dims().to_vec();
        let (seeds, width) = (values.dim(0)?, values.dim(D::Minus1)?);
        let sums = self.affine(function, &values.reshape((seeds, (), width))?)?;
        if shape.len() == 3 {
            return Ok(sums);
        }
        shape.pop();
        shape.push(sums.dim(2)?);
        sums.reshape(shape)
    }

    /// An affine function of (seeds, rows, in).
    pub(crate) fn affine(&self, function: AffineParams, inputs: &Tensor) -> Result<Tensor> {
        let weight = self.parameter(function.weight);
        let bias = function.bias.map(|bias| self.parameter(bias));
        affine(inputs, &weight, &bias_or_zero(bias.as_ref(), &weight)?)
    }

    /// The numbers times a parameter, plus a parameter.
    pub(crate) fn scale_and_shift(
        &self,
        values: &Tensor,
        [factor, summand]: [usize; 2],
    ) -> Result<Tensor> {
        values
            .broadcast_mul(&self.parameter(factor))?
            .broadcast_add(&self.parameter(summand))
    }

    /// The numbers after dropout of this name, which works in training and sampling.
    pub(crate) fn dropout(&self, values: Tensor, name: &str, p: f64) -> Result<Tensor> {
        let mask = match self.mode {
            Mode::Measuring => return Ok(values),
            Mode::Training { seeds, update } => {
                let stream =
                    |seed| Stream::new(seed, Purpose::Dropout, &format!("{name} {update}"));
                mask(&values, seeds.iter().copied().map(stream), p)?
            }
            Mode::Sampling { seed, draw } => {
                let stream = Stream::new(seed, Purpose::Sampling, &format!("{name} {draw}"));
                mask(&values, [stream].into_iter(), p)?
            }
        };
        values * mask
    }
}

/// 0 with the probability `p`, else 1 / (1 - p), for each number; each seed has its stream.
pub(crate) fn mask(
    values: &Tensor,
    streams: impl ExactSizeIterator<Item = Stream>,
    p: f64,
) -> Result<Tensor> {
    let count = values.elem_count() / streams.len();
    let kept = 1.0 / (1.0 - p);
    let mut mask = Vec::with_capacity(values.elem_count());
    for mut stream in streams {
        let factor = || if stream.unit() < p { 0.0 } else { kept };
        mask.extend(std::iter::repeat_with(factor).take(count));
    }
    let mask = Tensor::from_vec(mask, values.shape(), &Device::Cpu)?;
    mask.to_dtype(values.dtype())?.to_device(values.device())
}

/// The full shape (seeds, rows, …) of numbers whose rows have this shape.
pub(crate) fn full_shape(values: &Tensor, row: &[usize]) -> Result<Vec<usize>> {
    Ok([&[values.dim(0)?, values.dim(1)?][..], row].concat())
}
