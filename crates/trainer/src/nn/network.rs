//! Networks of several seeds as one graph of tensors: every parameter has a leading dimension of
//! seeds, and no operation mixes seeds.

#[cfg(test)]
mod sequence_tests;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use candle_core::{DType, Device, Result, Tensor, Var};

use crate::nn::blueprint::{Blueprint, IoWidths};
use crate::nn::forward::{ForwardPass, LayerStep, Mode};
use crate::nn::layer::{largest_of_all, shape_after};
use crate::nn::parameter::{Parameter, PretrainedWeights};
use crate::nn::shape::{MOST_NUMBERS, ShapeError, moderate_product, shape_text};
use crate::spec::initial::{Distribution, Initial};
use crate::spec::model::Model;

/// A network of several seeds.
pub(crate) struct NeuralNetwork {
    steps: Rc<Vec<Box<dyn LayerStep>>>,
    parameters: Vec<Parameter>,
    /// The running means and variances of batch normalisation, each (seeds, channels, 1).
    statistics: Vec<[Tensor; 2]>,
}

/// Whether a model takes rows of so many numbers and gives as many as there are targets.
pub(crate) fn fit(model: &Model, widths: IoWidths) -> std::result::Result<(), ShapeError> {
    let shape = shape_after(&model.layers(widths.outputs), &[widths.inputs])?;
    if shape != [widths.outputs] {
        let (found, expected) = (shape_text(&shape), widths.outputs);
        return Err(ShapeError::new(format!(
            "the last layer gives {found} numbers a row, expected ({expected})"
        )));
    }
    let zero = Initial {
        weights: Distribution::Zero,
        biases: Distribution::Zero,
    };
    let blueprint = Blueprint::new(model, &zero, widths)?;
    let mut all = 0;
    for spec in &blueprint.parameters {
        all += moderate_product(&[spec.rows, spec.columns]).unwrap_or(MOST_NUMBERS + 1);
        if all > MOST_NUMBERS {
            return Err(ShapeError::new(format!(
                "expected at most {MOST_NUMBERS} parameters, found more with `{}`",
                spec.name
            )));
        }
    }
    Ok(())
}

/// The number of elements of the largest tensor of one seed's network.
pub(crate) fn largest_tensor(model: &Model, widths: IoWidths, batch: usize) -> usize {
    largest_of_all(&model.layers(widths.outputs), batch, vec![widths.inputs])
}

impl NeuralNetwork {
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
            .map_err(|error| candle_core::Error::Msg(error.message))?;
        let parameters = blueprint.parameters.into_iter().map(|parameter| {
            let size = (seeds.len(), parameter.rows, parameter.columns);
            let values = match pretrained_weights.get(&parameter.name) {
                Some(values) => values.repeat(seeds.len()),
                None => {
                    let count = parameter.rows * parameter.columns;
                    parameter.initialiser.values(&parameter.name, count, seeds)
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
            steps: Rc::clone(&self.steps),
            parameters: parameters.collect::<Result<_>>()?,
            statistics: statistics
                .map(|[mean, variance]| Ok([one(mean)?, one(variance)?]))
                .collect::<Result<_>>()?,
        })
    }
}
