//! Pool of user ids for programs, so that a program that root starts has no rights of root.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

use rustix::fs::{FlockOperation, Mode, OFlags};

use super::super::limitations::Identity;
use super::super::policy::SandboxTier;
use super::error::LaunchError;
use crate::remove;

/// The first id and how many follow: a range that no Linux system hands out by itself
/// (systemd's "Users, Groups, UIDs and GIDs", 2024: 60578…61183 are unused).
const FIRST: u32 = 60_600;
const COUNT: u32 = 512;

/// User id of one program. An id of the pool is held while this value lives.
pub(super) struct UidLease {
    pub identity: Identity,
    _taken: Option<Taken>,
}

/// Claim on an id against other launchers; it ends with the process.
enum Taken {
    /// A locked file in a folder of root's.
    File { _lock: File },
    /// An abstract name. Any user of the machine could take all of them, and so keep others from
    /// runs: used only where there is no folder of root's.
    Name { _socket: UnixDatagram },
}

/// The folder with a file for each id.
const FOLDER: &str = "/run/reprove";

/// The identity for a program in `tier`: one of the pool where the launcher is root, the tier is a
/// sandbox, and the ids exist here. In a container whose only user is root, which outside is an
/// ordinary user, they do not.
pub(super) fn identity(tier: SandboxTier) -> Result<UidLease, LaunchError> {
    let root = rustix::process::geteuid().is_root();
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    if tier == SandboxTier::None || !root || !covers(&map, FIRST, COUNT) {
        return Ok(UidLease {
            identity: Identity::Own,
            _taken: None,
        });
    }
    let folder = folder_of_root(Path::new(FOLDER));
    for id in FIRST..FIRST + COUNT {
        let taken = match &folder {
            Ok(folder) => lock(folder, id),
            Err(_) => bind(id),
        };
        if let Ok(taken) = taken {
            return Ok(UidLease {
                identity: Identity::Pooled(id),
                _taken: Some(taken),
            });
        }
    }
    Err(LaunchError(format!(
        "all {COUNT} user ids for programs are in use"
    )))
}

/// Opens the folder, which only root can read, and makes it if it does not exist.
fn folder_of_root(path: &Path) -> io::Result<OwnedFd> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::open(path, flags, Mode::empty())?;
    let found = rustix::fs::fstat(&folder)?;
    if found.st_uid != 0 || found.st_mode & 0o077 != 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(folder)
}

fn lock(folder: &OwnedFd, id: u32) -> io::Result<Taken> {
    let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, format!("user-{id}"), flags, Mode::RUSR | Mode::WUSR)?;
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(Taken::File { _lock: file.into() })
}

fn bind(id: u32) -> io::Result<Taken> {
    let name = SocketAddr::from_abstract_name(format!("reprove-user-{id}"))?;
    let socket = UnixDatagram::bind_addr(&name)?;
    Ok(Taken::Name { _socket: socket })
}

/// Whether a user namespace with this `uid_map` (first id inside, first outside, how many) has all
/// of these ids.
fn covers(map: &str, first: u32, count: u32) -> bool {
    map.lines().any(|line| {
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let wanted = u64::from(first)..u64::from(first) + u64::from(count);
        matches!(numbers[..], [start, _, length] if start <= wanted.start && wanted.end <= start + length)
    })
}

/// Removes what a program with an id of the pool has left in the machine's `/dev/shm`, so that the next
/// program with the id finds no files.
pub(super) fn clear_shared_memory(identity: Identity) {
    let Identity::Pooled(id) = identity else {
        return;
    };
    for entry in std::fs::read_dir("/dev/shm")
        .into_iter()
        .flatten()
        .flatten()
    {
        if entry.metadata().is_ok_and(|metadata| metadata.uid() == id) {
            let path = entry.path();
            // A folder or a file; either may be gone by now.
            let _ = std::fs::remove_file(&path).or_else(|_| remove::folder(&path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn one_launcher_alone_has_an_id() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("ids");
        let folder = folder_of_root(&path);
        if !rustix::process::geteuid().is_root() {
            assert!(folder.is_err());
            return;
        }
        let folder = folder.unwrap();
        let held = lock(&folder, 7).unwrap();
        assert!(lock(&folder, 7).is_err() && lock(&folder, 8).is_ok());
        drop(held);
        assert!(lock(&folder, 7).is_ok());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o770)).unwrap();
        assert!(folder_of_root(&path).is_err());
        std::os::unix::fs::symlink(parent.path(), parent.path().join("link")).unwrap();
        assert!(folder_of_root(&parent.path().join("link")).is_err());
    }

    #[test]
    fn ids_are_used_only_where_they_exist() {
        assert!(covers("         0          0 4294967295\n", FIRST, COUNT));
        assert!(covers("0 1000 1\n1 100000 65535\n", FIRST, COUNT));
        assert!(!covers("0 1000 1\n", FIRST, COUNT));
        assert!(!covers("", FIRST, COUNT));
    }
}
