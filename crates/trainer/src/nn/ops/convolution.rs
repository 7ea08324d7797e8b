//! Convolution as one own operator.
//!
//! Some images at a time, the numbers under the kernel's places are copied into columns and multiplied
//! by the kernel; the columns stay in the cache and are never kept. Each image's sums are a product of
//! their own ([`multiply`]), so that the bits depend neither on threads nor on the other rows or seeds.

use std::ops::Range;

use candle_core::{CpuStorage, Layout, Result, Tensor};

use crate::nn::ops::affine::{affine, bias_or_zero, is_small};
use crate::nn::ops::gather::{Windows, ZERO};
use crate::nn::ops::matmul::multiply;
use crate::nn::ops::operator::{Binary, Gradients, OpResult, Operator, Real, Stored, Ternary};

/// How many numbers the columns of the images at work have: half of a usual second-level cache. It
/// does not change any sum.
const COLUMNS: usize = 65_536;

/// The convolution of values (seeds, rows, width) with a kernel (seeds, window, channels) and a bias
/// (seeds, 1, channels) at these windows: (seeds, rows, channels · windows).
pub(crate) fn convolution(
    values: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    windows: &Windows,
) -> Result<Tensor> {
    let (seeds, rows, _) = values.dims3()?;
    let (_, size, channels) = kernel.dims3()?;
    let bias = bias_or_zero(bias, kernel)?;
    if values.device().is_cpu() && !is_small(rows * windows.count(), size, channels) {
        let columns = Columns::new(windows);
        return values
            .contiguous()?
            .apply_op3(kernel, &bias, Operator(Convolution(columns)));
    }
    let taken = windows.gather(&values.reshape((seeds * rows, ()))?)?;
    let taken = taken.reshape((seeds, rows * windows.count(), size))?;
    let sums = affine(&taken, kernel, &bias)?.reshape((seeds, rows, windows.count(), channels))?;
    let sums = sums.transpose(2, 3)?.contiguous()?;
    sums.reshape((seeds, rows, channels * windows.count()))
}

/// The columns of an image: for each place of the window, the number that each window has there.
#[derive(Debug, Clone)]
struct Columns {
    /// The places of a window.
    size: usize,
    /// The windows.
    count: usize,
    /// Stretches that lie side by side in the columns and in the image; padding is in none.
    runs: Vec<Run>,
}

#[derive(Debug, Clone)]
struct Run {
    column: usize,
    image: usize,
    length: usize,
}

impl Run {
    fn of_columns(&self) -> Range<usize> {
        self.column..self.column + self.length
    }

    fn of_image(&self) -> Range<usize> {
        self.image..self.image + self.length
    }
}

impl Columns {
    fn new(windows: &Windows) -> Self {
        let (size, count, indices) = (windows.size(), windows.count(), windows.indices());
        let mut runs: Vec<Run> = Vec::new();
        for place in 0..size {
            for window in 0..count {
                let index = indices[window * size + place];
                if index == ZERO {
                    continue;
                }
                let (column, image) = (place * count + window, index as usize);
                match runs.last_mut() {
                    Some(run) if run.of_columns().end == column && run.of_image().end == image => {
                        run.length += 1;
                    }
                    _ => runs.push(Run {
                        column,
                        image,
                        length: 1,
                    }),
                }
            }
        }
        Self { size, count, runs }
    }

    /// The numbers of an image's columns.
    fn numbers(&self) -> usize {
        self.size * self.count
    }

    /// Fills the columns of an image; what is padding must be 0 already.
    fn fill<T: Real>(&self, image: &[T], columns: &mut [T]) {
        for run in &self.runs {
            columns[run.of_columns()].copy_from_slice(&image[run.of_image()]);
        }
    }

    /// Adds each number of the columns to the number of the image that it is a copy of.
    fn add_back<T: Real>(&self, columns: &[T], image: &mut [T]) {
        for run in &self.runs {
            let copies = &columns[run.of_columns()];
            for (number, &copy) in image[run.of_image()].iter_mut().zip(copies) {
                *number += copy;
            }
        }
    }

