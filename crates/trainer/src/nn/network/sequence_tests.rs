//! Proofs of the layers for sequences and of frozen parts.

use super::tests::{
    CROSS_ENTROPY, INITIAL, assert_bits_of_seeds, gap_of, gradient_gap, linear, wide_batch,
};
use super::*;
use crate::nn::activation::Activation;
use crate::nn::attention::{Attention, Mask};
use crate::nn::bias::Bias;
use crate::nn::embedding::Embedding;
use crate::nn::flatten::Flatten;
use crate::nn::frozen::Frozen;
use crate::nn::global_pool::GlobalPool;
use crate::nn::layer_norm::LayerNorm;
use crate::nn::layers::Layer;
use crate::nn::linear::Linear;
use crate::nn::low_rank::LowRank;
use crate::nn::ops::recurrence::RecurrentCell;
use crate::nn::pool::Pooling;
use crate::nn::positions::Positions;
use crate::nn::recurrent::{Direction, Recurrent, Returns};
use crate::nn::reshape::Reshape;
use crate::nn::residual::Residual;
use crate::nn::select_step::SequenceEnd;
use crate::nn::transpose::Transpose;
use crate::random::{Purpose, Stream};
use crate::spec::initial::Distribution;
use crate::spec::loss::Loss;

fn recurrent(cell: RecurrentCell, layers: usize, direction: Direction, returns: Returns) -> Layer {
    Layer::Recurrent(Recurrent {
        cell,
        width: 3,
        layers,
        direction,
        returns,
        bias: Bias::Added,
    })
}

fn attention(heads: usize, mask: Mask, dropout: f64) -> Layer {
    Layer::Attention(Attention {
        heads,
        mask,
        dropout,
        bias: Bias::Added,
    })
}

fn low_rank(width: usize) -> Layer {
    Layer::Linear(Linear {
        width,
        bias: Bias::Added,
        adapter: Some(LowRank {
            rank: 2,
            alpha: 3.0,
        }),
    })
}

const NORM: Layer = Layer::LayerNorm(LayerNorm { epsilon: 1e-5 });

/// Models of 24 numbers and 3 outputs.
fn models_of_numbers() -> Vec<Vec<Layer>> {
    let steps = || Layer::Reshape(Reshape(vec![6, 4]));
    let mut models = Vec::new();
    for cell in [
        RecurrentCell::Tanh,
        RecurrentCell::Relu,
        RecurrentCell::Gru,
        RecurrentCell::Lstm,
    ] {
        models.push(vec![
            steps(),
            recurrent(cell, 1, Direction::Forward, Returns::Last),
        ]);
        models.push(vec![
            steps(),
            recurrent(cell, 2, Direction::Both, Returns::Sequence),
            Layer::SelectStep(SequenceEnd::First),
            linear(3),
        ]);
    }
    models.push(vec![
        steps(),
        Layer::Positions(Positions::Sinusoidal),
        Layer::Residual(Residual::of(vec![NORM, attention(2, Mask::Causal, 0.3)])),
        Layer::Residual(Residual::of(vec![
            NORM,
            linear(5),
            Layer::Activation(Activation::Gelu),
            linear(4),
        ])),
        Layer::Transpose(Transpose),
        Layer::GlobalPool(GlobalPool(Pooling::Mean)),
        linear(3),
    ]);
    models.push(vec![
        steps(),
        Layer::Positions(Positions::Learned),
        attention(4, Mask::None, 0.0),
        Layer::SelectStep(SequenceEnd::Last),
        linear(3),
    ]);
    models.push(vec![
        low_rank(5),
        Layer::Activation(Activation::Tanh),
        Layer::Frozen(Frozen(vec![linear(4), NORM])),
        linear(3),
    ]);
    models
}

/// Models of 24 indices below 7 and 3 outputs.
fn models_of_indices() -> Vec<Vec<Layer>> {
    let lists = || Layer::Embedding(Embedding { count: 7, width: 2 });
    vec![
        vec![lists(), Layer::Flatten(Flatten), linear(3)],
        vec![
            Layer::Reshape(Reshape(vec![3, 8])),
            Layer::Frozen(Frozen(vec![lists()])),
            Layer::Reshape(Reshape(vec![12, 4])),
            recurrent(RecurrentCell::Gru, 1, Direction::Forward, Returns::Last),
        ],
    ]
}

