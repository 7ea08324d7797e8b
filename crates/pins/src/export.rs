//! A pinned tree written to a fresh folder, byte for byte, and a written one compared with its tree.
//!
//! Ours and not git's checkout: no filters, no line-ending conversion, no hooks, no configuration.
//! Nothing is written until the whole tree has been walked and found harmless; every file and
//! folder is made new, so that nothing is ever written through something that was there before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use git2::Oid;
use serde::{Deserialize, Serialize};

use super::blob_hash::{self, CopyError};
use super::names::shown;
use super::object::BlobError;
use super::source::PinnedCommit;
use super::tree::{FileContent, FileMode, TreeEntry, TreeLimits, TreeNode};
use super::tree_error::TreeError;
use super::{Pin, PinKind, PinStatus};
use reprove_model::digest::{self, Sha256Digest};

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
    /// Links and pointer files of git-annex to content that is not in the commit; they are exported as they
    /// are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annex_links: Vec<PathBuf>,
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
    pub fn of(entries: &[TreeEntry]) -> Self {
        let mut export = Self::default();
        for TreeEntry { path, node } in entries {
            match node {
                TreeNode::Folder => {}
                TreeNode::Link { target } => {
                    export.links += 1;
                    if is_annex(target) {
                        export.annex_links.push(path.clone());
                    }
                }
                TreeNode::Submodule { id } => {
                    export.submodules.push(Submodule {
                        path: path.clone(),
                        commit: id.to_string(),
                    });
                }
                TreeNode::File { bytes, content, .. } => {
                    export.files += 1;
                    export.bytes += bytes;
                    match content {
                        FileContent::Whole => {}
                        FileContent::LfsPointer { sha256 } => {
                            export.lfs_pointers.push(LfsPointer {
                                path: path.clone(),
                                sha256: *sha256,
                            });
                        }
                        FileContent::AnnexPointer => export.annex_links.push(path.clone()),
                    }
                }
            }
        }
        export
    }
}

/// Whether a link leads to where git-annex keeps the content of files.
fn is_annex(target: &Path) -> bool {
    let names: Vec<_> = target.components().map(|part| part.as_os_str()).collect();
    names
        .windows(3)
        .any(|part| part == [".git", "annex", "objects"])
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
    limits: TreeLimits,
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
fn write_entry(
    commit: &PinnedCommit<'_>,
    entry: &TreeEntry,
    path: &Path,
) -> Result<(), ExportError> {
    match &entry.node {
        TreeNode::Folder | TreeNode::Submodule { .. } => {
            fs::create_dir(path).map_err(ExportError::io(path))
        }
        TreeNode::Link { target } => symlink(target, path).map_err(ExportError::io(path)),
        TreeNode::File { id, mode, .. } => {
            let file = new_file(path, *mode).map_err(ExportError::io(path))?;
            let copied = commit.copy_blob(*id, &entry.path, file);
            copied.map_err(|error| match error {
                BlobError::Object(error) => ExportError::Tree(error.into()),
                BlobError::Target(error) => ExportError::io(path)(error),
            })
        }
    }
}

/// A new empty file with its mode, whatever the user's umask is.
fn new_file(path: &Path, mode: FileMode) -> io::Result<File> {
    let bits = match mode {
        FileMode::Plain => 0o644,
        FileMode::Executable => 0o755,
    };
    // O_EXCL: neither an existing file nor a link is opened.
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(bits)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(bits))?;
    Ok(file)
}

