//! Configurations and claims added to the text of a manifest.

use serde_yaml::{Mapping, Value};

use crate::diagnostics::{YamlLocations, with_entries};

/// The text of a manifest with a block of configurations and claims added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestAdditions {
    /// The new text.
    pub text: String,
    /// What is added, in the order of the block.
    pub added: Vec<ManifestAddition>,
    /// The number of configurations and claims that are there already.
    pub present: usize,
}

/// A configuration or a claim that is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestAddition {
    /// Its key in the manifest, as `configurations.h12`, `claims.h12-test`.
    pub key: String,
    /// Its lines, indented as those of the block.
    pub lines: String,
}

/// Why a block is not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdditionError {
    /// The manifest is no YAML mapping, or has anchors, tags or a key twice.
    #[error("expected a YAML mapping without anchors, tags and repeated keys")]
    NotReadable,
    /// An id is there with another value.
    #[error("`{key}`: expected `{expected}`, as the manifest states it, found `{found}`")]
    Conflict {
        /// The key, as `claims.h12-test.reported`.
        key: String,
        /// The value in the manifest.
        expected: String,
        /// The value in the block.
        found: String,
    },
    /// The list or mapping is written on one line.
    #[error("`{0}`: expected one entry a line, found a list or mapping in brackets, or none")]
    OneLine(&'static str),
    /// The text would change elsewhere too.
    #[error("the text cannot be changed without changing something else")]
    Entangled,
}

/// An entry of a block.
struct BlockEntry<'b> {
    id: String,
    value: Value,
    lines: &'b str,
}

/// Adds the configurations and claims of a block to the text of a manifest; what stands there stays byte
/// for byte. An entry whose id is there is left if no key of it has another value.
///
/// # Errors
/// A manifest that cannot be changed, and an id that is there with another value.
pub fn with_block(text: &str, block: &str) -> Result<ManifestAdditions, AdditionError> {
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    let before = mapping(plain).ok_or(AdditionError::NotReadable)?;
    let (configurations, claims) = entries(block).ok_or(AdditionError::NotReadable)?;
    let mut additions = ManifestAdditions {
        text: plain.to_owned(),
        added: Vec::new(),
        present: 0,
    };
    let mut expected = before.clone();
    let stated = before.get("configurations").and_then(Value::as_mapping);
    let find = |id: &str| stated.and_then(|stated| stated.get(id));
    let new = additions.new_entries("configurations", &configurations, find)?;
    if !new.is_empty() {
        let list = expected.entry("configurations".into());
        if let Value::Mapping(list) = list.or_insert(Value::Mapping(Mapping::new())) {
            let pairs = new
                .iter()
                .map(|entry| (entry.id.as_str().into(), entry.value.clone()));
            list.extend(pairs);
        }
    }
    additions.write("configurations", &new)?;
    let stated = before.get("claims").and_then(Value::as_sequence);
    let find = |id: &str| {
        let has_id = |claim: &&Value| {
            claim
                .get("id")
                .is_some_and(|found| scalar_text(found) == id)
        };
        stated.and_then(|stated| stated.iter().find(has_id))
    };
    let new = additions.new_entries("claims", &claims, find)?;
    if !new.is_empty() {
        let list = expected.entry("claims".into());
        if let Value::Sequence(list) = list.or_insert(Value::Sequence(Vec::new())) {
            list.extend(new.iter().map(|entry| entry.value.clone()));
        }
    }
    additions.write("claims", &new)?;
    if !additions.added.is_empty() && mapping(&additions.text) != Some(expected) {
        return Err(AdditionError::Entangled);
    }
    if plain.len() < text.len() {
        additions.text.insert(0, '\u{feff}');
    }
    Ok(additions)
}

impl ManifestAdditions {
    /// The entries that are not there.
    fn new_entries<'e, 'b, 'v>(
        &mut self,
        list: &str,
        entries: &'e [BlockEntry<'b>],
        find: impl Fn(&str) -> Option<&'v Value>,
    ) -> Result<Vec<&'e BlockEntry<'b>>, AdditionError> {
        let mut new = Vec::new();
        for entry in entries {
            match find(&entry.id) {
                Some(stated) => {
                    agree(&format!("{list}.{}", entry.id), stated, &entry.value)?;
                    self.present += 1;
                }
                None => new.push(entry),
            }
        }
        Ok(new)
    }

    fn write(&mut self, list: &'static str, new: &[&BlockEntry<'_>]) -> Result<(), AdditionError> {
        if new.is_empty() {
            return Ok(());
        }
        let lines: String = new.iter().map(|entry| entry.lines).collect();
        self.text = with_entries(&self.text, list, &lines).ok_or(AdditionError::OneLine(list))?;
        self.added.extend(new.iter().map(|entry| ManifestAddition {
            key: format!("{list}.{}", entry.id),
            lines: entry.lines.to_owned(),
        }));
        Ok(())
    }
}

/// Checks that no key that both have has another value. A place is no value: the file may have changed.
fn agree(key: &str, stated: &Value, new: &Value) -> Result<(), AdditionError> {
    let keys = new.as_mapping().into_iter().flatten();
    for (name, found) in keys.filter(|(name, _)| name.as_str() != Some("source")) {
        let Some(expected) = stated.get(name).filter(|expected| *expected != found) else {
            continue;
        };
        return Err(AdditionError::Conflict {
            key: format!("{key}.{}", scalar_text(name)),
            expected: one_line(expected),
            found: one_line(found),
        });
    }
    Ok(())
}

