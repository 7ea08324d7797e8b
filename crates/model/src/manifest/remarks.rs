//! Remarks on a manifest whose rules hold: what is likely a mistake, and not certainly one.

use std::collections::BTreeSet;
use std::path::Path;

use super::claim::ReportedForm;
use super::experiment::{Experiment, Program, Seeding};
use super::metric_source::{MetricSource, Metrics, SourceKind, Take};
use super::validated::Manifest;
use crate::escape;
use crate::name::MetricName;

/// A remark on a key of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestRemark {
    /// The key concerned, as `data.train`.
    pub path: String,
    /// What is remarkable.
    pub text: String,
    /// Suggested fix, if known.
    pub hint: Option<String>,
}

impl ManifestRemark {
    fn new(path: impl Into<String>, text: String, hint: &str) -> Self {
        Self {
            path: path.into(),
            text,
            hint: Some(hint.to_owned()),
        }
    }
}

/// The remarks on a manifest, by what it says alone.
pub fn remarks(manifest: &Manifest) -> Vec<ManifestRemark> {
    let mut remarks = facts_of_no_claim(manifest);
    if let Experiment::Program(program) = &manifest.experiment {
        remarks.extend(unused_data(manifest, program));
        remarks.extend(sources(program));
        remarks.extend(spread_without_randomness(manifest, program));
    }
    remarks
}

/// Facts of a metric that no claim is about.
fn facts_of_no_claim(manifest: &Manifest) -> Vec<ManifestRemark> {
    let claims = manifest.claims.iter();
    let claimed: BTreeSet<&MetricName> = claims
        .flat_map(|claim| claim.quantity.arms())
        .map(|(_, metric)| metric)
        .collect();
    let stray = manifest
        .metrics_with_facts
        .iter()
        .filter(|metric| !claimed.contains(metric));
    let names: Vec<String> = claimed.iter().map(|metric| format!("`{metric}`")).collect();
    let hint = format!("the claims are about {}", names.join(", "));
    stray
        .map(|metric| {
            let text = "no claim is about this metric, so that its facts are used by nothing";
            ManifestRemark::new(format!("metrics.{metric}"), text.to_owned(), &hint)
        })
        .collect()
}

/// Data entries that the command does not name.
fn unused_data(manifest: &Manifest, program: &Program) -> Vec<ManifestRemark> {
    let words = || program.run.iter().chain(program.env.values());
    let is_used = |name: &str| {
        let placeholder = format!("{{data.{name}}}");
        words().any(|word| word.contains(&placeholder))
            || program.supplied.as_deref() == Some(name)
            || words().any(|word| word.contains("REPROVE_DATA_DIR"))
    };
    let unused = manifest.data.keys().filter(|name| !is_used(name));
    unused
        .map(|name| {
            let text = "the command does not name this entry".to_owned();
            let hint = format!(
                "hand `{{data.{name}}}` to the program, unless it looks in the folder `REPROVE_DATA_DIR` by itself"
            );
            ManifestRemark::new(format!("data.{name}"), text, &hint)
        })
        .collect()
}

/// Sources that read another thing than they seem to.
fn sources(program: &Program) -> Vec<ManifestRemark> {
    let at = "experiment.metrics";
    match &program.metrics {
        Metrics::Shared(source) => of_source(source, at).into_iter().collect(),
        Metrics::Each(sources) => sources
            .iter()
            .filter_map(|(metric, source)| of_source(source, &format!("{at}.{metric}")))
            .collect(),
    }
}

fn of_source(source: &MetricSource, at: &str) -> Option<ManifestRemark> {
    let (kind, file): (&str, &Path) = match &source.kind {
        SourceKind::Json(json) => ("json", &json.file),
        SourceKind::Jsonl(jsonl) => ("jsonl", &jsonl.file),
        SourceKind::Csv(csv) => ("csv", &csv.file),
        SourceKind::Tensorboard(_) => return None,
        SourceKind::Regex(regex) => {
            let groups = groups(&regex.pattern)?;
            let is_where = matches!(source.take, Take::Where { .. });
            if groups.named > 0 || is_where || groups.all < 2 {
                return None;
            }
            let text = format!(
                "the pattern has {} groups, and the number is that of the first alone",
                groups.all
            );
            let hint = "begin the other groups with `(?:`, and put the whole number in one group";
            return Some(ManifestRemark::new(format!("{at}.regex"), text, hint));
        }
    };
    let extension = file.extension()?.to_str()?;
    let others = ["json", "jsonl", "csv", "yaml", "yml", "txt", "log"];
    if extension == kind || kind == "jsonl" && extension == "json" || !others.contains(&extension) {
        return None;
    }
    let shown = file.display().to_string();
    let text = format!(
        "`{kind}` reads `{}`, whose name is that of another format",
        escape::text(&shown)
    );
    let hint = match extension {
        "json" | "jsonl" | "csv" => {
            format!("write `{{{extension}: {shown}}}`, if that is its format")
        }
        _ => "read other text by `regex`".to_owned(),
    };
    Some(ManifestRemark::new(format!("{at}.{kind}"), text, &hint))
}

/// The groups of a pattern.
struct Groups {
    all: usize,
    named: usize,
}

fn groups(pattern: &str) -> Option<Groups> {
    let regex = regex::Regex::new(pattern).ok()?;
    Some(Groups {
        all: regex.captures_len() - 1,
        named: regex.capture_names().flatten().count(),
    })
}

/// Claims that report a spread of a program that is said to have no randomness.
fn spread_without_randomness(manifest: &Manifest, program: &Program) -> Vec<ManifestRemark> {
    if program.seeding != Seeding::Deterministic {
        return Vec::new();
    }
    let has_spread = |form: &ReportedForm| match form {
        ReportedForm::Std { std: spread, .. }
        | ReportedForm::Sem { sem: spread, .. }
        | ReportedForm::PlusMinus { spread, .. } => *spread > 0.0,
        ReportedForm::Bare { .. }
        | ReportedForm::Ci95 { .. }
        | ReportedForm::Values(_)
        | ReportedForm::Best { .. }
        | ReportedForm::Median { .. }
        | ReportedForm::Proportion { .. } => false,
    };
    let claims = manifest.claims.iter().enumerate();
    let noisy = claims.filter(|(_, claim)| {
        let reported = claim.reported.as_ref();
        reported.is_some_and(|reported| has_spread(&reported.form))
    });
    noisy
        .map(|(index, claim)| {
            let text = format!(
                "claim `{}` reports a spread, and the program is said to have no randomness",
                claim.id
            );
            let hint = "leave `deterministic: true` out, unless the spread is over something else than runs";
            ManifestRemark::new(format!("claims[{index}].reported"), text, hint)
        })
        .collect()
}
