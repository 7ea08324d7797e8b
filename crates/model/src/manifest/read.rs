//! Reading of a manifest's file.

use std::io::Read;
use std::path::Path;

use super::commit_id::CommitId;
use super::error::{ManifestError, ManifestProblem};
use super::parts::ManifestParts;
use super::rules;
use super::validated::Manifest;
use crate::diagnostics::SourceLocation;

/// Reads the manifest in `file` and checks its rules.
///
/// # Errors
/// All that is wrong with it: an unreadable file, text that is no YAML, an unknown or
/// missing key, a value of the wrong kind or out of its range.
pub fn read(file: &Path) -> Result<Manifest, ManifestError> {
    read_at(file, None)
}

/// Reads the manifest in `file`; `commit` is what it verifies where it states `commit: HEAD`.
///
/// # Errors
/// As of [`read`]; `commit: HEAD` without a commit; a pinned commit that is another one.
pub fn read_at(file: &Path, commit: Option<&CommitId>) -> Result<Manifest, ManifestError> {
    rules::manifest(file, &read_text(file)?, commit)
}

/// The parts that are right of a manifest in which others are wrong; none of a file that is no YAML mapping.
pub fn read_parts(file: &Path, commit: Option<&CommitId>) -> Option<ManifestParts> {
    rules::parts(file, &read_text(file).ok()?, commit)
}

/// The text of a manifest, of which at most one byte beyond the largest size is read.
///
/// # Errors
/// A file that cannot be read, is no UTF-8, or is a pipe, a socket or a device.
pub fn read_text(file: &Path) -> Result<String, ManifestError> {
    let failed = |problem: String, hint: Option<&str>| {
        ManifestError::new(vec![ManifestProblem {
            file: file.to_owned(),
            location: None,
            path: String::new(),
            problem,
            hint: hint.map(str::to_owned),
        }])
    };
    // One byte beyond the limit is enough to refuse a file that never ends.
    let limited = |open: std::fs::File| {
        let mut bytes = Vec::new();
        open.take(rules::MAX_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    };
    // A pipe without a writer would be waited for when it is opened.
    let is_special = |kind: std::fs::Metadata| !kind.is_file() && !kind.is_dir();
    if std::fs::metadata(file).is_ok_and(is_special) {
        let problem = "expected a file, found a pipe, a socket or a device".to_owned();
        return Err(failed(problem, Some("write the manifest to a file first")));
    }
    let bytes = std::fs::File::open(file)
        .and_then(limited)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::IsADirectory => {
                failed("expected a file, found a folder".to_owned(), None)
            }
            std::io::ErrorKind::NotFound => failed(
                "no such file".to_owned(),
                Some("give the path of a manifest, a YAML file"),
            ),
            _ => failed(format!("cannot be read: {error}"), None),
        })?;
    String::from_utf8(bytes).map_err(|error| no_utf8(file, error.as_bytes()))
}

/// The error of a file that is no UTF-8, at its first foreign byte.
fn no_utf8(file: &Path, bytes: &[u8]) -> ManifestError {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let before = String::from_utf8_lossy(&bytes[..valid]);
    let line = before.split('\n').next_back().unwrap_or_default();
    let (problem, hint) = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => (
            "expected UTF-8 text, found UTF-16".to_owned(),
            "save the file as UTF-8",
        ),
        _ => (
            format!(
                "expected UTF-8 text, found the byte 0x{:02X}",
                bytes.get(valid).copied().unwrap_or_default()
            ),
            "save the file as UTF-8: it is in another encoding, such as Latin-1",
        ),
    };
    ManifestError::new(vec![ManifestProblem {
        file: file.to_owned(),
        location: Some(SourceLocation {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }),
        path: String::new(),
        problem,
        hint: Some(hint.to_owned()),
    }])
}
