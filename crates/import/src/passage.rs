//! Text about a table.

use crate::text::CellText;

/// What a passage is to a table. Where two passages disagree, the smaller kind is nearer to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassageKind {
    /// The caption.
    Caption,
    /// Notes of the table: `tablenotes`, `<tfoot>`, a line under the table.
    Note,
    /// A paragraph that refers to the table's label.
    Reference,
    /// The paragraph before the table.
    Before,
    /// The paragraph after the table.
    After,
    /// A heading above the table, the nearest first.
    Heading,
}

/// Text about a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// What it is to the table.
    pub kind: PassageKind,
    /// The text, without markup.
    pub text: CellText,
}
