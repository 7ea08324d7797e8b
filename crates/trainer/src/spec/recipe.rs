//! The recipe as values: what an experiment's text says about data, model and training.
//!
//! Reading the YAML is in [`read`](crate::spec::read::document); here stands what each word means.

use crate::nn::layer::{Bias, Layer};
use crate::nn::pretrained::Pretrained;
use crate::spec::data::DataPlan;
use crate::spec::read::evaluation::{CurvePlan, Prediction};
use crate::train::score::Metric;

/// What is trained.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// A multi-layer perceptron: fully connected layers with biases.
    Mlp {
        /// The widths of the hidden layers; none: the inputs feed the outputs.
        hidden: Vec<usize>,
        /// The activation of the hidden layers.
        activation: Activation,
        /// The activation of the outputs; with a loss that applies its own function it is `identity`.
        output: Activation,
    },
    /// Layers one after another; a row enters as a list of numbers.
    Sequential(Vec<Layer>),
}

impl Model {
    /// The layers of the model for so many outputs.
    pub(crate) fn layers(&self, outputs: usize) -> Vec<Layer> {
        let (hidden, activation, output) = match self {
            Self::Sequential(layers) => return layers.clone(),
            Self::Mlp {
                hidden,
                activation,
                output,
            } => (hidden, *activation, *output),
        };
        let linear = |width: usize| Layer::Linear {
            width,
            bias: Bias::Added,
        };
        let hidden = hidden.iter();
        let mut layers: Vec<Layer> = hidden
            .flat_map(|&width| [linear(width), Layer::Activation(activation)])
            .collect();
        layers.extend([linear(outputs), Layer::Activation(output)]);
        layers
    }
}

/// A function applied to each unit's sum, or, where it says so, to the numbers along the last
/// dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// x.
    Identity,
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// tanh x.
    Tanh,
    /// max(x, 0); its slope at 0 is 0.
    Relu,
    /// x Φ(x), with the normal distribution function Φ (Hendrycks and Gimpel 2016), not its
    /// approximation by tanh.
    Gelu,
    /// x / (1 + |x|).
    Softsign,
    /// x above 0, exp(x) - 1 below (Clevert and others 2016, α = 1).
    Elu,
    /// x above 0, 0.01 x below.
    LeakyRelu,
    /// x / (1 + exp(-x)).
    Silu,
    /// log(1 + exp x).
    Softplus,
    /// exp(x) divided by its sum along the last dimension.
    Softmax,
    /// The logarithm of softmax along the last dimension.
    LogSoftmax,
}

/// How the parameters begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Initial {
    /// The weights' distribution.
    pub weights: Distribution,
    /// The biases' distribution.
    pub biases: Distribution,
}

/// A distribution of initial parameters; `in` and `out` are the layer's numbers of inputs and outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distribution {
    /// All 0.
    Zero,
    /// Uniform between two bounds.
    Uniform {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Uniform within ±sqrt(6 / (in + out)) (Glorot and Bengio 2010).
    XavierUniform,
    /// Normal with sd sqrt(2 / (in + out)) (Glorot and Bengio 2010).
    XavierNormal,
    /// Uniform within ±sqrt(6 / in) (He and others 2015).
    KaimingUniform,
    /// Normal with sd sqrt(2 / in) (He and others 2015).
    KaimingNormal,
    /// Uniform within ±1 / sqrt(in), for weights and biases: what PyTorch's `Linear` does.
    Pytorch,
}

/// What training makes small. `o` is an output, `t` its target (of a classifier: 1 for the row's
/// class, else 0). Each is averaged over the samples of a batch unless it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Loss {
    /// ½ Σ (o - t)², summed over outputs and over the samples of a batch
    /// (Rumelhart, Hinton and Williams 1986).
    HalfSquaredError {
        /// Errors with |t - o| below this count as 0; 0: none do.
        dead_zone: f64,
    },
    /// (o - t)², averaged over outputs too.
    MeanSquaredError {
        /// Errors with |t - o| below this count as 0; 0: none do.
        dead_zone: f64,
    },
    /// |o - t|, averaged over outputs too; its slope at 0 is 0.
    MeanAbsoluteError,
    /// ½ (o - t)² for errors up to δ and δ (|o - t| - δ/2) beyond, averaged over outputs too
    /// (Huber 1964; PyTorch's `HuberLoss`).
    Huber {
        /// δ, above 0.
        delta: f64,
    },
    /// Cross-entropy of softmax(o) against (1 - s) t + s / classes.
    CrossEntropy {
        /// A weight for each class; the average is then by the weights of the samples' classes.
        weights: Option<Vec<f64>>,
        /// The label smoothing s, in [0, 1) (Szegedy and others 2016).
        smoothing: f64,
    },
    /// -o of the sample's class, where the outputs are logarithms of probabilities.
    NegativeLogLikelihood {
        /// A weight for each class, as of cross-entropy.
        weights: Option<Vec<f64>>,
    },
    /// -(t log σ(o) + (1 - t) log(1 - σ(o))) with the logistic function σ, averaged over outputs
    /// too: the outputs are logits.
    BinaryCrossEntropy,
}

