//! Locks between processes, on one machine and, as far as the file system has them, between machines.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::faults::{self, StorageStep};
use crate::lease::Lease;

/// Time between two looks at a lock that another process holds.
const PAUSE: Duration = Duration::from_millis(20);

/// Exclusive lock of a file of its own, which is there only while it is held.
///
/// The kernel holds it (`flock`) and frees it when the process ends, however it ends. Where the file
/// system has no such locks, it is a lease: a file that its holder renews.
#[derive(Debug)]
pub struct FileLock {
    held: Held,
}

/// Mechanism of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockKind {
    /// A lock of the kernel.
    Kernel,
    /// A file that its holder renews.
    Lease,
}

#[derive(Debug)]
enum Held {
    Kernel { path: PathBuf, _file: File },
    Lease { _lease: Lease },
}

impl FileLock {
    /// Takes the lock at `path`; none where another process or thread holds it.
    ///
    /// # Errors
    /// What the system says when the file cannot be made or locked.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let file = open(path)?;
            match try_exclusive(&file) {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) if has_no_locks(&error) => {
                    // Nobody can lock it, so nobody needs it.
                    let _ = fs::remove_file(path);
                    let lease = Lease::try_take(path)?;
                    return Ok(lease.map(|lease| Self {
                        held: Held::Lease { _lease: lease },
                    }));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Its last holder may have removed the file between the opening and the locking.
            let locked = file.metadata()?;
            let is_there =
                |found: fs::Metadata| (found.dev(), found.ino()) == (locked.dev(), locked.ino());
            if path.symlink_metadata().is_ok_and(is_there) {
                return Ok(Some(Self {
                    held: Held::Kernel {
                        path: path.to_owned(),
                        _file: file,
                    },
                }));
            }
        }
    }

    /// Takes the lock at `path` as soon as it is free; none when `is_cancelled` became true.
    ///
    /// # Errors
    /// As [`try_take`](Self::try_take).
    pub fn take(path: &Path, is_cancelled: &dyn Fn() -> bool) -> io::Result<Option<Self>> {
        loop {
            if let Some(lock) = Self::try_take(path)? {
                return Ok(Some(lock));
            }
            if is_cancelled() {
                return Ok(None);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The mechanism.
    pub fn kind(&self) -> LockKind {
        match self.held {
            Held::Kernel { .. } => LockKind::Kernel,
            Held::Lease { .. } => LockKind::Lease,
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        match &self.held {
            // Removed while it is locked, so that only this process's file goes.
            Held::Kernel { path, .. } => drop(fs::remove_file(path)),
            Held::Lease { .. } => {}
        }
    }
}

/// Frees the lock of an open file.
///
/// # Errors
/// What the system says, a file system without locks apart.
pub fn unlock(file: &File) -> io::Result<()> {
    match file.unlock() {
        Err(error) if has_no_locks(&error) => Ok(()),
        freed => freed,
    }
}

/// Whether an error says that the file system has no locks, as Lustre's does without `-o flock`.
pub fn has_no_locks(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let none = [Errno::NOSYS, Errno::NOLCK, Errno::OPNOTSUPP];
    let number = error.raw_os_error();
    none.iter()
        .any(|errno| number == Some(errno.raw_os_error()))
}

/// Waits for the lock of an open file.
///
/// # Errors
/// What the system says; [`has_no_locks`] tells a file system without locks.
pub fn wait_for(file: &File) -> io::Result<()> {
    faults::check(StorageStep::Lock)?;
    file.lock()
}

/// Waits for the lock of an open file that others may hold too; whether it is held, or `is_cancelled`
/// became true before. Where the file system has no locks, it counts as held.
///
/// # Errors
/// What the system says.
pub fn wait_for_shared(file: &File, is_cancelled: &dyn Fn() -> bool) -> io::Result<bool> {
    let take = || {
        faults::check(StorageStep::Lock).map_err(TryLockError::Error)?;
        file.try_lock_shared()
    };
    loop {
        match take() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) if has_no_locks(&error) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if is_cancelled() => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
}

/// Waits for the lock of an open file that no other process holds; whether it is held, or `is_cancelled`
/// became true before.
///
/// # Errors
/// What the system says; [`has_no_locks`] tells a file system without locks.
pub fn wait_for_exclusive(file: &File, is_cancelled: &dyn Fn() -> bool) -> io::Result<bool> {
    loop {
        match try_exclusive(file) {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if is_cancelled() => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
}

/// Locks a file against other processes and threads that opened it.
pub(crate) fn try_exclusive(file: &File) -> Result<(), TryLockError> {
    faults::check(StorageStep::Lock).map_err(TryLockError::Error)?;
    file.try_lock()
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{Fault, inject};

    #[test]
    fn one_holds_it_at_a_time_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l");
        let held = FileLock::try_take(&path).unwrap().unwrap();
        assert_eq!(held.kind(), LockKind::Kernel);
        assert!(FileLock::try_take(&path).unwrap().is_none());
        assert!(FileLock::take(&path, &|| true).unwrap().is_none());
        drop(held);
        assert!(!path.exists());
        drop(FileLock::try_take(&path).unwrap().unwrap());
    }

    #[test]
    fn threads_that_contend_hold_it_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l");
        let inside = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let lock = FileLock::take(&path, &|| false).unwrap();
                        let others = inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        assert_eq!(others, 0);
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
    }

    #[test]
    fn without_locks_a_lease_takes_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l");
        inject(Fault::NoLocks, 0, || {
            let held = FileLock::try_take(&path).unwrap().unwrap();
            assert_eq!(held.kind(), LockKind::Lease);
            assert!(FileLock::try_take(&path).unwrap().is_none());
            drop(held);
            drop(FileLock::try_take(&path).unwrap().unwrap());
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
