//! The reported values that a manifest reads from CSV files, and a manifest put back beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};

/// Folders that a path may climb at most.
const MAX_CLIMB: usize = 32;

/// The paths of the CSV files that a manifest reads, as it writes them, each once, sorted.
///
/// # Errors
/// Bytes that are no YAML: what they would have read is then not known.
pub fn paths(manifest: &[u8]) -> Result<BTreeSet<String>, serde_yaml::Error> {
    let mut paths = BTreeSet::new();
    let text = manifest
        .strip_prefix("\u{feff}".as_bytes())
        .unwrap_or(manifest);
    collect(&serde_yaml::from_slice(text)?, &mut paths);
    Ok(paths)
}

fn collect(node: &serde_yaml::Value, paths: &mut BTreeSet<String>) {
    use serde_yaml::Value;
    match node {
        Value::Mapping(map) => {
            for (key, value) in map {
                let is_csv = key.as_str() == Some("values_csv");
                if let Some(file) = value.get("file").and_then(Value::as_str).filter(|_| is_csv) {
                    paths.insert(file.to_owned());
                }
                collect(value, paths);
            }
        }
        Value::Sequence(list) => list.iter().for_each(|value| collect(value, paths)),
        Value::Tagged(tagged) => collect(&tagged.value, paths),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a path can be put in a bundle: relative, and climbing few folders.
pub fn is_portable(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    climb(path) <= MAX_CLIMB
        && parts.all(|part| !matches!(part, Component::RootDir | Component::Prefix(_)))
}

fn climb(path: &str) -> usize {
    let parts = Path::new(path).components();
    parts.filter(|part| *part == Component::ParentDir).count()
}

/// Puts a manifest and its CSV files into the empty folder `root`, so deep that none of the paths
/// leaves it, and gives the manifest's path. A path that would leave it is passed over.
///
/// # Errors
/// What the system says when a file cannot be written.
pub fn stage(root: &Path, manifest: &[u8], csv: &BTreeMap<String, Vec<u8>>) -> io::Result<PathBuf> {
    let portable = || csv.iter().filter(|(path, _)| is_portable(path));
    let deepest = portable().map(|(path, _)| climb(path)).max().unwrap_or(0);
    let mut folder = root.to_owned();
    folder.extend(std::iter::repeat_n("in", deepest));
    std::fs::create_dir_all(&folder)?;
    for (path, bytes) in portable() {
        let mut place = folder.clone();
        for part in Path::new(path).components() {
            std::fs::create_dir_all(&place)?;
            match part {
                Component::Normal(name) => place.push(name),
                Component::ParentDir => {
                    place.pop();
                }
                Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            }
        }
        if place.starts_with(root) && !place.is_dir() {
            std::fs::write(place, bytes)?;
        }
    }
    let file = folder.join("manifest.yaml");
    std::fs::write(&file, manifest)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_wherever_the_manifest_names_them() {
        let text = "claims: [{reported: {values_csv: {file: ../a/x.csv, column: c}}}]\n\
                    other: {values_csv: {file: /etc/passwd}}";
        let paths = paths(text.as_bytes()).unwrap();
        assert_eq!(Vec::from_iter(&paths), ["../a/x.csv", "/etc/passwd"]);
        assert!(is_portable("../a/x.csv") && !is_portable("/etc/passwd"));
        let root = tempfile::tempdir().unwrap();
        let csv = paths
            .iter()
            .map(|p| (p.clone(), b"c\n1\n".to_vec()))
            .collect();
        let manifest = stage(root.path(), text.as_bytes(), &csv).unwrap();
        assert_eq!(manifest, root.path().join("in/manifest.yaml"));
        assert!(manifest.parent().unwrap().join("../a/x.csv").is_file());
    }
}
