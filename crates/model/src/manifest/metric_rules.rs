//! The rules of the sources of metrics.

use std::collections::BTreeSet;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde_yaml::Value;

use super::error::{Problem, nearest};
use super::metric_source::{MetricSource, Metrics, RegexText, SourceKind, Take, groups};
use super::placeholders::{self, Piece};
use super::rules::{inner_path, word};
use super::{Better, Claim, Experiment, Quantity};
use crate::escape;

/// The kinds of source; no metric can have one of these names.
const KINDS: [&str; 5] = ["json", "jsonl", "csv", "regex", "tensorboard"];

/// The sources that `value`, the manifest's key at `path`, names.
pub(super) fn metrics(value: &Value, path: &str) -> Result<Metrics, Problem> {
    let entries = entries(value, path)?;
    if entries.is_empty() {
        return Err(
            Problem::at(path, "expected a source, found an empty mapping")
                .hint("write `{json: metrics.json}`"),
        );
    }
    if entries.iter().any(|(key, _)| KINDS.contains(key)) {
        return source(&entries, path).map(Metrics::Shared);
    }
    let mut each = IndexMap::new();
    for (metric, value) in entries {
        let at = format!("{path}.{metric}");
        if !value.is_mapping()
            && let Some(kind) = nearest(metric, KINDS)
        {
            return Err(
                Problem::at(at, "unknown key").hint(format!("the nearest known key is `{kind}`"))
            );
        }
        let found = self::entries(value, &at)?;
        each.insert(metric.to_owned(), source(&found, &at)?);
    }
    Ok(Metrics::Each(each))
}

type Entries<'a> = Vec<(&'a str, &'a Value)>;

fn entries<'a>(value: &'a Value, path: &str) -> Result<Entries<'a>, Problem> {
    let Value::Mapping(mapping) = value else {
        let found = found(value);
        return Err(
            Problem::at(path, format!("expected a mapping, found {found}"))
                .hint("write `{json: metrics.json}`, or a metric's name with such a source"),
        );
    };
    mapping
        .iter()
        .map(|(key, value)| match key.as_str() {
            Some(key) => Ok((key, value)),
            None => Err(Problem::at(
                path,
                format!("expected a name as key, found {}", found(key)),
            )),
        })
        .collect()
}

fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(value) => format!("the number `{value}`"),
        Value::String(text) => format!("the text {text:?}"),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) | Value::Tagged(_) => "a mapping".to_owned(),
    }
}

fn source(entries: &Entries<'_>, path: &str) -> Result<MetricSource, Problem> {
    let [(kind, value)] = entries[..] else {
        let problem = format!("expected exactly one source, found {} keys", entries.len());
        return Err(Problem::at(path, problem));
    };
    let at = format!("{path}.{kind}");
    let known: &[&str] = match kind {
        "json" | "jsonl" => &["file", "path", "take", "scale"],
        "csv" => &["file", "column", "row", "scale"],
        "regex" => &["file", "pattern", "take", "scale"],
        "tensorboard" => &["file", "tag", "take", "scale"],
        _ => return Err(unknown(&at, kind, &KINDS)),
    };
    let fields = Fields::read(value, at, known)?;
    let (kind, take) = match kind {
        "json" => {
            let (file, path) = (fields.file()?, fields.text("path")?);
            (SourceKind::Json { file, path }, ("take", Take::Only))
        }
        "jsonl" => {
            let (file, path) = (fields.file()?, fields.text("path")?);
            (SourceKind::Jsonl { file, path }, ("take", Take::Last))
        }
        "csv" => {
            let (file, column) = (fields.file()?, fields.text("column")?);
            (SourceKind::Csv { file, column }, ("row", Take::Only))
        }
        "regex" => (fields.regex()?, ("take", Take::Last)),
        _ => {
            let (file, tag) = (fields.file()?, fields.text("tag")?);
            (SourceKind::Tensorboard { file, tag }, ("take", Take::Last))
        }
    };
    let path = format!("{}.{}", fields.path, take.0);
    let take = fields.take(take.0, take.1)?;
    if let Take::Where { key, .. } = &take {
        has_key(&kind, key, &path)?;
    }
    let scale = fields.scale()?;
    Ok(MetricSource { kind, take, scale })
}

/// Refuses a record's key that the source can never have.
fn has_key(kind: &SourceKind, key: &str, path: &str) -> Result<(), Problem> {
    let problem = |text: &str, hint: &str| {
        let found = escape::text(key);
        Err(Problem::at(path, format!("expected {text}, found `{found}`")).hint(hint))
    };
    match kind {
        SourceKind::Json { .. } => Err(Problem::at(
            path,
            "expected a word or a position from 0, found a mapping",
        )
        .hint("a JSON file has no records; name the number by `path`")),
        SourceKind::Regex { pattern, .. } if !groups(pattern).iter().any(|name| name == key) => {
            problem(
                "the name of a group of the pattern",
                "name the group, as in `step (?<step>[0-9]+) acc=([0-9.]+)`",
            )
        }
        SourceKind::Tensorboard { .. } if key != "step" => {
            problem("`step`", "write `{step: 1000}`")
        }
        _ => Ok(()),
    }
}

