//! Data entries checked against their digests.

use reprove_model::diagnostics::{Hint, nearest_hint};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use super::cache::{DigestCache, Remembered, Stamp};
use super::{Pin, PinKind, PinStatus};
use reprove_model::digest::{self, DigestError, Listed, Sha256Digest};

/// What the manifest says about one data entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataEntry {
    /// The entry's name in the manifest.
    pub name: String,
    /// The file or folder; a link here is followed, links inside a folder are refused.
    pub path: PathBuf,
    /// The size of the file, or the sum of the sizes of the folder's files; checked first.
    pub bytes: Option<u64>,
    /// The digest of the file, or of the folder's listing as [`digest::folder`] defines it.
    pub sha256: Sha256Digest,
}

/// Whether a remembered digest may stand for a file that looks unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashPolicy {
    /// Yes, when size, times, inode and device are as they were.
    Cached,
    /// No: every byte is read.
    Paranoid,
}

/// Checks that the data is there, has the size, and has the digest.
///
/// With a `cache`, what is read is remembered in it, under either trust. A digest that differs
/// from the expected one is never taken from the cache: the data is read before it is accused.
pub fn check(entry: &DataEntry, cache: Option<&DigestCache>, trust: HashPolicy) -> Pin {
    let pin = |status, expected: &dyn fmt::Display, found: &dyn fmt::Display| {
        Pin::unmet(PinKind::Data, &entry.name, status, expected, found)
    };
    let expected = format!("sha256 {}", entry.sha256);
    match find_digest(entry, cache, trust) {
        Ok(found) if found == entry.sha256 => Pin::holds(PinKind::Data, &entry.name, expected),
        Ok(found) => pin(PinStatus::Broken, &expected, &format!("sha256 {found}")),
        Err(Trouble::Size { expected, found }) => pin(
            PinStatus::Broken,
            &format!("{expected} bytes"),
            &format!("{found} bytes"),
        ),
        Err(Trouble::Digest(error)) if error.is_missing() => Pin {
            found: None,
            ..pin(
                PinStatus::Missing,
                &format!("a file or folder at `{}`", entry.path.display()),
                &"",
            )
            .with_hint(nearest_file(&entry.path))
        },
        Err(Trouble::Digest(error)) => {
            let hint = error.hint();
            pin(PinStatus::Unreadable, &expected, &error).with_hint(hint)
        }
    }
}

/// The hint that names the file with the nearest name in the same folder.
fn nearest_file(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let folder = match path.parent()? {
        folder if folder == Path::new("") => Path::new("."),
        folder => folder,
    };
    let names = fs::read_dir(folder).ok()?.flatten().take(10_000);
    let mut names: Vec<String> = names
        .filter_map(|file| file.file_name().into_string().ok())
        .collect();
    // The order in which a folder is listed is not told.
    names.sort_unstable();
    nearest_hint(name, names.iter().map(String::as_str))
}

/// Checks every entry, in order.
pub fn check_all(
    entries: &[DataEntry],
    cache: Option<&DigestCache>,
    trust: HashPolicy,
) -> Vec<Pin> {
    entries
        .iter()
        .map(|entry| check(entry, cache, trust))
        .collect()
}

/// The digest and the size in bytes of a file or folder as it is now; every byte is read.
///
/// # Errors
/// A file or folder that is not there or cannot be read.
pub fn current(path: &Path) -> Result<(Sha256Digest, u64), DigestError> {
    let root = fs::canonicalize(path).map_err(DigestError::io(path))?;
    let digest = Reading::starting_from(Remembered::new()).digest(&root)?;
    Ok((digest, size_of(&root)?))
}

/// What keeps an entry from having a digest to compare.
enum Trouble {
    Size { expected: u64, found: u64 },
    Digest(DigestError),
}

impl From<DigestError> for Trouble {
    fn from(error: DigestError) -> Self {
        Self::Digest(error)
    }
}

fn find_digest(
    entry: &DataEntry,
    cache: Option<&DigestCache>,
    trust: HashPolicy,
) -> Result<Sha256Digest, Trouble> {
    let root = fs::canonicalize(&entry.path).map_err(DigestError::io(&entry.path))?;
    if let Some(expected) = entry.bytes {
        let found = size_of(&root)?;
        if found != expected {
            return Err(Trouble::Size { expected, found });
        }
    }
    let Some(cache) = cache else {
        return Ok(Reading::starting_from(Remembered::new()).digest(&root)?);
    };
    let known = cache.load(&root);
    let start = match trust {
        HashPolicy::Cached => known.clone(),
        HashPolicy::Paranoid => Remembered::new(),
    };
    let mut reading = Reading::starting_from(start);
    let mut digest = reading.digest(&root)?;
    if digest != entry.sha256 && !reading.known.is_empty() {
        reading = Reading::starting_from(Remembered::new());
        digest = reading.digest(&root)?;
    }
    let seen = reading.into_seen();
    if seen != known {
        // A cache that cannot be written costs time, never the answer.
        let _ = cache.store(&root, &seen);
    }
    Ok(digest)
}

