//! What the codes of a result mean: for each the cause, and what can be done.
//!
//! The tables are functions over the enums of codes, so that a code without an entry does not compile.

mod deviations;
mod entry;
mod failures;
mod limitations;
mod lookup;
mod obstacles;
mod reasons;
mod verdicts;
mod warnings;

pub use entry::{CodeEntry, Meaning};
pub use lookup::{all, find, of_report};
pub use reasons::reason;
