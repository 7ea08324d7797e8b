//! The experiment's folder within a commit.

use std::path::Path;

use reprove_model::manifest::Manifest;

/// The experiment's folder of the commit, unless it is the root.
pub(crate) fn directory(manifest: &Manifest) -> Option<&Path> {
    (manifest.code.directory != Path::new(".")).then_some(manifest.code.directory.as_path())
}
