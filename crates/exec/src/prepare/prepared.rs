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
    /// The workload.
    pub workload: Box<dyn Workload>,
    /// Values that the experiment left to the tool's defaults, by configuration key: `key` → value.
    pub assumed: BTreeMap<String, String>,
    /// Identity of the workload: what of it determines a run's result.
    pub procedure: WorkloadIdentity,
    /// Description from which another machine makes the workload.
    pub description: WorkloadDescription,
    /// The folder of the checkout or of the runs; removed when this is dropped.
    pub folder: Option<Scratch>,
    /// Deviations of the reruns, each with a code and a sentence.
    pub deviations: Vec<(DeviationCode, String)>,
    /// Versions of what was installed.
    pub versions: BTreeMap<String, String>,
    /// Environment variables that are set for each run, as far as they do not depend on this machine's
    /// folders.
    pub variables: BTreeMap<String, String>,
    /// Isolation of the program; none for a recipe.
    pub isolation: Option<Isolation>,
    /// Seeds that a program sets, where the manifest calls it deterministic.
    pub seed_calls: Vec<SeedCall>,
}

/// Isolation of an external program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolation {
    /// The tier.
    pub tier: SandboxTier,
    /// Limitations of the tier on this machine.
    pub limitations: Vec<Limitation>,
}
