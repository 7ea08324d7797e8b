//! The table of all layers.

use crate::error::RecipeError;
use crate::nn::activation::Activation;
use crate::nn::attention::Attention;
use crate::nn::batch_norm::BatchNorm;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::concatenate::Concatenate;
use crate::nn::convolution::Convolution;
use crate::nn::dropout::Dropout;
use crate::nn::embedding::Embedding;
use crate::nn::flatten::Flatten;
use crate::nn::forward::LayerStep;
use crate::nn::frozen::Frozen;
use crate::nn::global_pool::GlobalPool;
use crate::nn::layer::{AnyLayer, InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::layer_norm::LayerNorm;
use crate::nn::linear::Linear;
use crate::nn::pool::Pool;
use crate::nn::positions::Positions;
use crate::nn::recurrent::Recurrent;
use crate::nn::reshape::Reshape;
use crate::nn::residual::Residual;
use crate::nn::rms_norm::RmsNorm;
use crate::nn::select_step::SequenceEnd;
use crate::nn::shape::ShapeError;
use crate::nn::transpose::Transpose;
use crate::spec::read::node::RecipeNode;

/// Reads the settings of a layer.
type Reader = Box<dyn Fn(WrittenLayer<'_, '_>) -> Result<Layer, RecipeError>>;

/// One variant for each kind of layer.
macro_rules! layers {
    ($($kind:ident($settings:ty),)*) => {
        /// A layer of a sequential model. A row of data enters as a list of numbers, shape
        /// `(features)`; convolutions and pooling take `(channels, length)` or
        /// `(channels, height, width)`, sequence layers `(length, width)`.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum Layer {
            $($kind($settings),)*
        }

        $(impl From<$settings> for Layer {
            fn from(settings: $settings) -> Self {
                Self::$kind(settings)
            }
        })*

        impl LayerOps for Layer {
            fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
                match self {
                    $(Self::$kind(layer) => layer.shape(shape),)*
                }
            }

            fn build(
                &self,
                builder: &mut BlueprintBuilder<'_>,
                shape: &[usize],
                after: &[usize],
            ) -> Result<Box<dyn LayerStep>, ShapeError> {
                match self {
                    $(Self::$kind(layer) => layer.build(builder, shape, after),)*
                }
            }

            fn largest_tensor(&self, batch: usize, shape: &[usize], after: &[usize]) -> usize {
                match self {
                    $(Self::$kind(layer) => layer.largest_tensor(batch, shape, after),)*
                }
            }

            fn trace(&self, trace: &mut InputTrace) {
                match self {
                    $(Self::$kind(layer) => layer.trace(trace),)*
                }
            }

            fn properties(&self) -> Properties {
                match self {
                    $(Self::$kind(layer) => layer.properties(),)*
                }
            }
        }

        /// The readers of all layers by name.
        fn readers() -> Vec<(&'static str, Reader)> {
            let mut readers: Vec<(&'static str, Reader)> = Vec::new();
            $(for (name, form) in <$settings>::names() {
                let read = move |written: WrittenLayer<'_, '_>| {
                    <$settings>::read(form, written).map(Layer::$kind)
                };
                readers.push((name, Box::new(read)));
            })*
            readers
        }
    };
}

layers! {
    Linear(Linear),
    Convolution(Convolution),
    Pool(Pool),
    BatchNorm(BatchNorm),
    LayerNorm(LayerNorm),
    RmsNorm(RmsNorm),
    Dropout(Dropout),
    Reshape(Reshape),
    Residual(Residual<Layer>),
    Concatenate(Concatenate<Layer>),
    Embedding(Embedding),
    Recurrent(Recurrent),
    Attention(Attention),
    Positions(Positions),
    SelectStep(SequenceEnd),
    Frozen(Frozen<Layer>),
    Transpose(Transpose),
    Flatten(Flatten),
    GlobalPool(GlobalPool),
    Activation(Activation),
}

impl Layer {
    /// The names of all layers.
    pub(crate) fn names() -> Vec<&'static str> {
        readers().into_iter().map(|(name, _)| name).collect()
    }
}

