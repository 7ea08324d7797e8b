//! Python sources of a commit, by the modules that they are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use reprove_pins::source::PinnedCommit;
use reprove_pins::tree::{TreeLimits, TreeNode};

/// Bytes of a source at most: what is longer is data.
const MAX_BYTES: u64 = 1 << 20;

/// The files of a commit.
pub(super) struct CommitSources<'c> {
    commit: &'c PinnedCommit<'c>,
    files: BTreeSet<PathBuf>,
    /// The names of folders and of modules.
    names: BTreeSet<String>,
}

impl<'c> CommitSources<'c> {
    /// The files of the whole commit; none where it cannot be listed.
    pub(super) fn of(commit: &'c PinnedCommit<'c>) -> Option<Self> {
        let entries = commit.list(None, TreeLimits::default()).ok()?;
        let mut files = BTreeSet::new();
        let mut names = BTreeSet::new();
        for entry in &entries {
            match entry.node {
                TreeNode::File { .. } => drop(files.insert(entry.path.clone())),
                // A link or a submodule may hold modules of any name.
                TreeNode::Folder | TreeNode::Link { .. } | TreeNode::Submodule { .. } => {}
            }
            let parts = entry.path.iter().filter_map(|part| part.to_str());
            let stem = |part: &str| part.split('.').next().unwrap_or_default().to_owned();
            names.extend(parts.map(stem));
        }
        Some(Self {
            commit,
            files,
            names,
        })
    }

    /// Whether some file or folder of the commit has the name of the module.
    pub(super) fn has_name(&self, module: &str) -> bool {
        self.names.contains(module)
    }

    /// The text of a source.
    pub(super) fn text(&self, file: &Path) -> Option<String> {
        String::from_utf8(self.commit.read_file(file, MAX_BYTES).ok()?).ok()
    }

    /// The files of a module in a folder: each package on the way, and the module itself.
    pub(super) fn files_of(&self, folder: &Path, module: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut at = folder.to_owned();
        for part in module.split('.').filter(|part| !part.is_empty()) {
            let as_module = at.join(format!("{part}.py"));
            at.push(part);
            for file in [at.join("__init__.py"), as_module] {
                files.extend(Some(file).filter(|file| self.files.contains(file)));
            }
        }
        files
    }

    /// Whether the commit has the file.
    pub(super) fn has(&self, file: &Path) -> bool {
        self.files.contains(file)
    }
}
