//! Operations that batch and layer normalisation share.

use candle_core::{D, Result, Tensor};

use crate::nn::builder::BlueprintBuilder;
use crate::nn::init::Initialiser;
use crate::nn::parameter::PytorchLayout;
use crate::spec::initial::Distribution;

const ONES: Distribution = Distribution::Uniform {
    low: 1.0,
    high: 1.0,
};

/// The trained factor and summand (count, width) of a normalisation, initially 1 and 0.
pub(crate) fn normalisation_parameters(
    builder: &mut BlueprintBuilder<'_>,
    count: usize,
    width: usize,
) -> [usize; 2] {
    let factor = normalisation_factor(builder, count, width);
    [
        factor,
        parameter(builder, ("bias", Distribution::Zero), count, width),
    ]
}

/// The trained factor (count, width) of a normalisation, initially 1: the first parameter of a new layer.
pub(crate) fn normalisation_factor(
    builder: &mut BlueprintBuilder<'_>,
    count: usize,
    width: usize,
) -> usize {
    builder.begin_layer();
    parameter(builder, ("weight", ONES), count, width)
}

fn parameter(
    builder: &mut BlueprintBuilder<'_>,
    (name, distribution): (&'static str, Distribution),
    count: usize,
    width: usize,
) -> usize {
    let initialiser = Initialiser {
        distribution,
        fan_in: 1,
        fan_out: 1,
    };
    let layout = PytorchLayout::rows(&[count * width]);
    builder.parameter(name, [count, width], initialiser, layout)
}

/// Mean and variance (divisor n) along the last dimension.
pub(crate) fn moments(values: &Tensor) -> Result<(Tensor, Tensor)> {
    let mean = values.mean_keepdim(D::Minus1)?;
    let variance = values
        .broadcast_sub(&mean)?
        .sqr()?
        .mean_keepdim(D::Minus1)?;
    Ok((mean, variance))
}

/// Minus mean, by √(variance + ε).
pub(crate) fn standardise(
    values: &Tensor,
    mean: &Tensor,
    variance: &Tensor,
    epsilon: f64,
) -> Result<Tensor> {
    values
        .broadcast_sub(mean)?
        .broadcast_div(&(variance + epsilon)?.sqrt()?)
}
