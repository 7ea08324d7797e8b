//! A value on its way to a claim.

use std::collections::HashMap;
use std::sync::Arc;

use compact_str::CompactString;

use super::column::{Column, ColumnRole};
use super::found::{
    Asked, FoundClaim, FoundDirection, FoundRole, FoundScale, FoundSpread, FoundUnit,
};
use super::metric_of::{MetricOf, MetricSource};
use super::printed::printed;
use super::reader::SectionReader;
use super::spread_of::{CellWords, SpreadFacts, found_spread, plain};
use crate::cells::Numeral;
use crate::names::MetricKind;
use crate::options::{ColumnAxis, ImportOptions};

/// A value and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The row, by its index in the section.
    pub row: usize,
    /// The column of the grid.
    pub column: usize,
    /// The column whose scale it has.
    pub scale_column: usize,
    /// The cell of the grid.
    pub cell: usize,
    /// The value.
    pub number: Numeral,
    /// Whether a percent sign follows it.
    pub percent: bool,
    /// The labels above it.
    pub labels: Arc<[String]>,
    /// Its metric.
    pub metric: MetricOf,
    /// Its spread.
    pub spread: SpreadFacts,
    /// What the words say.
    pub words: CellWords,
    /// Whether it is the value of one run.
    pub is_run: bool,
    /// The values of the runs behind it.
    pub values: Vec<CompactString>,
}

/// What has one scale: a column, a metric that cells name, or the whole table.
type ScaleKey = (MetricSource, usize, Arc<str>);

/// The scales of a section.
pub(crate) struct Scales {
    /// The scale of each draft.
    pub of_drafts: Vec<FoundScale>,
    /// Whether a header says percent and no value is above 1.
    pub is_odd: bool,
}

#[derive(Clone, Copy, Default)]
struct Evidence {
    above_one: bool,
    sign: bool,
    said: bool,
    kind: Option<MetricKind>,
}

impl Scales {
    /// The scales of values.
    pub fn of(drafts: &[Draft], options: &ImportOptions) -> Self {
        let mut keys: HashMap<ScaleKey, usize> = HashMap::new();
        // Drafts of a column share one metric: most are looked up in the draft of the row before.
        let mut before: Vec<Option<(MetricOf, usize)>> = Vec::new();
        let mut evidence: Vec<Evidence> = Vec::new();
        let mut of_drafts: Vec<usize> = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let column = draft.scale_column;
            if before.len() <= column {
                before.resize(column + 1, None);
            }
            let index = match &before[column] {
                Some((metric, index)) if metric.is_same(&draft.metric) => *index,
                Some(_) | None => {
                    let next = keys.len();
                    let index = *keys.entry(draft.scale_key()).or_insert(next);
                    before[column] = Some((draft.metric.clone(), index));
                    index
                }
            };
            evidence.resize(keys.len(), Evidence::default());
            of_drafts.push(index);
            let known = &mut evidence[index];
            known.above_one |= draft
                .number
                .decimal()
                .is_some_and(|number| number.exceeds_one());
            known.sign |= draft.percent;
            known.said |= draft.says_percent();
            known.kind = draft.metric.kind;
        }
        let mut is_odd = false;
        let scales: Vec<FoundScale> = evidence
            .into_iter()
            .map(|known| {
                is_odd |= known.said && !known.sign && !known.above_one;
                match options.percent {
                    Some(true) => FoundScale::Percent,
                    Some(false) => FoundScale::Fraction,
                    None => known.scale(),
                }
            })
            .collect();
        let of_drafts = of_drafts.into_iter().map(|index| scales[index]);
        Scales {
            of_drafts: of_drafts.collect(),
            is_odd,
        }
    }
}

/// What holds for all values of a column.
pub(crate) struct ColumnFacts {
    /// For each column, whether it holds someone's rerun of what another reports.
    is_rerun: Vec<bool>,
    /// For each column, the row that its differences are taken to.
    baselines: Vec<Option<Arc<[String]>>>,
    /// Whether there are several columns of values.
    several: bool,
}