/// The largest or the smallest, as the claims state: those about a metric, or all.
fn best(claims: &[Claim], metric: Option<&str>, path: &str) -> Result<Take, Problem> {
    let is_meant = |claim: &&Claim| {
        let mut arms = claim.quantity.arms().into_iter();
        metric.is_none_or(|name| arms.any(|arm| arm.1 == name))
    };
    let stated = || {
        let claims = claims.iter().filter(is_meant);
        claims.filter_map(|claim| claim.better)
    };
    let found = match (
        stated().any(|better| better == Better::Higher),
        stated().any(|better| better == Better::Lower),
    ) {
        (true, false) => return Ok(Take::Max),
        (false, true) => return Ok(Take::Min),
        (true, true) => "both `higher` and `lower`",
        (false, false) => "none",
    };
    let of = metric.map_or_else(String::new, |name| format!(" of `{}`", escape::text(name)));
    let problem = format!("`best` needs the better direction{of}, found {found} in its claims");
    Err(Problem::at(path, problem).hint("write `max` or `min`"))
}

fn unknown(path: &str, found: &str, known: &[&str]) -> Problem {
    let problem = Problem::at(path, "unknown key");
    match nearest(found, known.iter().copied()) {
        Some(name) => problem.hint(format!("the nearest known key is `{name}`")),
        None => problem.hint(format!("known keys here: {}", known.join(", "))),
    }
}

/// The keys of one source; a bare text stands for `{file: TEXT}`.
struct Fields<'a> {
    path: String,
    entries: Entries<'a>,
}

impl<'a> Fields<'a> {
    fn read(value: &'a Value, path: String, known: &[&str]) -> Result<Self, Problem> {
        let entries = match value {
            Value::String(_) => vec![("file", value)],
            Value::Mapping(_) => entries(value, &path)?,
            other => {
                let found = found(other);
                return Err(Problem::at(
                    path,
                    format!("expected a file or a mapping, found {found}"),
                ));
            }
        };
        for (key, _) in &entries {
            if !known.contains(key) {
                return Err(unknown(&format!("{path}.{key}"), key, known));
            }
        }
        Ok(Self { path, entries })
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        let entry = self.entries.iter().find(|(name, _)| *name == key)?;
        (!entry.1.is_null()).then_some(entry.1)
    }

    fn text(&self, key: &str) -> Result<Option<String>, Problem> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(other) => Err(Problem::at(
                format!("{}.{key}", self.path),
                format!("expected a text, found {}", found(other)),
            )),
        }
    }

    fn needed(&self, key: &str) -> Result<String, Problem> {
        self.text(key)?
            .ok_or_else(|| Problem::at(&self.path, format!("the key `{key}` is missing")))
    }

    fn file(&self) -> Result<PathBuf, Problem> {
        let (text, path) = (self.needed("file")?, format!("{}.file", self.path));
        let hint = "it is relative to `{out}`, as in `metrics.json`";
        let pieces = placeholders::pieces(&text).unwrap_or_default();
        let is_placeholder = |piece: &Piece<'_>| matches!(piece, Piece::Placeholder(_));
        if pieces.iter().any(is_placeholder) {
            let found = escape::text(&text);
            let problem = format!("expected a path without placeholders, found `{found}`");
            return Err(Problem::at(path, problem).hint(hint));
        }
        inner_path(&text, &path).map_err(|problem| problem.hint(hint))
    }

    fn take(&self, key: &str, default: Take) -> Result<Take, Problem> {
        let words = [
            ("only", Take::Only),
            ("first", Take::First),
            ("last", Take::Last),
            ("max", Take::Max),
            ("min", Take::Min),
            ("best", Take::Best),
            ("all", Take::All),
        ];
        let path = format!("{}.{key}", self.path);
        let unfit = |found: String| {
            let problem =
                format!("expected a word, a position from 0 or one `key: value`, {found}");
            Problem::at(&path, problem).hint("write `last`, or `{step: 1000}`")
        };
        match self.get(key) {
            None => Ok(default),
            Some(Value::String(text)) => word(text, &path, &words),
            Some(value @ Value::Mapping(_)) => match entries(value, &path)?[..] {
                [(key, value)] => {
                    let value = plain(value).ok_or_else(|| {
                        unfit(format!(
                            "found {} under `{}`",
                            found(value),
                            escape::text(key)
                        ))
                    })?;
                    let key = key.to_owned();
                    Ok(Take::Where { key, value })
                }
                ref many => Err(unfit(format!("found {} keys", many.len()))),
            },
            Some(other) => other
                .as_u64()
                .map(Take::At)
                .ok_or_else(|| unfit(format!("found {}", found(other)))),
        }
    }

    fn scale(&self) -> Result<Option<f64>, Problem> {
        let Some(value) = self.get("scale") else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(scale) if scale.is_finite() && scale > 0.0 => Ok(Some(scale)),
            _ => Err(Problem::at(
                format!("{}.scale", self.path),
                format!("expected a number above 0, found {}", found(value)),
            )
            .hint("write `100` where the program writes 0.9 and the paper 90 %")),
        }
    }

    fn regex(&self) -> Result<SourceKind, Problem> {
        let text = match self.text("file")?.as_deref() {
            None | Some("stdout") => RegexText::Stdout,
            Some("stderr") => RegexText::Stderr,
            Some(_) => RegexText::File(self.file()?),
        };
        let pattern = self.needed("pattern")?;
        let at = format!("{}.pattern", self.path);
        match regex::Regex::new(&pattern) {
            Err(_) => Err(Problem::at(
                at,
                format!("expected a regular expression, found `{pattern}`"),
            )),
            Ok(compiled) if compiled.captures_len() < 2 => Err(Problem::at(
                at,
                format!("expected a group for the number, found none in `{pattern}`"),
            )
            .hint("put the number in parentheses, as in `acc=([0-9.]+)`")),
            Ok(_) => Ok(SourceKind::Regex { text, pattern }),
        }
    }
}

