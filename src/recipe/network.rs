//! Networks of several seeds as one graph of tensors: every parameter has a leading dimension of
//! seeds, and no operation mixes seeds.

use candle_core::{D, DType, Device, Result, Tensor, Var};

use super::activation::activate;
use super::affine::{affine, bias_or_zero};
use super::convolution::convolution;
use super::draw::Draw;
use super::language::{Activation, Distribution, Initial, Model};
use super::layer::{Bias, Layer, Misfit, Order, Pooling, Window, shape_after, shown};
use super::random::{Purpose, Stream};
use super::take::Windows;

/// A trainable parameter of several seeds.
pub(super) struct Parameter {
    /// Its name, for example `layer1.weight`; it names the stream of its initial values.
    pub(super) name: String,
    /// Its values, seed after seed.
    pub(super) variable: Var,
}

/// A network of several seeds.
pub(super) struct Network {
    steps: Vec<Step>,
    parameters: Vec<Parameter>,
    /// The running means and variances of batch normalisation, each (seeds, channels, 1).
    statistics: Vec<[Tensor; 2]>,
}

/// The widths at both ends of a network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

/// What a network is used for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pass<'p> {
    /// An update of these seeds, of this number from 1.
    Training { seeds: &'p [u64], update: usize },
    /// Measuring: no randomness, no statistics of the batch.
    Measuring,
}

/// One operation; parameters and statistics by index.
#[derive(Clone)]
enum Step {
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

/// Whether a model takes rows of so many numbers and gives as many as there are targets.
pub(super) fn fit(model: &Model, ends: Ends) -> std::result::Result<(), Misfit> {
    let shape = shape_after(&model.layers(ends.outputs), &[ends.inputs])?;
    if shape == [ends.outputs] {
        return Ok(());
    }
    let (found, expected) = (shown(&shape), ends.outputs);
    Err(Misfit {
        path: String::new(),
        message: format!("the last layer gives {found} numbers a row, expected ({expected})"),
    })
}

/// The number of elements of the largest tensor of one seed's network.
pub(super) fn largest_tensor(model: &Model, ends: Ends, batch: usize) -> usize {
    fn largest(layers: &[Layer], shape: &mut Vec<usize>, batch: usize) -> usize {
        let mut most = 1;
        for layer in layers {
            let Ok(after) = layer.shape(shape) else {
                return most;
            };
            let inputs: usize = shape.iter().product();
            let own = match layer {
                Layer::Linear { width, .. } => shape[shape.len() - 1] * width,
                Layer::Convolution { window, .. } => {
                    let window = shape[0] * window.size.iter().product::<usize>();
                    let windows: usize = after[1..].iter().product();
                    (window * after[0]).max(batch * window * windows)
                }
                Layer::Residual(inner) | Layer::Concatenate(inner) => {
                    largest(inner, &mut shape.clone(), batch)
                }
                _ => 0,
            };
            most = most.max(own).max(batch * inputs);
            *shape = after;
        }
        most
    }
    largest(&model.layers(ends.outputs), &mut vec![ends.inputs], batch)
}

impl Network {
    /// A network with its initial parameters, in the order of the layers. The model must [`fit`].
    pub(super) fn new(
        model: &Model,
        initial: &Initial,
        ends: Ends,
        seeds: &[u64],
        kind: DType,
        device: &Device,
    ) -> Result<Self> {
        let mut construction = Construction {
            initial,
            seeds,
            kind,
            device,
            parameters: Vec::new(),
            statistics: Vec::new(),
            layers: 0,
            dropouts: 0,
        };
        let layers = model.layers(ends.outputs);
        let steps = construction.steps(&layers, vec![ends.inputs])?;
        Ok(Self {
            steps,
            parameters: construction.parameters,
            statistics: construction.statistics,
        })
    }

    /// The parameters in the order of the layers.
    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The outputs (seeds, rows, out) for inputs (seeds, rows, in).
    pub(super) fn forward(&mut self, inputs: &Tensor, pass: Pass<'_>) -> Result<Tensor> {
        let flow = &mut Flow {
            parameters: &self.parameters,
            statistics: &mut self.statistics,
            pass,
        };
        flow.through(&self.steps, inputs.clone())
    }

