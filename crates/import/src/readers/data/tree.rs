//! Maps, lists and scalars with their places.

use crate::text::CellText;

/// Trees nested deeper than this are refused.
pub(crate) const DEEPEST: usize = 100;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Keys and values, in the order of the file.
    Map(Vec<(CellText, Node)>),
    /// Values.
    List(Vec<Node>),
    /// A number, a text or a word.
    Scalar(CellText),
}

impl Node {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(name, _)| name.as_str() == key)
            .map(|(_, node)| node)
    }

    /// The entries of a map; none for other values.
    pub fn entries(&self) -> &[(CellText, Node)] {
        match self {
            Node::Map(entries) => entries,
            Node::List(_) | Node::Scalar(_) => &[],
        }
    }

    /// The items of a list; none for other values.
    pub fn items(&self) -> &[Node] {
        match self {
            Node::List(items) => items,
            Node::Map(_) | Node::Scalar(_) => &[],
        }
    }

    /// The text of a scalar.
    pub fn scalar(&self) -> Option<&CellText> {
        match self {
            Node::Scalar(text) => Some(text),
            Node::Map(_) | Node::List(_) => None,
        }
    }
}
