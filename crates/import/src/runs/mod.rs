//! The values of runs, out of what training tools write.
//!
//! 1. [`collect_runs`] reads files and folders, each in one [`RunFormat`], to [`CollectedRuns`]: each run
//!    with its settings, its state and all observations of all its metrics.
//! 2. [`CollectedRuns::select`] takes one value of each run and metric, with its seed and configuration,
//!    to a [`ImportedRuns`].
//! 3. [`ImportedRuns::to_csv`] and [`ImportedRuns::to_values`] write it.
//!
//! Digits stay as they stand in the file. A run without a value is a lost run and stays in the table. What
//! has two readings is refused.

mod choose;
mod collect;
mod discover;
mod error;
mod files;
mod format;
mod found;
mod layouts;
mod names;
mod output;
mod record;
mod remarks;
mod seeds;
mod select;
mod table;
#[cfg(test)]
mod tests;
mod tree;

pub use choose::RunTake;
pub use collect::collect_runs;
pub use error::{MetricRefusal, RunImportError, StatedSeed, UnreadableKind};
pub use format::RunFormat;
pub use found::{CollectedRuns, MetricSummary};
pub use select::RunOptions;
pub use table::{ImportedRun, ImportedRuns, RunValue, ValuePlace};
