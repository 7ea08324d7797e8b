//! SHA-256 digests of bytes, files and folders, and their hexadecimal form.
//!
//! A file's digest is what `sha256sum FILE` prints. A folder's digest is that of its sorted
//! listing, see [`folder`].

mod folder;

pub use folder::{FolderDigest, Listed, folder, folder_listed, folder_with};

use crate::diagnostics::Hint;
use std::borrow::Cow;
use std::fmt;
use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Bytes read at a time: they stay in the second-level cache between the read and the hash.
const BUFFER_BYTES: usize = 256 * 1024;

/// A SHA-256 digest: exactly 32 bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// The digest of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 32 bytes of the digest, in order.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Digest({self})")
    }
}

impl FromStr for Sha256Digest {
    type Err = ParseDigestError;

    /// Reads 64 hexadecimal digits in either case, without text before or after them.
    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let characters = text.chars().count();
        if let Some((index, found)) = text
            .chars()
            .enumerate()
            .find(|(_, c)| !c.is_ascii_hexdigit())
        {
            return Err(ParseDigestError::Character {
                position: index + 1,
                found,
                characters,
            });
        }
        if characters != 64 {
            return Err(ParseDigestError::Length { characters });
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = hex_value(pair[0]) << 4 | hex_value(pair[1]);
        }
        Ok(Self(bytes))
    }
}

/// The value of one ASCII hexadecimal digit; callers have checked that it is one.
fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

impl Serialize for Sha256Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a text is not a SHA-256 digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseDigestError {
    /// Only hexadecimal digits, but not 64 of them.
    #[error("expected 64 hexadecimal digits, found {characters}")]
    Length {
        /// How many digits there are.
        characters: usize,
    },
    /// Something that is no hexadecimal digit.
    #[error("expected 64 hexadecimal digits, found `{}` at position {position}", found.escape_default())]
    Character {
        /// Where it stands, counted from 1 in characters.
        position: usize,
        /// What stands there.
        found: char,
        /// How many characters the whole text has.
        characters: usize,
    },
}

impl Hint for ParseDigestError {
    fn hint(&self) -> Option<String> {
        let Self::Length { characters } = self else {
            return None;
        };
        let hint = match characters {
            32 => Some("32 digits look like an MD5; `sha256sum FILE` prints the SHA-256"),
            40 => Some(
                "40 digits look like a git object id or a SHA-1; `sha256sum FILE` prints the SHA-256",
            ),
            128 => Some("128 digits look like a SHA-512; `sha256sum FILE` prints the SHA-256"),
            _ => None,
        };
        hint.map(str::to_owned)
    }
}

/// Why a file or folder has no digest.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The system refused an operation; `source` has its words.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder that was read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A symbolic link inside a folder: its target is not covered by the folder's digest.
    #[error("{}: a symbolic link to `{}` inside a pinned folder", path.display(), target.display())]
    Symlink {
        /// The link.
        path: PathBuf,
        /// The text of the link.
        target: PathBuf,
    },
    /// A socket, pipe or device: it has no content that could be pinned.
    #[error("{}: expected a file or folder, found {kind}", path.display())]
    Special {
        /// The entry.
        path: PathBuf,
        /// Its type in words, with its article.
        kind: &'static str,
    },
    /// The file was written to while it was being read.
    #[error("{}: changed while it was being read", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

impl Hint for DigestError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Symlink { .. } => Some(
                "replace the link by the file that it points to, or pin that file by its own path",
            ),
            Self::Io { .. } | Self::Special { .. } | Self::Changed { .. } => None,
        };
        hint.map(str::to_owned)
    }
}

impl DigestError {
    /// Attaches the path to what the system said about it.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_path_buf(),
            source,
        }
    }

    /// Whether the path, or a folder above it, does not exist.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
    }
}

/// A file that was hashed: its digest and what the system said of it while it was open.
#[derive(Debug, Clone)]
pub struct HashedFile {
    /// The digest of the content.
    pub digest: Sha256Digest,
    /// The file's metadata, the same before and after reading.
    pub metadata: Metadata,
}

/// The digest of one regular file, read as a stream.
///
/// A symbolic link at `path` itself is not followed (resolve the path first), and nothing that is
/// not a regular file is opened for reading, so a pipe cannot block.
///
/// # Errors
/// [`DigestError`] when the path is no regular file, cannot be read, or changes meanwhile.
pub fn file(path: &Path) -> Result<HashedFile, DigestError> {
    let mut file = open_regular(path)?;
    let before = file.metadata().map_err(DigestError::io(path))?;
    let digest = stream(&mut file).map_err(DigestError::io(path))?;
    let after = file.metadata().map_err(DigestError::io(path))?;
    let stamp = |m: &Metadata| {
        (
            m.len(),
            m.mtime(),
            m.mtime_nsec(),
            m.ctime(),
            m.ctime_nsec(),
        )
    };
    if stamp(&before) != stamp(&after) {
        return Err(DigestError::Changed {
            path: path.to_path_buf(),
        });
    }
    Ok(HashedFile {
        digest,
        metadata: after,
    })
}

