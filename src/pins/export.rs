//! A pinned tree written to a fresh folder, byte for byte, and a written one compared with its tree.
//!
//! Ours and not git's checkout: no filters, no line-ending conversion, no hooks, no configuration.
//! Nothing is written until the whole tree has been walked and found harmless; every file and
//! folder is made new, so that nothing is ever written through something that was there before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid};
use serde::{Deserialize, Serialize};

use super::names::shown;
use super::source::PinnedCommit;
use super::tree::{Content, Entry, FileMode, Limits, Node, TreeError};
use super::{Pin, PinKind, PinStatus};
use crate::digest::{self, Sha256Digest};

/// What an exported tree consists of, and what of it is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// How many files.
    pub files: usize,
    /// Their bytes together.
    pub bytes: u64,
    /// How many symbolic links.
    pub links: usize,
    /// Other repositories that the tree names; each is an empty folder in the export.
    pub submodules: Vec<Submodule>,
    /// Files that are only pointers to content kept by Git LFS; the pointers are exported.
    pub lfs_pointers: Vec<LfsPointer>,
}

/// Another repository that a tree names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submodule {
    /// Where it belongs.
    pub path: PathBuf,
    /// The commit of it, 40 hexadecimal digits.
    pub commit: String,
}

/// A file whose content is kept by Git LFS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsPointer {
    /// The file.
    pub path: PathBuf,
    /// The digest of the real content, when the pointer states one.
    pub sha256: Option<Sha256Digest>,
}

impl Export {
    /// Counts the entries of a listing.
    pub fn of(entries: &[Entry]) -> Self {
        let mut export = Self::default();
        for Entry { path, node } in entries {
            match node {
                Node::Folder => {}
                Node::Link { .. } => export.links += 1,
                Node::Submodule { id } => {
                    export.submodules.push(Submodule {
                        path: path.clone(),
                        commit: id.to_string(),
                    });
                }
                Node::File { bytes, content, .. } => {
                    export.files += 1;
                    export.bytes += bytes;
                    if let Content::LfsPointer { sha256 } = content {
                        export.lfs_pointers.push(LfsPointer {
                            path: path.clone(),
                            sha256: *sha256,
                        });
                    }
                }
            }
        }
        export
    }
}

