//! The full name of a commit.

use crate::diagnostics::Hint;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A git commit id: exactly 40 hexadecimal digits, kept and shown in lower case.
///
/// Branches, tags and short hashes are not commit ids: they may name something else tomorrow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(String);

impl CommitId {
    /// The 40 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a commit id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a commit id of 40 hexadecimal digits, found `{}`", found.escape_debug())]
pub struct ParseCommitIdError {
    /// The whole text.
    pub found: String,
}

impl Hint for ParseCommitIdError {
    fn hint(&self) -> Option<String> {
        let is_hex = self.found.chars().all(|c| c.is_ascii_hexdigit());
        (is_hex && self.found.len() == 64)
            .then_some(
                "64 digits are an id of a SHA-256 repository; only SHA-1 repositories can be read",
            )
            .map(str::to_owned)
    }
}

impl FromStr for CommitId {
    type Err = ParseCommitIdError;

    fn from_str(text: &str) -> Result<Self, ParseCommitIdError> {
        if text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(ParseCommitIdError {
            found: text.to_owned(),
        })
    }
}

impl Serialize for CommitId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CommitId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_digits_in_either_case_are_an_id() {
        let digits = "0123456789abcdef0123456789abcdef01234567";
        let id: CommitId = digits.to_uppercase().parse().unwrap();
        assert_eq!(id.to_string(), digits);
        assert_eq!(
            serde_json::from_str::<CommitId>(&serde_json::to_string(&id).unwrap()).unwrap(),
            id
        );
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "main",
            "v1.0",
            "0123456",
            "0123456789abcdef0123456789abcdef0123456g",
            "",
            "é123456789abcdef0123456789abcdef012345",
        ] {
            let error = text.parse::<CommitId>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("expected a commit id of 40 hexadecimal digits, found `{text}`")
            );
            assert_eq!(error.hint(), None);
        }
        let error = "ab".repeat(32).parse::<CommitId>().unwrap_err();
        assert_eq!(
            error.hint().as_deref(),
            Some(
                "64 digits are an id of a SHA-256 repository; only SHA-1 repositories can be read"
            )
        );
    }
}
