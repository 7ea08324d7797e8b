//! Decides whether a reported machine-learning result reproduces.
//!
//! Data flows one way, a crate a stage:
//!
//! ```text
//! manifest → pins → plan → runs → decision → report
//! ```
//!
//! [`verify`] is that pipeline as one function.

pub mod cli;
pub mod decide;
mod explain;
mod hints;
pub mod verify;

pub use reprove_decide::{calibration, claims, decision, power_analysis, reported, sample};
pub use reprove_evidence as bundle;
pub use reprove_exec as runs;
pub use reprove_import as import;
pub use reprove_metrics as metrics;
pub use reprove_model::{diagnostics, digest, escape, event, manifest, name, plan, record, seeds};
pub use reprove_pins as pins;
pub use reprove_report as report;
pub use reprove_sandbox as sandbox;
pub use reprove_stats as stats;
#[cfg(feature = "recipe")]
pub use reprove_trainer as recipe;
