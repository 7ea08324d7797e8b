//! A block of YAML.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::claims::{BlockClaim, claims};
use super::identifiers::{Identifiers, identifiers};
use crate::interpret::{Findings, FoundClaim, FoundDirection, FoundUnit};
use crate::names::slug;

/// Printed text is cut to this in comments, in characters.
const LONGEST_COMMENT: usize = 60;

/// Lines of the heading are cut to this, in characters.
const LONGEST_HEADING: usize = 1000;

/// What a block says besides what is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockOptions {
    /// The first line, a comment without `#`.
    pub heading: String,
    /// The tolerance of every claim as the manifest writes it, such as `{sd: 1}`.
    pub tolerance: Option<String>,
    /// The files by their names as shown; a value of another file has its place in a comment alone.
    pub sources: BTreeMap<String, BlockSource>,
}

/// A file as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockSource {
    /// The path, relative to the manifest.
    pub path: String,
    /// The SHA-256 digest, 64 hexadecimal digits.
    pub sha256: String,
}

/// The configurations and claims of what is found, as a block that a manifest can take; empty where there
/// is no claim.
pub fn block(findings: &Findings, options: &BlockOptions) -> String {
    let claims = claims(&findings.found);
    if claims.is_empty() {
        return String::new();
    }
    let names = identifiers(&claims);
    let mut text = String::new();
    for line in options.heading.lines() {
        let _ = writeln!(text, "# {}", comment(line, LONGEST_HEADING));
    }
    text.push_str("configurations:\n");
    let mut written = BTreeSet::new();
    for (claim, names) in claims.iter().zip(&names) {
        if written.insert(names.configuration.as_str()) {
            let _ = writeln!(
                text,
                "  {}: {{{}}}",
                key(&names.configuration),
                values(claim)
            );
        }
    }
    text.push_str("claims:\n");
    for (claim, names) in claims.iter().zip(&names) {
        push_claim(&mut text, claim, names, options);
    }
    text
}

/// The values of a configuration: its labels as printed.
fn values(claim: &BlockClaim<'_>) -> String {
    let dataset = claim.dataset();
    let labels = claim.configuration_labels();
    let method = labels[..labels.len() - dataset.len()].join(" / ");
    let mut values = Vec::new();
    if !method.is_empty() {
        values.push(format!("method: {}", scalar(&method)));
    }
    if !dataset.is_empty() {
        values.push(format!("dataset: {}", scalar(&dataset.join(" / "))));
    }
    if values.is_empty() {
        values.push("method: reported".to_owned());
    }
    values.join(", ")
}

fn push_claim(
    text: &mut String,
    claim: &BlockClaim<'_>,
    names: &Identifiers,
    options: &BlockOptions,
) {
    let value = claim.first;
    let source = options.sources.get(value.file.as_ref());
    let _ = write!(text, "  - id: {}", key(&names.id));
    if source.is_none() {
        let place = format!("{}:{}:{}", value.file, value.line, value.col);
        let printed = plain_comment(&value.value);
        let _ = write!(text, "  # {} \"{printed}\"", plain_comment(&place));
    }
    text.push('\n');
    if claim.is_difference() {
        let baseline = value.baseline.as_ref().map(|labels| {
            let parts: Vec<String> = labels.iter().map(|label| slug(label)).collect();
            parts.join("-")
        });
        let minus = baseline.unwrap_or_default();
        let _ = writeln!(
            text,
            "    difference: {{of: {}, minus: {}, metric: {}}}",
            key(&names.configuration),
            key(&minus),
            key(&names.metric)
        );
    } else {
        let _ = writeln!(text, "    configuration: {}", key(&names.configuration));
        let _ = writeln!(text, "    metric: {}", key(&names.metric));
    }
    let _ = writeln!(text, "    reported: {}", claim.reported());
    if let Some(source) = source {
        push_source(text, value, source);
    }
    match value.direction {
        FoundDirection::Higher => text.push_str("    better: higher\n"),
        FoundDirection::Lower => text.push_str("    better: lower\n"),
        FoundDirection::Unknown => {}
    }
    match value.unit {
        FoundUnit::Fold => text.push_str("    unit: fold\n"),
        FoundUnit::Episode => text.push_str("    unit: episode\n"),
        FoundUnit::Run | FoundUnit::Document => {}
    }
    if value.is_sampled || (value.unit == FoundUnit::Document && value.spread.is_some()) {
        text.push_str("    # the printed spread is over test items, not over runs: left out\n");
    }
    match &options.tolerance {
        Some(tolerance) => {
            let _ = writeln!(text, "    tolerance: {tolerance}");
        }
        None => text.push_str("    # tolerance: not in the file\n"),
    }
}

/// The place of a value in a file.
fn push_source(text: &mut String, value: &FoundClaim, source: &BlockSource) {
    let _ = write!(
        text,
        "    source: {{file: {}, line: {}, column: {}",
        scalar(&source.path),
        value.line,
        value.col
    );
    if !value.printed.is_empty() {
        let _ = write!(text, ", printed: {}", quoted(&value.printed));
    }
    let _ = writeln!(text, ", sha256: \"{}\"}}", source.sha256);
}

/// A name as a key or a value: in quotes where YAML would read a number or a word.
fn key(name: &str) -> String {
    scalar(name)
}

/// A text as a YAML scalar, plain where that is the same text.
fn scalar(text: &str) -> String {
    let is_word = text.starts_with(|char: char| char.is_ascii_alphabetic())
        && text
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || matches!(char, ' ' | '-' | '_' | '.'))
        && !text.ends_with(' ');
    let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    if is_word && !reserved.contains(&text.to_ascii_lowercase().as_str()) {
        return text.to_owned();
    }
    quoted(text)
}

/// A text as a YAML scalar in double quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            char if is_escaped(char) => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(char));
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// Characters that YAML does not print, that end a line, or that a reader cannot see.
fn is_escaped(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
                | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// A text that cannot end a comment.
fn plain_comment(text: &str) -> String {
    comment(text, LONGEST_COMMENT)
}

/// A text that cannot end a comment, cut to a length in characters.
fn comment(text: &str, longest: usize) -> String {
    let cut: String = text.chars().take(longest).collect();
    cut.chars()
        .map(|char| {
            if char.is_control() || matches!(char, '\u{85}' | '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                char
            }
        })
        .collect()
}
