//! The affine step of small layers as one own operator: `inputs · weight + bias`, seed by seed.
//!
//! candle's matrix product asks the operating system for the number of processors at each call,
//! which for layers this small takes several times as long as the product, and its kernels round
//! differently from one instruction set to another. Here every sum is a plain loop in a written
//! order, so the bits depend neither on threads, nor on the processor, nor on the other seeds.
//! Large layers take candle's product ([`multiply`]), with the bias and its gradient in the same plain
//! loops; other devices take candle's operations, which are also the reference of the tests.

use candle_core::{Result, Tensor};

use crate::nn::ops::matmul::{MatMul, multiply};
use crate::nn::ops::operator::{Binary, Gradients, OpResult, Operator, Real, Stored, Ternary};

/// The most products a layer may take, for one seed and batch, to count as small.
const SMALL: usize = 65_536;

/// `inputs · weight + bias` for inputs (seeds, rows, in), weight (seeds, in, out) and bias
/// (seeds, 1, out). The choice of the path depends on one seed's sizes alone.
pub(crate) fn affine(inputs: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let (_, rows, _) = inputs.dims3()?;
    let (_, fan_in, fan_out) = weight.dims3()?;
    if !inputs.device().is_cpu() {
        reference(inputs, weight, bias)
    } else if is_small(rows, fan_in, fan_out) {
        inputs
            .contiguous()?
            .apply_op3(weight, bias, Operator(Affine))
    } else {
        inputs
            .contiguous()?
            .apply_op3(weight, bias, Operator(Large))
    }
}

/// A bias, or zeros where there is none.
pub(crate) fn bias_or_zero(bias: Option<&Tensor>, weight: &Tensor) -> Result<Tensor> {
    let (seeds, _, outputs) = weight.dims3()?;
    match bias {
        Some(bias) => Ok(bias.clone()),
        None => Tensor::zeros((seeds, 1, outputs), weight.dtype(), weight.device()),
    }
}

/// (seeds, rows, in) · (seeds, in, out).
pub(crate) fn without_bias(inputs: &Tensor, weight: &Tensor) -> Result<Tensor> {
    affine(inputs, weight, &bias_or_zero(None, weight)?)
}

/// Whether a layer is small for so many rows of one seed.
pub(crate) fn is_small(rows: usize, fan_in: usize, fan_out: usize) -> bool {
    rows * fan_in * fan_out <= SMALL
}

/// The same by candle's own operations.
fn reference(inputs: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    inputs.matmul(weight)?.broadcast_add(bias)
}

/// A contiguous tensor of three dimensions.
struct Cube<'s, T> {
    values: &'s [T],
    rows: usize,
    columns: usize,
}

impl<'s, T: Real> Cube<'s, T> {
    fn new(stored: Stored<'s>) -> Result<Self> {
        let (_, rows, columns) = stored.dims3()?;
        Ok(Self {
            values: stored.numbers()?,
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

impl Ternary for Affine {
    const NAME: &'static str = "affine";

    /// out[r][o] = bias[o] + in[r][0] w[0][o] + in[r][1] w[1][o] + …, in this order.
    fn forward<T: Real>(&self, inputs: Stored, weight: Stored, bias: Stored) -> OpResult<T> {
        let (inputs, weight) = (Cube::<T>::new(inputs)?, Cube::new(weight)?);
        let bias = Cube::new(bias)?;
        let shape = (inputs.seeds(), inputs.rows, weight.columns).into();
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
        Ok((outputs, shape))
    }

    fn backward(
        &self,
        [inputs, weight, bias]: [&Tensor; 3],
        slopes: &Tensor,
        is_wanted: bool,
    ) -> Result<Gradients<3>> {
        let of_inputs = || slopes.apply_op2_no_bwd(weight, &Operator(InputGradient));
        let of_inputs = is_wanted.then(of_inputs).transpose()?;
        let of_weight = inputs.apply_op2_no_bwd(slopes, &Operator(WeightGradient))?;
        let of_bias = gradient_of_bias(slopes, bias)?;
        Ok([of_inputs, Some(of_weight), Some(of_bias)])
    }
}

fn gradient_of_bias(gradient: &Tensor, bias: &Tensor) -> Result<Tensor> {
    if gradient.dims() == bias.dims() {
        Ok(gradient.clone())
    } else {
        gradient.apply_op2_no_bwd(bias, &Operator(BiasGradient))
    }
}

/// The affine step of large layers.
struct Large;

impl Ternary for Large {
    const NAME: &'static str = "large-affine";

    fn forward<T: Real>(&self, inputs: Stored, weight: Stored, bias: Stored) -> OpResult<T> {
        let (seeds, rows, _) = inputs.dims3()?;
        let bias = Cube::new(bias)?;
        let mut sums = T::cpu_storage_data(multiply(inputs, weight)?)?;
        let of_seed = sums.len() / bias.seeds();
        for (seed, sums) in sums.chunks_exact_mut(of_seed).enumerate() {
            for row in sums.chunks_exact_mut(bias.columns) {
                add_scaled(row, T::one(), bias.row(seed, 0));
            }
        }
        Ok((sums, (seeds, rows, bias.columns).into()))
    }

    fn backward(
        &self,
        [inputs, weight, bias]: [&Tensor; 3],
        slopes: &Tensor,
        is_wanted: bool,
    ) -> Result<Gradients<3>> {
        let [of_inputs, of_weight] = MatMul.backward([inputs, weight], slopes, is_wanted)?;
        Ok([of_inputs, of_weight, Some(gradient_of_bias(slopes, bias)?)])
    }
}

/// of_inputs[r][i] = Σ over o, in order, of gradient[r][o] w[i][o].
struct InputGradient;

impl Binary for InputGradient {
    const NAME: &'static str = "affine-input-gradient";

    fn forward<T: Real>(&self, gradient: Stored, weight: Stored) -> OpResult<T> {
        let (gradient, weight) = (Cube::<T>::new(gradient)?, Cube::new(weight)?);
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
        let shape = (gradient.seeds(), gradient.rows, weight.rows);
        Ok((values, shape.into()))
    }
}

/// of_weight[i][o] = Σ over r, in order, of in[r][i] gradient[r][o].
struct WeightGradient;

impl Binary for WeightGradient {
    const NAME: &'static str = "affine-weight-gradient";

    fn forward<T: Real>(&self, inputs: Stored, gradient: Stored) -> OpResult<T> {
        let (inputs, gradient) = (Cube::<T>::new(inputs)?, Cube::new(gradient)?);
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
        let shape = (inputs.seeds(), inputs.columns, gradient.columns);
        Ok((values, shape.into()))
    }
}

/// of_bias[o] = Σ over r, in order, of gradient[r][o]. The second argument gives the shape.
struct BiasGradient;

impl Binary for BiasGradient {
    const NAME: &'static str = "affine-bias-gradient";

    fn forward<T: Real>(&self, gradient: Stored, bias: Stored) -> OpResult<T> {
        let gradient = Cube::<T>::new(gradient)?;
        let mut values = vec![T::zero(); gradient.seeds() * gradient.columns];
        for (seed, sums) in values.chunks_exact_mut(gradient.columns).enumerate() {
            for row in 0..gradient.rows {
                add_scaled(sums, T::one(), gradient.row(seed, row));
            }
        }
        Ok((values, bias.layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};
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
            let small = inputs.apply_op3(&weight, &bias, Operator(Affine)).unwrap();
            let large = inputs.apply_op3(&weight, &bias, Operator(Large)).unwrap();
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
