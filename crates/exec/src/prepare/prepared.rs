//! An experiment that is ready to run.

use std::collections::BTreeMap;

use crate::workload_description::WorkloadDescription;
use crate::{Workload, WorkloadIdentity};
use reprove_model::deviation::DeviationCode;
use reprove_model::seeds::SeedCall;
use reprove_sandbox::scratch::Scratch;
use reprove_sandbox::{Limitation, SandboxTier};

/// An experiment that is ready to run.
pub struct Prepared {
    /// What makes the runs.
    pub workload: Box<dyn Workload>,
    /// Values that the experiment left to the tool's defaults, by configuration key: `key` → value.
    pub assumed: BTreeMap<String, String>,
    /// What is run, as far as it determines a run's result.
    pub procedure: WorkloadIdentity,
    /// How another machine makes the workload again.
    pub description: WorkloadDescription,
    /// The folder of the checkout or of the runs; removed when this is dropped.
    pub folder: Option<Scratch>,
    /// Where the reruns differ from what would have been best: a stable word and a sentence each.
    pub deviations: Vec<(DeviationCode, String)>,
    /// What was installed, with its version.
    pub versions: BTreeMap<String, String>,
    /// Environment variables that are set for each run, as far as they do not depend on this machine's
    /// folders.
    pub variables: BTreeMap<String, String>,
    /// How a program is shut in; nothing where none is run.
    pub isolation: Option<Isolation>,
    /// Seeds that a program sets, where the manifest calls it deterministic.
    pub seed_calls: Vec<SeedCall>,
}

/// How a stranger's program is shut in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolation {
    /// The tier.
    pub tier: SandboxTier,
    /// What it leaves open on this machine.
    pub limitations: Vec<Limitation>,
}
