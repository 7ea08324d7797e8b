//! `reprove report`: renders a result again, in any format.

use reprove_model::diagnostics::Hint;
use std::path::Path;

use super::Status;
use super::args::ReportArgs;
use super::screen::{page, print, print_error};
use reprove_report::{self as report, Format, Report, SCHEMA_VERSION};

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
    let format = Format::parse(&args.format).map_err(|error| (error.to_string(), error.hint()))?;
    let report = read(&args.result)?;
    report::render(&report, format, &page()).map_err(|error| (error.to_string(), error.hint()))
}

fn read(file: &Path) -> Result<Report, (String, Option<String>)> {
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
    let text = std::fs::read_to_string(file).map_err(|error| problem(error.to_string()))?;
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| problem(format!("expected JSON: {error}")))?;
    let version = value
        .get("schema_version")
        .and_then(serde_json::Value::as_u64);
    if version != Some(u64::from(SCHEMA_VERSION)) {
        let found = version.map_or("none".to_owned(), |v| v.to_string());
        let hint = "a result is what `reprove verify MANIFEST --json` prints";
        let text = format!(
            "{shown}: expected a result with `schema_version` {SCHEMA_VERSION}, found {found}"
        );
        return Err((text, Some(hint.to_owned())));
    }
    serde_json::from_value(value).map_err(|error| problem(error.to_string()))
}
