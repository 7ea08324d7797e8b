//! Reads the files of a bundle, which may be hostile: no link is followed, nothing outside is read,
//! and there is a limit to everything.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{Files, list};

/// Files at most.
const MAX_FILES: usize = 400_000;
/// Bytes at most, of all files together.
const MAX_BYTES: u64 = 1 << 30;
/// Folders within folders at most.
const MAX_DEPTH: usize = 16;

/// The files of a bundle, and the entries of its folder that are no files of a bundle.
#[derive(Default)]
pub(super) struct Contents {
    /// The files.
    pub files: Files,
    /// What was not read, by its path as text, and why.
    pub refused: Vec<(String, String)>,
    read: u64,
    seen: usize,
}

/// Reads a bundle's folder.
///
/// # Errors
/// What the system says when the folder itself cannot be listed.
pub(super) fn read(root: &Path) -> io::Result<Contents> {
    let mut contents = Contents::default();
    contents.folder(root, "", 0)?;
    Ok(contents)
}

impl Contents {
    fn folder(&mut self, folder: &Path, below: &str, depth: usize) -> io::Result<()> {
        let mut entries: Vec<fs::DirEntry> = Vec::new();
        for entry in fs::read_dir(folder)? {
            self.seen += 1;
            if self.seen > MAX_FILES {
                self.refuse(below, format!("expected at most {MAX_FILES} files"));
                break;
            }
            entries.push(entry?);
        }
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = format!("{below}{}", entry.file_name().to_string_lossy());
            if let Err(error) = self.entry(&entry, &path, depth) {
                self.refuse(&path, error.to_string());
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &fs::DirEntry, path: &str, depth: usize) -> io::Result<()> {
        // `DirEntry::metadata` does not follow links.
        let kind = entry.metadata()?.file_type();
        if kind.is_dir() && depth < MAX_DEPTH {
            return self.folder(&entry.path(), &format!("{path}/"), depth + 1);
        }
        if kind.is_dir() {
            self.refuse(path, "a folder too deep within others".to_owned());
        } else if !kind.is_file() {
            self.refuse(
                path,
                "a link or special file, which no bundle has".to_owned(),
            );
        } else if !list::is_plain(path) {
            self.refuse(path, "a name that no bundle has".to_owned());
        } else {
            let left = MAX_BYTES.saturating_sub(self.read);
            match bytes(&entry.path(), left)? {
                Some(bytes) => {
                    self.read += bytes.len() as u64;
                    self.files.insert(path.to_owned(), bytes);
                }
                None => self.refuse(path, format!("more than {MAX_BYTES} bytes in all")),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, path: &str, why: String) {
        self.refused.push((path.to_owned(), why));
    }
}

/// The bytes of a regular file, if there are at most `limit`.
fn bytes(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    // What was a file may be a link or a pipe by now: neither is followed nor waited for.
    let no_follow = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(no_follow.bits().cast_signed())
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("no regular file"));
    }
    if metadata.len() > limit {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}