fn indices() -> (Tensor, Tensor) {
    let mut stream = Stream::new(5, Purpose::Split, "indices");
    let inputs: Vec<f64> = (0..144).map(|_| (stream.unit() * 7.0).floor()).collect();
    let inputs = Tensor::from_vec(inputs, (2, 3, 24), &Device::Cpu).unwrap();
    (inputs, wide_batch().1)
}

const ENDS: IoWidths = IoWidths {
    inputs: 24,
    outputs: 3,
};

#[test]
fn every_layer_has_the_gradient_of_its_value() {
    for (models, batch) in [
        (models_of_numbers(), wide_batch()),
        (models_of_indices(), indices()),
    ] {
        for layers in models {
            let model = Model::Sequential(layers);
            let gap = gradient_gap(&model, ENDS, &CROSS_ENTROPY, &batch);
            assert!(gap < 1e-8, "{model:?}: {gap:e}");
        }
    }
}

#[test]
fn a_seed_alone_goes_through_every_layer_with_the_same_bits() {
    for (models, inputs) in [
        (models_of_numbers(), wide_batch().0),
        (models_of_indices(), indices().0),
    ] {
        let inputs = inputs.to_dtype(DType::F32).unwrap();
        for layers in models {
            assert_bits_of_seeds(&layers, ENDS, &inputs);
        }
    }
}

fn network(layers: &[Layer], widths: IoWidths, seeds: &[u64]) -> NeuralNetwork {
    let model = Model::Sequential(layers.to_vec());
    let (pretrained_weights, kind) = (PretrainedWeights::new(), DType::F64);
    NeuralNetwork::new(
        &model,
        &INITIAL,
        &pretrained_weights,
        widths,
        seeds,
        kind,
        &Device::Cpu,
    )
    .unwrap()
}

/// The outputs of one seed for one row of inputs.
fn output(network: &mut NeuralNetwork, inputs: &[f64]) -> Vec<f64> {
    let inputs = Tensor::from_slice(inputs, (1, 1, inputs.len()), &Device::Cpu).unwrap();
    let outputs = network.forward(&inputs, Mode::Measuring).unwrap();
    outputs.flatten_all().unwrap().to_vec1().unwrap()
}

fn numbers(network: &NeuralNetwork) -> Vec<Vec<f64>> {
    let of = |p: &Parameter| p.variable.flatten_all().unwrap().to_vec1().unwrap();
    network.parameters().iter().map(of).collect()
}

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Σ over i of x[i] w[i][o] + b[o], with o from `first`.
fn sums(x: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
    let width = bias.len();
    let sum = |o: usize| {
        bias[o]
            + (0..x.len())
                .map(|i| x[i] * weight[i * width + o])
                .sum::<f64>()
    };
    (0..width).map(sum).collect()
}

/// The states of a network of three units along steps of four numbers, written out by hand.
fn by_hand(cell: RecurrentCell, steps: &[&[f64]], p: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let (mut h, mut c) = (vec![0.0; 3], vec![0.0; 3]);
    let mut states = Vec::new();
    for step in steps {
        let (x, own) = (sums(step, &p[0], &p[1]), sums(&h, &p[2], &p[3]));
        let both = |index: usize| x[index] + own[index];
        h = (0..3)
            .map(|u| match cell {
                RecurrentCell::Tanh => both(u).tanh(),
                RecurrentCell::Relu => both(u).max(0.0),
                RecurrentCell::Gru => {
                    let (r, z) = (sigmoid(both(u)), sigmoid(both(3 + u)));
                    let n = (x[6 + u] + r * own[6 + u]).tanh();
                    (1.0 - z) * n + z * h[u]
                }
                RecurrentCell::Lstm => {
                    let (i, f, o) = (sigmoid(both(u)), sigmoid(both(3 + u)), sigmoid(both(9 + u)));
                    c[u] = f * c[u] + i * both(6 + u).tanh();
                    o * c[u].tanh()
                }
            })
            .collect();
        states.push(h.clone());
    }
    states
}

