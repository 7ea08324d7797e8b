//! Errors of a manifest: the location, what was expected, what was found, one hint.

use std::fmt;
use std::path::PathBuf;

use crate::diagnostics::{Hint, SourceLocation, nearest_or_all};

/// Why a manifest cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
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

impl Hint for ManifestError {
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

impl fmt::Display for ManifestError {
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

impl std::error::Error for ManifestError {}

/// A problem with the key at a path, before the file and the location are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub path: String,
    pub text: String,
    pub hint: Option<String>,
    /// The parser's location, for a problem with no key.
    pub location: Option<SourceLocation>,
}

impl Problem {
    pub fn at(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            hint: None,
            location: None,
        }
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

/// The problem behind an error of serde: converted to our error format.
pub(super) fn from_serde(error: &serde_path_to_error::Error<serde_yaml::Error>) -> Problem {
    let mut path = error.path().to_string();
    if path == "." {
        path.clear();
    }
    // serde_yaml puts its own path in front and its location at the end; both are known better here.
    let text = error.inner().to_string();
    let text = match text.rsplit_once(" at line ") {
        Some((text, place)) if place.contains(" column ") => text,
        _ => &text,
    };
    if let Some((_, rest)) = text.split_once("unknown field ") {
        return unknown_field(&path, rest);
    }
    for kind in ["invalid type: ", "invalid value: ", "invalid length "] {
        if let Some((found, expected)) = text
            .split_once(kind)
            .and_then(|(_, rest)| rest.rsplit_once(", expected "))
        {
            let expected = in_yaml_words(expected);
            let found = if kind == "invalid length " {
                format!("a list of {found}")
            } else {
                shortened(&in_yaml_words(found))
            };
            return Problem::at(path, format!("expected {expected}, found {found}"));
        }
    }
    let mut problem = Problem::at(path, format!("expected YAML: {text}"));
    problem.location = error.inner().location().map(|at| SourceLocation {
        line: at.line(),
        column: at.column(),
    });
    problem
}

/// The first 80 characters, so that the end of the message stays in sight.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn unknown_field(path: &str, rest: &str) -> Problem {
    let mut names = rest.split('`').skip(1).step_by(2);
    let found = names.next().unwrap_or_default().to_owned();
    let known: Vec<&str> = names.collect();
    // The path of serde ends at the unknown key itself.
    let parent = path
        .strip_suffix(&found)
        .map_or(path, |p| p.trim_end_matches('.'));
    let full = if parent.is_empty() {
        found.clone()
    } else {
        format!("{parent}.{found}")
    };
    Problem::at(full, "unknown key").hint(nearest_or_all(&found, known))
}

/// serde's words for kinds of values, in the words of YAML.
fn in_yaml_words(text: &str) -> String {
    let words = [
        ("floating point ", "the number "),
        ("integer ", "the number "),
        ("string ", "the text "),
        ("boolean ", ""),
        ("unit value", "nothing"),
        ("sequence", "a list"),
        ("map", "a mapping"),
        ("struct ", "a mapping "),
    ];
    for (from, to) in words {
        if let Some(rest) = text.strip_prefix(from) {
            let rest = if from == "struct " { "" } else { rest };
            let rest = rest.strip_suffix(" as u128").unwrap_or(rest);
            let rest = rest.strip_suffix(" as i128").unwrap_or(rest);
            return format!("{to}{rest}").trim_end().to_owned();
        }
    }
    match text {
        "f64" => "a number".to_owned(),
        "a string" => "a text".to_owned(),
        "u64" => "a whole number from 0 to 18446744073709551615".to_owned(),
        "u32" => "a whole number from 0 to 4294967295".to_owned(),
        "u8" => "a whole number from 0 to 255".to_owned(),
        "i64" => "a whole number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "a tuple of size 2" | "sequence of 2 elements" => "a list of two numbers".to_owned(),
        other => other.to_owned(),
    }
}
