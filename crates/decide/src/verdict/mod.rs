//! The decision: REPRODUCED, NOT REPRODUCED or INCONCLUSIVE, from the evidence of a claim.
//!
//! A [`AnalysisPlan`] fixes before any rerun all that could be bent afterwards: the readings of the printed
//! value, the tolerance as a number, the basis, the error level of every look, the seed of the
//! bootstrap. [`AnalysisPlan::settle`] takes the looks in the order of the seeds and stops at the first
//! verdict; [`AnalysisPlan::finding`] says all that a report shows of it. The table of the rule is at
//! [`judge()`].

mod analysis_plan;
mod best;
mod claim_decision;
mod judge;
mod look;
mod lost;
mod reason;
mod resample;
mod secondary;
mod support;
mod table;
#[cfg(test)]
mod tests;
mod units;

pub use analysis_plan::{AnalysisError, AnalysisPlan, BasisWhy, OpenEnded, PlannedLook, Schedule};
pub use claim_decision::{ClaimDecision, Difference, LookRow, Role, TargetFinding, Test};
pub use judge::{
    Comparison, Intervals, Level, PValues, Target, Verdict, judge, judge_identical, p_values,
};
pub use look::{Look, SequentialResult};
pub use reason::{Reason, Side};
pub use secondary::{Flag, Measure};
pub use table::{ClaimVerdict, Counts, Inputs, Overall, overall, refuted_after_correction};
