//! Manifests that are refused, with the exact text of each message.

use std::fmt::Write as _;

use super::broken_program::BROKEN_PROGRAM;
use super::broken_recipe::BROKEN_RECIPE;
use super::support::{PROGRAM, RECIPE, parse, with};
use crate::diagnostics::Hint;

fn refused(name: &str, text: &str, seen: &mut String) {
    let error = parse(text).expect_err(name);
    writeln!(seen, "{name}\n  error: {error}").unwrap();
    if let Some(hint) = error.hint() {
        writeln!(seen, "  hint: {hint}").unwrap();
    }
    let message = error.to_string();
    for jargon in [
        "untagged",
        "variant",
        "struct",
        "Doc",
        "unit value",
        "f64",
        "u64",
        "u32",
        "invalid type",
    ] {
        assert!(!message.contains(jargon), "{name}: {message}");
    }
}

#[test]
fn each_broken_manifest_has_one_clear_message() {
    let mut seen = String::new();
    for (name, from, to) in BROKEN_RECIPE {
        refused(name, &with(RECIPE, from, to), &mut seen);
    }
    for (name, from, to) in BROKEN_PROGRAM {
        refused(name, &with(PROGRAM, from, to), &mut seen);
    }
    let laughs = "a: &a [x, x]\nb: &b [*a, *a]\n";
    for (name, text) in [
        ("empty file", ""),
        ("only a comment", "# nothing\n"),
        ("a list", "- reprove: 1\n"),
        ("a text", "reprove\n"),
        ("not closed", "reprove: [1, 2\n"),
        ("a tab", "reprove: 1\ncode:\n\trepository: x\n"),
        ("anchors", laughs),
        ("two documents", "reprove: 1\n---\nreprove: 1\n"),
        ("a list as key", "? [a]\n: b\n"),
        ("control characters", "reprove: 1\u{1}\n"),
        ("only the version", "reprove: 1\n"),
        ("deep nesting", &"[".repeat(100_000)),
        ("deep mappings", &"{a: ".repeat(100_000)),
        ("too large", &" ".repeat(2 << 20)),
    ] {
        refused(name, text, &mut seen);
    }
    insta::assert_snapshot!("broken", seen);
}
