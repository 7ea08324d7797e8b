//! Where a reported value is printed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Sha256Digest;

/// The place in a file where a reported value is printed.
///
/// It is shown beside the claim and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimSource {
    /// The file, relative to the manifest.
    pub file: String,
    /// The line, counted from 1.
    pub line: u64,
    /// The column in characters, counted from 1.
    pub column: u64,
    /// The text that is printed there, white space as one space each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<String>,
    /// The digest of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
}

impl fmt::Display for ClaimSource {
    /// Writes `FILE:LINE:COLUMN`, and the printed text behind it where it is stated.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)?;
        match &self.printed {
            Some(printed) => write!(f, " \"{printed}\""),
            None => Ok(()),
        }
    }
}
