//! Networks of several seeds as one graph of tensors: every parameter has a leading dimension of
//! seeds, and no operation mixes seeds.

#[cfg(test)]
mod sequence_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use candle_core::{DType, Device, Result, Tensor, Var};

use crate::nn::blueprint::Step;
pub(crate) use crate::nn::blueprint::{Blueprint, Kind, PytorchOrder, Role};
use crate::nn::forward::ForwardPass;
use crate::nn::layer::{
    Layer, MOST_NUMBERS, ShapeError, moderate_product, shape_after, shape_error, shape_text,
};
use crate::spec::recipe::{Distribution, Initial, Model};

/// A parameter of several seeds.
pub(crate) struct Parameter {
    /// Its name, for example `layer1.weight`; it names the stream of its initial values.
    pub(crate) name: String,
    /// Its values, seed after seed.
    pub(crate) variable: Var,
    /// Whether training moves it.
    pub(crate) role: Role,
}

/// Values with which parameters begin instead of random ones, the same for all seeds; by name, row
/// after row.
pub(crate) type PretrainedWeights = BTreeMap<String, Vec<f64>>;

/// A network of several seeds.
pub(crate) struct Network {
    steps: Vec<Step>,
    parameters: Vec<Parameter>,
    /// The running means and variances of batch normalisation, each (seeds, channels, 1).
    statistics: Vec<[Tensor; 2]>,
}

/// The numbers of inputs and outputs of a network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IoWidths {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

/// What a network is used for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode<'p> {
    /// An update of these seeds, of this number from 1.
    Training { seeds: &'p [u64], update: usize },
    /// Measuring: no randomness, no statistics of the batch.
    Measuring,
    /// Measuring with dropout at work: a draw of this name, of this seed.
    Sampling { seed: u64, draw: &'p str },
}
/// Whether a model takes rows of so many numbers and gives as many as there are targets.
pub(crate) fn fit(model: &Model, widths: IoWidths) -> std::result::Result<(), ShapeError> {
    let shape = shape_after(&model.layers(widths.outputs), &[widths.inputs])?;
    if shape != [widths.outputs] {
        let (found, expected) = (shape_text(&shape), widths.outputs);
        return Err(shape_error(format!(
            "the last layer gives {found} numbers a row, expected ({expected})"
        )));
    }
    let zero = Initial {
        weights: Distribution::Zero,
        biases: Distribution::Zero,
    };
    let blueprint = Blueprint::new(model, &zero, widths)?;
    let mut all = 0;
    for kind in &blueprint.parameters {
        all += moderate_product(&[kind.rows, kind.columns]).unwrap_or(MOST_NUMBERS + 1);
        if all > MOST_NUMBERS {
            return Err(shape_error(format!(
                "expected at most {MOST_NUMBERS} parameters, found more with `{}`",
                kind.name
            )));
        }
    }
    Ok(())
}

/// The number of elements of the largest tensor of one seed's network.
pub(crate) fn largest_tensor(model: &Model, widths: IoWidths, batch: usize) -> usize {
    fn largest(layers: &[Layer], shape: &mut Vec<usize>, batch: usize) -> usize {
        let mut most = 1;
        for layer in layers {
            let Ok(after) = layer.shape(shape) else {
                return most;
            };
            let (inputs, last) = (shape.iter().product::<usize>(), shape[shape.len() - 1]);
            let own = match layer {
                Layer::Linear { width, .. } | Layer::LowRank { width, .. } => last * width,
                Layer::Embedding { count, width } => count * width,
                Layer::Recurrent(recurrent) => {
                    let sums = recurrent.width * recurrent.cell.gates();
                    (batch * shape[0]).max(last).max(recurrent.width) * sums
                }
                Layer::Attention(attention) => {
                    let weights = batch * attention.heads * shape[0] * shape[0];
                    weights.max(3 * last * last).max(3 * batch * inputs)
                }
                Layer::Convolution { window, .. } => {
                    let window = shape[0] * window.size.iter().product::<usize>();
                    let windows: usize = after[1..].iter().product();
                    (window * after[0]).max(batch * window * windows)
                }
                Layer::Residual(inner) | Layer::Concatenate(inner) | Layer::Frozen(inner) => {
                    largest(inner, &mut shape.clone(), batch)
                }
                _ => 0,
            };
            most = most.max(own).max(batch * inputs);
            *shape = after;
        }
        most
    }
    largest(
        &model.layers(widths.outputs),
        &mut vec![widths.inputs],
        batch,
    )
}

impl Network {
    /// A network with its initial parameters, in the order of the layers; those of `pretrained_weights` begin
    /// with the values there. The model must [`fit`].
    pub(crate) fn new(
        model: &Model,
        initial: &Initial,
        pretrained_weights: &PretrainedWeights,
        widths: IoWidths,
        seeds: &[u64],
        kind: DType,
        device: &Device,
    ) -> Result<Self> {
        let blueprint = Blueprint::new(model, initial, widths)
            .map_err(|shape_error| candle_core::Error::Msg(shape_error.message))?;
        let parameters = blueprint.parameters.into_iter().map(|parameter| {
            let size = (seeds.len(), parameter.rows, parameter.columns);
            let values = match pretrained_weights.get(&parameter.name) {
                Some(values) => values.repeat(seeds.len()),
                None => {
                    let count = parameter.rows * parameter.columns;
                    parameter.draw.values(&parameter.name, count, seeds)
                }
            };
            let start = Tensor::from_vec(values, size, &Device::Cpu)?;
            let start = start.to_dtype(kind)?.to_device(device)?;
            Ok(Parameter {
                name: parameter.name,
                variable: Var::from_tensor(&start)?,
                role: parameter.role,
            })
        });
        let statistics = blueprint.channels.into_iter().map(|channels| {
            let start = (seeds.len(), channels, 1);
            Ok([
                Tensor::zeros(start, kind, device)?,
                Tensor::ones(start, kind, device)?,
            ])
        });
        Ok(Self {
            steps: blueprint.steps,
            parameters: parameters.collect::<Result<_>>()?,
            statistics: statistics.collect::<Result<_>>()?,
        })
    }

    /// The parameters in the order of the layers.
    pub(crate) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The outputs (seeds, rows, out) for inputs (seeds, rows, in).
    pub(crate) fn forward(&mut self, inputs: &Tensor, mode: Mode<'_>) -> Result<Tensor> {
        let flow = &mut ForwardPass {
            parameters: &self.parameters,
            statistics: &mut self.statistics,
            mode,
        };
        flow.through(&self.steps, inputs.clone())
    }

    /// A copy of the network of one seed, apart from the graph.
    pub(crate) fn of_seed(&self, seed: usize) -> Result<Self> {
        let one = |tensor: &Tensor| tensor.detach().narrow(0, seed, 1)?.copy();
        let parameters = self.parameters.iter().map(|parameter| {
            Ok(Parameter {
                name: parameter.name.clone(),
                variable: Var::from_tensor(&one(&parameter.variable)?)?,
                role: parameter.role,
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