impl Loss {
    /// The function by which the loss reads outputs as probabilities, if it has one.
    pub(crate) fn output_transform(&self) -> OutputTransform {
        match self {
            Self::CrossEntropy { .. } => OutputTransform::Softmax,
            Self::BinaryCrossEntropy => OutputTransform::Sigmoid,
            Self::NegativeLogLikelihood { .. } => OutputTransform::Exp,
            _ => OutputTransform::Identity,
        }
    }

    /// The weights of the classes, if it has some.
    pub(crate) fn class_weights(&self) -> Option<&[f64]> {
        match self {
            Self::CrossEntropy { weights, .. } | Self::NegativeLogLikelihood { weights } => {
                weights.as_deref()
            }
            _ => None,
        }
    }
}

/// What is done to the outputs before they are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputTransform {
    Identity,
    Softmax,
    Sigmoid,
    Exp,
}

/// How the parameters move. `g` is the gradient of the loss; every rule is applied number by number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimiser {
    /// g ← g + weight_decay · w; v ← momentum · v + g; w ← w - rate · v, or with Nesterov's
    /// momentum w ← w - rate · (g + momentum · v): PyTorch's `SGD`. With a constant rate and no
    /// decay this is also the classic Δw = -rate · g + momentum · Δw of Rumelhart, Hinton and
    /// Williams (1986).
    Sgd {
        /// The learning rate, above 0.
        learning_rate: f64,
        /// The momentum, in [0, 1).
        momentum: f64,
        /// Which momentum.
        kind: Momentum,
        /// The decay, at least 0.
        weight_decay: f64,
    },
    /// Adam (Kingma and Ba 2015) as PyTorch has it: m and v are the running means of g and g²,
    /// w ← w - rate · m / (1 - β1ⁿ) / (√(v / (1 - β2ⁿ)) + ε).
    Adam {
        /// The learning rate, above 0.
        learning_rate: f64,
        /// β1 and β2, in [0, 1).
        betas: (f64, f64),
        /// ε, above 0.
        epsilon: f64,
        /// Where the decay works.
        decay: Decay,
    },
    /// RMSprop as PyTorch has it: v is the running mean of g², w ← w - rate · g / (√v + ε).
    RmsProp {
        /// The learning rate, above 0.
        learning_rate: f64,
        /// The share of the past in v, in [0, 1).
        alpha: f64,
        /// ε, above 0.
        epsilon: f64,
        /// The momentum, in [0, 1): of a buffer b ← momentum · b + g / (√v + ε).
        momentum: f64,
        /// g ← g + weight_decay · w; at least 0.
        weight_decay: f64,
    },
    /// Resilient propagation: each weight has its own step Δ, which grows by `up` while the
    /// gradient keeps its sign and shrinks by `down` when it changes; w ← w - sign(g) Δ.
    Rprop {
        /// What happens to a weight whose gradient changed its sign.
        variant: RpropVariant,
        /// The first steps: each uniform between these bounds.
        first: (f64, f64),
        /// The factor of growth, above 1.
        up: f64,
        /// The factor of shrinking, between 0 and 1.
        down: f64,
        /// The smallest step, at least 0.
        least: f64,
        /// The largest step.
        most: f64,
    },
}

/// Where a momentum step is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Momentum {
    /// Along the velocity.
    Classic,
    /// Along the gradient plus the velocity's next share (Nesterov 1983, as Sutskever and others 2013).
    Nesterov,
}

/// Where weight decay works, with its size of at least 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decay {
    /// On the gradient: g ← g + decay · w (L2 penalty).
    Gradient(f64),
    /// On the weights: w ← w - rate · decay · w before the step (AdamW, Loshchilov and Hutter 2019).
    Weights(f64),
}

