//! The rules of a manifest: from the document as written to a [`Manifest`] whose rules hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::claim_rules;
use super::common::{Context, inner_path, names, required, written};
use super::decision_rules;
use super::document::{CodeDoc, DataDoc, Document, ExperimentDoc};
use super::error::{Problem, from_serde};
use super::hardware_rules::hardware;
use super::metric_rules;
use super::program_rules;
use super::seed_rules::{seeds, unique_seeds};
use super::slurm;
use super::{
    Code, CommitId, Data, Experiment, Manifest, ManifestError, Origin, Scalar, Submodules,
};
use crate::diagnostics::{Hint, YamlLocations};
use crate::digest::Sha256Digest;
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
            path: visible(&problem.path),
            problem: visible(&problem.text),
            hint: problem.hint.map(|hint| visible(&hint)),
        })
}

/// The text with control characters escaped and at most 600 characters: a message is one line.
fn visible(text: &str) -> String {
    let mut shown = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == 600 {
            shown.push('…');
            break;
        }
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
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
    match doc.reprove {
        Some(1) => {}
        Some(other) => {
            return Err(Problem::at(
                "reprove",
                format!("expected version 1, found {other}"),
            ));
        }
        None => {
            return Err(Problem::at("", "the key `reprove` is missing")
                .hint("add `reprove: 1`, the version of the manifest"));
        }
    }
    let code = code(
        required(
            doc.code,
            "",
            "code",
            "`{repository, commit}` of the experiment",
        )?,
        context,
    )?;
    let data = data(doc.data, context)?;
    let hardware = hardware(doc.hardware.unwrap_or_default())?;
    let is_deterministic = doc.experiment.as_ref().and_then(|e| e.deterministic) == Some(true);
    let seeds = match doc.seeds {
        // One run and one repeat.
        None if is_deterministic => Seeds::Stated(vec![RunSeed(1), RunSeed(2)]),
        stated => seeds(required(
            stated,
            "",
            "seeds",
            "`{first: 1, count: 30}`, `{derived: 30}` or a list",
        )?)?,
    };
    let reported_seeds = doc
        .reported_seeds
        .map(|list| unique_seeds(list, "reported_seeds"))
        .transpose()?;
    let mut stated = required(
        doc.experiment,
        "",
        "experiment",
        "`{recipe: PATH}` or `{run: […], metrics: …}`",
    )?;
    let mut configurations = doc.configurations.unwrap_or_default();
    names(configurations.keys(), "configurations")?;
    if stated.run.is_some() {
        as_written(&mut configurations, context);
        for (name, value) in stated.env.iter_mut().flatten() {
            written(value, &format!("experiment.env.{name}"), context);
        }
    }
    let known = program_rules::Known {
        data: &data,
        configurations: &configurations,
        seeds: seeds.count(),
    };
    let experiment = experiment(stated, &known)?;
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

fn code(doc: CodeDoc, context: &Context<'_>) -> Result<Code, Problem> {
    let repository = required(
        doc.repository,
        "code",
        "repository",
        "a path or an https, ssh or file URL",
    )?;
    let repository = origin(&repository, "code.repository", context)?;
    let commit = required(
        doc.commit,
        "code",
        "commit",
        "the 40 hexadecimal digits of the commit",
    )?;
    let commit = commit
        .parse::<CommitId>()
        .map_err(|error| match error.hint() {
            Some(hint) => Problem::at("code.commit", error.to_string()).hint(hint),
            None => commit_problem(&commit, &repository),
        })?;
    let directory = match doc.directory {
        None => PathBuf::from("."),
        Some(text) => inner_path(&text, "code.directory")?,
    };
    let submodules = if doc.submodules == Some(true) {
        Submodules::Pinned
    } else {
        Submodules::LeftOut
    };
    Ok(Code {
        repository,
        commit,
        directory,
        submodules,
    })
}

/// Branches, tags and short hashes move or are ambiguous; the hint gives the full hash where the
/// repository is at hand.
fn commit_problem(found: &str, repository: &Origin) -> Problem {
    let problem = Problem::at(
        "code.commit",
        format!(
            "expected the 40 hexadecimal digits of a commit, found `{}`",
            found.escape_default()
        ),
    );
    let resolved = match repository {
        Origin::Path(path) => git2::Repository::open(path).ok(),
        Origin::Url(url) => url
            .strip_prefix("file://")
            .and_then(|path| git2::Repository::open(path).ok()),
    }
    .and_then(|repo| {
        Some(
            repo.revparse_single(found)
                .ok()?
                .peel_to_commit()
                .ok()?
                .id()
                .to_string(),
        )
    });
    match resolved {
        Some(id) => problem.hint(format!("`{}` is {id} now", found.escape_default())),
        None => problem.hint(
            "`git rev-parse NAME^{commit}` prints the full hash of a branch, tag or short hash",
        ),
    }
}

/// A path relative to the manifest's folder, or a URL.
fn origin(text: &str, path: &str, context: &Context<'_>) -> Result<Origin, Problem> {
    let refused = |why: &str| {
        Err(Problem::at(
            path,
            format!("{why}, found `{}`", text.escape_default()),
        ))
    };
    if text.trim().is_empty() || text.contains('\0') {
        return refused("expected a path or a URL");
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        if user.contains(':') {
            // What is found is not shown: reports and logs go round.
            let problem = "expected a URL without a password, found one";
            return Err(Problem::at(path, problem)
                .hint("a manifest is published; let git's credential helper know the password"));
        }
        return match scheme {
            "https" | "ssh" | "file" => Ok(Origin::Url(text.to_owned())),
            _ => refused("expected a path or an https, ssh or file URL"),
        };
    }
    if text.contains("::") || text.starts_with('-') {
        return refused("expected a path or an https, ssh or file URL");
    }
    Ok(Origin::Path(context.folder.join(text)))
}

fn data(
    docs: IndexMap<String, DataDoc>,
    context: &Context<'_>,
) -> Result<IndexMap<String, Data>, Problem> {
    names(docs.keys(), "data")?;
    let mut data = IndexMap::new();
    for (name, doc) in docs {
        let path = format!("data.{name}");
        let origin = data_origin(doc.path, doc.url, &path, context)?;
        let text = required(
            doc.sha256,
            &path,
            "sha256",
            "the 64 digits that `sha256sum FILE` prints",
        )?;
        let sha256 = text.parse::<Sha256Digest>().map_err(|error| {
            Problem::at(format!("{path}.sha256"), error.to_string()).maybe_hint(error.hint())
        })?;
        data.insert(
            name,
            Data {
                origin,
                sha256,
                bytes: doc.bytes,
            },
        );
    }
    Ok(data)
}

/// Where a data entry is: exactly one of a path and a URL.
fn data_origin(
    file: Option<String>,
    url: Option<String>,
    path: &str,
    context: &Context<'_>,
) -> Result<Origin, Problem> {
    match (file, url) {
        (Some(text), None) if !text.contains("://") => {
            origin(&text, &format!("{path}.path"), context)
        }
        (Some(_), None) => Err(
            Problem::at(format!("{path}.path"), "expected a path, found a URL")
                .hint("a URL goes under `url`"),
        ),
        (None, Some(url)) if url.starts_with("https://") => Ok(Origin::Url(url)),
        (None, Some(url)) => Err(Problem::at(
            format!("{path}.url"),
            format!("expected an https URL, found `{}`", url.escape_default()),
        )),
        (Some(_), Some(_)) => Err(Problem::at(
            path,
            "expected either `path` or `url`, found both",
        )),
        (None, None) => Err(Problem::at(path, "expected `path` or `url`, found neither")
            .hint("add `path`, the file or folder relative to the manifest")),
    }
}

fn experiment(
    mut doc: ExperimentDoc,
    known: &program_rules::Known<'_>,
) -> Result<Experiment, Problem> {
    match (doc.recipe.take(), doc.run.take()) {
        (Some(_), Some(_)) => Err(Problem::at(
            "experiment",
            "expected either `recipe` or `run`, found both",
        )),
        (None, None) => Err(
            Problem::at("experiment", "expected `recipe` or `run`, found neither")
                .hint("add `recipe`, a path in the commit, or `run`, the command of one run"),
        ),
        (Some(recipe), None) => {
            let strays = [
                ("environment", doc.environment.is_some()),
                ("build", doc.build.is_some()),
                ("metrics", doc.metrics.is_some()),
                ("limits", doc.limits.is_some()),
                ("network", doc.network.is_some()),
                ("sandbox", doc.sandbox.is_some()),
                ("env", doc.env.is_some()),
                ("seeding", doc.seeding.is_some()),
                ("deterministic", doc.deterministic.is_some()),
            ];
            if let Some((key, _)) = strays.into_iter().find(|(_, stray)| *stray) {
                return Err(Problem::at(
                    format!("experiment.{key}"),
                    format!("`{key}` belongs to `run`; a `recipe` is trained in-process"),
                ));
            }
            Ok(Experiment::Recipe(inner_path(
                &recipe,
                "experiment.recipe",
            )?))
        }
        (None, Some(run)) => program_rules::program(run, doc, known),
    }
}
