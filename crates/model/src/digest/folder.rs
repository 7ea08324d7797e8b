//! The digest of a folder: the SHA-256 of its sorted listing.
//!
//! The listing has one line a regular file, at any depth, hidden ones too:
//!
//! ```text
//! <64 lower-case hexadecimal digits><space><space>./<path relative to the folder><line feed>
//! ```
//!
//! sorted by the bytes of the path. A path that contains a backslash, a line feed or a carriage
//! return is written as GNU `sha256sum` writes it: the line starts with a backslash, and these
//! bytes become `\\`, `\n` and `\r`. So a shell gives the same digest without this program:
//!
//! ```text
//! cd FOLDER && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum | sha256sum
//! ```
//!
//! Empty folders, permissions and times do not count. Symbolic links, which that line would pass
//! over in silence, are refused by name, and so are sockets, pipes and devices.

use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{DigestError, Sha256Digest, refuse_special};

/// One regular file of a folder.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The path below the folder, without a leading `./`.
    pub relative: PathBuf,
    /// The file's metadata when the folder was listed.
    pub metadata: Metadata,
}

/// A folder that was hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderDigest {
    /// The digest of the listing.
    pub digest: Sha256Digest,
    /// How many files it has.
    pub files: usize,
    /// The sum of their sizes.
    pub bytes: u64,
}

/// The digest of a folder, its files hashed side by side.
///
/// # Errors
/// [`DigestError`] for the first entry, in path order, that is a link or special file, cannot be
/// read, or changes meanwhile.
pub fn folder(root: &Path) -> Result<FolderDigest, DigestError> {
    folder_with(root, |path, _| {
        super::file(path).map(|hashed| hashed.digest)
    })
}

/// Like [`folder`], with the digest of each file from `digest_of`, which gets the file's full path
/// and its metadata and is called from several threads: the place for a cache.
///
/// # Errors
/// As [`folder`], and whatever `digest_of` answers.
pub fn folder_with<F>(root: &Path, digest_of: F) -> Result<FolderDigest, DigestError>
where
    F: Fn(&Path, &Listed) -> Result<Sha256Digest, DigestError> + Sync,
{
    digest_listing(root, &folder_listed(root)?, digest_of)
}

/// Hashes the files of a sorted listing and then the listing.
fn digest_listing<F>(
    root: &Path,
    files: &[Listed],
    digest_of: F,
) -> Result<FolderDigest, DigestError>
where
    F: Fn(&Path, &Listed) -> Result<Sha256Digest, DigestError> + Sync,
{
    // Collected whole before the first error is taken, so that the error does not depend on threads.
    let digests: Vec<_> = files
        .par_iter()
        .map(|file| digest_of(&root.join(&file.relative), file))
        .collect();
    let mut listing = Vec::new();
    for (file, digest) in files.iter().zip(digests) {
        push_line(&mut listing, digest?, file.relative.as_os_str().as_bytes());
    }
    Ok(FolderDigest {
        digest: Sha256Digest::of(&listing),
        files: files.len(),
        bytes: files.iter().map(|file| file.metadata.len()).sum(),
    })
}

/// All regular files below `root`, sorted by the bytes of their paths.
///
/// # Errors
/// [`DigestError`] when an entry is a link or special file or a folder cannot be read.
pub fn folder_listed(root: &Path) -> Result<Vec<Listed>, DigestError> {
    let mut files = Vec::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(below) = pending.pop() {
        let folder = root.join(&below);
        for entry in fs::read_dir(&folder).map_err(DigestError::io(&folder))? {
            let entry = entry.map_err(DigestError::io(&folder))?;
            let path = entry.path();
            // `DirEntry::metadata` does not follow links.
            let metadata = entry.metadata().map_err(DigestError::io(&path))?;
            refuse_special(&path, metadata.file_type())?;
            let relative = below.join(entry.file_name());
            if metadata.is_dir() {
                pending.push(relative);
            } else {
                files.push(Listed { relative, metadata });
            }
        }
    }
    // By bytes of the whole path, as `LC_ALL=C sort` does; `Path` would compare part by part.
    files.sort_by(|a, b| {
        a.relative
            .as_os_str()
            .as_bytes()
            .cmp(b.relative.as_os_str().as_bytes())
    });
    Ok(files)
}

