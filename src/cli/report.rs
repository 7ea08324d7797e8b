//! `reprove report`: renders a result again, in any format.

use reprove_model::diagnostics::Hint;
use std::path::Path;

use super::args::ReportArgs;
use super::screen::{page, print, print_error};
use super::status::Status;
use reprove_report::{self as report, Report, SchemaError};

/// Results are read whole; one of 10,000 runs has some ten MiB.
const MAX_BYTES: u64 = 1 << 30;

/// Renders a result that `verify --json` or `--report` wrote.
pub fn run(args: &ReportArgs) -> Status {
    match rendered(args) {
        Ok(text) => {
            print(&text);
            Status::Reproduced
        }
        Err((problem, hint)) => {
            print_error(&problem, hint.as_deref());
            Status::BadInput
        }
    }
}

fn rendered(args: &ReportArgs) -> Result<String, (String, Option<String>)> {
    let report = read(&args.result)?;
    report::render(&report, args.format, &page()).map_err(|error| (error.to_string(), error.hint()))
}

/// Reads a result.
///
/// # Errors
/// A file that cannot be read or is no result, with a hint.
pub(super) fn read(file: &Path) -> Result<Report, (String, Option<String>)> {
    let shown = file.display();
    let problem = |text: String| (format!("{shown}: {text}"), None);
    let size = std::fs::metadata(file)
        .map_err(|error| problem(error.to_string()))?
        .len();
    if size > MAX_BYTES {
        return Err(problem(format!(
            "expected at most {MAX_BYTES} bytes, found {size}"
        )));
    }
    let text = std::fs::read(file).map_err(|error| problem(error.to_string()))?;
    Report::from_json(&text).map_err(|error| {
        let hint = match error {
            SchemaError::Version(_) => Some("`reprove verify MANIFEST --json` prints a result"),
            SchemaError::Syntax(_) | SchemaError::Form(_) => None,
        };
        (format!("{shown}: {error}"), hint.map(str::to_owned))
    })
}
