//! Claims of runs, so that verifications of one store at the same time make each run once.
//!
//! A claim is the lock `claims/KEY` of the store. The process that makes the run holds it until the run is
//! kept, and the kernel frees it when that process ends, however it ends.

use std::io;
use std::path::{Path, PathBuf};

use super::{LedgerError, RunKey};
use reprove_files::FileLock;

/// Claim of a run; it ends when this value is dropped.
#[derive(Debug)]
pub struct RunClaim {
    _lock: Option<FileLock>,
}

impl RunClaim {
    /// The claim of a run that no other process can make.
    pub fn unshared() -> Self {
        Self { _lock: None }
    }
}

/// Folder of the claims of a store.
#[derive(Debug)]
pub(crate) struct ClaimFolder(PathBuf);

impl ClaimFolder {
    /// The folder, which is made when it is not there.
    ///
    /// # Errors
    /// What the system says, or that other users can write the folder.
    pub fn open(store: &Path) -> Result<Self, LedgerError> {
        let folder = store.join("claims");
        match reprove_files::private_folder(&folder) {
            Ok(()) => Ok(Self(folder)),
            Err(error) => Err(LedgerError::of_folder(&folder, error)),
        }
    }

    /// Claims a run; none where another process makes it.
    ///
    /// # Errors
    /// What the system says.
    pub fn claim(&self, key: RunKey) -> io::Result<Option<RunClaim>> {
        let lock = FileLock::try_take(&self.0.join(key.to_string()))?;
        Ok(lock.map(|lock| RunClaim { _lock: Some(lock) }))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}
