//! The rules of the sources of metrics.

use std::collections::BTreeSet;
use std::str::FromStr;

use indexmap::IndexMap;
use serde_yaml::Value;

use super::claim::{Better, Claim, Quantity};
use super::common::word;
use super::error::{Problem, Problems};
use super::experiment::Experiment;
use super::metric_fields::{Entries, Fields, entries, found};
use super::metric_source::{KINDS, MetricSource, Metrics, Take};
use super::unknown_key::unknown_key;
use crate::diagnostics::nearest;
use crate::escape;
use crate::name::MetricName;

/// The words of `take`.
pub(super) const TAKES: [(&str, Take); 7] = [
    ("only", Take::Only),
    ("first", Take::First),
    ("last", Take::Last),
    ("max", Take::Max),
    ("min", Take::Min),
    ("best", Take::Best),
    ("all", Take::All),
];

/// The sources that `value`, the manifest's key at `path`, names.
pub(super) fn metrics(value: &Value, path: &str) -> Result<Metrics, Problem> {
    if let Value::String(text) = value {
        let problem = format!("expected a mapping, found the text {text:?}");
        return Err(Problem::at(path, problem).hint(format!("write `{}`", source_of(text))));
    }
    let keys = entries(value, path)?;
    if keys.is_empty() {
        return Err(
            Problem::at(path, "expected a source, found an empty mapping")
                .hint("write `{json: metrics.json}`"),
        );
    }
    if keys
        .iter()
        .any(|(key, _)| kind_names().any(|name| name == *key))
    {
        return source(&keys, path).map(Metrics::Shared);
    }
    let mut each = IndexMap::new();
    for (metric, value) in keys {
        let at = format!("{path}.{metric}");
        if let Value::String(text) = value {
            return Err(text_as_source(&at, metric, text));
        }
        if !value.is_mapping()
            && let Some(kind) = nearest(metric, kind_names())
        {
            return Err(Problem::at(at, "unknown key").hint(format!("the nearest is `{kind}`")));
        }
        let found = entries(value, &at)?;
        each.insert(metric.into(), source(&found, &at)?);
    }
    Ok(Metrics::Each(each))
}

/// The problem of a key with a text where a source is expected: the key is a kind that is not read, or a metric.
fn text_as_source(at: &str, key: &str, text: &str) -> Problem {
    if let Some(kind) = nearest(key, kind_names()) {
        return Problem::at(at, "unknown key").hint(format!("the nearest is `{kind}`"));
    }
    if [
        "file", "path", "yaml", "toml", "xml", "log", "txt", "text", "stdout", "stderr",
    ]
    .contains(&key)
    {
        return Problem::at(at, "unknown key").hint(format!("write `{}`", source_of(text)));
    }
    let problem = format!("expected a mapping, found the text {text:?}");
    Problem::at(at, problem).hint(format!("write `{key}: {}`", source_of(text)))
}

/// The source that reads a file of this name.
fn source_of(file: &str) -> String {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "json" | "jsonl" | "csv" => format!("{{{extension}: {file}}}"),
        "ndjson" => format!("{{jsonl: {file}}}"),
        _ => {
            let file = if file.is_empty() { "stdout" } else { file };
            format!("{{regex: {{file: {file}, pattern: 'acc=([-+.\\w]+)'}}}}")
        }
    }
}

/// Why a text is no metric sources.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {problem}")]
pub struct ParseMetricsError {
    path: String,
    problem: String,
}

/// The YAML of a manifest's key `metrics`.
///
/// ```
/// use reprove_model::manifest::Metrics;
///
/// let metrics: Metrics = "{json: {file: metrics.json, take: last}}".parse()?;
/// assert!(matches!(metrics, Metrics::Shared(_)));
/// assert!("{jsno: metrics.json}".parse::<Metrics>().is_err());
/// # Ok::<(), reprove_model::manifest::ParseMetricsError>(())
/// ```
impl FromStr for Metrics {
    type Err = ParseMetricsError;

    fn from_str(yaml: &str) -> Result<Self, Self::Err> {
        let path = "metrics";
        let value = serde_yaml::from_str(yaml).map_err(|error| ParseMetricsError {
            path: path.to_owned(),
            problem: error.to_string(),
        })?;
        metrics(&value, path).map_err(|problem| ParseMetricsError {
            path: problem.path,
            problem: problem.text,
        })
    }
}

fn source(entries: &Entries<'_>, path: &str) -> Result<MetricSource, Problem> {
    let [(name, value)] = entries[..] else {
        if let Some(problem) = beside_source(entries, path) {
            return Err(problem);
        }
        let problem = format!("expected exactly one source, found {} keys", entries.len());
        let kinds: Vec<&str> = kind_names().collect();
        let hint = format!(
            "the kinds of source are {}; other text is read by `regex`",
            kinds.join(", ")
        );
        return Err(Problem::at(path, problem).hint(hint));
    };
    let at = format!("{path}.{name}");
    let Some(rules) = KINDS.iter().find(|rules| rules.name == name) else {
        let names: Vec<&str> = kind_names().collect();
        return Err(unknown_key(path, name, &names));
    };
    let known = [rules.keys, &[rules.take_key, "scale"]].concat();
    let fields = Fields::read(value, at, &known)?;
    let kind = (rules.read)(&fields)?;
    let take = take(&fields, rules.take_key, &rules.take)?;
    if let Take::Where { key, .. } = &take {
        kind.check_record_key(key, &format!("{}.{}", fields.path, rules.take_key))?;
    }
    let scale = fields.scale()?;
    Ok(MetricSource { kind, take, scale })
}

