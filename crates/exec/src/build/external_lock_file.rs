//! A lock file that is not part of the commit: much code is published without one, and its
//! dependencies can then only be pinned beside it.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::BuildError;
use reprove_model::digest::Sha256Digest;

/// A pinned file that is put into the checkout as its lock file.
#[derive(Debug)]
pub struct ExternalLockFile<'s> {
    /// The name of its data entry.
    pub entry: &'s str,
    /// Where it is.
    pub file: &'s Path,
    /// Its pinned digest.
    pub sha256: Sha256Digest,
}

/// Whether the external lock file was added or replaced one from the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockFileOverride {
    /// Added: the commit has no such file.
    Added,
    /// Replaced: the commit has one.
    Replaced,
}

impl ExternalLockFile<'_> {
    /// Writes it to `lock`, a path within the checkout.
    ///
    /// # Errors
    /// When it is not what was pinned any more, or its place is not in the checkout.
    pub(super) fn put(&self, checkout: &Path, lock: &Path) -> Result<LockFileOverride, BuildError> {
        let refused = |problem: String| BuildError::ExternalLockFile { problem };
        let bytes = fs::read(self.file)
            .map_err(|error| refused(format!("{}: {error}", self.file.display())))?;
        let found = Sha256Digest::of(&bytes);
        if found != self.sha256 {
            let (entry, pinned) = (self.entry, self.sha256);
            return Err(refused(format!(
                "`{entry}` has changed while it was used: expected sha256 {pinned}, found {found}"
            )));
        }
        let target = checkout.join(lock);
        let at = |error: std::io::Error| refused(format!("`{}`: {error}", lock.display()));
        // A link of the commit must not lead the file to somewhere else.
        let folder = target.parent().unwrap_or(checkout).canonicalize();
        let root = checkout.canonicalize().map_err(at)?;
        if !folder.map_err(at)?.starts_with(root) {
            return Err(refused(format!(
                "`{}` leads out of the commit",
                lock.display()
            )));
        }
        let outcome = match target.symlink_metadata() {
            Ok(_) => {
                fs::remove_file(&target).map_err(at)?;
                LockFileOverride::Replaced
            }
            Err(_) => LockFileOverride::Added,
        };
        fs::write(&target, bytes).map_err(at)?;
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_supplied_lock_file_is_the_pinned_one_and_stays_inside() {
        let folder = tempfile::tempdir().unwrap();
        let (checkout, file) = (folder.path().join("c"), folder.path().join("lock"));
        fs::create_dir(&checkout).unwrap();
        fs::write(&file, "pinned").unwrap();
        symlink(folder.path(), checkout.join("out")).unwrap();
        symlink(&file, checkout.join("linked.lock")).unwrap();
        let lock = |text: &str| ExternalLockFile {
            entry: "lock",
            file: &file,
            sha256: Sha256Digest::of(text.as_bytes()),
        };
        let put = |name: &str| lock("pinned").put(&checkout, Path::new(name));
        assert_eq!(put("a.lock").unwrap(), LockFileOverride::Added);
        assert_eq!(put("a.lock").unwrap(), LockFileOverride::Replaced);
        assert_eq!(put("linked.lock").unwrap(), LockFileOverride::Replaced);
        assert!(!checkout.join("linked.lock").is_symlink());
        assert_eq!(
            put("out/a.lock").unwrap_err().to_string(),
            "`experiment.environment.supplied`: `out/a.lock` leads out of the commit"
        );
        assert!(put("no/a.lock").is_err());
        let changed = lock("other")
            .put(&checkout, Path::new("a.lock"))
            .unwrap_err();
        assert!(
            changed
                .to_string()
                .contains("`lock` has changed while it was used"),
            "{changed}"
        );
    }
}
