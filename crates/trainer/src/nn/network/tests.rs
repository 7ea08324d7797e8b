//! Proofs of the layers: gradients by central differences, values by hand, bits of seeds.

use super::*;
use crate::nn::activation::Activation;
use crate::nn::batch_norm::BatchNorm;
use crate::nn::bias::Bias;
use crate::nn::concatenate::Concatenate;
use crate::nn::convolution::Convolution;
use crate::nn::dropout::Dropout;
use crate::nn::flatten::Flatten;
use crate::nn::forward::mask;
use crate::nn::global_pool::GlobalPool;
use crate::nn::layer_norm::LayerNorm;
use crate::nn::layers::Layer;
use crate::nn::linear::Linear;
use crate::nn::parameter::ParameterRole;
use crate::nn::pool::Pool;
use crate::nn::pool::Pooling;
use crate::nn::reshape::Reshape;
use crate::nn::residual::Residual;
use crate::nn::rms_norm::RmsNorm;
use crate::nn::window::Window;
use crate::random::{Purpose, Stream};
use crate::spec::initial::Distribution;
use crate::spec::loss::Loss;
use crate::train::loss::loss;

const ENDS: IoWidths = IoWidths {
    inputs: 4,
    outputs: 3,
};
pub(crate) const INITIAL: Initial = Initial {
    weights: Distribution::Uniform {
        low: -0.9,
        high: 0.9,
    },
    biases: Distribution::Normal { mean: 0.1, sd: 0.3 },
};

