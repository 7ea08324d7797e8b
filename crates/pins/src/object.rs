//! Objects of a git repository, each hashed again by us before its bytes are believed.
//!
//! libgit2 verifies hashes too while a process-wide option stands at its default; this module
//! does not depend on that option.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use git2::{ErrorCode, ObjectType, Odb, Oid, Repository};

use super::blob_hash::{self, CopyError};
use super::loose::{self, LONGEST_HEADER};
use super::pack;

/// Why an object's bytes cannot be had or believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// The repository does not have the object.
    #[error("{at}: {kind} {id} is not in the repository")]
    Absent {
        /// What was looked for, in the user's words: a path in the tree or `the commit`.
        at: String,
        /// The object's id.
        id: Oid,
        /// The type that was expected.
        kind: ObjectType,
    },
    /// The bytes stored under the id hash to another one.
    #[error("{at}: expected {kind} {id}, found bytes that hash to {}", found.map_or_else(|| "something else".to_owned(), |id| id.to_string()))]
    Forged {
        /// What was looked for.
        at: String,
        /// The id that was asked for.
        id: Oid,
        /// The id of the bytes that are there, where it is known.
        found: Option<Oid>,
        /// The type that was expected.
        kind: ObjectType,
    },
    /// The id names an object of another type.
    #[error("{at}: expected a {kind}, found that {id} is a {found}")]
    Kind {
        /// What was looked for.
        at: String,
        /// The object's id.
        id: Oid,
        /// The type that was expected.
        kind: ObjectType,
        /// The type that it has.
        found: ObjectType,
    },
    /// The object is there but cannot be read: cut short, or not what git writes.
    #[error("{at}: {kind} {id} cannot be read: {problem}")]
    Unreadable {
        /// What was looked for.
        at: String,
        /// The object's id.
        id: Oid,
        /// The type that was expected.
        kind: ObjectType,
        /// What is wrong with it.
        problem: String,
    },
}

/// Why a blob was not copied.
#[derive(Debug)]
pub(super) enum BlobError {
    /// It cannot be had or believed.
    Object(ObjectError),
    /// It cannot be written.
    Target(io::Error),
}

impl From<ObjectError> for BlobError {
    fn from(error: ObjectError) -> Self {
        Self::Object(error)
    }
}

/// Blobs of up to this many bytes are read at once.
const SMALL_BLOB: u64 = 1 << 20;
/// Blobs above this many bytes git itself never stores as a difference from another object
/// (`core.bigFileThreshold`); putting one together takes its size in memory.
const LARGEST_DIFFERENCE: u64 = 512 << 20;
/// No honest commit, tag or folder listing is larger, in bytes.
const LARGEST_STRUCTURE: u64 = 64 << 20;

/// The objects of a repository.
pub(super) struct ObjectStore<'r> {
    odb: Odb<'r>,
    loose_folders: Vec<PathBuf>,
}

impl<'r> ObjectStore<'r> {
    /// The objects of this repository, none of them read yet.
    pub fn of(repository: &'r Repository) -> Result<Self, git2::Error> {
        Ok(Self {
            odb: repository.odb()?,
            loose_folders: loose::folders(repository),
        })
    }

    /// The size in bytes that the repository states for an object of this type, before it is read.
    ///
    /// # Errors
    /// [`ObjectError`] when it is absent, unreadable or of another type.
    pub fn size(&self, id: Oid, kind: ObjectType, at: &str) -> Result<u64, ObjectError> {
        self.refuse_damaged(id, kind, at, LONGEST_HEADER)?;
        // git2 0.21 panics on a type that git does not have, which a damaged pack may state.
        let header = catch_unwind(AssertUnwindSafe(|| self.odb.read_header(id)));
        let (size, found) = match header {
            Ok(header) => header.map_err(|error| explain(&error, id, kind, at))?,
            Err(_) => {
                let problem = "its type is unknown to git".to_owned();
                return Err(ObjectError::Unreadable {
                    at: at.to_owned(),
                    id,
                    kind,
                    problem,
                });
            }
        };
        expect_kind(id, kind, found, at)?;
        Ok(size as u64)
    }

