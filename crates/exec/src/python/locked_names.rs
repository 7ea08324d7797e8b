//! Names of the distributions that a lock file brings.

use std::collections::BTreeSet;

use super::distributions::normalized;
use reprove_model::manifest::Environment;

/// The names that the text of an environment's lock file states; none where it refers to what it does not name.
pub(super) fn locked_names(environment: &Environment, text: &str) -> Option<BTreeSet<String>> {
    match environment {
        Environment::Uv(_) | Environment::Pylock(_) => Some(of_toml(text)),
        Environment::Pip(..) => of_requirements(text),
        Environment::Cargo(_) | Environment::Installed => None,
    }
}

/// The names of the tables `[[package]]` or `[[packages]]`.
fn of_toml(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut is_package = false;
    for line in text.lines() {
        if line.starts_with('[') {
            is_package = matches!(line.trim(), "[[package]]" | "[[packages]]");
        } else if is_package && let Some(name) = line.strip_prefix("name = ") {
            names.insert(normalized(name.trim().trim_matches(['"', '\''])));
        }
    }
    names
}

/// The names of the lines; none where a line refers to another file, an address or a folder.
fn of_requirements(text: &str) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let mut is_continued = false;
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let is_option = is_continued;
        is_continued = line.ends_with('\\');
        if is_option || line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with("-r") || line.starts_with("--requirement") || line.starts_with("-e") {
            return None;
        }
        if line.starts_with('-') {
            continue;
        }
        let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = line.find(|c| !is_of_name(c)).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        if name.is_empty() || name.starts_with('.') || rest.starts_with([':', '/']) {
            return None;
        }
        names.insert(normalized(name));
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_each_kind_of_lock_file() {
        let uv = "version = 1\n\n[[package]]\nname = \"Scikit_Learn\"\n\n[package.metadata]\nname = \"x\"\n";
        assert_eq!(of_toml(uv), BTreeSet::from(["scikit-learn".to_owned()]));
        let pip = "# all\nnumpy==1.26 \\\n  --hash=sha256:0\n--index-url https://x\ntorch[cuda] == 2 ; python_version > '3'\n";
        let names = ["numpy".to_owned(), "torch".to_owned()];
        assert_eq!(of_requirements(pip), Some(BTreeSet::from(names)));
        assert_eq!(of_requirements("-r base.txt\n"), None);
        assert_eq!(of_requirements("./wheel.whl\n"), None);
    }
}
