//! The in-process trainer: data, preprocessing, models, optimisers, training, metrics, seeded randomness.
//!
//! ```text
//! Recipe::parse → load → train
//! ```
//!
//! A recipe is YAML in the experiment's repository. [`Recipe::parse`] puts a configuration's values
//! in and checks every key, [`load`] reads the data, [`train`] trains one network a seed. Networks
//! of several seeds train together, in one graph of candle tensors with a leading dimension of
//! seeds; each comes out with the bits that it has when trained alone.

mod affine;
mod dataset;
mod error;
mod language;
mod metrics;
mod network;
mod node;
mod placeholders;
mod random;
mod read;
mod split;
mod table;
mod train;

pub use dataset::{Dataset, load};
pub use error::{Place, RecipeError};
pub use language::{
    Activation, Batch, DataPlan, Distribution, Fold, Initial, Loss, Model, Optimiser, Recipe,
    RowOrder, Split, Standardise, Training, Visit,
};
pub use metrics::{Metric, Part, Quantity};
pub use node::Assumed;
pub use train::{Progress, SeedOutcome, preferred_group, train};

/// The version of the trainer's arithmetic. It rises whenever a change of this crate can alter a
/// bit of a trained network, so that stored runs of another version are not mixed with new ones.
pub const NUMERICS_VERSION: u32 = 1;
