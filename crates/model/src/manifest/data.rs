//! Data files and folders.

use serde::Serialize;

use super::code::Origin;
use crate::digest::Sha256Digest;

/// A data file or folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Data {
    /// Where it is.
    pub origin: Origin,
    /// Its digest: of the file's bytes, or of the folder's listing.
    pub sha256: Sha256Digest,
    /// Its size, when the manifest pins it; checked before the digest.
    pub bytes: Option<u64>,
}
