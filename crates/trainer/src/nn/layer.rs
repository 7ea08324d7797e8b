//! The layers of a sequential model, and the shapes that flow through them.

use crate::nn::sequence::{Attention, End, Positions, Recurrent, one_step, sequence, transposed};
use crate::spec::recipe::Activation;

/// One step of a sequential model. A row of data enters as a list of numbers, shape `(features)`;
/// convolutions and pooling see `(channels, length)` or `(channels, height, width)`.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// Weights times inputs plus bias, along the last dimension.
    Linear {
        /// The number of outputs, at least 1.
        width: usize,
        /// Whether a bias is added.
        bias: Bias,
    },
    /// A linear layer whose weights W and biases stay as they began, plus a trained product of low
    /// rank (LoRA; Hu and others 2021): W x + bias + alpha / rank · B A x. A begins uniform within
    /// ±1 / sqrt(in), as the authors' code has it, and B with zeros.
    LowRank {
        /// The number of outputs, at least 1.
        width: usize,
        /// Whether a bias is added.
        bias: Bias,
        /// The rank of the product, at least 1.
        rank: usize,
        /// The factor of the product, times its rank; above 0.
        alpha: f64,
    },
    /// A trained list of numbers for each index: whole numbers from 0 to below `count`, which must
    /// be the inputs themselves, become their lists, as a further dimension.
    Embedding {
        /// The number of lists, at least 1.
        count: usize,
        /// The length of a list, at least 1.
        width: usize,
    },
    /// A recurrent network along (length, width).
    Recurrent(Recurrent),
    /// Self-attention in (length, width).
    Attention(Attention),
    /// Numbers that tell each step of (length, width) where it stands are added.
    Positions(Positions),
    /// The last two dimensions change places.
    Transpose,
    /// One step of the first dimension alone.
    Step(End),
    /// The layers inside, with parameters that stay as they began; the running means of batch
    /// normalisation go on.
    Frozen(Vec<Layer>),
    /// Cross-correlation, as PyTorch's `Conv1d` and `Conv2d`; padding with zeros.
    Convolution {
        /// The number of output channels, at least 1.
        channels: usize,
        /// Where the kernel looks.
        window: Window,
        /// Whether a bias is added to each channel.
        bias: Bias,
    },
    /// One number of each window of each channel.
    Pool {
        /// Which number.
        kind: Pooling,
        /// Where the windows are; they have no padding.
        window: Window,
    },
    /// One number of each channel.
    GlobalPool(Pooling),
    /// Minus mean, by standard deviation of the batch (divisor n), for each channel, then a trained
    /// factor and summand (Ioffe and Szegedy 2015). Measuring uses the running mean and variance
    /// (divisor n - 1): running ← (1 - momentum) · running + momentum · batch.
    BatchNorm {
        /// Added to the variance.
        epsilon: f64,
        /// The share of the newest batch, in (0, 1].
        momentum: f64,
    },
    /// Minus mean, by standard deviation (divisor n) along the last dimension, then a trained factor
    /// and summand for each of its places (Ba, Kiros and Hinton 2016).
    LayerNorm {
        /// Added to the variance.
        epsilon: f64,
    },
    /// In training each number is 0 with this probability and else divided by (1 - probability)
    /// (Srivastava and others 2014); measuring changes nothing.
    Dropout(f64),
    /// All dimensions become one.
    Flatten,
    /// The same numbers in another shape.
    Reshape(Vec<usize>),
    /// A function of each number, or of the numbers along the last dimension.
    Activation(Activation),
    /// x + f(x), where f are the inner layers (He and others 2016).
    Residual(Vec<Layer>),
    /// x followed by f(x) along the last dimension, where f are the inner layers: with it a later
    /// layer is connected to all earlier ones.
    Concatenate(Vec<Layer>),
}

/// Whether a layer has a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    /// It has.
    Added,
    /// It has none.
    None,
}

/// Which number stands for a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The largest; of equal ones the first gets the gradient.
    Max,
    /// The mean.
    Mean,
}

