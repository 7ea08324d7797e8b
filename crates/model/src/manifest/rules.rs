//! The rules of a manifest: from the document as written to a [`Manifest`] whose rules hold.

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;

use super::claim_rules;
use super::code_rules;
use super::commit_id::CommitId;
use super::common::{Context, names, required, written};
use super::data::Data;
use super::decision_rules;
use super::document::{Document, SeedsDoc};
use super::error::{ManifestError, ManifestProblem, Problem, Problems};
use super::experiment::Experiment;
use super::hardware_rules::hardware;
use super::metric_rules;
use super::parts::ManifestParts;
use super::placeholder_rules::PlaceholderValues;
use super::program_rules;
use super::scalar::Scalar;
use super::seed_rules::{seeds, unique_seeds};
use super::shape::{self, Shaped};
use super::slurm;
use super::validated::Manifest;
use super::yaml_problem::broken;
use crate::diagnostics::{SourceLocation, YamlLocations};
use crate::digest::Sha256Digest;
use crate::escape;
use crate::name::ConfigurationId;
use crate::seeds::{RunSeed, Seeds};

type Configurations = IndexMap<ConfigurationId, BTreeMap<String, Scalar>>;

/// Bytes of a manifest at most; the largest real ones have some kilobytes.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// The manifest that `text`, read from `file`, is.
///
/// `commit` stands for `commit: HEAD`.
pub(super) fn manifest(
    file: &Path,
    written: &str,
    commit: Option<&CommitId>,
) -> Result<Manifest, ManifestError> {
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
        commit,
    };
    let problems = match shaped(text, &locations) {
        Err(problems) => problems,
        Ok(shaped) => {
            let mut problems = Problems::of_shape(shaped.problems);
            let document = shaped.document;
            let manifest =
                document.and_then(|doc| checked(file, written, doc, &context, &mut problems));
            match manifest {
                Some(manifest) if !problems.is_any() => return Ok(manifest),
                Some(_) | None => problems.into_vec(),
            }
        }
    };
    Err(error(file, &locations, problems))
}

/// The error of all problems.
pub(super) fn error(
    file: &Path,
    locations: &YamlLocations,
    problems: Vec<Problem>,
) -> ManifestError {
    let told = problems.into_iter().map(|problem| ManifestProblem {
        file: file.to_owned(),
        location: locations
            .location(&problem.path)
            .or(problem.location)
            .or(locations.broken.as_ref().map(|(location, _)| *location))
            .or(locations.second_document),
        path: one_line(&problem.path),
        problem: one_line(&problem.text),
        hint: problem.hint.map(|hint| one_line(&hint)),
    });
    ManifestError::new(told.collect())
}

/// The text with control characters escaped and at most 600 characters: a message is one line.
fn one_line(text: &str) -> String {
    match text.char_indices().nth(600) {
        None => escape::text(text).into_owned(),
        Some((end, _)) => format!("{}…", escape::text(&text[..end])),
    }
}

/// The document as far as its shape is right, or why it is none.
pub(super) fn shaped(text: &str, locations: &YamlLocations) -> Result<Shaped, Vec<Problem>> {
    let whole = |text: String| Err(vec![Problem::at("", text)]);
    if text.len() > MAX_BYTES {
        return whole(format!("expected at most {MAX_BYTES} bytes, found more"));
    }
    if text.trim().is_empty() {
        let problem = Problem::at("", "expected a mapping, found an empty file");
        return Err(vec![problem.hint("a manifest begins with `reprove: 1`")]);
    }
    if let Some((at, why)) = &locations.broken {
        return Err(vec![broken(text, *at, why)]);
    }
    if !locations.duplicates.is_empty() {
        let twice = |(path, _): &(String, SourceLocation)| {
            Problem::at(path, "the key stands twice in one mapping")
                .hint("keep one of the two: the other would be lost")
        };
        return Err(locations.duplicates.iter().map(twice).collect());
    }
    if locations.second_document.is_some() {
        let problem = Problem::at("", "expected one YAML document, found a second one (`---`)");
        return Err(vec![problem.hint("keep one manifest in a file")]);
    }
    Ok(shape::read(text))
}

/// What is checked before the claims, since they refer to it.
struct Basis {
    configurations: Configurations,
    experiment: Option<Experiment>,
    data: IndexMap<String, Data>,
}

