//! `--evidence` and `--sign` of `reprove verify`.

use std::path::{Path, PathBuf};

use super::args::VerifyArgs;
use super::screen::{note, print_error};
use super::status::Status;
use crate::verify::VerifyOptions;
use reprove_evidence::{Signer, Verification};
use reprove_exec::output::KeptFiles;
use reprove_model::diagnostics::Hint;
use reprove_report::Report;

/// Number of runs with missing output that are named.
const SHOWN: usize = 5;

/// The folder of an evidence bundle, and the key that signs it.
pub struct EvidenceTarget {
    folder: PathBuf,
    signer: Option<Signer>,
}

impl EvidenceTarget {
    /// The target that the arguments ask for, checked before any run is made.
    ///
    /// # Errors
    /// More than one manifest, a key that cannot sign, or a folder that is not empty.
    pub fn new(args: &VerifyArgs) -> Result<Option<Self>, (String, Option<String>)> {
        let Some(folder) = &args.evidence else {
            return Ok(None);
        };
        if args.manifests.len() > 1 {
            let hint = "verify the manifests one by one, each with its own folder";
            let problem = "--evidence: expected one manifest";
            return Err((problem.to_owned(), Some(hint.to_owned())));
        }
        let signer = args.sign.as_deref().map(Signer::read).transpose();
        let signer = signer.map_err(|error| (format!("--sign: {error}"), error.hint()))?;
        reprove_evidence::check_target(folder)
            .map_err(|error| (format!("--evidence: {error}"), error.hint()))?;
        let folder = folder.clone();
        Ok(Some(Self { folder, signer }))
    }

    /// Writes the evidence of a report; problems are printed.
    pub fn write(&self, file: &Path, options: &VerifyOptions, report: &Report) -> Status {
        let store = options.store.as_ref();
        let kept = store.map(|(folder, _)| KeptFiles::of_store(folder));
        let read = kept.as_ref().map(|kept| |digest| kept.read(digest));
        let verification = Verification {
            file,
            choices: &options.choices,
            strictness: options.strictness,
            kept: read.as_ref().map(|read| read as _),
            report,
        };
        match reprove_evidence::write(&self.folder, &verification, self.signer.as_ref()) {
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
                print_error(&format!("--evidence: {error}"), error.hint().as_deref());
                Status::BadInput
            }
        }
    }
}
