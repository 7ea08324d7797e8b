//! What the parts of a document say about the tables in them.

use std::collections::HashMap;
use std::rc::Rc;

use crate::grid::Grid;
use crate::passage::{Passage, PassageKind};
use crate::text::CellText;

/// What a part of a document says about the tables in it.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// Index of its `\end`.
    pub(super) end: usize,
    pub(super) is_note: bool,
    /// Number of tables before each caption, and the caption.
    pub(super) captions: Vec<(usize, Rc<CellText>)>,
    pub(super) labels: Vec<(usize, String)>,
    pub(super) notes: Vec<Rc<CellText>>,
    /// The tables, by their index in the document.
    pub(super) tables: Vec<usize>,
}

/// A table with what is known about it before the end of the document.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) grid: Grid,
    pub(super) captions: Vec<Rc<CellText>>,
    pub(super) labels: Vec<String>,
    pub(super) notes: Vec<Rc<CellText>>,
    pub(super) headings: Vec<Rc<CellText>>,
    pub(super) is_float: bool,
    /// Paragraphs beside the table.
    pub(super) before: Option<usize>,
    pub(super) after: Option<usize>,
}

/// A paragraph of the text.
#[derive(Debug)]
pub(super) struct Paragraph {
    pub(super) text: CellText,
    pub(super) references: Vec<String>,
}

impl Found {
    /// The grid with the passages about it, the nearest first.
    pub(super) fn grid_with_passages(
        self,
        paragraphs: &[Paragraph],
        referring: &HashMap<&str, Vec<usize>>,
    ) -> Grid {
        let mut references: Vec<usize> = self
            .labels
            .iter()
            .filter_map(|label| referring.get(label.as_str()))
            .flatten()
            .copied()
            .collect();
        references.sort_unstable();
        references.dedup();
        // The paragraphs beside a float are not about it.
        let beside = |paragraph: Option<usize>| paragraph.filter(|_| !self.is_float);
        let of_paragraphs = [
            (PassageKind::Reference, references),
            (
                PassageKind::Before,
                beside(self.before).into_iter().collect(),
            ),
            (PassageKind::After, beside(self.after).into_iter().collect()),
        ]
        .into_iter()
        .flat_map(|(kind, indices)| indices.into_iter().map(move |index| (kind, index)))
        .map(|(kind, index)| (kind, &paragraphs[index].text));
        let captions = self
            .captions
            .iter()
            .map(|text| (PassageKind::Caption, &**text));
        let notes = self.notes.iter().map(|text| (PassageKind::Note, &**text));
        let headings = self
            .headings
            .iter()
            .map(|text| (PassageKind::Heading, &**text));
        let passages = captions
            .chain(notes)
            .chain(of_paragraphs)
            .chain(headings)
            .map(|(kind, text)| Passage {
                kind,
                text: text.clone(),
            })
            .collect();
        Grid {
            passages,
            label: self.labels.into_iter().next(),
            ..self.grid
        }
    }
}

/// What a context with several captions or labels says of one of its tables: the last before the
/// table where one stands above the first table, else the first after it.
pub(super) fn of_table<T: Clone>(items: &[(usize, T)], position: usize) -> Option<T> {
    let above = items.first().is_some_and(|&(tables, _)| tables == 0);
    let found = if above {
        items.iter().rev().find(|&&(tables, _)| tables <= position)
    } else {
        items
            .iter()
            .find(|&&(tables, _)| tables > position)
            .or(items.last())
    };
    found.map(|(_, item)| item.clone())
}