    /// The bytes of an object of this type, verified against its id.
    ///
    /// # Errors
    /// [`ObjectError`] when it is absent, unreadable, of another type, or its bytes are not the id's.
    pub fn read(&self, id: Oid, kind: ObjectType, at: &str) -> Result<Vec<u8>, ObjectError> {
        let size = self.size(id, kind, at)?;
        self.read_sized(id, kind, at, size)
    }

    /// The verified bytes of an object whose stated size is known.
    fn read_sized(
        &self,
        id: Oid,
        kind: ObjectType,
        at: &str,
        size: u64,
    ) -> Result<Vec<u8>, ObjectError> {
        if kind != ObjectType::Blob && size > LARGEST_STRUCTURE {
            let problem = format!("it has {size} bytes");
            return Err(ObjectError::Unreadable {
                at: at.to_owned(),
                id,
                kind,
                problem,
            });
        }
        self.refuse_damaged(id, kind, at, size.saturating_add(LONGEST_HEADER))?;
        let object = self
            .odb
            .read(id)
            .map_err(|error| explain(&error, id, kind, at))?;
        let found = Oid::hash_object(object.kind(), object.data())
            .map_err(|error| explain(&error, id, kind, at))?;
        if found != id {
            return Err(ObjectError::Forged {
                at: at.to_owned(),
                id,
                found: Some(found),
                kind,
            });
        }
        expect_kind(id, kind, object.kind(), at)?;
        Ok(object.data().to_vec())
    }

    /// Copies the bytes of a blob, verified against its id after the last of them. Large blobs pass
    /// as a stream.
    ///
    /// # Errors
    /// [`BlobError`] when the blob is absent, unreadable or forged, or `to` cannot be written.
    pub fn copy_blob(&self, id: Oid, at: &str, mut to: impl Write) -> Result<(), BlobError> {
        let size = self.size(id, ObjectType::Blob, at)?;
        if size <= SMALL_BLOB {
            let bytes = self.read_sized(id, ObjectType::Blob, at, size)?;
            return to.write_all(&bytes).map_err(BlobError::Target);
        }
        let unreadable = |problem: String| ObjectError::Unreadable {
            at: at.to_owned(),
            id,
            kind: ObjectType::Blob,
            problem,
        };
        let copied = if let Some(loose) = loose::blob(&self.loose_folders, id) {
            blob_hash::copy(loose, to, size)
        } else if let Some(packed) = pack::whole_blob(&self.loose_folders, id) {
            blob_hash::copy(packed, to, size)
        } else if size > LARGEST_DIFFERENCE {
            let problem = format!("it has {size} bytes and is stored as a difference");
            return Err(unreadable(problem).into());
        } else {
            let object = self.odb.read(id);
            let object = object.map_err(|error| explain(&error, id, ObjectType::Blob, at))?;
            blob_hash::copy(object.data(), to, size)
        };
        match copied {
            Ok((found, bytes)) if found == Some(id) && bytes == size => Ok(()),
            Ok((found, _)) => Err(ObjectError::Forged {
                at: at.to_owned(),
                id,
                found,
                kind: ObjectType::Blob,
            }
            .into()),
            Err(CopyError::Source(error)) => Err(unreadable(error.to_string()).into()),
            Err(CopyError::Target(error)) => Err(BlobError::Target(error)),
        }
    }

    /// The full id of the only object that starts with these hexadecimal digits.
    pub fn complete(&self, digits: &str) -> Option<Oid> {
        let prefix = Oid::from_str(digits).ok()?;
        self.odb.exists_prefix(prefix, digits.len()).ok()
    }

    /// The commit that an object is, or that a tag leads to.
    pub fn commit_of(&self, mut id: Oid) -> Option<Oid> {
        // Tags of tags of tags: nobody means more.
        for _ in 0..8 {
            match self.read(id, ObjectType::Commit, "") {
                Ok(_) => return Some(id),
                Err(ObjectError::Kind { found, .. }) => {
                    if found != ObjectType::Tag {
                        return None;
                    }
                    let tag = self.read(id, ObjectType::Tag, "").ok()?;
                    id = id_after(&tag, b"object ")?;
                }
                Err(
                    ObjectError::Absent { .. }
                    | ObjectError::Forged { .. }
                    | ObjectError::Unreadable { .. },
                ) => return None,
            }
        }
        None
    }

