//! From the layers of a model to the steps of a network and its initial parameters.

use candle_core::{DType, Device, Result, Tensor, Var};

use super::super::draw::Draw;
use super::super::language::{Activation, Distribution, Initial};
use super::super::layer::{Bias, Layer, Order, Pooling, Window};
use super::super::take::Windows;
use super::Parameter;

/// One operation; parameters and statistics by index.
#[derive(Clone)]
pub(super) enum Step {
    Linear {
        weight: usize,
        bias: Option<usize>,
    },
    Convolution {
        weight: usize,
        bias: Option<usize>,
        windows: Windows,
        /// The shape of a row afterwards, channels first.
        shape: Vec<usize>,
    },
    Pool {
        kind: Pooling,
        windows: Windows,
        shape: Vec<usize>,
    },
    BatchNorm {
        affine: [usize; 2],
        statistics: usize,
        epsilon: f64,
        momentum: f64,
    },
    LayerNorm {
        affine: [usize; 2],
        epsilon: f64,
    },
    Dropout {
        name: String,
        share: f64,
    },
    Reshape(Vec<usize>),
    Activation(Activation),
    Residual(Vec<Step>),
    Concatenate(Vec<Step>),
}
/// A network while it is made.
pub(super) struct Construction<'c> {
    pub(super) initial: &'c Initial,
    pub(super) seeds: &'c [u64],
    pub(super) kind: DType,
    pub(super) device: &'c Device,
    pub(super) parameters: Vec<Parameter>,
    pub(super) statistics: Vec<[Tensor; 2]>,
    /// How many layers with parameters there are, and how many dropout layers.
    pub(super) layers: usize,
    pub(super) dropouts: usize,
}

const ONES: Distribution = Distribution::Uniform {
    low: 1.0,
    high: 1.0,
};

impl Construction<'_> {
    pub(super) fn steps(&mut self, layers: &[Layer], mut shape: Vec<usize>) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        for layer in layers {
            let after = layer
                .shape(&shape)
                .map_err(|misfit| candle_core::Error::Msg(misfit.message))?;
            steps.push(self.step(layer, &shape, &after)?);
            shape = after;
        }
        Ok(steps)
    }

    fn step(&mut self, layer: &Layer, shape: &[usize], after: &[usize]) -> Result<Step> {
        Ok(match layer {
            Layer::Linear { width, bias } => {
                let (weight, bias) = self.weight(shape[shape.len() - 1], *width, 1, *bias)?;
                Step::Linear { weight, bias }
            }
            Layer::Convolution { window, bias, .. } => {
                let places: usize = window.size.iter().product();
                let (weight, bias) = self.weight(shape[0] * places, after[0], places, *bias)?;
                let indices = window.indices(shape, Order::ChannelsInWindow);
                Step::Convolution {
                    weight,
                    bias,
                    windows: Windows::new(indices, shape[0] * places),
                    shape: after.to_vec(),
                }
            }
            Layer::Pool { kind, window } => pool(*kind, window, shape, after),
            Layer::GlobalPool(kind) => {
                let axes = shape.len() - 1;
                let all = Window {
                    size: shape[1..].to_vec(),
                    stride: vec![1; axes],
                    padding: vec![0; axes],
                    dilation: vec![1; axes],
                };
                pool(*kind, &all, shape, after)
            }
            Layer::BatchNorm { epsilon, momentum } => {
                let channels = shape[0];
                let start = (self.seeds.len(), channels, 1);
                let mean = Tensor::zeros(start, self.kind, self.device)?;
                let variance = Tensor::ones(start, self.kind, self.device)?;
                self.statistics.push([mean, variance]);
                Step::BatchNorm {
                    affine: self.normalisation(channels, 1)?,
                    statistics: self.statistics.len() - 1,
                    epsilon: *epsilon,
                    momentum: *momentum,
                }
            }
            Layer::LayerNorm { epsilon } => Step::LayerNorm {
                affine: self.normalisation(1, shape[shape.len() - 1])?,
                epsilon: *epsilon,
            },
            Layer::Dropout(share) => {
                self.dropouts += 1;
                Step::Dropout {
                    name: format!("dropout{}", self.dropouts),
                    share: *share,
                }
            }
            Layer::Flatten | Layer::Reshape(_) => Step::Reshape(after.to_vec()),
            Layer::Activation(activation) => Step::Activation(*activation),
            Layer::Residual(layers) => Step::Residual(self.steps(layers, shape.to_vec())?),
            Layer::Concatenate(layers) => Step::Concatenate(self.steps(layers, shape.to_vec())?),
        })
    }

    /// The weight (seeds, in, out) and the bias (seeds, 1, out) of the next layer; each input feeds
    /// `places` times the outputs.
    fn weight(
        &mut self,
        fan_in: usize,
        outputs: usize,
        places: usize,
        bias: Bias,
    ) -> Result<(usize, Option<usize>)> {
        self.layers += 1;
        let draw = |distribution| Draw {
            distribution,
            fan_in,
            fan_out: outputs * places,
        };
        let weight = self.parameter("weight", fan_in, outputs, draw(self.initial.weights))?;
        let bias = match bias {
            Bias::Added => Some(self.parameter("bias", 1, outputs, draw(self.initial.biases))?),
            Bias::None => None,
        };
        Ok((weight, bias))
    }

    /// The trained factor and summand of a normalisation, 1 and 0 at first.
    fn normalisation(&mut self, rows: usize, columns: usize) -> Result<[usize; 2]> {
        self.layers += 1;
        let draw = |distribution| Draw {
            distribution,
            fan_in: 1,
            fan_out: 1,
        };
        Ok([
            self.parameter("weight", rows, columns, draw(ONES))?,
            self.parameter("bias", rows, columns, draw(Distribution::Zero))?,
        ])
    }

    /// The index of a new parameter (seeds, rows, columns) of the current layer.
    fn parameter(&mut self, role: &str, rows: usize, columns: usize, draw: Draw) -> Result<usize> {
        let name = format!("layer{}.{role}", self.layers);
        let values = draw.values(&name, rows * columns, self.seeds);
        let start = Tensor::from_vec(values, (self.seeds.len(), rows, columns), &Device::Cpu)?;
        let start = start.to_dtype(self.kind)?.to_device(self.device)?;
        let variable = Var::from_tensor(&start)?;
        self.parameters.push(Parameter { name, variable });
        Ok(self.parameters.len() - 1)
    }
}

fn pool(kind: Pooling, window: &Window, shape: &[usize], after: &[usize]) -> Step {
    let indices = window.indices(shape, Order::WindowsInChannel);
    Step::Pool {
        kind,
        windows: Windows::new(indices, window.size.iter().product()),
        shape: after.to_vec(),
    }
}
