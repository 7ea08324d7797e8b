//! A build and what is recorded of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::external_lock_file::LockFileOverride;
use super::requirements::UnpinnedRequirement;
use reprove_sandbox::{Limitation, NetworkAccess};

/// File of a build that a process using it holds a lock on; its time is that of the last use.
pub(super) const LOCK: &str = "lock";

/// Built experiment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Build {
    /// Its files as the build left them.
    pub checkout: PathBuf,
    /// Folders of the checkout that only the build writes to, relative to it.
    pub products: Vec<PathBuf>,
    /// Paths that runs may read, the checkout included.
    pub read_only: Vec<PathBuf>,
    /// Variables that runs need.
    pub variables: BTreeMap<String, String>,
    /// Versions of the tools and of what was installed.
    pub versions: BTreeMap<String, String>,
    /// Requirements without an exact version, accepted by the manifest.
    pub unpinned: Vec<UnpinnedRequirement>,
    /// The logs of its steps, a folder each.
    pub logs: PathBuf,
    /// Whether an external lock file was added or replaced one of the commit; none where none was
    /// supplied.
    pub lock_override: Option<LockFileOverride>,
    /// Network that its steps had; none in builds of earlier versions.
    #[serde(default)]
    pub network: Option<NetworkAccess>,
    /// Whether it was built now.
    pub status: CacheStatus,
    /// Keeps the build from being removed while this value lives; none where it was only
    /// described.
    #[serde(skip)]
    pub(super) in_use: Option<Arc<File>>,
}

impl Build {
    /// What the network of its steps left open. Of a build of an earlier version it is not known that the
    /// network was closed.
    pub fn network_limitation(&self) -> Option<Limitation> {
        match self.network {
            None | Some(NetworkAccess::Full) => Some(Limitation::BuildNetworkOpen),
            Some(NetworkAccess::Public) => Some(Limitation::BuildNetworkPublic),
            Some(NetworkAccess::None | NetworkAccess::Loopback) => None,
        }
    }

    /// The same build, locked against removal by this process too.
    ///
    /// # Errors
    /// What the system says when the build is not here.
    pub fn locked(mut self) -> io::Result<Self> {
        let lock = File::open(self.logs.with_file_name(LOCK))?;
        reprove_files::wait_for_shared(&lock, &|| false)?;
        self.in_use = Some(Arc::new(lock));
        Ok(self)
    }
}

/// Whether a build was made now or reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheStatus {
    /// Now.
    Built,
    /// By an earlier verification.
    Reused,
}

/// Record of a complete build, kept beside its files.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BuildRecord {
    pub versions: BTreeMap<String, String>,
    pub unpinned: Vec<UnpinnedRequirement>,
    pub lock_override: Option<LockFileOverride>,
    /// Network that its steps had.
    #[serde(default)]
    pub network: Option<NetworkAccess>,
    /// Size on the disk, in bytes.
    pub bytes: u64,
}
