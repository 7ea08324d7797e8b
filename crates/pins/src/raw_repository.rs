//! Repositories for tests, written object by object, so that they may be as bad as a test needs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid, Repository};

use super::source::{Location, SourceRepository};
use reprove_model::manifest::CommitId;

/// A bare repository in a temporary folder.
pub(super) struct RawRepository {
    pub folder: tempfile::TempDir,
    repository: Repository,
}

impl RawRepository {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(folder.path().join("repository.git")).unwrap();
        Self { folder, repository }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("repository.git")
    }

    /// A place beside the repository that does not exist yet.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn source(&self) -> SourceRepository {
        SourceRepository::open(&Location::Local(self.path())).unwrap()
    }

    pub fn blob(&self, bytes: &[u8]) -> Oid {
        self.repository.blob(bytes).unwrap()
    }

    /// A tree of exactly these bytes for names, in this order.
    pub fn tree(&self, entries: &[(u32, &[u8], Oid)]) -> Oid {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(format!("{mode:o} ").as_bytes());
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend_from_slice(id.as_bytes());
        }
        self.object(ObjectType::Tree, &bytes)
    }

    pub fn object(&self, kind: ObjectType, bytes: &[u8]) -> Oid {
        self.repository.odb().unwrap().write(kind, bytes).unwrap()
    }

    /// A commit of a tree; HEAD stays where it is.
    pub fn commit(&self, tree: Oid) -> CommitId {
        let who = "A <a@example.org> 0 +0000";
        let text = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nA commit\n");
        commit_id(self.object(ObjectType::Commit, text.as_bytes()))
    }

    /// A commit of a tree with one entry.
    pub fn commit_of(&self, mode: u32, name: &[u8], id: Oid) -> CommitId {
        let tree = self.tree(&[(mode, name, id)]);
        self.commit(tree)
    }

    /// Points the branch that HEAD names, and another branch, at a commit.
    pub fn set_head(&self, commit: &CommitId) {
        let head = self.repository.find_reference("HEAD").unwrap();
        let branch = head.symbolic_target().unwrap().unwrap().to_owned();
        let id = Oid::from_str(commit.as_str()).unwrap();
        self.repository
            .reference(&branch, id, true, "test")
            .unwrap();
        self.repository
            .reference("refs/heads/side", id, true, "test")
            .unwrap();
    }

    /// Where a loose object lies.
    pub fn loose(&self, id: impl ToString) -> PathBuf {
        let digits = id.to_string();
        self.path()
            .join("objects")
            .join(&digits[..2])
            .join(&digits[2..])
    }

    /// Puts the bytes of one object under the id of another.
    pub fn forge(&self, victim: impl ToString, by: impl ToString) {
        self.overwrite_loose(&self.loose(victim), &fs::read(self.loose(by)).unwrap());
    }

    /// Loose objects are read-only files.
    pub fn overwrite_loose(&self, path: &Path, bytes: &[u8]) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Moves every object into one pack, and gives the pack's path.
    pub fn pack(&self) -> PathBuf {
        let mut builder = self.repository.packbuilder().unwrap();
        let mut ids = Vec::new();
        self.repository
            .odb()
            .unwrap()
            .foreach(|id| {
                ids.push(*id);
                true
            })
            .unwrap();
        for id in &ids {
            builder.insert_object(*id, None).unwrap();
        }
        let folder = self.path().join("objects/pack");
        fs::create_dir_all(&folder).unwrap();
        builder.write(&folder, 0o644).unwrap();
        ids.iter()
            .for_each(|id| fs::remove_file(self.loose(id)).unwrap());
        let packs = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        packs
            .into_iter()
            .find(|path| path.extension().is_some_and(|end| end == "pack"))
            .unwrap()
    }
}

pub(super) fn commit_id(id: Oid) -> CommitId {
    id.to_string().parse().unwrap()
}
