//! The temporary folder of a verification.
//!
//! It goes when its owner does. A process that is killed leaves it behind, so the next one of this
//! user removes the folders that no process holds: the file `.lock` in it is locked by its owner, and the kernel gives
//! the lock up with the process.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::remove;

/// How the names of these folders begin.
const PREFIX: &str = "reprove-";
/// The file that the owner locks.
const LOCK: &str = ".lock";
/// What stands in it: a folder of another program can have a file of that name.
const MARK: &[u8] = b"a temporary folder of reprove\n";

/// A temporary folder, which goes when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    on_drop: OnDrop,
    _lock: File,
}

/// Treatment of a folder when its owner is dropped.
#[derive(Debug, PartialEq, Eq)]
enum OnDrop {
    Removed,
    Kept,
}

impl Scratch {
    /// A new folder among the system's temporary ones. The user id of a run can enter it,
    /// though not list it.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn new() -> io::Result<Self> {
        Self::among(&std::env::temp_dir())
    }

    fn among(temporary: &Path) -> io::Result<Self> {
        sweep(temporary);
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(temporary)?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
        // Locked before it has its name, so that nobody sees it free.
        let unnamed = folder.path().join(".new");
        let mut options = OpenOptions::new();
        let mut lock = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unnamed)?;
        match reprove_files::wait_for(&lock) {
            // Where it cannot be locked, no other process can take it for left behind.
            Err(error) if reprove_files::has_no_locks(&error) => {}
            locked => locked?,
        }
        lock.write_all(MARK)?;
        fs::rename(unnamed, folder.path().join(LOCK))?;
        Ok(Self {
            folder: folder.keep(),
            on_drop: OnDrop::Removed,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Leaves it for the user, and says where it is.
    pub fn keep(mut self) -> PathBuf {
        // Without it, no other process takes the folder for one that was left behind.
        let _ = fs::remove_file(self.folder.join(LOCK));
        self.on_drop = OnDrop::Kept;
        self.folder.clone()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.on_drop == OnDrop::Removed {
            let _ = remove(&self.folder);
        }
    }
}

/// Removes a folder, its lock at the very end: what cannot be removed is tried again by a later sweep.
fn remove(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove::folder(&entry.path())?;
        } else if entry.file_name() != LOCK {
            fs::remove_file(entry.path())?;
        }
    }
    remove::folder(folder)
}

/// Removes the folders that processes of this user have left behind.
fn sweep(temporary: &Path) {
    for entry in fs::read_dir(temporary).into_iter().flatten().flatten() {
        let is_named = |name: &OsStr| name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
        if is_named(&entry.file_name()) && is_left_behind(&entry.path()) {
            let _ = remove(&entry.path());
        }
    }
}

fn is_left_behind(folder: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let is_own = |found: fs::Metadata| found.is_dir() && found.uid() == own;
    if !fs::symlink_metadata(folder).is_ok_and(is_own) {
        return false;
    }
    let mut options = OpenOptions::new();
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits();
    // Some file systems of networks lock for one alone only what is open for writing.
    let lock = options
        .read(true)
        .write(true)
        .custom_flags(flags.cast_signed())
        .open(folder.join(LOCK));
    let is_marked = |mut lock: &File| {
        let mut text = Vec::new();
        let read = (&mut lock)
            .take(MARK.len() as u64 + 1)
            .read_to_end(&mut text);
        read.is_ok() && text == MARK
    };
    lock.is_ok_and(|lock| is_marked(&lock) && lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_is_swept() {
        let temporary = tempfile::tempdir().unwrap();
        let held = Scratch::among(temporary.path()).unwrap();
        let kept = Scratch::among(temporary.path()).unwrap().keep();
        let orphan = temporary.path().join("reprove-killed");
        let others = [
            "reprove-without-lock",
            "else",
            "reprove-link",
            "reprove-of-another",
        ]
        .map(|name| temporary.path().join(name));
        for folder in [&orphan, &others[0], &others[1], &others[3]] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(orphan.join(LOCK), MARK).unwrap();
        fs::write(others[1].join(LOCK), MARK).unwrap();
        fs::write(others[3].join(LOCK), "").unwrap();
        std::os::unix::fs::symlink("else", &others[2]).unwrap();

        let next = Scratch::among(temporary.path()).unwrap();
        assert!(!orphan.exists());
        for stays in others.iter().chain([&kept]) {
            assert!(stays.exists(), "{}", stays.display());
        }
        assert!(held.path().exists() && next.path().exists());
        assert_eq!(fs::metadata(next.path()).unwrap().mode() & 0o777, 0o711);
        let path = next.path().to_owned();
        // A program may have locked a folder.
        let locked = path.join("runs/0/sub/deeper");
        fs::create_dir_all(&locked).unwrap();
        fs::write(locked.join("file"), "").unwrap();
        for folder in [locked.as_path(), locked.parent().unwrap()] {
            fs::set_permissions(folder, Permissions::from_mode(0o500)).unwrap();
        }
        drop(next);
        assert!(!path.exists());
    }
}
