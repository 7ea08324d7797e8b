//! The recurrent layer along (length, width).

use candle_core::Tensor;

use crate::error::RecipeError;
use crate::nn::bias::Bias;
use crate::nn::builder::BlueprintBuilder;
use crate::nn::forward::{ForwardPass, LayerStep};
use crate::nn::init::Initialiser;
use crate::nn::layer::{InputTrace, LayerOps, Properties, ReadLayer, WrittenLayer};
use crate::nn::ops::affine::bias_or_zero;
use crate::nn::ops::recurrence::{RecurrentCell, unroll};
use crate::nn::parameter::AffineParams;
use crate::nn::shape::{ShapeError, sequence};
use crate::spec::initial::Distribution;
use crate::spec::read::node::NodeFields;

/// The largest number of stacked recurrent networks.
const MOST_LAYERS: u64 = 100;

/// `gru: 64`, or `gru: {width: 64, layers: 2, direction: both, returns: sequence, bias: none}`. The
/// initial state is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recurrent {
    pub(crate) cell: RecurrentCell,
    /// The number of units of a direction, at least 1.
    pub(crate) width: usize,
    /// The number of stacked networks, each along the steps of the one before; at least 1.
    pub(crate) layers: usize,
    pub(crate) direction: Direction,
    /// The part that goes on to the next layer of the model.
    pub(crate) returns: Returns,
    /// Whether the sums have biases, one of the inputs and one of the state.
    pub(crate) bias: Bias,
}

/// The direction of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the first to the last.
    Forward,
    /// Both directions by two networks, whose states stand behind each other, the forward ones
    /// first.
    Both,
}

/// The output of a recurrent network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returns {
    /// The state after the last step of each direction: `(width)`.
    Last,
    /// The state after every step: `(length, width)`.
    Sequence,
}

/// The name of a recurrent layer in recipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellName {
    Rnn,
    Gru,
    Lstm,
}

impl ReadLayer for Recurrent {
    type Form = CellName;

    fn names() -> Vec<(&'static str, CellName)> {
        vec![
            ("rnn", CellName::Rnn),
            ("gru", CellName::Gru),
            ("lstm", CellName::Lstm),
        ]
    }

    fn read(name: CellName, written: WrittenLayer<'_, '_>) -> Result<Self, RecipeError> {
        let mut keys = vec!["width", "layers", "direction", "returns", "bias"];
        if name == CellName::Rnn {
            keys.push("activation");
        }
        let settings = written.settings()?;
        let width = settings.whole().map(|_| settings.count(1)).transpose()?;
        let fields = match width {
            Some(_) => settings.without_entries().fields(&keys)?,
            None => settings.fields(&keys)?,
        };
        let cell = match name {
            CellName::Gru => RecurrentCell::Gru,
            CellName::Lstm => RecurrentCell::Lstm,
            CellName::Rnn => {
                fields.or_assume("activation", RecurrentCell::Tanh, "tanh", |node| {
                    node.named(
                        "activation",
                        &[("tanh", RecurrentCell::Tanh), ("relu", RecurrentCell::Relu)],
                    )
                })?
            }
        };
        Ok(Self {
            cell,
            width: match width {
                Some(width) => width,
                None => fields.required("width")?.count(1)?,
            },
            layers: fields.or_assume("layers", 1, "1", |node| match node.whole() {
                Some(1..=MOST_LAYERS) => node.count(1),
                _ => Err(node.unexpected(&format!("a whole number from 1 to {MOST_LAYERS}"))),
            })?,
            direction: direction(&fields)?,
            returns: fields.or_assume("returns", Returns::Last, "last", |node| {
                let names = [("last", Returns::Last), ("sequence", Returns::Sequence)];
                node.named("part to return", &names)
            })?,
            bias: Bias::read(&fields)?,
        })
    }
}

fn direction(fields: &NodeFields<'_>) -> Result<Direction, RecipeError> {
    fields.or_assume("direction", Direction::Forward, "forward", |node| {
        let names = [("forward", Direction::Forward), ("both", Direction::Both)];
        node.named("direction", &names)
    })
}

impl Recurrent {
    /// The number of directions.
    fn directions(&self) -> usize {
        match self.direction {
            Direction::Forward => 1,
            Direction::Both => 2,
        }
    }
}

