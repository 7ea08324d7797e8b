//! What was seen, set against what was claimed: the printed value in one or several [`Reading`]s,
//! and the reruns as a [`Seen`] mean with its noise.
//!
//! Nothing is decided here; [`crate::verdict`] does that.

mod gather;
pub mod outlook;
mod reading;
mod seen;

pub use gather::gather;
pub use reading::{Band, NormaliseError, Reading, Spread, band, readings, sd_of_t_interval};
pub use seen::{Observation, Runs, SeedRun, Seen, Tally, Treatment};
