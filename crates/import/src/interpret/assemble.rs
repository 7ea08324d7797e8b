//! From the cells of a table to what is found in it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::cell_values::{ColumnContext, RowWords};
use super::column::{Column, ColumnRole};
use super::columns::columns;
use super::draft::{ColumnFacts, Draft, Scales};
use super::found::{Asked, Findings};
use super::label::label;
use super::metric_of::{MetricOf, MetricSource, WordMetrics, column_metrics};
use super::no_results::no_results;
use super::reader::SectionReader;
use super::rows::{RowFacts, RowRole, rows};
use super::sections::{Section, sections};
use super::spread_of::{CellWords, all_alike, may_say};
use crate::cells::{CellReading, Comma, NumberStyle, RefusalReason, read_cell};
use crate::grid::{Grid, RowKind};
use crate::options::ImportOptions;
use crate::source::SourceFiles;
use crate::text::CellText;
use crate::words::{TableWords, folded};

/// Reads a table; `number` counts the tables from 1.
pub(crate) fn read_grid(
    files: &SourceFiles,
    grid: &Grid,
    number: usize,
    spaces: bool,
    options: &ImportOptions,
    findings: &mut Findings,
) {
    let style = style(grid, spaces, options);
    let readings: Vec<CellReading> = grid
        .cells
        .par_iter()
        .map(|cell| read_cell(&cell.text, style))
        .collect();
    for section in sections(grid, &readings) {
        let columns = columns(grid, &readings, &section);
        let labels: Vec<String> = section_labels(grid, &section, &columns);
        let words = TableWords::of(grid, labels.iter().map(String::as_str));
        let metrics = match &options.metric {
            Some(metric) => WordMetrics {
                one: crate::names::metric_in(metric),
                ..WordMetrics::default()
            },
            None => {
                let is_value = |cell: usize| matches!(readings[cell], CellReading::Value(_));
                let mut first = section.body.iter().filter_map(|body| {
                    let slots = &grid.rows[body.row].slots;
                    *slots.first()?
                });
                WordMetrics::of(&words).or_corner(&columns, first.any(is_value))
            }
        };
        if let Some(kind) = no_results(grid, &readings, &section, &columns, &metrics, options) {
            findings.pass_over_table(files, grid, number, &section, kind);
            continue;
        }
        let rows = rows(grid, &readings, &section, &columns, &metrics);
        let reader = SectionReader {
            files,
            grid,
            number,
            readings: &readings,
            is_harness: is_harness(grid, &columns),
            column_metrics: named_columns(&columns, &metrics, options),
            columns: &columns,
            rows: &rows,
            words: &words,
            metrics: &metrics,
            options,
        };
        reader.read(findings);
    }
}

/// The spelling of the table's numbers.
fn style(grid: &Grid, spaces: bool, options: &ImportOptions) -> NumberStyle {
    if options.decimal_comma {
        return NumberStyle {
            comma: Comma::Decimal,
            spaces,
        };
    }
    let is_numeric = |text: &&CellText| {
        let text = text.as_str();
        text.bytes().any(|byte| byte.is_ascii_digit())
            && !text
                .chars()
                .any(|char| char.is_alphabetic() && !matches!(char, 'e' | 'E'))
    };
    let texts = grid.cells.iter().map(|cell| &cell.text).filter(is_numeric);
    NumberStyle::of(texts, spaces)
}

/// Harness tables have a metric a row and a standard error over documents.
fn is_harness(grid: &Grid, columns: &[Column]) -> bool {
    let has = |names: &[&str]| {
        columns.iter().any(|column| {
            column
                .path
                .iter()
                .any(|label| names.contains(&label.to_lowercase().as_str()))
        })
    };
    grid.row_kind == RowKind::Evaluations
        || (has(&["stderr"])
            && has(&["tasks", "task", "groups"])
            && has(&["n-shot", "version", "filter", "metric"]))
}

fn named_columns(
    columns: &[Column],
    metrics: &WordMetrics,
    options: &ImportOptions,
) -> Vec<MetricOf> {
    if options.across == Some(crate::options::ColumnAxis::Metric) && options.metric.is_none() {
        return columns
            .iter()
            .map(|column| {
                MetricOf::named(
                    column.path.last().map_or("", String::as_str),
                    MetricSource::Header,
                    metrics,
                )
            })
            .collect();
    }
    let Some(metric) = &options.metric else {
        return column_metrics(columns, metrics);
    };
    columns
        .iter()
        .map(|column| {
            let mut of = MetricOf::named(metric, MetricSource::Words, metrics);
            of.percent |= super::metric_of::says_percent(&column.path.join(" "));
            of
        })
        .collect()
}

