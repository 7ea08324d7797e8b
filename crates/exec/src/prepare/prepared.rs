//! An experiment that is ready to run.

use std::collections::BTreeMap;

use crate::seed_calls::SeedSearch;
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
    /// Search for the seeds that a program sets by itself; none for a recipe.
    pub(crate) seed_search: Option<SeedSearch>,
}

impl Prepared {
    /// The seeds that a program sets by itself; its sources are searched for them.
    pub fn own_seeds(&self) -> Vec<SeedCall> {
        let search = self.seed_search.as_ref();
        search.map(SeedSearch::find).unwrap_or_default()
    }
}

/// Isolation of an external program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolation {
    /// The tier.
    pub tier: SandboxTier,
    /// Limitations of the tier on this machine.
    pub limitations: Vec<Limitation>,
}