/// The configurations and the claims of a block.
fn entries(block: &str) -> Option<(Vec<BlockEntry<'_>>, Vec<BlockEntry<'_>>)> {
    let values = mapping(block)?;
    let locations = YamlLocations::read(block);
    let line_of = |path: &str| locations.location(path).map(|place| place.line);
    let first_claim = line_of("claims")?;
    let lines = Lines::of(block);
    let mut configurations = Vec::new();
    let stated = values.get("configurations").and_then(Value::as_mapping);
    for (name, value) in stated.into_iter().flatten() {
        let id = scalar_text(name);
        let line = line_of(&format!("configurations.{id}"))?;
        configurations.push(BlockEntry {
            value: value.clone(),
            lines: lines.between(line, line + 1),
            id,
        });
    }
    let mut claims = Vec::new();
    let stated = values.get("claims").and_then(Value::as_sequence)?;
    for (index, value) in stated.iter().enumerate() {
        let line = line_of(&format!("claims[{index}]")).filter(|line| *line > first_claim)?;
        let next = match index + 1 < stated.len() {
            true => line_of(&format!("claims[{}]", index + 1))?,
            false => lines.starts.len(),
        };
        claims.push(BlockEntry {
            id: scalar_text(value.get("id")?),
            value: value.clone(),
            lines: lines.between(line, next),
        });
    }
    Some((configurations, claims))
}

/// The lines of a text, each with its end.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Lines {
            text,
            starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    /// The lines from one up to another, counted from 1.
    fn between(&self, first: usize, end: usize) -> &'t str {
        let start = |line: usize| {
            self.starts
                .get(line - 1)
                .copied()
                .unwrap_or(self.text.len())
        };
        &self.text[start(first)..start(end)]
    }
}

/// A text as a YAML mapping; none where a manifest would not accept its form.
fn mapping(text: &str) -> Option<Mapping> {
    let locations = YamlLocations::read(text);
    let is_plain = locations.broken.is_none()
        && locations.duplicates.is_empty()
        && locations.second_document.is_none();
    match serde_yaml::from_str(text) {
        Ok(Value::Mapping(mapping)) if is_plain => Some(mapping),
        Ok(Value::Null) if is_plain => Some(Mapping::new()),
        _ => None,
    }
}

/// A scalar as text.
fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => one_line(other),
    }
}

/// A value as YAML on one line.
fn one_line(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Sequence(list) => {
            let items: Vec<String> = list.iter().map(one_line).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(mapping) => {
            let entry =
                |(key, value): (&Value, &Value)| format!("{}: {}", one_line(key), one_line(value));
            let entries: Vec<String> = mapping.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => {
            let text = serde_yaml::to_string(other).unwrap_or_default();
            text.trim_end().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "# from a.md\nconfigurations:\n  a: {method: A}\n  b: {method: B}\nclaims:\n  - id: a-accuracy\n    configuration: a\n    metric: accuracy\n    reported: {mean: 88.1, std: 0.4}\n    source: {file: a.md, line: 3, column: 5}\n  - id: b-accuracy\n    configuration: b\n    metric: accuracy\n    reported: 89.7\n    # tolerance: not in the file\n";

    const MANIFEST: &str = "reprove: 1  # version\nconfigurations:   # rows\n  a: {method: A, hidden: 3}\nclaims:\n- id: a-accuracy   # mine\n  reported: {mean: 88.1, std: 0.4}\n  tolerance: {sd: 1}\n# end\n";

    #[test]
    fn what_is_new_is_added_and_what_is_there_stays() {
        let additions = with_block(MANIFEST, BLOCK).unwrap();
        let keys: Vec<&str> = additions.added.iter().map(|new| new.key.as_str()).collect();
        assert_eq!(keys, ["configurations.b", "claims.b-accuracy"]);
        assert_eq!(additions.present, 2);
        let expected = MANIFEST
            .replace("hidden: 3}\n", "hidden: 3}\n  b: {method: B}\n")
            .replace(
                "{sd: 1}\n",
                "{sd: 1}\n- id: b-accuracy\n  configuration: b\n  metric: accuracy\n  reported: 89.7\n  # tolerance: not in the file\n",
            );
        assert_eq!(additions.text, expected);
        let again = with_block(&additions.text, BLOCK).unwrap();
        assert_eq!((again.added.len(), again.present), (0, 4));
        assert_eq!(again.text, additions.text);
    }

    #[test]
    fn an_id_with_another_value_stops_it() {
        let other = MANIFEST.replace("88.1", "88.2");
        let error = with_block(&other, BLOCK).unwrap_err().to_string();
        assert_eq!(
            error,
            "`claims.a-accuracy.reported`: expected `{mean: 88.2, std: 0.4}`, as the manifest states it, found `{mean: 88.1, std: 0.4}`"
        );
        let other = MANIFEST.replace("method: A", "method: C");
        assert!(with_block(&other, BLOCK).is_err());
    }

    #[test]
    fn a_manifest_without_lists_gets_them_and_one_in_brackets_is_refused() {
        let additions = with_block("reprove: 1\n", BLOCK).unwrap();
        assert_eq!(additions.added.len(), 4);
        assert!(
            additions
                .text
                .starts_with("reprove: 1\nconfigurations:\n  a: {method: A}\n")
        );
        let error = with_block("claims: []\n", BLOCK).unwrap_err();
        assert_eq!(error, AdditionError::OneLine("claims"));
        assert_eq!(
            with_block("a: &x 1\nb: *x\n", BLOCK).unwrap_err(),
            AdditionError::NotReadable
        );
    }
}
