//! What training computes beside what PyTorch computes: the cases of `fixtures/torch`, which its
//! script wrote, each with a forward pass, gradients and twenty updates.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor, WithDType};
use serde::Deserialize;

use crate::nn::blueprint::IoWidths;
use crate::nn::forward::Mode;
use crate::nn::init::Initialiser;
use crate::nn::network::{NeuralNetwork, fit};
use crate::nn::parameter::{Parameter, ParameterRole, PretrainedWeights};
use crate::random::{Purpose, Stream};
use crate::spec::initial::Distribution;
use crate::spec::recipe::Recipe;
use crate::spec::training::BatchSize;
use crate::train::loss::loss;
use crate::train::update::{Update, rate_factor};

/// The values of parameters, in the order of the layers in all three lists of a case.
type Named = BTreeMap<String, Vec<f64>>;

/// A case of PyTorch; the script tells what each field is.
#[derive(Deserialize)]
struct Case {
    name: String,
    model: serde_json::Value,
    loss: serde_json::Value,
    training: serde_json::Value,
    inputs: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
    parameters: Named,
    outputs: Vec<f64>,
    gradients: Named,
    losses: Vec<f64>,
    #[serde(rename = "final")]
    last: Named,
    measured: Vec<f64>,
}

fn read<T: for<'d> Deserialize<'d>>(name: &str) -> Vec<T> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/torch");
    let text = std::fs::read_to_string(file.join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

impl Case {
    fn recipe(&self) -> Recipe {
        let text = serde_json::json!({
            "recipe": 1,
            "data": {"name": "d", "label": "c", "split": {"fraction": {"test": 0.5, "order": "file"}},
                     "standardise": "none"},
            "model": self.model,
            "initial": {"weights": "zero"},
            "loss": self.loss,
            "training": self.training,
            "metrics": ["train_rmse"],
        });
        Recipe::parse(&text.to_string(), &self.name, &BTreeMap::new())
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Some rows as (1, rows, numbers).
    fn rows(rows: &[Vec<f64>], kind: DType) -> Tensor {
        let shape = (1, rows.len(), rows[0].len());
        let tensor = Tensor::from_vec(rows.concat(), shape, &Device::Cpu).unwrap();
        tensor.to_dtype(kind).unwrap()
    }

    /// A network with the parameters that the case begins with.
    fn network(&self, recipe: &Recipe, kind: DType) -> NeuralNetwork {
        let widths = IoWidths {
            inputs: self.inputs[0].len(),
            outputs: self.targets[0].len(),
        };
        assert_eq!(fit(&recipe.model, widths), Ok(()), "{}", self.name);
        let network = NeuralNetwork::new(
            &recipe.model,
            &recipe.initial,
            &PretrainedWeights::new(),
            widths,
            &[1],
            kind,
            &Device::Cpu,
        )
        .unwrap();
        assert_eq!(network.parameters().len(), self.parameters.len());
        for parameter in network.parameters() {
            let values = self.parameters[&parameter.name].clone();
            let shape = parameter.variable.shape();
            let values = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
            parameter
                .variable
                .set(&values.to_dtype(kind).unwrap())
                .unwrap();
        }
        network
    }

    /// The largest deviations from PyTorch of: outputs, gradients, losses, final parameters,
    /// measured outputs.
    fn deviations(&self, kind: DType) -> [f64; 5] {
        let recipe = self.recipe();
        let mut network = self.network(&recipe, kind);
        let training = &recipe.training;
        let batch = match training.batch {
            BatchSize::Of(count) => count,
            BatchSize::Full => self.inputs.len(),
        };
        let batches: Vec<(Tensor, Tensor)> = self
            .inputs
            .chunks(batch)
            .zip(self.targets.chunks(batch))
            .map(|(inputs, targets)| (Self::rows(inputs, kind), Self::rows(targets, kind)))
            .collect();
        let epochs = self.losses.len().div_ceil(batches.len());
        let mut update = Update::new(training, network.parameters(), &[1]).unwrap();
        let mut gaps = [0.0_f64; 5];
        let mut losses = Vec::new();
        for number in 1..=self.losses.len() {
            let finished = (number - 1) / batches.len();
            let (inputs, targets) = &batches[(number - 1) % batches.len()];
            let mode = Mode::Training {
                seeds: &[1],
                update: number,
            };
            let outputs = network.forward(inputs, mode).unwrap();
            let value = loss(&recipe.loss, &outputs, targets).unwrap();
            let gradients = value.backward().unwrap();
            if number == 1 {
                gaps[0] = gap(&numbers(&outputs), &self.outputs);
                let trained = |parameter: &&Parameter| parameter.role == ParameterRole::Trained;
                for parameter in network.parameters().iter().filter(trained) {
                    let gradient = numbers(gradients.get(&parameter.variable).unwrap());
                    let expected = &self.gradients[&parameter.name];
                    gaps[1] = gaps[1].max(gap(&gradient, expected));
                }
            }
            losses.extend(numbers(&value));
            let factor = rate_factor(training, number, finished, epochs);
            update
                .apply(network.parameters(), &gradients, factor)
                .unwrap();
        }
        gaps[2] = gap(&losses, &self.losses);
        for parameter in network.parameters() {
            let found = numbers(&parameter.variable);
            gaps[3] = gaps[3].max(gap(&found, &self.last[&parameter.name]));
        }
        let all = Self::rows(&self.inputs, kind);
        let measured = network.forward(&all, Mode::Measuring).unwrap();
        gaps[4] = gap(&numbers(&measured), &self.measured);
        gaps
    }
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    let values = tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap();
    values.to_vec1().unwrap()
}

/// The largest difference, relative to numbers above 1.
fn gap(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    pairs.fold(0.0, |most: f64, (found, expected)| {
        let gap = (found - expected).abs() / expected.abs().max(1.0);
        if gap.is_nan() {
            f64::INFINITY
        } else {
            most.max(gap)
        }
    })
}

/// Prints the deviations of all cases of a file (seen with `--nocapture`), and names those beyond
/// the bound.
fn compare<T: WithDType>(file: &str, bound: f64) {
    let mut beyond = Vec::new();
    for case in read::<Case>(file) {
        let gaps = case.deviations(T::DTYPE);
        let shown = gaps.map(|gap| format!("{gap:.0e}")).join(" ");
        println!("{:?} {:40} {shown}", T::DTYPE, case.name);
        if gaps.iter().any(|gap| *gap > bound) {
            beyond.push(format!("{} {shown}", case.name));
        }
    }
    assert!(beyond.is_empty(), "{beyond:#?}");
}

/// Twenty updates in double precision leave only rounding.
const DOUBLE: f64 = 1e-10;

/// In single precision each update may add a few roundings of 6e-8.
const SINGLE: f64 = 2e-5;

#[test]
fn every_layer_and_activation_trains_as_in_pytorch() {
    compare::<f64>("layers.json", DOUBLE);
    compare::<f32>("layers.json", SINGLE);
}

#[test]
fn sequences_and_frozen_parts_train_as_in_pytorch() {
    compare::<f64>("sequences.json", DOUBLE);
    compare::<f32>("sequences.json", SINGLE);
}

#[test]
fn every_loss_trains_as_in_pytorch() {
    compare::<f64>("losses.json", DOUBLE);
    compare::<f32>("losses.json", SINGLE);
}

#[test]
fn every_optimiser_schedule_and_clipping_trains_as_in_pytorch() {
    compare::<f64>("training.json", DOUBLE);
    compare::<f32>("training.json", SINGLE);
}

/// PyTorch's initial weights of a layer, over 1000 draws of all of them.
#[derive(Deserialize)]
struct Spread {
    layer: String,
    rule: String,
    sd: f64,
    /// The largest size; normal distributions have none.
    largest: Option<f64>,
}

#[test]
fn initial_weights_spread_as_in_pytorch() {
    for Spread {
        layer,
        rule,
        sd,
        largest,
    } in read("initial.json")
    {
        let (fan_in, fan_out) = match layer.as_str() {
            "linear" => (24, 8),
            _ => (3 * 6, 5 * 6),
        };
        let distribution = match rule.as_str() {
            "xavier-uniform" => Distribution::XavierUniform,
            "xavier-normal" => Distribution::XavierNormal,
            "kaiming-uniform" => Distribution::KaimingUniform,
            "kaiming-normal" => Distribution::KaimingNormal,
            "pytorch" => Distribution::Pytorch,
            other => panic!("{other}"),
        };
        let draw = Initialiser {
            distribution,
            fan_in,
            fan_out,
        };
        let mut stream = Stream::new(1, Purpose::Initial, "weights");
        let values: Vec<f64> = (0..100_000).map(|_| draw.value(&mut stream)).collect();
        let square = values.iter().map(|value| value * value).sum::<f64>();
        let spread = (square / values.len() as f64).sqrt();
        // Standard errors of both samples are below 0.3 percent.
        assert!(
            (spread / sd - 1.0).abs() < 0.012,
            "{layer} {rule} {spread} {sd}"
        );
        if let Some(largest) = largest {
            let found = values
                .iter()
                .fold(0.0_f64, |most, value| most.max(value.abs()));
            assert!(
                (found / largest - 1.0).abs() < 0.001,
                "{layer} {rule} {found} {largest}"
            );
        }
    }
}
