//! Convolution as one own operator.
//!
//! Some images at a time, the numbers under the kernel's places are copied into columns and multiplied
//! by the kernel; the columns stay in the cache and are never kept. Each image's sums are a product of
//! their own ([`multiply`]), so that the bits depend neither on threads nor on the other rows or seeds.

use std::ops::Range;

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp2, CustomOp3, DType, Layout, Result, Shape, Tensor};

use super::affine::{Real, affine, bias_or_zero, is_small};
use super::product::multiply;
use super::take::{Windows, ZERO};

/// How many numbers the columns of the images at work have: half of a usual second-level cache. It
/// does not change any sum.
const COLUMNS: usize = 65_536;

/// The convolution of values (seeds, rows, width) with a kernel (seeds, window, channels) and a bias
/// (seeds, 1, channels) at these windows: (seeds, rows, channels · windows).
pub(super) fn convolution(
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
            .apply_op3(kernel, &bias, Convolution(columns));
    }
    let taken = windows.take(&values.reshape((seeds * rows, ()))?)?;
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
    fn of(layout: &Layout) -> Result<Self> {
        let (seeds, rows, width) = layout.shape().dims3()?;
        Ok(Self { seeds, rows, width })
    }
}

fn numbers<'s, T: Real>(storage: &'s CpuStorage, layout: &Layout) -> Result<&'s [T]> {
    match layout.contiguous_offsets() {
        Some((begin, end)) => Ok(&T::cpu_storage_as_slice(storage)?[begin..end]),
        None => candle_core::bail!("convolution needs contiguous tensors"),
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

impl Convolution {
    fn forward<T: Real>(
        &self,
        (values, sizes): (&[T], Sizes),
        (kernel, layout): (&CpuStorage, &Layout),
        bias: &[T],
    ) -> Result<CpuStorage> {
        let (_, size, channels) = layout.shape().dims3()?;
        let count = self.0.count;
        let mut sums = Vec::with_capacity(sizes.seeds * sizes.rows * channels * count);
        self.0.each(values, sizes, |seed, images, columns| {
            let kernel = (
                kernel,
                &repeated(layout, seed, images.len())?.transpose(1, 2)?,
            );
            let shape = Layout::contiguous((images.len(), size, count));
            let found = multiply(kernel, (columns, &shape))?;
            let of_channels = T::cpu_storage_as_slice(&found)?.chunks_exact(count);
            let bias = bias[seed * channels..][..channels].iter().cycle();
            for (channel, &bias) in of_channels.zip(bias) {
                sums.extend(channel.iter().map(|&sum| sum + bias));
            }
            Ok(())
        })?;
        Ok(T::to_cpu_storage_owned(sums))
    }
}

impl CustomOp3 for Convolution {
    fn name(&self) -> &'static str {
        "convolution"
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
        let (sizes, kernel) = (Sizes::of(l1)?, (s2, l2));
        let sums = match s1.dtype() {
            DType::F64 => {
                self.forward::<f64>((numbers(s1, l1)?, sizes), kernel, numbers(s3, l3)?)?
            }
            _ => self.forward::<f32>((numbers(s1, l1)?, sizes), kernel, numbers(s3, l3)?)?,
        };
        let width = l3.shape().elem_count() / sizes.seeds * self.0.count;
        Ok((sums, (sizes.seeds, sizes.rows, width).into()))
    }

    fn bwd(
        &self,
        values: &Tensor,
        kernel: &Tensor,
        bias: &Tensor,
        _sums: &Tensor,
        slopes: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let slopes = slopes.contiguous()?;
        // The data need no gradient.
        let of_values = if values.track_op() {
            let (columns, width) = (self.0.clone(), values.dim(2)?);
            Some(slopes.apply_op2_no_bwd(kernel, &ValuesGradient { columns, width })?)
        } else {
            None
        };
        let of_kernel = values.apply_op2_no_bwd(&slopes, &KernelGradient(self.0.clone()))?;
        let of_bias = slopes.apply_op2_no_bwd(bias, &BiasGradient(self.0.count))?;
        Ok((of_values, Some(of_kernel), Some(of_bias)))
    }
}

/// An operator of two tensors with one rule for both number types, which gets both with their layouts
/// and returns the numbers and their shape.
macro_rules! operator {
    ($name:ident, $text:literal) => {
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
                match s1.dtype() {
                    DType::F64 => self.gradient::<f64>((s1, l1), (s2, l2)),
                    _ => self.gradient::<f32>((s1, l1), (s2, l2)),
                }
            }
        }
    };
}