    /// Calls `work` with the columns of some images at a time, which `work` gives back, and with the
    /// range of these images among all.
    fn each<T: Real>(
        &self,
        images: &[T],
        Sizes { seeds, rows, width }: Sizes,
        mut work: impl FnMut(usize, Range<usize>, &CpuStorage) -> Result<()>,
    ) -> Result<()> {
        let at_once = (COLUMNS / self.numbers()).clamp(1, rows.max(1));
        let mut columns = vec![T::zero(); at_once * self.numbers()];
        for seed in 0..seeds {
            for first in (0..rows).step_by(at_once) {
                let range = seed * rows + first..seed * rows + rows.min(first + at_once);
                let images = images[range.start * width..range.end * width].chunks_exact(width);
                for (image, columns) in images.zip(columns.chunks_exact_mut(self.numbers())) {
                    self.fill(image, columns);
                }
                let storage = T::to_cpu_storage_owned(columns);
                work(seed, range, &storage)?;
                columns = T::cpu_storage_data(storage)?;
            }
        }
        Ok(())
    }
}

/// The sizes of values (seeds, rows, width).
#[derive(Clone, Copy)]
struct Sizes {
    seeds: usize,
    rows: usize,
    width: usize,
}

impl Sizes {
    fn of(values: Stored) -> Result<Self> {
        let (seeds, rows, width) = values.dims3()?;
        Ok(Self { seeds, rows, width })
    }
}

/// The layout of one seed's matrix (rows, columns) for each of so many images.
fn repeated(layout: &Layout, seed: usize, images: usize) -> Result<Layout> {
    let (_, rows, columns) = layout.shape().dims3()?;
    layout
        .narrow(0, seed, 1)?
        .broadcast_as((images, rows, columns))
}

/// The sum in eight interleaved parts, which are added in order.
fn sum<T: Real>(numbers: &[T]) -> T {
    let mut parts = [T::zero(); 8];
    let chunks = numbers.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (part, &number) in parts.iter_mut().zip(chunk) {
            *part += number;
        }
    }
    let parts = parts.iter().chain(rest);
    parts.fold(T::zero(), |sum, &part| sum + part)
}

struct Convolution(Columns);

impl Ternary for Convolution {
    const NAME: &'static str = "convolution";

    fn forward<T: Real>(&self, values: Stored, kernel: Stored, bias: Stored) -> OpResult<T> {
        let sizes = Sizes::of(values)?;
        let (_, size, channels) = kernel.dims3()?;
        let bias = bias.numbers::<T>()?;
        let count = self.0.count;
        let mut sums = Vec::with_capacity(sizes.seeds * sizes.rows * channels * count);
        self.0
            .each(values.numbers::<T>()?, sizes, |seed, images, storage| {
                let layout = &repeated(kernel.layout, seed, images.len())?.transpose(1, 2)?;
                let kernel = Stored { layout, ..kernel };
                let layout = &Layout::contiguous((images.len(), size, count));
                let found = multiply(kernel, Stored { storage, layout })?;
                let of_channels = T::cpu_storage_as_slice(&found)?.chunks_exact(count);
                let bias = bias[seed * channels..][..channels].iter().cycle();
                for (channel, &bias) in of_channels.zip(bias) {
                    sums.extend(channel.iter().map(|&sum| sum + bias));
                }
                Ok(())
            })?;
        Ok((sums, (sizes.seeds, sizes.rows, channels * count).into()))
    }