/// Opens a regular file for reading: never through a link, never waiting for a pipe's writer.
pub fn open_regular(path: &Path) -> Result<File, DigestError> {
    let kind = path
        .symlink_metadata()
        .map_err(DigestError::io(path))?
        .file_type();
    refuse_special(path, kind)?;
    // The flags close the gap between the look at the type and the opening.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(DigestError::io(path))?;
    refuse_special(
        path,
        file.metadata().map_err(DigestError::io(path))?.file_type(),
    )?;
    Ok(file)
}

/// Errors for anything that is neither a regular file nor a folder.
pub fn refuse_special(path: &Path, kind: FileType) -> Result<(), DigestError> {
    if kind.is_symlink() {
        let target = std::fs::read_link(path).map_err(DigestError::io(path))?;
        return Err(DigestError::Symlink {
            path: path.to_path_buf(),
            target,
        });
    }
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    let kind = match kind {
        kind if kind.is_fifo() => "a named pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_block_device() || kind.is_char_device() => "a device",
        _ => "something else",
    };
    Err(DigestError::Special {
        path: path.to_path_buf(),
        kind,
    })
}

/// The digest of everything that a reader still has.
pub fn stream(reader: &mut impl Read) -> io::Result<Sha256Digest> {
    thread_local! {
        // One buffer a thread: a folder of small files would spend its time zeroing new ones.
        static BUFFER: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(BUFFER_BYTES, 0);
        let mut hasher = Sha256::new();
        loop {
            match reader.read(buffer) {
                Ok(0) => return Ok(Sha256Digest(hasher.finalize().into())),
                Ok(read) => hasher.update(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    })
}

impl JsonSchema for Sha256Digest {
    fn schema_name() -> Cow<'static, str> {
        "Sha256Digest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9a-f]{64}$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::process::Command;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn abc_is_the_example_of_fips_180() {
        assert_eq!(Sha256Digest::of(b"abc").to_string(), ABC);
    }

    #[test]
    fn text_and_json_go_both_ways() {
        let digest: Sha256Digest = ABC.to_uppercase().parse().unwrap();
        assert_eq!(digest, Sha256Digest::of(b"abc"));
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json, format!("\"{ABC}\""));
        assert_eq!(serde_json::from_str::<Sha256Digest>(&json).unwrap(), digest);
    }

    #[test]
    fn other_lengths_are_named() {
        let parse = |text: &str| text.parse::<Sha256Digest>().unwrap_err();
        let md5 = parse(&ABC[..32]);
        assert_eq!(md5.to_string(), "expected 64 hexadecimal digits, found 32");
        assert_eq!(
            md5.hint().as_deref(),
            Some("32 digits look like an MD5; `sha256sum FILE` prints the SHA-256")
        );
        let git = parse(&ABC[..40]);
        assert_eq!(
            git.hint().as_deref(),
            Some(
                "40 digits look like a git object id or a SHA-1; `sha256sum FILE` prints the SHA-256"
            )
        );
        assert_eq!(
            parse("").to_string(),
            "expected 64 hexadecimal digits, found 0"
        );
        assert_eq!(parse("").hint(), None);
    }

    #[test]
    fn other_characters_are_named() {
        let text = ABC.replacen('6', "O", 1);
        let error = text.parse::<Sha256Digest>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected 64 hexadecimal digits, found `O` at position 6"
        );
        let error = format!("{}\n", ABC).parse::<Sha256Digest>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected 64 hexadecimal digits, found `\\n` at position 65"
        );
        let error = "é".repeat(64).parse::<Sha256Digest>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected 64 hexadecimal digits, found `\\u{e9}` at position 1"
        );
    }

    #[test]
    fn a_file_longer_than_the_buffer_equals_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        let bytes: Vec<u8> = (0..3 * BUFFER_BYTES + 17)
            .map(|i| (i % 251) as u8)
            .collect();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(file(&path).unwrap().digest, Sha256Digest::of(&bytes));
    }

    #[test]
    fn a_pipe_is_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let message = file(&path).unwrap_err().to_string();
        assert_eq!(
            message,
            format!(
                "{}: expected a file or folder, found a named pipe",
                path.display()
            )
        );
    }

    #[test]
    fn a_link_and_a_missing_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
        let error = file(&link).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{}: a symbolic link to `/etc/passwd` inside a pinned folder",
                link.display()
            )
        );
        assert!(!error.is_missing());
        assert!(file(&folder.path().join("none")).unwrap_err().is_missing());
    }
}
