//! Hints that name a flag of the command line, for errors of the libraries.

use reprove_exec::build::BuildError;
use reprove_exec::{ExecutorError, LedgerError, PrepareError};
use reprove_model::diagnostics::Hint;
use reprove_model::manifest::{HEAD_ALONE, ManifestProblem};
use reprove_model::pin::PinKind;
use reprove_model::plan::PlanError;
use reprove_pins::PinStatus;
use reprove_pins::check::Checked;
use reprove_pins::checkout::CheckoutError;
use reprove_pins::fetch::{FetchError, OpenError};
use reprove_sandbox::SandboxError;

/// The message of an error of a plan, after the flag that it is about, if any.
pub fn message_of_plan(error: &PlanError) -> String {
    match error {
        PlanError::UnknownClaim { .. } => format!("--claims: {error}"),
        PlanError::TooManyRuns { .. } => format!("--max-runs: {error}"),
        PlanError::NonceWithoutDerivedSeeds => format!("--nonce: {error}"),
        PlanError::Elsewhere { .. } | PlanError::Unsupported { .. } => error.to_string(),
    }
}

/// Suggested fix of an error of a plan, if known.
pub fn of_plan(error: &PlanError) -> Option<String> {
    match error {
        PlanError::Elsewhere { .. } => Some(
            "fetch the file yourself and give its folder as `--data-dir`; its digest is checked"
                .to_owned(),
        ),
        PlanError::UnknownClaim { .. }
        | PlanError::TooManyRuns { .. }
        | PlanError::NonceWithoutDerivedSeeds
        | PlanError::Unsupported { .. } => error.hint(),
    }
}

/// Suggested fix of an error of a fetch, if known.
pub fn of_fetch(error: &FetchError) -> Option<String> {
    let hint = match error {
        FetchError::NoGit { .. } => "install git, or give the path of a clone with `--clone PATH`",
        FetchError::Offline { .. } => {
            "run once without `--offline`: what is fetched stays in the cache"
        }
        FetchError::Unreachable { .. } => {
            "a clone on this machine can be given with `--clone PATH`"
        }
        FetchError::Absent { .. }
        | FetchError::NoCache
        | FetchError::Refused { .. }
        | FetchError::Damaged { .. }
        | FetchError::TimedOut { .. }
        | FetchError::Failed { .. }
        | FetchError::Cache { .. } => return error.hint(),
    };
    Some(hint.to_owned())
}

/// Suggested fix of an error of a checkout, if known.
fn of_checkout(error: &CheckoutError) -> Option<String> {
    if let CheckoutError::Open {
        source: OpenError::Fetch(error @ FetchError::Offline { .. }),
        ..
    } = error
    {
        return of_fetch(error);
    }
    error.hint()
}

/// Gives pins that do not hold the suggested fix, where only the command line knows it.
pub fn complete(checked: &mut Checked) {
    for pin in checked.pins.iter_mut().filter(|pin| pin.hint.is_none()) {
        let is_absent_commit = pin.kind == PinKind::Commit && pin.status == PinStatus::Missing;
        let hint = if is_absent_commit && checked.open_error.is_none() {
            "fetch the commit into the repository, or pin one that it has: `reprove pin --commit HEAD`"
        } else if pin.kind == PinKind::Data && pin.status == PinStatus::Broken {
            "restore the data, or let `reprove pin` write the digest of these, if these are meant"
        } else {
            continue;
        };
        pin.hint = Some(hint.to_owned());
    }
    if let Some(OpenError::Fetch(error)) = &checked.open_error {
        let mut pins = checked.pins.iter_mut();
        if let Some(pin) = pins.find(|pin| pin.kind == PinKind::Commit) {
            pin.hint = of_fetch(error);
        }
    }
}

/// Suggested fix of a problem of a manifest, if known.
pub fn of_manifest(problem: &ManifestProblem) -> Option<String> {
    if problem.problem == HEAD_ALONE {
        let hint = "give it with `--commit $(git rev-parse HEAD)`, or pin it with `reprove pin --commit HEAD`";
        return Some(hint.to_owned());
    }
    problem.hint.clone()
}

/// Suggested fix of an error of a preparation, if known.
pub fn of_prepare(error: &PrepareError) -> Option<String> {
    let hint = if let PrepareError::Device { .. } = error {
        "`--device cpu` runs it on the processor; `reprove doctor` shows which devices are here"
    } else if let PrepareError::Sandbox(SandboxError::Unavailable { .. }) = error {
        "`reprove doctor` shows what this machine can do; `--no-sandbox` runs the program with your rights"
    } else if let PrepareError::Fetch(error) = error {
        return of_fetch(error);
    } else if let PrepareError::Build(BuildError::Checkout(error)) = error {
        return of_checkout(error);
    } else {
        return error.hint();
    };
    Some(hint.to_owned())
}

/// Suggested fix of an error of an executor, if known.
pub fn of_executor(error: &ExecutorError) -> Option<String> {
    match error {
        ExecutorError::NoStore => {
            Some("name a folder that all nodes share with `--store DIR`".to_owned())
        }
        ExecutorError::Store { .. } | ExecutorError::Description(_) => error.hint(),
    }
}

/// Suggested fix of an error of the ledger, if known.
pub fn of_ledger(error: &LedgerError) -> Option<String> {
    match error {
        LedgerError::Lock { .. } => Some(
            "put the store on a file system that has file locks, with `--store DIR`".to_owned(),
        ),
        LedgerError::Exposed { .. } => Some(
            "name a folder that is yours alone with `--store DIR`, or make this one so".to_owned(),
        ),
        LedgerError::Io { .. } | LedgerError::NotAFile { .. } | LedgerError::Record { .. } => {
            error.hint()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fetch_that_is_not_allowed_names_the_flag_that_forbids_it() {
        let commit = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
        let url = "https://example.org/paper.git".to_owned();
        let error = FetchError::Offline { url, commit };
        assert_eq!(error.hint(), None);
        let hint = "run once without `--offline`: what is fetched stays in the cache";
        assert_eq!(of_fetch(&error).unwrap(), hint);
        let path = "third_party".into();
        let source = OpenError::Fetch(error);
        let of_submodule = CheckoutError::Open { path, source };
        assert_eq!(of_checkout(&of_submodule).unwrap(), hint);
    }
}
