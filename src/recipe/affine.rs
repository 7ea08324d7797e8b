//! The affine step of small layers as one own operator: `inputs · weight + bias`, seed by seed.
//!
//! candle's matrix product asks the operating system for the number of processors at each call,
//! which for layers this small takes several times as long as the product, and its kernels round
//! differently from one instruction set to another. Here every sum is a plain loop in a written
//! order, so the bits depend neither on threads, nor on the processor, nor on the other seeds.
//! Large layers take candle's product ([`multiply`]), with the bias and its gradient in the same plain
//! loops; other devices take candle's operations, which are also the reference of the tests.

use std::ops::{Add, AddAssign, Mul};

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CustomOp2, CustomOp3, DType, Layout, Result, Shape, Tensor, WithDType,
};

use super::product::{Product, multiply};

/// The most products a layer may take, for one seed and batch, to count as small.
const SMALL: usize = 65_536;

/// `inputs · weight + bias` for inputs (seeds, rows, in), weight (seeds, in, out) and bias
/// (seeds, 1, out). The choice of the path depends on one seed's sizes alone.
pub(super) fn affine(inputs: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let (_, rows, _) = inputs.dims3()?;
    let (_, fan_in, fan_out) = weight.dims3()?;
    if !inputs.device().is_cpu() {
        reference(inputs, weight, bias)
    } else if is_small(rows, fan_in, fan_out) {
        inputs.contiguous()?.apply_op3(weight, bias, Affine)
    } else {
        inputs.contiguous()?.apply_op3(weight, bias, Large)
    }
}

/// A bias, or zeros where there is none.
pub(super) fn bias_or_zero(bias: Option<&Tensor>, weight: &Tensor) -> Result<Tensor> {
    let (seeds, _, outputs) = weight.dims3()?;
    match bias {
        Some(bias) => Ok(bias.clone()),
        None => Tensor::zeros((seeds, 1, outputs), weight.dtype(), weight.device()),
    }
}

/// Whether a layer is small for so many rows of one seed.
pub(super) fn is_small(rows: usize, fan_in: usize, fan_out: usize) -> bool {
    rows * fan_in * fan_out <= SMALL
}

/// The same by candle's own operations.
fn reference(inputs: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    inputs.matmul(weight)?.broadcast_add(bias)
}

/// The number types that the operators work on.
pub(super) trait Real:
    WithDType + Add<Output = Self> + AddAssign + Mul<Output = Self>
{
    /// The square root.
    fn root(self) -> Self;
}

impl Real for f32 {
    fn root(self) -> Self {
        self.sqrt()
    }
}

impl Real for f64 {
    fn root(self) -> Self {
        self.sqrt()
    }
}

/// A contiguous tensor of three dimensions.
struct Cube<'s, T> {
    values: &'s [T],
    rows: usize,
    columns: usize,
}

impl<'s, T: Real> Cube<'s, T> {
    fn new(storage: &'s CpuStorage, layout: &Layout) -> Result<Self> {
        let (_, rows, columns) = layout.shape().dims3()?;
        let Some((begin, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("the affine operator needs contiguous tensors");
        };
        Ok(Self {
            values: &T::cpu_storage_as_slice(storage)?[begin..end],
            rows,
            columns,
        })
    }

    fn seeds(&self) -> usize {
        self.values.len() / (self.rows * self.columns)
    }

    fn row(&self, seed: usize, row: usize) -> &'s [T] {
        let begin = (seed * self.rows + row) * self.columns;
        &self.values[begin..begin + self.columns]
    }
}

/// Adds `factor · row` to `sums`, element by element.
fn add_scaled<T: Real>(sums: &mut [T], factor: T, row: &[T]) {
    for (sum, &value) in sums.iter_mut().zip(row) {
        *sum += factor * value;
    }
}

struct Affine;

impl Affine {
    /// out[r][o] = bias[o] + in[r][0] w[0][o] + in[r][1] w[1][o] + …, in this order.
    fn forward<T: Real>(inputs: &Cube<T>, weight: &Cube<T>, bias: &Cube<T>) -> Vec<T> {
        let mut outputs = Vec::with_capacity(inputs.seeds() * inputs.rows * weight.columns);
        for seed in 0..inputs.seeds() {
            for row in 0..inputs.rows {
                let begin = outputs.len();
                outputs.extend_from_slice(bias.row(seed, 0));
                for (index, &value) in inputs.row(seed, row).iter().enumerate() {
                    add_scaled(&mut outputs[begin..], value, weight.row(seed, index));
                }
            }
        }
        outputs
    }
}