/// Windows along one or two axes; every list has an entry for each axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The window's size, at least 1.
    pub size: Vec<usize>,
    /// The step from window to window, at least 1.
    pub stride: Vec<usize>,
    /// The zeros before and after the data.
    pub padding: Vec<usize>,
    /// The step inside a window, at least 1.
    pub dilation: Vec<usize>,
}

impl Window {
    /// The number of windows along each axis; `None` when the window is larger than an axis.
    fn counts(&self, lengths: &[usize]) -> Option<Vec<usize>> {
        (0..self.size.len())
            .map(|axis| {
                let reach = self.dilation[axis].checked_mul(self.size[axis] - 1)?;
                let padded = self.padding[axis]
                    .checked_mul(2)?
                    .checked_add(lengths[axis])?;
                Some(padded.checked_sub(reach)?.checked_sub(1)? / self.stride[axis] + 1)
            })
            .collect()
    }

    /// For each window in order, and in it for each channel and each place of the window in order,
    /// the index of its number in a row of `shape` (channels, axes…); [`crate::nn::ops::gather::ZERO`] for padding.
    pub(crate) fn indices(&self, shape: &[usize], order: Order) -> Vec<u32> {
        let (channels, lengths) = (shape[0], &shape[1..]);
        let counts = self.counts(lengths).unwrap_or_default();
        // One axis is a plane of height 1.
        let wide = |list: &[usize], first: usize| match *list {
            [only] => [first, only],
            _ => [list[0], list[1]],
        };
        let (counts, lengths, size) = (wide(&counts, 1), wide(lengths, 1), wide(&self.size, 1));
        let (stride, padding) = (wide(&self.stride, 1), wide(&self.padding, 0));
        let dilation = wide(&self.dilation, 1);
        let at = |axis: usize, window: usize, place: usize| {
            (window * stride[axis] + place * dilation[axis])
                .checked_sub(padding[axis])
                .filter(|&index| index < lengths[axis])
        };
        let mut indices = Vec::new();
        let mut window = |channel: usize, row: usize, column: usize| {
            for i in 0..size[0] {
                for j in 0..size[1] {
                    indices.push(match (at(0, row, i), at(1, column, j)) {
                        (Some(y), Some(x)) => ((channel * lengths[0] + y) * lengths[1] + x) as u32,
                        _ => crate::nn::ops::gather::ZERO,
                    });
                }
            }
        };
        let (outer, inner) = match order {
            Order::ChannelsInWindow => (1, channels),
            Order::WindowsInChannel => (channels, 1),
        };
        for first in 0..outer {
            for row in 0..counts[0] {
                for column in 0..counts[1] {
                    (first..first + inner).for_each(|channel| window(channel, row, column));
                }
            }
        }
        indices
    }
}

/// How windows and channels are nested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// A window holds all channels: convolution.
    ChannelsInWindow,
    /// Each channel has its windows: pooling.
    WindowsInChannel,
}

/// A layer that cannot take what comes to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ShapeError {
    /// The place inside the list of layers, for example `[2].residual[0]`.
    pub(crate) path: String,
    pub(crate) message: String,
}

impl ShapeError {
    /// The same, seen from outside a block of this name.
    fn inside(self, block: &str) -> Self {
        Self {
            path: format!(".{block}{}", self.path),
            ..self
        }
    }
}

/// The shape of a row after these layers.
pub(crate) fn shape_after(layers: &[Layer], shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
    let mut shape = shape.to_vec();
    for (index, layer) in layers.iter().enumerate() {
        let at = |shape_error: ShapeError| ShapeError {
            path: format!("[{index}]{}", shape_error.path),
            ..shape_error
        };
        shape = layer.shape(&shape).and_then(of_moderate_size).map_err(at)?;
    }
    Ok(shape)
}

/// The most numbers that a row may have, and a network's parameters together: beyond it no machine
/// trains it, and sizes could overflow.
pub(crate) const MOST_NUMBERS: usize = 1 << 32;

/// The product of some sizes, unless it is above [`MOST_NUMBERS`].
pub(crate) fn moderate_product(sizes: &[usize]) -> Option<usize> {
    let product = sizes
        .iter()
        .try_fold(1_usize, |all, one| all.checked_mul(*one));
    product.filter(|product| *product <= MOST_NUMBERS)
}

