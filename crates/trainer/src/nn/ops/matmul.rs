//! The matrix product of large layers.
//!
//! candle's product cuts sums of more than 512 terms into blocks whose length depends on the size of the
//! processor's cache, and some small sums into lanes whose number depends on its vector registers; the
//! last bits depend on both. Here a longer sum is cut into stretches of 512 before candle sees it, and
//! lanes are avoided, so that each sum is one chain of fused multiply-adds in the order of its terms: the
//! same bits on all processors that have fused multiply-add. The gradient of data is not computed.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, Layout, Result, Tensor};

use crate::nn::ops::operator::{Binary, Gradients, OpResult, Operator, Real, Stored};

/// The longest sum that is left to candle.
const STRETCH: usize = 512;

/// (seeds, m, k) · (seeds, k, n).
pub(crate) fn matmul(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    if left.device().is_cpu() {
        left.apply_op2(right, Operator(MatMul))
    } else {
        left.matmul(right)
    }
}

/// (batch, m, k) · (batch, k, n) of stored numbers; the result is contiguous.
pub(crate) fn multiply(left: Stored, right: Stored) -> Result<CpuStorage> {
    let ((batch, m, k), (_, _, n)) = (left.dims3()?, right.dims3()?);
    let (s1, l1) = (left.storage, left.layout);
    let (s2, l2) = (right.storage, right.layout);
    let mut sum: Option<CpuStorage> = None;
    for begin in (0..k).step_by(STRETCH) {
        let length = STRETCH.min(k - begin);
        let (left, right) = (l1.narrow(2, begin, length)?, l2.narrow(1, begin, length)?);
        let bmnk = (batch, m, n, length);
        let part = if !is_summed_in_lanes(&left, &right, m * n) {
            s1.matmul(s2, bmnk, &left, &right)?
        } else if m > 1 && (m <= n || n == 1) {
            let (s1, left) = turned(s1, &left)?;
            s1.matmul(s2, bmnk, &left, &right)?
        } else {
            let (s2, right) = turned(s2, &right.transpose(1, 2)?)?;
            s1.matmul(&s2, bmnk, &left, &right.transpose(1, 2)?)?
        };
        match &mut sum {
            None => sum = Some(part),
            Some(sum) => add(sum, &part)?,
        }
    }
    match sum {
        Some(sum) => Ok(sum),
        None => candle_core::bail!("a product of no terms"),
    }
}

/// Whether the kernels would split each sum over the lanes of a vector register, as they do for small
/// results when the terms of both sides lie side by side. How many lanes there are depends on the
/// processor. (One row by one column cannot be turned; no layer large enough to come here has that.)
fn is_summed_in_lanes(left: &Layout, right: &Layout, results: usize) -> bool {
    let by_side = left.stride()[2] == 1 && right.stride()[1] == 1;
    let row_or_column = left.dims()[1] == 1 || right.dims()[2] == 1;
    by_side && (row_or_column || results <= 256)
}

/// A copy in which the numbers of a column lie side by side.
fn turned(storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Layout)> {
    fn copy<T: Copy>(numbers: &[T], layout: &Layout) -> Vec<T> {
        let (dims, stride) = (layout.dims(), layout.stride());
        let mut copy = Vec::with_capacity(layout.shape().elem_count());
        for matrix in 0..dims[0] {
            for column in 0..dims[2] {
                let begin = layout.start_offset() + matrix * stride[0] + column * stride[2];
                copy.extend((0..dims[1]).map(|row| numbers[begin + row * stride[1]]));
            }
        }
        copy
    }
    let (batch, rows, columns) = layout.shape().dims3()?;
    let turned = Layout::contiguous((batch, columns, rows)).transpose(1, 2)?;
    Ok(match storage {
        CpuStorage::F32(numbers) => (CpuStorage::F32(copy(numbers, layout)), turned),
        CpuStorage::F64(numbers) => (CpuStorage::F64(copy(numbers, layout)), turned),
        _ => candle_core::bail!("a product of other numbers than f32 or f64"),
    })
}

/// (seeds, m, k) · (seeds, k, n) as an operator of the processor.
pub(crate) struct MatMul;

impl Binary for MatMul {
    const NAME: &'static str = "matmul";

    fn forward<T: Real>(&self, left: Stored, right: Stored) -> OpResult<T> {
        let ((seeds, m, _), (_, _, n)) = (left.dims3()?, right.dims3()?);
        let values = T::cpu_storage_data(multiply(left, right)?)?;
        Ok((values, (seeds, m, n).into()))
    }