impl CustomOp3 for Affine {
    fn name(&self) -> &'static str {
        "affine"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (seeds, rows, _) = l1.shape().dims3()?;
        let (_, _, columns) = l2.shape().dims3()?;
        let outputs = match s1.dtype() {
            DType::F64 => f64::to_cpu_storage_owned(Self::forward(
                &Cube::new(s1, l1)?,
                &Cube::new(s2, l2)?,
                &Cube::new(s3, l3)?,
            )),
            _ => f32::to_cpu_storage_owned(Self::forward(
                &Cube::new(s1, l1)?,
                &Cube::new(s2, l2)?,
                &Cube::new(s3, l3)?,
            )),
        };
        Ok((outputs, (seeds, rows, columns).into()))
    }

    fn bwd(
        &self,
        inputs: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _outputs: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        // The data need no gradient, and for the first layer it would be the larger half of the work.
        let of_inputs = if inputs.track_op() {
            Some(gradient.apply_op2_no_bwd(weight, &InputGradient)?)
        } else {
            None
        };
        let of_weight = inputs.apply_op2_no_bwd(&gradient, &WeightGradient)?;
        let of_bias = gradient_of_bias(&gradient, bias)?;
        Ok((of_inputs, Some(of_weight), Some(of_bias)))
    }
}

fn gradient_of_bias(gradient: &Tensor, bias: &Tensor) -> Result<Tensor> {
    if gradient.dims() == bias.dims() {
        Ok(gradient.clone())
    } else {
        gradient.apply_op2_no_bwd(bias, &BiasGradient)
    }
}

/// The affine step of large layers.
struct Large;

impl Large {
    fn add_bias<T: Real>(sums: CpuStorage, bias: &Cube<T>) -> Result<CpuStorage> {
        let mut sums = T::cpu_storage_data(sums)?;
        let of_seed = sums.len() / bias.seeds();
        for (seed, sums) in sums.chunks_exact_mut(of_seed).enumerate() {
            for row in sums.chunks_exact_mut(bias.columns) {
                add_scaled(row, T::one(), bias.row(seed, 0));
            }
        }
        Ok(T::to_cpu_storage_owned(sums))
    }
}

impl CustomOp3 for Large {
    fn name(&self) -> &'static str {
        "large-affine"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (seeds, rows, _) = l1.shape().dims3()?;
        let (_, _, columns) = l2.shape().dims3()?;
        let sums = multiply((s1, l1), (s2, l2))?;
        let outputs = match s1.dtype() {
            DType::F64 => Self::add_bias::<f64>(sums, &Cube::new(s3, l3)?)?,
            _ => Self::add_bias::<f32>(sums, &Cube::new(s3, l3)?)?,
        };
        Ok((outputs, (seeds, rows, columns).into()))
    }

    fn bwd(
        &self,
        inputs: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _outputs: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        // As of small layers.
        let of_inputs = if inputs.track_op() {
            Some(gradient.apply_op2_no_bwd(&weight.transpose(1, 2)?, &Product)?)
        } else {
            None
        };
        let of_weight = inputs
            .transpose(1, 2)?
            .apply_op2_no_bwd(&gradient, &Product)?;
        let of_bias = gradient_of_bias(&gradient, bias)?;
        Ok((of_inputs, Some(of_weight), Some(of_bias)))
    }
}

/// An operator of two cubes with one rule for both number types.
macro_rules! cube_operator {
    ($name:ident, $text:literal, $rule:expr, $shape:expr) => {
        impl CustomOp2 for $name {
            fn name(&self) -> &'static str {
                $text
            }

            fn cpu_fwd(
                &self,
                s1: &CpuStorage,
                l1: &Layout,
                s2: &CpuStorage,
                l2: &Layout,
            ) -> Result<(CpuStorage, Shape)> {
                let shape: fn((usize, usize, usize), (usize, usize, usize)) -> Shape = $shape;
                let shape = shape(l1.shape().dims3()?, l2.shape().dims3()?);
                let values = match s1.dtype() {
                    DType::F64 => f64::to_cpu_storage_owned($rule(
                        &Cube::<f64>::new(s1, l1)?,
                        &Cube::new(s2, l2)?,
                    )),
                    _ => f32::to_cpu_storage_owned($rule(
                        &Cube::<f32>::new(s1, l1)?,
                        &Cube::new(s2, l2)?,
                    )),
                };
                Ok((values, shape))
            }
        }
    };
}

