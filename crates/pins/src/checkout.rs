//! The experiment's files, complete: the commit's tree, its submodules at the commits that the tree
//! pins, and the content of its Git LFS pointers out of the manifest's data.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Pin;
use super::export::{self, Export, ExportError, LfsPointer, Submodule};
use super::fetch::{Fetcher, OpenError};
use super::modules;
use super::names::shown;
use super::object::ObjectError;
use super::source::{Location, PinnedCommit};
use super::tree::TreeLimits;
use reprove_model::diagnostics::Hint;
use reprove_model::digest::{self, Sha256Digest};
use reprove_model::manifest::{CommitId, Submodules};
use reprove_model::obstacle::Obstacle;

/// Submodules within submodules at most.
const DEPTH: usize = 8;
/// Submodules at most, all together.
const MOST: usize = 128;
/// Bytes of a `.gitmodules` at most.
const MODULES_BYTES: u64 = 1 << 20;

/// What a checkout is made of.
pub struct CheckoutParts<'p> {
    /// The folder of the commit that is wanted; all of it when none is given.
    pub directory: Option<&'p Path>,
    /// Where the commit's repository is: the base of relative addresses.
    pub location: &'p Location,
    /// Whether submodules are wanted.
    pub submodules: Submodules,
    /// Data files by their digest, which has been checked.
    pub data: &'p BTreeMap<Sha256Digest, PathBuf>,
    /// Has commits of other repositories.
    pub fetcher: &'p Fetcher,
}

/// Why a checkout could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The tree is refused, or the system cannot write it.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// What was written is not what the commit pins.
    #[error("the checkout differs from the commit: `{}`", pins.first().map_or("", |pin| pin.name.as_str()))]
    Differs {
        /// The differences.
        pins: Vec<Pin>,
    },
    /// `.gitmodules` gives no address for a submodule.
    #[error("submodule `{}`: `.gitmodules` gives no address that can be read", path.display())]
    NoAddress {
        /// The submodule.
        path: PathBuf,
    },
    /// The address is none that is followed.
    #[error("submodule `{}`: expected an https or ssh URL, or one relative to its repository, found `{}`", path.display(), url.escape_debug())]
    Address {
        /// The submodule.
        path: PathBuf,
        /// Its address.
        url: String,
    },
    /// Its repository cannot be had.
    #[error("submodule `{}`: {source}", path.display())]
    Open {
        /// The submodule.
        path: PathBuf,
        /// Why not.
        source: OpenError,
    },
    /// Its repository has no such commit.
    #[error("submodule `{}`: {source}", path.display())]
    Commit {
        /// The submodule.
        path: PathBuf,
        /// What is wrong.
        source: ObjectError,
    },
    /// More submodules than are taken for an honest tree.
    #[error("submodule `{}`: more than {MOST} submodules, or {DEPTH} within one another", path.display())]
    TooMany {
        /// The one too many.
        path: PathBuf,
    },
    /// The content of a Git LFS pointer is not among the data.
    #[error("`{}` is a Git LFS pointer, and its content is not among the manifest's data", path.display())]
    Pointer {
        /// The file.
        path: PathBuf,
        /// The digest of its content, when the pointer states one.
        sha256: Option<Sha256Digest>,
    },
    /// Data that changed since their digest was checked.
    #[error("`{}` changed after its digest was checked", path.display())]
    Changed {
        /// The data file.
        path: PathBuf,
    },
}

impl Hint for CheckoutError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Pointer {
                sha256: Some(digest),
                ..
            } => Some(format!(
                "fetch it with `git lfs pull` and add it to `data` with sha256 {digest}"
            )),
            Self::Open { source, .. } => source.hint(),
            Self::Export(_)
            | Self::Differs { .. }
            | Self::NoAddress { .. }
            | Self::Address { .. }
            | Self::Commit { .. }
            | Self::TooMany { .. }
            | Self::Pointer { sha256: None, .. }
            | Self::Changed { .. } => None,
        }
    }
}

