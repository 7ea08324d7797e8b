//! Training: the loop, losses, optimisers, stopping rules and measured quantities.

pub(crate) mod fused;
pub(crate) mod group;
pub(crate) mod loss;
pub(crate) mod measure;
pub(crate) mod memory;
pub(crate) mod run;
pub(crate) mod score;
pub(crate) mod seed_state;
pub(crate) mod stopping;
#[cfg(test)]
mod torch_tests;
pub(crate) mod update;