    fn backward(
        &self,
        [values, kernel, bias]: [&Tensor; 3],
        slopes: &Tensor,
        is_wanted: bool,
    ) -> Result<Gradients<3>> {
        let of_values = || {
            let (columns, width) = (self.0.clone(), values.dim(2)?);
            slopes.apply_op2_no_bwd(kernel, &Operator(ValuesGradient { columns, width }))
        };
        let of_values = is_wanted.then(of_values).transpose()?;
        let of_kernel = Operator(KernelGradient(self.0.clone()));
        let of_kernel = values.apply_op2_no_bwd(slopes, &of_kernel)?;
        let of_bias = slopes.apply_op2_no_bwd(bias, &Operator(BiasGradient(self.0.count)))?;
        Ok([of_values, Some(of_kernel), Some(of_bias)])
    }
}

/// Kernel times slopes, each copy added to its number.
struct ValuesGradient {
    columns: Columns,
    width: usize,
}

impl Binary for ValuesGradient {
    const NAME: &'static str = "convolution-values-gradient";

    fn forward<T: Real>(&self, slopes: Stored, kernel: Stored) -> OpResult<T> {
        let ((seeds, rows, _), (_, _, channels)) = (slopes.dims3()?, kernel.dims3()?);
        let Columns { count, .. } = self.columns;
        let mut values = vec![T::zero(); seeds * rows * self.width];
        let at_once = (COLUMNS / self.columns.numbers()).clamp(1, rows.max(1));
        for seed in 0..seeds {
            for first in (0..rows).step_by(at_once) {
                let images = at_once.min(rows - first);
                let begin = seed * rows + first;
                let offset = slopes.layout.start_offset() + begin * channels * count;
                let layout = &Layout::contiguous_with_offset((images, channels, count), offset);
                let slopes = Stored { layout, ..slopes };
                let layout = &repeated(kernel.layout, seed, images)?;
                let found = multiply(Stored { layout, ..kernel }, slopes)?;
                let found = T::cpu_storage_as_slice(&found)?;
                let images = values[begin * self.width..].chunks_exact_mut(self.width);
                for (columns, image) in found.chunks_exact(self.columns.numbers()).zip(images) {
                    self.columns.add_back(columns, image);
                }
            }
        }
        Ok((values, (seeds, rows, self.width).into()))
    }
}

/// Σ over the images, in order, of columns times slopes.
struct KernelGradient(Columns);

impl Binary for KernelGradient {
    const NAME: &'static str = "convolution-kernel-gradient";

    fn forward<T: Real>(&self, values: Stored, slopes: Stored) -> OpResult<T> {
        let sizes = Sizes::of(values)?;
        let Columns { size, count, .. } = self.0;
        let channels = slopes.dims3()?.2 / count;
        let mut sums = vec![T::zero(); sizes.seeds * size * channels];
        let values = values.numbers::<T>()?;
        self.0.each(values, sizes, |seed, images, storage| {
            let layout = &Layout::contiguous((images.len(), size, count));
            let columns = Stored { storage, layout };
            let offset = slopes.layout.start_offset() + images.start * channels * count;
            let layout = (images.len(), channels, count);
            let layout = &Layout::contiguous_with_offset(layout, offset).transpose(1, 2)?;
            let found = multiply(columns, Stored { layout, ..slopes })?;
            let sums = &mut sums[seed * size * channels..][..size * channels];
            for image in T::cpu_storage_as_slice(&found)?.chunks_exact(size * channels) {
                for (sum, &part) in sums.iter_mut().zip(image) {
                    *sum += part;
                }
            }
            Ok(())
        })?;
        Ok((sums, (sizes.seeds, size, channels).into()))
    }
}

/// Σ over the images, in order, of the sums of a channel's slopes; the number of windows.
struct BiasGradient(usize);

impl Binary for BiasGradient {
    const NAME: &'static str = "convolution-bias-gradient";

