//! Errors of a manifest: the location, what was expected, what was found, one hint.

use std::fmt;
use std::path::PathBuf;

use crate::diagnostics::{Hint, SourceLocation, nearest, nearest_or_all};

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
            parent == other && nearest(found, [key]).is_some()
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
            let hint = shape_hint(&path, &expected, &found);
            let problem = format!("expected {expected}, found {found}");
            return Problem::at(path, problem).maybe_hint(hint);
        }
    }
    let mut problem = Problem::at(path, format!("expected YAML: {text}"));
    problem.location = error.inner().location().map(|at| SourceLocation {
        line: at.line(),
        column: at.column(),
    });
    problem
}

/// The certain way to mend a value of the wrong kind, as far as there is one.
fn shape_hint(path: &str, expected: &str, found: &str) -> Option<String> {
    let text = found
        .strip_prefix("the text ")
        .map(|quoted| quoted.trim_matches('"'));
    let number = found
        .strip_prefix("the number ")
        .map(|quoted| quoted.trim_matches('`'));
    let key = path.rsplit('.').next().unwrap_or(path);
    let hint = match (expected, text, number) {
        // An unquoted `{seed}` is a mapping in YAML.
        ("a text", None, None) if found == "a mapping" && path.starts_with("experiment.") => {
            "quote a placeholder, as in `\"{seed}\"`: without quotes a brace begins a mapping"
                .to_owned()
        }
        ("a text", None, Some(number)) if key == "time" => {
            format!("add a unit: `{number} s`, `{number} min` or `{number} h`")
        }
        ("a text", None, Some(number)) if ["memory", "gpu_memory", "output"].contains(&key) => {
            format!("add a unit: `{number} GiB` or `{number} MiB`")
        }
        ("a text", None, Some(number)) => format!("quote it: `\"{number}\"`"),
        ("a list", Some(text), _) if key == "run" || path.starts_with("experiment.build") => {
            let words: Vec<&str> = text.split_whitespace().collect();
            match path.starts_with("experiment.build[") {
                true => "each build step is a list of its own, as in `[[make], [make, install]]`"
                    .to_owned(),
                false => format!("write each word as an element: `[{}]`", words.join(", ")),
            }
        }
        ("a list", ..) if key == "claims" => "begin each claim with `- `".to_owned(),
        ("a list", ..) => "write it in brackets, as in `[a, b]`".to_owned(),
        ("a number", Some(text), _) if text.parse::<f64>().is_ok() => {
            format!("write it without quotes: `{text}`")
        }
        ("a number", Some(text), _) if text.trim_end_matches('%').trim().parse::<f64>().is_ok() => {
            format!(
                "write `{}`, in the unit of the metric",
                text.trim_end_matches('%').trim()
            )
        }
        ("`true` or `false`", Some(text), _) => match text.to_lowercase().as_str() {
            "yes" | "y" | "on" | "true" => "write `true`".to_owned(),
            "no" | "n" | "off" | "false" => "write `false`".to_owned(),
            _ => return None,
        },
        ("a mapping", _, Some(number)) if key == "tolerance" => {
            format!("write `{{absolute: {number}}}`, or `{{relative: 2%}}` for a share")
        }
        ("a mapping", Some(text), _) if key == "tolerance" && text.ends_with('%') => {
            format!("write `{{relative: {text}}}`")
        }
        ("a mapping", ..) if path == "experiment.environment" => {
            format!("write {}", super::environment::EXAMPLES)
        }
        ("a mapping", ..) if path == "experiment.env" => {
            "write it as a mapping: `env: {NAME: value}`".to_owned()
        }
        ("a mapping", ..) if path.is_empty() => "a manifest begins with `reprove: 1`".to_owned(),
        ("a mapping", ..) => format!("write keys under it, as in `{key}: {{key: value}}`"),
        (_, Some(text), _) if key == "reported" => return reported_hint(text),
        (_, Some(text), _) if path.starts_with("seeds") => {
            let range = text.replace("..", "-");
            let bounds = range.trim_matches(['[', ']']).split_once('-');
            let bounds = bounds.and_then(|(first, last)| {
                Some((
                    first.trim().parse::<u64>().ok()?,
                    last.trim().parse::<u64>().ok()?,
                ))
            });
            let (first, last) = bounds.filter(|(first, last)| first <= last)?;
            format!(
                "write `{{first: {first}, count: {}}}`",
                (last - first).checked_add(1)?
            )
        }
        (_, _, Some(number)) if key == "seeds" => {
            format!(
                "write `{{first: 1, count: {number}}}` for {number} seeds, `[{number}]` for one"
            )
        }
        _ => return None,
    };
    Some(hint)
}

/// The form of a reported value that is written as a text.
fn reported_hint(text: &str) -> Option<String> {
    let (mean, spread) = ["±", "+/-", "+-"]
        .iter()
        .find_map(|sign| text.split_once(sign))?;
    let (mean, spread) = (mean.trim(), spread.trim());
    let are_numbers = mean.parse::<f64>().is_ok() && spread.parse::<f64>().is_ok();
    are_numbers.then(|| {
        format!(
            "write `{{mean: {mean}, std: {spread}}}` if the paper says that ± is a standard deviation, `{{mean: \
             {mean}, plus_minus: {spread}}}` if it does not say"
        )
    })
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
    // `{mean: 90,5}` has a second key, `5`.
    if found.bytes().all(|byte| byte.is_ascii_digit()) {
        let full = if path.is_empty() {
            found.clone()
        } else {
            path.to_owned()
        };
        return Problem::at(full, "unknown key")
            .hint("a number has a decimal point, as in `90.5`: a comma begins the next key");
    }
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
        "fewer elements in sequence" => "a shorter list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "a tuple of size 2" | "sequence of 2 elements" => "a list of two numbers".to_owned(),
        other => other.to_owned(),
    }
}
