//! The passages of a table by their nearness, and what holds for a cell.

use std::collections::HashSet;
use std::ops::Range;

use super::clause::{ClauseWords, clauses};
use crate::grid::Grid;
use crate::names::{metric_in, tokens};
use crate::passage::{Passage, PassageKind};

/// Labels of more words than this are not looked for in passages.
const LONGEST_LABEL: usize = 6;

/// What the nearest passages say of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said<T> {
    /// Nothing.
    Nothing,
    /// One value, with the passage and the bytes in it.
    Once(T, usize, Range<usize>),
    /// Different values in passages of the same nearness.
    Differs,
}

/// A passage read.
struct PassageWords<'g> {
    passage: &'g Passage,
    clauses: Vec<ClauseWords>,
    /// The labels of the table that each clause mentions, folded.
    mentions: Vec<HashSet<String>>,
}

/// The passages about a table, the nearest first.
pub(crate) struct TableWords<'g> {
    passages: Vec<PassageWords<'g>>,
}

impl<T> Said<T> {
    /// The value that is said once.
    pub fn once(self) -> Option<T> {
        match self {
            Said::Once(value, _, _) => Some(value),
            Said::Nothing | Said::Differs => None,
        }
    }
}

impl<'g> TableWords<'g> {
    /// Reads the passages of a table; `labels` are those of its rows and columns.
    pub fn of<'l>(grid: &'g Grid, labels: impl Iterator<Item = &'l str>) -> Self {
        let mut passages: Vec<&Passage> = grid.passages.iter().collect();
        passages.sort_by_key(|passage| passage.kind);
        let known: HashSet<String> = match passages.is_empty() {
            true => HashSet::new(),
            false => labels
                .filter(|label| metric_in(label).is_none())
                .map(folded)
                .filter(|label| !label.is_empty())
                .collect(),
        };
        let passages = passages
            .into_iter()
            .map(|passage| {
                let text = passage.text.as_str();
                let clauses = clauses(text);
                let mentions = clauses
                    .iter()
                    .map(|clause| mentions(&text[clause.range.clone()], &known))
                    .collect();
                PassageWords {
                    passage,
                    clauses,
                    mentions,
                }
            })
            .collect();
        TableWords { passages }
    }

    /// Whether what holds depends on the cell: some clause mentions a label.
    pub fn depends_on_labels(&self) -> bool {
        let mut mentions = self.passages.iter().flat_map(|passage| &passage.mentions);
        mentions.any(|labels| !labels.is_empty())
    }

    /// Whether some clause mentions one of these folded labels.
    pub fn mentions(&self, labels: &HashSet<String>) -> bool {
        let mut mentions = self.passages.iter().flat_map(|passage| &passage.mentions);
        mentions.any(|mentioned| !mentioned.is_disjoint(labels))
    }

    /// What the nearest passages say, of all clauses that hold for a cell with these folded labels.
    pub fn said<T: PartialEq>(
        &self,
        labels: &HashSet<String>,
        pick: impl Fn(&ClauseWords) -> Vec<(T, Range<usize>)>,
    ) -> Said<T> {
        let mut nearest: Option<PassageKind> = None;
        let mut said = Said::Nothing;
        for (index, passage) in self.passages.iter().enumerate() {
            if nearest.is_some_and(|kind| kind != passage.passage.kind) {
                break;
            }
            for (clause, mentions) in passage.clauses.iter().zip(&passage.mentions) {
                if !mentions.is_empty() && mentions.is_disjoint(labels) {
                    continue;
                }
                for (value, range) in pick(clause) {
                    nearest = Some(passage.passage.kind);
                    said = match said {
                        Said::Nothing => Said::Once(value, index, range),
                        Said::Once(before, at, place) if before == value => {
                            Said::Once(before, at, place)
                        }
                        Said::Once(..) | Said::Differs => Said::Differs,
                    };
                }
            }
            // Headings and paragraphs are looked at one by one, the nearest first.
            if matches!(nearest, Some(PassageKind::Heading | PassageKind::Before)) {
                break;
            }
        }
        said
    }

    /// All clauses, the nearest passage first, with the kind of their passage.
    pub fn clauses(&self) -> impl Iterator<Item = (PassageKind, &ClauseWords, &str)> {
        self.passages.iter().flat_map(|passage| {
            let text = passage.passage.text.as_str();
            passage
                .clauses
                .iter()
                .map(move |clause| (passage.passage.kind, clause, &text[clause.range.clone()]))
        })
    }
}

/// A label as its words, joined.
pub(crate) fn folded(label: &str) -> String {
    let words = tokens(label);
    words
        .iter()
        .map(|token| token.word.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The labels that a clause mentions: as a whole word, with a capital, a digit or in quotes.
fn mentions(clause: &str, known: &HashSet<String>) -> HashSet<String> {
    let words = tokens(clause);
    let mut found = HashSet::new();
    if known.is_empty() {
        return found;
    }
    for start in 0..words.len() {
        let mut joined = String::new();
        for (length, token) in words[start..].iter().take(LONGEST_LABEL).enumerate() {
            if length > 0 {
                joined.push(' ');
            }
            joined.push_str(&token.word);
            if !known.contains(&joined) {
                continue;
            }
            let range = words[start].range.start..token.range.end;
            let printed = &clause[range.clone()];
            let before = clause[..range.start].chars().next_back();
            let quoted =
                before.is_some_and(|char| matches!(char, '"' | '“' | '\'' | '‘' | '`' | '«'));
            let marked = printed
                .chars()
                .skip(1)
                .any(|char| char.is_uppercase() || char.is_ascii_digit());
            let is_name = printed.chars().count() >= 3
                && printed.starts_with(char::is_uppercase)
                && !clause[..range.start].trim().is_empty();
            if quoted || (marked && printed.chars().any(char::is_alphabetic)) || is_name {
                found.insert(joined.clone());
            }
        }
    }
    found
}
