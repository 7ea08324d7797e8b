//! From the cells of a table to what is found in it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::columns::{Column, ColumnRole, columns};
use super::draft::{Draft, Scales};
use super::found::{Asked, Findings, OpenQuestion, RefusedCell};
use super::label::label;
use super::metric_of::{MetricOf, MetricSource, WordMetrics, column_metrics};
use super::reader::SectionReader;
use super::rows::{RowFacts, RowRole, rows};
use super::sections::{Section, sections};
use super::spread_of::{CellWords, SpreadFacts, all_alike, in_cell, in_columns};
use crate::cells::{CellReading, CellValue, Comma, NumberStyle, Numeral, RefusalReason, read_cell};
use crate::grid::{Grid, RowKind};
use crate::options::ImportOptions;
use crate::source::SourceFiles;
use crate::text::CellText;
use crate::words::{SpreadWord, TableWords, folded};

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
        .iter()
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
            None => WordMetrics::of(&words),
        };
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

/// What is known of a value column.
struct ColumnContext {
    labels: Arc<[String]>,
    folded: HashSet<String>,
    words: CellWords,
    all_alike: bool,
}

impl SectionReader<'_> {
    fn read(&self, findings: &mut Findings) {
        let mut drafts: Vec<Draft> = Vec::new();
        let contexts: Vec<Option<ColumnContext>> = (0..self.columns.len())
            .map(|column| self.context(column))
            .collect();
        for (index, row) in self.rows.iter().enumerate() {
            self.read_row(index, row, &contexts, &mut drafts, findings);
        }
        super::runs::settle(self, &mut drafts);
        let scales = Scales::of(&drafts, self.options);
        self.ask(&drafts, &scales, findings);
        findings
            .found
            .extend(drafts.into_iter().map(|draft| draft.finish(self, &scales)));
    }

    fn is_wanted(&self, column: usize) -> bool {
        let role = self.columns[column].role;
        let is_value = matches!(
            role,
            ColumnRole::Value | ColumnRole::OneRun | ColumnRole::Difference
        );
        if self.options.columns.is_empty() {
            return is_value;
        }
        let path = &self.columns[column].path;
        let named = self
            .options
            .columns
            .iter()
            .any(|wanted| path.iter().any(|label| folded(label) == folded(wanted)));
        named && (is_value || matches!(role, ColumnRole::Setup | ColumnRole::Ignored))
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
        let row_words = self.row_words(row);
        for (column, context) in contexts.iter().enumerate() {
            let Some(context) = context else {
                continue;
            };
            let Some(cell) = self.grid.rows[row.row].slots[column] else {
                continue;
            };
            match row.role {
                RowRole::Values => self.read_value(
                    index,
                    column,
                    cell,
                    context,
                    row_words.as_ref(),
                    drafts,
                    findings,
                ),
                RowRole::Spreads(word) => self.attach(index, column, cell, word, drafts),
                RowRole::Asides => {
                    self.attach_aside(index, column, cell, context, drafts, findings)
                }
                RowRole::PValues => self.refuse(row, column, cell, RefusalReason::PValue, findings),
                RowRole::Setup => self.refuse(row, column, cell, RefusalReason::Cost, findings),
            }
        }
    }

    /// The words of a row's labels; `None` where they say nothing and no passage mentions a label.
    fn row_words(&self, row: &RowFacts) -> Option<HashSet<String>> {
        let depends = self.words.depends_on_labels();
        depends.then(|| row.labels.iter().map(|label| folded(label)).collect())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a cell is read with its row, its column and what is collected"
    )]
    fn read_value(
        &self,
        index: usize,
        column: usize,
        cell: usize,
        context: &ColumnContext,
        row_labels: Option<&HashSet<String>>,
        drafts: &mut Vec<Draft>,
        findings: &mut Findings,
    ) {
        let row = &self.rows[index];
        match self.columns[column].role {
            ColumnRole::PValue => {
                return self.refuse(row, column, cell, RefusalReason::PValue, findings);
            }
            ColumnRole::BestOverEpochs => {
                return self.refuse(row, column, cell, RefusalReason::BestOverEpochs, findings);
            }
            ColumnRole::Setup if !self.is_wanted(column) => {
                return self.refuse(row, column, cell, RefusalReason::Cost, findings);
            }
            _ => {}
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
                let words = match row_labels {
                    Some(labels) => {
                        let all: HashSet<String> = context.folded.union(labels).cloned().collect();
                        CellWords::of(self.words, &all).with_labels(&self.columns[column].path)
                    }
                    None => context.words.clone(),
                };
                let words = words.with_labels(&row.labels).with_options(self.options);
                match self.spread(row, column, cell, value, &words, context.all_alike) {
                    Ok(spread) => self.push(
                        index, column, cell, value, spread, &words, context, drafts, findings,
                    ),
                    Err(reason) => self.refuse(row, column, cell, reason, findings),
                }
            }
        }
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
            words: words.clone(),
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
    fn attach(
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
    fn attach_aside(
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
                    ask(
                        findings,
                        self.number,
                        Asked::Parentheses,
                        "numbers in parentheses under values",
                    );
                }
            }
            CellReading::Bounds(bounds) => {
                draft.spread.interval = Some([
                    super::spread_of::plain(&bounds[0]),
                    super::spread_of::plain(&bounds[1]),
                ]);
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

    fn refuse(
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
        let asked = match &reason {
            RefusalReason::Parenthesis => Some(Asked::Parentheses),
            RefusalReason::PairWithoutNames => Some(Asked::Pair),
            RefusalReason::Comma => Some(Asked::Comma),
            _ => None,
        };
        if let Some(asked) = asked {
            ask(findings, self.number, asked, "");
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

    /// What the values leave open.
    fn ask(&self, drafts: &[Draft], scales: &Scales, findings: &mut Findings) {
        let mut asked: HashMap<Asked, &str> = HashMap::new();
        for draft in drafts {
            for (question, because) in draft.open(self, scales) {
                asked.entry(question).or_insert(because);
            }
        }
        let mut asked: Vec<_> = asked.into_iter().collect();
        asked.sort_by_key(|(question, _)| *question);
        for (question, because) in asked {
            ask(findings, self.number, question, because);
        }
    }
}

fn ask(findings: &mut Findings, table: usize, asked: Asked, because: &str) {
    let is_asked = findings
        .questions
        .iter()
        .any(|question| question.table == table && question.asked == asked);
    if !is_asked {
        findings.questions.push(OpenQuestion {
            table,
            asked,
            because: because.to_owned(),
        });
    }
}
