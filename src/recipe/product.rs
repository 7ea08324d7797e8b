//! The matrix product of large layers.
//!
//! The sums of candle's product are cut into blocks whose length depends on the size of the
//! processor's cache once they have more than 512 terms, and with it the last bits. Here a longer
//! sum is cut into stretches of 512 before candle sees it, so that all processors of one
//! instruction set give the same bits. The gradient of data is not computed.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

/// The longest sum that is left to candle.
const STRETCH: usize = 512;

/// (seeds, m, k) · (seeds, k, n).
pub(super) fn product(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    if left.device().is_cpu() {
        left.apply_op2(right, Product)
    } else {
        left.matmul(right)
    }
}

struct Product;

impl CustomOp2 for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (seeds, m, k) = l1.shape().dims3()?;
        let (_, _, n) = l2.shape().dims3()?;
        let mut sum: Option<CpuStorage> = None;
        for begin in (0..k).step_by(STRETCH) {
            let length = STRETCH.min(k - begin);
            let (left, right) = (l1.narrow(2, begin, length)?, l2.narrow(1, begin, length)?);
            let part = s1.matmul(s2, (seeds, m, n, length), &left, &right)?;
            match &mut sum {
                None => sum = Some(part),
                Some(sum) => add(sum, &part)?,
            }
        }
        match sum {
            Some(sum) => Ok((sum, (seeds, m, n).into())),
            None => candle_core::bail!("a product of no terms"),
        }
    }

    fn bwd(
        &self,
        left: &Tensor,
        right: &Tensor,
        _result: &Tensor,
        slopes: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let of_left = if left.track_op() {
            Some(slopes.apply_op2_no_bwd(&right.transpose(1, 2)?, &Product)?)
        } else {
            None
        };
        let of_right = left.transpose(1, 2)?.apply_op2_no_bwd(slopes, &Product)?;
        Ok((of_left, Some(of_right)))
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
    use super::super::random::{Purpose, Stream};
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn values_and_gradients_agree_with_candle() {
        let mut stream = Stream::new(1, Purpose::Initial, "product");
        for (m, k, n) in [(3, 5, 4), (700, 1100, 3), (2, 512, 530)] {
            let mut cube = |rows: usize, columns: usize| {
                let values: Vec<f64> = (0..2 * rows * columns).map(|_| stream.normal()).collect();
                Var::from_vec(values, (2, rows, columns), &Device::Cpu).unwrap()
            };
            let (left, right, slopes) = (cube(m, k), cube(k, n), cube(m, n));
            let own = product(&left, &right).unwrap();
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
