//! The pins of a manifest as they are written: they may be wrong, old or missing.

use std::path::{Path, PathBuf};

use super::code::Origin;
use super::code_rules::HEAD;
use super::commit_id::CommitId;
use super::common::{Context, required};
use super::error::{ManifestError, Problem, Problems};
use super::origin_rules::{data_origin, repository as repository_of};
use super::{read, rules};
use crate::diagnostics::{YamlLocations, with_scalar};
use crate::digest::Sha256Digest;

/// The pins that a manifest states.
#[derive(Debug, Clone)]
pub struct StatedPins {
    /// The manifest's file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// Where the repository is.
    pub repository: Origin,
    /// The commit as it is written.
    pub commit: Option<String>,
    /// The data, in the order of the manifest.
    pub data: Vec<StatedData>,
}

/// The pin of one data entry.
#[derive(Debug, Clone)]
pub struct StatedData {
    /// The entry's name.
    pub name: String,
    /// Where the file or folder is.
    pub origin: Origin,
    /// The digest as it is written.
    pub sha256: Option<String>,
    /// The size in bytes, if it is stated.
    pub bytes: Option<u64>,
}

impl StatedPins {
    /// Reads the pins of the manifest in `file`. Problems elsewhere in it are no obstacle.
    ///
    /// # Errors
    /// A file that cannot be read, text that is no YAML, a repository or data entry that names no place.
    pub fn read(file: &Path) -> Result<Self, ManifestError> {
        let text = read::read_text(file)?;
        let plain = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let locations = YamlLocations::read(plain);
        let failed = |problems| rules::error(file, &locations, problems);
        let shaped = rules::shaped(plain, &locations).map_err(failed)?;
        let Some(document) = shaped.document else {
            return Err(failed(shaped.problems));
        };
        let of_pins = |problem: &Problem| {
            problem.path.starts_with("code") || problem.path.starts_with("data")
        };
        let mut problems =
            Problems::of_shape(shaped.problems.into_iter().filter(of_pins).collect());
        let context = Context {
            folder: file.parent().unwrap_or(Path::new("")),
            locations: &locations,
            commit: None,
        };
        let code = problems.keep(required(document.code, "", "code", "`{repository: PATH}`"));
        let (repository, commit) = code.map_or((None, None), |code| (code.repository, code.commit));
        let what = "a path or an https, ssh or file URL";
        let repository = required(repository, "code", "repository", what)
            .and_then(|text| repository_of(&text, &context));
        let repository = problems.keep(repository);
        let mut data = Vec::new();
        for (name, doc) in document.data {
            let origin = data_origin(doc.path, doc.url, &format!("data.{name}"), &context);
            let Some(origin) = problems.keep(origin) else {
                continue;
            };
            data.push(StatedData {
                name,
                origin,
                sha256: doc.sha256,
                bytes: doc.bytes,
            });
        }
        match repository {
            Some(repository) if !problems.is_any() => Ok(Self {
                file: file.to_owned(),
                text,
                repository,
                commit,
                data,
            }),
            Some(_) | None => Err(failed(problems.into_vec())),
        }
    }

    /// Whether the commit is given with each verification.
    pub fn is_head(&self) -> bool {
        self.commit.as_deref() == Some(HEAD)
    }

    /// The text with another commit; `None` where it cannot be written in its place.
    pub fn with_commit(text: &str, commit: &CommitId) -> Option<String> {
        with_scalar(text, "code", "commit", commit.as_str())
    }

    /// The text with another digest of a data entry, and its size where one is stated.
    pub fn with_data(
        text: &str,
        data: &StatedData,
        sha256: Sha256Digest,
        bytes: u64,
    ) -> Option<String> {
        let entry = format!("data.{}", data.name);
        let text = with_scalar(text, &entry, "sha256", &sha256.to_string())?;
        match data.bytes {
            Some(_) => with_scalar(&text, &entry, "bytes", &bytes.to_string()),
            None => Some(text),
        }
    }
}
