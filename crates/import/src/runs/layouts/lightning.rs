//! PyTorch Lightning: the folders of `CSVLogger`.

use std::path::Path;

use crate::runs::error::RunImportError;
use crate::runs::files::{bytes, file_name, shown, text};
use crate::runs::format::RunFormat;
use crate::runs::found::CollectedRuns;

/// Whether a folder is one of `CSVLogger`.
pub(crate) fn is_run_folder(folder: &Path) -> bool {
    folder.join("metrics.csv").is_file()
        && (folder.join("hparams.yaml").is_file() || file_name(folder).starts_with("version_"))
}

/// Reads the folder of a run.
///
/// # Errors
/// What is wrong with its files.
pub(crate) fn read_folder(folder: &Path) -> Result<CollectedRuns, RunImportError> {
    let file = folder.join("metrics.csv");
    let text = text(&file, &bytes(&file)?)?;
    let mut found = super::csv::read(&file, &text, Some(RunFormat::Lightning), None)?;
    for run in &mut found.runs {
        run.name = shown(folder);
    }
    Ok(found)
}