    /// A copy of the network of one seed, apart from the graph.
    pub(super) fn of_seed(&self, seed: usize) -> Result<Self> {
        let one = |tensor: &Tensor| tensor.detach().narrow(0, seed, 1)?.copy();
        let parameters = self.parameters.iter().map(|parameter| {
            Ok(Parameter {
                name: parameter.name.clone(),
                variable: Var::from_tensor(&one(&parameter.variable)?)?,
            })
        });
        let statistics = self.statistics.iter();
        Ok(Self {
            steps: self.steps.clone(),
            parameters: parameters.collect::<Result<_>>()?,
            statistics: statistics
                .map(|[mean, variance]| Ok([one(mean)?, one(variance)?]))
                .collect::<Result<_>>()?,
        })
    }
}

/// A network while it is made.
struct Construction<'c> {
    initial: &'c Initial,
    seeds: &'c [u64],
    kind: DType,
    device: &'c Device,
    parameters: Vec<Parameter>,
    statistics: Vec<[Tensor; 2]>,
    /// How many layers with parameters there are, and how many dropout layers.
    layers: usize,
    dropouts: usize,
}

const ONES: Distribution = Distribution::Uniform {
    low: 1.0,
    high: 1.0,
};

impl Construction<'_> {
    fn steps(&mut self, layers: &[Layer], mut shape: Vec<usize>) -> Result<Vec<Step>> {
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

/// Numbers on their way through a network.
struct Flow<'f> {
    parameters: &'f [Parameter],
    statistics: &'f mut [[Tensor; 2]],
    pass: Pass<'f>,
}

impl Flow<'_> {
    fn through(&mut self, steps: &[Step], mut values: Tensor) -> Result<Tensor> {
        for step in steps {
            values = self.step(step, values)?;
        }
        Ok(values)
    }

    fn step(&mut self, step: &Step, values: Tensor) -> Result<Tensor> {
        let (seeds, rows) = (values.dim(0)?, values.dim(1)?);
        let full = |shape: &[usize]| [&[seeds, rows][..], shape].concat();
        match step {
            Step::Linear { weight, bias } => {
                let mut shape = values.dims().to_vec();
                let width = values.dim(D::Minus1)?;
                let sums = self.affine(&values.reshape((seeds, (), width))?, *weight, *bias)?;
                if shape.len() == 3 {
                    return Ok(sums);
                }
                shape.pop();
                shape.push(sums.dim(2)?);
                sums.reshape(shape)
            }
            Step::Convolution {
                weight,
                bias,
                windows,
                shape,
            } => {
                let weight = &self.parameters[*weight].variable;
                let bias = bias.map(|bias| self.parameters[bias].variable.as_tensor());
                let values = values.reshape((seeds, rows, ()))?;
                convolution(&values, weight, bias, windows)?.reshape(full(shape))
            }
            Step::Pool {
                kind,
                windows,
                shape,
            } => {
                let values = values.reshape((seeds * rows, ()))?;
                let pooled = match kind {
                    Pooling::Max => windows.largest(&values)?,
                    Pooling::Mean => {
                        let each = (seeds * rows, windows.count(), windows.size());
                        windows.take(&values)?.reshape(each)?.mean(D::Minus1)?
                    }
                };
                pooled.reshape(full(shape))
            }
            Step::BatchNorm {
                affine,
                statistics,
                epsilon,
                momentum,
            } => self.batch_norm(&values, *affine, *statistics, *epsilon, *momentum),
            Step::LayerNorm { affine, epsilon } => {
                let width = values.dim(D::Minus1)?;
                let (rows, shape) = (values.reshape((seeds, (), width))?, values.shape());
                let (mean, variance) = moments(&rows)?;
                let scaled = scale(&rows, &mean, &variance, *epsilon)?;
                self.factor_and_summand(&scaled, *affine)?.reshape(shape)
            }
            Step::Dropout { name, share } => match self.pass {
                Pass::Measuring => Ok(values),
                Pass::Training { seeds, update } => {
                    let stream = format!("{name} {update}");
                    &values * mask(&values, seeds, &stream, *share)?
                }
            },
            Step::Reshape(shape) => values.reshape(full(shape)),
            Step::Activation(activation) => activate(*activation, &values),
            Step::Residual(steps) => {
                let inner = self.through(steps, values.clone())?;
                values + inner
            }
            Step::Concatenate(steps) => {
                let inner = self.through(steps, values.clone())?;
                Tensor::cat(&[values, inner], D::Minus1)?.contiguous()
            }
        }
    }

    fn affine(&self, inputs: &Tensor, weight: usize, bias: Option<usize>) -> Result<Tensor> {
        let weight = &self.parameters[weight].variable;
        let bias = bias.map(|bias| self.parameters[bias].variable.as_tensor());
        affine(inputs, weight, &bias_or_zero(bias, weight)?)
    }

    fn factor_and_summand(&self, values: &Tensor, [factor, summand]: [usize; 2]) -> Result<Tensor> {
        let (factor, summand) = (&self.parameters[factor], &self.parameters[summand]);
        values
            .broadcast_mul(&factor.variable)?
            .broadcast_add(&summand.variable)
    }

    fn batch_norm(
        &mut self,
        values: &Tensor,
        affine: [usize; 2],
        statistics: usize,
        epsilon: f64,
        momentum: f64,
    ) -> Result<Tensor> {
        let shape = values.shape();
        let (seeds, rows, channels) = (values.dim(0)?, values.dim(1)?, values.dim(2)?);
        // (seeds, channels, rows · places), so that each channel's numbers lie in one stretch.
        let by_channel = values.reshape((seeds, rows, channels, ()))?;
        let places = by_channel.dim(3)?;
        let by_channel = by_channel.transpose(1, 2)?.contiguous()?;
        let by_channel = by_channel.reshape((seeds, channels, rows * places))?;
        let [running_mean, running_variance] = &mut self.statistics[statistics];
        let scaled = match self.pass {
            Pass::Measuring => scale(&by_channel, running_mean, running_variance, epsilon)?,
            Pass::Training { .. } => {
                let (mean, variance) = moments(&by_channel)?;
                let count = (rows * places) as f64;
                let unbiased = (variance.detach() * (count / (count - 1.0).max(1.0)))?;
                let mix =
                    |old: &Tensor, new: &Tensor| (old * (1.0 - momentum))? + (new * momentum)?;
                *running_mean = mix(running_mean, &mean.detach())?;
                *running_variance = mix(running_variance, &unbiased)?;
                scale(&by_channel, &mean, &variance, epsilon)?
            }
        };
        let scaled = self.factor_and_summand(&scaled, affine)?;
        let scaled = scaled.reshape((seeds, channels, rows, places))?;
        scaled.transpose(1, 2)?.contiguous()?.reshape(shape)
    }
}

