//! From the layers of a model to the steps of a network and the kinds of its parameters.

use crate::nn::init::Initialiser;
use crate::nn::layer::{Bias, Layer, Order, Pooling, ShapeError, Window};
use crate::nn::network::IoWidths;
use crate::nn::ops::gather::Windows;
use crate::nn::sequence::{Attention, Cell, End, Mask, Positions, Recurrent, Returns, sequence};
use crate::spec::recipe::{Activation, Distribution, Initial, Model};

/// One operation; parameters and statistics by index.
#[derive(Clone)]
pub(crate) enum Step {
    Linear(Affine),
    Convolution {
        kernel: Affine,
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
        p: f64,
    },
    /// A linear layer that is frozen, plus a trained product of low rank.
    LowRank {
        base: Affine,
        /// (in, rank) and (rank, out).
        product: [usize; 2],
        factor: f64,
    },
    Embedding(usize),
    Recurrent(Recurrence),
    Attention(AttentionParams),
    /// A parameter (length, width) is added to each row.
    AddLearned(usize),
    /// So are these numbers.
    AddFixed {
        values: Vec<f64>,
        shape: [usize; 2],
    },
    Transpose,
    OneOf(End),
    Reshape(Vec<usize>),
    Activation(Activation),
    Residual(Vec<Step>),
    Concatenate(Vec<Step>),
    /// Steps that are frozen.
    All(Vec<Step>),
}

/// The parameters of an affine function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Affine {
    pub(crate) weight: usize,
    pub(crate) bias: Option<usize>,
}

/// A recurrent network.
#[derive(Clone)]
pub(crate) struct Recurrence {
    pub(crate) cell: Cell,
    pub(crate) returns: Returns,
    /// The affine functions of inputs and state, for each layer and each of its directions.
    pub(crate) layers: Vec<Vec<[Affine; 2]>>,
}

/// Self-attention.
#[derive(Clone)]
pub(crate) struct AttentionParams {
    pub(crate) count: usize,
    pub(crate) mask: Mask,
    /// The name of the dropout and its probability.
    pub(crate) dropout: (String, f64),
    /// Queries, keys and values behind each other.
    pub(crate) into: Affine,
    pub(crate) out: Affine,
}

/// What a network is made of; the same for all its seeds.
pub(crate) struct Blueprint {
    pub(crate) steps: Vec<Step>,
    /// The kinds of its parameters in the order of the layers.
    pub(crate) parameters: Vec<Kind>,
    /// The number of channels of each batch normalisation.
    pub(crate) channels: Vec<usize>,
}

/// What is true of a parameter of every seed.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    /// Its name, for example `layer1.weight`.
    pub(crate) name: String,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) draw: Initialiser,
    pub(crate) role: Role,
    /// How PyTorch has it.
    pub(crate) pytorch: PytorchLayout,
}

/// Whether training moves a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Trained,
    Frozen,
}

/// How PyTorch has a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PytorchLayout {
    /// Its shape there.
    pub(crate) shape: Vec<usize>,
    /// The order of its numbers there.
    pub(crate) order: PytorchOrder,
}

/// The order of a parameter's numbers in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PytorchOrder {
    /// Row after row, as here.
    Rows,
    /// Column after column: a unit's weights stand together.
    Columns,
}

impl Blueprint {
    /// The blueprint of a model.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub(crate) fn new(
        model: &Model,
        initial: &Initial,
        widths: IoWidths,
    ) -> Result<Self, ShapeError> {
        let mut builder = BlueprintBuilder {
            initial,
            parameters: Vec::new(),
            channels: Vec::new(),
            role: Role::Trained,
            layers: 0,
            dropouts: 0,
        };
        let steps = builder.steps(&model.layers(widths.outputs), vec![widths.inputs])?;
        Ok(Self {
            steps,
            parameters: builder.parameters,
            channels: builder.channels,
        })
    }
}

/// A blueprint while it is drawn.
struct BlueprintBuilder<'c> {
    initial: &'c Initial,
    parameters: Vec<Kind>,
    channels: Vec<usize>,
    /// That of the parameters to come.
    role: Role,
    /// How many layers with parameters there are, and how many dropout layers.
    layers: usize,
    dropouts: usize,
}

const ONES: Distribution = Distribution::Uniform {
    low: 1.0,
    high: 1.0,
};

const STANDARD_NORMAL: Distribution = Distribution::Normal { mean: 0.0, sd: 1.0 };

