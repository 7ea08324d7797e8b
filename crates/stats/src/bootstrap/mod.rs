//! The bootstrap: intervals from resampling what was measured.
//!
//! [`resample`] draws, [`replicates`] turns draws into percentile, basic and BCa intervals,
//! [`studentized`] holds the bootstrap-t intervals that may decide a verdict, [`stratified`] the
//! aggregates over tasks. Every function that draws takes a [`StreamKey`](super::random::StreamKey):
//! the same key gives the same numbers on every machine and with any number of threads.

mod indices;
pub mod replicates;
pub mod resample;
pub mod statistic;
pub mod stratified;
pub mod studentized;

pub use replicates::{Replicates, quantile_type7};
pub use statistic::Statistic;
