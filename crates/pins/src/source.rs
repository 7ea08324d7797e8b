//! The experiment's repository, and the one commit of it that the manifest pins.
//!
//! A local repository, bare or not, is read in place and never written to; nothing that its
//! configuration, hooks or filters say is run.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Oid, Repository, RepositoryOpenFlags};

use super::object::{self, ObjectError, ObjectStore};
use super::special_files;
use super::{Pin, PinKind, PinStatus};
use reprove_model::diagnostics::Hint;
use reprove_model::digest;
use reprove_model::manifest::CommitId;

/// Where a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// On this machine.
    Local(PathBuf),
    /// Elsewhere, reached by https or ssh.
    Remote(String),
}

impl Location {
    /// Reads what the manifest says: a path, taken relative to `base`, or a `file://`, `https://`
    /// or `ssh://` URL, or the short form `user@host:path` of the last.
    ///
    /// # Errors
    /// [`SourceError::Scheme`] for any other way of naming a repository.
    pub fn read(text: &str, base: &Path) -> Result<Self, SourceError> {
        let scheme = || SourceError::Scheme {
            location: text.to_owned(),
        };
        if let Some((name, rest)) = text.split_once("://") {
            return match name.to_ascii_lowercase().as_str() {
                "file" => {
                    let path = rest.strip_prefix("localhost").unwrap_or(rest);
                    let decoded = percent_decoded(path)
                        .filter(|_| path.starts_with('/'))
                        .ok_or_else(scheme)?;
                    Ok(Self::Local(decoded))
                }
                "https" | "ssh" => Ok(Self::Remote(text.to_owned())),
                _ => Err(scheme()),
            };
        }
        // `ext::` and its like name programs to run.
        if text.is_empty() || text.starts_with('-') || text.contains("::") {
            return Err(scheme());
        }
        match text.split_once(':') {
            Some((host, _)) if host.contains('@') && !host.contains('/') => {
                Ok(Self::Remote(text.to_owned()))
            }
            _ => Ok(Self::Local(base.join(text))),
        }
    }
}

/// The path of a `file://` URL with its `%20` and the like decoded; `None` if one is cut short.
fn percent_decoded(text: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        bytes.push(
            u8::from_str_radix(digits, 16)
                .ok()
                .filter(|byte| *byte != 0)?,
        );
        rest = &after[2..];
    }
    Some(std::ffi::OsString::from_vec(bytes).into())
}

/// Why a repository cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The repository is on another machine.
    #[error("repository `{url}` is not on this machine")]
    Remote {
        /// The URL.
        url: String,
    },
    /// The text names no repository in a way that is known to be safe.
    #[error("expected a path or a file, https or ssh URL, found `{}`", location.escape_debug())]
    Scheme {
        /// What the manifest says.
        location: String,
    },
    /// There is no such path.
    #[error("repository `{}` does not exist", path.display())]
    Absent {
        /// Where it should be.
        path: PathBuf,
    },
    /// Something is there, but no repository.
    #[error("`{}` is not a git repository", path.display())]
    NotARepository {
        /// What was named.
        path: PathBuf,
        /// The repository that `path` lies in, if it lies in one.
        around: Option<PathBuf>,
    },
    /// The repository belongs to another user, whom git does not trust by default.
    #[error("repository `{}` is owned by another user", path.display())]
    Owner {
        /// The repository.
        path: PathBuf,
    },
    /// The file is a git bundle, which holds a repository.
    #[error("`{}` is a git bundle, not a repository", path.display())]
    Bundle {
        /// The bundle.
        path: PathBuf,
    },
    /// The repository names its objects by SHA-256.
    #[error("repository `{}` names its objects by SHA-256; only SHA-1 repositories can be read", path.display())]
    Sha256 {
        /// The repository.
        path: PathBuf,
    },
    /// A file of the repository that must not be opened.
    #[error("`{}` of the repository: {problem}", path.display())]
    Special {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// libgit2 cannot open it.
    #[error("repository `{}` cannot be opened: {problem}", path.display())]
    Unreadable {
        /// The repository.
        path: PathBuf,
        /// What libgit2 says.
        problem: String,
    },
}