#[test]
fn recurrent_networks_follow_their_equations() {
    let inputs: Vec<f64> = (0..12).map(|i| f64::from(i * 7 % 5) * 0.4 - 0.9).collect();
    let steps: Vec<&[f64]> = inputs.chunks(4).collect();
    let back: Vec<&[f64]> = inputs.chunks(4).rev().collect();
    let widths = IoWidths {
        inputs: 12,
        outputs: 6,
    };
    for cell in [
        RecurrentCell::Tanh,
        RecurrentCell::Relu,
        RecurrentCell::Gru,
        RecurrentCell::Lstm,
    ] {
        let of = |returns| {
            let both = recurrent(cell, 1, Direction::Both, returns);
            network(&[Layer::Reshape(Reshape(vec![3, 4])), both], widths, &[3])
        };
        let mut last = of(Returns::Last);
        let p = numbers(&last);
        let forward = by_hand(cell, &steps, &p[..4]);
        let mut backward = by_hand(cell, &back, &p[4..]);
        let ended = [forward[2].clone(), backward[2].clone()].concat();
        assert_close(&output(&mut last, &inputs), &ended);
        backward.reverse();
        let all: Vec<f64> = (0..3)
            .flat_map(|t| [forward[t].clone(), backward[t].clone()].concat())
            .collect();
        assert_close(&output(&mut of(Returns::Sequence), &inputs), &all);
    }
    let gru = recurrent(RecurrentCell::Gru, 2, Direction::Both, Returns::Last);
    let names = network(&[Layer::Reshape(Reshape(vec![3, 4])), gru], widths, &[3]);
    let names: Vec<&str> = names.parameters().iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names[..2], ["layer1.weight_ih_l0", "layer1.bias_ih_l0"]);
    assert_eq!(names[6], "layer1.weight_hh_l0_reverse");
    assert_eq!(names[15], "layer1.bias_hh_l1_reverse");
}

#[test]
fn attention_follows_its_equation() {
    let (length, width, heads) = (3, 4, 2);
    let inputs: Vec<f64> = (0..12).map(|i| f64::from(i * 5 % 7) * 0.5 - 1.2).collect();
    let widths = IoWidths {
        inputs: 12,
        outputs: 12,
    };
    for mask in [Mask::None, Mask::Causal] {
        let layers = [
            Layer::Reshape(Reshape(vec![length, width])),
            attention(heads, mask, 0.9),
        ];
        let mut network = network(&layers, widths, &[4]);
        let p = numbers(&network);
        let projected: Vec<Vec<f64>> = inputs.chunks(4).map(|x| sums(x, &p[0], &p[1])).collect();
        let mut expected = Vec::new();
        for query in 0..length {
            let seen = if mask == Mask::Causal {
                query + 1
            } else {
                length
            };
            let mut mixed = vec![0.0; width];
            for head in 0..heads {
                let keys = &projected[..seen];
                let dot = |key: &Vec<f64>| {
                    let one = |d: usize| projected[query][head * 2 + d] * key[4 + head * 2 + d];
                    ((one(0) + one(1)) / 2f64.sqrt()).exp()
                };
                let all: f64 = keys.iter().map(dot).sum();
                for key in keys {
                    for d in 0..2 {
                        mixed[head * 2 + d] += dot(key) / all * key[8 + head * 2 + d];
                    }
                }
            }
            expected.extend(sums(&mixed, &p[2], &p[3]));
        }
        assert_close(&output(&mut network, &inputs), &expected);
    }
}

#[test]
fn embeddings_positions_and_steps_pick_and_add() {
    let widths = IoWidths {
        inputs: 3,
        outputs: 2,
    };
    let lists = Layer::Embedding(Embedding { count: 5, width: 2 });
    let positions = Layer::Positions(Positions::Learned);
    let layers = [lists, positions, Layer::SelectStep(SequenceEnd::Last)];
    let mut network = network(&layers, widths, &[4]);
    let p = numbers(&network);
    let expected = [p[0][2 * 3] + p[1][4], p[0][2 * 3 + 1] + p[1][5]];
    assert_close(&output(&mut network, &[0.0, 4.0, 3.0]), &expected);
}