impl CheckoutError {
    /// The obstacle that it is to a verification.
    pub fn obstacle(&self) -> Obstacle {
        match self {
            Self::Pointer { .. } => Obstacle::DataMissing,
            Self::Changed { .. } => Obstacle::DataChanged,
            Self::Open { .. } => Obstacle::WouldNotFetch,
            Self::Export(_)
            | Self::Differs { .. }
            | Self::NoAddress { .. }
            | Self::Address { .. }
            | Self::Commit { .. }
            | Self::TooMany { .. } => Obstacle::WouldNotCheckOut,
        }
    }
}

/// What a checkout consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkout {
    /// The submodules that were put in, at their commits; paths are relative to the checkout.
    pub submodules: Vec<Submodule>,
    /// The pointers that were replaced by their content.
    pub contents: Vec<LfsPointer>,
}

/// Writes the commit's files to `target`, which must not exist yet, compares them with the commit,
/// and puts in the submodules and the content of pointers. When this fails, nothing is left.
///
/// # Errors
/// [`CheckoutError`] for the first part that cannot be had.
pub fn checkout(
    commit: &PinnedCommit<'_>,
    parts: &CheckoutParts<'_>,
    target: &Path,
) -> Result<Checkout, CheckoutError> {
    let mut placing = Placing {
        parts,
        root: target,
        done: Checkout::default(),
    };
    let placed = placing.tree(commit, parts.location, parts.directory, target, 0);
    if placed.is_err() && !matches!(&placed, Err(CheckoutError::Export(ExportError::Io { .. }))) {
        // It was made here, for `export` refuses a target that exists.
        let _ = fs::remove_dir_all(target);
    }
    placed.map(|()| placing.done)
}

struct Placing<'p> {
    parts: &'p CheckoutParts<'p>,
    root: &'p Path,
    done: Checkout,
}

impl Placing<'_> {
    fn tree(
        &mut self,
        commit: &PinnedCommit<'_>,
        location: &Location,
        directory: Option<&Path>,
        target: &Path,
        depth: usize,
    ) -> Result<(), CheckoutError> {
        let export = export::export(commit, directory, target, TreeLimits::default())?;
        let pins = export::verify(commit, directory, target, TreeLimits::default())?;
        if !pins.is_empty() {
            return Err(CheckoutError::Differs { pins });
        }
        self.contents(&export, target)?;
        if self.parts.submodules == Submodules::LeftOut || export.submodules.is_empty() {
            return Ok(());
        }
        let addresses = addresses(commit)?;
        for submodule in &export.submodules {
            let path = directory.unwrap_or(Path::new("")).join(&submodule.path);
            let path: PathBuf = path
                .components()
                .filter(|part| !matches!(part, std::path::Component::CurDir))
                .collect();
            let url = addresses
                .get(&path)
                .ok_or(CheckoutError::NoAddress { path: path.clone() })?;
            self.submodule(submodule, url, location, target, depth + 1)?;
        }
        Ok(())
    }

    fn submodule(
        &mut self,
        submodule: &Submodule,
        url: &str,
        parent: &Location,
        target: &Path,
        depth: usize,
    ) -> Result<(), CheckoutError> {
        let folder = target.join(&submodule.path);
        let path = folder
            .strip_prefix(self.root)
            .unwrap_or(&folder)
            .to_path_buf();
        if depth > DEPTH || self.done.submodules.len() >= MOST {
            return Err(CheckoutError::TooMany { path });
        }
        let location = modules::resolve(parent, url).ok_or_else(|| CheckoutError::Address {
            path: path.clone(),
            url: url.to_owned(),
        })?;
        // Forty digits, for it is the id of an object.
        let id: CommitId = submodule
            .commit
            .parse()
            .map_err(|_| CheckoutError::NoAddress { path: path.clone() })?;
        let source =
            self.parts
                .fetcher
                .open(&location, &id)
                .map_err(|source| CheckoutError::Open {
                    path: path.clone(),
                    source,
                })?;
        let commit = source.commit(&id).map_err(|source| CheckoutError::Commit {
            path: path.clone(),
            source,
        })?;
        // The export has left an empty folder in its place.
        fs::remove_dir(&folder).map_err(io_error(&folder))?;
        self.done.submodules.push(Submodule {
            path,
            commit: submodule.commit.clone(),
        });
        self.tree(&commit, &location, None, &folder, depth)
    }

    /// Puts the content of pointers in their place.
    fn contents(&mut self, export: &Export, target: &Path) -> Result<(), CheckoutError> {
        for pointer in &export.lfs_pointers {
            let file = target.join(&pointer.path);
            let path = file.strip_prefix(self.root).unwrap_or(&file).to_path_buf();
            let held = pointer
                .sha256
                .and_then(|digest| Some((digest, self.parts.data.get(&digest)?)));
            let Some((digest, data)) = held else {
                return Err(CheckoutError::Pointer {
                    path,
                    sha256: pointer.sha256,
                });
            };
            let permissions = fs::metadata(&file)
                .map_err(io_error(&file))?
                .permissions()
                .mode();
            // A copy and no link, for the program may change its files.
            fs::remove_file(&file).map_err(io_error(&file))?;
            fs::copy(data, &file).map_err(io_error(data))?;
            fs::set_permissions(&file, fs::Permissions::from_mode(permissions))
                .map_err(io_error(&file))?;
            if !digest::file(&file).is_ok_and(|hashed| hashed.digest == digest) {
                return Err(CheckoutError::Changed { path: data.clone() });
            }
            self.done.contents.push(LfsPointer {
                path,
                sha256: pointer.sha256,
            });
        }
        Ok(())
    }
}

