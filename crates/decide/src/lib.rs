//! Decides claims: what a reported value says, what is fixed before any run, and the verdict.

pub mod calibration;
pub mod claims;
pub mod evidence;
pub mod verdict;