#[test]
fn low_rank_begins_as_its_base_and_moves_only_its_product() {
    let widths = IoWidths {
        inputs: 24,
        outputs: 3,
    };
    let layers = [low_rank(3)];
    let mut network = network(&layers, widths, &[1, 2]);
    let (inputs, _) = wide_batch();
    let start = network.forward(&inputs, Mode::Measuring).unwrap();
    let [weight, bias, first, second] = network.parameters() else {
        panic!("four parameters");
    };
    let base = inputs.matmul(&weight.variable).unwrap();
    let base = base.broadcast_add(&bias.variable).unwrap();
    let gap = (start - &base).unwrap().abs().unwrap().max_all().unwrap();
    assert!(gap.to_scalar::<f64>().unwrap() < 1e-12);
    // Away from its beginning, where the gradient of the first factor is 0.
    let ramp = Tensor::arange(0.0, 12.0, &Device::Cpu).unwrap();
    let ramp = (ramp.reshape((2, 2, 3)).unwrap() * 0.1).unwrap();
    second.variable.set(&ramp).unwrap();
    let product = inputs.matmul(&first.variable).unwrap();
    let product = product.matmul(&second.variable).unwrap();
    let expected = (base + (product * 1.5).unwrap()).unwrap();
    let moved = network.forward(&inputs, Mode::Measuring).unwrap();
    let gap = (moved - expected)
        .unwrap()
        .abs()
        .unwrap()
        .max_all()
        .unwrap();
    assert!(gap.to_scalar::<f64>().unwrap() < 1e-12);
    let gap = gap_of(&mut network, &CROSS_ENTROPY, &wide_batch());
    assert!(gap < 1e-8, "{gap:e}");
}

#[test]
fn long_sequences_do_not_exhaust_the_stack() {
    let length = 5000;
    let widths = IoWidths {
        inputs: length,
        outputs: 3,
    };
    let cell = recurrent(RecurrentCell::Gru, 1, Direction::Forward, Returns::Last);
    let mut network = network(
        &[Layer::Reshape(Reshape(vec![length, 1])), cell],
        widths,
        &[1],
    );
    let inputs = Tensor::ones((1, 2, length), DType::F64, &Device::Cpu).unwrap();
    let mode = Mode::Training {
        seeds: &[1],
        update: 1,
    };
    let outputs = network.forward(&inputs, mode).unwrap();
    let targets = outputs.zeros_like().unwrap();
    let loss = crate::train::loss::loss(
        &Loss::MeanSquaredError { dead_zone: 0.0 },
        &outputs,
        &targets,
    );
    let gradients = loss.unwrap().backward().unwrap();
    let weight = gradients.get(&network.parameters()[0].variable).unwrap();
    let largest = weight.abs().unwrap().max_all().unwrap();
    let largest = largest.to_scalar::<f64>().unwrap();
    assert!(largest.is_finite() && largest > 0.0);
}

#[test]
fn initial_values_are_those_of_pytorch() {
    let pytorch = Initial {
        weights: Distribution::Pytorch,
        biases: Distribution::Pytorch,
    };
    let layers = vec![
        Layer::Embedding(Embedding {
            count: 100,
            width: 16,
        }),
        recurrent(RecurrentCell::Gru, 1, Direction::Forward, Returns::Sequence),
        linear(8),
        attention(2, Mask::None, 0.0),
        Layer::SelectStep(SequenceEnd::Last),
    ];
    let widths = IoWidths {
        inputs: 5,
        outputs: 8,
    };
    let model = Model::Sequential(layers);
    let (pretrained_weights, kind) = (PretrainedWeights::new(), DType::F64);
    let network = NeuralNetwork::new(
        &model,
        &pytorch,
        &pretrained_weights,
        widths,
        &[1],
        kind,
        &Device::Cpu,
    )
    .unwrap();
    let spread: Vec<f64> = numbers(&network)
        .iter()
        .map(|values| values.iter().fold(0.0, |most, value| value.abs().max(most)))
        .collect();
    // 1600 standard normal numbers.
    assert!((2.8..4.5).contains(&spread[0]), "{spread:?}");
    let within = |index: usize, bound: f64| {
        assert!(
            spread[index] <= bound && spread[index] > 0.75 * bound,
            "{index} {spread:?}"
        );
    };
    // Within ±1/√3 for three units; then a linear layer of three inputs.
    for index in 1..7 {
        within(index, 1.0 / 3f64.sqrt());
    }
    // ±√(6 / (8 + 24)) into the heads, ±1/√8 out of them, biases 0.
    within(7, (6.0_f64 / 32.0).sqrt());
    within(9, 1.0 / 8f64.sqrt());
    assert_eq!([spread[8], spread[10]], [0.0, 0.0]);
}
