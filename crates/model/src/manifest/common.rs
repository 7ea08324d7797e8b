//! Rules that several parts of a manifest share.

use std::path::{Component, Path, PathBuf};

use super::byte_size::ByteSize;
use super::commit_id::CommitId;
use super::error::Problem;
use super::scalar::Scalar;
use crate::diagnostics::{YamlLocations, backticked, nearest_hint};
use crate::escape;

/// What the rules need besides the document.
pub(super) struct Context<'a> {
    /// The manifest's folder.
    pub folder: &'a Path,
    /// Its scalars as they are written.
    pub locations: &'a YamlLocations,
    /// The commit that `HEAD` stands for.
    pub commit: Option<&'a CommitId>,
}

/// Gives a value the form in which it is written at `path`.
pub(super) fn written(value: &mut Scalar, path: &str, context: &Context<'_>) {
    if let Some(text) = context.locations.scalar(path) {
        *value = Scalar::Text(text.to_owned());
    }
}

/// The value of a key that must be there.
pub(super) fn required<T>(
    value: Option<T>,
    parent: &str,
    key: &str,
    what: &str,
) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::missing(parent, key).hint(format!("add `{key}`: {what}")))
}

/// One of the words that a key accepts.
pub(super) fn word<T: Clone>(found: &str, path: &str, words: &[(&str, T)]) -> Result<T, Problem> {
    if let Some((_, value)) = words.iter().find(|(name, _)| *name == found) {
        return Ok(value.clone());
    }
    let known = || words.iter().map(|(name, _)| *name);
    let text = format!("expected one of {}, found `{found}`", backticked(known()));
    Err(Problem::at(path, text).maybe_hint(nearest_hint(found, known())))
}

/// One of the words that a key accepts; other words that people use for them are in the hint.
pub(super) fn word_or<T: Clone>(
    found: &str,
    path: &str,
    words: &[(&str, T)],
    meant: &[(&[&str], &str)],
) -> Result<T, Problem> {
    word(found, path, words).map_err(|problem| {
        let lower = found.to_lowercase();
        let mut meant = meant.iter();
        match meant.find(|(others, _)| others.contains(&lower.as_str())) {
            Some((_, word)) => problem.hint(format!("write `{word}`")),
            None => problem,
        }
    })
}

/// Names become file names and placeholders: letters, digits, `-`, `_` and `.`, not first a dot.
pub(super) fn name(text: &str, path: &str) -> Result<(), Problem> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let ok = !text.is_empty()
        && text.len() <= 100
        && text.chars().all(allowed)
        && !text.starts_with('.');
    if ok {
        return Ok(());
    }
    let problem = Problem::at(
        path,
        format!(
            "expected a name of letters, digits, `-`, `_` and `.`, found `{}`",
            text.escape_default()
        ),
    );
    let words = text.split(|c| !allowed(c)).filter(|word| !word.is_empty());
    let plain = words.collect::<Vec<_>>().join("-");
    let plain = plain.trim_start_matches('.');
    let fits = !plain.is_empty() && plain.len() <= 100;
    Err(problem.maybe_hint(fits.then(|| format!("write `{plain}`"))))
}

/// Names of a mapping under `parent`.
pub(super) fn names<'a, T: AsRef<str> + 'a>(
    keys: impl Iterator<Item = &'a T>,
    parent: &str,
) -> Result<(), Problem> {
    for key in keys {
        let key = key.as_ref();
        name(key, &format!("{parent}.{key}"))?;
    }
    Ok(())
}

/// A relative path that stays within its folder.
pub(super) fn inner_path(text: &str, path: &str) -> Result<PathBuf, Problem> {
    let candidate = Path::new(text);
    let inside = candidate
        .components()
        .all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if text.is_empty() || text.contains('\0') || !inside {
        return Err(Problem::at(
            path,
            format!(
                "expected a relative path without `..`, found `{}`",
                text.escape_default()
            ),
        )
        .hint(
            "a path begins at the folder of the commit, or of the run's output, and stays in it",
        ));
    }
    Ok(candidate.to_owned())
}

/// A size in bytes with its unit.
pub(super) fn size(text: Option<String>, path: &str) -> Result<Option<ByteSize>, Problem> {
    text.map(|text| {
        text.parse::<ByteSize>()
            .map_err(|error| Problem::at(path, error.to_string()).hint(size_hint(&text)))
    })
    .transpose()
}

/// Suggested fix of a text that is no size.
fn size_hint(text: &str) -> String {
    let text = text.trim();
    let end = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = (text[..end].trim(), text[end..].to_lowercase());
    let unit = match unit.as_str() {
        "k" | "kb" => "kB",
        "m" | "mb" => "MB",
        "g" | "gb" => "GB",
        "t" | "tb" => "TB",
        "kib" => "KiB",
        "mib" => "MiB",
        "gib" => "GiB",
        "tib" => "TiB",
        _ => "",
    };
    match number.parse::<f64>() {
        Ok(size) if size > 0.0 && !unit.is_empty() => format!("write `{number} {unit}`"),
        _ => "write it as in `8 GiB`".to_owned(),
    }
}

/// A size that is not too small: a number without a unit is bytes, and seldom meant so.
pub(super) fn size_of_at_least(
    least: ByteSize,
    text: Option<String>,
    path: &str,
) -> Result<Option<ByteSize>, Problem> {
    let number = text.clone().unwrap_or_default();
    match size(text, path)? {
        Some(found) if found < least => {
            let problem = format!("expected at least {least}, found {found}");
            let is_bare = number.parse::<u64>().is_ok_and(|number| number > 0);
            let hint = is_bare.then(|| format!("add a unit: `{number} GiB` or `{number} MiB`"));
            Err(Problem::at(path, problem).maybe_hint(hint))
        }
        size => Ok(size),
    }
}

/// A number that is finite.
pub(super) fn finite(value: f64, path: &str) -> Result<f64, Problem> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Problem::at(
            path,
            format!("expected a finite number, found {value}"),
        ))
    }
}

/// A finite number above 0.
pub(super) fn positive(value: f64, path: &str) -> Result<f64, Problem> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(Problem::at(
            path,
            format!("expected a number greater than 0, found {value}"),
        ))
    }
}

/// A finite number of at least 0.
pub(super) fn spread(value: f64, path: &str) -> Result<f64, Problem> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(Problem::at(
            path,
            format!("expected a number of at least 0, found {value}"),
        ))
    }
}

/// Refuses a NUL character, which ends the arguments of a program early.
pub(super) fn without_nul(text: &str, path: &str) -> Result<(), Problem> {
    if !text.contains('\0') {
        return Ok(());
    }
    let found = escape::text(text);
    let problem = format!("expected text without a NUL character, found `{found}`");
    Err(Problem::at(path, problem))
}
