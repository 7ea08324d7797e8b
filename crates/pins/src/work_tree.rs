//! The work tree of the pinned commit, compared with the commit as `git status` does.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use git2::{IndexEntryExtendedFlag, Repository, StatusOptions};

use super::Pin;
use super::export;
use super::source::{PinnedCommit, SourceRepository};
use super::tree::{FileContent, TreeEntry, TreeLimits, TreeNode};
use reprove_model::digest;

/// Files of a work tree that differ from the commit that is checked out there, as broken pins: a reader
/// who pins this commit and sees these files would believe that they are what runs.
///
/// A file that git calls unchanged is unchanged, though its bytes may differ from the commit's: by line
/// ends (`core.autocrlf`, `eol`), by a mode that is ignored (`core.fileMode`), by the content of a Git
/// LFS pointer, or because a sparse checkout leaves it out.
pub(super) fn changes(
    source: &SourceRepository,
    commit: &PinnedCommit<'_>,
    folder: &Path,
) -> Vec<Pin> {
    let hint =
        "commit the change and pin the new commit, or undo it: only what is committed is run";
    // What cannot be read here is not run either.
    let Ok(entries) = commit.list(None, TreeLimits::default()) else {
        return Vec::new();
    };
    let status = Status::of(source.repository());
    let is_accepted = |entry: &TreeEntry, is_there: bool| {
        status.is_clean(entry, is_there) || (is_there && has_content(entry, folder))
    };
    let differences = export::differences(&entries, folder, is_accepted).unwrap_or_default();
    let pins = differences.into_values();
    pins.map(|pin| pin.with_hint(Some(hint))).collect()
}

/// Whether the file is the content of the Git LFS pointer that the commit has in its place.
fn has_content(entry: &TreeEntry, folder: &Path) -> bool {
    let TreeNode::File {
        content: FileContent::LfsPointer {
            sha256: Some(sha256),
        },
        ..
    } = &entry.node
    else {
        return false;
    };
    digest::file(&folder.join(&entry.path)).is_ok_and(|file| file.digest == *sha256)
}

/// What git says of a work tree.
struct Status {
    /// The paths that differ; `None` where git's own index cannot be read.
    changed: Option<BTreeSet<Vec<u8>>>,
    /// The paths that a sparse checkout leaves out.
    skipped: BTreeSet<Vec<u8>>,
    /// Whether the repository has a sparse checkout.
    is_sparse: bool,
}

impl Status {
    fn of(repository: &Repository) -> Self {
        let config = repository.config();
        let is_sparse =
            config.is_ok_and(|config| config.get_bool("core.sparseCheckout").unwrap_or(false));
        let mut options = StatusOptions::new();
        options.include_untracked(false).exclude_submodules(true);
        let changed = repository.statuses(Some(&mut options)).ok();
        let changed =
            changed.map(|list| list.iter().map(|file| file.path_bytes().to_vec()).collect());
        let mut skipped = BTreeSet::new();
        if let Ok(index) = repository.index() {
            let skip = IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
            let entries = index
                .iter()
                .filter(|entry| entry.flags_extended & skip != 0);
            skipped.extend(entries.map(|entry| entry.path));
        }
        Self {
            changed,
            skipped,
            is_sparse,
        }
    }

    /// Whether git calls the entry unchanged.
    fn is_clean(&self, entry: &TreeEntry, is_there: bool) -> bool {
        let path = entry.path.as_os_str().as_bytes();
        match (&entry.node, is_there) {
            (TreeNode::File { .. } | TreeNode::Link { .. }, true) => self
                .changed
                .as_ref()
                .is_some_and(|changed| !changed.contains(path)),
            (TreeNode::File { .. } | TreeNode::Link { .. }, false) => self.leaves_out(path),
            (TreeNode::Folder, false) => {
                let mut inside = path.to_vec();
                inside.push(b'/');
                let mut below = self.skipped.range(inside.clone()..);
                let is_skipped = below.next().is_some_and(|path| path.starts_with(&inside));
                let is_changed = self
                    .changed
                    .iter()
                    .flatten()
                    .any(|path| path.starts_with(&inside) && !self.skipped.contains(path));
                (is_skipped || (self.changed.is_none() && self.is_sparse)) && !is_changed
            }
            // The folder of a submodule that is not there is for git a removed submodule.
            (TreeNode::Folder | TreeNode::Submodule { .. }, _) => false,
        }
    }

    /// Whether a sparse checkout leaves the file out.
    fn leaves_out(&self, path: &[u8]) -> bool {
        self.skipped.contains(path) || (self.changed.is_none() && self.is_sparse)
    }
}
