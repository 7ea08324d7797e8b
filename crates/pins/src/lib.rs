//! The pins: the commit, the data and the hardware that the manifest names, checked against what is there.
//!
//! Every check answers with a [`Pin`]: what was expected, what was found, and whether they agree.
//! A pin that does not hold is data for the report, not an error of the tool.

mod ask;
mod blob_hash;
pub mod cache;
pub mod check;
pub mod checkout;
mod claim_source;
#[cfg(test)]
mod clones;
pub mod compute_capability;
pub mod data;
pub mod environment;
pub mod export;
pub mod fetch;
mod lack;
mod loose;
mod modules;
mod names;
pub mod object;
mod pack;
#[cfg(test)]
mod raw_repository;
pub mod requirement;
pub mod source;
mod special_files;
pub mod tree;
pub mod tree_error;
mod work_tree;

pub use claim_source::{SourceFinding, sources_read_again};
pub use reprove_model::pin::{Pin, PinKind, PinStatus};