/// Mean and variance (divisor n) along the last dimension.
fn moments(values: &Tensor) -> Result<(Tensor, Tensor)> {
    let mean = values.mean_keepdim(D::Minus1)?;
    let variance = values
        .broadcast_sub(&mean)?
        .sqr()?
        .mean_keepdim(D::Minus1)?;
    Ok((mean, variance))
}

/// Minus mean, by √(variance + ε).
fn scale(values: &Tensor, mean: &Tensor, variance: &Tensor, epsilon: f64) -> Result<Tensor> {
    values
        .broadcast_sub(mean)?
        .broadcast_div(&(variance + epsilon)?.sqrt()?)
}

/// 0 with the probability `share`, else 1 / (1 - share), for each number; each seed has its stream.
fn mask(values: &Tensor, seeds: &[u64], stream: &str, share: f64) -> Result<Tensor> {
    let count = values.elem_count() / seeds.len();
    let kept = 1.0 / (1.0 - share);
    let mut mask = Vec::with_capacity(values.elem_count());
    for &seed in seeds {
        let mut stream = Stream::new(seed, Purpose::Dropout, stream);
        let factor = || if stream.unit() < share { 0.0 } else { kept };
        mask.extend(std::iter::repeat_with(factor).take(count));
    }
    let mask = Tensor::from_vec(mask, values.shape(), &Device::Cpu)?;
    mask.to_dtype(values.dtype())?.to_device(values.device())
}

#[cfg(test)]
mod tests {
    use super::super::language::Loss;
    use super::super::loss::loss;
    use super::*;

    const ENDS: Ends = Ends {
        inputs: 4,
        outputs: 3,
    };
    const INITIAL: Initial = Initial {
        weights: Distribution::Uniform {
            low: -0.9,
            high: 0.9,
        },
        biases: Distribution::Normal { mean: 0.1, sd: 0.3 },
    };

    const CROSS_ENTROPY: Loss = Loss::CrossEntropy {
        weights: None,
        smoothing: 0.0,
    };

    fn model(hidden: &[usize], activation: Activation, output: Activation) -> Model {
        Model::Mlp {
            hidden: hidden.to_vec(),
            activation,
            output,
        }
    }