/// Kernel times slopes, each copy added to its number.
struct ValuesGradient {
    columns: Columns,
    width: usize,
}

impl ValuesGradient {
    fn gradient<T: Real>(
        &self,
        (slopes, l1): (&CpuStorage, &Layout),
        (kernel, l2): (&CpuStorage, &Layout),
    ) -> Result<(CpuStorage, Shape)> {
        let (seeds, rows, _) = l1.shape().dims3()?;
        let (_, _, channels) = l2.shape().dims3()?;
        let Columns { count, .. } = self.columns;
        let mut values = vec![T::zero(); seeds * rows * self.width];
        let at_once = (COLUMNS / self.columns.numbers()).clamp(1, rows.max(1));
        for seed in 0..seeds {
            for first in (0..rows).step_by(at_once) {
                let images = at_once.min(rows - first);
                let begin = seed * rows + first;
                let offset = l1.start_offset() + begin * channels * count;
                let shape = Layout::contiguous_with_offset((images, channels, count), offset);
                let kernel = (kernel, &repeated(l2, seed, images)?);
                let found = multiply(kernel, (slopes, &shape))?;
                let found = T::cpu_storage_as_slice(&found)?;
                let images = values[begin * self.width..].chunks_exact_mut(self.width);
                for (columns, image) in found.chunks_exact(self.columns.numbers()).zip(images) {
                    self.columns.add_back(columns, image);
                }
            }
        }
        let shape = (seeds, rows, self.width).into();
        Ok((T::to_cpu_storage_owned(values), shape))
    }
}

operator!(ValuesGradient, "convolution-values-gradient");

/// Σ over the images, in order, of columns times slopes.
struct KernelGradient(Columns);

impl KernelGradient {
    fn gradient<T: Real>(
        &self,
        (values, l1): (&CpuStorage, &Layout),
        (slopes, l2): (&CpuStorage, &Layout),
    ) -> Result<(CpuStorage, Shape)> {
        let sizes = Sizes::of(l1)?;
        let Columns { size, count, .. } = self.0;
        let channels = l2.shape().dims3()?.2 / count;
        let mut sums = vec![T::zero(); sizes.seeds * size * channels];
        let values = numbers::<T>(values, l1)?;
        self.0.each(values, sizes, |seed, images, columns| {
            let columns_of = Layout::contiguous((images.len(), size, count));
            let offset = l2.start_offset() + images.start * channels * count;
            let slopes_of = (images.len(), channels, count);
            let slopes_of = Layout::contiguous_with_offset(slopes_of, offset).transpose(1, 2)?;
            let found = multiply((columns, &columns_of), (slopes, &slopes_of))?;
            let sums = &mut sums[seed * size * channels..][..size * channels];
            for image in T::cpu_storage_as_slice(&found)?.chunks_exact(size * channels) {
                for (sum, &part) in sums.iter_mut().zip(image) {
                    *sum += part;
                }
            }
            Ok(())
        })?;
        let shape = (sizes.seeds, size, channels).into();
        Ok((T::to_cpu_storage_owned(sums), shape))
    }
}

operator!(KernelGradient, "convolution-kernel-gradient");

/// Σ over the images, in order, of the sums of a channel's slopes; the number of windows.
struct BiasGradient(usize);

impl BiasGradient {
    fn gradient<T: Real>(
        &self,
        (slopes, l1): (&CpuStorage, &Layout),
        (_, l2): (&CpuStorage, &Layout),
    ) -> Result<(CpuStorage, Shape)> {
        let (seeds, rows, width) = l1.shape().dims3()?;
        let channels = width / self.0;
        let mut sums = vec![T::zero(); seeds * channels];
        let images = numbers::<T>(slopes, l1)?.chunks_exact(width);
        for (index, image) in images.enumerate() {
            let sums = &mut sums[index / rows * channels..][..channels];
            for (total, channel) in sums.iter_mut().zip(image.chunks_exact(self.0)) {
                *total += sum(channel);
            }
        }
        Ok((T::to_cpu_storage_owned(sums), l2.shape().clone()))
    }
}

operator!(BiasGradient, "convolution-bias-gradient");

#[cfg(test)]
mod tests {
    use super::super::layer::{Order, Window};
    use super::super::random::{Purpose, Stream};
    use super::*;
    use candle_core::{Device, Var};

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
            let taken = windows.take(&values.reshape((18, ())).unwrap()).unwrap();
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