    fn forward<T: Real>(&self, slopes: Stored, bias: Stored) -> OpResult<T> {
        let (seeds, rows, width) = slopes.dims3()?;
        let channels = width / self.0;
        let mut sums = vec![T::zero(); seeds * channels];
        let images = slopes.numbers::<T>()?.chunks_exact(width);
        for (index, image) in images.enumerate() {
            let sums = &mut sums[index / rows * channels..][..channels];
            for (total, channel) in sums.iter_mut().zip(image.chunks_exact(self.0)) {
                *total += sum(channel);
            }
        }
        Ok((sums, bias.layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::window::{Order, Window};
    use crate::random::{Purpose, Stream};
    use candle_core::{DType, Device, Var};

    fn noise(name: &str, shape: (usize, usize, usize)) -> Var {
        let mut stream = Stream::new(1, Purpose::Initial, name);
        let values: Vec<f64> = (0..shape.0 * shape.1 * shape.2)
            .map(|_| stream.normal())
            .collect();
        Var::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    fn far(a: &Tensor, b: &Tensor) -> f64 {
        assert_eq!(a.dims(), b.dims());
        let gap = (a - b).unwrap().abs().unwrap().max_all().unwrap();
        gap.to_scalar().unwrap()
    }

    /// Two seeds, nine images of 2 × 7 × 9; columns of several blocks and sums of more than 512 terms.
    #[test]
    fn values_and_gradients_agree_with_plain_operations() {
        for (size, stride, padding, dilation) in [([3, 3], 1, 1, 1), ([2, 5], 2, 2, 2)] {
            let window = Window {
                size: size.to_vec(),
                stride: vec![stride, 1],
                padding: vec![padding; 2],
                dilation: vec![1, dilation],
            };
            let shape = [10, 7, 80];
            let windows = Windows::new(
                window.indices(&shape, Order::ChannelsInWindow),
                10 * size[0] * size[1],
            );
            let values = noise("values", (2, 9, shape.iter().product()));
            let kernel = noise("kernel", (2, windows.size(), 4));
            let bias = noise("bias", (2, 1, 4));
            let own = convolution(&values, &kernel, Some(&bias), &windows).unwrap();
            assert!(!is_small(9 * windows.count(), windows.size(), 4));
            let taken = windows.gather(&values.reshape((18, ())).unwrap()).unwrap();
            let taken = taken.reshape((2, 9 * windows.count(), windows.size()));
            let plain = taken.unwrap().matmul(&kernel).unwrap();
            let plain = plain.broadcast_add(&bias).unwrap();
            let plain = plain.reshape((2, 9, windows.count(), 4)).unwrap();
            let plain = plain.transpose(2, 3).unwrap().contiguous().unwrap();
            let plain = plain.reshape(own.shape()).unwrap();
            assert!(far(&own, &plain) < 1e-11);
            let slopes = noise("slopes", own.dims3().unwrap());
            let own = (own * slopes.as_tensor()).unwrap().backward().unwrap();
            let plain = (plain * slopes.as_tensor()).unwrap().backward().unwrap();
            for variable in [&values, &kernel, &bias] {
                let (own, plain) = (own.get(variable).unwrap(), plain.get(variable).unwrap());
                assert!(far(own, plain) < 1e-10);
            }
        }
    }

    #[test]
    fn a_seed_and_a_row_alone_have_the_same_bits() {
        let window = Window {
            size: vec![5],
            stride: vec![1],
            padding: vec![2],
            dilation: vec![1],
        };
        let windows = Windows::new(window.indices(&[3, 600], Order::ChannelsInWindow), 15);
        let single = |tensor: Var| tensor.to_dtype(DType::F32).unwrap();
        let values = single(noise("values", (3, 20, 1800)));
        let kernel = single(noise("kernel", (3, 15, 8)));
        let all = convolution(&values, &kernel, None, &windows).unwrap();
        let one = |tensor: &Tensor, dimension: usize, index: usize| {
            let one = tensor.narrow(dimension, index, 1).unwrap();
            one.contiguous().unwrap()
        };
        let last = (one(&one(&values, 0, 2), 1, 7), one(&kernel, 0, 2));
        let alone = convolution(&last.0, &last.1, None, &windows).unwrap();
        let among = one(&one(&all, 0, 2), 1, 7);
        let bits = |tensor: Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(bits(alone), bits(among));
    }
}
