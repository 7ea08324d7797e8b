//! The activations, as layers and as settings of other layers.

use candle_core::{D, Result, Tensor};

use crate::error::RecipeError;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::layer::{InputTrace, LayerOps, OutputKind, Properties, ReadLayer, WrittenLayer};
use crate::nn::ops::operator::{Binary, OpResult, Operator, Real, Stored, Unary};
use crate::nn::shape::ShapeError;

/// A function applied to each unit's sum, or, where it says so, to the numbers along the last
/// dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// x.
    Identity,
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// tanh x.
    Tanh,
    /// max(x, 0); its slope at 0 is 0.
    Relu,
    /// x Φ(x), with the normal distribution function Φ (Hendrycks and Gimpel 2016), not its
    /// approximation by tanh.
    Gelu,
    /// x / (1 + |x|).
    Softsign,
    /// x above 0, exp(x) - 1 below (Clevert and others 2016, α = 1).
    Elu,
    /// x above 0, 0.01 x below.
    LeakyRelu,
    /// x / (1 + exp(-x)).
    Silu,
    /// log(1 + exp x).
    Softplus,
    /// exp(x) divided by its sum along the last dimension.
    Softmax,
    /// The logarithm of softmax along the last dimension.
    LogSoftmax,
}

impl Activation {
    /// The activations by name.
    pub(crate) const TABLE: [(&'static str, Self); 12] = [
        ("identity", Self::Identity),
        ("sigmoid", Self::Sigmoid),
        ("tanh", Self::Tanh),
        ("relu", Self::Relu),
        ("gelu", Self::Gelu),
        ("softsign", Self::Softsign),
        ("elu", Self::Elu),
        ("leaky-relu", Self::LeakyRelu),
        ("silu", Self::Silu),
        ("softplus", Self::Softplus),
        ("softmax", Self::Softmax),
        ("log-softmax", Self::LogSoftmax),
    ];

    /// The kind of numbers that the activation gives.
    pub(crate) fn output(self) -> OutputKind {
        match self {
            Self::Identity => OutputKind::Raw,
            Self::LogSoftmax => OutputKind::LogProbabilities,
            Self::Sigmoid
            | Self::Tanh
            | Self::Relu
            | Self::Gelu
            | Self::Softsign
            | Self::Elu
            | Self::LeakyRelu
            | Self::Silu
            | Self::Softplus
            | Self::Softmax => OutputKind::Activated,
        }
    }
}

impl ReadLayer for Activation {
    type Form = Self;

    fn names() -> Vec<(&'static str, Self)> {
        Self::TABLE.to_vec()
    }

    fn read(
        activation: Self,
        written: WrittenLayer<'_, '_>,
    ) -> std::result::Result<Self, RecipeError> {
        written.without_settings()?;
        Ok(activation)
    }
}

impl LayerOps for Activation {
    fn shape(&self, shape: &[usize]) -> std::result::Result<Vec<usize>, ShapeError> {
        Ok(shape.to_vec())
    }

    fn build(
        &self,
        _builder: &mut BlueprintBuilder<'_>,
        _shape: &[usize],
        _after: &[usize],
    ) -> std::result::Result<Box<dyn LayerStep>, ShapeError> {
        Ok(Box::new(*self))
    }

    fn largest_tensor(&self, _batch: usize, _shape: &[usize], _after: &[usize]) -> usize {
        0
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
    }

    fn properties(&self) -> Properties {
        Properties {
            output: self.output(),
            ..Properties::RAW
        }
    }
}

impl LayerStep for Activation {
    fn forward(&self, _pass: &mut ForwardPass<'_>, values: Tensor) -> Result<Tensor> {
        activate(*self, &values)
    }
}

/// Applies an activation to numbers of any shape.
pub(crate) fn activate(activation: Activation, sums: &Tensor) -> Result<Tensor> {
    match activation {
        Activation::Identity => Ok(sums.clone()),
        Activation::Sigmoid => candle_nn::ops::sigmoid(sums),
        Activation::Tanh => sums.tanh(),
        Activation::Relu => relu(sums),
        // candle's own gradient has a factor of six digits.
        Activation::Gelu => {
            let share = ((sums * std::f64::consts::FRAC_1_SQRT_2)?.erf()? + 1.0)?;
            (share * sums)? * 0.5
        }
        Activation::Softsign => sums / (sums.abs()? + 1.0)?,
        Activation::Elu => sums.elu(1.0),
        Activation::LeakyRelu => {
            let above = sums.detach().gt(0.0)?.to_dtype(sums.dtype())?;
            sums * ((above * 0.99)? + 0.01)?
        }
        Activation::Silu => sums * candle_nn::ops::sigmoid(sums)?,
        Activation::Softplus => softplus(sums),
        Activation::Softmax => candle_nn::ops::softmax(sums, D::Minus1),
        Activation::LogSoftmax => candle_nn::ops::log_softmax(sums, D::Minus1),
    }
}

/// log(1 + exp x) without overflow: max(x, 0) + log(1 + exp(-|x|)).
pub(crate) fn softplus(values: &Tensor) -> Result<Tensor> {
    // 1 for x ≥ 0 and -1 below; written out because candle's |x| has the slope 1 at 0 and its sign 0.
    let above = values.detach().ge(0.0)?.to_dtype(values.dtype())?;
    let sign = ((&above * 2.0)? - 1.0)?;
    let fade = ((values * sign)?.neg()?.exp()? + 1.0)?.log()?;
    (values * above)? + fade
}

/// max(x, 0) with the slope 0 at 0, as PyTorch has it; candle's own has the slope 1 there.
fn relu(values: &Tensor) -> Result<Tensor> {
    if values.device().is_cpu() {
        return values.contiguous()?.apply_op1(Operator(Relu));
    }
    values * values.detach().gt(0.0)?.to_dtype(values.dtype())?
}

struct Relu;

/// The first number where the second is not 0 or below, else 0. A NaN stays one, so that divergence is
/// seen.
fn gated<T: Real>(number: T, by: T) -> T {
    if by <= T::zero() { T::zero() } else { number }
}

impl Unary for Relu {
    const NAME: &'static str = "relu";