impl Hint for SourceError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Remote { url } => Some(format!(
                "`git clone --bare {url} FOLDER` brings it here; then give FOLDER as the repository"
            )),
            Self::NotARepository {
                around: Some(around),
                ..
            } => Some(format!(
                "the repository around it is `{}`",
                around.display()
            )),
            Self::Owner { path } => Some(format!(
                "if you trust its owner: `git config --global --add safe.directory {}`",
                path.display()
            )),
            Self::Bundle { path } => Some(format!(
                "`git clone --bare {} FOLDER` unpacks it; then give FOLDER as the repository",
                path.display()
            )),
            Self::Sha256 { .. } => Some(
                "`git fast-export --all` there, read by `git fast-import` in a new repository, makes one with SHA-1"
                    .to_owned(),
            ),
            Self::Absent { path } => absent_hint(path).or_else(|| {
                Some("a path begins at the manifest's folder, an address with `https://`".to_owned())
            }),
            Self::NotARepository { around: None, .. } => {
                Some("name the folder that holds `.git`, or a bare clone".to_owned())
            }
            Self::Scheme { .. }
            | Self::Special { .. }
            | Self::Unreadable { .. } => None,
        }
    }
}

impl SourceError {
    /// The same as a broken pin of the report.
    pub fn pin(&self, name: &str, expected: &CommitId) -> Pin {
        let status = match self {
            Self::Absent { .. } | Self::NotARepository { .. } => PinStatus::Missing,
            Self::Remote { .. }
            | Self::Scheme { .. }
            | Self::Owner { .. }
            | Self::Bundle { .. }
            | Self::Sha256 { .. }
            | Self::Special { .. }
            | Self::Unreadable { .. } => PinStatus::Unreadable,
        };
        Pin::unmet(PinKind::Commit, name, status, expected, self).with_hint(self.hint())
    }
}

/// The hint for a repository that is not there: git's short form of an ssh address is read as a path.
fn absent_hint(path: &Path) -> Option<String> {
    let text = path.components().map(|part| part.as_os_str().to_str());
    let text = text.collect::<Option<Vec<_>>>()?.join("/");
    let (host, path) = text.rsplit_once(':')?;
    let host = host.rsplit('/').next().filter(|host| host.contains('@'))?;
    Some(format!(
        "an address over ssh is written `ssh://{host}/{path}`"
    ))
}

/// A repository, opened for reading.
pub struct SourceRepository {
    repository: Repository,
}

impl SourceRepository {
    /// Opens a repository; needs no network and leaves no trace in it.
    ///
    /// # Errors
    /// [`SourceError`] when there is none, it is elsewhere, or it may not be opened.
    pub fn open(location: &Location) -> Result<Self, SourceError> {
        let path = match location {
            Location::Local(path) => path,
            Location::Remote(url) => return Err(SourceError::Remote { url: url.clone() }),
        };
        if !path.exists() {
            return Err(SourceError::Absent { path: path.clone() });
        }
        if is_bundle(path) {
            return Err(SourceError::Bundle { path: path.clone() });
        }
        special_files::check(path).map_err(|fault| SourceError::Special {
            path: fault.path,
            problem: fault.problem,
        })?;
        // Not searching upwards: a typing error must not open the repository around the manifest.
        match Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, &[] as &[&OsStr]) {
            Ok(repository) => Ok(Self { repository }),
            Err(error) => Err(match error.code() {
                ErrorCode::Owner => SourceError::Owner {
                    path: path.canonicalize().unwrap_or_else(|_| path.clone()),
                },
                ErrorCode::NotFound => SourceError::NotARepository {
                    path: path.clone(),
                    around: repository_around(path),
                },
                // libgit2 has no code for it: "unknown object format 'sha256'".
                _ if error.message().contains("'sha256'") => {
                    SourceError::Sha256 { path: path.clone() }
                }
                _ => SourceError::Unreadable {
                    path: path.clone(),
                    problem: error.message().to_owned(),
                },
            }),
        }
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The id of the commit that is checked out, and the folder in which it is; none of a bare repository.
    pub fn head(&self) -> Option<(CommitId, &Path)> {
        let head = self.repository.head().ok()?.target()?;
        let folder = self.repository.workdir()?;
        // Where nothing says that a repository is bare, libgit2 takes the folder around it for its
        // work tree; a real one leads back to it.
        let is_real = folder.join(".git").symlink_metadata().is_ok();
        is_real.then_some((head.to_string().parse().ok()?, folder))
    }

