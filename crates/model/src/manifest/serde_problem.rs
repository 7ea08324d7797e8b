//! Errors of serde as problems of a manifest, with the certain way to mend them.

use super::error::Problem;
use super::shape_hint::shape_hint;
use super::unknown_key::unknown_key;
use crate::diagnostics::SourceLocation;

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
            if expected == "field identifier" {
                return number_as_key(&path, &in_yaml_words(found));
            }
            let found = if kind == "invalid length " {
                format!("a list of {found}")
            } else {
                shortened(&in_yaml_words(found))
            };
            let hint = shape_hint(&path, &expected, &found);
            let problem = format!("expected {}, found {found}", bounded(&expected, &found));
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

/// A whole number with its bounds only where these are what is wrong.
fn bounded(expected: &str, found: &str) -> String {
    let is_large = || {
        let digits = found
            .strip_prefix("the number `")
            .and_then(|n| n.strip_suffix('`'));
        digits.is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    match expected.starts_with("a whole number from 0 to ") && !is_large() {
        true => "a whole number of at least 0".to_owned(),
        false => expected.to_owned(),
    }
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
    let found = names.next().unwrap_or_default();
    let known: Vec<&str> = names.collect();
    // The path of serde ends at the unknown key itself.
    let parent = path
        .strip_suffix(found)
        .map_or(path, |p| p.trim_end_matches('.'));
    unknown_key(parent, found, &known)
}

/// The problem of a number as key: `{mean: 90,5}` has a second key, `5`.
fn number_as_key(path: &str, found: &str) -> Problem {
    let parent = path
        .strip_suffix('?')
        .map_or(path, |p| p.trim_end_matches('.'));
    let number = found.trim_start_matches("the number ");
    Problem::at(parent, format!("expected names as keys, found {number}"))
        .hint("a number has a decimal point, as in `90.5`: a comma begins the next key")
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
        "a tuple of size 2" | "sequence of 2 elements" | "a list of 2 elements" => {
            "a list of two numbers".to_owned()
        }
        other => other.to_owned(),
    }
}
