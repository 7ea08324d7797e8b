//! Special functions: the logarithms of gamma and beta, and their incomplete integrals.
//!
//! The incomplete integrals are own code: the libraries that were checked are wrong, hang or stop
//! silently at an iteration limit somewhere in the range that a verdict can touch. Here an evaluation
//! that does not converge is an error.

pub mod beta;
pub mod gamma;
pub mod quadrature;
pub mod series;