    /// The full id of the commit that a branch, tag or short hash names now: for a hint or a new pin, never
    /// to run by.
    pub fn resolve(&self, name: &str) -> Option<CommitId> {
        let store = ObjectStore::of(&self.repository).ok()?;
        // Not by libgit2's own search, which reads objects before they have been looked at.
        let named = match self.repository.resolve_reference_from_short_name(name) {
            Ok(reference) => reference.resolve().ok()?.target()?,
            Err(_) => store.complete(name)?,
        };
        store.commit_of(named)?.to_string().parse().ok()
    }

    /// The folder in which the pinned commit is checked out, if this repository has one and its HEAD
    /// is that commit. Its files are never run; that they differ is worth knowing.
    pub fn work_tree_at(&self, id: &CommitId) -> Option<&Path> {
        let (head, folder) = self.head()?;
        (head == *id).then_some(folder)
    }

    /// Finds exactly the pinned commit and verifies it.
    ///
    /// # Errors
    /// [`ObjectError`] when the id is absent, names another type of object, or its bytes are not
    /// its own.
    pub fn commit(&self, id: &CommitId) -> Result<PinnedCommit<'_>, ObjectError> {
        const AT: &str = "the commit";
        let kind = ObjectType::Commit;
        let unreadable = |oid, problem: &str| ObjectError::Unreadable {
            at: AT.to_owned(),
            id: oid,
            kind,
            problem: problem.to_owned(),
        };
        // A `CommitId` is always 40 hexadecimal digits, so only the zero id stands for a failure.
        let oid = Oid::from_str(id.as_str()).unwrap_or(Oid::ZERO_SHA1);
        let store =
            ObjectStore::of(&self.repository).map_err(|error| unreadable(oid, error.message()))?;
        let bytes = store.read(oid, kind, AT)?;
        let tree = object::id_after(&bytes, b"tree ")
            .ok_or_else(|| unreadable(oid, "it names no tree"))?;
        Ok(PinnedCommit {
            store,
            id: id.clone(),
            tree,
        })
    }

    /// Checks that the pinned commit is here; `name` is how the report calls the repository.
    pub fn check(&self, name: &str, id: &CommitId) -> Pin {
        match self.commit(id) {
            Ok(commit) => Pin::holds(PinKind::Commit, name, commit.id()),
            Err(error) => self.pin_of(name, id, &error),
        }
    }

    /// The broken pin for a commit that could not be had.
    pub fn pin_of(&self, name: &str, id: &CommitId, error: &ObjectError) -> Pin {
        let pin = |status, found: String| Pin::unmet(PinKind::Commit, name, status, id, found);
        match error {
            ObjectError::Absent { .. } => {
                let found = match self.resolve("HEAD") {
                    Some(head) => format!("no such commit; HEAD is {head}"),
                    None => "no such commit, nor any HEAD".to_owned(),
                };
                let pin = pin(PinStatus::Missing, found);
                match self.lack() {
                    Some(lack) => lack.told(pin),
                    None => pin,
                }
            }
            ObjectError::Kind { found, .. } => {
                let hint = match self.resolve(id.as_str()) {
                    Some(commit) => format!("it leads to commit {commit}"),
                    None => "pin a commit: `git rev-parse HEAD` prints the id of one".to_owned(),
                };
                pin(PinStatus::Broken, format!("that this id is a {found}")).with_hint(Some(hint))
            }
            ObjectError::Forged {
                found: Some(found), ..
            } => pin(PinStatus::Broken, format!("bytes that hash to {found}")),
            ObjectError::Forged { found: None, .. } => pin(
                PinStatus::Broken,
                "bytes that hash to something else".to_owned(),
            ),
            ObjectError::Unreadable { problem, .. } => pin(PinStatus::Unreadable, problem.clone()),
        }
    }
}

/// Whether a file begins as bundles of git do, whatever their version.
fn is_bundle(path: &Path) -> bool {
    let mut head = [0; 16];
    path.is_file()
        && digest::open_regular(path)
            .ok()
            .and_then(|mut file| file.read_exact(&mut head).ok())
            .is_some_and(|()| head.starts_with(b"# v") && head.ends_with(b" git bundle\n"))
}

