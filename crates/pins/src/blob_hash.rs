//! The id of a blob, computed while its bytes pass.

use std::io::{self, Read, Write};

use git2::Oid;
use sha1::{Digest, Sha1};

/// The hash of a git object: SHA-1 of `<kind> <size>\0` and the bytes.
pub(super) struct BlobHash(Sha1);

impl BlobHash {
    /// Of a blob of this many bytes.
    pub fn new(bytes: u64) -> Self {
        Self(Sha1::new_with_prefix(format!("blob {bytes}\0")))
    }

    /// The id after all bytes have passed.
    pub fn finish(self) -> Option<Oid> {
        Oid::from_bytes(&self.0.finalize()).ok()
    }
}

/// Copies all bytes, 256 KiB at a time, and hashes them as a blob of `bytes` bytes. Returns the id
/// and how many bytes there were.
///
/// # Errors
/// [`CopyError`], which tells a source that cannot be read from a target that cannot be written.
pub(super) fn copy(
    mut from: impl Read,
    mut to: impl Write,
    bytes: u64,
) -> Result<(Option<Oid>, u64), CopyError> {
    let mut hash = BlobHash::new(bytes);
    let mut buffer = vec![0; 256 << 10];
    let mut copied = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Source(error)),
        };
        hash.0.update(&buffer[..read]);
        to.write_all(&buffer[..read]).map_err(CopyError::Target)?;
        copied += read as u64;
    }
    Ok((hash.finish(), copied))
}

/// Why bytes were not copied.
#[derive(Debug)]
pub(super) enum CopyError {
    /// They cannot be read.
    Source(io::Error),
    /// They cannot be written.
    Target(io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use git2::ObjectType;

    #[test]
    fn the_id_is_gits() {
        for bytes in [&b""[..], b"hello\n", &[7; 600_000]] {
            let (id, copied) = copy(bytes, io::sink(), bytes.len() as u64).unwrap();
            assert_eq!(id, Oid::hash_object(ObjectType::Blob, bytes).ok());
            assert_eq!(copied, bytes.len() as u64);
        }
        let of_other_size = copy(&b"hello\n"[..], io::sink(), 7).unwrap();
        assert_ne!(
            of_other_size.0,
            Oid::hash_object(ObjectType::Blob, b"hello\n").ok()
        );
    }
}
