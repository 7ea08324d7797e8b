//! The rules of the code and of the data.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::code::{Code, Origin, Submodules};
use super::commit_id::CommitId;
use super::common::{Context, inner_path, names, required};
use super::data::Data;
use super::document::{CodeDoc, DataDoc};
use super::error::{Problem, Problems};
use crate::diagnostics::Hint;
use crate::digest::Sha256Digest;

/// The commit that holds the experiment.
pub(super) fn code(doc: CodeDoc, context: &Context<'_>, problems: &mut Problems) -> Option<Code> {
    let what = "a path or an https, ssh or file URL";
    let repository = required(doc.repository, "code", "repository", what)
        .and_then(|text| origin(&text, "code.repository", context));
    let repository = problems.keep(repository);
    let what = "the 40 hexadecimal digits of the commit";
    let commit = required(doc.commit, "code", "commit", what)
        .and_then(|text| commit(&text, repository.as_ref(), context));
    let commit = problems.keep(commit);
    let directory = match doc.directory {
        None => Some(PathBuf::from(".")),
        Some(text) => problems.keep(inner_path(&text, "code.directory")),
    };
    let submodules = if doc.submodules == Some(true) {
        Submodules::Pinned
    } else {
        Submodules::LeftOut
    };
    Some(Code {
        repository: repository?,
        commit: commit?,
        directory: directory?,
        submodules,
    })
}

/// The commit that a manifest states which is kept in the repository that it verifies: what is checked out
/// there, and given each time.
pub(super) const HEAD: &str = "HEAD";

/// The problem of a manifest that states `commit: HEAD` where no commit is given.
pub const HEAD_ALONE: &str =
    "`HEAD` needs the commit to be given with each verification, found none";

/// The pinned commit.
fn commit(
    text: &str,
    repository: Option<&Origin>,
    context: &Context<'_>,
) -> Result<CommitId, Problem> {
    if text == HEAD {
        return match (repository, context.commit) {
            (Some(Origin::Url(_)), _) => Err(Problem::at(
                "code.commit",
                "`HEAD` belongs to a repository at a path: what it names at an address may change at any time",
            )
            .hint("pin the commit by its 40 digits")),
            (_, Some(commit)) => Ok(commit.clone()),
            (_, None) => Err(Problem::at("code.commit", HEAD_ALONE)
                .hint("pin the 40 digits that `git rev-parse HEAD` prints")),
        };
    }
    let pinned = text
        .parse::<CommitId>()
        .map_err(|error| match error.hint() {
            Some(hint) => Problem::at("code.commit", error.to_string()).hint(hint),
            None => commit_problem(text, repository),
        })?;
    match context.commit {
        Some(given) if *given != pinned => Err(Problem::at(
            "code.commit",
            format!("expected the commit that is given, {given}, found the pin {pinned}"),
        )
        .hint("`commit: HEAD` takes the commit that is given; a pin takes none")),
        Some(_) | None => Ok(pinned),
    }
}

/// Branches, tags and short hashes move or are ambiguous; the hint gives the full hash where the
/// repository is at hand.
fn commit_problem(found: &str, repository: Option<&Origin>) -> Problem {
    let problem = Problem::at(
        "code.commit",
        format!(
            "expected the 40 hexadecimal digits of a commit, found `{}`",
            found.escape_default()
        ),
    );
    let resolved = match repository {
        None => None,
        Some(Origin::Path(path)) => git2::Repository::open(path).ok(),
        Some(Origin::Url(url)) => url
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
pub(super) fn origin(text: &str, path: &str, context: &Context<'_>) -> Result<Origin, Problem> {
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

/// The data by name.
pub(super) fn data(
    docs: IndexMap<String, DataDoc>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> IndexMap<String, Data> {
    problems.keep(names(docs.keys(), "data"));
    let mut data = IndexMap::new();
    for (name, doc) in docs {
        let path = format!("data.{name}");
        let origin = problems.keep(data_origin(doc.path, doc.url, &path, context));
        let what = "the 64 digits that `sha256sum FILE` prints";
        let sha256 = required(doc.sha256, &path, "sha256", what).and_then(|text| {
            text.parse::<Sha256Digest>().map_err(|error| {
                let bare = text.strip_prefix("sha256:").map(str::trim);
                let hint = match bare.filter(|bare| bare.parse::<Sha256Digest>().is_ok()) {
                    Some(bare) => Some(format!("write the digits alone: `{bare}`")),
                    None => error.hint(),
                };
                Problem::at(format!("{path}.sha256"), error.to_string()).maybe_hint(hint)
            })
        });
        let sha256 = problems.keep(sha256);
        // An entry that is wrong keeps its name, which placeholders refer to.
        data.insert(
            name,
            Data {
                origin: origin.unwrap_or_else(|| Origin::Path(PathBuf::new())),
                sha256: sha256.unwrap_or_else(|| Sha256Digest::of(&[])),
                bytes: doc.bytes,
            },
        );
    }
    data
}

/// Where a data entry is: exactly one of a path and a URL.
pub(super) fn data_origin(
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