/// The working folder, or else the repository, that a path lies in.
fn repository_around(path: &Path) -> Option<PathBuf> {
    let around = Repository::discover(path).ok()?;
    Some(
        around
            .workdir()
            .unwrap_or_else(|| around.path())
            .to_path_buf(),
    )
}

/// A commit whose own bytes have been verified; those of its files are as they are read.
pub struct PinnedCommit<'s> {
    pub(super) store: ObjectStore<'s>,
    id: CommitId,
    pub(super) tree: Oid,
}

impl PinnedCommit<'_> {
    /// The commit's id.
    pub fn id(&self) -> &CommitId {
        &self.id
    }

    /// The id of the commit's tree, 40 hexadecimal digits.
    pub fn tree_id(&self) -> String {
        self.tree.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::super::raw_repository::{RawRepository, commit_id};
    use super::*;
    use std::fs;
    use std::process::Command;

    fn read(text: &str) -> Location {
        Location::read(text, Path::new("/base")).unwrap()
    }

    #[test]
    fn locations_are_told_apart() {
        let local = |path: &str| Location::Local(path.into());
        assert_eq!(read("../a.git"), local("/base/../a.git"));
        assert_eq!(read("/a b"), local("/a b"));
        assert_eq!(read("a:b"), local("/base/a:b"));
        assert_eq!(read("file:///a%20b"), local("/a b"));
        assert_eq!(read("FILE://localhost/a"), local("/a"));
        for url in [
            "https://example.org/a.git",
            "ssh://git@example.org/a",
            "git@example.org:a/b.git",
        ] {
            assert_eq!(read(url), Location::Remote(url.into()));
        }
    }

    #[test]
    fn other_ways_to_name_a_repository_are_refused() {
        for text in [
            "",
            "ext::sh -c x",
            "--upload-pack=x",
            "git://a/b",
            "http://a/b",
            "file://host/a",
            "file:///a%2",
            "file:///%00",
        ] {
            let error = Location::read(text, Path::new("/base")).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("expected a path or a file, https or ssh URL, found `{text}`")
            );
        }
    }

    /// The error's text and hint.
    fn refusal(location: &Location) -> (String, Option<String>) {
        let error = SourceRepository::open(location).err().unwrap();
        (error.to_string(), error.hint())
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("none");
        let (text, hint) = refusal(&Location::Local(absent.clone()));
        assert_eq!(
            text,
            format!("repository `{}` does not exist", absent.display())
        );
        let expected = "a path begins at the manifest's folder, an address with `https://`";
        assert_eq!(hint.as_deref(), Some(expected));
        let (text, _) = refusal(&Location::Local(folder.path().into()));
        assert_eq!(
            text,
            format!("`{}` is not a git repository", folder.path().display())
        );
        let (text, hint) = refusal(&read("https://example.org/a.git"));
        assert_eq!(
            text,
            "repository `https://example.org/a.git` is not on this machine"
        );
        assert_eq!(
            hint.unwrap(),
            "`git clone --bare https://example.org/a.git FOLDER` brings it here; then give FOLDER as the repository"
        );
    }

    #[test]
    fn a_folder_inside_a_repository_is_not_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        Repository::init(&root).unwrap();
        let inside = root.join("inside");
        fs::create_dir(&inside).unwrap();
        let (text, hint) = refusal(&Location::Local(inside.clone()));
        assert_eq!(
            text,
            format!("`{}` is not a git repository", inside.display())
        );
        assert_eq!(
            hint.unwrap(),
            format!("the repository around it is `{}/`", root.display())
        );
        // The root itself is one, bare or not.
        assert!(SourceRepository::open(&Location::Local(root.clone())).is_ok());
        assert!(SourceRepository::open(&Location::Local(root.join(".git"))).is_ok());
    }

    #[test]
    fn another_user_s_repository_is_explained() {
        let error = SourceError::Owner { path: "/r".into() };
        assert_eq!(
            error.to_string(),
            "repository `/r` is owned by another user"
        );
        assert_eq!(
            error.hint().unwrap(),
            "if you trust its owner: `git config --global --add safe.directory /r`"
        );
    }

    #[test]
    fn the_pinned_commit_is_found_and_names_are_resolved() {
        let raw = RawRepository::new();
        let id = raw.commit_of(0o100644, b"a", raw.blob(b"a"));
        raw.set_head(&id);
        let source = raw.source();
        assert_eq!(
            source.check("r", &id).to_string(),
            format!("commit `r`: {id}")
        );
        for name in ["side", "HEAD", "refs/heads/side", &id.as_str()[..8]] {
            assert_eq!(source.resolve(name), Some(id.clone()), "{name}");
        }
        assert_eq!(source.resolve("nothing"), None);
    }

    #[test]
    fn an_absent_commit_shows_what_is_there() {
        let raw = RawRepository::new();
        let absent: CommitId = "12".repeat(20).parse().unwrap();
        let pin = raw.source().check("r", &absent);
        assert_eq!(
            pin.to_string(),
            format!("commit `r`: expected {absent}, found no such commit, nor any HEAD")
        );
        let id = raw.commit_of(0o100644, b"a", raw.blob(b"a"));
        raw.set_head(&id);
        let pin = raw.source().check("r", &absent);
        assert_eq!(
            pin.to_string(),
            format!("commit `r`: expected {absent}, found no such commit; HEAD is {id}")
        );
        assert_eq!(pin.status, PinStatus::Missing);
    }

    #[test]
    fn an_id_of_something_else_is_broken() {
        let raw = RawRepository::new();
        let commit = raw.commit_of(0o100644, b"a", raw.blob(b"a"));
        let blob = commit_id(raw.blob(b"a"));
        let pin = raw.source().check("r", &blob);
        assert_eq!(
            pin.to_string(),
            format!("commit `r`: expected {blob}, found that this id is a blob")
        );
        let expected = "pin a commit: `git rev-parse HEAD` prints the id of one";
        assert_eq!(pin.hint.as_deref(), Some(expected));
        let text = format!(
            "object {commit}\ntype commit\ntag v1\ntagger A <a@example.org> 0 +0000\n\nv1\n"
        );
        let tag = commit_id(raw.object(ObjectType::Tag, text.as_bytes()));
        let pin = raw.source().check("r", &tag);
        assert_eq!(
            pin.to_string(),
            format!("commit `r`: expected {tag}, found that this id is a tag")
        );
        assert_eq!(pin.hint, Some(format!("it leads to commit {commit}")));
        assert_eq!(pin.status, PinStatus::Broken);
    }

    #[test]
    fn a_forged_commit_is_found_whether_or_not_libgit2_looks() {
        let raw = RawRepository::new();
        let victim = raw.commit_of(0o100644, b"a", raw.blob(b"good"));
        let other = raw.commit_of(0o100644, b"a", raw.blob(b"evil"));
        raw.forge(&victim, &other);
        for strict in [false, true] {
            git2::opts::strict_hash_verification(strict);
            let pin = raw.source().check("r", &victim);
            assert_eq!(
                pin.to_string(),
                format!("commit `r`: expected {victim}, found bytes that hash to {other}")
            );
            assert_eq!(pin.status, PinStatus::Broken);
        }
    }

    #[test]
    fn a_damaged_commit_is_unreadable_not_a_panic() {
        let raw = RawRepository::new();
        let id = raw.commit_of(0o100644, b"a", raw.blob(b"good"));
        let loose = raw.loose(&id);
        let bytes = fs::read(&loose).unwrap();
        for end in 0..bytes.len() {
            raw.overwrite_loose(&loose, &bytes[..end]);
            let pin = raw.source().check("r", &id);
            assert_eq!(pin.status, PinStatus::Unreadable, "cut at {end}");
            assert_eq!(raw.source().resolve(id.as_str()), None);
        }
        fs::remove_file(&loose).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(&loose)
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(raw.source().check("r", &id).status, PinStatus::Unreadable);
    }

    #[test]
    fn a_damaged_pack_is_never_believed() {
        let raw = RawRepository::new();
        let id = raw.commit_of(0o100644, b"a", raw.blob(b"good"));
        let pack = raw.pack();
        assert!(raw.source().check("r", &id).is_held());
        let bytes = fs::read(&pack).unwrap();
        for index in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[index] ^= 0x10;
            for damaged in [&bytes[..index], &flipped] {
                raw.overwrite_loose(&pack, damaged);
                let source = raw.source();
                // Damage elsewhere in the pack may leave the commit itself whole.
                if let Ok(commit) = source.commit(&id) {
                    let _ = commit
                        .read_file(Path::new("a"), 100)
                        .map(|file| assert_eq!(file, b"good"));
                }
            }
        }
    }
}
