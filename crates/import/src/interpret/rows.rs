//! What the cells beside a row's values say about it.

use std::collections::HashMap;
use std::sync::Arc;

use super::column::{Column, ColumnRole};
use super::column_names::{is_p_value, is_setup_label, spread_name};
use super::columns::is_mean;
use super::label::{label, push_label};
use super::metric_of::{MetricOf, MetricSource, WordMetrics, arrow};
use super::sections::Section;
use crate::cells::CellReading;
use crate::grid::Grid;
use crate::names::whole_metric;
use crate::words::SpreadWord;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowRole {
    /// Values.
    Values,
    /// The spreads of the row of values before it.
    Spreads(Option<SpreadWord>),
    /// Numbers in parentheses under the values of the row before it.
    Asides,
    /// Settings or costs.
    Setup,
    /// p-values.
    PValues,
}

/// A row and what is said about it.
#[derive(Clone, Debug)]
pub(crate) struct RowFacts {
    /// The row of the grid.
    pub row: usize,
    /// What it is.
    pub role: RowRole,
    /// Its labels, the outermost first.
    pub labels: Arc<[String]>,
    /// The labels that belong to the path of the column: data sets and metrics in cells.
    pub column_labels: Vec<String>,
    /// The data set that a cell names.
    pub dataset: Option<Arc<str>>,
    /// The metric that a cell names.
    pub metric: Option<MetricOf>,
    /// Whether higher values are better, by a cell.
    pub higher: Option<bool>,
    /// The number of runs that a cell says, by the value column that it is for; `None` for all.
    pub runs: Vec<(Option<usize>, u32)>,
    /// Whether the row is one run of several.
    pub is_run: bool,
    /// Whether the row summarises the runs above it.
    pub is_summary: bool,
    /// The labels that all rows of one configuration share.
    pub key: Arc<[String]>,
}

impl RowFacts {
    /// The labels that name the row alone: those of its metric, else all.
    pub fn own_labels(&self) -> Arc<[String]> {
        match self.column_labels.is_empty() {
            true => self.labels.clone(),
            false => Arc::from(self.column_labels.as_slice()),
        }
    }
}

/// The rows of a section.
pub(crate) fn rows(
    grid: &Grid,
    readings: &[CellReading],
    section: &Section,
    columns: &[Column],
    words: &WordMetrics,
) -> Vec<RowFacts> {
    let mut above: HashMap<usize, String> = HashMap::new();
    let mut group = None;
    let mut rows: Vec<RowFacts> = Vec::with_capacity(section.body.len());
    for body in &section.body {
        if body.group != group {
            above.clear();
            group = body.group;
        }
        let group_label = group.map(|cell| label(&grid.cells[cell].text));
        let reader = RowReader {
            grid,
            readings,
            columns,
            words,
            row: body.row,
        };
        let facts = reader.read(group_label, &mut above, rows.last());
        rows.push(facts);
    }
    settle_setup(&mut rows);
    rows
}

/// Rows of costs are known as such only where other rows are metrics, and not where they name a
/// metric themselves.
fn settle_setup(rows: &mut [RowFacts]) {
    let has_metrics = rows.iter().any(|row| row.metric.is_some());
    for row in rows.iter_mut() {
        if row.role == RowRole::Setup && (!has_metrics || row.metric.is_some()) {
            row.role = RowRole::Values;
        }
    }
}

/// A nested label is looked up so many rows above.
const MOST_NESTED: usize = 200;

/// The label within `- humanities`: harnesses write parts of a task so.
fn nested(label: &str) -> Option<&str> {
    ["- ", "-- ", "↳", "└"]
        .into_iter()
        .find_map(|prefix| label.strip_prefix(prefix))
        .map(str::trim)
}

struct RowReader<'g> {
    grid: &'g Grid,
    readings: &'g [CellReading],
    columns: &'g [Column],
    words: &'g WordMetrics,
    row: usize,
}

