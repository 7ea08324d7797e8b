//! The report for a terminal: the verdict, a line a claim, then what stands behind it.

mod claim;
mod page;
mod render;
mod scale;

pub(super) use render::FORMAT;
pub use render::claim_text;
