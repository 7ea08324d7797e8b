//! The metric of a column, a row or a whole table.

use std::sync::Arc;

use super::column::{Column, ColumnRole};
use crate::names::{KnownMetric, MetricKind, metric_in, slug, tokens, whole_metric};
use crate::passage::PassageKind;
use crate::words::TableWords;

/// Where a metric's name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MetricSource {
    /// In the header of the column.
    Header,
    /// In a cell of the row, or in the label above it.
    Cell,
    /// In the words about the table, or in the user's.
    Words,
    /// Nowhere.
    Nowhere,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MetricOf {
    /// Its name.
    pub name: Arc<str>,
    /// Whether higher values are better.
    pub higher: Option<bool>,
    /// What its values are; `None` for an unknown metric.
    pub kind: Option<MetricKind>,
    /// Where the name stands.
    pub source: MetricSource,
    /// Whether the words beside the name say percent.
    pub percent: bool,
}

/// The metrics that the words about a table name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WordMetrics {
    /// The one that is said, if one is.
    pub one: Option<KnownMetric>,
    /// Whether several are named and none is the table's.
    pub is_ambiguous: bool,
}

impl WordMetrics {
    /// Collects the metrics of the words about a table.
    pub fn of(words: &TableWords<'_>) -> Self {
        let mut metrics = WordMetrics::default();
        let mut nearest = None;
        let mut near: Vec<KnownMetric> = Vec::new();
        for (kind, clause, _) in words.clauses() {
            if kind == PassageKind::After {
                continue;
            }
            if nearest.is_none_or(|nearest| nearest == kind) && !clause.metrics.is_empty() {
                nearest = Some(kind);
                near.extend(clause.metrics.iter().cloned());
            }
        }
        let clear: Vec<&KnownMetric> = near
            .iter()
            .filter(|metric| metric.kind != MetricKind::Vague)
            .collect();
        let pool: Vec<&KnownMetric> = match clear.is_empty() {
            true => near.iter().collect(),
            false => clear,
        };
        let same = pool.windows(2).all(|pair| pair[0].name == pair[1].name);
        metrics.is_ambiguous = !pool.is_empty() && !same;
        metrics.one = same
            .then(|| pool.first().map(|metric| (*metric).clone()))
            .flatten();
        metrics
    }

    /// The metrics with that of the table's first header cell, where neither words nor other headers name
    /// one: `Accuracy | Seed 0 | Seed 1 | Mean` over rows of methods.
    pub fn or_corner(mut self, columns: &[Column], has_first_values: bool) -> Self {
        let Some((first, others)) = columns.split_first() else {
            return self;
        };
        let is_named = others.iter().any(|column| {
            let named = path_metric(&column.path, &self);
            named.is_some_and(|(metric, _)| metric.kind != MetricKind::Vague)
        });
        if self.one.is_none() && !self.is_ambiguous && !is_named && !has_first_values {
            let metric = first.path.last().and_then(|label| whole_metric(label));
            self.one = metric.filter(|metric| metric.kind != MetricKind::Vague);
        }
        self
    }
}

impl MetricOf {
    /// Whether the other is this metric, told without a look at the name's letters.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.name, &other.name) && self.source == other.source
    }

    /// A metric of which nothing is known.
    pub fn unknown() -> Self {
        MetricOf {
            name: Arc::from("unknown"),
            higher: None,
            kind: None,
            source: MetricSource::Nowhere,
            percent: false,
        }
    }

    /// A known metric.
    pub fn known(metric: &KnownMetric, source: MetricSource, label: &str) -> Self {
        MetricOf {
            name: Arc::from(metric.name.as_str()),
            higher: arrow(label).or(metric.higher),
            kind: Some(metric.kind),
            source,
            percent: says_percent(label),
        }
    }

    /// The metric that a label names; one of its own where it names no known metric.
    pub fn named(label: &str, source: MetricSource, words: &WordMetrics) -> Self {
        if let Some(metric) = label_metric(label, words) {
            return MetricOf::known(&metric, source, label);
        }
        let slug = slug(label);
        let higher = arrow(label);
        let name = if slug.is_empty() {
            "unknown".to_owned()
        } else {
            slug
        };
        MetricOf {
            name: Arc::from(name),
            higher,
            kind: None,
            source,
            percent: says_percent(label),
        }
    }
}