    fn refuse_damaged(
        &self,
        id: Oid,
        kind: ObjectType,
        at: &str,
        needed: u64,
    ) -> Result<(), ObjectError> {
        match loose::fault(&self.loose_folders, id, needed) {
            Some(problem) => Err(ObjectError::Unreadable {
                at: at.to_owned(),
                id,
                kind,
                problem,
            }),
            None => Ok(()),
        }
    }
}

/// The id that follows a keyword at the start of a commit or tag.
pub(super) fn id_after(bytes: &[u8], keyword: &[u8]) -> Option<Oid> {
    let digits = std::str::from_utf8(bytes.strip_prefix(keyword)?.get(..40)?).ok()?;
    Oid::from_str(digits).ok()
}

fn expect_kind(id: Oid, kind: ObjectType, found: ObjectType, at: &str) -> Result<(), ObjectError> {
    if kind == found {
        return Ok(());
    }
    Err(ObjectError::Kind {
        at: at.to_owned(),
        id,
        kind,
        found,
    })
}

/// Our words for what libgit2 says.
fn explain(error: &git2::Error, id: Oid, kind: ObjectType, at: &str) -> ObjectError {
    let at = at.to_owned();
    match error.code() {
        ErrorCode::NotFound => ObjectError::Absent { at, id, kind },
        // "object hash mismatch - expected <id> but got <id>"
        ErrorCode::HashsumMismatch => {
            let found = error
                .message()
                .rsplit(' ')
                .next()
                .and_then(|last| Oid::from_str(last).ok());
            ObjectError::Forged {
                at,
                id,
                found,
                kind,
            }
        }
        _ => ObjectError::Unreadable {
            at,
            id,
            kind,
            problem: error.message().to_owned(),
        },
    }
}

/// One line of a tree object, as it stands there; its name is unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawEntry {
    /// The mode, such as `0o100644`.
    pub mode: u32,
    /// The bytes of the name.
    pub name: Vec<u8>,
    /// The id of the entry's object.
    pub id: Oid,
}

/// The entries of a tree object: `<mode in octal> <name>\0<20 bytes of id>`, repeated; `None` if
/// the bytes are anything else.
///
/// Parsed here and not by libgit2 so that every name is seen exactly as it is stored.
pub(super) fn tree_entries(mut bytes: &[u8]) -> Option<Vec<RawEntry>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ')?;
        let mode = u32::from_str_radix(std::str::from_utf8(&bytes[..space]).ok()?, 8).ok()?;
        let rest = &bytes[space + 1..];
        let nul = rest.iter().position(|byte| *byte == 0)?;
        let id = rest.get(nul + 1..nul + 21)?;
        entries.push(RawEntry {
            mode,
            name: rest[..nul].to_vec(),
            id: Oid::from_bytes(id).ok()?,
        });
        bytes = &rest[nul + 21..];
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_name_by_name() {
        let mut bytes = b"100644 a\0".to_vec();
        bytes.extend_from_slice(&[7; 20]);
        bytes.extend_from_slice(b"40000 b\xff\0");
        bytes.extend_from_slice(&[8; 20]);
        let entries = tree_entries(&bytes).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(
            (entries[0].mode, entries[0].name.as_slice()),
            (0o100644, &b"a"[..])
        );
        assert_eq!(
            (entries[1].mode, entries[1].name.as_slice()),
            (0o40000, &b"b\xff"[..])
        );
        assert_eq!(entries[1].id.as_bytes(), [8; 20]);
    }

    #[test]
    fn every_cut_through_a_tree_is_noticed() {
        let mut bytes = b"100644 a\0".to_vec();
        bytes.extend_from_slice(&[7; 20]);
        for end in 1..bytes.len() {
            assert_eq!(tree_entries(&bytes[..end]), None, "cut at {end}");
        }
        assert_eq!(tree_entries(b""), Some(vec![]));
        assert_eq!(tree_entries(b"99 a\0aaaaaaaaaaaaaaaaaaaa"), None);
    }
}
