//! The environment of a program: its kinds, and the rules by which a manifest states one.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::inner_path;
use super::data::Data;
use super::error::Problem;
use super::schema;
use crate::diagnostics::nearest_hint;

/// Environment that provides a program's dependencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// A lock file of uv.
    Uv(PathBuf),
    /// A standard lock file of Python (PEP 751).
    Pylock(PathBuf),
    /// A requirements file of pip, and whether lines without an exact version are accepted.
    Pip(PathBuf, Unpinned),
    /// A lock file of cargo.
    Cargo(PathBuf),
    /// The programs and packages that are installed on the machine.
    Installed,
}

/// Whether requirements without an exact version are accepted, as a deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpinned {
    /// They are refused (the default).
    Refused,
    /// They are accepted and recorded as a deviation.
    Accepted,
}

/// A manifest's `environment`: exactly one kind, and settings that some kinds have.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = schema::one_of(["uv", "pylock", "pip", "cargo", "none"])))]
#[serde(deny_unknown_fields)]
pub(super) struct EnvironmentDoc {
    /// A lock file of uv.
    #[schemars(example = &"uv.lock")]
    uv: Option<String>,
    /// A standard lock file of Python (PEP 751).
    #[schemars(example = &"pylock.toml")]
    pylock: Option<String>,
    /// A requirements file of pip.
    #[schemars(example = &"requirements.txt")]
    pip: Option<String>,
    /// A lock file of cargo.
    #[schemars(example = &"Cargo.lock")]
    cargo: Option<String>,
    /// `true`: what is installed on the machine, recorded as a deviation.
    #[schemars(extend("enum" = [true, null]))]
    none: Option<bool>,
    /// Whether requirements without an exact version are accepted, as a deviation.
    #[schemars(extend("default" = false))]
    unpinned: Option<bool>,
    /// The entry of `data` whose file takes the place of the lock file.
    supplied: Option<String>,
}

/// An example of each kind, for messages.
pub(super) const EXAMPLES: &str = "`{uv: uv.lock}`, `{pylock: pylock.toml}`, `{pip: requirements.txt}`, `{cargo: Cargo.lock}` or `{none: true}`";

/// The key of each kind, for messages.
const KEYS: &str = "`uv`, `pylock`, `pip`, `cargo`, `none: true`";

/// The keys of the kinds that have a lock file, for messages.
const LOCKING_KEYS: &str = "`uv`, `pylock`, `pip` or `cargo`";

const PATH: &str = "experiment.environment";

/// The environment, and the data entry whose file takes the place of its lock file.
pub(super) fn environment(
    doc: EnvironmentDoc,
    data: &IndexMap<String, Data>,
) -> Result<(Environment, Option<String>), Problem> {
    let supplied = supplied(doc.supplied.clone(), data)?;
    let environment = kind(doc)?;
    if environment == Environment::Installed && supplied.is_some() {
        return Err(Problem::at(
            format!("{PATH}.supplied"),
            format!("`supplied` belongs to {LOCKING_KEYS}: `none: true` has no lock file"),
        ));
    }
    Ok((environment, supplied))
}

fn kind(doc: EnvironmentDoc) -> Result<Environment, Problem> {
    let unpinned = if doc.unpinned == Some(true) {
        Unpinned::Accepted
    } else {
        Unpinned::Refused
    };
    let wrong = || {
        let problem = Problem::at(PATH, format!("expected exactly one of {KEYS}"));
        problem.hint(format!("write {EXAMPLES}"))
    };
    let file = |text: &String, key: &str| {
        let path = format!("{PATH}.{key}");
        inner_path(text, &path).and_then(|file| of_kind(&file, key, &path).map(|()| file))
    };
    let uv = |lock| Ok(Environment::Uv(file(lock, "uv")?));
    let pylock = |lock| Ok(Environment::Pylock(file(lock, "pylock")?));
    let pip = |list| Ok(Environment::Pip(file(list, "pip")?, unpinned));
    let cargo = |lock| Ok(Environment::Cargo(file(lock, "cargo")?));
    let none = |is_none: bool| is_none.then_some(Environment::Installed).ok_or_else(wrong);
    let kinds = [
        doc.uv.as_ref().map(uv),
        doc.pylock.as_ref().map(pylock),
        doc.pip.as_ref().map(pip),
        doc.cargo.as_ref().map(cargo),
        doc.none.map(none),
    ];
    let mut stated = kinds.into_iter().flatten();
    match (stated.next(), stated.next()) {
        (Some(kind), None) => kind,
        (Some(_), Some(_)) | (None, _) => Err(wrong()),
    }
}

/// Refuses a file that another kind reads, or that is no list of versions.
fn of_kind(file: &Path, key: &str, path: &str) -> Result<(), Problem> {
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let kind = match name {
        "uv.lock" => "uv",
        "Cargo.lock" => "cargo",
        _ if name.starts_with("pylock.") => "pylock",
        _ if name.ends_with(".txt") => "pip",
        _ => "",
    };
    let shown = file.display();
    let hint = match (key, name) {
        _ if !kind.is_empty() && kind != key => format!("write `{{{kind}: {shown}}}`"),
        ("uv" | "pip" | "pylock", "pyproject.toml") => {
            "name the lock file that `uv lock` writes: `{uv: uv.lock}`".to_owned()
        }
        ("cargo", "Cargo.toml") => "name its lock file: `{cargo: Cargo.lock}`".to_owned(),
        ("uv" | "pip" | "pylock", _) if name.ends_with(".yml") || name.ends_with(".yaml") => {
            "export the packages to a requirements file with exact versions, and name it under `pip`".to_owned()
        }
        _ => return Ok(()),
    };
    let what = match key {
        "uv" => "a lock file of uv",
        "cargo" => "a lock file of cargo",
        "pylock" => "a file `pylock.toml`",
        _ => "a requirements file of pip",
    };
    Err(Problem::at(path, format!("expected {what}, found `{shown}`")).hint(hint))
}

/// The data entry that stands in for a lock file.
fn supplied(
    entry: Option<String>,
    data: &IndexMap<String, Data>,
) -> Result<Option<String>, Problem> {
    match entry {
        Some(entry) if !data.contains_key(&entry) => {
            let found = entry.escape_default();
            let problem = Problem::at(
                format!("{PATH}.supplied"),
                format!("expected the name of an entry of `data`, found `{found}`"),
            );
            Err(problem.maybe_hint(nearest_hint(&entry, data.keys().map(String::as_str))))
        }
        entry => Ok(entry),
    }
}