impl ColumnFacts {
    /// The facts of a section's columns.
    pub fn of(reader: &SectionReader<'_>) -> Self {
        let columns = 0..reader.columns.len();
        let is_value = |column: &&Column| matches!(column.role, ColumnRole::Value);
        ColumnFacts {
            is_rerun: columns
                .clone()
                .map(|column| super::sources::is_rerun(reader, column))
                .collect(),
            baselines: columns
                .map(|column| super::sources::baseline(reader, column))
                .collect(),
            several: reader.columns.iter().filter(is_value).count() > 1,
        }
    }
}

impl Evidence {
    fn scale(self) -> FoundScale {
        if self.sign || self.said {
            return FoundScale::Percent;
        }
        match (self.kind, self.above_one) {
            (Some(MetricKind::Share), true) => FoundScale::Percent,
            (Some(MetricKind::Share | MetricKind::Fraction), false) => FoundScale::Fraction,
            (Some(MetricKind::Fraction | MetricKind::Number | MetricKind::Vague) | None, _) => {
                FoundScale::Unknown
            }
        }
    }
}

impl Draft {
    fn scale_key(&self) -> ScaleKey {
        let column = match self.metric.source {
            MetricSource::Header => self.scale_column,
            MetricSource::Cell | MetricSource::Words | MetricSource::Nowhere => usize::MAX,
        };
        (self.metric.source, column, self.metric.name.clone())
    }

    /// Whether a header, a label or a passage gives the values in percent.
    fn says_percent(&self) -> bool {
        if self.metric.percent {
            return true;
        }
        let of_words = match (self.metric.source, self.metric.kind) {
            (MetricSource::Words | MetricSource::Nowhere, _) => true,
            (_, Some(MetricKind::Share | MetricKind::Vague)) => true,
            (_, Some(MetricKind::Fraction | MetricKind::Number) | None) => false,
        };
        of_words && self.words.percent
    }

    /// What is not known of the value.
    pub fn open(&self, reader: &SectionReader<'_>, is_odd: bool) -> Vec<(Asked, &'static str)> {
        let mut open = Vec::new();
        if self.metric.source == MetricSource::Nowhere {
            let because = match reader.metrics.is_ambiguous {
                true => "the words about the table name several",
                false => "neither the header nor the words about the table name one",
            };
            open.push((Asked::Metric, because));
        }
        let has_spread = self.spread.spread.is_some() || self.spread.interval.is_some();
        if has_spread && self.kind(reader) == Some(FoundSpread::Unknown) {
            let because = match self.words.spread_differs {
                true => "the words about the table name several",
                false => "nothing says what the spreads are",
            };
            open.push((Asked::Spread, because));
        }
        if self.words.runs_differ {
            open.push((Asked::Runs, "the words about the table say several numbers"));
        } else if has_spread && self.runs(reader).is_none() {
            open.push((
                Asked::Runs,
                "nothing says over how many runs the spreads are",
            ));
        }
        if self.direction(reader) == FoundDirection::Unknown
            && self.metric.source != MetricSource::Nowhere
        {
            open.push((Asked::Direction, "the metric is not known"));
        }
        if is_odd {
            open.push((Asked::Scale, "percent is said, and no value is above 1"));
        }
        open
    }

    fn kind(&self, reader: &SectionReader<'_>) -> Option<FoundSpread> {
        if self.spread.spread.is_none() && self.spread.interval.is_none() {
            return None;
        }
        if let Some(said) = reader.options.spread {
            return Some(said);
        }
        if reader.is_harness {
            return Some(FoundSpread::Sem);
        }
        let by_header = self
            .spread
            .word
            .map(found_spread)
            .filter(|kind| *kind != FoundSpread::Unknown);
        Some(
            by_header
                .or(self.words.spread)
                .unwrap_or(FoundSpread::Unknown),
        )
    }