    fn forward<T: Real>(&self, values: Stored) -> OpResult<T> {
        let numbers = values.numbers::<T>()?.iter();
        let numbers = numbers.map(|&x| gated(x, x)).collect();
        Ok((numbers, values.layout.shape().clone()))
    }

    fn backward(&self, _values: &Tensor, result: &Tensor, slopes: &Tensor) -> Result<Tensor> {
        slopes.apply_op2_no_bwd(result, &Operator(ReluGradient))
    }
}

struct ReluGradient;

impl Binary for ReluGradient {
    const NAME: &'static str = "relu-gradient";

    fn forward<T: Real>(&self, slopes: Stored, values: Stored) -> OpResult<T> {
        let pairs = slopes.numbers::<T>()?.iter().zip(values.numbers::<T>()?);
        let numbers = pairs.map(|(&s, &x)| gated(s, x)).collect();
        Ok((numbers, slopes.layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    const ALL: [Activation; 12] = [
        Activation::Identity,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Relu,
        Activation::Gelu,
        Activation::Softsign,
        Activation::Elu,
        Activation::LeakyRelu,
        Activation::Silu,
        Activation::Softplus,
        Activation::Softmax,
        Activation::LogSoftmax,
    ];

    /// Values computed with Python's math module from the textbook formulas, at x = -1.5 and 0.75.
    #[test]
    fn values_are_those_of_the_formulas() {
        let x = Tensor::new(&[-1.5_f64, 0.75], &Device::Cpu).unwrap();
        let expected = [
            [-1.5, 0.75],
            [0.18242552380635635, 0.679178699175393],
            [-0.9051482536448665, 0.6351489523872873],
            [0.0, 0.75],
            [-0.10021080190328713, 0.5800294857173488],
            [-0.6, 0.42857142857142855],
            [-0.7768698398515702, 0.75],
            [-0.015, 0.75],
            [-0.2736382857095345, 0.5093840243815448],
            [0.20141327798275246, 1.1368710061148999],
            [0.09534946489910948, 0.9046505351008906],
            [-2.3502065589167476, -0.10020655891674735],
        ];
        for (activation, expected) in ALL.into_iter().zip(expected) {
            let found = activate(activation, &x).unwrap().to_vec1::<f64>().unwrap();
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 1e-9,
                    "{activation:?}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn slopes_at_zero_and_far_out_are_finite_and_right() {
        let slopes = |activation, at: &[f32]| {
            let x = Var::new(at, &Device::Cpu).unwrap();
            let gradients = activate(activation, &x).unwrap().backward().unwrap();
            gradients.get(&x).unwrap().to_vec1::<f32>().unwrap()
        };
        let at = [-100.0, 0.0, 100.0];
        assert_eq!(slopes(Activation::Relu, &at), [0.0, 0.0, 1.0]);
        let softplus = slopes(Activation::Softplus, &at);
        assert!(softplus[0] < 1e-40 && softplus[1..] == [0.5, 1.0]);
        assert_eq!(slopes(Activation::Softsign, &at)[1], 1.0);
        for activation in ALL {
            let slopes = slopes(activation, &at);
            assert!(
                slopes.iter().all(|slope| slope.is_finite()),
                "{activation:?} {slopes:?}"
            );
        }
    }

    #[test]
    fn relu_does_not_hide_a_nan() {
        let x = Tensor::new(&[f32::NAN, -1.0], &Device::Cpu).unwrap();
        let out = activate(Activation::Relu, &x)
            .unwrap()
            .to_vec1::<f32>()
            .unwrap();
        assert!(out[0].is_nan() && out[1] == 0.0);
    }
}