    /// Inputs (2, 5, 4) and one-hot targets (2, 5, 3), the same for both seeds' rows or not.
    fn batch() -> (Tensor, Tensor) {
        let mut stream = Stream::new(5, Purpose::Split, "inputs");
        let inputs: Vec<f64> = (0..40).map(|_| stream.normal()).collect();
        let targets: Vec<f64> = (0..30)
            .map(|index| f64::from(u8::from(index % 3 == (index / 3) % 3)))
            .collect();
        (
            Tensor::from_vec(inputs, (2, 5, 4), &Device::Cpu).unwrap(),
            Tensor::from_vec(targets, (2, 5, 3), &Device::Cpu).unwrap(),
        )
    }

    /// The largest difference between candle's gradient and central differences, over all parameters.
    fn gradient_gap(
        model: &Model,
        ends: Ends,
        kind: &Loss,
        (inputs, targets): &(Tensor, Tensor),
    ) -> f64 {
        assert_eq!(fit(model, ends), Ok(()));
        let seeds = [1, 2];
        let mut network =
            Network::new(model, &INITIAL, ends, &seeds, DType::F64, &Device::Cpu).unwrap();
        let pass = Pass::Training {
            seeds: &seeds,
            update: 1,
        };
        let variables: Vec<Var> = network
            .parameters()
            .iter()
            .map(|p| p.variable.clone())
            .collect();
        let mut value = || loss(kind, &network.forward(inputs, pass).unwrap(), targets).unwrap();
        let gradients = value().backward().unwrap();
        let mut gap: f64 = 0.0;
        for variable in &variables {
            let gradient = gradients.get(variable).unwrap().flatten_all().unwrap();
            let gradient = gradient.to_vec1::<f64>().unwrap();
            let start = variable.flatten_all().unwrap().to_vec1::<f64>().unwrap();
            for (index, analytic) in gradient.iter().enumerate() {
                let mut at = |step: f64| {
                    let mut moved = start.clone();
                    moved[index] += step;
                    let moved = Tensor::from_vec(moved, variable.shape(), &Device::Cpu).unwrap();
                    variable.set(&moved).unwrap();
                    value().to_scalar::<f64>().unwrap()
                };
                let numeric = (at(1e-5) - at(-1e-5)) / 2e-5;
                at(0.0);
                gap = gap.max((numeric - analytic).abs());
            }
        }
        gap
    }

    #[test]
    fn gradients_agree_with_central_differences() {
        use Activation::{Identity, Relu, Sigmoid, Tanh};
        let losses = [
            Loss::HalfSquaredError { dead_zone: 0.0 },
            Loss::HalfSquaredError { dead_zone: 0.2 },
            Loss::MeanSquaredError { dead_zone: 0.3 },
            CROSS_ENTROPY,
        ];
        for hidden in [&[][..], &[6], &[5, 4]] {
            for activation in [Sigmoid, Tanh, Relu, Identity] {
                for kind in &losses {
                    let outputs = match kind {
                        Loss::CrossEntropy { .. } => &[Identity][..],
                        _ => &[Identity, Sigmoid, Tanh, Relu],
                    };
                    for &output in outputs {
                        let model = model(hidden, activation, output);
                        let gap = gradient_gap(&model, ENDS, kind, &batch());
                        assert!(gap < 1e-8, "{model:?} {kind:?}: {gap:e}");
                    }
                }
            }
        }
    }

    #[test]
    fn each_loss_has_the_gradient_of_its_value() {
        let weights = Some(vec![1.0, 0.2, 3.0]);
        let losses = [
            Loss::MeanAbsoluteError,
            Loss::Huber { delta: 0.4 },
            Loss::CrossEntropy {
                weights: weights.clone(),
                smoothing: 0.1,
            },
            Loss::BinaryCrossEntropy,
        ];
        for kind in &losses {
            let model = model(&[5], Activation::Tanh, Activation::Identity);
            let gap = gradient_gap(&model, ENDS, kind, &batch());
            assert!(gap < 1e-8, "{kind:?}: {gap:e}");
        }
        let model = model(&[5], Activation::Tanh, Activation::LogSoftmax);
        for weights in [None, weights] {
            let kind = Loss::NegativeLogLikelihood { weights };
            let gap = gradient_gap(&model, ENDS, &kind, &batch());
            assert!(gap < 1e-8, "{kind:?}: {gap:e}");
        }
    }

