//! The sentences below the verdict on all claims: what a reader of nothing else has to know.

use super::{Report, recomputation};

/// The sentences, in the order of their weight.
pub(super) fn remarks(report: &Report) -> Vec<String> {
    let mut remarks = Vec::new();
    remarks.extend(recomputation::of_all(&report.claims));
    remarks
}
