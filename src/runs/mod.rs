//! The runs: prepared from a clean checkout, executed, their metrics read.

pub mod metrics;
pub mod program;
pub mod sandbox;
