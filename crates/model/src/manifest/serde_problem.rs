//! Errors of serde as problems of a manifest, with the certain way to mend them.

use super::environment::EXAMPLES;
use super::error::Problem;
use crate::diagnostics::{SourceLocation, nearest_or_all};

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
    let key = path.rsplit('.').next().unwrap_or(path);
    let text = found.strip_prefix("the text ");
    let number = found.strip_prefix("the number ");
    match (text, number) {
        (Some(text), _) => hint_of_text(path, key, expected, text.trim_matches('"')),
        (None, Some(number)) => hint_of_number(path, key, expected, number.trim_matches('`')),
        // An unquoted `{seed}` is a mapping in YAML.
        (None, None)
            if expected == "a text" && found == "a mapping" && path.starts_with("experiment.") =>
        {
            let hint =
                "quote a placeholder, as in `\"{seed}\"`: without quotes a brace begins a mapping";
            Some(hint.to_owned())
        }
        (None, None) => hint_of_kind(path, key, expected),
    }
}

/// The hint for a text in the place of something else.
fn hint_of_text(path: &str, key: &str, expected: &str, text: &str) -> Option<String> {
    let bare = text.trim_end_matches('%').trim();
    match expected {
        "a list" if path.starts_with("experiment.build[") => Some(
            "each build step is a list of its own, as in `[[make], [make, install]]`".to_owned(),
        ),
        "a list" if key == "run" || key == "build" => {
            let words: Vec<&str> = text.split_whitespace().collect();
            Some(format!(
                "write each word as an element: `[{}]`",
                words.join(", ")
            ))
        }
        "a number" if text.parse::<f64>().is_ok() => {
            Some(format!("write it without quotes: `{text}`"))
        }
        "a number" if bare.parse::<f64>().is_ok() => {
            Some(format!("write `{bare}`, in the unit of the metric"))
        }
        "`true` or `false`" => match text.to_lowercase().as_str() {
            "yes" | "y" | "on" | "true" => Some("write `true`".to_owned()),
            "no" | "n" | "off" | "false" => Some("write `false`".to_owned()),
            _ => None,
        },
        "a mapping" if key == "tolerance" && text.ends_with('%') => {
            Some(format!("write `{{relative: {text}}}`"))
        }
        _ if key == "reported" => reported_hint(text),
        _ if path.starts_with("seeds") => seeds_hint(text),
        expected => hint_of_kind(path, key, expected),
    }
}

/// The hint for a number in the place of something else.
fn hint_of_number(path: &str, key: &str, expected: &str, number: &str) -> Option<String> {
    match (expected, key) {
        ("a text", "time") => Some(format!(
            "add a unit: `{number} s`, `{number} min` or `{number} h`"
        )),
        ("a text", "memory" | "gpu_memory" | "output") => {
            Some(format!("add a unit: `{number} GiB` or `{number} MiB`"))
        }
        ("a text", _) => Some(format!("quote it: `\"{number}\"`")),
        ("a mapping", "tolerance") => Some(format!(
            "write `{{absolute: {number}}}`, or `{{relative: 2%}}` for a share"
        )),
        (_, "seeds") => Some(format!(
            "write `{{first: 1, count: {number}}}` for {number} seeds, `[{number}]` for one"
        )),
        (expected, key) => hint_of_kind(path, key, expected),
    }
}

/// The hint that the place alone gives.
fn hint_of_kind(path: &str, key: &str, expected: &str) -> Option<String> {
    let hint = match (expected, path) {
        ("a list", "claims") => "begin each claim with `- `".to_owned(),
        ("a list", _) => "write it in brackets, as in `[a, b]`".to_owned(),
        ("a mapping", "experiment.environment") => format!("write {EXAMPLES}"),
        ("a mapping", "experiment.env") => "write it as a mapping: `env: {NAME: value}`".to_owned(),
        ("a mapping", "") => "a manifest begins with `reprove: 1`".to_owned(),
        ("a mapping", _) => format!("write keys under it, as in `{key}: {{key: value}}`"),
        _ => return None,
    };
    Some(hint)
}

/// The form of seeds that are written as a range: `1-10`, `[1..10]`.
fn seeds_hint(text: &str) -> Option<String> {
    let range = text.replace("..", "-");
    let (first, last) = range.trim_matches(['[', ']']).split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let count = last.checked_sub(first)?.checked_add(1)?;
    Some(format!("write `{{first: {first}, count: {count}}}`"))
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
