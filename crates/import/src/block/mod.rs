//! What is found, as a block of a manifest.

mod claims;
mod identifiers;
mod yaml;

pub use yaml::{BlockOptions, BlockSource, block};
