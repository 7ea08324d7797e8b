//! The document of a manifest with every problem of its shape: what serde finds wrong one at a time.

use serde_path_to_error::Segment;
use serde_yaml::Value;

use super::document::Document;
use super::error::Problem;
use super::serde_problem::from_serde;

/// A document as far as its shape is right.
pub(super) struct Shaped {
    /// The document without what is wrong; none where nothing is left to read.
    pub document: Option<Document>,
    /// The problems, one a key.
    pub problems: Vec<Problem>,
}

/// Problems of shape at most that are told of one manifest.
const MAX_PROBLEMS: usize = 50;

/// Bytes of a manifest at most that is read again for further problems: each costs a reading.
const MAX_BYTES_READ_AGAIN: usize = 100_000;

/// Reads the document. A key of the wrong shape is left out, and the rest is read again, so that all
/// problems are found.
pub(super) fn read(text: &str) -> Shaped {
    let whole = serde_yaml::Deserializer::from_str(text);
    let error = match serde_path_to_error::deserialize::<_, Document>(whole) {
        Ok(document) => {
            return Shaped {
                document: Some(document),
                problems: Vec::new(),
            };
        }
        Err(error) => from_serde(&error),
    };
    let mut found = Shaped {
        document: None,
        problems: vec![error],
    };
    if text.len() > MAX_BYTES_READ_AGAIN {
        return found;
    }
    let Ok(mut value) = serde_yaml::from_str::<Value>(text) else {
        return found;
    };
    let mut is_first = true;
    while found.problems.len() <= MAX_PROBLEMS {
        match serde_path_to_error::deserialize::<_, Document>(value.clone()) {
            Ok(document) => {
                found.document = Some(document);
                break;
            }
            Err(error) => {
                let problem = from_serde(&error);
                if !leave_out(&mut value, error.path().iter()) {
                    break;
                }
                // The first is the one that the text gave, whose words are better.
                if std::mem::take(&mut is_first) && found.problems[0].path != problem.path {
                    found.problems.clear();
                }
                if !found.problems.iter().any(|p| p.path == problem.path) {
                    found.problems.push(problem);
                }
            }
        }
    }
    found
}

/// Takes the node at a path out of its mapping. An element of a list keeps its place, as an empty mapping or
/// else an empty text; if neither fits, the list goes. Whether anything changed.
fn leave_out<'s>(root: &mut Value, path: impl Iterator<Item = &'s Segment>) -> bool {
    let steps: Vec<&Segment> = path
        .filter(|step| matches!(step, Segment::Map { .. } | Segment::Seq { .. }))
        .collect();
    let Some((last, parents)) = steps.split_last() else {
        return false;
    };
    let Some(parent) = parents
        .iter()
        .try_fold(&mut *root, |node, step| child(node, step))
    else {
        return false;
    };
    match (parent, last) {
        (Value::Mapping(entries), Segment::Map { key }) => {
            let is_meant = |found: &Value| match found {
                Value::String(text) => text == key,
                Value::Number(number) => number.to_string() == *key,
                _ => false,
            };
            let before = entries.len();
            entries.retain(|found, _| !is_meant(found));
            entries.len() < before
        }
        (Value::Sequence(list), Segment::Seq { index }) => match list.get_mut(*index) {
            Some(Value::String(text)) if text.is_empty() => {
                leave_out(root, parents.iter().copied())
            }
            Some(element @ Value::Mapping(_)) => {
                *element = Value::String(String::new());
                true
            }
            Some(element) => {
                *element = Value::Mapping(serde_yaml::Mapping::new());
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// The value of a mapping or list that a step of a path leads to.
fn child<'v>(node: &'v mut Value, step: &Segment) -> Option<&'v mut Value> {
    match step {
        Segment::Map { key } => node.as_mapping_mut()?.get_mut(key.as_str()),
        Segment::Seq { index } => node.as_sequence_mut()?.get_mut(*index),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}
