//! The rules of the code and of the data.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::code::{Code, Origin, Submodules};
use super::commit_id::CommitId;
use super::common::{Context, inner_path, names, required};
use super::data::Data;
use super::document::{CodeDoc, DataDoc};
use super::error::{Problem, Problems};
use super::origin_rules::{self, data_origin};
use crate::diagnostics::Hint;
use crate::digest::Sha256Digest;

/// The commit that holds the experiment.
pub(super) fn code(doc: CodeDoc, context: &Context<'_>, problems: &mut Problems) -> Option<Code> {
    let what = "a path or an https, ssh or file URL";
    let repository = required(doc.repository, "code", "repository", what)
        .and_then(|text| origin_rules::repository(&text, context));
    let repository = problems.keep(repository);
    let what = "the 40 hexadecimal digits of the commit";
    let commit = required(doc.commit, "code", "commit", what)
        .and_then(|text| commit(&text, repository.as_ref(), context));
    let commit = problems.keep(commit);
    let directory = match doc.directory {
        None => Some(PathBuf::from(".")),
        Some(text) => problems.keep(directory(&text)),
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

/// The experiment's folder in the commit.
fn directory(text: &str) -> Result<PathBuf, Problem> {
    inner_path(text, "code.directory").map_err(|problem| {
        let inner = text.trim_start_matches('/');
        let is_absolute = inner != text && inner_path(inner, "").is_ok();
        match is_absolute {
            true => problem.hint(format!("write `{inner}`, from the root of the commit")),
            false => problem.hint("name a folder from the root of the commit"),
        }
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
        None if is_to_be_filled_in(found) => problem.hint("`reprove pin` fills it in"),
        None => problem.hint(
            "`git rev-parse NAME^{commit}` prints the full hash of a branch, tag or short hash",
        ),
    }
}

/// Whether a text holds the place of what is not known yet: `TODO`, `<commit>`, `…`, nothing.
fn is_to_be_filled_in(text: &str) -> bool {
    let plain = text.trim();
    let words = [
        "todo", "tbd", "fixme", "xxx", "none", "null", "?", "...", "…",
    ];
    plain.is_empty()
        || plain.starts_with(['<', '{', '['])
        || words.contains(&plain.to_lowercase().as_str())
}

/// Suggested fix of a text that is no digest.
fn digest_hint(text: &str) -> Option<String> {
    let bare = text.strip_prefix("sha256:").unwrap_or(text);
    // `sha256sum` prints the file after the digits.
    let bare = bare.split_whitespace().next().unwrap_or_default();
    if bare.parse::<Sha256Digest>().is_ok() {
        return Some(format!("write the digits alone: `{bare}`"));
    }
    Some(match is_to_be_filled_in(text) {
        true => "`reprove pin` fills it in".to_owned(),
        false => "`sha256sum FILE` prints the 64 digits".to_owned(),
    })
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
                let hint = error.hint().or_else(|| digest_hint(&text));
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
