//! Networks of several seeds as one graph of tensors: every parameter has a leading dimension of
//! seeds, and no operation mixes seeds.

use candle_core::{D, DType, Device, Result, Tensor, Var};

use super::affine::affine;
use super::language::{Activation, Distribution, Initial, Loss, Model};
use super::random::{Purpose, Stream};

/// A trainable parameter of several seeds.
pub(super) struct Parameter {
    /// Its name, for example `layer1.weight`; it names the stream of its initial values.
    pub(super) name: String,
    /// Its values, seed after seed.
    pub(super) variable: Var,
}

/// A network of several seeds.
pub(super) struct Network {
    layers: Vec<Layer>,
}

/// A fully connected layer of several seeds: weight (seeds, in, out) and bias (seeds, 1, out).
struct Layer {
    weight: Tensor,
    bias: Tensor,
    activation: Activation,
}

/// The widths at both ends of a network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

impl Network {
    /// A network with its initial parameters, in the order of the layers.
    pub(super) fn new(
        model: &Model,
        initial: &Initial,
        ends: Ends,
        seeds: &[u64],
        kind: DType,
        device: &Device,
    ) -> Result<(Self, Vec<Parameter>)> {
        let Model::Mlp {
            hidden,
            activation,
            output,
        } = model;
        let mut layers = Vec::new();
        let mut parameters = Vec::new();
        let mut fan_in = ends.inputs;
        for (index, fan_out) in hidden.iter().copied().chain([ends.outputs]).enumerate() {
            let mut parameter = |role: &str, rows: usize, distribution: Distribution| {
                let name = format!("layer{}.{role}", index + 1);
                let draw = Draw {
                    distribution,
                    fan_in,
                    fan_out,
                };
                let values = draw.values(&name, rows * fan_out, seeds);
                let start = Tensor::from_vec(values, (seeds.len(), rows, fan_out), &Device::Cpu)?;
                let variable = Var::from_tensor(&start.to_dtype(kind)?.to_device(device)?)?;
                let tensor = variable.as_tensor().clone();
                parameters.push(Parameter { name, variable });
                Ok::<Tensor, candle_core::Error>(tensor)
            };
            layers.push(Layer {
                weight: parameter("weight", fan_in, initial.weights)?,
                bias: parameter("bias", 1, initial.biases)?,
                activation: if index == hidden.len() {
                    *output
                } else {
                    *activation
                },
            });
            fan_in = fan_out;
        }
        Ok((Self { layers }, parameters))
    }

    /// The outputs (seeds, rows, out) for inputs (seeds, rows, in).
    pub(super) fn forward(&self, inputs: &Tensor) -> Result<Tensor> {
        let mut values = inputs.clone();
        for layer in &self.layers {
            let sums = affine(&values, &layer.weight, &layer.bias)?;
            values = activate(layer.activation, sums)?;
        }
        Ok(values)
    }

    /// The network of one seed, apart from the graph.
    pub(super) fn of_seed(&self, seed: usize) -> Result<Self> {
        let one = |tensor: &Tensor| tensor.detach().narrow(0, seed, 1)?.contiguous();
        let layers = self
            .layers
            .iter()
            .map(|layer| {
                Ok(Layer {
                    weight: one(&layer.weight)?,
                    bias: one(&layer.bias)?,
                    activation: layer.activation,
                })
            })
            .collect::<Result<Vec<Layer>>>()?;
        Ok(Self { layers })
    }
}

fn activate(activation: Activation, sums: Tensor) -> Result<Tensor> {
    match activation {
        Activation::Identity => Ok(sums),
        Activation::Sigmoid => candle_nn::ops::sigmoid(&sums),
        Activation::Tanh => sums.tanh(),
        Activation::Relu => sums.relu(),
    }
}

/// The initial values of one layer's parameter.
struct Draw {
    distribution: Distribution,
    fan_in: usize,
    fan_out: usize,
}

impl Draw {
    fn values(&self, name: &str, count: usize, seeds: &[u64]) -> Vec<f64> {
        let mut values = Vec::with_capacity(count * seeds.len());
        for &seed in seeds {
            let mut stream = Stream::new(seed, Purpose::Initial, name);
            values.extend((0..count).map(|_| self.value(&mut stream)));
        }
        values
    }

    fn value(&self, stream: &mut Stream) -> f64 {
        let (fan_in, fan_out) = (self.fan_in as f64, self.fan_out as f64);
        let mut within = |bound: f64| (2.0 * stream.unit() - 1.0) * bound;
        match self.distribution {
            Distribution::Zero => 0.0,
            Distribution::Uniform { low, high } => low + (high - low) * stream.unit(),
            Distribution::XavierUniform => within((6.0 / (fan_in + fan_out)).sqrt()),
            Distribution::KaimingUniform => within((6.0 / fan_in).sqrt()),
            Distribution::Pytorch => within(1.0 / fan_in.sqrt()),
            Distribution::Normal { mean, sd } => mean + sd * stream.normal(),
            Distribution::XavierNormal => (2.0 / (fan_in + fan_out)).sqrt() * stream.normal(),
            Distribution::KaimingNormal => (2.0 / fan_in).sqrt() * stream.normal(),
        }
    }
}