/// The size of a file, or the sum over a folder's files, in bytes.
fn size_of(root: &Path) -> Result<u64, DigestError> {
    let metadata = fs::symlink_metadata(root).map_err(DigestError::io(root))?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    Ok(digest::folder_listed(root)?
        .iter()
        .map(|file| file.metadata.len())
        .sum())
}

/// One pass over an entry: what is known before, and what may be remembered after.
struct Reading {
    known: Remembered,
    seen: Mutex<Remembered>,
}

impl Reading {
    fn starting_from(known: Remembered) -> Self {
        Self {
            known,
            seen: Mutex::new(Remembered::new()),
        }
    }

    fn digest(&self, root: &Path) -> Result<Sha256Digest, DigestError> {
        let metadata = fs::symlink_metadata(root).map_err(DigestError::io(root))?;
        if metadata.is_dir() {
            return Ok(digest::folder_with(root, |path, file| self.file(path, file))?.digest);
        }
        self.file(
            root,
            &Listed {
                relative: PathBuf::new(),
                metadata,
            },
        )
    }

    /// The digest of one file: the remembered one while its stamp is unchanged, else a new one.
    fn file(&self, path: &Path, file: &Listed) -> Result<Sha256Digest, DigestError> {
        let stamp = Stamp::of(&file.metadata);
        if let Some((known, digest)) = self.known.get(&file.relative)
            && *known == stamp
        {
            self.remember(&file.relative, stamp, *digest);
            return Ok(*digest);
        }
        let read_at = SystemTime::now();
        let hashed = digest::file(path)?;
        let stamp = Stamp::of(&hashed.metadata);
        if stamp.is_settled(read_at) {
            self.remember(&file.relative, stamp, hashed.digest);
        }
        Ok(hashed.digest)
    }

    fn remember(&self, relative: &Path, stamp: Stamp, digest: Sha256Digest) {
        // A thread that panicked has left the map whole: an insertion is not torn.
        let mut seen = self
            .seen
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        seen.insert(relative.to_path_buf(), (stamp, digest));
    }

    fn into_seen(self) -> Remembered {
        self.seen
            .into_inner()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::FileTimes;
    use std::os::unix::fs::symlink;
    use std::thread::sleep;
    use std::time::Duration;

    /// Longer than the time for which a file counts as just written.
    const SETTLE: Duration = Duration::from_millis(2100);

    struct Place {
        _folder: tempfile::TempDir,
        data: PathBuf,
        cache: DigestCache,
    }

    fn place() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data.csv");
        fs::write(&data, "one,two\n").unwrap();
        let cache = DigestCache::in_folder(folder.path().join("cache"));
        Place {
            _folder: folder,
            data,
            cache,
        }
    }

    fn entry(path: &Path, sha256: Sha256Digest) -> DataEntry {
        DataEntry {
            name: "sonar".into(),
            path: path.into(),
            bytes: None,
            sha256,
        }
    }

    #[test]
    fn data_with_its_digest_holds() {
        let place = place();
        let digest = Sha256Digest::of(b"one,two\n");
        let mut entry = entry(&place.data, digest);
        entry.bytes = Some(8);
        for cache in [None, Some(&place.cache)] {
            for trust in [HashPolicy::Cached, HashPolicy::Paranoid] {
                let pin = check(&entry, cache, trust);
                assert!(pin.is_held());
                assert_eq!(pin.to_string(), format!("data `sonar`: sha256 {digest}"));
            }
        }
    }

    #[test]
    fn one_changed_byte_is_shown() {
        let place = place();
        let entry = entry(&place.data, Sha256Digest::of(b"one,two\n"));
        fs::write(&place.data, "one,twp\n").unwrap();
        let pin = check(&entry, None, HashPolicy::Cached);
        assert_eq!(pin.status, PinStatus::Broken);
        assert_eq!(
            pin.to_string(),
            format!(
                "data `sonar`: expected sha256 {}, found sha256 {}",
                entry.sha256,
                Sha256Digest::of(b"one,twp\n")
            )
        );
    }

    #[test]
    fn the_size_is_checked_first() {
        let place = place();
        let mut entry = entry(&place.data, Sha256Digest::of(b""));
        entry.bytes = Some(9);
        let pin = check(&entry, None, HashPolicy::Cached);
        assert_eq!(
            pin.to_string(),
            "data `sonar`: expected 9 bytes, found 8 bytes"
        );
        assert_eq!(pin.status, PinStatus::Broken);
    }

