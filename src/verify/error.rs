//! Errors of a verification.

use std::path::PathBuf;

use crate::hints;
use reprove_decide::decision::{AnalysisError, Vacuity};
use reprove_exec::{DataChanged, ErrorClass, ExecutorError, LedgerError, PrepareError};
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::ManifestError;
use reprove_model::obstacle::Obstacle;
use reprove_model::plan::PlanError;
use reprove_report::{FailureReport, number};

/// Error that stops a verification before there is a report.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The choices or the manifest ask for runs that cannot be planned.
    #[error("{}: {}", file.display(), hints::message_of_plan(error))]
    Plan {
        /// The manifest.
        file: PathBuf,
        /// Cause.
        error: PlanError,
    },
    /// A claim cannot be decided as it is stated.
    #[error("{}: claim `{claim}`: {error}", file.display())]
    AnalysisPlan {
        /// The manifest.
        file: PathBuf,
        /// The claim's id.
        claim: String,
        /// Cause.
        error: AnalysisError,
    },
    /// No number of runs can show that a claim reproduces.
    #[error(
        "{}: claim `{claim}`: no number of runs can decide it: with the reported noise, agreement with the original \
         process can be shown for tolerances above {} only", file.display(), number::plain(*smallest)
    )]
    UndecidableClaims {
        /// The manifest.
        file: PathBuf,
        /// The claim's id.
        claim: String,
        /// The tolerance above which it can be decided.
        smallest: f64,
    },
    /// Nothing can fail the tolerance of a claim, or a guess satisfies it.
    #[error("{}: claim `{claim}`: the tolerance {vacuity}", file.display())]
    VacuousClaims {
        /// The manifest.
        file: PathBuf,
        /// The claim's id.
        claim: String,
        /// Why.
        vacuity: Vacuity,
    },
    /// The store of runs cannot be opened.
    #[error(transparent)]
    Store(#[from] LedgerError),
    /// The executor cannot make the runs.
    #[error("{}: {error}", file.display())]
    ExecutorConfig {
        /// The manifest.
        file: PathBuf,
        /// Cause.
        error: ExecutorError,
    },
    /// The pinned data changed after their digests were checked.
    #[error(transparent)]
    DataChanged(#[from] DataChanged),
    /// The experiment cannot be prepared.
    #[error("{}: {error}", file.display())]
    Prepare {
        /// The manifest.
        file: PathBuf,
        /// Cause.
        error: Box<PrepareError>,
    },
}

impl Hint for VerifyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Manifest(error) => error.hint(),
            Self::Plan { error, .. } => hints::of_plan(error),
            Self::AnalysisPlan { error, .. } => error.hint(),
            Self::UndecidableClaims { .. } => Some(
                "widen the tolerance, decide on the basis `printed`, or run it all the same with \
                 --even-if-undecidable"
                    .to_owned(),
            ),
            Self::VacuousClaims { vacuity, .. } => vacuity
                .hint()
                .map(|hint| format!("{hint}, or decide it all the same with --even-if-vacuous")),
            Self::Store(error) => hints::of_ledger(error),
            Self::ExecutorConfig { error, .. } => hints::of_executor(error),
            Self::DataChanged(_) => Some("leave the data alone while reprove runs".to_owned()),
            Self::Prepare { error, .. } => hints::of_prepare(error),
        }
    }
}

impl VerifyError {
    /// Converts an environment error into a reported failure.
    ///
    /// # Errors
    /// Returns input errors unchanged.
    pub(super) fn into_failure(self) -> Result<FailureReport, Self> {
        if self.class() == ErrorClass::Input {
            return Err(self);
        }
        let hint = self.hint();
        // The report names the manifest elsewhere.
        let (kind, message, log_tail) = match &self {
            Self::Prepare { error, .. } => (error.obstacle(), error.to_string(), error.log_tail()),
            Self::ExecutorConfig { error, .. } => {
                (Obstacle::ExecutorUnusable, error.to_string(), &[][..])
            }
            Self::DataChanged(error) => (Obstacle::DataChanged, error.to_string(), &[][..]),
            Self::Manifest(_)
            | Self::Plan { .. }
            | Self::AnalysisPlan { .. }
            | Self::UndecidableClaims { .. }
            | Self::VacuousClaims { .. }
            | Self::Store(_) => (Obstacle::StoreUnusable, self.to_string(), &[][..]),
        };
        Ok(FailureReport {
            kind,
            message,
            hint,
            log_tail: log_tail.to_vec(),
        })
    }

    /// Whether the input is wrong or the environment is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Manifest(_)
            | Self::Plan { .. }
            | Self::AnalysisPlan { .. }
            | Self::UndecidableClaims { .. }
            | Self::VacuousClaims { .. } => ErrorClass::Input,
            Self::Store(_) | Self::ExecutorConfig { .. } | Self::DataChanged(_) => {
                ErrorClass::Environment
            }
            Self::Prepare { error, .. } => error.class(),
        }
    }
}
