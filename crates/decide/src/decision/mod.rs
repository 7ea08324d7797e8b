//! The decision: REPRODUCED, NOT REPRODUCED or INCONCLUSIVE, from the sample of a claim.
//!
//! An [`AnalysisPlan`] fixes every analysis choice before the first rerun (prespecification): the
//! interpretations of the reported value, the equivalence margin, the target, the error level of every
//! look and the seed of the bootstrap. [`AnalysisPlan::take_looks`] takes the looks in the order of the
//! seeds and stops at the first verdict. [`AnalysisPlan::decide`] gives all that a report shows. The
//! table of the rule is at [`judge()`].

mod analysis_error;
mod analysis_plan;
mod best;
mod beyond_range;
mod claim_decision;
mod determinism;
mod deterministic;
mod flag;
mod futility;
#[cfg(test)]
mod honest_reports_tests;
mod judge;
mod look;
mod lost;
mod metric_facts;
mod reason;
mod reason_code;
mod resample;
mod resampling;
mod run_count;
mod secondary;
mod supporting_tests;
mod table;
#[cfg(test)]
mod tests;
mod units;
mod vacuity;
mod warnings;

pub use analysis_error::AnalysisError;
pub(crate) use analysis_error::refuse_too_large;
pub use analysis_plan::{AnalysisPlan, BasisReason, OpenEnded, PlannedLook, Schedule};
pub use claim_decision::{ClaimDecision, Difference, LookRow, Role, TargetDecision, Test};
pub use determinism::Determinism;
pub use flag::{Flag, FlagCode};
pub use judge::{
    Comparison, Intervals, Level, PValues, Target, Verdict, judge, judge_identical, p_values,
};
pub use look::{Look, SequentialResult};
pub use metric_facts::NamedMetric;
pub use reason::{Reason, Side};
pub use reason_code::{ReasonClass, ReasonCode};
pub use resampling::Resampling;
pub use secondary::{IntervalKind, Measure};
pub use table::{
    ClaimVerdict, Counts, Inputs, Overall, Strictness, overall, refuted_after_correction,
};
pub use vacuity::Vacuity;