/// Why a tree was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The tree itself is at fault: a broken pin.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The system refused an operation on the export: no pin is broken.
    #[error("{}: {source}", shown(path))]
    Io {
        /// What was written or read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ExportError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// Writes a commit's tree, or a folder of it, to `target`, which must not exist yet. When this
/// fails, nothing is left at `target`.
///
/// # Errors
/// [`ExportError`] when the tree is refused, or the system cannot write it.
pub fn export(
    commit: &PinnedCommit<'_>,
    directory: Option<&Path>,
    target: &Path,
    limits: Limits,
) -> Result<Export, ExportError> {
    let entries = commit.list(directory, limits)?;
    fs::create_dir(target).map_err(ExportError::io(target))?;
    for entry in &entries {
        if let Err(error) = write_entry(commit, entry, &target.join(&entry.path)) {
            // Of no use half-written. It was made here, so removing it removes nothing else.
            let _ = fs::remove_dir_all(target);
            return Err(error);
        }
    }
    Ok(Export::of(&entries))
}

/// Writes one entry; its folder has been made just before, as a folder and not as a link.
fn write_entry(commit: &PinnedCommit<'_>, entry: &Entry, path: &Path) -> Result<(), ExportError> {
    match &entry.node {
        Node::Folder | Node::Submodule { .. } => {
            fs::create_dir(path).map_err(ExportError::io(path))
        }
        Node::Link { target } => symlink(target, path).map_err(ExportError::io(path)),
        Node::File { id, mode, .. } => {
            let bytes = commit.read_blob(*id, &entry.path)?;
            write_file(path, &bytes, *mode).map_err(ExportError::io(path))
        }
    }
}

fn write_file(path: &Path, bytes: &[u8], mode: FileMode) -> io::Result<()> {
    let bits = match mode {
        FileMode::Plain => 0o644,
        FileMode::Executable => 0o755,
    };
    // O_EXCL: neither an existing file nor a link is opened.
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(bits)
        .open(path)?;
    file.write_all(bytes)?;
    // Whatever the user's umask is.
    file.set_permissions(Permissions::from_mode(bits))
}

/// Compares a folder with the tree that it was exported from: every difference is a broken pin,
/// in path order; none means that every file, link and folder is exactly as committed.
///
/// # Errors
/// [`ExportError`] when the tree is refused, or the folder cannot be read.
pub fn verify(
    commit: &PinnedCommit<'_>,
    directory: Option<&Path>,
    checkout: &Path,
    limits: Limits,
) -> Result<Vec<Pin>, ExportError> {
    let mut pins = BTreeMap::new();
    let entries = commit.list(directory, limits)?;
    let mut lost: Option<&Path> = None;
    for entry in &entries {
        // Not looked into: where a folder should be, there may be a link that leads elsewhere.
        if lost.is_some_and(|folder| entry.path.starts_with(folder)) {
            continue;
        }
        let expected = expectation(&entry.node);
        let path = checkout.join(&entry.path);
        match observation(&path)? {
            Some(found) if found == expected => {}
            found => {
                let status = if found.is_some() {
                    PinStatus::Broken
                } else {
                    PinStatus::Missing
                };
                let name = shown(&entry.path);
                let pin = Pin {
                    kind: PinKind::Tree,
                    name,
                    status,
                    expected,
                    found,
                    hint: None,
                };
                pins.insert(entry.path.clone(), pin);
                lost = Some(&entry.path);
            }
        }
    }
    for path in extras(checkout, &entries)? {
        let found = observation(&checkout.join(&path))?;
        let expected = "nothing".to_owned();
        let pin = Pin {
            kind: PinKind::Tree,
            name: shown(&path),
            status: PinStatus::Broken,
            expected,
            found,
            hint: None,
        };
        pins.insert(path, pin);
    }
    Ok(pins.into_values().collect())
}

/// How a node looks in a folder, in words.
fn expectation(node: &Node) -> String {
    match node {
        Node::Folder | Node::Submodule { .. } => "a folder".to_owned(),
        Node::Link { target } => format!("a link to `{}`", shown(target)),
        Node::File { id, mode, .. } => file_words(*id, *mode),
    }
}

fn file_words(id: Oid, mode: FileMode) -> String {
    match mode {
        FileMode::Plain => format!("blob {id}"),
        FileMode::Executable => format!("executable blob {id}"),
    }
}

/// What stands at a path, in the same words; nothing when nothing does.
fn observation(path: &Path) -> Result<Option<String>, ExportError> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(ExportError::io(path)(error)),
    };
    if metadata.is_dir() {
        return Ok(Some("a folder".to_owned()));
    }
    if metadata.is_symlink() {
        let target = fs::read_link(path).map_err(ExportError::io(path))?;
        return Ok(Some(format!("a link to `{}`", shown(&target))));
    }
    if !metadata.is_file() {
        return Ok(Some("a socket, pipe or device".to_owned()));
    }
    let mut bytes = Vec::new();
    digest::open_regular(path)
        .map_err(io::Error::other)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(ExportError::io(path))?;
    let id = Oid::hash_object(ObjectType::Blob, &bytes)
        .map_err(|error| ExportError::io(path)(io::Error::other(error)))?;
    let mode = if metadata.mode() & 0o100 == 0 {
        FileMode::Plain
    } else {
        FileMode::Executable
    };
    Ok(Some(file_words(id, mode)))
}

/// Paths of the folder that the tree does not have; a folder of them once, without its entries.
fn extras(checkout: &Path, entries: &[Entry]) -> Result<Vec<PathBuf>, ExportError> {
    let known: BTreeSet<&Path> = entries.iter().map(|entry| entry.path.as_path()).collect();
    let mut extras = Vec::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(below) = pending.pop() {
        let folder = checkout.join(&below);
        for found in fs::read_dir(&folder).map_err(ExportError::io(&folder))? {
            let found = found.map_err(ExportError::io(&folder))?;
            let path = below.join(found.file_name());
            if !known.contains(path.as_path()) {
                extras.push(path);
            } else if found
                .file_type()
                .map_err(ExportError::io(&folder))?
                .is_dir()
            {
                pending.push(path);
            }
        }
    }
    Ok(extras)
}
