//! Keys that a mapping does not have, with the key that is meant.

use super::error::Problem;
use super::key_likeness::split_at_colon;
use super::key_names::{belongs, synonym};
use crate::diagnostics::{backticked, nearest};

/// The problem that the mapping at `parent` has no such key.
pub(super) fn unknown_key(parent: &str, found: &str, known: &[&str]) -> Problem {
    let path = match parent {
        "" => found.to_owned(),
        parent => format!("{parent}.{found}"),
    };
    Problem::at(path, "unknown key").hint(hint(parent, found, known))
}

fn hint(parent: &str, found: &str, known: &[&str]) -> String {
    let plain = found.trim_matches(|c: char| c.is_whitespace());
    if plain != found && found.contains(|c: char| !c.is_ascii() && c.is_whitespace()) {
        return "the key begins or ends with a non-breaking space: type plain spaces".to_owned();
    }
    if let Some((name, value)) = split_at_colon(found).filter(|(name, _)| known.contains(name)) {
        return format!("put a space after the colon: `{name}: {value}`");
    }
    if found == "<<" {
        return "merge keys are not used here: write the values out".to_owned();
    }
    if let Some(hint) = of_environment(parent, found) {
        return hint;
    }
    if let Some(key) = synonym(parent, found, known) {
        return with_more(parent, found, key);
    }
    if let Some(place) = belongs(found).filter(|_| !known.contains(&found)) {
        return format!("`{found}` belongs {place}");
    }
    match nearest(found, known.iter().copied()) {
        Some(key) => format!("the nearest is `{key}`"),
        None => format!("expected one of {}", backticked(known.iter().copied())),
    }
}

/// The key that is meant, with what else changes where its value is another.
fn with_more(parent: &str, found: &str, key: &str) -> String {
    match (parent, key, found) {
        ("seeds", "count", "last" | "to" | "end" | "stop") => {
            "write `count`, the number of seeds: `{first: 1, count: 10}`".to_owned()
        }
        ("decision", "alpha", "confidence" | "confidence_level" | "level") => {
            "write `alpha`, 1 minus the confidence, as in `alpha: 0.05`".to_owned()
        }
        (_, "sha256", "md5" | "sha1" | "sha512") => {
            "write `sha256`, the 64 digits that `sha256sum FILE` prints".to_owned()
        }
        (_, "better", _) => "write `better: higher` or `better: lower`".to_owned(),
        (_, "commit", "branch" | "tag" | "ref" | "version") => {
            "write `commit`, the 40 digits that `git rev-parse NAME^{commit}` prints".to_owned()
        }
        (_, "limits", _) => "write `limits: {time: 10 min}`".to_owned(),
        ("", "reprove", _) => "write `reprove: 1`, the version of the manifest".to_owned(),
        (_, "relative", "percent" | "pct") => "write `relative`, as in `relative: 2%`".to_owned(),
        (_, key, _) => format!("write `{key}`"),
    }
}

/// The hint for a kind of environment that is not read.
fn of_environment(parent: &str, found: &str) -> Option<String> {
    if parent != "experiment.environment" {
        return None;
    }
    let hint = match found {
        "conda" | "mamba" | "poetry" | "pipenv" | "pdm" => {
            "export the packages to a requirements file with exact versions and name it under `pip`, or write \
             `{none: true}` for what is installed here"
        }
        "docker" | "image" | "container" | "apptainer" | "singularity" | "nix" => {
            "name the lock file of the packages, as in `{uv: uv.lock}`, or write `{none: true}` for what is installed \
             here"
        }
        "python" => "the lock file says the version of Python: write `{uv: uv.lock}`",
        _ => return None,
    };
    Some(hint.to_owned())
}
