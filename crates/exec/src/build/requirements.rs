//! Requirements file of pip: whether every line names exactly one version.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Requirement without an exact version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnpinnedRequirement {
    /// The file, relative to the checkout.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The text of the line.
    pub text: String,
}

/// Requirements of a file and of the files that it includes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Lines without an exact version.
    pub unpinned: Vec<UnpinnedRequirement>,
    /// Whether some line has the hash of what may be installed; pip then wants one of every line.
    pub hashes: Hashes,
}

/// Whether a requirements file pins what is installed by hashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hashes {
    /// No line has one.
    #[default]
    None,
    /// Some line has one.
    Some,
}

/// Error of a requirements file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequirementsError {
    /// It cannot be read.
    #[error("{}: {problem}", file.display())]
    Unreadable {
        /// The file, relative to the checkout.
        file: PathBuf,
        /// Why not.
        problem: String,
    },
    /// It names something outside the commit.
    #[error("{}:{line}: `{text}` leads out of the commit", file.display())]
    Outside {
        /// The file.
        file: PathBuf,
        /// The line.
        line: usize,
        /// The text of the line.
        text: String,
    },
}

/// Reads `file` of the checkout in `root`, and the files that it includes.
///
/// # Errors
/// A file that cannot be read, or is not in the checkout.
pub fn read(root: &Path, file: &Path) -> Result<Requirements, RequirementsError> {
    let mut found = Requirements::default();
    let mut seen = BTreeSet::new();
    let mut pending = vec![file.to_path_buf()];
    while let Some(file) = pending.pop() {
        if !seen.insert(file.clone()) {
            continue;
        }
        let text = fs::read_to_string(root.join(&file)).map_err(|error| {
            RequirementsError::Unreadable {
                file: file.clone(),
                problem: error.to_string(),
            }
        })?;
        for (line, text) in logical_lines(&text) {
            match included(&text) {
                Some(name) => {
                    let next = beside(&file, name).ok_or_else(|| RequirementsError::Outside {
                        file: file.clone(),
                        line,
                        text: text.clone(),
                    })?;
                    pending.push(next);
                }
                None => judge(&file, line, text, &mut found),
            }
        }
    }
    Ok(found)
}

/// The lines without comments, joined where a backslash ends one; each with its first number.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (index, raw) in text.lines().enumerate() {
        let code = match raw.find(" #") {
            Some(at) => &raw[..at],
            None if raw.trim_start().starts_with('#') => "",
            None => raw,
        };
        let (code, goes_on) = match code.trim_end().strip_suffix('\\') {
            Some(code) => (code, true),
            None => (code, false),
        };
        match lines.last_mut() {
            Some((_, line)) if is_open => {
                line.push(' ');
                line.push_str(code.trim());
            }
            _ => lines.push((index + 1, code.trim().to_owned())),
        }
        is_open = goes_on;
    }
    lines.retain(|(_, line)| !line.is_empty());
    lines
}

/// The file that a line includes, as requirements or as constraints.
fn included(line: &str) -> Option<&str> {
    let options = ["--requirement", "--constraint", "-r", "-c"];
    let rest = options
        .iter()
        .find_map(|option| line.strip_prefix(option))?;
    Some(rest.trim_start_matches(['=', ' ']).trim())
}

/// A path relative to another file's folder, unless it leads out of the checkout.
fn beside(file: &Path, name: &str) -> Option<PathBuf> {
    let mut place: PathBuf = file.parent().unwrap_or(Path::new("")).to_path_buf();
    for component in Path::new(name).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if place.pop() => {}
            Component::Normal(part) => place.push(part),
            _ => return None,
        }
    }
    Some(place)
}

fn judge(file: &Path, line: usize, text: String, found: &mut Requirements) {
    if text.contains("--hash=") || text.starts_with("--require-hashes") {
        found.hashes = Hashes::Some;
    }
    let is_option =
        text.starts_with('-') && !text.starts_with("-e") && !text.starts_with("--editable");
    if !is_option && !is_exact(&text) {
        found.unpinned.push(UnpinnedRequirement {
            file: file.to_path_buf(),
            line,
            text,
        });
    }
}

/// Whether a requirement names one version: `name==1.2`, with extras, a marker and hashes at will,
/// or an address that is pinned by a hash or a whole commit id.
fn is_exact(text: &str) -> bool {
    let text = text
        .trim_start_matches("--editable")
        .trim_start_matches("-e")
        .trim();
    let requirement = text.split(" --hash").next().unwrap_or(text);
    if let Some(at) = requirement.find("://") {
        let address = &requirement[at..];
        let is_commit = address
            .rsplit('@')
            .next()
            .and_then(|id| id.as_bytes().first_chunk::<40>())
            .is_some_and(|id| id.iter().all(u8::is_ascii_hexdigit));
        return text.contains("--hash=") || address.contains("#sha256=") || is_commit;
    }
    // A package of the checkout itself is as pinned as the commit.
    if requirement == "." || requirement.starts_with("./") {
        return true;
    }
    let version = requirement.split(';').next().unwrap_or(requirement);
    let Some((name, version)) = version.split_once("==") else {
        return false;
    };
    let version = version.trim_start_matches('=').trim();
    let is_name = !name.trim().is_empty() && !name.contains(['<', '>', '~', '!', ',']);
    is_name && !version.is_empty() && !version.contains(['*', ',', ' ', '<', '>', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpinned(text: &str) -> Vec<(usize, String)> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("r.txt"), text).unwrap();
        let found = read(folder.path(), Path::new("r.txt")).unwrap();
        found
            .unpinned
            .into_iter()
            .map(|requirement| (requirement.line, requirement.text))
            .collect()
    }

    #[test]
    fn exact_lines_are_told_from_others() {
        let exact = "# comment\nnumpy==2.1.0\nscipy[extra] == 1.14 ; python_version > '3.9'  # why\n\
                     torch==2.5.1+cpu --hash=sha256:00\n--extra-index-url https://example.org\n\n\
                     a==1 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22\n\
                     b @ https://example.org/b.whl#sha256=00\n\
                     c @ git+https://example.org/c@1212121212121212121212121212121212121212\n-e .\n";
        assert_eq!(unpinned(exact), []);
        for text in [
            "numpy",
            "numpy>=1",
            "numpy==1.*",
            "numpy~=1.2",
            "numpy>=1,==1.2",
            "b @ https://example.org/b.whl",
            "c @ git+https://example.org/c@main",
            "-e git+https://example.org/c",
            // Forty bytes that end within a character.
            "c @ git+https://example.org/c@121212121212121212121212121212121212121é",
        ] {
            assert_eq!(unpinned(text), [(1, text.to_owned())]);
        }
        assert_eq!(unpinned("a==1\n\nb \\\n  >=2\n"), [(3, "b >=2".to_owned())]);
    }

    #[test]
    fn included_files_count_and_stay_inside() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("r.txt"), "-r sub/more.txt\n").unwrap();
        fs::write(folder.path().join("sub/more.txt"), "-c ../r.txt\nx\n").unwrap();
        let found = read(folder.path(), Path::new("r.txt")).unwrap();
        assert_eq!(found.unpinned[0].file, Path::new("sub/more.txt"));
        fs::write(folder.path().join("r.txt"), "a==1\n-r ../../etc/passwd\n").unwrap();
        let error = read(folder.path(), Path::new("r.txt")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "r.txt:2: `-r ../../etc/passwd` leads out of the commit"
        );
    }
}
