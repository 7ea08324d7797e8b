//! The context of a preparation.

use std::path::Path;

use crate::{Artifacts, RunContext};
use reprove_pins::fetch::NetworkPolicy;

/// Sandbox mode of programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxMode {
    /// The strongest tier of this machine, at least the one that the manifest requires.
    Strongest,
    /// No sandbox, by the user's choice.
    None,
}

/// Context of a preparation.
#[derive(Clone, Copy)]
pub struct PrepareContext<'s> {
    /// Whether anything may be fetched.
    pub network: NetworkPolicy,
    /// Sandbox mode of programs.
    pub sandbox: SandboxMode,
    /// Folder that all machines share which make runs; none where this machine makes them.
    pub shared: Option<&'s Path>,
    /// Progress observer and cancellation flag.
    pub run: RunContext<'s>,
    /// Folder of the store; none where no run is kept.
    pub store: Option<&'s Path>,
    /// Whether the folders of the runs stay.
    pub artifacts: Artifacts,
}
