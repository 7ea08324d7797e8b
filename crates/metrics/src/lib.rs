//! Reads metrics out of what a program wrote: JSON, JSON lines, CSV, any text by a regular
//! expression, TensorBoard event files.
//!
//! The files are a stranger's: they are opened without following links, read up to a limit, and
//! whatever is in them is at worst a [`MetricError`]. Every number keeps the place that it came from.
//! Numbers that are not finite are kept, because a run that diverged must not look like one that
//! said nothing.

mod collect;
mod document;
mod error;
mod json;
mod number;
mod open;
mod pattern;
mod pattern_name;
mod protobuf;
mod read;
mod readers;
mod runs;
mod select;
mod table;
#[cfg(test)]
mod testing;
mod text;
mod value;

pub use error::MetricError;
pub use open::{Outputs, opened};
pub use read::{MetricRequest, files, read};
pub use runs::{FileRun, RunNumber, RunQuery, read_runs};
pub use select::{SelectedMetrics, read_again, select};
pub use value::{MetricValue, Provenance, Readings};