fn checked(
    file: &Path,
    text: &str,
    mut doc: Document,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<Manifest> {
    problems.keep(check_version(doc.reprove));
    let what = "`{repository, commit}` of the experiment";
    let code = problems.keep(required(doc.code.take(), "", "code", what));
    let code = code.and_then(|code| code_rules::code(code, context, problems));
    let hardware = hardware(doc.hardware.take().unwrap_or_default(), problems);
    let is_deterministic = doc.experiment.as_ref().and_then(|e| e.deterministic) == Some(true);
    let seeds = problems.keep(planned_seeds(doc.seeds.take(), is_deterministic));
    let count = seeds.as_ref().map_or(1, Seeds::count);
    let seeding = doc.experiment.as_ref().and_then(|e| e.seeding.as_deref());
    let has_own_seeds = seeding == Some("own");
    let reported_seeds = doc.reported_seeds.take();
    let reported_seeds =
        reported_seeds.map(|list| problems.keep(reported_seeds_of(list, has_own_seeds)));
    let basis = basis(&mut doc, count, context, problems);
    let decision = doc.decision.take().unwrap_or_default();
    let decision = decision_rules::decision(decision, seeds.as_ref().map(Seeds::count), problems);
    let facts = claim_rules::facts(doc.metrics.take().unwrap_or_default(), problems);
    let known = claim_rules::Known {
        configurations: &basis.configurations,
        facts: &facts,
    };
    let stated = doc.claims.take().unwrap_or_default();
    let claims = claim_rules::claims(stated, &known, context, problems);
    let experiment = basis.experiment;
    let experiment =
        experiment.and_then(|experiment| metric_rules::fitted(experiment, &claims, problems));
    let slurm = problems.keep(slurm::slurm(doc.slurm.take().unwrap_or_default()));
    let (decision, mut defaults) = decision?;
    if context.locations.scalar("code.commit") == Some(code_rules::HEAD) {
        let given = context.commit.map(ToString::to_string);
        defaults.insert("code.commit".to_owned(), given.unwrap_or_default());
    }
    Some(Manifest {
        file: file.to_owned(),
        sha256: Sha256Digest::of(text.as_bytes()),
        title: doc.title,
        paper: doc.paper,
        code: code?,
        data: basis.data,
        hardware: hardware?,
        seeds: seeds?,
        reported_seeds: reported_seeds.flatten(),
        experiment: experiment?,
        experiment_digest: experiment_digest(context),
        configurations: basis.configurations,
        metrics_with_facts: facts.keys().cloned().collect(),
        claims: claims.into_iter().map(|(_, claim)| claim).collect(),
        decision,
        defaults,
        slurm: slurm?,
    })
}

/// The parts of a manifest that are right.
pub(super) fn parts(
    file: &Path,
    written: &str,
    commit: Option<&CommitId>,
) -> Option<ManifestParts> {
    let text = written.strip_prefix('\u{feff}').unwrap_or(written);
    let locations = YamlLocations::read(text);
    let context = Context {
        folder: file.parent().unwrap_or(Path::new("")),
        locations: &locations,
        commit,
    };
    let shaped = shaped(text, &locations).ok()?;
    let mut doc = shaped.document?;
    let mut problems = Problems::of_shape(shaped.problems);
    let code = doc.code.take();
    let code = code.and_then(|code| code_rules::code(code, &context, &mut problems));
    // With one seed a command without `{seed}` is right.
    let mut basis = basis(&mut doc, 1, &context, &mut problems);
    let wrong: Vec<String> = problems.into_vec().into_iter().map(|p| p.path).collect();
    basis.data.retain(|name, _| {
        let entry = format!("data.{name}");
        !wrong.iter().any(|path| path.starts_with(&entry))
    });
    let is_run_wrong = wrong.iter().any(|path| path.starts_with("experiment.run"));
    let program = match basis.experiment {
        Some(Experiment::Program(program)) if !is_run_wrong => Some(*program),
        Some(Experiment::Program(_) | Experiment::Recipe(_)) | None => None,
    };
    Some(ManifestParts {
        code,
        data: basis.data,
        program,
    })
}

/// The seeds that the paper used; none are of a program that takes no seed.
fn reported_seeds_of(list: Vec<RunSeed>, has_own_seeds: bool) -> Result<Vec<RunSeed>, Problem> {
    let path = "reported_seeds";
    if has_own_seeds {
        let problem =
            "expected none beside `seeding: own`, where no run takes a seed, found a list";
        return Err(Problem::at(path, problem)
            .hint("hand `{seed}` to the program, or leave `reported_seeds` out"));
    }
    unique_seeds(list, path)
}

/// The data, the configurations and the experiment, which name one another.
fn basis(
    doc: &mut Document,
    seeds: usize,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Basis {
    let data = code_rules::data(std::mem::take(&mut doc.data), context, problems);
    let what = "`{recipe: PATH}` or `{run: […], metrics: …}`";
    let stated = problems.keep(required(doc.experiment.take(), "", "experiment", what));
    let mut configurations = doc.configurations.take().unwrap_or_default();
    problems.keep(names(configurations.keys(), "configurations"));
    let Some(mut stated) = stated else {
        return Basis {
            configurations,
            experiment: None,
            data,
        };
    };
    if stated.run.is_some() {
        as_written(&mut configurations, context);
        for (name, value) in stated.env.iter_mut().flatten() {
            written(value, &format!("experiment.env.{name}"), context);
        }
    }
    let known = PlaceholderValues {
        data: &data,
        configurations: &configurations,
        seeds,
    };
    Basis {
        experiment: program_rules::experiment(stated, &known, problems),
        configurations,
        data,
    }
}

/// Refuses a manifest of another version.
fn check_version(found: Option<u64>) -> Result<(), Problem> {
    match found {
        Some(1) => Ok(()),
        Some(other) => Err(
            Problem::at("reprove", format!("expected version 1, found {other}"))
                .hint("write `reprove: 1`, the version that this program reads"),
        ),
        None => {
            Err(Problem::missing("", "reprove")
                .hint("add `reprove: 1`, the version of the manifest"))
        }
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
fn as_written(configurations: &mut Configurations, context: &Context<'_>) {
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
