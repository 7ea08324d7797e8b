//! What each step does to the numbers that flow through a network.

use candle_core::{D, Device, Result, Tensor};

use super::super::activation::activate;
use super::super::affine::affine;
use super::super::layer::Pooling;
use super::super::random::{Purpose, Stream};
use super::construction::Step;
use super::{Parameter, Pass};

/// Numbers on their way through a network.
pub(super) struct Flow<'f> {
    pub(super) parameters: &'f [Parameter],
    pub(super) statistics: &'f mut [[Tensor; 2]],
    pub(super) pass: Pass<'f>,
}

impl Flow<'_> {
    pub(super) fn through(&mut self, steps: &[Step], mut values: Tensor) -> Result<Tensor> {
        for step in steps {
            values = self.step(step, values)?;
        }
        Ok(values)
    }

    fn step(&mut self, step: &Step, values: Tensor) -> Result<Tensor> {
        let (seeds, rows) = (values.dim(0)?, values.dim(1)?);
        let full = |shape: &[usize]| [&[seeds, rows][..], shape].concat();
        match step {
            Step::Linear { weight, bias } => {
                let mut shape = values.dims().to_vec();
                let width = values.dim(D::Minus1)?;
                let sums = self.affine(&values.reshape((seeds, (), width))?, *weight, *bias)?;
                if shape.len() == 3 {
                    return Ok(sums);
                }
                shape.pop();
                shape.push(sums.dim(2)?);
                sums.reshape(shape)
            }
            Step::Convolution {
                weight,
                bias,
                windows,
                shape,
            } => {
                let taken = windows.take(&values.reshape((seeds * rows, ()))?)?;
                let taken = taken.reshape((seeds, rows * windows.count(), windows.size()))?;
                let sums = self.affine(&taken, *weight, *bias)?;
                let sums = sums.reshape((seeds, rows, windows.count(), shape[0]))?;
                sums.transpose(2, 3)?.contiguous()?.reshape(full(shape))
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
                        windows.take(&values)?.reshape(each)?.mean(D::Minus1)?
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
            Step::Dropout { name, share } => match self.pass {
                Pass::Measuring => Ok(values),
                Pass::Training { seeds, update } => {
                    let stream = format!("{name} {update}");
                    &values * mask(&values, seeds, &stream, *share)?
                }
            },
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
        }
    }

    fn affine(&self, inputs: &Tensor, weight: usize, bias: Option<usize>) -> Result<Tensor> {
        let weight = &self.parameters[weight].variable;
        let (seeds, _, outputs) = weight.dims3()?;
        match bias {
            Some(bias) => affine(inputs, weight, &self.parameters[bias].variable),
            None => {
                let zero = Tensor::zeros((seeds, 1, outputs), weight.dtype(), weight.device())?;
                affine(inputs, weight, &zero)
            }
        }
    }

    fn factor_and_summand(&self, values: &Tensor, [factor, summand]: [usize; 2]) -> Result<Tensor> {
        let (factor, summand) = (&self.parameters[factor], &self.parameters[summand]);
        values
            .broadcast_mul(&factor.variable)?
            .broadcast_add(&summand.variable)
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
        let scaled = match self.pass {
            Pass::Measuring => scale(&by_channel, running_mean, running_variance, epsilon)?,
            Pass::Training { .. } => {
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

/// 0 with the probability `share`, else 1 / (1 - share), for each number; each seed has its stream.
pub(super) fn mask(values: &Tensor, seeds: &[u64], stream: &str, share: f64) -> Result<Tensor> {
    let count = values.elem_count() / seeds.len();
    let kept = 1.0 / (1.0 - share);
    let mut mask = Vec::with_capacity(values.elem_count());
    for &seed in seeds {
        let mut stream = Stream::new(seed, Purpose::Dropout, stream);
        let factor = || if stream.unit() < share { 0.0 } else { kept };
        mask.extend(std::iter::repeat_with(factor).take(count));
    }
    let mask = Tensor::from_vec(mask, values.shape(), &Device::Cpu)?;
    mask.to_dtype(values.dtype())?.to_device(values.device())
}
