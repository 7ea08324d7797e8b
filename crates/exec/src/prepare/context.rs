//! The context of a preparation.

use std::path::Path;

use crate::{Artifacts, RunContext};
use reprove_pins::fetch::NetworkPolicy;

/// Whether programs are shut in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxMode {
    /// As tightly as this machine can, and never less than the manifest asks for.
    Strongest,
    /// Not at all, because the user says so.
    None,
}

/// What preparing an experiment may use.
#[derive(Clone, Copy)]
pub struct PrepareContext<'s> {
    /// Whether anything may be fetched.
    pub reach: NetworkPolicy,
    /// Whether programs are shut in.
    pub walls: SandboxMode,
    /// The folder that all machines which make runs share, where there are others than this one.
    pub shared: Option<&'s Path>,
    /// Who is told, and who interrupts.
    pub watch: RunContext<'s>,
    /// The folder that keeps runs, where there is one.
    pub store: Option<&'s Path>,
    /// What becomes of the runs' folders.
    pub leftovers: Artifacts,
}
