//! User ids lent to programs, so that one that is run by root is nobody.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use super::super::holes::Identity;
use super::super::policy::Tier;
use super::Refusal;

/// The first id and how many follow: a range that no Linux system hands out by itself
/// (systemd's "Users, Groups, UIDs and GIDs", 2024: 60578…61183 are unused).
const FIRST: u32 = 60_600;
const COUNT: u32 = 512;

/// Whose id the program gets. A lent id is taken while this value lives.
pub(super) struct Loan {
    pub identity: Identity,
    _taken: Option<UnixDatagram>,
}

/// The identity for a program in `tier`: a lent one where the launcher is root, there is a sandbox
/// at all, and the ids exist here. In a container whose only user is root, which outside is an
/// ordinary user, they do not.
pub(super) fn identity(tier: Tier) -> Result<Loan, Refusal> {
    let root = rustix::process::geteuid().is_root();
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    if tier == Tier::None || !root || !covers(&map, FIRST, COUNT) {
        return Ok(Loan {
            identity: Identity::Own,
            _taken: None,
        });
    }
    for id in FIRST..FIRST + COUNT {
        // A name that one process of the machine can hold, and that goes when the process does.
        let name = SocketAddr::from_abstract_name(format!("reprove-user-{id}"))?;
        if let Ok(socket) = UnixDatagram::bind_addr(&name) {
            return Ok(Loan {
                identity: Identity::Lent(id),
                _taken: Some(socket),
            });
        }
    }
    Err(Refusal(format!(
        "all {COUNT} user ids for programs are in use"
    )))
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

/// Removes what a program with a lent id has left in the machine's `/dev/shm`, so that the next
/// borrower of the id finds nothing.
pub(super) fn clear_shared_memory(identity: Identity) {
    let Identity::Lent(id) = identity else { return };
    for entry in std::fs::read_dir("/dev/shm")
        .into_iter()
        .flatten()
        .flatten()
    {
        if entry.metadata().is_ok_and(|metadata| metadata.uid() == id) {
            let path = entry.path();
            // A folder or a file; either may be gone by now.
            let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_lent_only_where_they_exist() {
        assert!(covers("         0          0 4294967295\n", FIRST, COUNT));
        assert!(covers("0 1000 1\n1 100000 65535\n", FIRST, COUNT));
        assert!(!covers("0 1000 1\n", FIRST, COUNT));
        assert!(!covers("", FIRST, COUNT));
    }
}
