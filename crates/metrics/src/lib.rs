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
mod event_scalars;
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
pub use event_scalars::{EventScalar, EventScalars, EventTag, event_scalars};
pub use number::{expected as expected_number, is_lost, parse as parse_number};
pub use open::{Outputs, opened};
pub use protobuf::{Field as ProtobufField, fields as protobuf_fields};
pub use read::{MetricRequest, files, read};
pub use runs::{FileRun, RunNumber, RunQuery, is_index, is_seed, parse_seed, read_runs};
pub use select::{SelectedMetrics, read_again, select};
pub use table::{ColumnEnd, CsvTable, Header, TableFault, TableRow, parse as parse_table};
pub use text::decode as decode_text;
pub use value::{MetricValue, Provenance, Readings};
