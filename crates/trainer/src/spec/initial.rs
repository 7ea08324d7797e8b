//! The initial values of parameters.

/// The initial values of the parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Initial {
    /// The weights' distribution.
    pub(crate) weights: Distribution,
    /// The biases' distribution.
    pub(crate) biases: Distribution,
}

/// A distribution of initial parameters; `in` and `out` are the layer's numbers of inputs and outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Distribution {
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
