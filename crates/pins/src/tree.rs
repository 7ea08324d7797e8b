//! What a pinned commit contains: its tree, walked and judged before any of it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use git2::{ObjectType, Oid};

use super::names::{link_fault, name_fault, shown};
use super::object::{self, BlobError, ObjectError, RawEntry};
use super::source::PinnedCommit;
use super::tree_error::TreeError;
use reprove_model::diagnostics;
use reprove_model::digest::Sha256Digest;

/// The longest symbolic link that Linux takes, in bytes.
const LONGEST_LINK: u64 = 4095;
/// A pointer file of Git LFS is shorter than this, in bytes (Git LFS specification, version 1).
const LFS_POINTER_BELOW: u64 = 1024;
const LFS_PREFIX: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
/// How the pointer of an unlocked file of git-annex begins (git-annex, "pointer files").
const ANNEX_PREFIX: &[u8] = b"/annex/objects/";

/// Entries after which a walk counts all that are to come: a tree that names others again and again is then
/// refused at once.
const UNCOUNTED: usize = 10_000;

/// How much a tree may hold before it is taken for an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeLimits {
    /// Entries of any kind.
    pub entries: usize,
    /// Bytes of all files together.
    pub bytes: u64,
    /// Folders within folders.
    pub depth: usize,
}

impl Default for TreeLimits {
    /// 200,000 entries, 8 GiB, 128 folders deep.
    fn default() -> Self {
        Self {
            entries: 200_000,
            bytes: 8 << 30,
            depth: 128,
        }
    }
}

/// What a file of the tree holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// Itself.
    Whole,
    /// Only a pointer of Git LFS to the real content, which is not in the repository.
    LfsPointer {
        /// The digest of the real content, when the pointer states one.
        sha256: Option<Sha256Digest>,
    },
    /// Only the pointer of an unlocked file of git-annex to its content, which is not in the repository.
    AnnexPointer,
}

/// Whether a file may be executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMode {
    /// It may not.
    Plain,
    /// It may.
    Executable,
}

/// What stands at a path of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeNode {
    /// A folder, whose entries follow it in the listing.
    Folder,
    /// A file.
    File {
        /// The id of its blob.
        id: Oid,
        /// Its size in bytes, as the repository states it.
        bytes: u64,
        /// Whether it may be executed.
        mode: FileMode,
        /// What it holds.
        content: FileContent,
    },
    /// A symbolic link that stays within the tree.
    Link {
        /// The text of the link.
        target: PathBuf,
    },
    /// Another repository at one of its commits; its files are not part of this tree.
    Submodule {
        /// The id of that commit.
        id: Oid,
    },
}

/// One entry of the tree: a safe relative path and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// The path, relative to the listing's folder.
    pub path: PathBuf,
    /// What stands there.
    pub node: TreeNode,
}

/// The path part of a message; the tree's own root has no name.
fn place(path: &Path) -> String {
    if path.as_os_str().is_empty() {
        "the tree".to_owned()
    } else {
        shown(path)
    }
}