fn addresses(commit: &PinnedCommit<'_>) -> Result<BTreeMap<PathBuf, String>, CheckoutError> {
    match commit.read_file(Path::new(".gitmodules"), MODULES_BYTES) {
        Ok(bytes) => Ok(modules::addresses(&String::from_utf8_lossy(&bytes))),
        Err(error) if error.is_unknown_path() => Ok(BTreeMap::new()),
        Err(error) => Err(ExportError::from(error).into()),
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> CheckoutError {
    move |source| {
        ExportError::Io {
            path: PathBuf::from(shown(path)),
            source,
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fetch::NetworkPolicy;
    use super::super::raw_repository::RawRepository;
    use super::*;

    const CONTENT: &[u8] = b"abc";
    const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\nsize 3\n";

    fn made(
        raw: &RawRepository,
        commit: &CommitId,
        submodules: Submodules,
        data: &BTreeMap<Sha256Digest, PathBuf>,
    ) -> Result<Checkout, CheckoutError> {
        let parts = CheckoutParts {
            directory: None,
            location: &Location::Local(raw.path()),
            submodules,
            data,
            fetcher: &Fetcher::in_folder(raw.beside("cache"), NetworkPolicy::CacheOnly),
        };
        let source = raw.source();
        checkout(&source.commit(commit).unwrap(), &parts, &raw.beside("out"))
    }

    /// A repository that names `inner`, at the relative place `repository.git` of its own parent.
    fn outer(inner: &CommitId, url: &str) -> (RawRepository, CommitId) {
        let raw = RawRepository::new();
        let text = format!("[submodule \"s\"]\n\tpath = sub\n\turl = {url}\n");
        let modules = raw.blob(text.as_bytes());
        let link = git2::Oid::from_str(inner.as_str()).unwrap();
        let tree = raw.tree(&[
            (0o100644, b".gitmodules", modules),
            (0o160000, b"sub", link),
        ]);
        let commit = raw.commit(tree);
        (raw, commit)
    }

    #[test]
    fn a_submodule_is_put_in_at_its_commit() {
        let inner = RawRepository::new();
        let pinned = inner.commit_of(0o100644, b"a", inner.blob(b"inner"));
        let (raw, commit) = outer(&pinned, "../inner.git");
        std::os::unix::fs::symlink(inner.path(), raw.beside("inner.git")).unwrap();
        let done = made(&raw, &commit, Submodules::Pinned, &BTreeMap::new()).unwrap();
        assert_eq!(done.submodules[0].path, Path::new("sub"));
        assert_eq!(fs::read(raw.beside("out/sub/a")).unwrap(), b"inner");
        fs::remove_dir_all(raw.beside("out")).unwrap();
        // Not asked for: its folder stays empty.
        made(&raw, &commit, Submodules::LeftOut, &BTreeMap::new()).unwrap();
        assert_eq!(fs::read_dir(raw.beside("out/sub")).unwrap().count(), 0);
    }

    #[test]
    fn hostile_modules_are_refused_by_name() {
        let inner = RawRepository::new();
        let pinned = inner.commit_of(0o100644, b"a", inner.blob(b"secret"));
        let path = inner.path().display().to_string();
        for url in [
            path.clone(),
            format!("file://{path}"),
            "ext::sh -c id".into(),
            "--upload-pack=id".into(),
        ] {
            let (raw, commit) = outer(&pinned, &url);
            let error = made(&raw, &commit, Submodules::Pinned, &BTreeMap::new()).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "submodule `sub`: expected an https or ssh URL, or one relative to its repository, found `{url}`"
                )
            );
            assert!(!raw.beside("out").exists());
        }
        let (raw, commit) = outer(&pinned, "https://127.0.0.1:1/a.git");
        let error = made(&raw, &commit, Submodules::Pinned, &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("is not in the cache"), "{error}");
    }

    #[test]
    fn a_repository_that_names_itself_ends() {
        // No commit can hold its own id; a long chain comes nearest.
        let first = RawRepository::new();
        let mut commit = first.commit_of(0o100644, b"a", first.blob(b"a"));
        for _ in 0..=DEPTH {
            let modules = first.blob(b"[submodule \"s\"]\npath = sub\nurl = ../repository.git\n");
            let link = git2::Oid::from_str(commit.as_str()).unwrap();
            let tree = first.tree(&[
                (0o100644, b".gitmodules", modules),
                (0o160000, b"sub", link),
            ]);
            commit = first.commit(tree);
        }
        let error = made(&first, &commit, Submodules::Pinned, &BTreeMap::new()).unwrap_err();
        assert!(matches!(error, CheckoutError::TooMany { .. }), "{error}");
    }

    #[test]
    fn a_pointer_gets_its_content_or_is_refused_by_name() {
        let raw = RawRepository::new();
        let commit = raw.commit_of(0o100644, b"model.bin", raw.blob(POINTER));
        let error = made(&raw, &commit, Submodules::LeftOut, &BTreeMap::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`model.bin` is a Git LFS pointer, and its content is not among the manifest's data"
        );
        assert!(error.hint().unwrap().contains("ba7816bf"));
        let data = raw.beside("weights");
        fs::write(&data, CONTENT).unwrap();
        let by_digest = BTreeMap::from([(Sha256Digest::of(CONTENT), data.clone())]);
        let done = made(&raw, &commit, Submodules::LeftOut, &by_digest).unwrap();
        assert_eq!(done.contents.len(), 1);
        assert_eq!(fs::read(raw.beside("out/model.bin")).unwrap(), CONTENT);
        fs::remove_dir_all(raw.beside("out")).unwrap();
        fs::write(&data, b"other").unwrap();
        let error = made(&raw, &commit, Submodules::LeftOut, &by_digest).unwrap_err();
        assert!(matches!(error, CheckoutError::Changed { .. }), "{error}");
    }
}
