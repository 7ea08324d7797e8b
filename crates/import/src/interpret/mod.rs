//! From grids to values: sections, roles of columns and rows, metrics, spreads, runs, scales.

mod assemble;
mod cell_values;
mod column;
mod column_names;
mod column_words;
mod columns;
mod draft;
mod found;
mod label;
mod metric_of;
mod no_results;
mod owners;
mod pair;
mod printed;
mod reader;
mod rows;
mod runs;
mod sections;
mod sources;
mod spread_of;

pub(crate) use assemble::read_grid;
pub(crate) use columns::is_mean;
pub use found::{
    Asked, Findings, FoundClaim, FoundDirection, FoundRole, FoundScale, FoundSpread, FoundUnit,
    ImportWarning, OpenQuestion, PassedOver, RefusedCell,
};
pub(crate) use printed::printed;