    #[test]
    fn what_is_not_there_is_missing() {
        let place = place();
        let path = place.data.with_file_name("none.csv");
        let pin = check(
            &entry(&path, Sha256Digest::of(b"")),
            Some(&place.cache),
            HashPolicy::Cached,
        );
        assert_eq!(pin.status, PinStatus::Missing);
        assert_eq!(
            pin.to_string(),
            format!(
                "data `sonar`: expected a file or folder at `{}`, found nothing",
                path.display()
            )
        );
    }

    #[test]
    fn a_link_to_the_data_is_followed_and_one_inside_is_not() {
        let place = place();
        let digest = Sha256Digest::of(b"one,two\n");
        let link = place.data.with_file_name("link");
        symlink(&place.data, &link).unwrap();
        assert!(check(&entry(&link, digest), None, HashPolicy::Cached).is_held());
        let folder = place.data.with_file_name("folder");
        fs::create_dir(&folder).unwrap();
        symlink(&place.data, folder.join("inside")).unwrap();
        let pin = check(&entry(&folder, digest), None, HashPolicy::Cached);
        assert_eq!(pin.status, PinStatus::Unreadable);
        assert!(pin.hint.is_some());
    }

    #[test]
    fn unchanged_files_are_not_read_again() {
        let place = place();
        sleep(SETTLE);
        let right = Sha256Digest::of(b"one,two\n");
        let wrong = Sha256Digest::of(b"planted");
        let root = fs::canonicalize(&place.data).unwrap();
        let stamp = Stamp::of(&fs::metadata(&root).unwrap());
        // A planted digest comes back, so the file was not read; and paranoia reads it.
        place
            .cache
            .store(&root, &[(PathBuf::new(), (stamp, wrong))].into())
            .unwrap();
        assert!(check(&entry(&root, wrong), Some(&place.cache), HashPolicy::Cached).is_held());
        assert!(
            !check(
                &entry(&root, wrong),
                Some(&place.cache),
                HashPolicy::Paranoid
            )
            .is_held()
        );
        // What paranoia found has replaced the planted digest.
        assert_eq!(place.cache.load(&root)[Path::new("")].1, right);
        // And a remembered digest alone never accuses.
        place
            .cache
            .store(&root, &[(PathBuf::new(), (stamp, wrong))].into())
            .unwrap();
        assert!(check(&entry(&root, right), Some(&place.cache), HashPolicy::Cached).is_held());
        assert_eq!(place.cache.load(&root)[Path::new("")].1, right);
    }

    #[test]
    fn a_change_with_the_same_size_and_time_is_found() {
        let place = place();
        sleep(SETTLE);
        let entry = entry(&place.data, Sha256Digest::of(b"one,two\n"));
        assert!(check(&entry, Some(&place.cache), HashPolicy::Cached).is_held());
        let root = fs::canonicalize(&place.data).unwrap();
        assert_eq!(place.cache.load(&root).len(), 1);
        let modified = fs::metadata(&place.data).unwrap().modified().unwrap();
        fs::write(&place.data, "one,twp\n").unwrap();
        let times = FileTimes::new().set_modified(modified);
        fs::File::options()
            .write(true)
            .open(&place.data)
            .unwrap()
            .set_times(times)
            .unwrap();
        for trust in [HashPolicy::Cached, HashPolicy::Paranoid] {
            assert_eq!(
                check(&entry, Some(&place.cache), trust).status,
                PinStatus::Broken,
                "{trust:?}"
            );
        }
    }

    #[test]
    fn a_file_just_written_is_not_remembered() {
        let place = place();
        let entry = entry(&place.data, Sha256Digest::of(b"one,two\n"));
        assert!(check(&entry, Some(&place.cache), HashPolicy::Cached).is_held());
        assert!(
            place
                .cache
                .load(&fs::canonicalize(&place.data).unwrap())
                .is_empty()
        );
    }

    #[test]
    fn a_folder_is_remembered_file_by_file() {
        let place = place();
        let folder = place.data.with_file_name("folder");
        fs::create_dir(&folder).unwrap();
        for name in ["a", "b", "c"] {
            fs::write(folder.join(name), name).unwrap();
        }
        sleep(SETTLE);
        let sha256 = digest::folder(&folder).unwrap().digest;
        let mut entry = entry(&folder, sha256);
        entry.bytes = Some(3);
        assert!(check(&entry, Some(&place.cache), HashPolicy::Cached).is_held());
        let root = fs::canonicalize(&folder).unwrap();
        assert_eq!(place.cache.load(&root).len(), 3);
        fs::write(folder.join("b"), "B").unwrap();
        assert_eq!(
            check(&entry, Some(&place.cache), HashPolicy::Cached).status,
            PinStatus::Broken
        );
        // The changed file is too fresh to be remembered, and what it was is forgotten.
        assert_eq!(place.cache.load(&root).len(), 2);
        fs::remove_file(folder.join("a")).unwrap();
        assert_eq!(
            check(&entry, Some(&place.cache), HashPolicy::Cached).to_string(),
            "data `sonar`: expected 3 bytes, found 2 bytes"
        );
    }
}
