//! A look at loose objects before libgit2 opens them.
//!
//! libgit2 1.9 never returns from a loose object whose compressed bytes are cut short, and waits
//! for ever where a pipe lies in an object's place. So each file is decompressed here first.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use flate2::read::ZlibDecoder;
use git2::{Oid, Repository};

use reprove_model::digest;

/// How many times one object folder may refer to another: as often as git follows.
const FARTHEST: usize = 5;
/// Type and size of a loose object stand in this many first bytes.
pub(super) const LONGEST_HEADER: u64 = 64;
/// Bytes at most of a file that names folders.
const LONGEST_LIST: u64 = 1 << 20;

/// The folders in which a repository's loose objects lie: its own, and those that it borrows from.
pub(super) fn folders(repository: &Repository) -> Vec<PathBuf> {
    let mut folders = vec![repository.commondir().join("objects")];
    let mut fresh = 0;
    for _ in 0..FARTHEST {
        let borrowed: Vec<PathBuf> = folders[fresh..]
            .iter()
            .flat_map(|folder| alternates(folder))
            .collect();
        fresh = folders.len();
        for folder in borrowed {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
    }
    folders
}

/// What an object folder's `info/alternates` names, one folder a line.
pub(super) fn alternates(folder: &Path) -> Vec<PathBuf> {
    let text = read_list(&folder.join("info/alternates")).unwrap_or_default();
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| folder.join(line))
        .collect()
}

/// The text of a short file that names folders; an error for what is no regular file, also behind a link.
pub(super) fn read_list(file: &Path) -> io::Result<String> {
    let file = digest::open_regular(&file.canonicalize()?).map_err(io::Error::other)?;
    let mut text = Vec::new();
    file.take(LONGEST_LIST).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The bytes of a loose blob; `None` when no folder has one that can be opened.
pub(super) fn blob(folders: &[PathBuf], id: Oid) -> Option<impl Read + use<>> {
    let place = place(id);
    folders.iter().find_map(|folder| {
        let file = digest::open_regular(&folder.join(&place)).ok()?;
        let decoder = ZlibDecoder::new(io::BufReader::with_capacity(256 << 10, file));
        let mut whole = io::BufReader::with_capacity(256 << 10, decoder);
        let mut header = Vec::new();
        let read = whole
            .by_ref()
            .take(LONGEST_HEADER)
            .read_until(0, &mut header);
        (read.is_ok() && header.starts_with(b"blob ") && header.ends_with(b"\0")).then_some(whole)
    })
}

/// Where a loose object lies in an object folder.
fn place(id: Oid) -> PathBuf {
    let digits = id.to_string();
    Path::new(&digits[..2]).join(&digits[2..])
}

/// What keeps a loose object from being read safely; `None` when it is whole or not there.
///
/// Decompressed, the object must reach `needed` bytes or its end.
pub(super) fn fault(folders: &[PathBuf], id: Oid, needed: u64) -> Option<String> {
    let place = place(id);
    folders.iter().find_map(|folder| {
        let path = folder.join(&place);
        path.symlink_metadata().ok()?;
        let file = match digest::open_regular(&path) {
            Ok(file) => file,
            Err(error) => return Some(error.to_string()),
        };
        let mut whole = ZlibDecoder::new(io::BufReader::new(file)).take(needed);
        io::copy(&mut whole, &mut io::sink())
            .err()
            .map(|error| format!("its file is damaged: {error}"))
    })
}
