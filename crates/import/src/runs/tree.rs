//! The leaves of JSON and YAML by their paths.

use std::collections::BTreeMap;

use super::error::RunImportError;
use super::files::Document;
use super::found::Located;
use crate::readers::Node;
use crate::text::CellText;

/// More leaves than this are not looked at.
const MOST_LEAVES: usize = 200_000;

/// The scalars of a tree by their keys joined with dots; lists are left out.
///
/// # Errors
/// A path that stands twice.
pub(crate) fn leaves(
    document: &Document,
    node: &Node,
) -> Result<BTreeMap<String, Located>, RunImportError> {
    let mut found = BTreeMap::new();
    walk(document, node, String::new(), &mut found)?;
    Ok(found)
}

fn walk(
    document: &Document,
    node: &Node,
    path: String,
    found: &mut BTreeMap<String, Located>,
) -> Result<(), RunImportError> {
    for (key, value) in node.entries() {
        let path = match path.as_str() {
            "" => key.as_str().to_owned(),
            path => format!("{path}.{}", key.as_str()),
        };
        match value {
            Node::Map(_) => walk(document, value, path, found)?,
            Node::Scalar(text) => {
                if found.len() >= MOST_LEAVES {
                    return Ok(());
                }
                let located = located(document, text);
                let place = located.place.clone();
                if found.insert(path.clone(), located).is_some() {
                    return Err(RunImportError::Unexpected {
                        place: Box::new(place),
                        reason: format!("the key `{path}` stands twice"),
                    });
                }
            }
            Node::List(_) => {}
        }
    }
    Ok(())
}

/// A scalar with its place.
pub(crate) fn located(document: &Document, text: &CellText) -> Located {
    Located {
        text: text.as_str().trim().to_owned(),
        place: document.place(text),
    }
}
