//! What a shell is told of the words on a line: manifests, claims and codes.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter as _};

/// Bytes of a file at most that are read to see whether it is a manifest.
const MOST_BYTES: u64 = 1 << 20;

/// Manifests and folders: YAML files that have the key `reprove`.
pub fn manifests(typed: &OsStr) -> Vec<CompletionCandidate> {
    PathCompleter::any()
        .filter(|path| path.is_dir() || is_manifest(path))
        .complete(typed)
}

/// The ids of the claims of the manifests that stand on the line.
pub fn claims(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let ids = line()
        .into_iter()
        .filter_map(|word| ids(Path::new(&word)))
        .flatten();
    ids.filter(|id| id.starts_with(&*typed))
        .map(CompletionCandidate::new)
        .collect()
}

/// The words of the line that a shell asks about.
fn line() -> Vec<OsString> {
    let words = std::env::args_os();
    words.skip_while(|word| word != "--").skip(1).collect()
}

/// The text of a YAML file that is no larger than a manifest may be.
fn yaml(path: &Path) -> Option<String> {
    let is_yaml = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    if !is_yaml || !path.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(path)
        .ok()?
        .take(MOST_BYTES)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}

fn is_manifest(path: &Path) -> bool {
    yaml(path).is_some_and(|text| text.lines().any(|line| line.starts_with("reprove:")))
}

/// The ids of the claims of a manifest; none where the file is no manifest.
fn ids(path: &Path) -> Option<Vec<String>> {
    let text = yaml(path)?;
    let value: serde_yaml::Value = serde_yaml::from_str(&text).ok()?;
    value.get("reprove")?;
    let claims = value.get("claims")?.as_sequence()?.iter();
    Some(
        claims
            .filter_map(|claim| claim.get("id")?.as_str().map(str::to_owned))
            .collect(),
    )
}

/// The ids of the claims of the manifests that stand on the line, and the codes of results.
pub fn claims_and_codes(typed: &OsStr) -> Vec<CompletionCandidate> {
    let text = typed.to_string_lossy().into_owned();
    let codes = crate::explain::all().into_iter().map(|entry| entry.code);
    let codes: BTreeSet<&str> = codes.filter(|code| code.starts_with(&text)).collect();
    claims(typed)
        .into_iter()
        .chain(codes.into_iter().map(CompletionCandidate::new))
        .collect()
}