impl PinnedCommit<'_> {
    /// Everything below a folder of the commit, the root when none is given: walked, verified and
    /// found harmless. A folder comes before its entries, entries are in git's order.
    ///
    /// Blobs that are links or may be LFS pointers are read; others are verified when they are.
    ///
    /// # Errors
    /// [`TreeError`] for the first entry that is refused, forged or beyond a limit.
    pub fn list(
        &self,
        directory: Option<&Path>,
        limits: TreeLimits,
    ) -> Result<Vec<TreeEntry>, TreeError> {
        let directory = directory.unwrap_or(Path::new(""));
        let root = match self.find(directory)? {
            RawEntry {
                mode: 0o40000, id, ..
            } => id,
            other => return Err(self.other(directory, "folder", other.mode)),
        };
        let mut walk = Walk {
            commit: self,
            root,
            limits,
            bytes: 0,
            entries: Vec::new(),
        };
        walk.folder(root, Path::new(""), 0)?;
        Ok(walk.entries)
    }

    /// The bytes of one file of the commit, verified; links on the way are not followed.
    ///
    /// # Errors
    /// [`TreeError`] when the commit has no such file, it is larger than `limit` bytes, or an
    /// object on the way is absent or forged.
    pub fn read_file(&self, path: &Path, limit: u64) -> Result<Vec<u8>, TreeError> {
        let entry = self.find(path)?;
        if !matches!(entry.mode, 0o100644 | 0o100664 | 0o100755) {
            return Err(self.other(path, "file", entry.mode));
        }
        let at = place(path);
        if self.store.size(entry.id, ObjectType::Blob, &at)? > limit {
            return Err(TreeError::Bytes { at, limit });
        }
        self.read_blob(entry.id, path)
    }

    /// The bytes of a blob that stands at a path, verified.
    pub(super) fn read_blob(&self, id: Oid, path: &Path) -> Result<Vec<u8>, TreeError> {
        Ok(self.store.read(id, ObjectType::Blob, &place(path))?)
    }

    /// Copies the bytes of a blob that stands at a path, verified after the last of them.
    pub(super) fn copy_blob(&self, id: Oid, path: &Path, to: impl Write) -> Result<(), BlobError> {
        self.store.copy_blob(id, &place(path), to)
    }

    fn read_tree(&self, id: Oid, path: &Path) -> Result<Vec<RawEntry>, TreeError> {
        let at = place(path);
        let bytes = self.store.read(id, ObjectType::Tree, &at)?;
        object::tree_entries(&bytes).ok_or_else(|| {
            ObjectError::Unreadable {
                at,
                id,
                kind: ObjectType::Tree,
                problem: "it is not a list of entries".to_owned(),
            }
            .into()
        })
    }

    /// Whether the file at a path of the commit may be executed; `None` where nothing stands there.
    ///
    /// # Errors
    /// [`TreeError`] when something else than a file stands at the path or on the way, or an object on the way
    /// is absent or forged.
    pub fn file_mode(&self, path: &Path) -> Result<Option<FileMode>, TreeError> {
        let found = self.find(path);
        if let Err(TreeError::Absent { .. }) = found {
            return Ok(None);
        }
        match found?.mode {
            0o100755 => Ok(Some(FileMode::Executable)),
            0o100644 | 0o100664 => Ok(Some(FileMode::Plain)),
            mode => Err(self.other(path, "file", mode)),
        }
    }

    /// Walks from the root to the entry at a path.
    fn find(&self, path: &Path) -> Result<RawEntry, TreeError> {
        let mut entry = RawEntry {
            mode: 0o40000,
            name: Vec::new(),
            id: self.tree,
        };
        let mut walked = PathBuf::new();
        for component in path.components() {
            let part = match component {
                Component::CurDir => continue,
                Component::Normal(part) => part,
                _ => return Err(self.absent(path, None)),
            };
            if entry.mode != 0o40000 {
                return Err(self.other(&walked, "folder", entry.mode));
            }
            let entries = self.read_tree(entry.id, &walked)?;
            let wanted = part.as_encoded_bytes();
            match entries.iter().find(|entry| entry.name == wanted) {
                Some(found) => entry = found.clone(),
                None => return Err(self.absent(path, nearest(&entries, wanted, &walked))),
            }
            walked.push(part);
        }
        Ok(entry)
    }

    fn absent(&self, path: &Path, nearest: Option<String>) -> TreeError {
        TreeError::Absent {
            path: shown(path),
            commit: self.id().to_string(),
            nearest,
        }
    }

    fn other(&self, path: &Path, expected: &'static str, mode: u32) -> TreeError {
        let found = match mode {
            0o40000 => "folder",
            0o120000 => "symbolic link",
            0o160000 => "submodule",
            _ => "file",
        };
        TreeError::Other {
            path: shown(path),
            commit: self.id().to_string(),
            expected,
            found,
        }
    }
}

/// The entry of a folder whose name is nearest to the wanted one, if one is near.
fn nearest(entries: &[RawEntry], wanted: &[u8], folder: &Path) -> Option<String> {
    let names: Vec<_> = entries
        .iter()
        .map(|entry| String::from_utf8_lossy(&entry.name))
        .collect();
    let wanted = String::from_utf8_lossy(wanted);
    diagnostics::nearest(&wanted, names.iter().map(AsRef::as_ref))
        .map(|name| shown(&folder.join(name)))
}

/// The listing of a tree, with the entries found so far.
struct Walk<'w, 's> {
    commit: &'w PinnedCommit<'s>,
    root: Oid,
    limits: TreeLimits,
    bytes: u64,
    entries: Vec<TreeEntry>,
}

