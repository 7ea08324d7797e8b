//! The pretrained parameters of a recipe.

use std::collections::BTreeMap;

/// The parameters whose initial values are tensors of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pretrained {
    /// The name of an entry of the manifest's `data`: a safetensors file with tensors in the shapes
    /// of PyTorch.
    pub(crate) data: String,
    /// For parameters of the network, such as `layer1.weight`, the name of the file's tensor.
    pub(crate) tensors: BTreeMap<String, String>,
}