impl AnyLayer for Layer {
    fn read_any(node: &RecipeNode<'_>) -> Result<Self, RecipeError> {
        let readers = readers();
        let (name, read, settings) = node.choice_from("layer", &readers)?;
        read(WrittenLayer::new(node, name, settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::attention::Mask;
    use crate::nn::bias::Bias;
    use crate::nn::layer::shape_after;
    use crate::nn::ops::recurrence::RecurrentCell;
    use crate::nn::pool::Pooling;
    use crate::nn::recurrent::{Direction, Returns};
    use crate::nn::window::Window;

    fn window(size: usize, stride: usize, padding: usize) -> Window {
        Window {
            size: vec![size],
            stride: vec![stride],
            padding: vec![padding],
            dilation: vec![1],
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_named() {
        let conv = Layer::Convolution(Convolution {
            channels: 3,
            window: window(5, 1, 0),
            bias: Bias::Added,
        });
        let message = |layers: &[Layer], shape: &[usize]| {
            let shape_error = shape_after(layers, shape).unwrap_err();
            format!("{}: {}", shape_error.path, shape_error.message)
        };
        assert_eq!(
            message(&[Layer::Flatten(Flatten), conv.clone()], &[8]),
            "[1]: expected the shape (channels, length), found (8)"
        );
        assert_eq!(
            message(&[Layer::Reshape(Reshape(vec![2, 4])), conv.clone()], &[8]),
            "[1]: the window (5) is larger than the data (4)"
        );
        assert_eq!(
            message(&[Layer::Reshape(Reshape(vec![2, 5]))], &[8]),
            "[0]: the numbers of (8) do not fill (2, 5)"
        );
        assert_eq!(
            message(&[Layer::Residual(Residual::of(vec![conv]))], &[1, 8]),
            "[0]: a residual block must keep the shape (1, 8), found (3, 4)"
        );
        let flat = Layer::Concatenate(Concatenate::of(vec![Layer::Flatten(Flatten)]));
        assert_eq!(
            message(&[Layer::Reshape(Reshape(vec![2, 4])), flat], &[8]),
            "[1]: (8) does not go behind (2, 4)"
        );
        let huge = Layer::Linear(Linear {
            width: 1 << 40,
            bias: Bias::None,
            adapter: None,
        });
        assert_eq!(
            message(&[huge], &[8]),
            "[0]: expected at most 4294967296 numbers a row, found the shape (1099511627776)"
        );
        let wide = Layer::Convolution(Convolution {
            channels: 1,
            window: window(1 << 40, 1, 1 << 40),
            bias: Bias::None,
        });
        assert_eq!(
            message(&[wide], &[1, 8]),
            "[0]: expected windows that look at most 4294967296 times, found (1099511627785) windows (1099511627776)"
        );
        let pool = Layer::GlobalPool(GlobalPool(Pooling::Mean));
        assert_eq!(
            message(&[Layer::Residual(Residual::of(vec![pool]))], &[8]),
            "[0].residual[0]: expected channels and at least one more dimension, found (8)"
        );
    }

    fn gru(direction: Direction, returns: Returns) -> Layer {
        Layer::Recurrent(Recurrent {
            cell: RecurrentCell::Gru,
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
        assert_eq!(of(Layer::Transpose(Transpose)), [3, 7]);
        assert_eq!(of(Layer::SelectStep(SequenceEnd::Last)), [3]);
        let embedding = Layer::Embedding(Embedding { count: 9, width: 4 });
        assert_eq!(shape_after(&[embedding], &[7]).unwrap(), [7, 4]);
    }

    #[test]
    fn shapes_that_sequence_layers_do_not_take_are_named() {
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
            message(Layer::Frozen(Frozen(vec![attention])), &[6]),
            "[0].frozen[0]: expected the shape (length, width), found (6)"
        );
        assert_eq!(
            message(Layer::Positions(Positions::Learned), &[6]),
            "[0]: expected the shape (length, width), found (6)"
        );
        for layer in [
            Layer::Transpose(Transpose),
            Layer::SelectStep(SequenceEnd::First),
        ] {
            assert_eq!(
                message(layer, &[6]),
                "[0]: expected at least two dimensions, found (6)"
            );
        }
    }
}