    /// The number of runs, and what it counts.
    fn runs(&self, reader: &SectionReader<'_>) -> Option<(u32, FoundUnit)> {
        if reader.options.runs.is_some() {
            return self.words.runs;
        }
        if reader.is_harness || self.is_run {
            return Some((1, reader.structural_unit()));
        }
        let row = &reader.rows[self.row];
        let own = row.runs.iter().find(|(of, _)| *of == Some(self.column));
        let shared = row.runs.iter().find(|(of, _)| of.is_none());
        if let Some((_, number)) = own.or(shared) {
            let unit = self.words.runs.map_or(FoundUnit::Run, |(_, unit)| unit);
            return Some((*number, unit));
        }
        if !self.values.is_empty() {
            return Some((u32::try_from(self.values.len()).ok()?, FoundUnit::Run));
        }
        match self.best_of().is_some() {
            true => None,
            false => self.words.runs,
        }
    }

    fn best_of(&self) -> Option<u32> {
        self.words.best_of
    }

    fn direction(&self, reader: &SectionReader<'_>) -> FoundDirection {
        let row = &reader.rows[self.row];
        let higher = reader
            .options
            .higher_is_better
            .or(row.higher)
            .or(self.metric.higher)
            .or(self.words.higher);
        match higher {
            Some(true) => FoundDirection::Higher,
            Some(false) => FoundDirection::Lower,
            None => FoundDirection::Unknown,
        }
    }

    /// The labels of the column that belong to the configuration: all, where the column names no metric.
    fn column_key(&self, reader: &SectionReader<'_>, several: bool) -> Arc<[String]> {
        let belongs = match (reader.options.across, self.metric.source) {
            (Some(axis), _) => axis != ColumnAxis::Metric,
            (None, MetricSource::Header) => false,
            (None, MetricSource::Cell) => several,
            (None, MetricSource::Words | MetricSource::Nowhere) => true,
        };
        let is_difference = reader.columns[self.column].role == ColumnRole::Difference;
        match belongs && !is_difference {
            true => self.labels.clone(),
            false => Arc::from([]),
        }
    }

    fn role(&self, reader: &SectionReader<'_>, facts: &ColumnFacts) -> FoundRole {
        if reader.columns[self.column].role == ColumnRole::Difference {
            FoundRole::Difference
        } else if self.is_run {
            FoundRole::Run
        } else if facts.is_rerun[self.column] {
            FoundRole::Rerun
        } else {
            FoundRole::Reported
        }
    }

    /// The value with everything that is known about it.
    pub fn finish(
        self,
        reader: &SectionReader<'_>,
        facts: &ColumnFacts,
        scale: FoundScale,
    ) -> FoundClaim {
        let row = &reader.rows[self.row];
        let text = &reader.grid.cells[self.cell].text;
        let range = self.number.range();
        let value = text
            .file_range(range.clone())
            .map_or(&text.as_str()[range.clone()], |(file, bytes)| {
                reader.files.slice(file, bytes)
            });
        let value = CompactString::from(value);
        let place = text
            .origin(range.start)
            .map(|origin| (origin.file, origin.offset))
            .unwrap_or((reader.files.main(), 0));
        let file = reader.files.file(place.0);
        let (line, col) = file.line_and_column(place.1);
        let runs = self.runs(reader);
        let column: Arc<[String]> = match row.column_labels.is_empty() {
            true => self.labels.clone(),
            false => row
                .column_labels
                .iter()
                .chain(self.labels.iter())
                .cloned()
                .collect(),
        };
        let column_key = self.column_key(reader, facts.several);
        let is_sampled = self.words.sampling && runs.is_none();
        FoundClaim {
            table: reader.number,
            row: row.labels.clone(),
            column,
            metric: self.metric.name.clone(),
            value,
            printed: printed(text, range, text.as_str().trim_end().len(), reader.files),
            number: plain(&self.number),
            spread_kind: self.kind(reader),
            unit: runs.map_or(FoundUnit::Run, |(_, unit)| unit),
            runs: runs.map(|(number, _)| number),
            best_of: self.best_of(),
            scale,
            direction: self.direction(reader),
            role: self.role(reader, facts),
            median: self.words.median,
            line,
            col,
            file: file.name.clone(),
            dataset: row.dataset.clone(),
            column_key,
            is_sampled,
            run_key: row.key.clone(),
            run_is_column: reader.columns[self.column].role == ColumnRole::OneRun,
            baseline: facts.baselines[self.column].clone(),
            values: self.values,
            spread: self.spread.spread,
            interval: self.spread.interval,
        }
    }
}
