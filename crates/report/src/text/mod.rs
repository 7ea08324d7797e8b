//! The words of a report, read off a [`Report`](super::Report): one wording for every format.

mod claim;
mod facts;
mod verdict;

pub use claim::{
    Bounds, bounds_of_interval, difference, finding, origin, reported, reported_short,
    reported_value, rerun, rerun_short, source, sources, target, tolerance, tolerance_ends,
    tolerance_short,
};
pub use facts::{cost, cut, has_finished, is_broken, paper, program, title};
pub use verdict::{
    as_claim, code, corrected_refutations, counts, overall_meaning, trust, verdict, warnings,
};