/// The problem of a key that belongs within the source that it stands beside.
fn beside_source(entries: &Entries<'_>, path: &str) -> Option<Problem> {
    let is_kind = |name: &str| KINDS.iter().find(|rules| rules.name == name);
    let (kind, value) = entries.iter().find(|(name, _)| is_kind(name).is_some())?;
    let rules = is_kind(kind)?;
    let belongs = |key: &str| key == "scale" || key == rules.take_key || rules.keys.contains(&key);
    let (key, inner) = entries.iter().find(|(key, _)| belongs(key))?;
    let problem = format!("expected `{key}` within the source, found it beside `{kind}`");
    let file = value.as_str().unwrap_or("…");
    let inner = plain(inner).unwrap_or_else(|| "…".to_owned());
    let hint = format!("write `{{{kind}: {{file: {file}, {key}: {inner}}}}}`");
    Some(Problem::at(format!("{path}.{key}"), problem).hint(hint))
}

/// The names of the kinds of source; no metric can have one of these names.
fn kind_names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|rules| rules.name)
}

/// The largest or the smallest, as the claims state: those about a metric, or all.
fn best(
    claims: &[(usize, Claim)],
    metric: Option<&MetricName>,
    path: &str,
) -> Result<Take, Problem> {
    let is_meant = |(_, claim): &&(usize, Claim)| {
        let mut arms = claim.quantity.arms().into_iter();
        metric.is_none_or(|name| arms.any(|arm| arm.1 == name))
    };
    let stated = || {
        let claims = claims.iter().filter(is_meant);
        claims.filter_map(|(_, claim)| claim.better)
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

/// Which number counts, as the key `key` of a source says.
fn take(fields: &Fields<'_>, key: &str, default: &Take) -> Result<Take, Problem> {
    let path = format!("{}.{key}", fields.path);
    let unfit = |found: String| {
        let problem = format!("expected a word, a position from 0 or one `key: value`, {found}");
        Problem::at(&path, problem).hint("write `last`, or `{step: 1000}`")
    };
    match fields.get(key) {
        None => Ok(default.clone()),
        Some(Value::String(text)) => {
            word(text, &path, &TAKES).map_err(|problem| match text.as_str() {
                "final" | "end" | "latest" => problem.hint("write `last`"),
                "mean" | "average" => {
                    problem.hint("write `all`: the mean of all is the number of the run")
                }
                "highest" | "maximum" => problem.hint("write `max`"),
                "lowest" | "minimum" => problem.hint("write `min`"),
                _ => problem,
            })
        }
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
        claims: &[(usize, Claim)],
        metric: Option<&MetricName>,
    ) -> Result<(), Problem> {
        if self.take == Take::Best {
            let rules = self.kind.rules();
            let key = format!("{}.{}", rules.name, rules.take_key);
            self.take = best(claims, metric, &format!("{path}.{key}"))?;
        }
        Ok(())
    }
}

/// The experiment with sources that fit the claims: `best` is the largest or the smallest, as they
/// say, and a source without names is that of one metric.
pub(super) fn fitted(
    mut experiment: Experiment,
    claims: &[(usize, Claim)],
    problems: &mut Problems,
) -> Option<Experiment> {
    let Experiment::Program(program) = &mut experiment else {
        return Some(experiment);
    };
    let at = "experiment.metrics";
    match &mut program.metrics {
        Metrics::Shared(source) => {
            problems.keep(names_fit(source, claims))?;
            problems.keep(source.settle_best(at, claims, None))?;
        }
        Metrics::Each(sources) => {
            for (index, claim) in claims {
                problems.keep(has_one(*index, claim, sources));
            }
            for (metric, source) in sources {
                let at = format!("{at}.{metric}");
                problems.keep(source.settle_best(&at, claims, Some(metric)));
            }
        }
    }
    Some(experiment)
}

/// Refuses a claim about a metric that no source is there for.
fn has_one(
    index: usize,
    claim: &Claim,
    sources: &IndexMap<MetricName, MetricSource>,
) -> Result<(), Problem> {
    let arms = claim.quantity.arms();
    let mut metrics = arms.into_iter().map(|(_, metric)| metric);
    let Some(metric) = metrics.find(|name| !sources.contains_key(*name)) else {
        return Ok(());
    };
    let path = match &claim.quantity {
        Quantity::Metric { .. } => format!("claims[{index}].metric"),
        Quantity::Difference { .. } => format!("claims[{index}].difference.metric"),
    };
    let shown = escape::text(metric);
    let problem = Problem::at(
        path,
        format!("`experiment.metrics` has no source of `{shown}`"),
    )
    .refers_to("experiment.metrics");
    let names = || sources.keys().map(MetricName::as_str);
    Err(match nearest(metric, names()) {
        Some(name) => problem.hint(format!("the nearest is `{}`", escape::text(name))),
        None => {
            let names: Vec<_> = names()
                .map(|name| format!("`{}`", escape::text(name)))
                .collect();
            problem.hint(format!("it has sources of {}", names.join(", ")))
        }
    })
}

/// Refuses one source without names for several metrics.
fn names_fit(source: &MetricSource, claims: &[(usize, Claim)]) -> Result<(), Problem> {
    let metrics: BTreeSet<&MetricName> = claims
        .iter()
        .flat_map(|(_, claim)| claim.quantity.arms())
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
