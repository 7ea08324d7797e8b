//! A look at loose objects before libgit2 opens them.
//!
//! libgit2 1.9 never returns from a loose object whose compressed bytes are cut short, and waits
//! for ever where a pipe lies in an object's place. So each file is decompressed here first.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::ZlibDecoder;
use git2::{Oid, Repository};

use reprove_model::digest;

/// How many times one object folder may refer to another: as often as git follows.
const FARTHEST: usize = 5;

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

/// What a folder's `info/alternates` names, one folder a line.
fn alternates(folder: &Path) -> Vec<PathBuf> {
    let file = folder.join("info/alternates");
    let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
    let text = if is_file {
        fs::read_to_string(file).unwrap_or_default()
    } else {
        String::new()
    };
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| folder.join(line))
        .collect()
}

/// What keeps a loose object from being read safely; nothing when it is whole or not there.
///
/// Decompressed, the object must reach `needed` bytes or its end.
pub(super) fn fault(folders: &[PathBuf], id: Oid, needed: u64) -> Option<String> {
    let digits = id.to_string();
    let place = Path::new(&digits[..2]).join(&digits[2..]);
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