impl Walk<'_, '_> {
    fn folder(&mut self, id: Oid, path: &Path, depth: usize) -> Result<(), TreeError> {
        if depth > self.limits.depth {
            return Err(TreeError::Depth {
                at: place(path),
                limit: self.limits.depth,
            });
        }
        let mut names = BTreeSet::new();
        for raw in self.commit.read_tree(id, path)? {
            let name = PathBuf::from(OsString::from_vec(raw.name.clone()));
            if let Some(fault) = name_fault(&raw.name) {
                return Err(TreeError::Name {
                    at: place(path),
                    name,
                    fault,
                });
            }
            let below = path.join(&name);
            if !names.insert(raw.name) {
                return Err(TreeError::Twice {
                    at: place(path),
                    name,
                });
            }
            if self.entries.len() >= self.limits.entries {
                return Err(TreeError::Entries {
                    at: place(&below),
                    limit: self.limits.entries,
                });
            }
            if self.entries.len() == UNCOUNTED {
                self.count_all()?;
            }
            let node = self.node(raw.mode, raw.id, &below, depth)?;
            let is_folder = node == TreeNode::Folder;
            self.entries.push(TreeEntry {
                path: below.clone(),
                node,
            });
            if is_folder {
                self.folder(raw.id, &below, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Refuses a tree with too many entries; each object is read once.
    fn count_all(&self) -> Result<(), TreeError> {
        let limit = self.limits.entries;
        match self.count(self.root, 0, &mut BTreeMap::new())? > limit {
            true => Err(TreeError::Entries {
                at: place(Path::new("")),
                limit,
            }),
            false => Ok(()),
        }
    }

    /// The number of entries below a folder; those beyond the limit on depth are left out.
    fn count(
        &self,
        id: Oid,
        depth: usize,
        counted: &mut BTreeMap<Oid, usize>,
    ) -> Result<usize, TreeError> {
        if let Some(count) = counted.get(&id) {
            return Ok(*count);
        }
        let mut count: usize = 0;
        for raw in self.commit.read_tree(id, Path::new(""))? {
            let is_folder = raw.mode == 0o40000 && depth < self.limits.depth;
            let below = match is_folder {
                true => self.count(raw.id, depth + 1, counted)?,
                false => 0,
            };
            count = count.saturating_add(below).saturating_add(1);
        }
        counted.insert(id, count);
        Ok(count)
    }

    fn node(
        &mut self,
        mode: u32,
        id: Oid,
        path: &Path,
        depth: usize,
    ) -> Result<TreeNode, TreeError> {
        match mode {
            0o40000 => Ok(TreeNode::Folder),
            // 664 was written by git before 2005 and means 644.
            0o100644 | 0o100664 => self.file(id, path, FileMode::Plain),
            0o100755 => self.file(id, path, FileMode::Executable),
            0o120000 => self.link(id, path, depth),
            0o160000 => Ok(TreeNode::Submodule { id }),
            mode => Err(TreeError::Mode {
                at: place(path),
                mode,
            }),
        }
    }

    fn file(&mut self, id: Oid, path: &Path, mode: FileMode) -> Result<TreeNode, TreeError> {
        let bytes = self.commit.store.size(id, ObjectType::Blob, &place(path))?;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.bytes {
            return Err(TreeError::Bytes {
                at: place(path),
                limit: self.limits.bytes,
            });
        }
        let content = if bytes < LFS_POINTER_BELOW && bytes > ANNEX_PREFIX.len() as u64 {
            content_of(&self.commit.read_blob(id, path)?)
        } else {
            FileContent::Whole
        };
        Ok(TreeNode::File {
            id,
            bytes,
            mode,
            content,
        })
    }

    fn link(&mut self, id: Oid, path: &Path, depth: usize) -> Result<TreeNode, TreeError> {
        let at = place(path);
        if self.commit.store.size(id, ObjectType::Blob, &at)? > LONGEST_LINK {
            return Err(TreeError::Bytes {
                at,
                limit: LONGEST_LINK,
            });
        }
        let text = self.commit.read_blob(id, path)?;
        let fault = link_fault(depth, &text);
        let target = PathBuf::from(OsString::from_vec(text));
        match fault {
            Some(fault) => Err(TreeError::Link { at, target, fault }),
            None => Ok(TreeNode::Link { target }),
        }
    }
}

/// Whether a small file is a pointer of Git LFS or of git-annex.
fn content_of(bytes: &[u8]) -> FileContent {
    if bytes.starts_with(ANNEX_PREFIX) {
        return FileContent::AnnexPointer;
    }
    if !bytes.starts_with(LFS_PREFIX) {
        return FileContent::Whole;
    }
    let text = String::from_utf8_lossy(bytes);
    let sha256 = text
        .lines()
        .find_map(|line| line.strip_prefix("oid sha256:"))
        .and_then(|digits| digits.trim().parse().ok());
    FileContent::LfsPointer { sha256 }
}

#[cfg(test)]
mod tests {
    use super::super::raw_repository::RawRepository;
    use super::*;
    use reprove_model::diagnostics::Hint;
    use reprove_model::manifest::CommitId;

    #[test]
    fn pointers_of_unlocked_files_of_git_annex_are_known() {
        let pointer = b"/annex/objects/SHA256E-s3--ab12.csv\n";
        assert_eq!(content_of(pointer), FileContent::AnnexPointer);
        assert_eq!(content_of(b"/annex/other"), FileContent::Whole);
    }

    fn refusal(raw: &RawRepository, commit: &CommitId, limits: TreeLimits) -> String {
        let source = raw.source();
        let commit = source.commit(commit).unwrap();
        commit.list(None, limits).unwrap_err().to_string()
    }

    #[test]
    fn hostile_names_are_refused_at_any_depth() {
        let raw = RawRepository::new();
        let blob = raw.blob(b"evil");
        for (name, fault) in [
            (
                &b".GIT"[..],
                "the name `.GIT` is refused: it stands for git's own folder",
            ),
            (
                b"git~1",
                "the name `git~1` is refused: it stands for git's own folder",
            ),
            (
                b"..",
                "the name `..` is refused: it leads out of the folder",
            ),
            (b"a/b", "the name `a/b` is refused: it contains a slash"),
            (b"", "the name `` is refused: it is empty"),
            (
                b"..\\\x1b",
                "the name `..\\\\u{1b}` is refused: it leads out of the folder",
            ),
        ] {
            let inner = raw.tree(&[(0o100644, name, blob)]);
            assert_eq!(
                refusal(&raw, &raw.commit(inner), TreeLimits::default()),
                format!("the tree: {fault}")
            );
            let outer = raw.commit_of(0o40000, b"sub", inner);
            assert_eq!(
                refusal(&raw, &outer, TreeLimits::default()),
                format!("sub: {fault}")
            );
        }
    }

    #[test]
    fn a_name_twice_is_refused_also_as_link_and_folder() {
        let raw = RawRepository::new();
        let (blob, link) = (raw.blob(b"x"), raw.blob(b"/tmp"));
        let folder = raw.tree(&[(0o100644, b"x", blob)]);
        let inside = raw.blob(b"a");
        for second in [(0o40000, &b"d"[..], folder), (0o100644, b"d", blob)] {
            let tree = raw.tree(&[(0o120000, b"d", inside), (0o100644, b"d.x", blob), second]);
            assert_eq!(
                refusal(&raw, &raw.commit(tree), TreeLimits::default()),
                "the tree: the name `d` stands twice"
            );
        }
        let escaping = raw.tree(&[(0o120000, b"d", link), (0o40000, b"d", folder)]);
        assert_eq!(
            refusal(&raw, &raw.commit(escaping), TreeLimits::default()),
            "d: the symbolic link to `/tmp` is refused: its target is an absolute path"
        );
    }

    #[test]
    fn links_that_lead_out_are_refused() {
        let raw = RawRepository::new();
        let up = raw.blob(b"../outside");
        assert_eq!(
            refusal(
                &raw,
                &raw.commit_of(0o120000, b"up", up),
                TreeLimits::default()
            ),
            "up: the symbolic link to `../outside` is refused: its target lies outside the checkout"
        );
        // The same link one folder down stays inside.
        let inner = raw.tree(&[(0o120000, b"up", up)]);
        let commit = raw.commit_of(0o40000, b"sub", inner);
        let source = raw.source();
        let entries = source
            .commit(&commit)
            .unwrap()
            .list(None, TreeLimits::default())
            .unwrap();
        assert_eq!(
            entries[1].node,
            TreeNode::Link {
                target: "../outside".into()
            }
        );
        // And is refused when `sub` alone is to be exported.
        let error = source
            .commit(&commit)
            .unwrap()
            .list(Some(Path::new("sub")), TreeLimits::default());
        assert!(matches!(error, Err(TreeError::Link { .. })));
    }

    #[test]
    fn unknown_modes_and_wrong_types_are_refused() {
        let raw = RawRepository::new();
        let blob = raw.blob(b"x");
        let device = raw.commit_of(0o60000, b"dev", blob);
        assert_eq!(
            refusal(&raw, &device, TreeLimits::default()),
            "dev: expected a file, folder, link or submodule, found mode 60000"
        );
        let not_a_tree = raw.commit_of(0o40000, b"d", blob);
        assert_eq!(
            refusal(&raw, &not_a_tree, TreeLimits::default()),
            format!("d: expected a tree, found that {blob} is a blob")
        );
        let absent = raw.commit_of(0o100644, b"a", Oid::from_bytes(&[1; 20]).unwrap());
        assert_eq!(
            refusal(&raw, &absent, TreeLimits::default()),
            format!("a: blob {} is not in the repository", "01".repeat(20))
        );
    }

    #[test]
    fn limits_stop_bombs() {
        let raw = RawRepository::new();
        // Each level names the one below ten times: 10^8 files from ten objects.
        let mut id = raw.tree(&[(0o100644, b"file", raw.blob(&[0; 1000]))]);
        for _ in 0..8 {
            let names: Vec<[u8; 1]> = (b'0'..=b'9').map(|digit| [digit]).collect();
            let entries: Vec<_> = names.iter().map(|name| (0o40000, &name[..], id)).collect();
            id = raw.tree(&entries);
        }
        let bomb = raw.commit(id);
        let limits = TreeLimits {
            entries: 1000,
            bytes: 20_000,
            depth: 20,
        };
        assert!(
            refusal(
                &raw,
                &bomb,
                TreeLimits {
                    bytes: u64::MAX,
                    ..limits
                }
            )
            .ends_with(": more than 1000 entries")
        );
        assert!(refusal(&raw, &bomb, limits).ends_with("file: more than 19.5 KiB of files"));
        assert_eq!(
            refusal(&raw, &bomb, TreeLimits { depth: 3, ..limits }),
            "0/0/0/0: more than 3 folders deep"
        );
        // Beyond some entries all are counted first: no walk of 200,000 entries.
        assert_eq!(
            refusal(
                &raw,
                &bomb,
                TreeLimits {
                    entries: 99_999_999,
                    ..TreeLimits::default()
                }
            ),
            "the tree: more than 99999999 entries"
        );
    }

    #[test]
    fn one_file_is_read_without_an_export() {
        let raw = RawRepository::new();
        let recipes = raw.tree(&[
            (0o100644, b"sonar.yaml", raw.blob(b"layers: 2\n")),
            (0o120000, b"link", raw.blob(b"sonar.yaml")),
        ]);
        let commit = raw.commit_of(0o40000, b"recipes", recipes);
        let source = raw.source();
        let pinned = source.commit(&commit).unwrap();
        let read = |path: &str| pinned.read_file(Path::new(path), 100);
        let message = |path: &str| read(path).unwrap_err().to_string();
        assert_eq!(read("recipes/sonar.yaml").unwrap(), b"layers: 2\n");
        assert_eq!(read("./recipes/./sonar.yaml").unwrap(), b"layers: 2\n");
        let absent = read("recipes/sonnar.yaml").unwrap_err();
        assert_eq!(
            absent.to_string(),
            format!("`recipes/sonnar.yaml` is not in commit {commit}")
        );
        assert_eq!(
            absent.hint().unwrap(),
            "the commit has `recipes/sonar.yaml`"
        );
        assert_eq!(read("zzz").unwrap_err().hint(), None);
        assert_eq!(message("../x"), format!("`../x` is not in commit {commit}"));
        assert_eq!(
            message("recipes"),
            format!("`recipes` in commit {commit}: expected a file, found a folder")
        );
        assert_eq!(
            message("recipes/link"),
            format!("`recipes/link` in commit {commit}: expected a file, found a symbolic link")
        );
        assert_eq!(
            message("recipes/link/x"),
            format!("`recipes/link` in commit {commit}: expected a folder, found a symbolic link")
        );
        let large = pinned
            .read_file(Path::new("recipes/sonar.yaml"), 9)
            .unwrap_err();
        assert_eq!(
            large.to_string(),
            "recipes/sonar.yaml: more than 9 B of files"
        );
    }
}
