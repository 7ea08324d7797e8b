//! Tables of numbers that are no results: settings, statistics of data, values during training.

use std::sync::Arc;

use super::column::{Column, ColumnRole};
use super::column_names::is_setup_label;
use super::found::{Findings, PassedOver};
use super::label::label;
use super::metric_of::WordMetrics;
use super::sections::Section;
use crate::cells::CellReading;
use crate::grid::Grid;
use crate::names::{metric_in, tokens};
use crate::options::ImportOptions;
use crate::passage::PassageKind;
use crate::source::SourceFiles;

/// What the numbers of a table are, where they are no results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoResults {
    /// Settings of the experiment.
    Settings,
    /// Counts that describe data.
    Statistics,
    /// Values of one run while it is trained.
    Training,
}

impl NoResults {
    /// What they are, a lowercase fragment.
    fn why(self) -> &'static str {
        match self {
            NoResults::Settings => "settings, no results",
            NoResults::Statistics => "counts that describe data, no results",
            NoResults::Training => "values during the training of one run, no results",
        }
    }
}

/// Headers over the names of settings.
const SETTING_HEADERS: &[&str] = &[
    "hyperparameter",
    "hyperparameters",
    "hyper parameter",
    "hyper parameters",
    "parameter",
    "parameters",
    "parameter name",
    "hparam",
    "hparams",
    "argument",
    "arguments",
    "flag",
    "option",
    "hyperparam",
    "hyperparams",
];

/// Words of captions of tables that describe data.
const STATISTICS: &[&str] = &[
    "dataset statistics",
    "data statistics",
    "statistics of the dataset",
    "statistics of the data",
    "statistics of dataset",
    "statistics of our dataset",
    "statistics for the dataset",
    "summary of the dataset",
    "corpus statistics",
    "dataset sizes",
    "size of the dataset",
    "sizes of the dataset",
    "dataset splits",
    "data splits",
    "number of examples",
    "number of samples",
    "number of images",
    "number of sentences",
    "number of instances",
    "details of the dataset",
    "dataset details",
];

/// Columns that count the steps of a training; the second list may be settings of several runs, too.
const STEPS: [&[&str]; 2] = [
    &[
        "epoch",
        "step",
        "iteration",
        "iter",
        "global step",
        "training step",
        "train step",
        "training epoch",
    ],
    &["epochs", "steps", "iterations", "iters"],
];

/// What the numbers of a section are, where they are no results. What the user names is read.
pub(crate) fn no_results(
    grid: &Grid,
    readings: &[CellReading],
    section: &Section,
    columns: &[Column],
    metrics: &WordMetrics,
    options: &ImportOptions,
) -> Option<NoResults> {
    let is_asked =
        options.metric.is_some() || !options.rows.is_empty() || !options.columns.is_empty();
    if is_asked || !grid.hints.is_empty() {
        return None;
    }
    let table = Numbers {
        grid,
        readings,
        section,
        columns,
    };
    if table.is_training() {
        return Some(NoResults::Training);
    }
    let names_metric = metrics.one.is_some()
        || metrics.is_ambiguous
        || columns
            .iter()
            .any(|column| column.path.iter().any(|label| metric_in(label).is_some()));
    if names_metric {
        return None;
    }
    if table.is_settings() {
        return Some(NoResults::Settings);
    }
    table.is_statistics().then_some(NoResults::Statistics)
}

/// A section whose numbers are asked about.
struct Numbers<'g> {
    grid: &'g Grid,
    readings: &'g [CellReading],
    section: &'g Section,
    columns: &'g [Column],
}

