//! What each step does to the numbers that flow through a network.

use candle_core::{D, DType, Device, Result, Tensor};

use crate::nn::activation::activate;
use crate::nn::blueprint::{Affine, Role, Step};
use crate::nn::layer::Pooling;
use crate::nn::network::{Mode, Parameter};
use crate::nn::ops::affine::{affine, bias_or_zero};
use crate::nn::ops::convolution::convolution;
use crate::nn::sequence::End;
use crate::random::{Purpose, Stream};

/// Numbers on their way through a network.
pub(crate) struct ForwardPass<'f> {
    pub(crate) parameters: &'f [Parameter],
    pub(crate) statistics: &'f mut [[Tensor; 2]],
    pub(crate) mode: Mode<'f>,
}

impl ForwardPass<'_> {
    pub(crate) fn through(&mut self, steps: &[Step], mut values: Tensor) -> Result<Tensor> {
        for step in steps {
            values = self.step(step, values)?;
        }
        Ok(values)
    }

    fn step(&mut self, step: &Step, values: Tensor) -> Result<Tensor> {
        let (seeds, rows) = (values.dim(0)?, values.dim(1)?);
        let full = |shape: &[usize]| [&[seeds, rows][..], shape].concat();
        match step {
            Step::Linear(linear) => self.linear(*linear, &values),
            Step::LowRank {
                base,
                product: [first, second],
                factor,
            } => {
                let [first, second] = [*first, *second].map(|weight| Affine { weight, bias: None });
                let product = self.linear(second, &self.linear(first, &values)?)?;
                self.linear(*base, &values)? + (product * *factor)?
            }
            Step::Embedding(table) => self.embedded(*table, &values),
            Step::Recurrent(recurrence) => self.recurrent(recurrence, &values),
            Step::Attention(heads) => self.attention(heads, &values),
            Step::AddLearned(places) => {
                let places = self.parameter(*places).unsqueeze(1)?;
                values.broadcast_add(&places)
            }
            Step::AddFixed {
                values: waves,
                shape,
            } => {
                let waves = Tensor::from_slice(waves, shape.as_slice(), &Device::Cpu)?;
                let waves = waves.to_dtype(values.dtype())?.to_device(values.device())?;
                values.broadcast_add(&waves)
            }
            Step::Transpose => {
                let last = values.rank() - 1;
                values.transpose(last - 1, last)?.contiguous()
            }
            Step::OneOf(end) => {
                let place = match end {
                    End::First => 0,
                    End::Last => values.dim(2)? - 1,
                };
                values.narrow(2, place, 1)?.squeeze(2)?.contiguous()
            }
            Step::Convolution {
                kernel,
                windows,
                shape,
            } => {
                let weight = self.parameter(kernel.weight);
                let bias = kernel.bias.map(|bias| self.parameter(bias));
                let values = values.reshape((seeds, rows, ()))?;
                convolution(&values, &weight, bias.as_ref(), windows)?.reshape(full(shape))
            }
            Step::Pool {
                kind,
                windows,
                shape,
            } => {
                let values = values.reshape((seeds * rows, ()))?;
                let pooled = match kind {
                    Pooling::Max => windows.largest(&values)?,
                    Pooling::Mean => {
                        let each = (seeds * rows, windows.count(), windows.size());
                        windows.gather(&values)?.reshape(each)?.mean(D::Minus1)?
                    }
                };
                pooled.reshape(full(shape))
            }
            Step::BatchNorm {
                affine,
                statistics,
                epsilon,
                momentum,
            } => self.batch_norm(&values, *affine, *statistics, *epsilon, *momentum),
            Step::LayerNorm { affine, epsilon } => {
                let width = values.dim(D::Minus1)?;
                let (rows, shape) = (values.reshape((seeds, (), width))?, values.shape());
                let (mean, variance) = moments(&rows)?;
                let scaled = scale(&rows, &mean, &variance, *epsilon)?;
                self.factor_and_summand(&scaled, *affine)?.reshape(shape)
            }
            Step::Dropout { name, p } => self.dropped(values, name, *p),
            Step::Reshape(shape) => values.reshape(full(shape)),
            Step::Activation(activation) => activate(*activation, &values),
            Step::Residual(steps) => {
                let inner = self.through(steps, values.clone())?;
                values + inner
            }
            Step::Concatenate(steps) => {
                let inner = self.through(steps, values.clone())?;
                Tensor::cat(&[values, inner], D::Minus1)?.contiguous()
            }
            Step::All(steps) => self.through(steps, values),
        }
    }

    /// A parameter; a frozen one is no part of the graph.
    pub(crate) fn parameter(&self, index: usize) -> Tensor {
        let Parameter { variable, role, .. } = &self.parameters[index];
        match role {
            Role::Trained => variable.as_tensor().clone(),
            Role::Frozen => variable.as_detached_tensor(),
        }
    }

    /// An affine function along the last dimension.
    fn linear(&self, function: Affine, values: &Tensor) -> Result<Tensor> {
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

    /// Each index (seeds, rows, …) as its list (seeds, rows, …, width) of the table.
    fn embedded(&self, table: usize, indices: &Tensor) -> Result<Tensor> {
        let table = self.parameter(table);
        let (seeds, count, width) = table.dims3()?;
        let first: Vec<u32> = (0..seeds).map(|seed| (seed * count) as u32).collect();
        let first = Tensor::from_vec(first, (seeds, 1), indices.device())?;
        let at = indices.to_dtype(DType::U32)?.reshape((seeds, ()))?;
        let at = at.broadcast_add(&first)?.flatten_all()?;
        let lists = table
            .reshape((seeds * count, width))?
            .index_select(&at, 0)?;
        lists.reshape([indices.dims(), &[width]].concat())
    }

    /// The numbers with some left out, where dropout is at work.
    pub(crate) fn dropped(&self, values: Tensor, name: &str, share: f64) -> Result<Tensor> {
        let mask = match self.mode {
            Mode::Measuring => return Ok(values),
            Mode::Training { seeds, update } => {
                let stream =
                    |seed| Stream::new(seed, Purpose::Dropout, &format!("{name} {update}"));
                mask(&values, seeds.iter().copied().map(stream), share)?
            }
            Mode::Sampling { seed, draw } => {
                let stream = Stream::new(seed, Purpose::Sampling, &format!("{name} {draw}"));
                mask(&values, [stream].into_iter(), share)?
            }
        };
        values * mask
    }

    /// An affine function of (seeds, rows, in).
    pub(crate) fn affine(&self, function: Affine, inputs: &Tensor) -> Result<Tensor> {
        let weight = self.parameter(function.weight);
        let bias = function.bias.map(|bias| self.parameter(bias));
        affine(inputs, &weight, &bias_or_zero(bias.as_ref(), &weight)?)
    }

    fn factor_and_summand(&self, values: &Tensor, [factor, summand]: [usize; 2]) -> Result<Tensor> {
        values
            .broadcast_mul(&self.parameter(factor))?
            .broadcast_add(&self.parameter(summand))
    }

    fn batch_norm(
        &mut self,
        values: &Tensor,
        affine: [usize; 2],
        statistics: usize,
        epsilon: f64,
        momentum: f64,
    ) -> Result<Tensor> {
        let shape = values.shape();
        let (seeds, rows, channels) = (values.dim(0)?, values.dim(1)?, values.dim(2)?);
        // (seeds, channels, rows · places), so that each channel's numbers lie in one stretch.
        let by_channel = values.reshape((seeds, rows, channels, ()))?;
        let places = by_channel.dim(3)?;
        let by_channel = by_channel.transpose(1, 2)?.contiguous()?;
        let by_channel = by_channel.reshape((seeds, channels, rows * places))?;
        let [running_mean, running_variance] = &mut self.statistics[statistics];
        let scaled = match self.mode {
            Mode::Measuring | Mode::Sampling { .. } => {
                scale(&by_channel, running_mean, running_variance, epsilon)?
            }
            Mode::Training { .. } => {
                let (mean, variance) = moments(&by_channel)?;
                let count = (rows * places) as f64;
                let unbiased = (variance.detach() * (count / (count - 1.0).max(1.0)))?;
                let mix =
                    |old: &Tensor, new: &Tensor| (old * (1.0 - momentum))? + (new * momentum)?;
                *running_mean = mix(running_mean, &mean.detach())?;
                *running_variance = mix(running_variance, &unbiased)?;
                scale(&by_channel, &mean, &variance, epsilon)?
            }
        };
        let scaled = self.factor_and_summand(&scaled, affine)?;
        let scaled = scaled.reshape((seeds, channels, rows, places))?;
        scaled.transpose(1, 2)?.contiguous()?.reshape(shape)
    }
}

/// Mean and variance (divisor n) along the last dimension.
fn moments(values: &Tensor) -> Result<(Tensor, Tensor)> {
    let mean = values.mean_keepdim(D::Minus1)?;
    let variance = values
        .broadcast_sub(&mean)?
        .sqr()?
        .mean_keepdim(D::Minus1)?;
    Ok((mean, variance))
}

/// Minus mean, by √(variance + ε).
fn scale(values: &Tensor, mean: &Tensor, variance: &Tensor, epsilon: f64) -> Result<Tensor> {
    values
        .broadcast_sub(mean)?
        .broadcast_div(&(variance + epsilon)?.sqrt()?)
}

/// (seeds, rows, in) · (seeds, in, out).
pub(crate) fn without_bias(inputs: &Tensor, weight: &Tensor) -> Result<Tensor> {
    affine(inputs, weight, &bias_or_zero(None, weight)?)
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
