//! Windows of small convolutions and pooling as own operators.
//!
//! candle's maximum pooling has a wrong gradient. Here a window is a list of indices into a row: `gather` copies what
//! the indices name, `largest` keeps the largest of each window. Sums run in the indices' order, so
//! the bits depend neither on threads nor on the other rows.

use std::hint::select_unpredictable;
use std::sync::Arc;

use candle_core::{D, Result, Tensor};

use crate::nn::ops::operator::{Binary, OpResult, Operator, Real, Stored, Unary};

/// The index of padding: the number there is 0.
pub(crate) const ZERO: u32 = u32::MAX;

/// Windows over rows: `count` windows of `size` numbers each.
#[derive(Debug, Clone)]
pub(crate) struct Windows {
    indices: Arc<Vec<u32>>,
    size: usize,
}

impl Windows {
    /// The windows that these indices name, `size` after `size`; `size` is at least 1.
    pub(crate) fn new(indices: Vec<u32>, size: usize) -> Self {
        Self {
            indices: Arc::new(indices),
            size,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.indices.len() / self.size
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The indices of window after window.
    pub(crate) fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// (rows, count · size) numbers of (rows, width).
    pub(crate) fn gather(&self, rows: &Tensor) -> Result<Tensor> {
        if rows.device().is_cpu() {
            return rows.contiguous()?.apply_op1(Operator(Gather(self.clone())));
        }
        let (count, width) = rows.dims2()?;
        let zero = Tensor::zeros((count, 1), rows.dtype(), rows.device())?;
        let padded = Tensor::cat(&[rows, &zero], 1)?;
        let at = |&index: &u32| if index == ZERO { width as u32 } else { index };
        let indices: Vec<u32> = self.indices.iter().map(at).collect();
        let indices = Tensor::from_vec(indices, self.indices.len(), rows.device())?;
        padded.index_select(&indices, 1)
    }

    /// The largest number of each window: (rows, count) of (rows, width). Windows have no padding.
    pub(crate) fn largest(&self, rows: &Tensor) -> Result<Tensor> {
        if rows.device().is_cpu() {
            return rows
                .contiguous()?
                .apply_op1(Operator(Largest(self.clone())));
        }
        let shape = (rows.dim(0)?, self.count(), self.size);
        let windows = self.gather(rows)?.reshape(shape)?;
        let first = windows.detach().argmax_keepdim(D::Minus1)?;
        windows.gather(&first, D::Minus1)?.squeeze(D::Minus1)
    }
}

/// The numbers of a contiguous tensor, the number of its rows and their width.
fn rows<T: Real>(rows: Stored<'_>) -> Result<(&[T], usize, usize)> {
    let (count, width) = rows.layout.shape().dims2()?;
    Ok((rows.numbers()?, count, width))
}

struct Gather(Windows);

impl Unary for Gather {
    const NAME: &'static str = "gather-windows";

    fn forward<T: Real>(&self, values: Stored) -> OpResult<T> {
        let (values, count, width) = rows::<T>(values)?;
        let indices = &self.0.indices;
        let mut taken = Vec::with_capacity(count * indices.len());
        for row in values.chunks_exact(width) {
            taken.extend(indices.iter().map(|&index| {
                // Padding lies outside every row.
                row.get(index as usize).copied().unwrap_or_else(T::zero)
            }));
        }
        Ok((taken, (count, indices.len()).into()))
    }

    fn backward(&self, values: &Tensor, _taken: &Tensor, slopes: &Tensor) -> Result<Tensor> {
        let (windows, width) = (self.0.clone(), values.dim(1)?);
        slopes.apply_op1_no_bwd(&Operator(Spread { windows, width }))
    }
}

/// The gradient of [`Gather`]: each number gets the sum of the slopes of its copies.
struct Spread {
    windows: Windows,
    width: usize,
}

impl Unary for Spread {
    const NAME: &'static str = "spread-windows";

    fn forward<T: Real>(&self, slopes: Stored) -> OpResult<T> {
        let (slopes, count, _) = rows::<T>(slopes)?;
        let indices = &self.windows.indices;
        let mut sums = vec![T::zero(); count * self.width];
        let rows = sums.chunks_exact_mut(self.width);
        for (sums, slopes) in rows.zip(slopes.chunks_exact(indices.len())) {
            for (&index, &slope) in indices.iter().zip(slopes) {
                if let Some(sum) = sums.get_mut(index as usize) {
                    *sum += slope;
                }
            }
        }
        Ok((sums, (count, self.width).into()))
    }
}

struct Largest(Windows);

/// The index of the first largest number of a window, and the number; a NaN counts as the largest,
/// so that it is not hidden.
fn first_largest<T: Real>(row: &[T], window: &[u32]) -> (usize, T) {
    let mut best = window[0] as usize;
    let mut largest = row[best];
    for &index in &window[1..] {
        let value = row[index as usize];
        // Data are random: a processor that guesses is wrong half the time.
        let wins = (value > largest) | value.is_nan();
        best = select_unpredictable(wins, index as usize, best);
        largest = select_unpredictable(wins, value, largest);
    }
    (best, largest)
}

impl Unary for Largest {
    const NAME: &'static str = "largest-of-windows";

    fn forward<T: Real>(&self, values: Stored) -> OpResult<T> {
        let (values, count, width) = rows::<T>(values)?;
        let mut largest = Vec::with_capacity(count * self.0.count());
        for row in values.chunks_exact(width) {
            let windows = self.0.indices.chunks_exact(self.0.size);
            largest.extend(windows.map(|window| first_largest(row, window).1));
        }
        Ok((largest, (count, self.0.count()).into()))
    }

    fn backward(&self, values: &Tensor, _largest: &Tensor, slopes: &Tensor) -> Result<Tensor> {
        values.apply_op2_no_bwd(slopes, &Operator(LargestGradient(self.0.clone())))
    }
}

/// The gradient of [`Largest`]: the first largest number of a window gets the window's slope.
struct LargestGradient(Windows);

impl Binary for LargestGradient {
    const NAME: &'static str = "largest-of-windows-gradient";

    fn forward<T: Real>(&self, values: Stored, slopes: Stored) -> OpResult<T> {
        let shape = values.layout.shape().clone();
        let ((values, _, width), slopes) = (rows::<T>(values)?, slopes.numbers::<T>()?);
        let mut sums = vec![T::zero(); values.len()];
        let rows = sums.chunks_exact_mut(width).zip(values.chunks_exact(width));
        for ((sums, row), slopes) in rows.zip(slopes.chunks_exact(self.0.count())) {
            let windows = self.0.indices.chunks_exact(self.0.size);
            for (window, &slope) in windows.zip(slopes) {
                sums[first_largest(row, window).0] += slope;
            }
        }
        Ok((sums, shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn numbers_are_taken_and_their_slopes_come_back() {
        let windows = Windows::new(vec![ZERO, 0, 1, 1, 2, 0], 3);
        let rows = Var::from_vec(vec![1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0], (2, 3), &Device::Cpu);
        let rows = rows.unwrap();
        let taken = windows.gather(&rows).unwrap();
        let expected = [
            [0.0, 1.0, 2.0, 2.0, 3.0, 1.0],
            [0.0, 4.0, 5.0, 5.0, 6.0, 4.0],
        ];
        assert_eq!(taken.to_vec2::<f64>().unwrap(), expected);
        let weights = [
            1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0,
        ];
        let weights = Tensor::from_slice(&weights, (2, 6), &Device::Cpu).unwrap();
        let gradients = (taken * weights).unwrap().backward().unwrap();
        let gradient = gradients.get(&rows).unwrap().to_vec2::<f64>().unwrap();
        assert_eq!(gradient, [[8.0, 7.0, 5.0], [20.0, 19.0, 11.0]]);
    }

    #[test]
    fn the_first_of_equal_largest_gets_the_slope() {
        let windows = Windows::new(vec![0, 1, 2, 1, 2, 3], 3);
        let rows = Var::from_vec(vec![1.0_f32, 3.0, 3.0, 2.0], (1, 4), &Device::Cpu).unwrap();
        let largest = windows.largest(&rows).unwrap();
        assert_eq!(largest.to_vec2::<f32>().unwrap(), [[3.0, 3.0]]);
        let gradients = largest.backward().unwrap();
        let gradient = gradients.get(&rows).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(gradient, [[0.0, 2.0, 0.0, 0.0]]);
        let rows = Tensor::new(&[[1.0_f32, f32::NAN, 3.0, 2.0]], &Device::Cpu).unwrap();
        let largest = windows.largest(&rows).unwrap().to_vec2::<f32>().unwrap();
        assert!(largest[0].iter().all(|value| value.is_nan()));
    }
}
