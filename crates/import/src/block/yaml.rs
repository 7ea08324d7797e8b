//! A block of YAML.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use rayon::prelude::*;

use super::claims::{BlockClaim, claims};
use super::identifiers::{Identifiers, identifiers};
use crate::interpret::{Findings, FoundClaim, FoundDirection, FoundUnit};
use crate::names::slug;

/// Printed text is cut to this in comments, in characters.
const LONGEST_COMMENT: usize = 60;

/// Lines of the heading are cut to this, in characters.
const LONGEST_HEADING: usize = 1000;

/// A core writes so many claims or configurations at once.
const ITEMS_AT_ONCE: usize = 1024;

/// Memory reserved for each of them, in bytes.
const BYTES_OF_ITEM: usize = 320;

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
    let mut written = HashSet::with_capacity(names.len());
    let named: Vec<(&BlockClaim<'_>, &Identifiers)> = claims.iter().zip(&names).collect();
    let mut first = named.clone();
    first.retain(|(_, names)| written.insert(names.configuration.as_str()));
    text.push_str("configurations:\n");
    push_all(&mut text, &first, |text, (claim, names)| {
        push_configuration(text, claim, names);
    });
    text.push_str("claims:\n");
    push_all(&mut text, &named, |text, (claim, names)| {
        push_claim(text, claim, names, options);
    });
    text
}

/// Appends the text of each item, in their order; all cores write.
fn push_all<T: Sync>(text: &mut String, items: &[T], push: impl Fn(&mut String, &T) + Sync) {
    let written = items.par_chunks(ITEMS_AT_ONCE).map(|items| {
        let mut text = String::with_capacity(items.len() * BYTES_OF_ITEM);
        for item in items {
            push(&mut text, item);
        }
        text
    });
    let written: Vec<String> = written.collect();
    text.reserve(written.iter().map(String::len).sum());
    text.extend(written);
}

fn push_configuration(text: &mut String, claim: &BlockClaim<'_>, names: &Identifiers) {
    text.push_str("  ");
    push_scalar(text, &names.configuration);
    text.push_str(": {");
    push_values(text, claim);
    text.push_str("}\n");
}

/// The values of a configuration: its labels as printed.
fn push_values(text: &mut String, claim: &BlockClaim<'_>) {
    let dataset = claim.dataset();
    let labels = claim.configuration_labels();
    let method = labels[..labels.len() - dataset.len()].join(" / ");
    if !method.is_empty() {
        text.push_str("method: ");
        push_scalar(text, &method);
    }
    if !dataset.is_empty() {
        text.push_str(if method.is_empty() {
            "dataset: "
        } else {
            ", dataset: "
        });
        push_scalar(text, &dataset.join(" / "));
    }
    if method.is_empty() && dataset.is_empty() {
        text.push_str("method: reported");
    }
}

fn push_claim(
    text: &mut String,
    claim: &BlockClaim<'_>,
    names: &Identifiers,
    options: &BlockOptions,
) {
    let value = claim.first;
    let source = options.sources.get(value.file.as_ref());
    text.push_str("  - id: ");
    push_scalar(text, &names.id);
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
        text.push_str("    difference: {of: ");
        push_scalar(text, &names.configuration);
        text.push_str(", minus: ");
        push_scalar(text, &baseline.unwrap_or_default());
        text.push_str(", metric: ");
        push_scalar(text, &names.metric);
        text.push_str("}\n");
    } else {
        text.push_str("    configuration: ");
        push_scalar(text, &names.configuration);
        text.push_str("\n    metric: ");
        push_scalar(text, &names.metric);
        text.push('\n');
    }
    text.push_str("    reported: ");
    text.push_str(&claim.reported());
    text.push('\n');
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
    text.push_str("    source: {file: ");
    push_scalar(text, &source.path);
    let _ = write!(text, ", line: {}, column: {}", value.line, value.col);
    if !value.printed.is_empty() {
        text.push_str(", printed: ");
        push_quoted(text, &value.printed);
    }
    text.push_str(", sha256: \"");
    text.push_str(&source.sha256);
    text.push_str("\"}\n");
}

/// Words that YAML reads as something else than text.
const RESERVED: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// Appends a text as a YAML scalar: plain where that is the same text, else in quotes.
fn push_scalar(text: &mut String, scalar: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" -_.".contains(&byte);
    let is_word = scalar.starts_with(|char: char| char.is_ascii_alphabetic())
        && scalar.bytes().all(is_plain)
        && !scalar.ends_with(' ');
    let is_reserved = || {
        RESERVED
            .iter()
            .any(|word| word.eq_ignore_ascii_case(scalar))
    };
    match is_word && !is_reserved() {
        true => text.push_str(scalar),
        false => push_quoted(text, scalar),
    }
}

/// Appends a text as a YAML scalar in double quotes.
fn push_quoted(text: &mut String, scalar: &str) {
    text.push('"');
    for char in scalar.chars() {
        match char {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            char if is_escaped(char) => {
                let _ = write!(text, "\\U{:08X}", u32::from(char));
            }
            char => text.push(char),
        }
    }
    text.push('"');
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