/// The loss of a batch, summed over the seeds: seeds share no parameter, so the gradient of each
/// seed's parameters is that of its own loss. `targets` has the shape of `outputs`.
pub(super) fn loss(loss: Loss, outputs: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let (_, rows, width) = outputs.dims3()?;
    match loss {
        Loss::HalfSquaredError { dead_zone } => {
            errors(outputs, targets, dead_zone)?.sqr()?.sum_all()? * 0.5
        }
        Loss::MeanSquaredError { dead_zone } => {
            let squares = errors(outputs, targets, dead_zone)?.sqr()?.sum_all()?;
            squares * (1.0 / (rows * width) as f64)
        }
        Loss::CrossEntropy => {
            let logarithms = candle_nn::ops::log_softmax(outputs, D::Minus1)?;
            (targets * logarithms)?.sum_all()? * (-1.0 / rows as f64)
        }
    }
}

/// `outputs - targets`, with the errors inside the dead zone set to 0.
fn errors(outputs: &Tensor, targets: &Tensor, dead_zone: f64) -> Result<Tensor> {
    let errors = (outputs - targets)?;
    if dead_zone == 0.0 {
        return Ok(errors);
    }
    let counts = errors.detach().abs()?.ge(dead_zone)?;
    errors * counts.to_dtype(outputs.dtype())?
}

#[cfg(test)]
mod tests {
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
    fn gradient_gap(model: &Model, kind: Loss) -> f64 {
        let (inputs, targets) = batch();
        let (network, parameters) =
            Network::new(model, &INITIAL, ENDS, &[1, 2], DType::F64, &Device::Cpu).unwrap();
        let value = || loss(kind, &network.forward(&inputs).unwrap(), &targets).unwrap();
        let gradients = value().backward().unwrap();
        let mut gap: f64 = 0.0;
        for Parameter { variable, .. } in &parameters {
            let gradient = gradients.get(variable).unwrap().flatten_all().unwrap();
            let gradient = gradient.to_vec1::<f64>().unwrap();
            let start = variable.flatten_all().unwrap().to_vec1::<f64>().unwrap();
            for (index, analytic) in gradient.iter().enumerate() {
                let at = |step: f64| {
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
            Loss::CrossEntropy,
        ];
        for hidden in [&[][..], &[6], &[5, 4]] {
            for activation in [Sigmoid, Tanh, Relu, Identity] {
                for kind in losses {
                    let outputs = match kind {
                        Loss::CrossEntropy => &[Identity][..],
                        _ => &[Identity, Sigmoid, Tanh, Relu],
                    };
                    for &output in outputs {
                        let model = model(hidden, activation, output);
                        let gap = gradient_gap(&model, kind);
                        assert!(gap < 1e-8, "{model:?} {kind:?}: {gap:e}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_sample_inside_the_dead_zone_moves_nothing() {
        let outputs = Var::from_vec(vec![0.81_f32, 0.21, 0.79], (1, 1, 3), &Device::Cpu).unwrap();
        let targets = Tensor::from_vec(vec![1.0_f32, 0.0, 1.0], (1, 1, 3), &Device::Cpu).unwrap();
        let kind = Loss::HalfSquaredError { dead_zone: 0.2 };
        let gradients = loss(kind, &outputs, &targets).unwrap().backward().unwrap();
        let gradient = gradients.get(&outputs).unwrap().flatten_all().unwrap();
        let gradient = gradient.to_vec1::<f32>().unwrap();
        assert_eq!(gradient[0], 0.0);
        assert!((gradient[1] - 0.21).abs() < 1e-6 && (gradient[2] + 0.21).abs() < 1e-6);
    }

    #[test]
    fn initial_values_have_the_range_and_spread_of_their_distribution() {
        let spread = |distribution| {
            let draw = Draw {
                distribution,
                fan_in: 24,
                fan_out: 8,
            };
            let values = draw.values("w", 20_000, &[9]);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
            (mean, (squares / values.len() as f64).sqrt())
        };
        let cases = [
            (Distribution::Zero, 0.0, 0.0),
            (
                Distribution::Uniform {
                    low: -0.3,
                    high: 0.3,
                },
                0.0,
                0.3 / 3f64.sqrt(),
            ),
            (Distribution::Normal { mean: 2.0, sd: 0.5 }, 2.0, 0.5),
            (Distribution::XavierUniform, 0.0, 0.25),
            (Distribution::XavierNormal, 0.0, 0.25),
            (Distribution::KaimingUniform, 0.0, (2f64 / 24.0).sqrt()),
            (Distribution::KaimingNormal, 0.0, (2f64 / 24.0).sqrt()),
            (Distribution::Pytorch, 0.0, (1f64 / 72.0).sqrt()),
        ];
        for (distribution, mean, sd) in cases {
            let found = spread(distribution);
            // Five standard errors of 20,000 values.
            assert!(
                (found.0 - mean).abs() <= 0.036 * sd,
                "{distribution:?} {found:?}"
            );
            assert!(
                (found.1 - sd).abs() <= 0.025 * sd,
                "{distribution:?} {found:?}"
            );
        }
    }
}
