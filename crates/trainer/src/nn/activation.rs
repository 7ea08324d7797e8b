//! The activations.

use candle_core::{D, Result, Tensor};

use crate::nn::ops::operator::{Binary, OpResult, Operator, Real, Stored, Unary};
use crate::spec::recipe::Activation;

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
