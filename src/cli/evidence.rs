//! `--evidence` and `--sign` of `reprove verify`.

use std::path::{Path, PathBuf};

use super::Status;
use super::args::VerifyArgs;
use super::screen::complain;
use crate::attest::{self, Signer};
use crate::plan::Choices;
use crate::report::Report;
use crate::report::compose::Strictness;

/// Where evidence goes, and who signs it.
pub struct Evidence {
    folder: PathBuf,
    signer: Option<Signer>,
}

impl Evidence {
    /// What the arguments ask for, checked before any run is made; wrong ones are complained of.
    pub fn wanted(args: &VerifyArgs) -> Result<Option<Self>, Status> {
        let Some(folder) = &args.evidence else {
            return Ok(None);
        };
        if args.manifests.len() > 1 {
            let hint = "verify the manifests one by one, each with its own folder";
            complain(&"--evidence: expected one manifest", Some(hint));
            return Err(Status::BadInput);
        }
        let signer = args.sign.as_deref().map(Signer::read).transpose();
        let signer = signer.map_err(|error| {
            complain(&error, error.hint());
            Status::BadInput
        })?;
        attest::check_target(folder).map_err(|error| {
            complain(&error, error.hint());
            Status::BadInput
        })?;
        let folder = folder.clone();
        Ok(Some(Self { folder, signer }))
    }

    /// Writes the evidence of a report; what fails is complained of.
    pub fn write(
        &self,
        manifest: &Path,
        choices: &Choices,
        strictness: Strictness,
        report: &Report,
    ) -> Status {
        let signer = self.signer.as_ref();
        match attest::write(&self.folder, manifest, choices, strictness, report, signer) {
            Ok(()) => Status::Reproduced,
            Err(error) => {
                complain(&error, error.hint());
                Status::BadInput
            }
        }
    }
}
