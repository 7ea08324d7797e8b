//! The training loop of a recipe.

/// The rule that changes the parameters. `g` is the gradient of the loss; every rule is applied number by number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Optimiser {
    /// g ← g + weight_decay · w; v ← momentum · v + g; w ← w - rate · v, or with Nesterov's
    /// momentum w ← w - rate · (g + momentum · v): PyTorch's `SGD`. With a constant rate and no
    /// decay this is also the classic Δw = -rate · g + momentum · Δw of Rumelhart, Hinton and
    /// Williams (1986).
    Sgd {
        /// The learning rate, above 0.
        learning_rate: f64,
        /// The momentum, in [0, 1).
        momentum: f64,
        /// The kind of momentum.
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
        /// The weight decay.
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
        /// The rule for a weight whose gradient changed its sign.
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

impl Optimiser {
    /// The number of tensors that are kept for each parameter between updates.
    pub(crate) fn state_tensors(&self) -> usize {
        match *self {
            Self::Sgd { momentum, .. } => usize::from(momentum > 0.0),
            Self::Adam { .. } => 2,
            Self::RmsProp { momentum, .. } => 1 + usize::from(momentum > 0.0),
            Self::Rprop { .. } => 3,
        }
    }
}

/// The kind of momentum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Momentum {
    /// Along the velocity.
    Classic,
    /// Along the gradient plus the velocity's next share (Nesterov 1983, as Sutskever and others 2013).
    Nesterov,
}

/// The kind of weight decay, with its size of at least 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Decay {
    /// On the gradient: g ← g + decay · w (L2 penalty).
    Gradient(f64),
    /// On the weights: w ← w - rate · decay · w before the step (AdamW, Loshchilov and Hutter 2019).
    Weights(f64),
}

/// The rule of RPROP for a weight whose gradient changed its sign, besides the smaller step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RpropVariant {
    /// The last step is taken back and the next gradient counts as new (Riedmiller and Braun 1993).
    Backtracking,
    /// The weight stays and the next gradient counts as new (iRprop- of Igel and Hüsken 2000;
    /// PyTorch's `Rprop`).
    Waiting,
    /// The weight makes the shrunken step at once (Rprop- of Igel and Hüsken 2000).
    Plain,
}

/// The schedule of the learning rate, as a factor of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LearningRateSchedule {
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

/// The clipping of gradients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Clipping {
    /// Nothing.
    None,
    /// Each number is cut to ± this.
    Value(f64),
    /// All numbers of a network are multiplied by min(1, bound / (norm + 1e-6)), with the Euclidean
    /// norm of all of them (PyTorch's `clip_grad_norm_`).
    Norm(f64),
}

/// The number of samples of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchSize {
    /// So many; the last of an epoch may be smaller. 1: one at a time (online).
    Of(usize),
    /// All training rows.
    Full,
}

/// The order of the training rows in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchOrder {
    /// A new random order each epoch.
    Shuffled,
    /// The file's order, each epoch the same.
    Fixed,
}

/// The length of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// So many visits of all training rows, at least 1.
    Epochs(usize),
    /// So many updates, at least 1; the last epoch may be cut short.
    Updates(usize),
}

/// The training loop.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Training {
    /// The optimiser.
    pub(crate) optimiser: Optimiser,
    /// The schedule of the learning rate.
    pub(crate) schedule: LearningRateSchedule,
    /// The number of first updates over which the learning rate rises: update n of them has the
    /// factor n / (warm-up + 1) besides that of the schedule.
    pub(crate) warm_up: usize,
    /// The clipping of gradients.
    pub(crate) clipping: Clipping,
    /// The batch size.
    pub(crate) batch: BatchSize,
    /// The order of the training rows in an epoch.
    pub(crate) order: BatchOrder,
    /// The length of training.
    pub(crate) length: Length,
    /// The rule for early stopping.
    pub(crate) stopping: Stopping,
    /// The network that is measured.
    pub(crate) measured: MeasuredEpoch,
}

/// The rule for stopping before the length of training is reached. The validation error is the loss on the
/// validation rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stopping {
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

/// The network that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MeasuredEpoch {
    /// That of the end.
    Last,
    /// That with the lowest validation error, the first of equal ones.
    BestValidation,
}
