//! What is wrong with a manifest: the place, what was expected, what was found, one hint.

use std::fmt;
use std::path::PathBuf;

use super::location::SourceLocation;

/// Why a manifest cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    /// The manifest's file.
    pub file: PathBuf,
    /// Where in the file, as far as it is known.
    pub place: Option<SourceLocation>,
    /// The key concerned, as `claims[2].tolerance`; empty for the whole file.
    pub path: String,
    /// What is wrong.
    pub problem: String,
    /// What is certain to help, if anything is.
    pub hint: Option<String>,
}

impl ManifestError {
    /// What is certain to help, if anything is.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(SourceLocation { line, column }) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        f.write_str(": ")?;
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ManifestError {}

/// A problem with the key at a path, before the file and the place are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub path: String,
    pub text: String,
    pub hint: Option<String>,
    /// Where the parser stood, for a problem with no key.
    pub place: Option<SourceLocation>,
}

impl Problem {
    pub fn at(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            hint: None,
            place: None,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The known name nearest to `found`, if one is near enough to be what was meant.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = found.to_lowercase();
    known
        .into_iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&lower, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, name)| {
            *distance <= 1 + name.chars().count().max(found.chars().count()) / 3
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The problem behind an error of serde: its path, and its words in the form of the house.
pub(super) fn from_serde(error: &serde_path_to_error::Error<serde_yaml::Error>) -> Problem {
    let mut path = error.path().to_string();
    if path == "." {
        path.clear();
    }
    // serde_yaml puts its own path in front and its place at the end; both are known better here.
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
    problem.place = error.inner().location().map(|at| SourceLocation {
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
    let problem = Problem::at(full, "unknown key");
    match nearest(&found, known.iter().copied()) {
        Some(name) => problem.hint(format!("the nearest known key is `{name}`")),
        None => problem.hint(format!("known keys here: {}", known.join(", "))),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names_only_what_is_near() {
        assert_eq!(
            nearest("tolerence", ["tolerance", "title"]),
            Some("tolerance")
        );
        assert_eq!(nearest("zzz", ["tolerance", "title"]), None);
    }
}
