//! The sample: the observations of the reruns of a claim, and their mean with its standard error.

mod gather;
mod rerun_summary;

pub use gather::gather;
pub use rerun_summary::{
    MissingDataPolicy, Observation, RerunSummary, Runs, SeedRun, StandardError, Tally,
};
