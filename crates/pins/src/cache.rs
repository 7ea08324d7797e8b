//! Digests remembered between runs, so that unchanged data is not read again.
//!
//! A remembered digest counts only while the file's size, times of modification and of status
//! change, inode and device are all as they were. Times may be set back with `touch`, the time of
//! status change may not, short of moving the clock or the device; whoever fears that asks for
//! `HashPolicy::Paranoid`.
//!
//! One text file a data entry, named by the digest of the entry's canonical path: a header with
//! the version, a line a file, and a last line with the digest of all before it. It is replaced by
//! rename, so that two processes never see half of one another's; one that does not read as it
//! should is as good as none.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use reprove_model::digest::Sha256Digest;

/// First line of every cache file; another version's file is not read.
const HEADER: &str = "reprove digests 1\n";

/// A file that changed this shortly before it was read may change again within the same tick of
/// its file system's clock; 2 s is the coarsest tick in use (FAT).
const RACY: Duration = Duration::from_secs(2);

/// What tells a changed file from an unchanged one without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    bytes: u64,
    modified_ns: i128,
    changed_ns: i128,
    inode: u64,
    device: u64,
}

impl Stamp {
    /// The stamp of a file as the system shows it.
    pub fn of(metadata: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            bytes: metadata.len(),
            modified_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }

    /// Whether the file had been left alone long enough when reading started at `read_at`.
    pub fn is_settled(&self, read_at: SystemTime) -> bool {
        let Ok(since_epoch) = read_at.duration_since(SystemTime::UNIX_EPOCH) else {
            return false;
        };
        let latest = self.modified_ns.max(self.changed_ns);
        // A duration since 1970 in nanoseconds fits an `i128` many times over.
        since_epoch.as_nanos() as i128 - latest >= RACY.as_nanos() as i128
    }
}

/// The remembered digests of one data entry, by path below it; a single file has the empty path.
pub type Remembered = BTreeMap<PathBuf, (Stamp, Sha256Digest)>;

/// A folder of remembered digests.
#[derive(Debug, Clone)]
pub struct DigestCache {
    folder: PathBuf,
}

impl DigestCache {
    /// A cache in this folder, which is made when something is first stored.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The user's own: `$XDG_CACHE_HOME/reprove/digests`, else `~/.cache/reprove/digests`; none
    /// when neither variable names an absolute path.
    pub fn of_user() -> Option<Self> {
        user_folder("digests").map(Self::in_folder)
    }

    /// What is remembered of the data at this canonical path; `None` when the file is absent,
    /// damaged or of another version.
    pub fn load(&self, canonical: &Path) -> Remembered {
        fs::read(self.file_of(canonical))
            .ok()
            .and_then(|bytes| parse(&bytes))
            .unwrap_or_default()
    }

    /// Replaces what is remembered of the data at this canonical path.
    ///
    /// # Errors
    /// What the system says when the folder or the file cannot be written.
    pub fn store(&self, canonical: &Path, remembered: &Remembered) -> io::Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&render(remembered))?;
        file.persist(self.file_of(canonical))
            .map(drop)
            .map_err(|error| error.error)
    }

    fn file_of(&self, canonical: &Path) -> PathBuf {
        self.folder
            .join(Sha256Digest::of(canonical.as_os_str().as_bytes()).to_string())
    }
}

/// The user's own cache of a kind: `$XDG_CACHE_HOME/reprove/…`, else `~/.cache/reprove/…`; none when
/// neither variable names an absolute path.
pub fn user_folder(kind: &str) -> Option<PathBuf> {
    folder_from_variables(
        std::env::var_os("XDG_CACHE_HOME"),
        std::env::var_os("HOME"),
        kind,
    )
}

/// [`user_folder`] with the variables' values given.
fn folder_from_variables(
    cache_home: Option<OsString>,
    home: Option<OsString>,
    kind: &str,
) -> Option<PathBuf> {
    let absolute =
        |value: Option<OsString>| value.map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(cache_home).or_else(|| absolute(home).map(|home| home.join(".cache")))?;
    Some(base.join("reprove").join(kind))
}

/// The text of a cache file.
fn render(remembered: &Remembered) -> Vec<u8> {
    let mut text = HEADER.as_bytes().to_vec();
    for (path, (stamp, digest)) in remembered {
        let Stamp {
            bytes,
            modified_ns,
            changed_ns,
            inode,
            device,
        } = stamp;
        let fields = format!("{digest} {bytes} {modified_ns} {changed_ns} {inode} {device} ");
        text.extend_from_slice(fields.as_bytes());
        for byte in path.as_os_str().as_bytes() {
            match byte {
                b'\\' => text.extend_from_slice(b"\\\\"),
                b'\n' => text.extend_from_slice(b"\\n"),
                byte => text.push(*byte),
            }
        }
        text.push(b'\n');
    }
    let end = format!("end {}\n", Sha256Digest::of(&text));
    text.extend_from_slice(end.as_bytes());
    text
}

