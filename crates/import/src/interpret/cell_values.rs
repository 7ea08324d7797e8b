//! From a cell to a draft, or to a refusal.

use std::collections::HashSet;
use std::sync::Arc;

use super::column::{Column, ColumnRole};
use super::draft::Draft;
use super::found::{Asked, Findings, PassedOver, RefusedCell};
use super::metric_of::{MetricOf, column_metrics};
use super::reader::SectionReader;
use super::rows::RowFacts;
use super::spread_of::{CellWords, SpreadFacts, in_cell, in_columns};
use crate::cells::{CellReading, CellValue, Numeral, RefusalReason};
use crate::grid::RowKind;
use crate::words::SpreadWord;

/// What is known of a value column.
pub(crate) struct ColumnContext {
    pub labels: Arc<[String]>,
    pub folded: HashSet<String>,
    pub words: CellWords,
    pub all_alike: bool,
}

/// What the labels of a row say about its cells.
pub(crate) struct RowWords {
    /// The row's folded labels, where a passage mentions one of them.
    pub mentioned: Option<HashSet<String>>,
    /// Whether a label may say a spread or a number of runs itself.
    pub says: bool,
}

impl SectionReader<'_> {
    #[expect(
        clippy::too_many_arguments,
        reason = "a cell is read with its row, its column and what is collected"
    )]
    pub fn read_value(
        &self,
        index: usize,
        column: usize,
        cell: usize,
        context: &ColumnContext,
        row_words: &RowWords,
        drafts: &mut Vec<Draft>,
        findings: &mut Findings,
    ) {
        let row = &self.rows[index];
        let role = self.columns[column].role;
        let refused = if role == ColumnRole::PValue {
            Some(RefusalReason::PValue)
        } else if role == ColumnRole::BestOverEpochs {
            Some(RefusalReason::BestOverEpochs)
        } else if role == ColumnRole::Setup && !self.is_wanted(column) {
            Some(RefusalReason::Cost)
        } else {
            None
        };
        if refused == Some(RefusalReason::Cost) {
            return self.pass_over(context.labels.clone(), cell, RefusalReason::Cost, findings);
        }
        if let Some(reason) = refused {
            return self.refuse(row, column, cell, reason, findings);
        }
        // A cell that spans rows or columns is one value: it is read where it begins.
        let spanning = &self.grid.cells[cell];
        let begins_here = spanning.row == row.row && spanning.column == column;
        match &self.readings[cell] {
            CellReading::Missing => findings.missing += 1,
            CellReading::Blank
            | CellReading::Text
            | CellReading::Aside(_)
            | CellReading::Bounds(_) => {}
            CellReading::Refused(reason) => {
                self.refuse(row, column, cell, reason.clone(), findings)
            }
            CellReading::Value(_) if !begins_here => {}
            CellReading::Value(value) => {
                let words = self.cell_words(row, column, context, row_words);
                match self.spread(row, column, cell, value, &words, context.all_alike) {
                    Ok(spread) => self.push(
                        index, column, cell, value, spread, &words, context, drafts, findings,
                    ),
                    Err(reason) => self.refuse(row, column, cell, reason, findings),
                }
            }
        }
    }

    /// What the words say for a cell.
    fn cell_words(
        &self,
        row: &RowFacts,
        column: usize,
        context: &ColumnContext,
        row_words: &RowWords,
    ) -> CellWords {
        let words = match &row_words.mentioned {
            Some(labels) => {
                let all: HashSet<String> = context.folded.union(labels).cloned().collect();
                CellWords::of(self.words, &all).with_labels(&self.columns[column].path)
            }
            None if row_words.says => context.words,
            None => return context.words,
        };
        words.with_labels(&row.labels).with_options(self.options)
    }

    fn spread(
        &self,
        row: &RowFacts,
        column: usize,
        cell: usize,
        value: &CellValue,
        words: &CellWords,
        all_alike: bool,
    ) -> Result<SpreadFacts, RefusalReason> {
        let mut facts = in_cell(
            value,
            words.aside,
            self.grid.cells[cell].is_siunitx,
            all_alike,
            words.spread.is_some(),
        )?;
        let beside = in_columns(self.columns, column, |index| {
            let cell = self.grid.rows[row.row].slots[index]?;
            self.readings.get(cell)
        });
        if facts.spread.is_none() {
            facts.spread = beside.spread;
        }
        facts.interval = facts.interval.or(beside.interval);
        facts.word = facts.word.or(beside.word);
        Ok(facts)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a draft holds what is known of a value"
    )]
    fn push(
        &self,
        index: usize,
        column: usize,
        cell: usize,
        value: &CellValue,
        spread: SpreadFacts,
        words: &CellWords,
        context: &ColumnContext,
        drafts: &mut Vec<Draft>,
        findings: &mut Findings,
    ) {
        let row = &self.rows[index];
        let draft = |number: &Numeral,
                     spread: SpreadFacts,
                     metric: MetricOf,
                     labels: Arc<[String]>| Draft {
            row: index,
            column,
            scale_column: column,
            cell,
            number: number.clone(),
            percent: value.percent,
            labels,
            metric,
            spread,
            words: *words,
            is_run: row.is_run
                || self.columns[column].role == ColumnRole::OneRun
                || self.grid.row_kind == RowKind::Runs,
            values: Vec::new(),
        };
        let Some(second) = &value.second else {
            let metric = self.metric(row, column);
            drafts.push(draft(&value.value, spread, metric, context.labels.clone()));
            return;
        };
        let Some(names) =
            super::pair::names(&self.columns[column].path, self.options.pair.as_ref())
        else {
            return self.refuse(row, column, cell, RefusalReason::PairWithoutNames, findings);
        };
        if super::column_names::spread_name(&names[1]).is_some() {
            let mut spread = spread;
            spread.spread = Some(super::spread_of::plain(second));
            let metric = self.metric(row, column);
            drafts.push(draft(&value.value, spread, metric, context.labels.clone()));
            return;
        }
        for (number, name) in [&value.value, second].into_iter().zip(names) {
            let metric = match row.metric.is_some() || self.options.metric.is_some() {
                true => self.metric(row, column),
                false => {
                    let path = Column {
                        role: ColumnRole::Value,
                        path: vec![name.clone()],
                        of: None,
                    };
                    column_metrics(&[path], self.metrics).remove(0)
                }
            };
            drafts.push(draft(
                number,
                SpreadFacts::default(),
                metric,
                Arc::from([name]),
            ));
        }
    }

    /// A spread in a row of its own.
    pub fn attach(
        &self,
        index: usize,
        column: usize,
        cell: usize,
        word: Option<SpreadWord>,
        drafts: &mut [Draft],
    ) {
        let number = match &self.readings[cell] {
            CellReading::Value(value) => &value.value,
            CellReading::Aside(aside) => &aside.number,
            CellReading::Blank
            | CellReading::Missing
            | CellReading::Text
            | CellReading::Bounds(_)
            | CellReading::Refused(_) => return,
        };
        if let Some(draft) = self.draft_above(index, column, drafts) {
            draft.spread.spread = Some(super::spread_of::plain(number));
            draft.spread.word = word;
        }
    }

    /// A number in parentheses under a value.
    pub fn attach_aside(
        &self,
        index: usize,
        column: usize,
        cell: usize,
        context: &ColumnContext,
        drafts: &mut [Draft],
        findings: &mut Findings,
    ) {
        let meaning = context.words.aside;
        let Some(draft) = self.draft_above(index, column, drafts) else {
            return;
        };
        match &self.readings[cell] {
            CellReading::Aside(aside) => {
                let is_spread =
                    aside.has_sign || meaning == Some(crate::words::AsideMeaning::Spread);
                if is_spread {
                    draft.spread.spread = Some(super::spread_of::plain(&aside.number));
                } else if meaning.is_none() {
                    findings.ask(
                        self.number,
                        Asked::Parentheses,
                        "numbers in parentheses under values",
                    );
                }
            }
            CellReading::Bounds(bounds) => {
                draft.spread.interval = Some(Box::new([
                    super::spread_of::plain(&bounds[0]),
                    super::spread_of::plain(&bounds[1]),
                ]));
            }
            CellReading::Blank
            | CellReading::Missing
            | CellReading::Text
            | CellReading::Value(_)
            | CellReading::Refused(_) => {}
        }
    }

    /// The value of the same column in the row of values before.
    fn draft_above<'d>(
        &self,
        index: usize,
        column: usize,
        drafts: &'d mut [Draft],
    ) -> Option<&'d mut Draft> {
        let above = index.checked_sub(1)?;
        drafts
            .iter_mut()
            .rev()
            .take_while(|draft| draft.row >= above)
            .find(|draft| draft.row == above && draft.column == column)
    }

    /// Notes a number of a column or row of settings or costs.
    pub fn pass_over(
        &self,
        labels: Arc<[String]>,
        cell: usize,
        reason: RefusalReason,
        findings: &mut Findings,
    ) {
        match &self.readings[cell] {
            CellReading::Blank | CellReading::Text | CellReading::Missing => return,
            CellReading::Value(_)
            | CellReading::Aside(_)
            | CellReading::Bounds(_)
            | CellReading::Refused(_) => {}
        }
        findings.pass_over(self.files, &self.grid.cells[cell].text, || PassedOver {
            table: self.number,
            labels,
            numbers: 1,
            line: 0,
            col: 0,
            file: Arc::from(""),
            why: reason.to_string(),
        });
    }

    pub fn refuse(
        &self,
        row: &RowFacts,
        column: usize,
        cell: usize,
        reason: RefusalReason,
        findings: &mut Findings,
    ) {
        match &self.readings[cell] {
            CellReading::Blank | CellReading::Text => return,
            CellReading::Missing => return,
            CellReading::Value(_)
            | CellReading::Aside(_)
            | CellReading::Bounds(_)
            | CellReading::Refused(_) => {}
        }
        let questions = [
            (RefusalReason::Parenthesis, Asked::Parentheses),
            (RefusalReason::PairWithoutNames, Asked::Pair),
            (RefusalReason::Comma, Asked::Comma),
        ];
        let asked = questions.into_iter().find(|(asking, _)| *asking == reason);
        let asked = asked.map(|(_, asked)| asked);
        if let Some(asked) = asked {
            findings.ask(self.number, asked, "");
        }
        let text = &self.grid.cells[cell].text;
        let string = text.as_str();
        let start = string.len() - string.trim_start().len();
        let range = start..string.trim_end().len().max(start);
        let Some(origin) = text.origin(start) else {
            return;
        };
        let place = self.files.place(origin.file, origin.offset);
        let printed = text
            .file_range(range.clone())
            .map_or(&string[range], |(file, bytes)| {
                self.files.slice(file, bytes)
            });
        findings.refused.push(RefusedCell {
            table: self.number,
            row: row.labels.clone(),
            column: self.column_labels(row, column),
            printed: printed.to_owned(),
            line: place.line,
            col: place.column,
            file: Arc::from(place.file),
            why: reason.to_string(),
        });
    }
}
