//! Writes a bundle.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::contents::ContentsError;
use super::output::KeptOutput;
use super::place::Place;
use super::{Bundle, BundleMetadata, SignError, Signer, contents, output, seal, values};
use reprove_decide::claims::{self, ClaimError};
use reprove_model::diagnostics::Hint;
use reprove_model::digest::Sha256Digest;
use reprove_model::manifest::{self, CommitId, Experiment, ManifestError};
use reprove_model::pin::PinKind;
use reprove_model::plan::{self, Choices, PlanError};
use reprove_report::{Report, Strictness};

/// Error of a bundle that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder is there and has something in it.
    #[error("{}: expected a new or an empty folder", .0.display())]
    Occupied(PathBuf),
    /// A file cannot be read or written.
    #[error("{}: {error}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The manifest is no longer the one that was verified.
    #[error("{}: the manifest, or a file that it reads, changed while its claims were verified", .0.display())]
    Changed(PathBuf),
    /// The manifest reads a file by a path that another machine cannot have.
    #[error("{}: `{path}`: expected a relative path", file.display())]
    Absolute {
        /// The manifest.
        file: PathBuf,
        /// The path.
        path: String,
    },
    /// The manifest cannot be read again.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The runs cannot be planned again.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The claims cannot be fixed again.
    #[error(transparent)]
    AnalysisPlan(#[from] ClaimError),
    /// A file of the bundle cannot be written.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// The bundle cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl Hint for WriteError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Absolute { .. } => {
                Some("write the path of the CSV file relative to the manifest")
            }
            Self::Sign(error) => return error.hint(),
            Self::Occupied(_)
            | Self::Io { .. }
            | Self::Changed(_)
            | Self::Manifest(_)
            | Self::Plan(_)
            | Self::AnalysisPlan(_)
            | Self::Contents(_) => None,
        };
        hint.map(str::to_owned)
    }
}

/// Refuses a folder that has something in it, before any run is made.
///
/// # Errors
/// A folder that is not empty, or something else by that name.
pub fn check_target(folder: &Path) -> Result<(), WriteError> {
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => Err(WriteError::Occupied(folder.to_owned())),
        Ok(false) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(folder)(error)),
    }
}

fn failed(file: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let file = file.to_owned();
    |error| WriteError::Io { file, error }
}

/// What was verified and how, for `write`.
pub struct Verification<'v> {
    /// The manifest.
    pub file: &'v Path,
    /// What was changed of the manifest's plan.
    pub choices: &'v Choices,
    /// Whether a deviation counted as a broken pin.
    pub strictness: Strictness,
    /// Reads what the runs wrote, where that is kept.
    pub kept: Option<KeptOutput<'v>>,
    /// The report.
    pub report: &'v Report,
}

/// The commit that was verified.
fn verified_commit(report: &Report) -> Option<CommitId> {
    let mut pins = report.pins.iter();
    let pin = pins.find(|pin| pin.kind == PinKind::Commit)?;
    pin.expected.parse().ok()
}

/// Writes the evidence of a report into a folder, new or empty. Gives the runs of which the bundle
/// does not hold all that they wrote, a sentence each.
///
/// # Errors
/// A manifest that changed meanwhile, a folder that cannot be written, a key that does not sign.
pub fn write(
    folder: &Path,
    verification: &Verification<'_>,
    signer: Option<&Signer>,
) -> Result<Vec<String>, WriteError> {
    let Verification {
        file,
        choices,
        report,
        ..
    } = *verification;
    check_target(folder)?;
    let changed = || WriteError::Changed(file.to_owned());
    let manifest_bytes = std::fs::read(file).map_err(failed(file))?;
    if Sha256Digest::of(&manifest_bytes).to_string() != report.manifest.sha256 {
        return Err(changed());
    }
    let values = reported_values(file, &manifest_bytes)?;
    let names = values.keys().zip(1..);
    let names = names.map(|(path, n)| (path.clone(), format!("values/{n}.csv")));
    let commit = verified_commit(report);
    let manifest = manifest::read_at(file, commit.as_ref())?;
    let plan = plan::plan(&manifest, choices)?;
    let mut output = match manifest.experiment {
        Experiment::Program(_) => output::collect(report, verification.kept),
        Experiment::Recipe(_) => output::Output::default(),
    };
    let metadata = BundleMetadata {
        device: Some(plan.device.to_string()),
        claims: choices.claims.clone(),
        max_runs: choices.max_runs,
        commit: commit.filter(|_| manifest.defaults.contains_key("code.commit")),
        nonce: choices.nonce.clone(),
        looks: choices.looks,
        deviations: verification.strictness,
        ..BundleMetadata::now(names.collect())
    };
    let files = contents(&Bundle {
        metadata: &metadata,
        manifest_bytes: &manifest_bytes,
        manifest: &manifest,
        values: &values,
        analysis_plans: &claims::prespecify(&plan)?,
        output: &output.files.keys().cloned().collect(),
        report,
    });
    let mut files = files?;
    files.append(&mut output.files);
    seal(&mut files, signer)?;
    Place::new(folder)
        .write(&files)
        .map_err(|(file, error)| WriteError::Io { file, error })?;
    Ok(output.missing)
}

/// The CSV files that the manifest reads, by the paths that it writes.
fn reported_values(file: &Path, manifest: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, WriteError> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let paths = values::paths(manifest).map_err(|_| WriteError::Changed(file.to_owned()))?;
    let read = |path: String| {
        if !values::is_portable(&path) {
            let file = file.to_owned();
            return Err(WriteError::Absolute { file, path });
        }
        let place = folder.join(&path);
        let bytes = std::fs::read(&place).map_err(failed(&place))?;
        Ok((path, bytes))
    };
    paths.into_iter().map(read).collect()
}
