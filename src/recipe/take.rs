//! Windows of small convolutions and pooling as own operators.
//!
//! candle's maximum pooling has a wrong gradient. Here a window is a list of indices into a row: `take` copies what
//! the indices name, `largest` keeps the largest of each window. Sums run in the indices' order, so
//! the bits depend neither on threads nor on the other rows.

use std::hint::select_unpredictable;
use std::ops::AddAssign;
use std::sync::Arc;

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, D, DType, Layout, Result, Shape, Tensor, WithDType,
};

/// The index of padding: the number there is 0.
pub(super) const ZERO: u32 = u32::MAX;

/// Windows over rows: `count` windows of `size` numbers each.
#[derive(Debug, Clone)]
pub(super) struct Windows {
    indices: Arc<Vec<u32>>,
    size: usize,
}

impl Windows {
    /// The windows that these indices name, `size` after `size`; `size` is at least 1.
    pub(super) fn new(indices: Vec<u32>, size: usize) -> Self {
        Self {
            indices: Arc::new(indices),
            size,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.indices.len() / self.size
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The indices of window after window.
    pub(super) fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// (rows, count · size) numbers of (rows, width).
    pub(super) fn take(&self, rows: &Tensor) -> Result<Tensor> {
        if rows.device().is_cpu() {
            return rows.contiguous()?.apply_op1(Take(self.clone()));
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
    pub(super) fn largest(&self, rows: &Tensor) -> Result<Tensor> {
        if rows.device().is_cpu() {
            return rows.contiguous()?.apply_op1(Largest(self.clone()));
        }
        let shape = (rows.dim(0)?, self.count(), self.size);
        let windows = self.take(rows)?.reshape(shape)?;
        let first = windows.detach().argmax_keepdim(D::Minus1)?;
        windows.gather(&first, D::Minus1)?.squeeze(D::Minus1)
    }
}

trait Real: WithDType + AddAssign {
    fn is_nan(self) -> bool;
}

impl Real for f32 {
    fn is_nan(self) -> bool {
        f32::is_nan(self)
    }
}

impl Real for f64 {
    fn is_nan(self) -> bool {
        f64::is_nan(self)
    }
}

/// The numbers of a contiguous tensor and the width of its rows.
fn numbers<'s, T: Real>(storage: &'s CpuStorage, layout: &Layout) -> Result<(&'s [T], usize)> {
    let (_, width) = layout.shape().dims2()?;
    match layout.contiguous_offsets() {
        Some((begin, end)) => Ok((&T::cpu_storage_as_slice(storage)?[begin..end], width)),
        None => candle_core::bail!("the windows need contiguous rows"),
    }
}

/// An operator on rows, with one rule for both number types.
macro_rules! row_operator {
    ($name:ident, $text:literal, $rule:ident, $backward:expr) => {
        impl CustomOp1 for $name {
            fn name(&self) -> &'static str {
                $text
            }

            fn cpu_fwd(
                &self,
                storage: &CpuStorage,
                layout: &Layout,
            ) -> Result<(CpuStorage, Shape)> {
                let (rows, _) = layout.shape().dims2()?;
                let values = match storage.dtype() {
                    DType::F64 => {
                        let (values, width) = numbers::<f64>(storage, layout)?;
                        f64::to_cpu_storage_owned(self.$rule(values, width))
                    }
                    _ => {
                        let (values, width) = numbers::<f32>(storage, layout)?;
                        f32::to_cpu_storage_owned(self.$rule(values, width))
                    }
                };
                let width = values_of(&values) / rows.max(1);
                Ok((values, (rows, width).into()))
            }

            fn bwd(
                &self,
                rows: &Tensor,
                _result: &Tensor,
                slopes: &Tensor,
            ) -> Result<Option<Tensor>> {
                let backward: fn(&$name, &Tensor, &Tensor) -> Result<Tensor> = $backward;
                // The data need no gradient.
                if rows.track_op() {
                    backward(self, rows, slopes).map(Some)
                } else {
                    Ok(None)
                }
            }
        }
    };
}

fn values_of(storage: &CpuStorage) -> usize {
    match storage {
        CpuStorage::F64(values) => values.len(),
        CpuStorage::F32(values) => values.len(),
        _ => 0,
    }
}

struct Take(Windows);

impl Take {
    fn forward<T: Real>(&self, values: &[T], width: usize) -> Vec<T> {
        let indices = &self.0.indices;
        let mut taken = Vec::with_capacity(values.len() / width * indices.len());
        for row in values.chunks_exact(width) {
            taken.extend(indices.iter().map(|&index| {
                // Padding lies outside every row.
                row.get(index as usize).copied().unwrap_or_else(T::zero)
            }));
        }
        taken
    }
}

row_operator!(Take, "take-windows", forward, |take, rows, slopes| {
    let width = rows.dim(1)?;
    slopes.contiguous()?.apply_op1_no_bwd(&Spread {
        windows: take.0.clone(),
        width,
    })
});

/// The gradient of [`Take`]: each number gets the sum of the slopes of its copies.
struct Spread {
    windows: Windows,
    width: usize,
}

impl Spread {
    fn forward<T: Real>(&self, slopes: &[T], _width: usize) -> Vec<T> {
        let indices = &self.windows.indices;
        let rows = slopes.len() / indices.len();
        let mut sums = vec![T::zero(); rows * self.width];
        let rows = sums.chunks_exact_mut(self.width);
        for (sums, slopes) in rows.zip(slopes.chunks_exact(indices.len())) {
            for (&index, &slope) in indices.iter().zip(slopes) {
                if let Some(sum) = sums.get_mut(index as usize) {
                    *sum += slope;
                }
            }
        }
        sums
    }
}

row_operator!(Spread, "spread-windows", forward, |_, _, _| {
    candle_core::bail!("a second derivative is not available")
});

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

impl Largest {
    fn forward<T: Real>(&self, values: &[T], width: usize) -> Vec<T> {
        let mut largest = Vec::with_capacity(values.len() / width * self.0.count());
        for row in values.chunks_exact(width) {
            let windows = self.0.indices.chunks_exact(self.0.size);
            largest.extend(windows.map(|window| first_largest(row, window).1));
        }
        largest
    }

    fn gradient<T: Real>(&self, values: &[T], width: usize, slopes: &[T]) -> Vec<T> {
        let mut sums = vec![T::zero(); values.len()];
        let rows = sums.chunks_exact_mut(width).zip(values.chunks_exact(width));
        for ((sums, row), slopes) in rows.zip(slopes.chunks_exact(self.0.count())) {
            let windows = self.0.indices.chunks_exact(self.0.size);
            for (window, &slope) in windows.zip(slopes) {
                sums[first_largest(row, window).0] += slope;
            }
        }
        sums
    }
}

row_operator!(
    Largest,
    "largest-of-windows",
    forward,
    |largest, rows, slopes| rows.apply_op2_no_bwd(&slopes.contiguous()?, largest)
);

/// The gradient: rows and slopes give the slopes of the rows.
impl CustomOp2 for Largest {
    fn name(&self) -> &'static str {
        "largest-of-windows-gradient"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let values = match s1.dtype() {
            DType::F64 => {
                let (values, width) = numbers::<f64>(s1, l1)?;
                f64::to_cpu_storage_owned(self.gradient(values, width, numbers(s2, l2)?.0))
            }
            _ => {
                let (values, width) = numbers::<f32>(s1, l1)?;
                f32::to_cpu_storage_owned(self.gradient(values, width, numbers(s2, l2)?.0))
            }
        };
        Ok((values, l1.shape().clone()))
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
        let taken = windows.take(&rows).unwrap();
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
