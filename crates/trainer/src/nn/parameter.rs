//! The parameters of a network.

use std::collections::BTreeMap;

use candle_core::Var;

use crate::nn::init::Initialiser;

/// A parameter of several seeds.
pub(crate) struct Parameter {
    /// The name, for example `layer1.weight`; it names the random stream of the initial values.
    pub(crate) name: String,
    /// The values, seed after seed.
    pub(crate) variable: Var,
    pub(crate) role: ParameterRole,
}

/// Whether training changes a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterRole {
    Trained,
    Frozen,
}

/// The size and initial values of a parameter; the same for every seed.
#[derive(Debug, Clone)]
pub(crate) struct ParameterSpec {
    /// The name, for example `layer1.weight`.
    pub(crate) name: String,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) initialiser: Initialiser,
    pub(crate) role: ParameterRole,
    pub(crate) pytorch: PytorchLayout,
}

/// The layout of a parameter in PyTorch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PytorchLayout {
    /// The shape in PyTorch.
    pub(crate) shape: Vec<usize>,
    /// The order of the numbers in PyTorch.
    pub(crate) order: PytorchOrder,
}

/// The order of a parameter's numbers in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PytorchOrder {
    /// Row after row, as here.
    Rows,
    /// Column after column: the weights of a unit are adjacent.
    Columns,
}

impl PytorchLayout {
    /// A shape whose numbers PyTorch has in the same order.
    pub(crate) fn rows(shape: &[usize]) -> Self {
        Self {
            shape: shape.to_vec(),
            order: PytorchOrder::Rows,
        }
    }

    /// A shape whose numbers PyTorch has column after column.
    pub(crate) fn columns(shape: &[usize]) -> Self {
        Self {
            shape: shape.to_vec(),
            order: PytorchOrder::Columns,
        }
    }
}

/// The parameters of an affine function, by index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AffineParams {
    pub(crate) weight: usize,
    pub(crate) bias: Option<usize>,
}

/// Initial values of parameters that replace the random ones, the same for all seeds; by name, row
/// after row.
pub(crate) type PretrainedWeights = BTreeMap<String, Vec<f64>>;
