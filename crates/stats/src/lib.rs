//! Pure statistics on `f64`: imports nothing from the rest of the crate.
//!
//! Read [`sample`] first, then [`t_tests`]: an [`Estimate`] is a number with a standard error and
//! degrees of freedom, and most tests and intervals are asked of it. [`equivalence`], [`bootstrap`]
//! and [`sequential`] are what a verdict rests on; [`power`] plans it; [`best_of`] treats values
//! picked as the best of several; [`proportions`], [`rank`], [`permutation`], [`multiplicity`],
//! [`checks`] and [`mlperf`] are shown beside it. The distributions ([`students_t`], [`normal`], …)
//! are the ground that everything stands on.
//!
//! No function panics on any input: what has no value is a [`StatsError`].

pub mod best_of;
pub mod bootstrap;
pub mod checks;
pub mod dist;
pub mod equivalence;
mod error;
pub mod mlperf;
pub mod multiplicity;
pub mod permutation;
pub mod power;
pub mod proportions;
pub mod random;
pub mod rank;
pub mod sample;
pub mod sequential;
pub mod special;
pub mod t_tests;

pub use dist::{beta, chi_squared, fisher_f, noncentral_t, normal, students_t};
pub use equivalence::Equivalence;
pub use error::{Result, StatsError};
pub use rank::ExactTest;
pub use sample::{Sample, Summary};
pub use t_tests::{Estimate, Interval, TTest};
