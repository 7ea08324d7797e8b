//! The parts and the end of an execution.

use super::data_guard::{DataChanged, DataGuard};
use super::model::{Executor, RunContext, Store, Workload};
use reprove_model::plan::Plan;

/// End of the execution of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutionEnd {
    /// All claims are settled, or all planned runs are made.
    Complete,
    /// The user interrupted; the records hold the runs that had finished.
    Interrupted,
    /// The pinned data changed: what runs read since then is unknown.
    DataChanged(DataChanged),
}

/// The parts that an execution works with.
pub struct Execution<'e> {
    /// The plan.
    pub plan: &'e Plan,
    /// What makes a run.
    pub workload: &'e dyn Workload,
    /// What makes many of them.
    pub executor: &'e mut dyn Executor,
    /// What keeps them.
    pub store: &'e dyn Store,
    /// The data that runs read.
    pub data: &'e DataGuard,
    /// Progress observer and cancellation flag.
    pub context: RunContext<'e>,
}