/// of_inputs[r][i] = Σ over o, in order, of gradient[r][o] w[i][o].
struct InputGradient;

fn input_gradient<T: Real>(gradient: &Cube<T>, weight: &Cube<T>) -> Vec<T> {
    let mut values = Vec::with_capacity(gradient.seeds() * gradient.rows * weight.rows);
    for seed in 0..gradient.seeds() {
        for row in 0..gradient.rows {
            let slopes = gradient.row(seed, row);
            values.extend((0..weight.rows).map(|index| {
                let products = slopes.iter().zip(weight.row(seed, index));
                products.fold(T::zero(), |sum, (&slope, &weight)| sum + slope * weight)
            }));
        }
    }
    values
}

cube_operator!(
    InputGradient,
    "affine-input-gradient",
    input_gradient,
    |(seeds, rows, _), (_, fan_in, _)| (seeds, rows, fan_in).into()
);

/// of_weight[i][o] = Σ over r, in order, of in[r][i] gradient[r][o].
struct WeightGradient;

fn weight_gradient<T: Real>(inputs: &Cube<T>, gradient: &Cube<T>) -> Vec<T> {
    let size = inputs.columns * gradient.columns;
    let mut values = vec![T::zero(); inputs.seeds() * size];
    for (seed, sums) in values.chunks_exact_mut(size).enumerate() {
        for row in 0..inputs.rows {
            let slopes = gradient.row(seed, row);
            let sums = sums.chunks_exact_mut(gradient.columns);
            for (&input, sums) in inputs.row(seed, row).iter().zip(sums) {
                add_scaled(sums, input, slopes);
            }
        }
    }
    values
}

cube_operator!(
    WeightGradient,
    "affine-weight-gradient",
    weight_gradient,
    |(seeds, _, fan_in), (_, _, fan_out)| (seeds, fan_in, fan_out).into()
);

/// of_bias[o] = Σ over r, in order, of gradient[r][o]. The second argument gives the shape.
struct BiasGradient;

fn bias_gradient<T: Real>(gradient: &Cube<T>, _bias: &Cube<T>) -> Vec<T> {
    let mut values = vec![T::zero(); gradient.seeds() * gradient.columns];
    for (seed, sums) in values.chunks_exact_mut(gradient.columns).enumerate() {
        for row in 0..gradient.rows {
            add_scaled(sums, T::one(), gradient.row(seed, row));
        }
    }
    values
}

cube_operator!(
    BiasGradient,
    "affine-bias-gradient",
    bias_gradient,
    |_, shape| shape.into()
);

#[cfg(test)]
mod tests {
    use super::super::random::{Purpose, Stream};
    use super::*;
    use candle_core::{Device, Var};

    fn cube(name: &str, shape: (usize, usize, usize)) -> Var {
        let mut stream = Stream::new(1, Purpose::Initial, name);
        let count = shape.0 * shape.1 * shape.2;
        let values: Vec<f64> = (0..count).map(|_| stream.normal()).collect();
        Var::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    fn largest(tensor: &Tensor) -> f64 {
        let values = tensor.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        values
            .into_iter()
            .fold(0.0, |most, value| most.max(value.abs()))
    }

    #[test]
    fn values_and_gradients_agree_with_candle() {
        for (seeds, rows, fan_in, fan_out) in [(1, 1, 60, 2), (3, 1, 5, 24), (4, 7, 6, 5)] {
            let inputs = cube("inputs", (seeds, rows, fan_in));
            let weight = cube("weight", (seeds, fan_in, fan_out));
            let bias = cube("bias", (seeds, 1, fan_out));
            let slopes = cube("slopes", (seeds, rows, fan_out));
            let theirs = reference(&inputs, &weight, &bias).unwrap();
            let small = inputs.apply_op3(&weight, &bias, Affine).unwrap();
            let large = inputs.apply_op3(&weight, &bias, Large).unwrap();
            for own in [small, large] {
                assert!(largest(&(&own - &theirs).unwrap()) < 1e-13);
                let own = (own * slopes.as_tensor()).unwrap().backward().unwrap();
                let theirs = (&theirs * slopes.as_tensor()).unwrap().backward().unwrap();
                for variable in [&inputs, &weight, &bias] {
                    let (own, theirs) = (own.get(variable).unwrap(), theirs.get(variable).unwrap());
                    assert_eq!(own.dims(), theirs.dims());
                    assert!(largest(&(own - theirs).unwrap()) < 1e-13);
                }
            }
        }
    }
}
