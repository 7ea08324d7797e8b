//! The builder of a blueprint: parameters with their names and initial values.

use crate::nn::bias::Bias;
use crate::nn::init::Initialiser;
use crate::nn::parameter::{AffineParams, ParameterRole, ParameterSpec, PytorchLayout};
use crate::spec::initial::{Distribution, Initial};

const STANDARD_NORMAL: Distribution = Distribution::Normal { mean: 0.0, sd: 1.0 };

/// Collects the parameters of a network while its layers are built.
pub(crate) struct BlueprintBuilder<'c> {
    initial: &'c Initial,
    parameters: Vec<ParameterSpec>,
    /// The number of channels of each batch normalisation.
    channels: Vec<usize>,
    /// The role of the parameters to come.
    role: ParameterRole,
    /// The number of layers with parameters.
    layers: usize,
    /// The number of dropouts.
    dropouts: usize,
}

impl<'c> BlueprintBuilder<'c> {
    pub(crate) fn new(initial: &'c Initial) -> Self {
        Self {
            initial,
            parameters: Vec::new(),
            channels: Vec::new(),
            role: ParameterRole::Trained,
            layers: 0,
            dropouts: 0,
        }
    }

    /// The parameters in the order of the layers, and the channels of each batch normalisation.
    pub(crate) fn finish(self) -> (Vec<ParameterSpec>, Vec<usize>) {
        (self.parameters, self.channels)
    }

    /// The initial distributions of the recipe.
    pub(crate) fn initial(&self) -> Initial {
        *self.initial
    }

    /// Begins a layer with parameters; its number is part of their names.
    pub(crate) fn begin_layer(&mut self) {
        self.layers += 1;
    }

    /// Builds with parameters that training does not change.
    pub(crate) fn frozen<T>(&mut self, build: impl FnOnce(&mut Self) -> T) -> T {
        let outside = std::mem::replace(&mut self.role, ParameterRole::Frozen);
        let built = build(self);
        self.role = outside;
        built
    }

    /// The index of new running statistics of so many channels.
    pub(crate) fn statistics(&mut self, channels: usize) -> usize {
        self.channels.push(channels);
        self.channels.len() - 1
    }

    /// The name of the next dropout.
    pub(crate) fn dropout(&mut self) -> String {
        self.dropouts += 1;
        format!("dropout{}", self.dropouts)
    }

    /// The weight (in, out) and the bias (1, out) of an affine function, by the shape of the weight
    /// in PyTorch: outputs, inputs, and the places of a window that each input has.
    pub(crate) fn affine(&mut self, pytorch: &[usize], bias: Bias) -> AffineParams {
        let fan_in: usize = pytorch[1..].iter().product();
        let outputs = pytorch[0];
        let initialiser = |distribution| Initialiser {
            distribution,
            fan_in,
            fan_out: outputs * pytorch[2..].iter().product::<usize>(),
        };
        let initialisers = [self.initial.weights, self.initial.biases].map(initialiser);
        self.affine_with(["weight", "bias"], pytorch, bias, initialisers)
    }

    /// The same with other names and initial values.
    pub(crate) fn affine_with(
        &mut self,
        [weight, summand]: [&str; 2],
        pytorch: &[usize],
        bias: Bias,
        initialisers: [Initialiser; 2],
    ) -> AffineParams {
        let (fan_in, outputs) = (pytorch[1..].iter().product(), pytorch[0]);
        let layout = PytorchLayout::columns(pytorch);
        let weight = self.parameter(weight, [fan_in, outputs], initialisers[0], layout);
        let bias = match bias {
            Bias::Added => {
                let layout = PytorchLayout::rows(&[outputs]);
                Some(self.parameter(summand, [1, outputs], initialisers[1], layout))
            }
            Bias::None => None,
        };
        AffineParams { weight, bias }
    }

    /// The index of a layer's table of `count` vectors; PyTorch's initial values are standard
    /// normal.
    pub(crate) fn table(&mut self, count: usize, width: usize) -> usize {
        self.begin_layer();
        let distribution = if self.initial.weights == Distribution::Pytorch {
            STANDARD_NORMAL
        } else {
            self.initial.weights
        };
        let initialiser = Initialiser {
            distribution,
            fan_in: width,
            fan_out: count,
        };
        let layout = PytorchLayout::rows(&[count, width]);
        self.parameter("weight", [count, width], initialiser, layout)
    }

    /// The index of a new parameter (rows, columns) of the current layer.
    pub(crate) fn parameter(
        &mut self,
        name: &str,
        [rows, columns]: [usize; 2],
        initialiser: Initialiser,
        pytorch: PytorchLayout,
    ) -> usize {
        self.parameters.push(ParameterSpec {
            name: format!("layer{}.{name}", self.layers),
            rows,
            columns,
            initialiser,
            role: self.role,
            pytorch,
        });
        self.parameters.len() - 1
    }
}
