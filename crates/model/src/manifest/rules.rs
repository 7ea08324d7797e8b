//! The rules of a manifest: from the document as written to a [`Manifest`] whose rules hold.

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;

use super::claim_rules;
use super::code_rules;
use super::common::{Context, names, required, written};
use super::decision_rules;
use super::document::{Document, SeedsDoc};
use super::error::{ManifestError, Problem, from_serde};
use super::hardware_rules::hardware;
use super::metric_rules;
use super::placeholder_rules::PlaceholderValues;
use super::program_rules;
use super::scalar::Scalar;
use super::seed_rules::{seeds, unique_seeds};
use super::slurm;
use super::validated::Manifest;
use crate::diagnostics::YamlLocations;
use crate::digest::Sha256Digest;
use crate::escape;
use crate::name::ConfigurationId;
use crate::seeds::{RunSeed, Seeds};

/// Bytes of a manifest at most; the largest real ones have some kilobytes.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// The manifest that `text`, read from `file`, is.
pub(super) fn manifest(file: &Path, written: &str) -> Result<Manifest, ManifestError> {
    let text = written.strip_prefix('\u{feff}').unwrap_or(written);
    let locations = if text.len() > MAX_BYTES {
        YamlLocations::default()
    } else {
        YamlLocations::read(text)
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let context = Context {
        folder,
        locations: &locations,
    };
    document(text, &locations)
        .and_then(|document| checked(file, written, document, &context))
        .map_err(|problem| ManifestError {
            file: file.to_owned(),
            location: locations
                .location(&problem.path)
                .or(locations.broken.as_ref().map(|(location, _)| *location))
                .or(locations.second_document)
                .or(problem.location),
            path: one_line(&problem.path),
            problem: one_line(&problem.text),
            hint: problem.hint.map(|hint| one_line(&hint)),
        })
}

/// The text with control characters escaped and at most 600 characters: a message is one line.
fn one_line(text: &str) -> String {
    match text.char_indices().nth(600) {
        None => escape::text(text).into_owned(),
        Some((end, _)) => format!("{}…", escape::text(&text[..end])),
    }
}

fn document(text: &str, locations: &YamlLocations) -> Result<Document, Problem> {
    if text.len() > MAX_BYTES {
        return Err(Problem::at(
            "",
            format!("expected at most {MAX_BYTES} bytes, found more"),
        ));
    }
    if text.trim().is_empty() {
        return Err(Problem::at("", "expected a mapping, found an empty file")
            .hint("a manifest begins with `reprove: 1`"));
    }
    if let Some((_, why)) = &locations.broken {
        return Err(Problem::at("", format!("expected YAML: {why}")));
    }
    if let Some((path, _)) = locations.duplicates.first() {
        return Err(Problem::at(path, "the key stands twice in one mapping"));
    }
    if locations.second_document.is_some() {
        return Err(Problem::at(
            "",
            "expected one YAML document, found a second one (`---`)",
        ));
    }
    serde_path_to_error::deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|e| from_serde(&e))
}

fn checked(
    file: &Path,
    text: &str,
    doc: Document,
    context: &Context<'_>,
) -> Result<Manifest, Problem> {
    check_version(doc.reprove)?;
    let what = "`{repository, commit}` of the experiment";
    let code = code_rules::code(required(doc.code, "", "code", what)?, context)?;
    let data = code_rules::data(doc.data, context)?;
    let hardware = hardware(doc.hardware.unwrap_or_default())?;
    let is_deterministic = doc.experiment.as_ref().and_then(|e| e.deterministic) == Some(true);
    let seeds = planned_seeds(doc.seeds, is_deterministic)?;
    let reported_seeds = doc
        .reported_seeds
        .map(|list| unique_seeds(list, "reported_seeds"))
        .transpose()?;
    let what = "`{recipe: PATH}` or `{run: […], metrics: …}`";
    let mut stated = required(doc.experiment, "", "experiment", what)?;
    let mut configurations = doc.configurations.unwrap_or_default();
    names(configurations.keys(), "configurations")?;
    if stated.run.is_some() {
        as_written(&mut configurations, context);
        for (name, value) in stated.env.iter_mut().flatten() {
            written(value, &format!("experiment.env.{name}"), context);
        }
    }
    let known = PlaceholderValues {
        data: &data,
        configurations: &configurations,
        seeds: seeds.count(),
    };
    let experiment = program_rules::experiment(stated, &known)?;
    let (decision, defaults) =
        decision_rules::decision(doc.decision.unwrap_or_default(), seeds.count())?;
    let facts = claim_rules::facts(doc.metrics.unwrap_or_default())?;
    let known = claim_rules::Known {
        configurations: &configurations,
        facts: &facts,
    };
    let claims = claim_rules::claims(doc.claims.unwrap_or_default(), &known, context)?;
    let experiment = metric_rules::fitted(experiment, &claims)?;
    Ok(Manifest {
        file: file.to_owned(),
        sha256: Sha256Digest::of(text.as_bytes()),
        title: doc.title,
        paper: doc.paper,
        code,
        data,
        hardware,
        seeds,
        reported_seeds,
        experiment,
        experiment_digest: experiment_digest(context),
        configurations,
        claims,
        decision,
        defaults,
        slurm: slurm::slurm(doc.slurm.unwrap_or_default())?,
    })
}

/// Refuses a manifest of another version.
fn check_version(found: Option<u64>) -> Result<(), Problem> {
    match found {
        Some(1) => Ok(()),
        Some(other) => Err(Problem::at(
            "reprove",
            format!("expected version 1, found {other}"),
        )),
        None => Err(Problem::at("", "the key `reprove` is missing")
            .hint("add `reprove: 1`, the version of the manifest")),
    }
}

/// The seeds as stated; those of one run and one repeat where a deterministic program states none.
fn planned_seeds(stated: Option<SeedsDoc>, is_deterministic: bool) -> Result<Seeds, Problem> {
    if stated.is_none() && is_deterministic {
        return Ok(Seeds::Stated(vec![RunSeed(1), RunSeed(2)]));
    }
    let what = "`{first: 1, count: 30}`, `{derived: 30}` or a list";
    seeds(required(stated, "", "seeds", what)?)
}

/// Gives the values of configurations the form in which they are written: to a program, `1.0` may mean
/// another thing than `1`.
fn as_written(
    configurations: &mut IndexMap<ConfigurationId, BTreeMap<String, Scalar>>,
    context: &Context<'_>,
) {
    for (configuration, values) in configurations {
        for (key, value) in values {
            let path = format!("configurations.{configuration}.{key}");
            written(value, &path, context);
        }
    }
}

/// [`Manifest::experiment_digest`].
fn experiment_digest(context: &Context<'_>) -> Sha256Digest {
    let counts = |path: &str| {
        path.starts_with("experiment.")
            || path.starts_with("configurations.")
            || path == "code.directory"
            || (path.starts_with("data.") && path.ends_with(".sha256"))
    };
    let mut text = String::new();
    for (path, scalar) in context.locations.scalars().filter(|(path, _)| counts(path)) {
        text += &format!("{} {path} {} {scalar}\n", path.len(), scalar.len());
    }
    Sha256Digest::of(text.as_bytes())
}