    fn linear(width: usize) -> Layer {
        Layer::Linear {
            width,
            bias: Bias::Added,
        }
    }

    fn window(size: &[usize], stride: usize, padding: usize, dilation: usize) -> Window {
        Window {
            size: size.to_vec(),
            stride: vec![stride; size.len()],
            padding: vec![padding; size.len()],
            dilation: vec![dilation; size.len()],
        }
    }

    fn convolution(channels: usize, window: Window, bias: Bias) -> Layer {
        Layer::Convolution {
            channels,
            window,
            bias,
        }
    }

    /// Inputs (2, 3, 24) and one-hot targets (2, 3, 3).
    fn wide_batch() -> (Tensor, Tensor) {
        let mut stream = Stream::new(5, Purpose::Split, "wide");
        let inputs: Vec<f64> = (0..144).map(|_| stream.normal()).collect();
        let targets: Vec<f64> = (0..18)
            .map(|index| f64::from(u8::from(index % 3 == (index / 3) % 3)))
            .collect();
        (
            Tensor::from_vec(inputs, (2, 3, 24), &Device::Cpu).unwrap(),
            Tensor::from_vec(targets, (2, 3, 3), &Device::Cpu).unwrap(),
        )
    }

    /// Models that between them hold every layer, with 24 inputs and 3 outputs.
    fn sequential_models() -> Vec<Vec<Layer>> {
        use Activation::{Elu, Gelu, LeakyRelu, Silu, Softmax, Softplus, Softsign, Tanh};
        let norm = || Layer::BatchNorm {
            epsilon: 1e-5,
            momentum: 0.1,
        };
        let max = |window| Layer::Pool {
            kind: Pooling::Max,
            window,
        };
        let mean = |window| Layer::Pool {
            kind: Pooling::Mean,
            window,
        };
        let mut models = vec![
            vec![
                Layer::Reshape(vec![2, 12]),
                convolution(3, window(&[3], 2, 1, 1), Bias::Added),
                norm(),
                Layer::Activation(Gelu),
                convolution(2, window(&[2], 1, 2, 2), Bias::None),
                max(window(&[3], 2, 0, 1)),
                Layer::Flatten,
                linear(3),
            ],
            vec![
                Layer::Reshape(vec![1, 4, 6]),
                convolution(2, window(&[3, 2], 1, 1, 1), Bias::Added),
                Layer::Activation(Tanh),
                max(window(&[2, 2], 1, 0, 1)),
                mean(window(&[2, 3], 2, 0, 1)),
                Layer::LayerNorm { epsilon: 1e-5 },
                convolution(3, window(&[1, 2], 1, 0, 1), Bias::None),
                Layer::GlobalPool(Pooling::Mean),
            ],
            vec![
                linear(6),
                norm(),
                Layer::Residual(vec![
                    linear(5),
                    Layer::LayerNorm { epsilon: 1e-3 },
                    Layer::Activation(Silu),
                    Layer::Dropout(0.3),
                    linear(6),
                ]),
                Layer::Reshape(vec![3, 2]),
                linear(4),
                Layer::GlobalPool(Pooling::Max),
            ],
        ];
        models.push(vec![
            Layer::Concatenate(vec![linear(4), Layer::Activation(Softsign)]),
            Layer::Concatenate(vec![linear(2), Layer::Activation(Softsign)]),
            linear(3),
        ]);
        for activation in [Elu, LeakyRelu, Softsign, Softplus, Softmax] {
            models.push(vec![linear(4), Layer::Activation(activation), linear(3)]);
        }
        models
    }

    #[test]
    fn every_layer_has_the_gradient_of_its_value() {
        for layers in sequential_models() {
            let ends = Ends {
                inputs: 24,
                outputs: 3,
            };
            let model = Model::Sequential(layers);
            let gap = gradient_gap(&model, ends, &CROSS_ENTROPY, &wide_batch());
            assert!(gap < 1e-8, "{model:?}: {gap:e}");
        }
    }

