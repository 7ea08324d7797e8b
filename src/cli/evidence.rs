//! `--evidence` and `--sign` of `reprove verify`.

use reprove_model::diagnostics::Hint;
use std::path::PathBuf;

use super::Status;
use super::args::VerifyArgs;
use super::screen::{note, print_error};
use reprove_evidence::{Signer, Verification};

/// So many runs whose output is missing are named.
const SHOWN: usize = 5;

/// Where evidence goes, and who signs it.
pub struct Evidence {
    folder: PathBuf,
    signer: Option<Signer>,
}

impl Evidence {
    /// What the arguments ask for, checked before any run is made; problems are printed.
    pub fn wanted(args: &VerifyArgs) -> Result<Option<Self>, Status> {
        let Some(folder) = &args.evidence else {
            return Ok(None);
        };
        if args.manifests.len() > 1 {
            let hint = "verify the manifests one by one, each with its own folder";
            print_error(&"--evidence: expected one manifest", Some(hint));
            return Err(Status::BadInput);
        }
        let signer = args.sign.as_deref().map(Signer::read).transpose();
        let signer = signer.map_err(|error| {
            print_error(&error, error.hint().as_deref());
            Status::BadInput
        })?;
        reprove_evidence::check_target(folder).map_err(|error| {
            print_error(&error, error.hint().as_deref());
            Status::BadInput
        })?;
        let folder = folder.clone();
        Ok(Some(Self { folder, signer }))
    }

    /// Writes the evidence of a report; problems are printed.
    pub fn write(&self, verification: &Verification<'_>) -> Status {
        match reprove_evidence::write(&self.folder, verification, self.signer.as_ref()) {
            Ok(missing) => {
                for run in missing.iter().take(SHOWN) {
                    note(&format!("the evidence does not hold all of {run}"));
                }
                if missing.len() > SHOWN {
                    let more = missing.len() - SHOWN;
                    note(&format!("the same is so for {more} other runs"));
                }
                Status::Reproduced
            }
            Err(error) => {
                print_error(&error, error.hint().as_deref());
                Status::BadInput
            }
        }
    }
}
