//! The rules of places: where the repository and the data are.

use super::code::Origin;
use super::common::Context;
use super::error::Problem;

/// A path relative to the manifest's folder, or a URL.
pub(super) fn origin(text: &str, path: &str, context: &Context<'_>) -> Result<Origin, Problem> {
    let refused = |why: &str| {
        let found = text.escape_default();
        Err(Problem::at(path, format!("{why}, found `{found}`")).maybe_hint(address_hint(text)))
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
    let full = context.folder.join(text);
    if !full.exists() {
        if address_hint(text).is_some() {
            return refused("expected a path or an https, ssh or file URL");
        }
        if let Some(hint) = path_hint(text) {
            let problem = format!("expected a path, found `{text}`");
            return Err(Problem::at(path, problem).hint(hint));
        }
    }
    Ok(Origin::Path(full))
}

/// The address of a repository: a page or an archive of one is none.
pub(super) fn repository(text: &str, context: &Context<'_>) -> Result<Origin, Problem> {
    let path = "code.repository";
    let origin = origin(text, path, context)?;
    let Origin::Url(url) = &origin else {
        return Ok(origin);
    };
    let page = ["/tree/", "/blob/", "/commit/", "/-/tree/"].iter();
    let page = page
        .filter_map(|part| url.split_once(part))
        .map(|(root, _)| root);
    if let Some(root) = page.min_by_key(|root| root.len()).filter(|_| is_forge(url)) {
        let problem = format!("expected the address of a repository, found a page of it, `{url}`");
        return Err(Problem::at(path, problem).hint(format!("write `{root}`")));
    }
    let plain = url.split(['?', '#']).next().unwrap_or(url);
    if [".zip", ".tar.gz", ".tgz", ".tar"]
        .iter()
        .any(|end| plain.ends_with(end))
    {
        let problem = format!("expected the address of a repository, found an archive, `{url}`");
        return Err(
            Problem::at(path, problem).hint("name the git repository: a pin is a commit of it")
        );
    }
    Ok(origin)
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
        (Some(text), None) => {
            let hint = match text.strip_prefix("file://") {
                Some(file) => format!("write the path alone: `{file}`"),
                None => "a URL goes under `url`".to_owned(),
            };
            Err(Problem::at(format!("{path}.path"), "expected a path, found a URL").hint(hint))
        }
        (None, Some(url)) if url.starts_with("https://") => Ok(Origin::Url(url)),
        (None, Some(url)) => Err(Problem::at(
            format!("{path}.url"),
            format!("expected an https URL, found `{}`", url.escape_default()),
        )
        .maybe_hint(url_hint(&url))),
        (Some(_), Some(_)) => Err(
            Problem::at(path, "expected either `path` or `url`, found both")
                .hint("keep `path` for a file on this machine"),
        ),
        (None, None) => Err(Problem::at(path, "expected `path` or `url`, found neither")
            .hint("add `path`, the file or folder relative to the manifest")),
    }
}

/// The form of an address that is written in another one.
fn address_hint(text: &str) -> Option<String> {
    for scheme in ["http://", "git://", "git+https://", "git+http://"] {
        if let Some(rest) = text.strip_prefix(scheme) {
            return Some(format!("write `https://{rest}`"));
        }
    }
    if let Some(rest) = text.strip_prefix("git+ssh://") {
        return Some(format!("write `ssh://{rest}`"));
    }
    // `user@host:path`, as git and scp write it.
    if let Some((host, rest)) = text.split_once(':')
        && host.contains('@')
        && !host.contains('/')
    {
        return Some(format!(
            "write `ssh://{host}/{}`",
            rest.trim_start_matches('/')
        ));
    }
    is_forge(text).then(|| format!("write `https://{text}`"))
}

/// Whether a text begins with a well-known host of repositories.
fn is_forge(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let hosts = [
        "github.com/",
        "gitlab.com/",
        "bitbucket.org/",
        "codeberg.org/",
        "huggingface.co/",
    ];
    hosts.iter().any(|host| rest.starts_with(host))
}

/// The form of a data URL that is written in another one.
fn url_hint(url: &str) -> Option<String> {
    match url.split_once("://") {
        Some(("http", rest)) => Some(format!("write `https://{rest}`")),
        Some(("file", file)) => Some(format!("write `path: {file}`")),
        Some(_) => Some("download the file, and name it under `path`".to_owned()),
        None if url.split('/').next().is_some_and(|host| host.contains('.'))
            && url.contains('/') =>
        {
            Some(format!("write `https://{url}`"))
        }
        None => Some("name a file on this machine under `path`".to_owned()),
    }
}

/// The form of a path that a shell or another system would read.
fn path_hint(text: &str) -> Option<String> {
    let mut start = text.chars();
    let is_drive = start.next().is_some_and(|c| c.is_ascii_alphabetic())
        && start.next() == Some(':')
        && start.next().is_some_and(|c| matches!(c, '\\' | '/'));
    if is_drive {
        return Some("write a path relative to the manifest, with `/`".to_owned());
    }
    if text.starts_with("~/") || text == "~" {
        return Some("write the folder out: `~` stands for itself here".to_owned());
    }
    if text.starts_with('$') {
        return Some("write the folder out: `$` stands for itself here".to_owned());
    }
    if text.contains(['*', '?']) {
        return Some("name one file, or the folder that holds them".to_owned());
    }
    text.contains('\\')
        .then(|| format!("write `{}`", text.replace('\\', "/")))
}
