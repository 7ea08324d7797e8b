//! A block of YAML.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::claims::{BlockClaim, claims};
use super::identifiers::{Identifiers, identifiers};
use crate::interpret::{Findings, FoundDirection, FoundUnit};
use crate::names::slug;

/// Printed text is cut to this in comments, in characters.
const LONGEST_COMMENT: usize = 60;

/// What a block says besides what is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockOptions {
    /// The first line, a comment without `#`.
    pub heading: String,
    /// The tolerance of every claim as the manifest writes it, such as `{sd: 1}`.
    pub tolerance: Option<String>,
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
        let _ = writeln!(text, "# {}", plain_comment(line));
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
    let place = format!("{}:{}:{}", value.file, value.line, value.col);
    let printed = plain_comment(&value.value);
    let _ = writeln!(
        text,
        "  - id: {}  # {} \"{printed}\"",
        key(&names.id),
        plain_comment(&place)
    );
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
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            char if char.is_control() => quoted.push(' '),
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// A text that cannot end a comment.
fn plain_comment(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST_COMMENT).collect();
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
