//! Errors of a manifest: the location, what was expected, what was found, one hint.

use std::fmt;
use std::path::PathBuf;

use super::key_likeness::stands_for;
use crate::diagnostics::{Hint, SourceLocation};

/// Why a manifest cannot be used: all that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.first().map_or_else(String::new, ToString::to_string))]
pub struct ManifestError {
    problems: Vec<ManifestProblem>,
}

impl ManifestError {
    /// The error of problems, of which there is at least one.
    pub(super) fn new(mut problems: Vec<ManifestProblem>) -> Self {
        problems.sort_by_key(|problem| problem.location);
        Self { problems }
    }

    /// Every problem, in the order of the file; the error shows the first.
    pub fn problems(&self) -> &[ManifestProblem] {
        &self.problems
    }

    fn first(&self) -> Option<&ManifestProblem> {
        self.problems.first()
    }
}

impl Hint for ManifestError {
    fn hint(&self) -> Option<String> {
        self.first()?.hint.clone()
    }
}

/// One problem of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestProblem {
    /// The manifest's file.
    pub file: PathBuf,
    /// The location in the file, as far as it is known.
    pub location: Option<SourceLocation>,
    /// The key concerned, as `claims[2].tolerance`; empty for the whole file.
    pub path: String,
    /// The problem, as `expected …, found …`.
    pub problem: String,
    /// Suggested fix, if known.
    pub hint: Option<String>,
}

impl fmt::Display for ManifestProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(location) = self.location {
            write!(f, ":{location}")?;
        }
        f.write_str(": ")?;
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

/// A problem with the key at a path, before the file and the location are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub path: String,
    pub text: String,
    pub hint: Option<String>,
    /// The parser's location, for a problem with no key.
    pub location: Option<SourceLocation>,
    /// The path of the key that is missing or that the value refers to: where that one is wrong, this is no
    /// problem of its own.
    pub rests_on: Option<Box<str>>,
    /// Whether a key is missing in the mapping at the path.
    pub is_missing: bool,
}

impl Problem {
    pub fn at(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            hint: None,
            location: None,
            rests_on: None,
            is_missing: false,
        }
    }

    /// The problem that a key is missing in the mapping at `parent`.
    pub fn missing(parent: &str, key: &str) -> Self {
        let mut problem = Self::at(parent, format!("the key `{key}` is missing"));
        problem.rests_on = Some(match parent {
            "" => key.into(),
            parent => format!("{parent}.{key}").into(),
        });
        problem.is_missing = true;
        problem
    }

    /// Says to which other key the value refers.
    pub fn refers_to(mut self, path: &str) -> Self {
        self.rests_on = Some(path.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

/// Collects the problems of a manifest, so that all are told at once.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    /// The paths of keys that were left out since their shape is wrong.
    left_out: Vec<String>,
}

impl Problems {
    /// The problems of shape; what follows from one of them alone is not kept.
    pub fn of_shape(found: Vec<Problem>) -> Self {
        let left_out = found.iter().map(|problem| problem.path.clone()).collect();
        Self { found, left_out }
    }

    /// The value, or nothing and the problem is kept.
    pub fn keep<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(problem) => {
                if !self.follows(&problem) && !self.found.contains(&problem) {
                    self.found.push(problem);
                }
                None
            }
        }
    }

    /// Whether a problem is about a key that was left out, or about a mapping that lacks one.
    fn follows(&self, problem: &Problem) -> bool {
        let is_within = |inner: &str, outer: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        // A key that is misspelt is told as such, and not as missing too.
        let is_misspelt = |missing: &str, left_out: &str| {
            let (parent, key) = missing.rsplit_once('.').unwrap_or(("", missing));
            let (other, found) = left_out.rsplit_once('.').unwrap_or(("", left_out));
            // A key after a non-breaking space stands outside of its mapping.
            let plain = found.trim_matches(|c: char| c.is_whitespace());
            let is_elsewhere = found == key && parent != other;
            let is_source = missing == "experiment.metrics" && other == "metrics";
            is_elsewhere
                || is_source
                || plain != found && plain == key
                || parent == other && stands_for(parent, found, key)
        };
        let is_touched = |path: &str, left_out: &str| {
            is_within(path, left_out) || is_within(left_out, path) || is_misspelt(path, left_out)
        };
        let rests_on = problem.rests_on.as_deref();
        self.left_out.iter().any(|left_out| {
            rests_on.is_some_and(|path| is_touched(path, left_out))
                || !problem.is_missing
                    && !problem.path.is_empty()
                    && (is_within(left_out, &problem.path) || is_within(&problem.path, left_out))
        })
    }

    /// Whether a problem was found.
    pub fn is_any(&self) -> bool {
        !self.found.is_empty()
    }

    /// The problems in the order in which they were found.
    pub fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}
