//! The last result of each manifest, kept in the store so that it can be explained later.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use reprove_files::{private_folder, write_whole};
use reprove_model::digest::Sha256Digest;
use reprove_report::Report;

/// The folder of last results in a store.
const FOLDER: &str = "results";

/// Keeps a result as the last one of its manifest.
///
/// # Errors
/// What the system says, and a store that another user can write.
pub fn keep(store: &Path, manifest: &Path, report: &Report) -> io::Result<()> {
    let folder = store.join(FOLDER);
    private_folder(store)?;
    private_folder(&folder)?;
    let text = report.to_json().map_err(io::Error::other)?;
    write_whole(&folder.join(name(manifest)?), text.as_bytes())
}

/// The file with the last result of a manifest, or of all manifests; none where no result is kept.
///
/// # Errors
/// What the system says.
pub fn file(store: &Path, manifest: Option<&Path>) -> io::Result<Option<PathBuf>> {
    let folder = store.join(FOLDER);
    if let Some(manifest) = manifest {
        let file = folder.join(name(manifest)?);
        return Ok(file.is_file().then_some(file));
    }
    let mut latest = None;
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let modified = fs::metadata(&path)?.modified()?;
        if latest.as_ref().is_none_or(|(time, _)| modified > *time) {
            latest = Some((modified, path));
        }
    }
    Ok(latest.map(|(_, path)| path))
}

/// The name of the file of a manifest, by its full path.
fn name(manifest: &Path) -> io::Result<String> {
    let full = fs::canonicalize(manifest)?;
    Ok(format!(
        "{}.json",
        Sha256Digest::of(full.as_os_str().as_encoded_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_result_is_found_by_its_manifest_and_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (store, manifest) = (folder.path().join("store"), folder.path().join("m.yaml"));
        fs::write(&manifest, "reprove: 1\n").unwrap();
        assert_eq!(file(&store, None).unwrap(), None);
        assert_eq!(file(&store, Some(&manifest)).unwrap(), None);
        let text = include_bytes!("../../fixtures/reports/example.json");
        let report = Report::from_json(text).unwrap();
        keep(&store, &manifest, &report).unwrap();
        keep(&store, &manifest, &report).unwrap();
        let found = file(&store, Some(&manifest)).unwrap().unwrap();
        assert_eq!(file(&store, None).unwrap(), Some(found.clone()));
        assert_eq!(
            Report::from_json(&fs::read(found).unwrap()).unwrap(),
            report
        );
        assert!(file(&store, Some(&folder.path().join("none"))).is_err());
    }
}
