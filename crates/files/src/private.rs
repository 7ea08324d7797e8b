//! Folders that only their owner writes.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

/// Error of a folder that is to be written by its owner alone.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFolderError {
    /// The system refused to make it or to look at it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Another user can write it.
    #[error("{0}")]
    Exposed(String),
}

impl From<PrivateFolderError> for io::Error {
    fn from(error: PrivateFolderError) -> Self {
        match error {
            PrivateFolderError::Io(error) => error,
            PrivateFolderError::Exposed(problem) => {
                Self::new(io::ErrorKind::PermissionDenied, problem)
            }
        }
    }
}

/// Makes a folder that only this user may use, unless it is there, and checks that no other user can
/// write it: such a user could put links and forged files in it.
///
/// # Errors
/// What the system says, and a folder that another user owns or may write. A group of the user's own is
/// accepted, as `umask 002` needs it.
pub fn private_folder(path: &Path) -> Result<(), PrivateFolderError> {
    made(path, 0o700)
}

/// The same for a folder that other users may read, as sandboxed programs do that run as a user of their
/// own.
///
/// # Errors
/// As [`private_folder`].
pub fn readable_folder(path: &Path) -> Result<(), PrivateFolderError> {
    made(path, 0o755)
}

fn made(path: &Path, mode: u32) -> Result<(), PrivateFolderError> {
    DirBuilder::new().recursive(true).mode(mode).create(path)?;
    match exposure(&fs::metadata(path)?, rustix::process::geteuid().as_raw()) {
        None => Ok(()),
        Some(problem) => Err(PrivateFolderError::Exposed(problem)),
    }
}

/// How another user than `user` can write a folder, if any but root can.
fn exposure(found: &Metadata, user: u32) -> Option<String> {
    let (owner, group, mode) = (found.uid(), found.gid(), found.mode());
    if owner != user && owner != 0 {
        return Some(format!(
            "expected a folder of this user, found one of user {owner}, who could forge what is in it"
        ));
    }
    // Where a user has a group alone, both have one number.
    let is_own_group = group == owner;
    let writers = match (mode & 0o002 != 0, mode & 0o020 != 0 && !is_own_group) {
        (true, _) => "every user".to_owned(),
        (false, true) => format!("group {group}"),
        (false, false) => return None,
    };
    Some(format!(
        "expected a folder that only this user can write, found one that {writers} can write (mode {:o})",
        mode & 0o7777
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_that_others_can_write_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        private_folder(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        for (mode, is_private) in [
            (0o700, true),
            (0o755, true),
            (0o702, false),
            (0o777, false),
            (0o1777, false),
        ] {
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
            let checked = private_folder(&folder);
            assert_eq!(checked.is_ok(), is_private, "{mode:o}: {checked:?}");
        }
    }

    #[test]
    fn a_folder_of_another_user_or_of_a_shared_group_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let own = fs::metadata(root.path()).unwrap();
        let user = own.uid();
        assert_eq!(exposure(&own, user), None);
        let of_other = exposure(&own, user + 1);
        assert_eq!(of_other.is_some(), user != 0, "what root owns is trusted");
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o770)).unwrap();
        let shared = fs::metadata(root.path()).unwrap();
        let is_shared = shared.gid() != shared.uid();
        assert_eq!(exposure(&shared, user).is_some(), is_shared);
        if user != 0 {
            return;
        }
        for (uid, gid, is_private) in [(0, 12_345, false), (12_345, 0, false), (0, 0, true)] {
            std::os::unix::fs::chown(root.path(), Some(uid), Some(gid)).unwrap();
            let found = fs::metadata(root.path()).unwrap();
            assert_eq!(exposure(&found, 0).is_none(), is_private, "{uid} {gid}");
        }
    }
}