pub(crate) const CROSS_ENTROPY: Loss = Loss::CrossEntropy {
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
pub(crate) fn gradient_gap(
    model: &Model,
    widths: IoWidths,
    kind: &Loss,
    batch: &(Tensor, Tensor),
) -> f64 {
    assert_eq!(fit(model, widths), Ok(()));
    let seeds = [1, 2];
    let mut network = NeuralNetwork::new(
        model,
        &INITIAL,
        &PretrainedWeights::new(),
        widths,
        &seeds,
        DType::F64,
        &Device::Cpu,
    )
    .unwrap();
    gap_of(&mut network, kind, batch)
}

/// The same of a network of the seeds 1 and 2; frozen parameters must have no gradient.
pub(crate) fn gap_of(
    network: &mut NeuralNetwork,
    kind: &Loss,
    (inputs, targets): &(Tensor, Tensor),
) -> f64 {
    let seeds = [1, 2];
    let mode = Mode::Training {
        seeds: &seeds,
        update: 1,
    };
    let variables: Vec<(Var, ParameterRole)> = network
        .parameters()
        .iter()
        .map(|p| (p.variable.clone(), p.role))
        .collect();
    let mut value = || loss(kind, &network.forward(inputs, mode).unwrap(), targets).unwrap();
    let gradients = value().backward().unwrap();
    let mut gap: f64 = 0.0;
    for (variable, role) in &variables {
        let gradient = gradients.get(variable);
        if *role == ParameterRole::Frozen {
            assert!(gradient.is_none());
            continue;
        }
        let gradient = gradient.unwrap().flatten_all().unwrap();
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

pub(crate) fn linear(width: usize) -> Layer {
    Layer::Linear(Linear {
        width,
        bias: Bias::Added,
        adapter: None,
    })
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
    Layer::Convolution(Convolution {
        channels,
        window,
        bias,
    })
}

/// Inputs (2, 3, 24) and one-hot targets (2, 3, 3).
pub(crate) fn wide_batch() -> (Tensor, Tensor) {
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
    let norm = || {
        Layer::BatchNorm(BatchNorm {
            epsilon: 1e-5,
            momentum: 0.1,
        })
    };
    let max = |window| {
        Layer::Pool(Pool {
            kind: Pooling::Max,
            window,
        })
    };
    let mean = |window| {
        Layer::Pool(Pool {
            kind: Pooling::Mean,
            window,
        })
    };
    let mut models = vec![
        vec![
            Layer::Reshape(Reshape(vec![2, 12])),
            convolution(3, window(&[3], 2, 1, 1), Bias::Added),
            norm(),
            Layer::Activation(Gelu),
            convolution(2, window(&[2], 1, 2, 2), Bias::None),
            max(window(&[3], 2, 0, 1)),
            Layer::Flatten(Flatten),
            linear(3),
        ],
        vec![
            Layer::Reshape(Reshape(vec![1, 4, 6])),
            convolution(2, window(&[3, 2], 1, 1, 1), Bias::Added),
            Layer::Activation(Tanh),
            max(window(&[2, 2], 1, 0, 1)),
            mean(window(&[2, 3], 2, 0, 1)),
            Layer::LayerNorm(LayerNorm { epsilon: 1e-5 }),
            convolution(3, window(&[1, 2], 1, 0, 1), Bias::None),
            Layer::GlobalPool(GlobalPool(Pooling::Mean)),
        ],
        vec![
            linear(6),
            norm(),
            Layer::Residual(Residual::of(vec![
                linear(5),
                Layer::LayerNorm(LayerNorm { epsilon: 1e-3 }),
                Layer::Activation(Silu),
                Layer::Dropout(Dropout { p: 0.3 }),
                linear(6),
            ])),
            Layer::Reshape(Reshape(vec![3, 2])),
            linear(4),
            Layer::GlobalPool(GlobalPool(Pooling::Max)),
        ],
    ];
    models.push(vec![
        Layer::Concatenate(Concatenate::of(vec![
            linear(4),
            Layer::Activation(Softsign),
        ])),
        Layer::Concatenate(Concatenate::of(vec![
            linear(2),
            Layer::Activation(Softsign),
        ])),
        linear(3),
    ]);
    models.push(vec![
        linear(5),
        Layer::RmsNorm(RmsNorm { epsilon: 1e-3 }),
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
        let widths = IoWidths {
            inputs: 24,
            outputs: 3,
        };
        let model = Model::Sequential(layers);
        let gap = gradient_gap(&model, widths, &CROSS_ENTROPY, &wide_batch());
        assert!(gap < 1e-8, "{model:?}: {gap:e}");
    }
}

#[test]
fn convolutions_agree_with_candle() {
    let layers = vec![
        Layer::Reshape(Reshape(vec![2, 3, 4])),
        convolution(5, window(&[2, 3], 1, 1, 1), Bias::Added),
    ];
    let widths = IoWidths {
        inputs: 24,
        outputs: 5 * 4 * 4,
    };
    let model = Model::Sequential([layers, vec![Layer::Flatten(Flatten)]].concat());
    let mut network = NeuralNetwork::new(
        &model,
        &INITIAL,
        &PretrainedWeights::new(),
        widths,
        &[3],
        DType::F64,
        &Device::Cpu,
    )
    .unwrap();
    let inputs = wide_batch().0.narrow(0, 0, 1).unwrap();
    let own = network.forward(&inputs, Mode::Measuring).unwrap();
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

/// Asserts that the second of two seeds gets the same bits alone, of inputs (2, rows, in).
pub(crate) fn assert_bits_of_seeds(layers: &[Layer], widths: IoWidths, inputs: &Tensor) {
    let model = Model::Sequential(layers.to_vec());
    let outputs = |seeds: &[u64], inputs: &Tensor| {
        let mut network = NeuralNetwork::new(
            &model,
            &INITIAL,
            &PretrainedWeights::new(),
            widths,
            seeds,
            DType::F32,
            &Device::Cpu,
        )
        .unwrap();
        let trained = network.forward(inputs, Mode::Training { seeds, update: 4 });
        let last = network.of_seed(seeds.len() - 1).unwrap();
        let inputs = inputs.narrow(0, seeds.len() - 1, 1).unwrap();
        let measured = { last }.forward(&inputs, Mode::Measuring).unwrap();
        let trained = trained.unwrap().get(seeds.len() - 1).unwrap();
        [trained, measured.get(0).unwrap()].map(|t| t.to_vec2::<f32>().unwrap())
    };
    let together = outputs(&[1, 2], inputs);
    let alone = outputs(&[2], &inputs.narrow(0, 1, 1).unwrap());
    assert_eq!(together, alone, "{model:?}");
}

#[test]
fn a_seed_alone_goes_through_every_layer_with_the_same_bits() {
    let widths = IoWidths {
        inputs: 24,
        outputs: 3,
    };
    let inputs = wide_batch().0.to_dtype(DType::F32).unwrap();
    for layers in sequential_models() {
        assert_bits_of_seeds(&layers, widths, &inputs);
    }
}

#[test]
fn networks_that_no_machine_trains_are_refused() {
    let model = Model::Sequential(vec![linear(1 << 20), linear(1 << 20), linear(3)]);
    let shape_error = fit(&model, ENDS).unwrap_err();
    assert_eq!(
        shape_error.message,
        "expected at most 4294967296 parameters, found more with `layer2.weight`"
    );
}

#[test]
fn dropout_keeps_its_share_and_its_mean() {
    let values = Tensor::ones((2, 100, 100), DType::F64, &Device::Cpu).unwrap();
    let streams = [1, 2].map(|seed| Stream::new(seed, Purpose::Dropout, "dropout1 1"));
    let mask = mask(&values, streams.into_iter(), 0.2).unwrap();
    for seed in mask.flatten_from(1).unwrap().to_vec2::<f64>().unwrap() {
        let dropped = seed.iter().filter(|factor| **factor == 0.0).count();
        // Binomial(10000, 0.2): sd 40; five of them are allowed.
        assert!(dropped.abs_diff(2000) < 200, "{dropped}");
        assert!(seed.iter().all(|factor| *factor == 0.0 || *factor == 1.25));
    }
}

#[test]
fn batch_norm_measures_with_running_moments() {
    let layers = vec![Layer::BatchNorm(BatchNorm {
        epsilon: 0.0,
        momentum: 0.5,
    })];
    let widths = IoWidths {
        inputs: 1,
        outputs: 1,
    };
    let model = Model::Sequential(layers);
    let mut network = NeuralNetwork::new(
        &model,
        &INITIAL,
        &PretrainedWeights::new(),
        widths,
        &[1],
        DType::F64,
        &Device::Cpu,
    )
    .unwrap();
    let inputs = Tensor::new(&[[[1.0_f64], [3.0]]], &Device::Cpu).unwrap();
    let mode = Mode::Training {
        seeds: &[1],
        update: 1,
    };
    let trained = network
        .forward(&inputs, mode)
        .unwrap()
        .flatten_all()
        .unwrap();
    assert_eq!(trained.to_vec1::<f64>().unwrap(), [-1.0, 1.0]);
    // Mean 0.5 · 0 + 0.5 · 2, variance 0.5 · 1 + 0.5 · 2 (divisor n - 1).
    let measured = network.forward(&inputs, Mode::Measuring).unwrap();
    let measured = measured.flatten_all().unwrap().to_vec1::<f64>().unwrap();
    assert!((measured[0]).abs() < 1e-12 && (measured[1] - 2.0 / 1.5f64.sqrt()).abs() < 1e-12);
}