impl Numbers<'_> {
    fn cell(&self, row: usize, column: usize) -> Option<usize> {
        *self.grid.rows[row].slots.get(column)?
    }

    fn number(&self, row: usize, column: usize) -> Option<f64> {
        match &self.readings[self.cell(row, column)?] {
            CellReading::Value(value) => value.value.plain.parse().ok(),
            CellReading::Blank
            | CellReading::Missing
            | CellReading::Text
            | CellReading::Aside(_)
            | CellReading::Bounds(_)
            | CellReading::Refused(_) => None,
        }
    }

    fn name(&self, column: usize) -> String {
        let last = self.columns[column].path.last().map_or("", String::as_str);
        let words: Vec<String> = tokens(last).into_iter().map(|token| token.word).collect();
        words.join(" ")
    }

    /// Whether the rows are the steps of one training: a column counts them, and nothing else labels them.
    fn is_training(&self) -> bool {
        let body = &self.section.body;
        if body.len() < 2 || body.iter().any(|body| body.group.is_some()) {
            return false;
        }
        let counter = (0..self.columns.len()).find(|column| {
            let name = self.name(*column);
            let [singular, plural] = STEPS.map(|names| names.contains(&name.as_str()));
            (singular || plural) && self.counts(*column, plural)
        });
        counter.is_some_and(|counter| {
            (0..self.columns.len()).all(|column| column == counter || !self.labels_rows(column))
        })
    }

    /// Whether a column has text labels, or counts seeds.
    fn labels_rows(&self, column: usize) -> bool {
        let has_text = self.section.body.iter().any(|body| {
            let cell = self.cell(body.row, column);
            cell.is_some_and(|cell| matches!(self.readings[cell], CellReading::Text))
        });
        match self.columns[column].role {
            ColumnRole::Label | ColumnRole::Dataset | ColumnRole::MetricNames => has_text,
            ColumnRole::RunIndex => true,
            ColumnRole::Value
            | ColumnRole::Difference
            | ColumnRole::OneRun
            | ColumnRole::Spread(_)
            | ColumnRole::Interval(_)
            | ColumnRole::Low(_)
            | ColumnRole::High(_)
            | ColumnRole::Runs
            | ColumnRole::Direction
            | ColumnRole::PValue
            | ColumnRole::BestOverEpochs
            | ColumnRole::Ignored
            | ColumnRole::Setup => false,
        }
    }

    /// Whether a column counts from 0 or from its first step, no step larger than the first; one by one where
    /// that is asked for.
    fn counts(&self, column: usize, one_by_one: bool) -> bool {
        let body = self.section.body.iter();
        let counts: Option<Vec<f64>> = body.map(|body| self.number(body.row, column)).collect();
        let Some([first, second, rest @ ..]) = counts.as_deref() else {
            return false;
        };
        let step = second - first;
        let tolerance = step * 1e-9;
        let begins = *first == 0.0 || (first - step).abs() <= tolerance;
        let mut before = *second;
        let goes_on = rest.iter().all(|next| {
            let rises = *next > before && *next - before <= step + tolerance;
            before = *next;
            rises
        });
        let is_fine = !one_by_one || (step == 1.0 && rest.len() > 1);
        step > 0.0 && begins && goes_on && is_fine
    }

    /// Whether the rows are settings: by the header over their names, or by most of the names.
    fn is_settings(&self) -> bool {
        let Some(names) = self
            .columns
            .iter()
            .position(|column| column.role == ColumnRole::Label)
        else {
            return false;
        };
        if SETTING_HEADERS.contains(&self.name(names).as_str()) {
            return true;
        }
        let body = &self.section.body;
        let labels = body.iter().filter_map(|body| self.cell(body.row, names));
        let settings = labels.filter(|cell| {
            let name = label(&self.grid.cells[*cell].text);
            is_setup_label(&name) || is_training_setting(&name)
        });
        body.len() > 1 && settings.count() * 3 > body.len() * 2
    }

    /// Whether the table has whole numbers alone, under a caption about data or headers of splits.
    fn is_statistics(&self) -> bool {
        let are_whole = self.section.body.iter().all(|body| {
            (0..self.columns.len()).all(|column| {
                let cell = self.cell(body.row, column);
                cell.is_none_or(|cell| match &self.readings[cell] {
                    CellReading::Value(value) => {
                        value.value.printed_decimals() == 0
                            && value.spread.is_none()
                            && !value.percent
                    }
                    CellReading::Blank
                    | CellReading::Missing
                    | CellReading::Text
                    | CellReading::Refused(_) => true,
                    CellReading::Aside(_) | CellReading::Bounds(_) => false,
                })
            })
        });
        are_whole && (self.is_captioned_statistics() || self.are_splits())
    }

    fn is_captioned_statistics(&self) -> bool {
        let near = [
            PassageKind::Caption,
            PassageKind::Before,
            PassageKind::Heading,
        ];
        let passages = self.grid.passages.iter();
        let mut near = passages.filter(|passage| near.contains(&passage.kind));
        near.any(|passage| {
            let text = passage.text.as_str().to_lowercase();
            STATISTICS.iter().any(|words| text.contains(words))
        })
    }

    /// Whether every column of numbers is a split of the data.
    fn are_splits(&self) -> bool {
        let mut numbers = self
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| matches!(column.role, ColumnRole::Value | ColumnRole::Setup));
        let is_split = |index: usize| {
            let name = self.name(index);
            let name = name.trim_start_matches("# ");
            [
                "train",
                "training",
                "val",
                "valid",
                "validation",
                "dev",
                "test",
                "total",
            ]
            .contains(&name)
        };
        let splits = numbers
            .clone()
            .filter(|(index, _)| is_split(*index))
            .count();
        splits > 1
            && numbers.all(|(index, column)| is_split(index) || column.role == ColumnRole::Setup)
    }
}

/// Names of settings that are no costs.
fn is_training_setting(name: &str) -> bool {
    let words: Vec<String> = tokens(name).into_iter().map(|token| token.word).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let name = words.join(" ");
    [
        "learning rate",
        "batch size",
        "weight decay",
        "seed",
        "optimizer",
        "random seed",
        "hidden size",
        "hidden dimension",
        "embedding size",
        "embedding dimension",
        "gradient clipping",
        "label smoothing",
        "warmup ratio",
        "discount factor",
        "replay buffer size",
        "buffer size",
        "target update rate",
        "patience",
    ]
    .contains(&name.as_str())
        || name.ends_with("learning rate")
        || name.ends_with("batch size")
}

impl Findings {
    /// Notes a section whose numbers are no results.
    pub(super) fn pass_over_table(
        &mut self,
        files: &SourceFiles,
        grid: &Grid,
        number: usize,
        section: &Section,
        kind: NoResults,
    ) {
        let rows = section.body.iter();
        let cells = rows.flat_map(|body| grid.rows[body.row].slots.iter().flatten());
        let has_digit = |cell: &&usize| {
            let text = grid.cells[**cell].text.as_str();
            text.bytes().any(|byte| byte.is_ascii_digit())
        };
        let mut cells = cells.filter(has_digit);
        let Some(first) = cells.next() else {
            return;
        };
        self.pass_over(files, &grid.cells[*first].text, || PassedOver {
            table: number,
            labels: Arc::from([]),
            numbers: 1 + cells.count(),
            line: 0,
            col: 0,
            file: Arc::from(""),
            why: kind.why().to_owned(),
        });
    }
}