/// The metric of each value column.
pub(crate) fn column_metrics(columns: &[Column], words: &WordMetrics) -> Vec<MetricOf> {
    let named: Vec<Option<(KnownMetric, String)>> = columns
        .iter()
        .map(|column| path_metric(&column.path, words))
        .collect();
    let is_value = |column: &Column| matches!(column.role, ColumnRole::Value | ColumnRole::OneRun);
    let values = columns.iter().filter(|column| is_value(column)).count();
    let with_name = columns
        .iter()
        .zip(&named)
        .filter(|(column, metric)| is_value(column) && metric.is_some())
        .count();
    let clear = words
        .one
        .as_ref()
        .is_some_and(|metric| metric.kind != MetricKind::Vague);
    let by_header = with_name > 0 && !(clear && with_name * 2 < values);
    columns
        .iter()
        .zip(named)
        .map(|(column, named)| {
            let label = column.path.join(" ");
            if let (true, Some((metric, _))) = (by_header, &named) {
                return MetricOf::known(
                    &refined(metric, &label, words),
                    MetricSource::Header,
                    &label,
                );
            }
            if by_header {
                let last = column.path.last().map_or("", String::as_str);
                return MetricOf::named(last, MetricSource::Header, words);
            }
            match &words.one {
                Some(metric) => {
                    let mut of = MetricOf::known(metric, MetricSource::Words, "");
                    of.percent = says_percent(&label);
                    of.higher = arrow(&label).or(of.higher);
                    if let Some(top) = top_k(&label) {
                        of.name = Arc::from(format!(
                            "{top} {}",
                            if metric.higher == Some(false) {
                                "error"
                            } else {
                                "accuracy"
                            }
                        ));
                        of.kind = Some(MetricKind::Share);
                    }
                    of
                }
                None => {
                    let mut of = MetricOf::unknown();
                    of.higher = arrow(&label);
                    of.percent = says_percent(&label);
                    of
                }
            }
        })
        .collect()
}

/// The metric that a path names, and the label that names it: the innermost that is not vague.
fn path_metric(path: &[String], words: &WordMetrics) -> Option<(KnownMetric, String)> {
    let all: Vec<(KnownMetric, String)> = path
        .iter()
        .rev()
        .filter_map(|label| Some((label_metric(label, words)?, label.clone())))
        .collect();
    let clear = all
        .iter()
        .find(|(metric, _)| metric.kind != MetricKind::Vague);
    clear.or(all.first()).cloned()
}

/// The metric of a label; `Top-1` alone is an accuracy, or an error where the words say so.
fn label_metric(label: &str, words: &WordMetrics) -> Option<KnownMetric> {
    if let Some(metric) = metric_in(label) {
        return Some(metric);
    }
    let top = top_k(label)?;
    // The words about the table name the metric; the header only says which of its kind.
    if words
        .one
        .as_ref()
        .is_some_and(|metric| metric.name.contains("error") || metric.name == "accuracy")
    {
        return None;
    }
    let is_error = words
        .one
        .as_ref()
        .is_some_and(|metric| metric.higher == Some(false) && metric.name.contains("error"));
    metric_in(&format!(
        "{top} {}",
        if is_error { "error" } else { "accuracy" }
    ))
}

/// `top-1` or `top-5`, where a label says so.
fn top_k(label: &str) -> Option<&'static str> {
    let words: Vec<String> = tokens(label).into_iter().map(|token| token.word).collect();
    let pair = |first: &str, second: &str| {
        words
            .windows(2)
            .any(|pair| pair[0] == first && pair[1] == second)
    };
    if pair("top", "1") || words.iter().any(|word| word == "top1" || word == "t1") {
        return Some("top-1");
    }
    (pair("top", "5") || words.iter().any(|word| word == "top5" || word == "t5")).then_some("top-5")
}

/// A vague name in the header, made clear by the words about the table.
fn refined(metric: &KnownMetric, label: &str, words: &WordMetrics) -> KnownMetric {
    if metric.kind != MetricKind::Vague {
        return metric.clone();
    }
    let Some(said) = &words.one else {
        return metric.clone();
    };
    let is_general = metric.name == "score";
    let fits = is_general || (metric.name == "error" && said.name.contains("error"));
    let clear = said.kind != MetricKind::Vague && !label.is_empty();
    match fits && clear {
        true => said.clone(),
        false => metric.clone(),
    }
}

/// Whether higher values are better, by an arrow.
pub(crate) fn arrow(label: &str) -> Option<bool> {
    let up = label.contains(['↑', '⇑', '▲', '⬆']);
    let down = label.contains(['↓', '⇓', '▼', '⬇']);
    (up != down).then_some(up)
}

/// Whether a label gives its values in percent.
pub(crate) fn says_percent(label: &str) -> bool {
    let lower = label.to_lowercase();
    let sign = label.match_indices('%').any(|(at, _)| {
        let before = label[..at].trim_end().chars().next_back();
        !before.is_some_and(|char| char.is_ascii_digit())
    });
    sign || lower.contains("percent")
        || lower.contains("prozent")
        || lower.ends_with("_pct")
        || lower.ends_with(" pct")
}
