//! Layers for sequences: what they are, and the shapes that flow through them. A sequence is a row
//! of shape `(length, width)`.

use crate::nn::layer::{Bias, ShapeError, shape_error, shape_text};

/// A recurrent network along a sequence; its state begins with zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurrent {
    /// What happens in a step.
    pub cell: Cell,
    /// The number of units of a direction, at least 1.
    pub width: usize,
    /// The number of networks, each along the steps of the one before; at least 1.
    pub layers: usize,
    /// In which direction the steps are gone.
    pub direction: Direction,
    /// What goes on to the next layer of the model.
    pub returns: Returns,
    /// Whether the sums have biases, one of the inputs and one of the state.
    pub bias: Bias,
}

/// What happens in a step with the input x and the state h; W, U are weights, b and d biases, σ is
/// the logistic function and ∘ the product number by number. The gates, their order in the
/// parameters, and the two biases are those of PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// h ← tanh(W x + b + U h + d) (Elman 1990).
    Tanh,
    /// h ← max(0, W x + b + U h + d).
    Relu,
    /// Gated recurrent unit (Cho and others 2014), with gates r, z, n:
    /// r = σ(W x + b + U h + d), z likewise, n = tanh(W x + b + r ∘ (U h + d)),
    /// h ← (1 - z) ∘ n + z ∘ h.
    Gru,
    /// Long short-term memory (Hochreiter and Schmidhuber 1997; Gers and others 2000), with gates
    /// i, f, g, o, each of W x + b + U h + d: c ← σ(f) ∘ c + σ(i) ∘ tanh(g), h ← σ(o) ∘ tanh(c).
    Lstm,
}

impl Cell {
    /// The number of sums of a unit.
    pub(crate) fn gates(self) -> usize {
        match self {
            Self::Tanh | Self::Relu => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }
}

/// In which direction the steps are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the first to the last.
    Forward,
    /// Both ways by two networks, whose states stand behind each other, those of the way forward
    /// first.
    Both,
}

/// What a recurrent network gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// The state after the last step of each direction: `(width)`.
    Last,
    /// The state after every step: `(length, width)`.
    Sequence,
}

/// Multi-head self-attention (Vaswani and others 2017) as PyTorch's `MultiheadAttention` has it:
/// every step is a mean of the values of all steps, weighted by softmax(q kᵀ / √d) of each head of
/// d numbers; queries, keys and values are affine functions of the steps, and so is the output of
/// the heads' results behind each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attention {
    /// The number of heads, at least 1, which divides the width.
    pub heads: usize,
    /// Which steps a step may look at.
    pub mask: Mask,
    /// The probability with which a weight is left out in training, as a dropout layer does it.
    pub dropout: f64,
    /// Whether the affine functions have biases.
    pub bias: Bias,
}

/// Which steps a step may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// All.
    None,
    /// Those before it and itself.
    Causal,
}

/// Numbers added to each step that tell where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// A trained number for each place and each number of a step.
    Learned,
    /// sin(p / 10000^(2i / w)) for the number 2i and cos of the same for the number 2i + 1 of the
    /// step p, both from 0, of width w (Vaswani and others 2017).
    Sinusoidal,
}

impl Positions {
    /// The sinusoidal numbers of so many steps.
    pub(crate) fn waves(length: usize, width: usize) -> Vec<f64> {
        let wave = |index: usize| {
            let (step, number) = (index / width, index % width);
            let exponent = (number / 2 * 2) as f64 / width as f64;
            let angle = step as f64 / 10_000_f64.powf(exponent);
            if number.is_multiple_of(2) {
                angle.sin()
            } else {
                angle.cos()
            }
        };
        (0..length * width).map(wave).collect()
    }
}

/// One of the two ends of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The first step.
    First,
    /// The last step.
    Last,
}

impl Recurrent {
    /// The number of directions.
    pub(crate) fn directions(&self) -> usize {
        match self.direction {
            Direction::Forward => 1,
            Direction::Both => 2,
        }
    }

