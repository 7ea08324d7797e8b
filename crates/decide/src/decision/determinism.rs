//! What is known of a program that the manifest calls deterministic.

use reprove_model::record::Repeat;

/// What is known of a program that the manifest calls deterministic.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Determinism {
    /// The result of the repeat of its run; `None` where there is none.
    pub repeat: Option<Repeat>,
    /// Places at which it sets a seed.
    pub seed_calls: Vec<String>,
}
