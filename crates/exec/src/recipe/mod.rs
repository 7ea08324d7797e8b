//! Experiments that are recipes: read from the commit, and trained in this process.
//!
//! Only `trained` knows the trainer. A build without the feature `recipe` has `absent` in its place,
//! with the same functions.

#[cfg(not(feature = "recipe"))]
mod absent;
#[cfg(not(feature = "recipe"))]
mod error;
#[cfg(feature = "recipe")]
mod runs;
mod source;
#[cfg(feature = "recipe")]
mod trained;

#[cfg(not(feature = "recipe"))]
pub(crate) use absent::{inspect, prepare, workload};
#[cfg(not(feature = "recipe"))]
pub use error::RecipeError;
#[cfg(feature = "recipe")]
pub use reprove_trainer::RecipeError;
#[cfg(feature = "recipe")]
pub use runs::RecipeRuns;
#[cfg(feature = "recipe")]
pub(crate) use trained::{inspect, prepare, workload};
