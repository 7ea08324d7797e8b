//! Why a tree of a commit, or a file of it, cannot be had.

use std::path::PathBuf;

use super::names::shown;
use super::object::ObjectError;
use super::{Pin, PinKind, PinStatus};
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::ByteSize;

/// Why a tree, or a file of it, cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// An object is absent, forged or unreadable.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A name that must not reach the file system.
    #[error("{at}: the name `{}` is refused: {fault}", shown(name))]
    Name {
        /// The folder of the tree.
        at: String,
        /// The name.
        name: PathBuf,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A name that stands twice in one folder.
    #[error("{at}: the name `{}` stands twice", shown(name))]
    Twice {
        /// The folder of the tree.
        at: String,
        /// The name.
        name: PathBuf,
    },
    /// A symbolic link that leads out of the tree, or may.
    #[error("{at}: the symbolic link to `{}` is refused: {fault}", shown(target))]
    Link {
        /// The link.
        at: String,
        /// The text of the link.
        target: PathBuf,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A mode that git does not write.
    #[error("{at}: expected a file, folder, link or submodule, found mode {mode:o}")]
    Mode {
        /// The entry.
        at: String,
        /// Its mode.
        mode: u32,
    },
    /// More entries than are taken for an honest tree.
    #[error("{at}: more than {limit} entries")]
    Entries {
        /// Where the limit was passed.
        at: String,
        /// The limit.
        limit: usize,
    },
    /// More bytes than are taken for an honest tree.
    #[error("{at}: more than {} of files", ByteSize(*limit))]
    Bytes {
        /// Where the limit was passed.
        at: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// More folders within folders than are taken for an honest tree.
    #[error("{at}: more than {limit} folders deep")]
    Depth {
        /// Where the limit was passed.
        at: String,
        /// The limit.
        limit: usize,
    },
    /// A path that the commit does not have.
    #[error("`{path}` is not in commit {commit}")]
    Absent {
        /// The path that was asked for.
        path: String,
        /// The commit.
        commit: String,
        /// The most similar name in the folder where the search ended, as a path.
        nearest: Option<String>,
    },
    /// A path that leads to something else than was asked for.
    #[error("`{path}` in commit {commit}: expected a {expected}, found a {found}")]
    Other {
        /// The path that was asked for.
        path: String,
        /// The commit.
        commit: String,
        /// What was asked for.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
}

impl Hint for TreeError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Absent {
                nearest: Some(nearest),
                ..
            } => Some(format!("the commit has `{nearest}`")),
            Self::Absent { nearest: None, .. }
            | Self::Object(_)
            | Self::Name { .. }
            | Self::Twice { .. }
            | Self::Link { .. }
            | Self::Mode { .. }
            | Self::Entries { .. }
            | Self::Bytes { .. }
            | Self::Depth { .. }
            | Self::Other { .. } => None,
        }
    }
}

impl TreeError {
    /// Whether the repository lacks an object of the tree.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Object(ObjectError::Absent { .. }))
    }

    /// Whether the commit has no such path.
    pub fn is_unknown_path(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }

    /// The same as a broken pin of the report; `name` is how the report calls the repository or file.
    pub fn pin(&self, name: &str, expected: impl std::fmt::Display) -> Pin {
        let status = match self {
            Self::Object(ObjectError::Absent { .. }) | Self::Absent { .. } => PinStatus::Missing,
            Self::Object(ObjectError::Forged { .. }) => PinStatus::Broken,
            Self::Object(ObjectError::Kind { .. } | ObjectError::Unreadable { .. })
            | Self::Name { .. }
            | Self::Twice { .. }
            | Self::Link { .. }
            | Self::Mode { .. }
            | Self::Entries { .. }
            | Self::Bytes { .. }
            | Self::Depth { .. }
            | Self::Other { .. } => PinStatus::Unreadable,
        };
        Pin::unmet(PinKind::Tree, name, status, expected, self).with_hint(self.hint())
    }
}
