//! The model of a recipe.

use crate::nn::activation::Activation;
use crate::nn::bias::Bias;
use crate::nn::layers::Layer;
use crate::nn::linear::Linear;

/// The model that is trained.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Model {
    /// A multi-layer perceptron: fully connected layers with biases.
    Mlp {
        /// The widths of the hidden layers; none: the inputs feed the outputs.
        hidden: Vec<usize>,
        /// The activation of the hidden layers.
        activation: Activation,
        /// The activation of the outputs; with a loss that applies its own function it is `identity`.
        output: Activation,
    },
    /// Layers one after another; a row enters as a list of numbers.
    Sequential(Vec<Layer>),
}

impl Model {
    /// The layers of the model for so many outputs.
    pub(crate) fn layers(&self, outputs: usize) -> Vec<Layer> {
        let (hidden, activation, output) = match self {
            Self::Sequential(layers) => return layers.clone(),
            Self::Mlp {
                hidden,
                activation,
                output,
            } => (hidden, *activation, *output),
        };
        let linear = |width: usize| {
            Layer::Linear(Linear {
                width,
                bias: Bias::Added,
                adapter: None,
            })
        };
        let hidden = hidden.iter();
        let mut layers: Vec<Layer> = hidden
            .flat_map(|&width| [linear(width), Layer::Activation(activation)])
            .collect();
        layers.extend([linear(outputs), Layer::Activation(output)]);
        layers
    }
}