    pub(crate) fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let (length, _) = sequence(shape)?;
        let Some(width) = self.width.checked_mul(self.directions()) else {
            return Err(shape_error(format!(
                "the width {} is too large",
                self.width
            )));
        };
        Ok(match self.returns {
            Returns::Last => vec![width],
            Returns::Sequence => vec![length, width],
        })
    }
}

impl Attention {
    pub(crate) fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let (_, width) = sequence(shape)?;
        if width.is_multiple_of(self.heads) {
            Ok(shape.to_vec())
        } else {
            let heads = self.heads;
            Err(shape_error(format!(
                "expected a width that {heads} heads divide, found {}",
                shape_text(shape)
            )))
        }
    }
}

/// The length and width of a sequence.
pub(crate) fn sequence(shape: &[usize]) -> Result<(usize, usize), ShapeError> {
    match *shape {
        [length, width] => Ok((length, width)),
        _ => Err(shape_error(format!(
            "expected the shape (length, width), found {}",
            shape_text(shape)
        ))),
    }
}

/// The shape with its last two dimensions in each other's place.
pub(crate) fn transposed(shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
    let last = at_least_two(shape)?.len() - 1;
    let mut shape = shape.to_vec();
    shape.swap(last - 1, last);
    Ok(shape)
}

/// The shape of one step.
pub(crate) fn one_step(shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
    Ok(at_least_two(shape)?[1..].to_vec())
}

fn at_least_two(shape: &[usize]) -> Result<&[usize], ShapeError> {
    if shape.len() < 2 {
        let found = shape_text(shape);
        return Err(shape_error(format!(
            "expected at least two dimensions, found {found}"
        )));
    }
    Ok(shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layer::{Layer, shape_after};

    fn gru(direction: Direction, returns: Returns) -> Layer {
        Layer::Recurrent(Recurrent {
            cell: Cell::Gru,
            width: 5,
            layers: 1,
            direction,
            returns,
            bias: Bias::Added,
        })
    }

    #[test]
    fn sequences_keep_or_lose_their_length() {
        let of = |layer: Layer| shape_after(&[layer], &[7, 3]).unwrap();
        assert_eq!(of(gru(Direction::Forward, Returns::Last)), [5]);
        assert_eq!(of(gru(Direction::Both, Returns::Sequence)), [7, 10]);
        assert_eq!(of(Layer::Transpose), [3, 7]);
        assert_eq!(of(Layer::Step(End::Last)), [3]);
        let embedding = Layer::Embedding { count: 9, width: 4 };
        assert_eq!(shape_after(&[embedding], &[7]).unwrap(), [7, 4]);
    }

    #[test]
    fn shapes_that_do_not_fit_are_named() {
        let message = |layer: Layer, shape: &[usize]| {
            let shape_error = shape_after(&[layer], shape).unwrap_err();
            format!("{}: {}", shape_error.path, shape_error.message)
        };
        assert_eq!(
            message(gru(Direction::Forward, Returns::Last), &[8]),
            "[0]: expected the shape (length, width), found (8)"
        );
        let attention = Layer::Attention(Attention {
            heads: 4,
            mask: Mask::None,
            dropout: 0.0,
            bias: Bias::Added,
        });
        assert_eq!(
            message(attention.clone(), &[2, 6]),
            "[0]: expected a width that 4 heads divide, found (2, 6)"
        );
        assert_eq!(
            message(Layer::Frozen(vec![attention]), &[6]),
            "[0].frozen[0]: expected the shape (length, width), found (6)"
        );
        assert_eq!(
            message(Layer::Positions(Positions::Learned), &[6]),
            "[0]: expected the shape (length, width), found (6)"
        );
        for layer in [Layer::Transpose, Layer::Step(End::First)] {
            assert_eq!(
                message(layer, &[6]),
                "[0]: expected at least two dimensions, found (6)"
            );
        }
    }

    #[test]
    fn waves_are_sines_and_cosines_of_their_place() {
        let waves = Positions::waves(2, 4);
        let expected = [
            0.0,
            1.0,
            0.0,
            1.0,
            1f64.sin(),
            1f64.cos(),
            0.01f64.sin(),
            0.01f64.cos(),
        ];
        for (found, expected) in waves.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{waves:?}");
        }
    }
}
