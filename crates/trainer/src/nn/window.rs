//! Windows of convolution and pooling.

use crate::error::RecipeError;
use crate::nn::ops::gather::ZERO;
use crate::nn::shape::{MOST_NUMBERS, ShapeError, moderate_product, shape_text};
use crate::spec::read::common::counts;
use crate::spec::read::node::RecipeNode;

/// Windows along one or two axes; every list has an entry for each axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    /// The window's size, at least 1.
    pub(crate) size: Vec<usize>,
    /// The step from window to window, at least 1.
    pub(crate) stride: Vec<usize>,
    /// The zeros before and after the data.
    pub(crate) padding: Vec<usize>,
    /// The step inside a window, at least 1.
    pub(crate) dilation: Vec<usize>,
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

    /// The number of places of a window.
    pub(crate) fn places(&self) -> usize {
        self.size.iter().product()
    }

    /// The shape of a row with one number of each window, in so many channels.
    ///
    /// # Errors
    /// A shape without channels and the axes, a window that is larger than an axis, and windows
    /// that have too many places together.
    pub(crate) fn shape(&self, shape: &[usize], channels: usize) -> Result<Vec<usize>, ShapeError> {
        let axes = self.size.len();
        if shape.len() != axes + 1 {
            let expected = if axes == 1 {
                "(channels, length)"
            } else {
                "(channels, height, width)"
            };
            return Err(ShapeError::new(format!(
                "expected the shape {expected}, found {}",
                shape_text(shape)
            )));
        }
        match self.counts(&shape[1..]) {
            Some(counts) => {
                let looks = [&shape[..1], &self.size, &counts].concat();
                if moderate_product(&looks).is_none() {
                    return Err(ShapeError::new(format!(
                        "expected windows that look at most {MOST_NUMBERS} times, found {} windows {}",
                        shape_text(&counts),
                        shape_text(&self.size)
                    )));
                }
                Ok([&[channels][..], &counts].concat())
            }
            None => Err(ShapeError::new(format!(
                "the window {} is larger than the data {}",
                shape_text(&self.size),
                shape_text(&shape[1..])
            ))),
        }
    }

    /// For each window in order, and in it for each channel and each place of the window in order,
    /// the index of its number in a row of `shape` (channels, axes…); [`ZERO`] for padding.
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
                        _ => ZERO,
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

/// A whole number for all axes, or a list with one for each.
///
/// # Errors
/// Another value, and numbers below `least`.
pub(crate) fn per_axis(
    node: &RecipeNode<'_>,
    axes: usize,
    least: u64,
) -> Result<Vec<usize>, RecipeError> {
    if !node.is_list() {
        return Ok(vec![node.count(least)?; axes]);
    }
    let counts = counts(node, least)?;
    if counts.len() == axes {
        Ok(counts)
    } else {
        Err(node.unexpected(&format!("a whole number or a list of {axes}")))
    }
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
}