impl LayerOps for Recurrent {
    fn shape(&self, shape: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let (length, _) = sequence(shape)?;
        let Some(width) = self.width.checked_mul(self.directions()) else {
            let message = format!("the width {} is too large", self.width);
            return Err(ShapeError::new(message));
        };
        Ok(match self.returns {
            Returns::Last => vec![width],
            Returns::Sequence => vec![length, width],
        })
    }

    /// PyTorch's initial values: all uniform within ±1 / sqrt(units).
    fn build(
        &self,
        builder: &mut BlueprintBuilder<'_>,
        shape: &[usize],
        _after: &[usize],
    ) -> Result<Box<dyn LayerStep>, ShapeError> {
        builder.begin_layer();
        let initial = builder.initial();
        let (units, sums) = (self.width, self.width * self.cell.gates());
        let mut layers = Vec::new();
        let mut inputs = shape[shape.len() - 1];
        for layer in 0..self.layers {
            let direction = |direction: usize| {
                let end = ["", "_reverse"][direction];
                [("ih", inputs), ("hh", units)].map(|(of, fan_in)| {
                    let initialiser = |distribution| Initialiser {
                        distribution,
                        fan_in: if distribution == Distribution::Pytorch {
                            units
                        } else {
                            fan_in
                        },
                        fan_out: sums,
                    };
                    let initialisers = [initial.weights, initial.biases].map(initialiser);
                    let names = ["weight", "bias"].map(|what| format!("{what}_{of}_l{layer}{end}"));
                    let names = [names[0].as_str(), names[1].as_str()];
                    builder.affine_with(names, &[sums, fan_in], self.bias, initialisers)
                })
            };
            layers.push((0..self.directions()).map(direction).collect());
            inputs = units * self.directions();
        }
        Ok(Box::new(RecurrentStep {
            cell: self.cell,
            returns: self.returns,
            layers,
        }))
    }

    fn largest_tensor(&self, batch: usize, shape: &[usize], _after: &[usize]) -> usize {
        let (last, sums) = (shape[shape.len() - 1], self.width * self.cell.gates());
        (batch * shape[0]).max(last).max(self.width) * sums
    }

    fn trace(&self, trace: &mut InputTrace) {
        trace.compute();
    }

    fn properties(&self) -> Properties {
        Properties::RAW
    }
}

struct RecurrentStep {
    cell: RecurrentCell,
    returns: Returns,
    /// The affine functions of inputs and state, for each layer and each of its directions.
    layers: Vec<Vec<[AffineParams; 2]>>,
}

impl LayerStep for RecurrentStep {
    /// (seeds, rows, length, width), or the last states (seeds, rows, width), of
    /// (seeds, rows, length, in).
    fn forward(&self, pass: &mut ForwardPass<'_>, values: Tensor) -> candle_core::Result<Tensor> {
        // Step after step, so that the rows of a step stand together.
        let mut steps = values.transpose(1, 2)?.contiguous()?;
        let length = steps.dim(1)?;
        let mut last_states = Vec::new();
        for layer in &self.layers {
            let mut states = Vec::new();
            last_states.clear();
            for (direction, [inputs, state]) in layer.iter().enumerate() {
                let (seeds, _, rows, width) = steps.dims4()?;
                let sums = pass.affine(*inputs, &steps.reshape((seeds, length * rows, width))?)?;
                let weight = pass.parameter(state.weight);
                let columns = weight.dim(2)?;
                let bias = state.bias.map(|bias| pass.parameter(bias));
                let bias = bias_or_zero(bias.as_ref(), &weight)?;
                let sums = sums.reshape((seeds, length, rows, columns))?;
                let (order, last): (Vec<usize>, usize) = match direction {
                    0 => ((0..length).collect(), length - 1),
                    _ => ((0..length).rev().collect(), 0),
                };
                let unrolled = unroll(self.cell, order, &sums, &weight, &bias)?;
                last_states.push(unrolled.narrow(1, last, 1)?.squeeze(1)?.contiguous()?);
                states.push(unrolled);
            }
            steps = Tensor::cat(&states, 3)?.contiguous()?;
        }
        match self.returns {
            Returns::Last => Tensor::cat(&last_states, 2)?.contiguous(),
            Returns::Sequence => steps.transpose(1, 2)?.contiguous(),
        }
    }
}