/// A value as a record may hold it.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

impl MetricSource {
    /// Puts the largest or the smallest in the place of the best.
    fn settle_best(
        &mut self,
        path: &str,
        claims: &[Claim],
        metric: Option<&str>,
    ) -> Result<(), Problem> {
        if self.take == Take::Best {
            let key = match self.kind {
                SourceKind::Json { .. } => "json.take",
                SourceKind::Jsonl { .. } => "jsonl.take",
                SourceKind::Csv { .. } => "csv.row",
                SourceKind::Regex { .. } => "regex.take",
                SourceKind::Tensorboard { .. } => "tensorboard.take",
            };
            self.take = best(claims, metric, &format!("{path}.{key}"))?;
        }
        Ok(())
    }
}

/// The experiment with sources that fit the claims: `best` is the largest or the smallest, as they
/// say, and a source without names is that of one metric.
pub(super) fn fitted(mut experiment: Experiment, claims: &[Claim]) -> Result<Experiment, Problem> {
    let Experiment::Program(program) = &mut experiment else {
        return Ok(experiment);
    };
    let at = "experiment.metrics";
    match &mut program.metrics {
        Metrics::Shared(source) => {
            names_fit(source, claims)?;
            source.settle_best(at, claims, None)?;
        }
        Metrics::Each(sources) => {
            each_has_one(sources, claims)?;
            for (metric, source) in sources {
                source.settle_best(&format!("{at}.{metric}"), claims, Some(metric))?;
            }
        }
    }
    Ok(experiment)
}

/// Refuses a claim about a metric that no source is there for.
fn each_has_one(sources: &IndexMap<String, MetricSource>, claims: &[Claim]) -> Result<(), Problem> {
    for (index, claim) in claims.iter().enumerate() {
        let metrics = claim.quantity.arms().into_iter().map(|(_, metric)| metric);
        let Some(metric) = metrics
            .into_iter()
            .find(|name| !sources.contains_key(*name))
        else {
            continue;
        };
        let path = match &claim.quantity {
            Quantity::Metric { .. } => format!("claims[{index}].metric"),
            Quantity::Difference { .. } => format!("claims[{index}].difference.metric"),
        };
        let shown = escape::text(metric);
        let problem = Problem::at(
            path,
            format!("`experiment.metrics` has no source of `{shown}`"),
        );
        let names = || sources.keys().map(String::as_str);
        return Err(match nearest(metric, names()) {
            Some(name) => problem.hint(format!("the nearest is `{}`", escape::text(name))),
            None => {
                let names: Vec<_> = names()
                    .map(|name| format!("`{}`", escape::text(name)))
                    .collect();
                problem.hint(format!("it has sources of {}", names.join(", ")))
            }
        });
    }
    Ok(())
}

/// Refuses one source without names for several metrics.
fn names_fit(source: &MetricSource, claims: &[Claim]) -> Result<(), Problem> {
    let metrics: BTreeSet<&str> = claims
        .iter()
        .flat_map(|claim| claim.quantity.arms())
        .map(|(_, metric)| metric)
        .collect();
    if !source.is_nameless() || metrics.len() < 2 {
        return Ok(());
    }
    let names: Vec<String> = metrics.iter().map(|name| format!("`{name}`")).collect();
    Err(Problem::at(
        "experiment.metrics",
        format!(
            "expected the source of each of {}, found one number without a name",
            names.join(", ")
        ),
    )
    .hint("give each metric a source of its own, as in `{accuracy: {regex: …}, loss: {regex: …}}`"))
}