    #[test]
    fn convolutions_agree_with_candle() {
        let layers = vec![
            Layer::Reshape(vec![2, 3, 4]),
            convolution(5, window(&[2, 3], 1, 1, 1), Bias::Added),
        ];
        let ends = Ends {
            inputs: 24,
            outputs: 5 * 4 * 4,
        };
        let model = Model::Sequential([layers, vec![Layer::Flatten]].concat());
        let mut network =
            Network::new(&model, &INITIAL, ends, &[3], DType::F64, &Device::Cpu).unwrap();
        let inputs = wide_batch().0.narrow(0, 0, 1).unwrap();
        let own = network.forward(&inputs, Pass::Measuring).unwrap();
        let [weight, bias] = network.parameters() else {
            panic!("weight and bias");
        };
        // (in · places, out) here, (out, in, places) there.
        let kernel = weight
            .variable
            .get(0)
            .unwrap()
            .t()
            .unwrap()
            .contiguous()
            .unwrap();
        let kernel = kernel.reshape((5, 2, 2, 3)).unwrap();
        let images = inputs.reshape((3, 2, 3, 4)).unwrap();
        let theirs = images.conv2d(&kernel, 1, 1, 1, 1).unwrap();
        let bias = bias.variable.reshape((1, 5, 1, 1)).unwrap();
        let theirs = theirs
            .broadcast_add(&bias)
            .unwrap()
            .reshape(own.shape())
            .unwrap();
        let gap = (own - theirs).unwrap().abs().unwrap().max_all().unwrap();
        assert!(gap.to_scalar::<f64>().unwrap() < 1e-12);
    }

    #[test]
    fn a_seed_alone_goes_through_every_layer_with_the_same_bits() {
        let ends = Ends {
            inputs: 24,
            outputs: 3,
        };
        let inputs = wide_batch().0.to_dtype(DType::F32).unwrap();
        for layers in sequential_models() {
            let model = Model::Sequential(layers);
            let outputs = |seeds: &[u64], inputs: &Tensor| {
                let mut network =
                    Network::new(&model, &INITIAL, ends, seeds, DType::F32, &Device::Cpu).unwrap();
                let trained = network.forward(inputs, Pass::Training { seeds, update: 4 });
                let last = network.of_seed(seeds.len() - 1).unwrap();
                let inputs = inputs.narrow(0, seeds.len() - 1, 1).unwrap();
                let measured = { last }.forward(&inputs, Pass::Measuring).unwrap();
                let trained = trained.unwrap().get(seeds.len() - 1).unwrap();
                [trained, measured.get(0).unwrap()].map(|t| t.to_vec2::<f32>().unwrap())
            };
            let together = outputs(&[1, 2], &inputs);
            let alone = outputs(&[2], &inputs.narrow(0, 1, 1).unwrap());
            assert_eq!(together, alone, "{model:?}");
        }
    }

    #[test]
    fn dropout_keeps_its_share_and_its_mean() {
        let values = Tensor::ones((2, 100, 100), DType::F64, &Device::Cpu).unwrap();
        let mask = mask(&values, &[1, 2], "dropout1 1", 0.2).unwrap();
        for seed in mask.flatten_from(1).unwrap().to_vec2::<f64>().unwrap() {
            let dropped = seed.iter().filter(|factor| **factor == 0.0).count();
            // Binomial(10000, 0.2): sd 40; five of them are allowed.
            assert!(dropped.abs_diff(2000) < 200, "{dropped}");
            assert!(seed.iter().all(|factor| *factor == 0.0 || *factor == 1.25));
        }
    }

    #[test]
    fn batch_norm_measures_with_running_moments() {
        let layers = vec![Layer::BatchNorm {
            epsilon: 0.0,
            momentum: 0.5,
        }];
        let ends = Ends {
            inputs: 1,
            outputs: 1,
        };
        let model = Model::Sequential(layers);
        let mut network =
            Network::new(&model, &INITIAL, ends, &[1], DType::F64, &Device::Cpu).unwrap();
        let inputs = Tensor::new(&[[[1.0_f64], [3.0]]], &Device::Cpu).unwrap();
        let pass = Pass::Training {
            seeds: &[1],
            update: 1,
        };
        let trained = network
            .forward(&inputs, pass)
            .unwrap()
            .flatten_all()
            .unwrap();
        assert_eq!(trained.to_vec1::<f64>().unwrap(), [-1.0, 1.0]);
        // Mean 0.5 · 0 + 0.5 · 2, variance 0.5 · 1 + 0.5 · 2 (divisor n - 1).
        let measured = network.forward(&inputs, Pass::Measuring).unwrap();
        let measured = measured.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        assert!((measured[0]).abs() < 1e-12 && (measured[1] - 2.0 / 1.5f64.sqrt()).abs() < 1e-12);
    }
}
