//! What was seen, set against what was claimed: the printed value in one or several [`Interpretation`]s,
//! and the reruns as a [`RerunSummary`] mean with its noise.
//!
//! Nothing is decided here; [`crate::verdict`] does that.

mod gather;
mod interpretation;
pub mod power_analysis;
mod rerun_summary;

pub use gather::gather;
pub use interpretation::{
    EquivalenceMargin, Interpretation, NormaliseError, Uncertainty, band, readings,
    sd_of_t_interval,
};
pub use rerun_summary::{MissingDataPolicy, Observation, RerunSummary, Runs, SeedRun, Tally};