/// Appends one line of the listing.
fn push_line(listing: &mut Vec<u8>, digest: Sha256Digest, relative: &[u8]) {
    if relative
        .iter()
        .any(|byte| matches!(byte, b'\\' | b'\n' | b'\r'))
    {
        listing.push(b'\\');
    }
    listing.extend_from_slice(digest.to_string().as_bytes());
    listing.extend_from_slice(b"  ./");
    for byte in relative {
        match byte {
            b'\\' => listing.extend_from_slice(b"\\\\"),
            b'\n' => listing.extend_from_slice(b"\\n"),
            b'\r' => listing.extend_from_slice(b"\\r"),
            byte => listing.push(*byte),
        }
    }
    listing.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Hint;
    use std::ffi::OsStr;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    /// What the shell line of the module's documentation prints.
    fn by_shell(folder: &Path) -> String {
        let line = "find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum | sha256sum";
        let output = Command::new("sh")
            .args(["-c", line])
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()[..64].to_owned()
    }

    fn filled() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "b",
            "a/b",
            "a.b",
            "a b",
            "a-b/c",
            "deep/er/still/x",
            ".hidden",
            "-n",
            "é",
            "new\nline",
            "back\\slash",
            "car\rriage",
        ] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, format!("content of {name}")).unwrap();
        }
        fs::write(root.path().join(OsStr::from_bytes(b"not\xffutf8")), "bytes").unwrap();
        fs::create_dir(root.path().join("empty")).unwrap();
        root
    }

    #[test]
    fn the_shell_line_gives_the_same_digest() {
        let root = filled();
        let ours = folder(root.path()).unwrap();
        assert_eq!(ours.digest.to_string(), by_shell(root.path()));
        assert_eq!(ours.files, 13);
    }

    #[test]
    fn an_empty_folder_has_the_digest_of_nothing() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(folder(root.path()).unwrap().digest, Sha256Digest::of(b""));
        assert_eq!(by_shell(root.path()), Sha256Digest::of(b"").to_string());
    }

    #[test]
    fn a_byte_a_name_or_a_file_more_changes_the_digest() {
        let root = filled();
        let before = folder(root.path()).unwrap().digest;
        fs::write(root.path().join("b"), "content of B").unwrap();
        let changed = folder(root.path()).unwrap().digest;
        fs::write(root.path().join("b"), "content of b").unwrap();
        assert_eq!(folder(root.path()).unwrap().digest, before);
        fs::rename(root.path().join("b"), root.path().join("c")).unwrap();
        let renamed = folder(root.path()).unwrap().digest;
        fs::rename(root.path().join("c"), root.path().join("b")).unwrap();
        fs::write(root.path().join("empty/more"), "").unwrap();
        let more = folder(root.path()).unwrap().digest;
        assert!(before != changed && before != renamed && before != more);
    }

    #[test]
    fn a_link_is_refused_by_name_and_not_followed() {
        let root = filled();
        let link = root.path().join("deep/out");
        symlink("/etc", &link).unwrap();
        let error = folder(root.path()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{}: a symbolic link to `/etc` inside a pinned folder",
                link.display()
            )
        );
        assert_eq!(
            error.hint().as_deref(),
            Some(
                "replace the link by the file that it points to, or pin that file by its own path"
            )
        );
    }

    #[test]
    fn a_socket_is_refused() {
        let root = filled();
        let path = root.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = folder(root.path()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{}: expected a file or folder, found a socket",
                path.display()
            )
        );
    }
}
