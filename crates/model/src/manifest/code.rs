//! The commit of the experiment, and where repositories and data are.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::commit_id::CommitId;

/// The commit that holds the experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Code {
    /// Where the repository is.
    pub repository: Origin,
    /// The pinned commit.
    pub commit: CommitId,
    /// The experiment's folder within the commit, relative, with no `..`; `.` for its root.
    pub directory: PathBuf,
    /// Whether submodules at their pinned commits are part of the experiment.
    pub submodules: Submodules,
}

/// Whether the commit's submodules are checked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Submodules {
    /// A submodule is a deviation that is reported, and its folder stays empty.
    LeftOut,
    /// Each is fetched at the commit that the tree pins.
    Pinned,
}

/// Where something is: in the file system, or at an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A path, already relative to the manifest's folder.
    Path(PathBuf),
    /// An `https`, `ssh` or `file` URL.
    Url(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Url(url) => f.write_str(url),
        }
    }
}
