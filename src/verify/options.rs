//! Options of a verification.

use std::path::PathBuf;

use reprove_exec::{
    Artifacts, ExecutorConfig, KeyInputs, LedgerError, LedgerStore, NullStore, PrepareContext,
    ResumePolicy, RunContext, SandboxMode, Store,
};
use reprove_model::event::Observer;
use reprove_model::manifest::CommitId;
use reprove_model::plan::{Choices, Plan};
use reprove_pins::check as pins;
use reprove_report::Strictness;

/// Options of [`verify`](super::verify).
#[derive(Debug)]
pub struct VerifyOptions {
    /// The commit of a manifest that states `commit: HEAD`; by default the one that the CI run tests.
    pub commit: Option<CommitId>,
    /// Changes of the manifest's plan.
    pub choices: Choices,
    /// Options of the pins.
    pub pins: pins::PinOptions,
    /// Sandbox mode for external programs.
    pub sandbox: SandboxMode,
    /// Whether a deviation counts as a broken pin.
    pub strictness: Strictness,
    /// Treatment of claims that no number of runs can decide.
    pub undecidable: UndecidableClaims,
    /// Treatment of claims whose tolerance nothing can fail, or a guess satisfies.
    pub vacuous: VacuousClaims,
    /// Executor of the runs.
    pub executor: Box<dyn ExecutorConfig>,
    /// Folder of the ledger, and whether runs of earlier verifications are used; without a folder no
    /// run is kept.
    pub store: Option<(PathBuf, ResumePolicy)>,
    /// Whether the checkout and the runs' folders stay.
    pub artifacts: Artifacts,
}

impl VerifyOptions {
    /// The context of preparing the experiment.
    pub(super) fn prepare_context<'s>(&'s self, context: RunContext<'s>) -> PrepareContext<'s> {
        let store = self.store.as_ref().map(|(folder, _)| folder.as_path());
        PrepareContext {
            network: self.pins.reach,
            sandbox: self.sandbox,
            shared: self.executor.machines().shared_folder(store),
            run: context,
            store,
            artifacts: self.artifacts,
        }
    }

    /// Opens the ledger, or a store that keeps nothing where there is no folder.
    pub(super) fn open_store<'s>(
        &self,
        plan: &'s Plan,
        key: &KeyInputs,
        observer: Observer<'s>,
    ) -> Result<Box<dyn Store + 's>, LedgerError> {
        let Some((folder, reuse)) = &self.store else {
            return Ok(Box::new(NullStore));
        };
        let kept = LedgerStore::open(folder, *reuse, plan, key, observer)?;
        Ok(Box::new(kept))
    }
}

/// Treatment of a claim that no number of runs can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndecidableClaims {
    /// It is refused before any compute is spent (the default).
    Refuse,
    /// It is run, without a verdict in sight.
    Run,
}

/// Treatment of a claim whose tolerance nothing can fail, or a guess satisfies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VacuousClaims {
    /// It is refused (the default).
    Refuse,
    /// It is decided all the same, and the report says so.
    Decide,
}
