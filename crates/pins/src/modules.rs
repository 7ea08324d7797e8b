//! `.gitmodules`: where the repositories are that a tree names, as far as we follow it.
//!
//! Read by our own few lines: libgit2's reader follows `include`, which a stranger's file must not.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::source::Location;

/// The address of each submodule by its path, from the text of a `.gitmodules`. What cannot be
/// understood is left out.
pub(super) fn addresses(text: &str) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let (mut path, mut url) = (None, None);
    for line in text.lines().map(str::trim).chain(["[end]"]) {
        if line.starts_with('[') {
            if let (Some(path), Some(url)) = (path.take(), url.take()) {
                found.insert(PathBuf::from(path), url);
            }
        } else if let Some((key, value)) = line.split_once('=') {
            match key.trim().to_ascii_lowercase().as_str() {
                "path" => path = plain(value),
                "url" => url = plain(value),
                _ => {}
            }
        }
    }
    found
}

/// A value without its quotes and comment; `None` where it has escapes or is empty.
fn plain(value: &str) -> Option<String> {
    let value = value.trim();
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.0,
        None => value.split([';', '#']).next().unwrap_or(value).trim(),
    };
    let is_odd =
        value.is_empty() || value.contains(['\\', '"']) || value.chars().any(char::is_control);
    (!is_odd).then(|| value.to_owned())
}

/// Where a submodule is, its address being relative to the repository that names it, or of its own.
///
/// One of its own must be https or ssh: a path or `file://` URL in a stranger's tree could name any
/// repository of this machine, whose files would then be handed to the stranger's program.
pub(super) fn resolve(parent: &Location, url: &str) -> Option<Location> {
    if !(url.starts_with("./") || url.starts_with("../")) {
        return Location::read(url, Path::new(""))
            .ok()
            .filter(|location| matches!(location, Location::Remote(_)));
    }
    match parent {
        Location::Local(path) => {
            // Without a look at the file system: git takes `..` for the end of the text, too.
            let mut place: PathBuf = std::path::absolute(path).ok()?.components().collect();
            walk(url, |part| match part {
                Some(name) => {
                    place.push(name);
                    true
                }
                None => place.pop(),
            })?;
            Some(Location::Local(place))
        }
        Location::Remote(base) => {
            let base = base.trim_end_matches('/');
            let (host, path) = match base.split_once("://") {
                Some((scheme, rest)) => {
                    let slash = rest.find('/')?;
                    base.split_at(scheme.len() + 3 + slash + 1)
                }
                None => base.split_at(base.find(':')? + 1),
            };
            let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            walk(url, |part| match part {
                Some(name) => {
                    parts.push(name);
                    true
                }
                None => parts.pop().is_some(),
            })?;
            (!parts.is_empty()).then(|| Location::Remote(format!("{host}{}", parts.join("/"))))
        }
    }
}

/// Goes along a relative address: down with a name, up with none; `None` when a step cannot be made.
fn walk<'u>(url: &'u str, mut step: impl FnMut(Option<&'u str>) -> bool) -> Option<()> {
    for component in Path::new(url).components() {
        let made = match component {
            Component::CurDir => true,
            Component::ParentDir => step(None),
            Component::Normal(name) => step(Some(name.to_str()?)),
            _ => false,
        };
        if !made {
            return None;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_oddities_left_out() {
        let text = "# of ours\n[submodule \"a\"]\n\tpath = libs/a\n\turl = ../a.git ; beside\n\
                    [submodule \"b\"]\n url=\"https://example.org/b#c\"\n path = \"b\"\n\
                    [include]\n path = /etc/passwd\n[submodule \"d\"]\n path = d\n url = \"x\\ny\"\n";
        let found = addresses(text);
        assert_eq!(
            found,
            BTreeMap::from([
                ("libs/a".into(), "../a.git".to_owned()),
                ("b".into(), "https://example.org/b#c".to_owned()),
            ])
        );
    }

    #[test]
    fn relative_addresses_follow_their_parent() {
        let remote = |text: &str| Location::Remote(text.to_owned());
        for (parent, url, expected) in [
            (
                "https://h.org/a/b.git",
                "../c.git",
                Some("https://h.org/a/c.git"),
            ),
            (
                "https://h.org/a/b.git/",
                "../../d/c",
                Some("https://h.org/d/c"),
            ),
            ("https://h.org/a", "../../../c", None),
            ("git@h.org:a/b.git", "../c.git", Some("git@h.org:a/c.git")),
            ("https://h.org/a", "ssh://i.org/c", Some("ssh://i.org/c")),
        ] {
            assert_eq!(
                resolve(&remote(parent), url),
                expected.map(remote),
                "{parent} {url}"
            );
        }
        let local = Location::Local("/r/a.git".into());
        assert_eq!(
            resolve(&local, "../b.git"),
            Some(Location::Local("/r/b.git".into()))
        );
    }

    #[test]
    fn hostile_addresses_lead_nowhere() {
        let parents = [
            Location::Remote("https://h.org/a/b".into()),
            Location::Local("/r/a".into()),
        ];
        for url in [
            "/root/secret.git",
            "file:///root/secret.git",
            "secret.git",
            "ext::sh -c id",
            "-u./payload",
            "git://h/x",
            "http://h/x",
        ] {
            for parent in &parents {
                assert_eq!(resolve(parent, url), None, "{url}");
            }
        }
    }
}