    fn backward(
        &self,
        [left, right]: [&Tensor; 2],
        slopes: &Tensor,
        is_wanted: bool,
    ) -> Result<Gradients<2>> {
        let of_left = || slopes.apply_op2_no_bwd(&right.transpose(1, 2)?, &Operator(MatMul));
        let of_left = is_wanted.then(of_left).transpose()?;
        let left = left.transpose(1, 2)?;
        let of_right = left.apply_op2_no_bwd(slopes, &Operator(MatMul))?;
        Ok([of_left, Some(of_right)])
    }
}

fn add(sum: &mut CpuStorage, part: &CpuStorage) -> Result<()> {
    match (sum, part) {
        (CpuStorage::F32(sum), CpuStorage::F32(part)) => {
            sum.iter_mut()
                .zip(part)
                .for_each(|(sum, part)| *sum += part);
        }
        (CpuStorage::F64(sum), CpuStorage::F64(part)) => {
            sum.iter_mut()
                .zip(part)
                .for_each(|(sum, part)| *sum += part);
        }
        _ => candle_core::bail!("a product of other numbers than f32 or f64"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};
    use candle_core::{Device, Var};

    /// Shapes for each path of the kernels, with either side as it is or turned; of sums of two terms
    /// and less the kernels add rounded products.
    #[test]
    fn each_sum_is_a_chain_of_fused_multiply_adds() {
        let mut stream = Stream::new(2, Purpose::Initial, "chain");
        let shapes = [
            (128, 512, 128),
            (128, 272, 10),
            (6, 25, 784),
            (6, 272, 25),
            (15, 512, 16),
            (25, 272, 6),
            (1, 300, 300),
            (300, 300, 1),
            (2, 400, 40),
            (17, 33, 19),
            (3, 3, 3),
            (25, 6, 784),
        ];
        for (m, k, n) in shapes {
            let mut numbers =
                |count: usize| -> Vec<f32> { (0..count).map(|_| stream.normal() as f32).collect() };
            let (left, right) = (numbers(m * k), numbers(k * n));
            let mut chains = vec![0.0_f32; m * n];
            for row in 0..m {
                for column in 0..n {
                    let sum = &mut chains[row * n + column];
                    for term in 0..k {
                        *sum = left[row * k + term].mul_add(right[term * n + column], *sum);
                    }
                }
            }
            let left = Tensor::from_vec(left, (1, m, k), &Device::Cpu).unwrap();
            let right = Tensor::from_vec(right, (1, k, n), &Device::Cpu).unwrap();
            let turned = |tensor: &Tensor| {
                let turned = tensor.transpose(1, 2).unwrap().contiguous().unwrap();
                turned.transpose(1, 2).unwrap()
            };
            for left in [&left, &turned(&left)] {
                for right in [&right, &turned(&right)] {
                    let own = left.apply_op2_no_bwd(right, &Operator(MatMul)).unwrap();
                    let own = own.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                    assert!(own == chains, "{m} {k} {n}");
                }
            }
        }
    }

    #[test]
    fn values_and_gradients_agree_with_candle() {
        let mut stream = Stream::new(1, Purpose::Initial, "product");
        for (m, k, n) in [(3, 5, 4), (700, 1100, 3), (2, 512, 530)] {
            let mut cube = |rows: usize, columns: usize| {
                let values: Vec<f64> = (0..2 * rows * columns).map(|_| stream.normal()).collect();
                Var::from_vec(values, (2, rows, columns), &Device::Cpu).unwrap()
            };
            let (left, right, slopes) = (cube(m, k), cube(k, n), cube(m, n));
            let own = matmul(&left, &right).unwrap();
            let theirs = left.matmul(&right).unwrap();
            let far = |a: &Tensor, b: &Tensor| {
                let gap = (a - b).unwrap().abs().unwrap().max_all().unwrap();
                gap.to_scalar::<f64>().unwrap()
            };
            assert!(far(&own, &theirs) < 1e-11);
            let own = (own * slopes.as_tensor()).unwrap().backward().unwrap();
            let theirs = (theirs * slopes.as_tensor()).unwrap().backward().unwrap();
            for variable in [&left, &right] {
                assert!(far(own.get(variable).unwrap(), theirs.get(variable).unwrap()) < 1e-11);
            }
        }
    }
}