/// Compares a folder with the tree that it was exported from. Every difference is a broken pin, in path
/// order, a path that the tree does not have included; without any, every file, link and folder is
/// exactly as committed.
///
/// # Errors
/// [`ExportError`] when the tree is refused, or the folder cannot be read.
pub fn verify(
    commit: &PinnedCommit<'_>,
    directory: Option<&Path>,
    checkout: &Path,
    limits: TreeLimits,
) -> Result<Vec<Pin>, ExportError> {
    let entries = commit.list(directory, limits)?;
    let mut pins = differences(&entries, checkout, |_, _| false)?;
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

/// Entries of a tree that look otherwise in a folder or are not there, as broken pins by path.
/// `is_accepted` says of such an entry, and of whether something is there, that it counts as the same.
///
/// # Errors
/// [`ExportError`] when the folder cannot be read.
pub(super) fn differences(
    entries: &[TreeEntry],
    folder: &Path,
    is_accepted: impl Fn(&TreeEntry, bool) -> bool,
) -> Result<BTreeMap<PathBuf, Pin>, ExportError> {
    let mut pins = BTreeMap::new();
    let mut lost: Option<&Path> = None;
    for entry in entries {
        // Not looked into: where a folder should be, there may be a link that leads elsewhere.
        if lost.is_some_and(|folder| entry.path.starts_with(folder)) {
            continue;
        }
        let expected = expectation(&entry.node);
        let path = folder.join(&entry.path);
        match observation(&path)? {
            Some(found) if found == expected => {}
            found if is_accepted(entry, found.is_some()) => {
                lost = found.is_none().then_some(&entry.path);
            }
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
    Ok(pins)
}

/// How a node looks in a folder, in words.
fn expectation(node: &TreeNode) -> String {
    match node {
        TreeNode::Folder | TreeNode::Submodule { .. } => "a folder".to_owned(),
        TreeNode::Link { target } => format!("a link to `{}`", shown(target)),
        TreeNode::File { id, mode, .. } => file_words(*id, *mode),
    }
}

fn file_words(id: Oid, mode: FileMode) -> String {
    match mode {
        FileMode::Plain => format!("blob {id}"),
        FileMode::Executable => format!("executable blob {id}"),
    }
}

/// What stands at a path, in the same words; `None` for a free path.
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
    let id = blob_id(path).map_err(ExportError::io(path))?;
    let mode = if metadata.mode() & 0o100 == 0 {
        FileMode::Plain
    } else {
        FileMode::Executable
    };
    Ok(Some(file_words(id, mode)))
}

/// The id that the bytes of a file have as a blob.
fn blob_id(path: &Path) -> io::Result<Oid> {
    let file = digest::open_regular(path).map_err(io::Error::other)?;
    let bytes = file.metadata()?.len();
    match blob_hash::copy(file, io::sink(), bytes) {
        Ok((Some(id), copied)) if copied == bytes => Ok(id),
        Ok(_) => Err(io::Error::other("it changed while it was read")),
        Err(CopyError::Source(error) | CopyError::Target(error)) => Err(error),
    }
}

/// Paths of the folder that the tree does not have; a folder of them once, without its entries.
fn extras(checkout: &Path, entries: &[TreeEntry]) -> Result<Vec<PathBuf>, ExportError> {
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

#[cfg(test)]
mod tests {
    use super::super::object::ObjectError;
    use super::super::raw_repository::RawRepository;
    use super::*;
    use reprove_model::manifest::CommitId;

    const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\nsize 3\n";

    /// A tree with one of everything that is harmless.
    fn varied(raw: &RawRepository) -> CommitId {
        let sub = raw.tree(&[
            (0o120000, b"link", raw.blob(b"../a.txt")),
            (0o100755, b"run.sh", raw.blob(b"#!/bin/sh\r\necho $Id$\r\n")),
        ]);
        let tree = raw.tree(&[
            (
                0o100644,
                b".gitattributes",
                raw.blob(b"* text eol=lf ident filter=lfs\n"),
            ),
            (0o100644, b"a.txt", raw.blob(b"a\r\n")),
            (0o100644, b"big.bin", raw.blob(LFS)),
            (0o160000, b"module", Oid::from_bytes(&[7; 20]).unwrap()),
            (0o100644, b"not\xffutf8", raw.blob(b"")),
            (0o40000, b"sub", sub),
        ]);
        raw.commit(tree)
    }

    fn export_all(
        raw: &RawRepository,
        id: &CommitId,
        directory: Option<&str>,
        target: &Path,
    ) -> Result<Export, ExportError> {
        let source = raw.source();
        export(
            &source.commit(id).unwrap(),
            directory.map(Path::new),
            target,
            TreeLimits::default(),
        )
    }

    fn differences(raw: &RawRepository, id: &CommitId, checkout: &Path) -> Vec<String> {
        let source = raw.source();
        let pins = verify(
            &source.commit(id).unwrap(),
            None,
            checkout,
            TreeLimits::default(),
        )
        .unwrap();
        pins.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn bytes_modes_and_links_are_as_committed() {
        let raw = RawRepository::new();
        let id = varied(&raw);
        let target = raw.beside("out");
        let summary = export_all(&raw, &id, None, &target).unwrap();
        assert_eq!((summary.files, summary.links), (5, 1));
        assert_eq!(summary.bytes, 31 + 3 + LFS.len() as u64 + 22);
        assert_eq!(
            summary.submodules,
            [Submodule {
                path: "module".into(),
                commit: "07".repeat(20)
            }]
        );
        let sha256 = Some(Sha256Digest::of(b"abc"));
        assert_eq!(
            summary.lfs_pointers,
            [LfsPointer {
                path: "big.bin".into(),
                sha256
            }]
        );
        assert_eq!(
            fs::read(target.join("sub/run.sh")).unwrap(),
            b"#!/bin/sh\r\necho $Id$\r\n"
        );
        assert_eq!(fs::read(target.join("big.bin")).unwrap(), LFS);
        let mode = |path: &str| fs::metadata(target.join(path)).unwrap().mode() & 0o777;
        assert_eq!((mode("sub/run.sh"), mode("a.txt")), (0o755, 0o644));
        assert_eq!(
            fs::read_link(target.join("sub/link")).unwrap(),
            Path::new("../a.txt")
        );
        assert_eq!(fs::read_dir(target.join("module")).unwrap().count(), 0);
        assert_eq!(differences(&raw, &id, &target), [""; 0]);
    }

    #[test]
    fn a_folder_alone_is_exported_as_the_root() {
        let raw = RawRepository::new();
        let tree = raw.tree(&[(0o100644, b"x", raw.blob(b"x"))]);
        let id = raw.commit_of(0o40000, b"sub", tree);
        let target = raw.beside("out");
        assert_eq!(
            export_all(&raw, &id, Some("sub"), &target).unwrap().files,
            1
        );
        assert_eq!(fs::read(target.join("x")).unwrap(), b"x");
        let error = export_all(&raw, &id, Some("sup"), &raw.beside("other")).unwrap_err();
        assert_eq!(error.to_string(), format!("`sup` is not in commit {id}"));
    }

    #[test]
    fn an_existing_target_is_refused_and_left_alone() {
        let raw = RawRepository::new();
        let id = varied(&raw);
        let target = raw.beside("out");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("mine"), "").unwrap();
        assert!(matches!(
            export_all(&raw, &id, None, &target),
            Err(ExportError::Io { .. })
        ));
        assert!(target.join("mine").exists());
        let link = raw.beside("link");
        symlink(raw.beside("elsewhere"), &link).unwrap();
        assert!(matches!(
            export_all(&raw, &id, None, &link),
            Err(ExportError::Io { .. })
        ));
        assert!(!raw.beside("elsewhere").exists());
    }

    #[test]
    fn a_hostile_tree_leaves_nothing_behind() {
        let raw = RawRepository::new();
        let good = raw.blob(b"good");
        let tree = raw.tree(&[
            (0o100644, b"a", good),
            (0o120000, b"b", raw.blob(b"../../etc")),
        ]);
        let target = raw.beside("out");
        let error = export_all(&raw, &raw.commit(tree), None, &target).unwrap_err();
        assert_eq!(
            error.to_string(),
            "b: the symbolic link to `../../etc` is refused: its target lies outside the checkout"
        );
        assert!(!target.exists());
    }

    #[test]
    fn a_forged_file_is_a_broken_pin_whether_or_not_libgit2_looks() {
        let raw = RawRepository::new();
        // Longer than an LFS pointer, so that it is read only when it is written out.
        let good = raw.blob(&[b'g'; 2000]);
        let evil = raw.blob(&[b'e'; 2000]);
        let tree = raw.tree(&[(0o100644, b"a", raw.blob(b"first")), (0o100644, b"b", good)]);
        let id = raw.commit(tree);
        raw.forge(good, evil);
        for strict in [false, true] {
            git2::opts::strict_hash_verification(strict);
            let target = raw.beside("out");
            let Err(ExportError::Tree(error)) = export_all(&raw, &id, None, &target) else {
                panic!("the forged file was exported");
            };
            assert_eq!(
                error.to_string(),
                format!("b: expected blob {good}, found bytes that hash to {evil}")
            );
            assert!(matches!(
                error,
                TreeError::Object(ObjectError::Forged { .. })
            ));
            assert_eq!(error.pin("r", &id).status, PinStatus::Broken);
            assert!(!target.exists());
        }
    }

    #[test]
    fn a_forged_tree_is_a_broken_pin() {
        let raw = RawRepository::new();
        let good = raw.tree(&[(0o100644, b"a", raw.blob(b"good"))]);
        let evil = raw.tree(&[(0o100644, b"a", raw.blob(b"evil"))]);
        let id = raw.commit(good);
        raw.forge(good, evil);
        let error = export_all(&raw, &id, None, &raw.beside("out")).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the tree: expected tree {good}, found bytes that hash to {evil}")
        );
    }

    #[test]
    fn every_change_to_a_checkout_is_found() {
        let raw = RawRepository::new();
        let id = varied(&raw);
        let target = raw.beside("out");
        export_all(&raw, &id, None, &target).unwrap();
        fs::write(target.join("a.txt"), "b\r\n").unwrap();
        fs::set_permissions(target.join("sub/run.sh"), Permissions::from_mode(0o644)).unwrap();
        fs::remove_file(target.join("sub/link")).unwrap();
        symlink("/etc/passwd", target.join("sub/link")).unwrap();
        fs::remove_file(target.join("big.bin")).unwrap();
        fs::create_dir_all(target.join("new/deep")).unwrap();
        fs::write(target.join("module/x"), "").unwrap();
        let (a, b) = (raw.blob(b"a\r\n"), raw.blob(b"b\r\n"));
        let (run, lfs) = (raw.blob(b"#!/bin/sh\r\necho $Id$\r\n"), raw.blob(LFS));
        let empty = raw.blob(b"");
        assert_eq!(
            differences(&raw, &id, &target),
            [
                format!("tree `a.txt`: expected blob {a}, found blob {b}"),
                format!("tree `big.bin`: expected blob {lfs}, found nothing"),
                format!("tree `module/x`: expected nothing, found blob {empty}"),
                "tree `new`: expected nothing, found a folder".to_owned(),
                "tree `sub/link`: expected a link to `../a.txt`, found a link to `/etc/passwd`"
                    .to_owned(),
                format!("tree `sub/run.sh`: expected executable blob {run}, found blob {run}"),
            ]
        );
    }

    #[test]
    fn a_folder_replaced_by_a_link_is_not_looked_into() {
        let raw = RawRepository::new();
        let id = varied(&raw);
        let target = raw.beside("out");
        export_all(&raw, &id, None, &target).unwrap();
        fs::rename(target.join("sub"), raw.beside("moved")).unwrap();
        symlink(raw.beside("moved"), target.join("sub")).unwrap();
        let moved = raw.beside("moved");
        assert_eq!(
            differences(&raw, &id, &target),
            [format!(
                "tree `sub`: expected a folder, found a link to `{}`",
                moved.display()
            )]
        );
    }
}