impl RowReader<'_> {
    fn read(
        &self,
        group: Option<String>,
        above: &mut HashMap<usize, String>,
        before: Option<&RowFacts>,
    ) -> RowFacts {
        let mut facts = RowFacts {
            row: self.row,
            role: RowRole::Values,
            labels: Arc::from([]),
            column_labels: Vec::new(),
            dataset: None,
            metric: None,
            higher: None,
            runs: Vec::new(),
            is_run: false,
            is_summary: false,
            key: Arc::from([]),
        };
        let mut labels = Vec::new();
        if let Some(group) = group {
            match whole_metric(&group) {
                Some(metric) => {
                    facts.metric = Some(MetricOf::known(&metric, MetricSource::Cell, &group));
                    facts.column_labels.push(group);
                }
                None => labels.push(group),
            }
        }
        let mut key = labels.clone();
        let mut is_blank = true;
        for (index, column) in self.columns.iter().enumerate() {
            self.read_cell(
                index,
                column,
                above,
                &mut facts,
                &mut labels,
                &mut key,
                &mut is_blank,
            );
        }
        facts.role = self.role(&labels, is_blank, before);
        let names_cost = facts
            .column_labels
            .last()
            .is_some_and(|label| is_setup_label(label));
        if facts.role == RowRole::Values && facts.metric.is_some() && names_cost {
            facts.role = RowRole::Setup;
        }
        if let (RowRole::Spreads(_) | RowRole::Asides, Some(before)) = (facts.role, before) {
            labels = before.labels.to_vec();
        }
        facts.labels = Arc::from(labels);
        facts.key = Arc::from(key);
        facts
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a row are filled side by side"
    )]
    fn read_cell(
        &self,
        index: usize,
        column: &Column,
        above: &mut HashMap<usize, String>,
        facts: &mut RowFacts,
        labels: &mut Vec<String>,
        key: &mut Vec<String>,
        is_blank: &mut bool,
    ) {
        let text = match self.grid.cell(self.row, index) {
            Some(cell) => label(&cell.text),
            None => String::new(),
        };
        match column.role {
            ColumnRole::Label => {
                let text = self.repeated(index, text, above, is_blank);
                let text = match nested(&text) {
                    Some(inner) => {
                        labels.extend(self.parent(index));
                        inner.to_owned()
                    }
                    None => text,
                };
                push_label(key, text.clone());
                push_label(labels, text);
            }
            ColumnRole::Dataset => {
                let text = self.repeated(index, text, above, is_blank);
                if !text.is_empty() {
                    facts.dataset = Some(Arc::from(text.as_str()));
                    push_label(&mut facts.column_labels, text);
                }
            }
            ColumnRole::MetricNames => {
                let text = self.repeated(index, text, above, is_blank);
                if !text.is_empty() {
                    facts.metric = Some(MetricOf::named(&text, MetricSource::Cell, self.words));
                    facts.higher = arrow(&text);
                    if index == 0 {
                        push_label(labels, text.clone());
                    }
                    push_label(key, text.clone());
                    push_label(&mut facts.column_labels, text);
                }
            }
            ColumnRole::RunIndex => self.read_index(index, column, text, facts, labels),
            ColumnRole::Direction => facts.higher = facts.higher.or(arrow(&text)),
            ColumnRole::Runs => {
                let number = if let Some(CellReading::Value(value)) = self.reading(index) {
                    value.value.plain.parse().ok()
                } else {
                    None
                };
                facts.runs.extend(number.map(|number| (column.of, number)));
            }
            ColumnRole::Value
            | ColumnRole::Difference
            | ColumnRole::OneRun
            | ColumnRole::Spread(_)
            | ColumnRole::Interval(_)
            | ColumnRole::Low(_)
            | ColumnRole::High(_)
            | ColumnRole::PValue
            | ColumnRole::BestOverEpochs
            | ColumnRole::Ignored
            | ColumnRole::Setup => {}
        }
    }

    /// The label above a nested one.
    fn parent(&self, column: usize) -> Option<String> {
        let above = (0..self.row)
            .rev()
            .take(MOST_NESTED)
            .filter_map(|row| self.grid.cell(row, column));
        let mut labels = above.map(|cell| label(&cell.text));
        labels.find(|label| !label.is_empty() && nested(label).is_none())
    }

    /// The index of a run, or the word for a summary of runs.
    fn read_index(
        &self,
        index: usize,
        column: &Column,
        text: String,
        facts: &mut RowFacts,
        labels: &mut Vec<String>,
    ) {
        let is_number = matches!(self.reading(index), Some(CellReading::Value(_)));
        let name = column.path.last().map_or("run", String::as_str);
        facts.is_run = is_number;
        facts.is_summary = !is_number && !text.is_empty();
        match is_number {
            true => push_label(labels, format!("{} {text}", name.to_lowercase())),
            false => push_label(labels, text),
        }
    }

    fn reading(&self, column: usize) -> Option<&CellReading> {
        let cell = (*self.grid.rows[self.row].slots.get(column)?)?;
        self.readings.get(cell)
    }

    /// A blank label repeats the one above it, unless a label to its left is new.
    fn repeated(
        &self,
        column: usize,
        text: String,
        above: &mut HashMap<usize, String>,
        is_blank: &mut bool,
    ) -> String {
        if text.is_empty() {
            return match *is_blank {
                true => above.get(&column).cloned().unwrap_or_default(),
                false => {
                    above.remove(&column);
                    text
                }
            };
        }
        *is_blank = false;
        above.insert(column, text.clone());
        text
    }

    fn role(&self, labels: &[String], is_blank: bool, before: Option<&RowFacts>) -> RowRole {
        let mut asides = 0;
        let mut values = 0;
        for (index, column) in self.columns.iter().enumerate() {
            if matches!(column.role, ColumnRole::Value | ColumnRole::OneRun) {
                match self.reading(index) {
                    Some(CellReading::Aside(_) | CellReading::Bounds(_)) => asides += 1,
                    Some(CellReading::Value(_) | CellReading::Refused(_)) => values += 1,
                    Some(CellReading::Blank | CellReading::Missing | CellReading::Text) | None => {}
                }
            }
        }
        if asides > 0 && values == 0 {
            return RowRole::Asides;
        }
        let Some(last) = labels.last() else {
            return RowRole::Values;
        };
        if is_blank {
            return RowRole::Values;
        }
        // `SE` and `SD` are methods, too: short names count only under a mean.
        let under_mean = before
            .and_then(|before| before.labels.last())
            .is_some_and(|label| is_mean(label));
        let is_long = last.to_lowercase().contains("st") && last.chars().count() >= 3;
        if let (Some(word), false, true) = (spread_name(last), is_mean(last), under_mean || is_long)
        {
            return RowRole::Spreads(word);
        }
        if is_p_value(last) {
            return RowRole::PValues;
        }
        match is_setup_label(last) {
            true => RowRole::Setup,
            false => RowRole::Values,
        }
    }
}
