//! The setting `bias` of layers.

use crate::error::RecipeError;
use crate::spec::read::node::NodeFields;

/// Whether a layer has a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bias {
    Added,
    None,
}

impl Bias {
    /// Reads the key `bias`, which is `added` by default.
    ///
    /// # Errors
    /// Another name than `added` and `none`.
    pub(crate) fn read(fields: &NodeFields<'_>) -> Result<Self, RecipeError> {
        fields.or_assume("bias", Self::Added, "added", |node| {
            node.named("bias", &[("added", Self::Added), ("none", Self::None)])
        })
    }
}
