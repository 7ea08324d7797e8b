//! The parameters beside a log of PyTorch Lightning.

use std::path::Path;

use crate::runs::error::RunImportError;
use crate::runs::files::{Document, file_name};
use crate::runs::found::CollectedRuns;
use crate::runs::tree::leaves;

/// Adds the parameters that stand beside a log of one run.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn add_parameters(log: &Path, found: &mut CollectedRuns) -> Result<(), RunImportError> {
    let ([run], Some(folder)) = (&mut found.runs[..], log.parent()) else {
        return Ok(());
    };
    if file_name(log) != "metrics.csv" {
        return Ok(());
    }
    // `config.yaml` is that of LightningCLI.
    for name in ["config.yaml", "hparams.yaml"] {
        if let Some(document) = Document::yaml_if_there(&folder.join(name))?
            && let Some(root) = document.root()
        {
            run.settings.extend(leaves(&document, root)?);
        }
    }
    Ok(())
}
