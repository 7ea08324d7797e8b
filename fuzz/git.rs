//! Git repositories in which one object has foreign bytes.

use std::fs;
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid, Repository};
use reprove::pins::source::{Location, SourceRepository};
use reprove::pins::tree::TreeLimits;

/// Lists the tree of a commit whose tree object has these bytes.
pub fn tree(folder: &Path, bytes: &[u8]) -> bool {
    let repository = opened(folder);
    let database = repository.odb().expect("objects");
    let write = |kind, bytes: &[u8]| database.write(kind, bytes).expect("an object is written");
    let tree = write(ObjectType::Tree, bytes);
    let commit = write(ObjectType::Commit, commit_of(tree).as_bytes());
    let is_listed = is_listed(folder, commit);
    for id in [commit, tree] {
        // Objects of the repository itself stay: a mutation may have made one of them.
        if !objects()
            .iter()
            .any(|(kind, bytes)| Oid::hash_object(*kind, bytes) == Ok(id))
        {
            fs::remove_file(loose(folder, id)).expect("the object was written");
        }
    }
    is_listed
}

/// Lists the tree of a commit whose tree object lies in a file with these bytes, and in one with these
/// bytes decompressed.
pub fn loose_object(folder: &Path, bytes: &[u8]) -> bool {
    let repository = opened(folder);
    let tree = Oid::hash_object(ObjectType::Tree, &root()).expect("an id");
    let database = repository.odb().expect("objects");
    let commit = commit_of(tree);
    let commit = database.write(ObjectType::Commit, commit.as_bytes());
    let commit = commit.expect("an object is written");
    let file = loose(folder, tree);
    fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is made");
    let is_read = [bytes, &stored(bytes)].map(|bytes| {
        // Object files are read-only.
        let _ = fs::remove_file(&file);
        fs::write(&file, bytes).expect("the file is written");
        is_listed(folder, commit)
    });
    fs::remove_file(&file).expect("it is there");
    is_read.contains(&true)
}

/// Trees that are accepted, and the honest content of an object file.
pub fn seeds() -> Vec<Vec<u8>> {
    let root = root();
    let whole = [format!("tree {}\0", root.len()).as_bytes(), &root].concat();
    vec![root, whole]
}

/// A bare repository in the folder, with the objects that trees name.
fn opened(folder: &Path) -> Repository {
    let place = place(folder);
    Repository::open_bare(&place).unwrap_or_else(|_| {
        let repository = Repository::init_bare(&place).expect("a repository");
        for (kind, bytes) in objects() {
            let database = repository.odb().expect("objects");
            database.write(kind, &bytes).expect("an object is written");
        }
        repository
    })
}

fn place(folder: &Path) -> PathBuf {
    folder.join("fuzzed.git")
}

/// A file, a link to it, and a folder with the file.
fn objects() -> [(ObjectType, Vec<u8>); 3] {
    let file = (ObjectType::Blob, b"text\n".to_vec());
    let below = entry("100644 a", &file);
    let link = (ObjectType::Blob, b"a".to_vec());
    [file, link, (ObjectType::Tree, below)]
}

/// A tree with an entry of each kind.
fn root() -> Vec<u8> {
    let [file, link, below] = objects();
    let module = (ObjectType::Commit, commit_of(Oid::ZERO_SHA1).into_bytes());
    let entries = [
        entry("100644 a", &file),
        entry("100755 b", &file),
        entry("40000 d", &below),
        entry("120000 l", &link),
        entry("160000 m", &module),
    ];
    entries.concat()
}

/// An entry of a tree.
fn entry(start: &str, (kind, bytes): &(ObjectType, Vec<u8>)) -> Vec<u8> {
    let id = Oid::hash_object(*kind, bytes).expect("an id");
    [start.as_bytes(), b"\0", id.as_bytes()].concat()
}

fn commit_of(tree: Oid) -> String {
    let who = "A <a@example.org> 0 +0000";
    format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nA commit\n")
}

fn loose(folder: &Path, id: Oid) -> PathBuf {
    let digits = id.to_string();
    let objects = place(folder).join("objects");
    objects.join(&digits[..2]).join(&digits[2..])
}

fn is_listed(folder: &Path, commit: Oid) -> bool {
    let repository = SourceRepository::open(&Location::Local(place(folder)));
    let Ok(repository) = repository else {
        return false;
    };
    let id = commit.to_string().parse().expect("40 digits");
    let limits = TreeLimits::default();
    let commit = repository.commit(&id);
    commit.is_ok_and(|commit| commit.list(None, limits).is_ok())
}

/// A zlib stream of these bytes, the first 65,535 at most (RFC 1950 and 1951, a stored block).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[..bytes.len().min(usize::from(u16::MAX))];
    let length = bytes.len() as u16;
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65521;
        (low, (high + low) % 65521)
    });
    let sum = high << 16 | low;
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(bytes);
    stream.extend(sum.to_be_bytes());
    stream
}
