//! The store that the tasks of an array share with all verifications.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ResumePolicy;

/// Store in which a task claims and keeps its runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SharedStore {
    /// Its folder, under the path that all nodes see.
    pub folder: PathBuf,
    /// The name of the ledger in it.
    pub ledger: String,
    /// Whether runs that it holds already are made.
    pub reuse: ResumePolicy,
}
