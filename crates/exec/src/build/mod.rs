//! Builds the paper's program in a fresh checkout, in the sandbox, and keeps the build.
//!
//! The key of a build is the digest of all that determines it: the tree, the commands, the lock file
//! (which is in the tree), the versions of the tools, the platform. A build is made in the folder that
//! it stays in, because environments hold absolute paths; the file that marks it as complete is
//! written last, so that an interrupted build is never used. Runs see it read-only. A process that
//! uses a build holds a lock on it; of the builds without a lock, the least recently used are removed
//! when a new one is made and there are too many (see `evict`).
//!
//! Each kind of environment (uv, pip, cargo, installed) has a file of its own in `kinds`; `kind`
//! lists the steps to add one.

mod builder;
mod error;
mod evict;
mod external_lock_file;
mod keep;
mod kind;
pub(crate) mod kinds;
mod model;
mod network;
mod requirements;
mod settings;
mod step;
mod steps;
mod toolchain;
mod tools;

pub use builder::{BuildRequest, Builder};
pub use error::{BuildError, BuildFailureKind};
pub use external_lock_file::{ExternalLockFile, LockFileOverride};
pub use model::{Build, CacheStatus};
pub use network::BuildNetwork;
pub use requirements::{
    Hashes, Requirements, RequirementsError, UnpinnedRequirement, read as read_requirements,
};
pub use settings::Settings;
pub use toolchain::{ToolchainMismatch, toolchain_mismatches};
pub use tools::Tools;
