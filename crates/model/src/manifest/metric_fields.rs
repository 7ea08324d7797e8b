//! The keys of one metric source in the manifest.

use std::path::{Path, PathBuf};

use serde_yaml::Value;

use super::common::inner_path;
use super::error::Problem;
use super::placeholders::{self, Piece};
use super::unknown_key::unknown_key;
use crate::escape;

/// The keys and values of a mapping.
pub(super) type Entries<'a> = Vec<(&'a str, &'a Value)>;

/// The keys and values of a mapping, all keys texts.
pub(super) fn entries<'a>(value: &'a Value, path: &str) -> Result<Entries<'a>, Problem> {
    let Value::Mapping(mapping) = value else {
        let found = found(value);
        return Err(
            Problem::at(path, format!("expected a mapping, found {found}"))
                .hint("write `{json: metrics.json}`, or a metric's name with such a source"),
        );
    };
    mapping
        .iter()
        .map(|(key, value)| match key.as_str() {
            Some(key) => Ok((key, value)),
            None => Err(Problem::at(
                path,
                format!("expected a name as key, found {}", found(key)),
            )),
        })
        .collect()
}

/// A value in the words of YAML.
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(value) => format!("the number `{value}`"),
        Value::String(text) => format!("the text {text:?}"),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) | Value::Tagged(_) => "a mapping".to_owned(),
    }
}

/// The value of a key that is missing, by example.
fn example(key: &str) -> Option<String> {
    let hint = match key {
        "file" => "add `file`, the path of what the program writes, relative to `{out}`",
        "pattern" => {
            "write `{regex: {pattern: 'acc=([-+.\\w]+)'}}`, with the number in parentheses"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Why a regular expression cannot be used, without the drawing of the pattern.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

/// Suggested fix of a pattern that is no regular expression, if known.
fn pattern_hint(pattern: &str, reason: &str) -> Option<String> {
    let hint = if reason.contains("look-around") {
        "match the text around the number too, and put the number in parentheses"
    } else if reason.contains("unclosed group") || reason.contains("unopened group") {
        "a bracket of the text itself is written `\\(` or `\\)`"
    } else if pattern.starts_with(['*', '?']) {
        "any text is written `.*`"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// The keys of one source; a bare text stands for `{file: TEXT}`.
pub(super) struct Fields<'a> {
    /// The path of the source in the manifest.
    pub path: String,
    entries: Entries<'a>,
}

impl<'a> Fields<'a> {
    /// The keys of `value` at `path`, all of them known.
    pub fn read(value: &'a Value, path: String, known: &[&str]) -> Result<Self, Problem> {
        let entries = match value {
            Value::String(_) => vec![("file", value)],
            Value::Mapping(_) => entries(value, &path)?,
            other => {
                let found = found(other);
                return Err(Problem::at(
                    path,
                    format!("expected a file or a mapping, found {found}"),
                ));
            }
        };
        for (key, _) in &entries {
            let value = entries.iter().find(|(name, _)| name == key);
            if !known.contains(key)
                && let Some((_, Value::String(file))) = value
                && let Some((_, kind)) = path.rsplit_once('.')
                && Path::new(file)
                    .extension()
                    .is_some_and(|extension| *extension == *kind)
            {
                return Err(Problem::at(format!("{path}.{key}"), "unknown key")
                    .hint(format!("write `{{{key}: {{{kind}: {file}}}}}`")));
            }
            if !known.contains(key) {
                return Err(unknown_key(&path, key, known));
            }
        }
        Ok(Self { path, entries })
    }

    /// The value of a key that is there.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        let entry = self.entries.iter().find(|(name, _)| *name == key)?;
        (!entry.1.is_null()).then_some(entry.1)
    }

    /// The text of a key.
    pub fn text(&self, key: &str) -> Result<Option<String>, Problem> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(other) => Err(Problem::at(
                format!("{}.{key}", self.path),
                format!("expected a text, found {}", found(other)),
            )),
        }
    }

    fn needed(&self, key: &str) -> Result<String, Problem> {
        self.text(key)?
            .ok_or_else(|| Problem::missing(&self.path, key).maybe_hint(example(key)))
    }

    /// The path of the key `file`, relative to the output folder.
    pub fn file(&self) -> Result<PathBuf, Problem> {
        let (text, path) = (self.needed("file")?, format!("{}.file", self.path));
        let hint = "it is relative to `{out}`, as in `metrics.json`";
        let pieces = placeholders::pieces(&text).unwrap_or_default();
        let is_placeholder = |piece: &Piece<'_>| matches!(piece, Piece::Placeholder(_));
        if pieces.iter().any(is_placeholder) {
            let found = escape::text(&text);
            let problem = format!("expected a path without placeholders, found `{found}`");
            return Err(Problem::at(path, problem).hint(hint));
        }
        inner_path(&text, &path).map_err(|problem| problem.hint(hint))
    }

    /// The factor of the key `scale`.
    pub fn scale(&self) -> Result<Option<f64>, Problem> {
        let Some(value) = self.get("scale") else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(scale) if scale.is_finite() && scale > 0.0 => Ok(Some(scale)),
            _ => Err(Problem::at(
                format!("{}.scale", self.path),
                format!("expected a number above 0, found {}", found(value)),
            )
            .hint("write `100` where the program writes 0.9 and the paper 90 %")),
        }
    }

    /// The regular expression of the key `pattern`, with a group for the number.
    pub fn pattern(&self) -> Result<String, Problem> {
        let pattern = self.needed("pattern")?;
        let at = format!("{}.pattern", self.path);
        match regex::Regex::new(&pattern) {
            Err(error) => Err(Problem::at(
                at,
                format!(
                    "expected a regular expression, found `{pattern}`: {}",
                    reason(&error)
                ),
            )
            .maybe_hint(pattern_hint(&pattern, &reason(&error)))),
            Ok(compiled) if compiled.captures_len() < 2 => Err(Problem::at(
                at,
                format!("expected a group for the number, found none in `{pattern}`"),
            )
            .hint("put the number in parentheses, as in `acc=([-+.\\w]+)`")),
            Ok(_) => Ok(pattern),
        }
    }
}
