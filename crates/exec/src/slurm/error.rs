//! Errors of runs through Slurm.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::commands::CommandError;
use reprove_model::failure::FailureKind;

/// Error of runs through Slurm.
#[derive(Debug, thiserror::Error)]
pub enum SlurmError {
    /// One of Slurm's commands gave no answer.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The system refused an operation in the shared folder.
    #[error("{}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The time for a round is over.
    #[error("not finished within {} s", limit.as_secs())]
    OutOfPatience {
        /// The limit.
        limit: Duration,
    },
    /// The user interrupted while the controller did not answer.
    #[error("interrupted")]
    Interrupted,
}

impl SlurmError {
    /// Whether the site allows only arrays with fewer tasks.
    pub(super) fn is_array_too_wide(&self) -> bool {
        if let Self::Command(CommandError::Refused { message, .. }) = self {
            message.contains("Invalid job array specification")
        } else {
            false
        }
    }

    /// The kind of failure of the runs concerned.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Command(CommandError::Unreachable { .. }) => FailureKind::ControllerUnreachable,
            Self::Command(CommandError::Refused { .. }) => FailureKind::SubmissionRefused,
            Self::Command(CommandError::Start { .. }) => FailureKind::NoSlurm,
            Self::Folder { .. } => FailureKind::SharedFolder,
            Self::OutOfPatience { .. } => FailureKind::NotFinished,
            Self::Interrupted => FailureKind::Interrupted,
        }
    }
}
