//! The recipe as values: what an experiment's text says about data, model and training.
//!
//! Reading the YAML is in [`read`](super::read); here stands what each word means.

use super::metrics::Metric;

/// Where the rows come from and which of their columns mean what.
#[derive(Debug, Clone, PartialEq)]
pub struct DataPlan {
    /// The name of an entry of the manifest's `data`.
    pub name: String,
    /// The column that holds the class of a row.
    pub label: String,
    /// The classes in the order of the network's outputs; `None`: sorted by their text.
    pub classes: Option<Vec<String>>,
    /// The columns that are inputs; `None`: all that are not otherwise used, in the file's order.
    pub features: Option<Vec<String>>,
    /// Columns that are not looked at.
    pub ignore: Vec<String>,
    /// Which rows train and which test.
    pub split: Split,
    /// How the inputs are scaled.
    pub standardise: Standardise,
}

/// Which rows train and which test.
#[derive(Debug, Clone, PartialEq)]
pub enum Split {
    /// A column says it, of the same file or of a second file with as many rows in the same order.
    Marks {
        /// The manifest's name of the second file; `None`: the same file.
        file: Option<String>,
        /// The column of marks.
        column: String,
        /// The mark of a training row.
        train: String,
        /// The mark of a test row.
        test: String,
    },
    /// One of k parts tests, the others train. The parts are consecutive stretches of the ordered
    /// rows whose sizes differ by at most one, the larger ones first.
    Folds {
        /// The number of parts, at least 2.
        folds: usize,
        /// Which of them tests.
        fold: Fold,
        /// The order that is cut.
        order: RowOrder,
    },
    /// The first rows of the order train and the last ones test.
    Fraction {
        /// The part that tests, between 0 and 1; its count of rows is rounded to nearest.
        test: f64,
        /// The order that is cut.
        order: RowOrder,
    },
}

/// Which part tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// This one, from 1.
    Number(usize),
    /// Part `1 + seed mod folds`, so that consecutive seeds walk through the parts.
    BySeed,
}

/// The order of rows that a split cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrder {
    /// As they stand in the file.
    File,
    /// Shuffled by this seed, the same for every run.
    Shuffled(u64),
    /// Shuffled by the run's own seed.
    ShuffledByRun,
}

/// How the inputs are scaled, column by column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standardise {
    /// They stay as they are.
    None,
    /// Minus mean, by standard deviation (divisor n) of the training rows; a constant column
    /// becomes 0.
    TrainMeanSd,
    /// The training rows' range becomes 0 to 1; a constant column becomes 0.
    TrainRange,
}

/// What is trained.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// A multi-layer perceptron: fully connected layers with biases.
    Mlp {
        /// The widths of the hidden layers; none: the inputs feed the outputs.
        hidden: Vec<usize>,
        /// The activation of the hidden layers.
        activation: Activation,
        /// The activation of the outputs; with cross-entropy it is `identity`.
        output: Activation,
    },
}

/// A function applied to each unit's sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// x.
    Identity,
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// tanh x.
    Tanh,
    /// max(x, 0).
    Relu,
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

/// What training makes small. `o` is an output, `t` its target (1 for the row's class, else 0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loss {
    /// ½ Σ (o - t)², summed over outputs and over the samples of a batch
    /// (Rumelhart, Hinton and Williams 1986).
    HalfSquaredError {
        /// Errors with |t - o| below this count as 0; 0: none do.
        dead_zone: f64,
    },
    /// (o - t)², averaged over outputs and over the samples of a batch.
    MeanSquaredError {
        /// Errors with |t - o| below this count as 0; 0: none do.
        dead_zone: f64,
    },
    /// Cross-entropy of softmax(o), averaged over the samples of a batch.
    CrossEntropy,
}

/// How the parameters move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimiser {
    /// v ← momentum · v + gradient; w ← w - learning_rate · v. With a constant rate this is also
    /// the classic Δw = -rate · gradient + momentum · Δw of Rumelhart, Hinton and Williams (1986).
    Sgd {
        /// The learning rate, above 0.
        learning_rate: f64,
        /// The momentum, in [0, 1).
        momentum: f64,
    },
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
pub enum Visit {
    /// A new random order each epoch.
    Shuffled,
    /// The file's order, each epoch the same.
    Fixed,
}

/// The training loop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Training {
    /// How the parameters move.
    pub optimiser: Optimiser,
    /// How many samples an update looks at.
    pub batch: Batch,
    /// In which order an epoch visits the training rows.
    pub order: Visit,
    /// How often all training rows are visited, at least 1.
    pub epochs: usize,
}

/// A recipe that was read and checked: everything that a run needs besides data and seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    pub(super) origin: String,
    /// What the recipe is for, if it says so.
    pub title: Option<String>,
    /// The data.
    pub data: DataPlan,
    /// What is trained.
    pub model: Model,
    /// How the parameters begin.
    pub initial: Initial,
    /// What training makes small.
    pub loss: Loss,
    /// The training loop.
    pub training: Training,
    /// What is measured at the end, in the order written.
    pub metrics: Vec<Metric>,
    pub(super) assumed: Vec<super::Assumed>,
}
