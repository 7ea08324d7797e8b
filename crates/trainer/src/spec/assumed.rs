//! Defaults that a recipe does not state.

/// A default that the recipe did not state, shown in the report so that a reader can judge it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumed {
    /// The path of the key that was not written, for example `training.order`.
    pub path: String,
    /// The value that was taken.
    pub value: String,
}