fn of_moderate_size(shape: Vec<usize>) -> Result<Vec<usize>, ShapeError> {
    match moderate_product(&shape) {
        Some(_) => Ok(shape),
        None => Err(shape_error(format!(
            "expected at most {MOST_NUMBERS} numbers a row, found the shape {}",
            shape_text(&shape)
        ))),
    }
}

impl Layer {
    /// The shape of a row after this layer.
    pub(crate) fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        match self {
            Self::Linear { width, .. } | Self::LowRank { width, .. } => {
                Ok([&shape[..shape.len() - 1], &[*width][..]].concat())
            }
            Self::Embedding { width, .. } => Ok([shape, &[*width]].concat()),
            Self::Recurrent(recurrent) => recurrent.shape(shape),
            Self::Attention(attention) => attention.shape(shape),
            Self::Positions(_) => sequence(shape).map(|_| shape.to_vec()),
            Self::Transpose => transposed(shape),
            Self::Step(_) => one_step(shape),
            Self::Frozen(layers) => {
                shape_after(layers, shape).map_err(|shape_error| shape_error.inside("frozen"))
            }
            Self::Convolution {
                channels, window, ..
            } => windows(window, shape, *channels),
            Self::Pool { window, .. } => windows(window, shape, shape[0]),
            Self::GlobalPool(_) if shape.len() < 2 => Err(shape_error(format!(
                "expected channels and at least one more dimension, found {}",
                shape_text(shape)
            ))),
            Self::GlobalPool(_) => Ok(vec![shape[0]]),
            Self::Flatten => Ok(vec![shape.iter().product()]),
            Self::Reshape(target) => {
                // Products that overflow fit no data.
                let count = target
                    .iter()
                    .try_fold(1_usize, |all, one| all.checked_mul(*one));
                if count == Some(shape.iter().product()) {
                    Ok(target.clone())
                } else {
                    let (from, to) = (shape_text(shape), shape_text(target));
                    Err(shape_error(format!(
                        "the numbers of {from} do not fill {to}"
                    )))
                }
            }
            Self::Residual(layers) => {
                let after = shape_after(layers, shape)
                    .map_err(|shape_error| shape_error.inside("residual"))?;
                if after == shape {
                    Ok(after)
                } else {
                    let (from, to) = (shape_text(shape), shape_text(&after));
                    Err(shape_error(format!(
                        "a residual block must keep the shape {from}, found {to}"
                    )))
                }
            }
            Self::Concatenate(layers) => {
                let mut after = shape_after(layers, shape)
                    .map_err(|shape_error| shape_error.inside("concatenate"))?;
                let (last, first) = (shape.len() - 1, shape[shape.len() - 1]);
                if after.len() != shape.len() || after[..last] != shape[..last] {
                    let (from, to) = (shape_text(shape), shape_text(&after));
                    return Err(shape_error(format!("{to} does not go behind {from}")));
                }
                after[last] += first;
                Ok(after)
            }
            Self::BatchNorm { .. }
            | Self::LayerNorm { .. }
            | Self::Dropout(_)
            | Self::Activation(_) => Ok(shape.to_vec()),
        }
    }
}

fn windows(window: &Window, shape: &[usize], channels: usize) -> Result<Vec<usize>, ShapeError> {
    let axes = window.size.len();
    if shape.len() != axes + 1 {
        let expected = if axes == 1 {
            "(channels, length)"
        } else {
            "(channels, height, width)"
        };
        return Err(shape_error(format!(
            "expected the shape {expected}, found {}",
            shape_text(shape)
        )));
    }
    match window.counts(&shape[1..]) {
        Some(counts) => {
            let looks = [&shape[..1], &window.size, &counts].concat();
            if moderate_product(&looks).is_none() {
                return Err(shape_error(format!(
                    "expected windows that look at most {MOST_NUMBERS} times, found {} windows {}",
                    shape_text(&counts),
                    shape_text(&window.size)
                )));
            }
            Ok([&[channels][..], &counts].concat())
        }
        None => Err(shape_error(format!(
            "the window {} is larger than the data {}",
            shape_text(&window.size),
            shape_text(&shape[1..])
        ))),
    }
}