/// What RPROP does to a weight whose gradient changed its sign, besides shrinking its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RpropVariant {
    /// The last step is taken back and the next gradient counts as new (Riedmiller and Braun 1993).
    Backtracking,
    /// The weight stays and the next gradient counts as new (iRprop- of Igel and Hüsken 2000;
    /// PyTorch's `Rprop`).
    Waiting,
    /// The weight makes the shrunken step at once (Rprop- of Igel and Hüsken 2000).
    Plain,
}

/// How the learning rate changes: a factor of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// Always 1.
    Constant,
    /// `factor` to the power of the number of finished stretches of `every` epochs.
    Step {
        /// The stretch in epochs, at least 1.
        every: usize,
        /// The factor, above 0.
        factor: f64,
    },
    /// `factor` to the power of the number of these epochs that are finished.
    Milestones {
        /// Numbers of finished epochs, rising.
        epochs: Vec<usize>,
        /// The factor, above 0.
        factor: f64,
    },
    /// floor + (1 - floor) · (1 + cos(π · finished epochs / all epochs)) / 2
    /// (Loshchilov and Hutter 2017, without restarts).
    Cosine {
        /// The factor at the end, in [0, 1).
        floor: f64,
    },
}

/// What is done to gradients before they move anything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clipping {
    /// Nothing.
    None,
    /// Each number is cut to ± this.
    Value(f64),
    /// All numbers of a network are multiplied by min(1, bound / (norm + 1e-6)), with the Euclidean
    /// norm of all of them (PyTorch's `clip_grad_norm_`).
    Norm(f64),
}

/// How many samples an update looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// So many; the last of an epoch may be smaller. 1: one at a time (online).
    Of(usize),
    /// All training rows.
    Full,
}

/// In which order an epoch visits the training rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchOrder {
    /// A new random order each epoch.
    Shuffled,
    /// The file's order, each epoch the same.
    Fixed,
}

/// How long training goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many visits of all training rows, at least 1.
    Epochs(usize),
    /// So many updates, at least 1; the last epoch may be cut short.
    Updates(usize),
}

/// The training loop.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// How the parameters move.
    pub optimiser: Optimiser,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// The number of first updates over which the learning rate rises: update n of them has the
    /// factor n / (warm-up + 1) besides that of the schedule.
    pub warm_up: usize,
    /// What is done to gradients first.
    pub clipping: Clipping,
    /// How many samples an update looks at.
    pub batch: Batch,
    /// In which order an epoch visits the training rows.
    pub order: BatchOrder,
    /// How long it goes on.
    pub length: Length,
    /// What stops it earlier.
    pub stopping: Stopping,
    /// Which network is measured.
    pub measured: Measured,
}

/// What stops training before its length is reached. The validation error is the loss on the
/// validation rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stopping {
    /// Nothing.
    Never,
    /// So many epochs without a new lowest validation error; at least 1.
    Patience(usize),
    /// Prechelt's (1994) quotients, looked at after each strip of epochs.
    Prechelt {
        /// The epochs of a strip, at least 1; the validation error is taken at its end.
        strip: usize,
        /// Stop when 100 (E / E_opt - 1) is above this, with the lowest validation error E_opt.
        generalisation_loss: f64,
        /// Stop when 1000 (mean / least - 1) is below this, of the strip's training errors, each the
        /// mean loss of an epoch's batches before their updates.
        progress: f64,
    },
}

/// Which network is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured {
    /// That of the end.
    Last,
    /// That with the lowest validation error, the first of equal ones.
    BestValidation,
}

/// A recipe that was read and checked: everything that a run needs besides data and seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    pub(crate) origin: String,
    /// What the recipe is for, if it says so.
    pub title: Option<String>,
    /// The data.
    pub data: DataPlan,
    /// What is trained.
    pub model: Model,
    /// How the parameters begin.
    pub initial: Initial,
    /// Which of them begin with the tensors of a file, if some do.
    pub pretrained: Option<Pretrained>,
    /// What training makes small.
    pub loss: Loss,
    /// The training loop.
    pub training: Training,
    /// What is measured at the end, in the order written.
    pub metrics: Vec<Metric>,
    /// What stands for a prediction in them.
    pub prediction: Prediction,
    /// What is noted epoch by epoch, if something is.
    pub curve: Option<CurvePlan>,
    pub(crate) assumed: Vec<crate::Assumed>,
}
