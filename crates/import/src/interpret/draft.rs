//! A value on its way to a claim.

use std::collections::HashMap;
use std::sync::Arc;

use super::column::{Column, ColumnRole};
use super::found::{
    Asked, FoundClaim, FoundDirection, FoundRole, FoundScale, FoundSpread, FoundUnit,
};
use super::metric_of::{MetricOf, MetricSource};
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
    pub values: Vec<String>,
}

/// What has one scale: a column, a metric that cells name, or the whole table.
type ScaleKey = (MetricSource, usize, Arc<str>);

/// The scales of a section.
pub(crate) struct Scales {
    scales: HashMap<ScaleKey, FoundScale>,
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
        let mut evidence: HashMap<ScaleKey, Evidence> = HashMap::new();
        for draft in drafts {
            let known = evidence.entry(draft.scale_key()).or_default();
            known.above_one |= draft
                .number
                .decimal()
                .is_some_and(|number| number.exceeds_one());
            known.sign |= draft.percent;
            known.said |= draft.says_percent();
            known.kind = draft.metric.kind;
        }
        let mut is_odd = false;
        let scales = evidence
            .into_iter()
            .map(|(key, known)| {
                is_odd |= known.said && !known.sign && !known.above_one;
                let scale = match options.percent {
                    Some(true) => FoundScale::Percent,
                    Some(false) => FoundScale::Fraction,
                    None => known.scale(),
                };
                (key, scale)
            })
            .collect();
        Scales { scales, is_odd }
    }

    fn of_draft(&self, draft: &Draft) -> FoundScale {
        let scale = self.scales.get(&draft.scale_key());
        scale.copied().unwrap_or(FoundScale::Unknown)
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
    pub fn open(&self, reader: &SectionReader<'_>, scales: &Scales) -> Vec<(Asked, &'static str)> {
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
        if scales.is_odd {
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
    fn column_key(&self, reader: &SectionReader<'_>) -> Arc<[String]> {
        let is_value = |column: &Column| matches!(column.role, ColumnRole::Value);
        let several = reader
            .columns
            .iter()
            .filter(|column| is_value(column))
            .count()
            > 1;
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

    /// The value with everything that is known about it.
    pub fn finish(self, reader: &SectionReader<'_>, scales: &Scales) -> FoundClaim {
        let row = &reader.rows[self.row];
        let text = &reader.grid.cells[self.cell].text;
        let range = self.number.range.clone();
        let printed = text
            .file_range(range.clone())
            .map_or(&text.as_str()[range.clone()], |(file, bytes)| {
                reader.files.slice(file, bytes)
            });
        let printed = printed.to_owned();
        let place = text
            .origin(range.start)
            .map(|origin| (origin.file, origin.offset))
            .unwrap_or((reader.files.main(), 0));
        let file = reader.files.file(place.0);
        let runs = self.runs(reader);
        let role = if reader.columns[self.column].role == ColumnRole::Difference {
            FoundRole::Difference
        } else if self.is_run {
            FoundRole::Run
        } else if super::sources::is_rerun(reader, self.column) {
            FoundRole::Rerun
        } else {
            FoundRole::Reported
        };
        let column: Arc<[String]> = match row.column_labels.is_empty() {
            true => self.labels.clone(),
            false => row
                .column_labels
                .iter()
                .chain(self.labels.iter())
                .cloned()
                .collect(),
        };
        let column_key = self.column_key(reader);
        let is_sampled = self.words.sampling && runs.is_none();
        FoundClaim {
            table: reader.number,
            row: row.labels.clone(),
            column,
            metric: self.metric.name.clone(),
            value: printed,
            number: plain(&self.number),
            spread_kind: self.kind(reader),
            unit: runs.map_or(FoundUnit::Run, |(_, unit)| unit),
            runs: runs.map(|(number, _)| number),
            best_of: self.best_of(),
            scale: scales.of_draft(&self),
            direction: self.direction(reader),
            role,
            median: self.words.median,
            line: file.line(place.1),
            col: file.column(place.1),
            file: Arc::from(file.name.as_str()),
            dataset: row.dataset.clone(),
            column_key,
            is_sampled,
            run_key: row.key.clone(),
            run_is_column: reader.columns[self.column].role == ColumnRole::OneRun,
            baseline: super::sources::baseline(reader, self.column),
            values: self.values,
            spread: self.spread.spread,
            interval: self.spread.interval,
        }
    }
}
