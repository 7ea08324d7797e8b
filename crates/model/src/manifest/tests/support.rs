//! Texts of manifests, and changes of them.

use std::path::Path;

use crate::manifest::{Manifest, ManifestError, rules};

pub(super) const RECIPE: &str = include_str!("../../../../../fixtures/manifests/recipe.yaml");
pub(super) const PROGRAM: &str = include_str!("../../../../../fixtures/manifests/program.yaml");

pub(super) fn parse(text: &str) -> Result<Manifest, ManifestError> {
    rules::manifest(Path::new("m.yaml"), text, None)
}

/// `text` with the first `from` replaced by `to`.
pub(super) fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the fixture lacks {from:?}");
    text.replacen(from, to, 1)
}
