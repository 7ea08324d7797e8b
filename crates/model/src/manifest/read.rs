//! Reading of a manifest's file.

use std::io::Read;
use std::path::Path;

use super::error::{ManifestError, ManifestProblem};
use super::rules;
use super::validated::Manifest;

/// Reads the manifest in `file` and checks its rules.
///
/// # Errors
/// All that is wrong with it: an unreadable file, text that is no YAML, an unknown or
/// missing key, a value of the wrong kind or out of its range.
pub fn read(file: &Path) -> Result<Manifest, ManifestError> {
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
    let text = String::from_utf8(bytes).map_err(|error| {
        failed(
            format!(
                "expected UTF-8 text, found another byte at offset {}",
                error.utf8_error().valid_up_to()
            ),
            None,
        )
    })?;
    rules::manifest(file, &text)
}
