//! Hints that name a flag of the command line, for errors of the libraries.

use reprove_exec::{ExecutorError, LedgerError, PrepareError};
use reprove_model::diagnostics::Hint;
use reprove_sandbox::SandboxError;

/// Suggested fix of an error of a preparation, if known.
pub fn of_prepare(error: &PrepareError) -> Option<String> {
    let hint = if let PrepareError::Device { .. } = error {
        "`--device cpu` runs it on the processor; `reprove doctor` shows which devices are here"
    } else if let PrepareError::Sandbox(SandboxError::Unavailable { .. }) = error {
        "`reprove doctor` shows what this machine can do; `--no-sandbox` runs the program with your rights"
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
        LedgerError::Io { .. } | LedgerError::Record { .. } => error.hint(),
    }
}