/// The labels of rows and of value columns, for passages that mention them.
fn section_labels(grid: &Grid, section: &Section, columns: &[Column]) -> Vec<String> {
    if grid.passages.is_empty() {
        return Vec::new();
    }
    let mut labels: Vec<String> = columns
        .iter()
        .filter(|column| column.role == ColumnRole::Value)
        .flat_map(|column| column.path.iter().cloned())
        .collect();
    for body in &section.body {
        for (index, column) in columns.iter().enumerate() {
            if column.role == ColumnRole::Label {
                labels.extend(grid.cell(body.row, index).map(|cell| label(&cell.text)));
            }
        }
    }
    labels
}

impl SectionReader<'_> {
    fn read(&self, findings: &mut Findings) {
        let values = self
            .columns
            .iter()
            .filter(|column| matches!(column.role, ColumnRole::Value | ColumnRole::OneRun));
        let mut drafts: Vec<Draft> = Vec::with_capacity(self.rows.len() * values.count());
        let contexts: Vec<Option<ColumnContext>> = (0..self.columns.len())
            .map(|column| self.context(column))
            .collect();
        for (index, row) in self.rows.iter().enumerate() {
            self.read_row(index, row, &contexts, &mut drafts, findings);
        }
        super::runs::settle(self, &mut drafts);
        let scales = Scales::of(&drafts, self.options);
        self.ask(&drafts, &scales, findings);
        let facts = ColumnFacts::of(self);
        let claims = drafts.into_par_iter().zip(scales.of_drafts);
        let claims = claims.map(|(draft, scale)| draft.finish(self, &facts, scale));
        findings.found.par_extend(claims);
    }

    fn context(&self, column: usize) -> Option<ColumnContext> {
        let refused = matches!(
            self.columns[column].role,
            ColumnRole::PValue | ColumnRole::BestOverEpochs | ColumnRole::Setup
        );
        if !self.is_wanted(column) && !refused {
            return None;
        }
        let path = &self.columns[column].path;
        let folded: HashSet<String> = path.iter().map(|label| folded(label)).collect();
        let words = CellWords::of(self.words, &folded)
            .with_labels(path)
            .with_options(self.options);
        let cells = self
            .rows
            .iter()
            .filter_map(|row| self.grid.rows[row.row].slots[column]);
        Some(ColumnContext {
            labels: Arc::from(path.as_slice()),
            folded,
            words,
            all_alike: all_alike(cells.map(|cell| &self.readings[cell])),
        })
    }

    fn read_row(
        &self,
        index: usize,
        row: &RowFacts,
        contexts: &[Option<ColumnContext>],
        drafts: &mut Vec<Draft>,
        findings: &mut Findings,
    ) {
        if !self.options.rows.is_empty() {
            let named = self.options.rows.iter().any(|wanted| {
                row.labels
                    .iter()
                    .any(|label| folded(label) == folded(wanted))
            });
            if !named {
                return;
            }
        }
        let row_words = RowWords {
            mentioned: self.mentioned(row),
            says: row.labels.iter().any(|label| may_say(label)),
        };
        for (column, context) in contexts.iter().enumerate() {
            let Some(context) = context else {
                continue;
            };
            let Some(cell) = self.grid.rows[row.row].slots[column] else {
                continue;
            };
            match row.role {
                RowRole::Values => {
                    self.read_value(index, column, cell, context, &row_words, drafts, findings)
                }
                RowRole::Spreads(word) => self.attach(index, column, cell, word, drafts),
                RowRole::Asides => {
                    self.attach_aside(index, column, cell, context, drafts, findings)
                }
                RowRole::PValues => self.refuse(row, column, cell, RefusalReason::PValue, findings),
                RowRole::Setup => {
                    self.pass_over(row.own_labels(), cell, RefusalReason::Cost, findings)
                }
            }
        }
    }

    /// The folded labels of a row; `None` where no passage mentions one of them.
    fn mentioned(&self, row: &RowFacts) -> Option<HashSet<String>> {
        if !self.words.depends_on_labels() {
            return None;
        }
        let labels = row.labels.iter().map(|label| folded(label)).collect();
        self.words.mentions(&labels).then_some(labels)
    }

    /// What the values leave open.
    fn ask(&self, drafts: &[Draft], scales: &Scales, findings: &mut Findings) {
        let mut asked: HashMap<Asked, &str> = HashMap::new();
        for draft in drafts {
            for (question, because) in draft.open(self, scales.is_odd) {
                asked.entry(question).or_insert(because);
            }
        }
        let mut asked: Vec<_> = asked.into_iter().collect();
        asked.sort_by_key(|(question, _)| *question);
        for (question, because) in asked {
            findings.ask(self.number, question, because);
        }
    }
}
