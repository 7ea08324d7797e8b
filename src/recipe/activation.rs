//! The activations.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp1, D, DType, Layout, Result, Shape, Tensor};

use super::language::Activation;

/// Applies an activation to numbers of any shape.
pub(super) fn activate(activation: Activation, sums: &Tensor) -> Result<Tensor> {
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
pub(super) fn softplus(values: &Tensor) -> Result<Tensor> {
    // 1 for x ≥ 0 and -1 below; written out because candle's |x| has the slope 1 at 0 and its sign 0.
    let above = values.detach().ge(0.0)?.to_dtype(values.dtype())?;
    let sign = ((&above * 2.0)? - 1.0)?;
    let fade = ((values * sign)?.neg()?.exp()? + 1.0)?.log()?;
    (values * above)? + fade
}

/// max(x, 0) with the slope 0 at 0, as PyTorch has it; candle's own has the slope 1 there.
fn relu(values: &Tensor) -> Result<Tensor> {
    if values.device().is_cpu() {
        return values.contiguous()?.apply_op1(Relu);
    }
    values * values.detach().gt(0.0)?.to_dtype(values.dtype())?
}

struct Relu;

impl CustomOp1 for Relu {
    fn name(&self) -> &'static str {
        "relu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Some((begin, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("relu needs contiguous numbers");
        };
        // A NaN stays one, so that divergence is seen.
        let values = match storage.dtype() {
            DType::F64 => {
                let values = storage.as_slice::<f64>()?[begin..end].iter();
                CpuStorage::F64(values.map(|&x| if x <= 0.0 { 0.0 } else { x }).collect())
            }
            _ => {
                let values = storage.as_slice::<f32>()?[begin..end].iter();
                CpuStorage::F32(values.map(|&x| if x <= 0.0 { 0.0 } else { x }).collect())
            }
        };
        Ok((values, layout.shape().clone()))
    }

    fn bwd(&self, _values: &Tensor, result: &Tensor, slopes: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(slopes.contiguous()?.apply_op2_no_bwd(result, &Gate)?))
    }
}

/// The first number where the second is not 0 or below, else 0.
struct Gate;

impl candle_core::CustomOp2 for Gate {
    fn name(&self) -> &'static str {
        "relu-gradient"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (Some(a), Some(b)) = (l1.contiguous_offsets(), l2.contiguous_offsets()) else {
            candle_core::bail!("relu needs contiguous numbers");
        };
        let values = match s1.dtype() {
            DType::F64 => {
                let (slopes, values) = (s1.as_slice::<f64>()?, s2.as_slice::<f64>()?);
                let pairs = slopes[a.0..a.1].iter().zip(&values[b.0..b.1]);
                CpuStorage::F64(
                    pairs
                        .map(|(&s, &x)| if x <= 0.0 { 0.0 } else { s })
                        .collect(),
                )
            }
            _ => {
                let (slopes, values) = (s1.as_slice::<f32>()?, s2.as_slice::<f32>()?);
                let pairs = slopes[a.0..a.1].iter().zip(&values[b.0..b.1]);
                CpuStorage::F32(
                    pairs
                        .map(|(&s, &x)| if x <= 0.0 { 0.0 } else { s })
                        .collect(),
                )
            }
        };
        Ok((values, l1.shape().clone()))
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