pub(crate) fn shape_error(message: String) -> ShapeError {
    ShapeError {
        path: String::new(),
        message,
    }
}

/// A shape as it is written in messages: `(25, 5)`.
pub(crate) fn shape_text(shape: &[usize]) -> String {
    let numbers: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("({})", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(size: usize, stride: usize, padding: usize) -> Window {
        Window {
            size: vec![size],
            stride: vec![stride],
            padding: vec![padding],
            dilation: vec![1],
        }
    }

    #[test]
    fn windows_are_counted_as_pytorch_counts_them() {
        let count = |length, size, stride, padding| {
            window(size, stride, padding)
                .counts(&[length])
                .map(|c| c[0])
        };
        assert_eq!(count(40, 5, 2, 1), Some(19));
        assert_eq!(count(19, 3, 2, 1), Some(10));
        assert_eq!(count(5, 2, 2, 0), Some(2));
        assert_eq!(count(3, 4, 1, 0), None);
        let dilated = Window {
            dilation: vec![2],
            ..window(3, 1, 0)
        };
        assert_eq!(dilated.counts(&[7]), Some(vec![3]));
    }

    #[test]
    fn indices_are_those_of_the_windows() {
        const ZERO: u32 = crate::nn::ops::gather::ZERO;
        let of = |order| window(3, 2, 1).indices(&[2, 4], order);
        let pad = [ZERO, 0, 1, ZERO, 4, 5, 1, 2, 3, 5, 6, 7];
        assert_eq!(of(Order::ChannelsInWindow), pad);
        let pad = [ZERO, 0, 1, 1, 2, 3, ZERO, 4, 5, 5, 6, 7];
        assert_eq!(of(Order::WindowsInChannel), pad);
        let square = Window {
            size: vec![2, 2],
            stride: vec![2, 1],
            padding: vec![0, 0],
            dilation: vec![1, 1],
        };
        let of = square.indices(&[1, 2, 3], Order::ChannelsInWindow);
        assert_eq!(of, [0, 1, 3, 4, 1, 2, 4, 5]);
    }

    #[test]
    fn shapes_that_do_not_fit_are_named() {
        let conv = Layer::Convolution {
            channels: 3,
            window: window(5, 1, 0),
            bias: Bias::Added,
        };
        let message = |layers: &[Layer], shape: &[usize]| {
            let shape_error = shape_after(layers, shape).unwrap_err();
            format!("{}: {}", shape_error.path, shape_error.message)
        };
        assert_eq!(
            message(&[Layer::Flatten, conv.clone()], &[8]),
            "[1]: expected the shape (channels, length), found (8)"
        );
        assert_eq!(
            message(&[Layer::Reshape(vec![2, 4]), conv.clone()], &[8]),
            "[1]: the window (5) is larger than the data (4)"
        );
        assert_eq!(
            message(&[Layer::Reshape(vec![2, 5])], &[8]),
            "[0]: the numbers of (8) do not fill (2, 5)"
        );
        assert_eq!(
            message(&[Layer::Residual(vec![conv])], &[1, 8]),
            "[0]: a residual block must keep the shape (1, 8), found (3, 4)"
        );
        let flat = Layer::Concatenate(vec![Layer::Flatten]);
        assert_eq!(
            message(&[Layer::Reshape(vec![2, 4]), flat], &[8]),
            "[1]: (8) does not go behind (2, 4)"
        );
        let huge = Layer::Linear {
            width: 1 << 40,
            bias: Bias::None,
        };
        assert_eq!(
            message(&[huge], &[8]),
            "[0]: expected at most 4294967296 numbers a row, found the shape (1099511627776)"
        );
        let wide = Layer::Convolution {
            channels: 1,
            window: window(1 << 40, 1, 1 << 40),
            bias: Bias::None,
        };
        assert_eq!(
            message(&[wide], &[1, 8]),
            "[0]: expected windows that look at most 4294967296 times, found (1099511627785) windows (1099511627776)"
        );
        let pool = Layer::GlobalPool(Pooling::Mean);
        assert_eq!(
            message(&[Layer::Residual(vec![pool])], &[8]),
            "[0].residual[0]: expected channels and at least one more dimension, found (8)"
        );
    }
}