/// Reads a cache file; `None` unless every byte is as [`render`] writes it.
fn parse(bytes: &[u8]) -> Option<Remembered> {
    // "end ", 64 digits and a line feed.
    let (body, end) = bytes.split_at_checked(bytes.len().checked_sub(69)?)?;
    if end != format!("end {}\n", Sha256Digest::of(body)).as_bytes() {
        return None;
    }
    let lines = body.strip_prefix(HEADER.as_bytes())?;
    lines
        .split_inclusive(|byte| *byte == b'\n')
        .map(parse_line)
        .collect()
}

fn parse_line(line: &[u8]) -> Option<(PathBuf, (Stamp, Sha256Digest))> {
    let mut fields = line.strip_suffix(b"\n")?.splitn(7, |byte| *byte == b' ');
    let mut next = || std::str::from_utf8(fields.next()?).ok();
    let digest = next()?.parse().ok()?;
    let stamp = Stamp {
        bytes: next()?.parse().ok()?,
        modified_ns: next()?.parse().ok()?,
        changed_ns: next()?.parse().ok()?,
        inode: next()?.parse().ok()?,
        device: next()?.parse().ok()?,
    };
    let mut path = Vec::new();
    let mut escaped = fields.next()?.iter();
    while let Some(byte) = escaped.next() {
        path.push(match byte {
            b'\\' => match escaped.next()? {
                b'n' => b'\n',
                other => *other,
            },
            byte => *byte,
        });
    }
    Some((OsString::from_vec(path).into(), (stamp, digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Remembered {
        let stamp = Stamp {
            bytes: 3,
            modified_ns: -1,
            changed_ns: 1 << 70,
            inode: 4,
            device: u64::MAX,
        };
        [&b""[..], b"a b/c", b"new\nline", b"back\\n", b"not\xffutf8"]
            .into_iter()
            .map(|name| {
                (
                    OsString::from_vec(name.to_vec()).into(),
                    (stamp, Sha256Digest::of(name)),
                )
            })
            .collect()
    }

    #[test]
    fn what_was_stored_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DigestCache::in_folder(folder.path().join("deep/er"));
        let data = Path::new("/data");
        assert!(cache.load(data).is_empty());
        cache.store(data, &sample()).unwrap();
        assert_eq!(cache.load(data), sample());
        assert!(cache.load(Path::new("/other")).is_empty());
        let mode = fs::metadata(folder.path().join("deep/er")).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let text = render(&sample());
        assert_eq!(parse(&text), Some(sample()));
        for index in 0..text.len() {
            let mut flipped = text.clone();
            flipped[index] ^= 1;
            assert_eq!(parse(&flipped), None, "byte {index}");
            assert_eq!(parse(&text[..index]), None, "cut at {index}");
        }
    }

    #[test]
    fn another_version_is_not_read() {
        let mut text = b"reprove digests 2\n".to_vec();
        text.extend_from_slice(format!("end {}\n", Sha256Digest::of(&text)).as_bytes());
        assert_eq!(parse(&text), None);
    }

    #[test]
    fn only_a_file_left_alone_for_two_seconds_is_settled() {
        let stamp = |ns| Stamp {
            bytes: 0,
            modified_ns: 0,
            changed_ns: ns,
            inode: 0,
            device: 0,
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        assert!(stamp(98_000_000_000).is_settled(now));
        assert!(!stamp(98_000_000_001).is_settled(now));
        assert!(!stamp(200_000_000_000).is_settled(now));
    }

    #[test]
    fn the_user_s_folder_follows_the_xdg_rules() {
        let folder = |cache: &str, home: &str| {
            folder_from_variables(Some(cache.into()), Some(home.into()), "digests")
        };
        assert_eq!(folder("/c", "/h"), Some("/c/reprove/digests".into()));
        assert_eq!(
            folder("relative", "/h"),
            Some("/h/.cache/reprove/digests".into())
        );
        assert_eq!(folder("", ""), None);
    }

    #[test]
    fn writers_at_once_leave_one_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DigestCache::in_folder(folder.path());
        let data = Path::new("/data");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| cache.store(data, &sample()).unwrap()));
            }
            for _ in 0..200 {
                let loaded = cache.load(data);
                assert!(loaded.is_empty() || loaded == sample());
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