impl BlueprintBuilder<'_> {
    fn steps(&mut self, layers: &[Layer], mut shape: Vec<usize>) -> Result<Vec<Step>, ShapeError> {
        let mut steps = Vec::new();
        for layer in layers {
            let after = layer.shape(&shape)?;
            steps.push(self.step(layer, &shape, &after)?);
            shape = after;
        }
        Ok(steps)
    }

    fn step(
        &mut self,
        layer: &Layer,
        shape: &[usize],
        after: &[usize],
    ) -> Result<Step, ShapeError> {
        let last = shape[shape.len() - 1];
        Ok(match layer {
            Layer::Linear { width, bias } => {
                self.layers += 1;
                Step::Linear(self.affine(["weight", "bias"], &[*width, last], *bias))
            }
            Layer::LowRank {
                width,
                bias,
                rank,
                alpha,
            } => self.low_rank([last, *width], *bias, *rank, *alpha),
            Layer::Embedding { count, width } => Step::Embedding(self.table(*count, *width)),
            Layer::Recurrent(recurrent) => Step::Recurrent(self.recurrence(recurrent, last)),
            Layer::Attention(attention) => Step::Attention(self.heads(attention, last)),
            Layer::Positions(positions) => {
                let (length, width) = sequence(shape)?;
                match positions {
                    Positions::Learned => Step::AddLearned(self.table(length, width)),
                    Positions::Sinusoidal => Step::AddFixed {
                        values: Positions::waves(length, width),
                        shape: [length, width],
                    },
                }
            }
            Layer::Transpose => Step::Transpose,
            Layer::Step(end) => Step::OneOf(*end),
            Layer::Frozen(layers) => {
                let outside = std::mem::replace(&mut self.role, Role::Frozen);
                let steps = self.steps(layers, shape.to_vec());
                self.role = outside;
                Step::All(steps?)
            }
            Layer::Convolution { window, bias, .. } => {
                let places: usize = window.size.iter().product();
                let pytorch = [&[after[0], shape[0]][..], &window.size].concat();
                let indices = window.indices(shape, Order::ChannelsInWindow);
                self.layers += 1;
                Step::Convolution {
                    kernel: self.affine(["weight", "bias"], &pytorch, *bias),
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
                self.channels.push(shape[0]);
                Step::BatchNorm {
                    affine: self.normalisation(shape[0], 1),
                    statistics: self.channels.len() - 1,
                    epsilon: *epsilon,
                    momentum: *momentum,
                }
            }
            Layer::LayerNorm { epsilon } => Step::LayerNorm {
                affine: self.normalisation(1, last),
                epsilon: *epsilon,
            },
            Layer::Dropout(p) => Step::Dropout {
                name: self.dropout(),
                p: *p,
            },
            Layer::Flatten | Layer::Reshape(_) => Step::Reshape(after.to_vec()),
            Layer::Activation(activation) => Step::Activation(*activation),
            Layer::Residual(layers) => Step::Residual(self.steps(layers, shape.to_vec())?),
            Layer::Concatenate(layers) => Step::Concatenate(self.steps(layers, shape.to_vec())?),
        })
    }

    /// The name of the next dropout.
    fn dropout(&mut self) -> String {
        self.dropouts += 1;
        format!("dropout{}", self.dropouts)
    }

    /// The weight (in, out) and the bias (1, out) of an affine function, by the shape of the weight
    /// in PyTorch: outputs, inputs, and the places of a window that each input has.
    fn affine(&mut self, names: [&str; 2], pytorch: &[usize], bias: Bias) -> Affine {
        let fan_in: usize = pytorch[1..].iter().product();
        let outputs = pytorch[0];
        let draw = |distribution| Initialiser {
            distribution,
            fan_in,
            fan_out: outputs * pytorch[2..].iter().product::<usize>(),
        };
        let initialisers = [self.initial.weights, self.initial.biases].map(draw);
        self.drawn_affine(names, pytorch, bias, initialisers)
    }

    /// The same with other initial values.
    fn drawn_affine(
        &mut self,
        [weight, summand]: [&str; 2],
        pytorch: &[usize],
        bias: Bias,
        initialisers: [Initialiser; 2],
    ) -> Affine {
        let (fan_in, outputs) = (pytorch[1..].iter().product(), pytorch[0]);
        let weight = self.parameter(weight, [fan_in, outputs], initialisers[0], columns(pytorch));
        let bias = match bias {
            Bias::Added => {
                Some(self.parameter(summand, [1, outputs], initialisers[1], rows(&[outputs])))
            }
            Bias::None => None,
        };
        Affine { weight, bias }
    }

    fn low_rank(
        &mut self,
        [fan_in, width]: [usize; 2],
        bias: Bias,
        rank: usize,
        alpha: f64,
    ) -> Step {
        self.layers += 1;
        let outside = std::mem::replace(&mut self.role, Role::Frozen);
        let base = self.affine(["weight", "bias"], &[width, fan_in], bias);
        self.role = outside;
        let draw = |distribution| Initialiser {
            distribution,
            fan_in,
            fan_out: rank,
        };
        let first = draw(Distribution::Pytorch);
        let second = draw(Distribution::Zero);
        let product = [
            self.parameter("lora_a", [fan_in, rank], first, columns(&[rank, fan_in])),
            self.parameter("lora_b", [rank, width], second, columns(&[width, rank])),
        ];
        let factor = alpha / rank as f64;
        Step::LowRank {
            base,
            product,
            factor,
        }
    }

    /// A list of numbers for each of so many things; with PyTorch's way standard normal at first.
    fn table(&mut self, count: usize, width: usize) -> usize {
        self.layers += 1;
        let distribution = match self.initial.weights {
            Distribution::Pytorch => STANDARD_NORMAL,
            other => other,
        };
        let draw = Initialiser {
            distribution,
            fan_in: width,
            fan_out: count,
        };
        self.parameter("weight", [count, width], draw, rows(&[count, width]))
    }

    /// With PyTorch's way all numbers begin uniform within ±1 / sqrt(units).
    fn recurrence(&mut self, recurrent: &Recurrent, width: usize) -> Recurrence {
        self.layers += 1;
        let (units, sums) = (recurrent.width, recurrent.width * recurrent.cell.gates());
        let mut layers = Vec::new();
        let mut inputs = width;
        for layer in 0..recurrent.layers {
            let direction = |direction: usize| {
                let end = ["", "_reverse"][direction];
                [("ih", inputs), ("hh", units)].map(|(of, fan_in)| {
                    let draw = |distribution| Initialiser {
                        distribution,
                        fan_in: match distribution {
                            Distribution::Pytorch => units,
                            _ => fan_in,
                        },
                        fan_out: sums,
                    };
                    let initialisers = [self.initial.weights, self.initial.biases].map(draw);
                    let names = ["weight", "bias"].map(|what| format!("{what}_{of}_l{layer}{end}"));
                    let names = [names[0].as_str(), names[1].as_str()];
                    self.drawn_affine(names, &[sums, fan_in], recurrent.bias, initialisers)
                })
            };
            layers.push((0..recurrent.directions()).map(direction).collect());
            inputs = units * recurrent.directions();
        }
        Recurrence {
            cell: recurrent.cell,
            returns: recurrent.returns,
            layers,
        }
    }

    /// With PyTorch's way the weights into the heads begin as Glorot and Bengio have it, those out
    /// of them uniform within ±1 / sqrt(width), and all biases with 0.
    fn heads(&mut self, attention: &Attention, width: usize) -> AttentionParams {
        self.layers += 1;
        let initialisers = |weights, fan_out| {
            let draw = |distribution| Initialiser {
                distribution,
                fan_in: width,
                fan_out,
            };
            let of = |own, pytorch| match own {
                Distribution::Pytorch => pytorch,
                other => other,
            };
            let weights = draw(of(self.initial.weights, weights));
            [weights, draw(of(self.initial.biases, Distribution::Zero))]
        };
        let into = initialisers(Distribution::XavierUniform, 3 * width);
        let out = initialisers(Distribution::Pytorch, width);
        let names = ["in_proj_weight", "in_proj_bias"];
        let into = self.drawn_affine(names, &[3 * width, width], attention.bias, into);
        let names = ["out_proj.weight", "out_proj.bias"];
        let out = self.drawn_affine(names, &[width, width], attention.bias, out);
        AttentionParams {
            count: attention.heads,
            mask: attention.mask,
            dropout: (self.dropout(), attention.dropout),
            into,
            out,
        }
    }

    /// The trained factor and summand of a normalisation, 1 and 0 at first.
    fn normalisation(&mut self, count: usize, width: usize) -> [usize; 2] {
        self.layers += 1;
        let draw = |distribution| Initialiser {
            distribution,
            fan_in: 1,
            fan_out: 1,
        };
        let size = [count, width];
        [
            self.parameter("weight", size, draw(ONES), rows(&[count * width])),
            self.parameter(
                "bias",
                size,
                draw(Distribution::Zero),
                rows(&[count * width]),
            ),
        ]
    }

    /// The index of a new parameter (rows, columns) of the current layer.
    fn parameter(
        &mut self,
        name: &str,
        [rows, columns]: [usize; 2],
        draw: Initialiser,
        pytorch: PytorchLayout,
    ) -> usize {
        self.parameters.push(Kind {
            name: format!("layer{}.{name}", self.layers),
            rows,
            columns,
            draw,
            role: self.role,
            pytorch,
        });
        self.parameters.len() - 1
    }
}

fn rows(shape: &[usize]) -> PytorchLayout {
    PytorchLayout {
        shape: shape.to_vec(),
        order: PytorchOrder::Rows,
    }
}

fn columns(shape: &[usize]) -> PytorchLayout {
    PytorchLayout {
        shape: shape.to_vec(),
        order: PytorchOrder::Columns,
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
