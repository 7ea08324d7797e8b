//! Decides claims: interprets reported values, fixes an analysis plan before any run, and takes the
//! decision.
//!
//! [`claims`] is the one loop over the claims of a plan. It takes records and gives decisions; nothing
//! here reads or writes files.

pub mod calibration;
pub mod claims;
pub mod decision;
pub mod power_analysis;
pub mod recomputation;
pub mod reported;
pub mod sample;
