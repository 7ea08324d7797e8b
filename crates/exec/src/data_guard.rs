//! [`DataGuard`]: notices that pinned data change while runs read them.
//!
//! The digests of the data are checked once, before the runs, and runs read the files in place. A
//! change of size, times, inode or device afterwards shows that a run may have read other data.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use reprove_model::digest::{self, Sha256Digest};
use reprove_model::manifest::Manifest;
use reprove_pins::cache::Stamp;

/// Data that changed after they were checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`data.{name}`: `{}` changed after its digest was checked", path.display())]
pub struct DataChanged {
    /// The name of the data entry.
    pub name: String,
    /// The file or folder that changed.
    pub path: PathBuf,
}

/// Stamps of all data files, taken when their digests were known to hold.
#[derive(Debug, Clone, Default)]
pub struct DataGuard {
    entries: Vec<Entry>,
}

/// One data entry with the stamps of its files and folders.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    root: PathBuf,
    stamps: BTreeMap<PathBuf, Stamp>,
}

impl DataGuard {
    /// Takes the stamps of the manifest's data in `files`, whose digests were found to hold by a
    /// check that began at `checked_since`. Data that changed about then or later are read again.
    ///
    /// # Errors
    /// Data that are not what was checked any more.
    pub fn new(
        manifest: &Manifest,
        files: &BTreeMap<String, PathBuf>,
        checked_since: SystemTime,
    ) -> Result<Self, DataChanged> {
        let mut entries = Vec::new();
        for (name, path) in files {
            let Some(data) = manifest.data.get(name) else {
                continue;
            };
            let changed = |path: &Path| DataChanged {
                name: name.clone(),
                path: path.to_owned(),
            };
            let root = fs::canonicalize(path).map_err(|_| changed(path))?;
            let stamps = stamps(&root).map_err(|path| changed(&path))?;
            let is_old = stamps.values().all(|stamp| stamp.is_settled(checked_since));
            if !is_old && digest_of(&root) != Some(data.sha256) {
                return Err(changed(&root));
            }
            entries.push(Entry {
                name: name.clone(),
                root,
                stamps,
            });
        }
        Ok(Self { entries })
    }

    /// Takes the stamps of data, by name, whose digests are checked after this call. Data that cannot be
    /// read have none, and count as changed.
    pub(crate) fn before_check<'d>(
        data: impl IntoIterator<Item = (&'d String, &'d PathBuf)>,
    ) -> Self {
        let entry = |(name, path): (&String, &PathBuf)| {
            let root = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            Entry {
                name: name.clone(),
                stamps: stamps(&root).unwrap_or_default(),
                root,
            }
        };
        Self {
            entries: data.into_iter().map(entry).collect(),
        }
    }

    /// Compares the data with their stamps.
    ///
    /// # Errors
    /// The first file or folder that is not as it was.
    pub fn check(&self) -> Result<(), DataChanged> {
        for entry in &self.entries {
            let changed = |path: &Path| DataChanged {
                name: entry.name.clone(),
                path: path.to_owned(),
            };
            let now = stamps(&entry.root).map_err(|path| changed(&path))?;
            let differs = |path: &&PathBuf| entry.stamps.get(*path) != now.get(*path);
            let all = entry.stamps.keys().chain(now.keys());
            if let Some(path) = all.into_iter().find(differs) {
                return Err(changed(path));
            }
        }
        Ok(())
    }
}

/// The stamps of a file, or of a folder with all below it. Reading changes none of them.
///
/// # Errors
/// The path that cannot be read.
fn stamps(root: &Path) -> Result<BTreeMap<PathBuf, Stamp>, PathBuf> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(path) = pending.pop() {
        let metadata = fs::symlink_metadata(&path).map_err(|_| path.clone())?;
        found.insert(path.clone(), Stamp::of(&metadata));
        if metadata.is_dir() {
            for entry in fs::read_dir(&path).map_err(|_| path.clone())? {
                pending.push(entry.map_err(|_| path.clone())?.path());
            }
        }
    }
    Ok(found)
}

fn digest_of(root: &Path) -> Option<Sha256Digest> {
    if root.is_dir() {
        digest::folder(root).ok().map(|folder| folder.digest)
    } else {
        digest::file(root).ok().map(|file| file.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::FileTimes;

    fn guard_of(root: &Path) -> DataGuard {
        DataGuard {
            entries: vec![Entry {
                name: "d".to_owned(),
                root: root.to_owned(),
                stamps: stamps(root).unwrap(),
            }],
        }
    }

    #[test]
    fn a_changed_file_is_noticed_though_size_and_time_are_set_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("d.csv");
        fs::write(&file, "50.0").unwrap();
        let guard = guard_of(&file);
        assert_eq!(guard.check(), Ok(()));
        let time = fs::metadata(&file).unwrap().modified().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::write(&file, "90.0").unwrap();
        let opened = fs::File::options().write(true).open(&file).unwrap();
        opened
            .set_times(FileTimes::new().set_modified(time))
            .unwrap();
        assert_eq!(guard.check().unwrap_err().path, file);
    }

    #[test]
    fn files_that_come_or_go_in_a_folder_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/a"), "").unwrap();
        let guard = guard_of(folder.path());
        fs::read(folder.path().join("sub/a")).unwrap();
        assert_eq!(guard.check(), Ok(()));
        fs::write(folder.path().join("sub/b"), "").unwrap();
        assert!(guard.check().is_err());
        let guard = guard_of(folder.path());
        fs::remove_file(folder.path().join("sub/a")).unwrap();
        assert!(guard.check().is_err());
    }
}
