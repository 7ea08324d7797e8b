//! Eviction of builds: a few of them fill a disk, and each can be made again.
//!
//! Builds in use stay, and of the others the ones used last, as long as they take no more than [`MOST`]
//! of the disk together and were used within [`LONGEST`].

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::keep;
use super::model::{BuildRecord, LOCK};

/// Greatest size of all kept builds on the disk, in bytes: 20 GiB.
const MOST: u64 = 20 << 30;

/// Time after which an unused build is removed: 90 days.
const LONGEST: Duration = Duration::from_secs(90 * 24 * 3600);

/// Records that a build is used now.
pub(super) fn touch(lock: &File) -> io::Result<()> {
    lock.set_modified(SystemTime::now())
}

/// Removes the least recently used builds that are too much or too old; gives their folders.
///
/// Builds that cannot be read or removed stay: a full cache does not stop a verification.
pub(super) fn evict_least_recently_used(cache: &Path) -> Vec<PathBuf> {
    evict_within(cache, MOST, LONGEST, SystemTime::now())
}

fn evict_within(cache: &Path, most: u64, longest: Duration, now: SystemTime) -> Vec<PathBuf> {
    let entries = fs::read_dir(cache).into_iter().flatten().flatten();
    let mut builds: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(|entry| {
            let used = entry.path().join(LOCK).symlink_metadata().ok()?.modified();
            Some((used.ok()?, entry.path()))
        })
        .collect();
    builds.sort_by(|a, b| b.cmp(a));
    let mut total = 0_u64;
    let mut gone = Vec::new();
    for (used, build) in builds {
        let kept = keep::load::<BuildRecord>(&build);
        total = total.saturating_add(kept.map_or(0, |kept| kept.bytes));
        let is_old = now.duration_since(used).is_ok_and(|age| age > longest);
        let has_anything = build.join("work").exists();
        if has_anything && (is_old || total > most) && remove(&build).is_ok() {
            gone.push(build);
        }
    }
    gone
}

/// Removes a build without users. Its lock stays, because a process may be waiting for it.
fn remove(build: &Path) -> io::Result<()> {
    let lock = File::open(build.join(LOCK))?;
    lock.try_lock()?;
    keep::clear(build)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_builds_used_last_are_kept_and_those_in_use() {
        let cache = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let day = Duration::from_secs(24 * 3600);
        let build = |name: &str, days: u32| {
            let folder = cache.path().join(name);
            fs::create_dir_all(folder.join("work")).unwrap();
            let lock = File::create(folder.join(LOCK)).unwrap();
            lock.set_modified(now - day * days).unwrap();
            let kept = BuildRecord {
                versions: BTreeMap::new(),
                unpinned: Vec::new(),
                lock_override: None,
                network: None,
                bytes: 100,
            };
            keep::store(&folder, &kept).unwrap();
            lock
        };
        let _new = build("new", 0);
        build("second", 1);
        build("third", 2);
        let used = build("used", 3);
        used.lock_shared().unwrap();
        build("old", 40);
        let gone = |most| {
            let gone = evict_within(cache.path(), most, day * 30, now);
            let names = gone
                .iter()
                .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
            names.collect::<Vec<_>>()
        };
        assert_eq!(gone(1000), ["old"]);
        assert_eq!(gone(250), ["third"]);
        assert_eq!(gone(250), [] as [&str; 0]);
        assert!(cache.path().join("used/work").exists() && cache.path().join("old/lock").exists());
        assert!(!cache.path().join("third/work").exists());
        drop(used);
        assert_eq!(gone(250), ["used"]);
    }
}
