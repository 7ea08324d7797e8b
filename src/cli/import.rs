//! `reprove import`: claims out of tables.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;

use super::import_args::{ImportArgs, ImportCommand, TableArgs};
use super::import_into::{self, Fault};
use super::import_runs;
use super::screen::{escape, print, print_error, print_line};
use super::status::Status;
use reprove_import::{
    Asked, BlockOptions, BlockSource, Findings, FoundClaim, ImportOptions, ImportWarning, Imported,
    IncludeLoader, IncludedFile, OpenQuestion, PassedOver, Place, RefusedCell, SourceFile,
    SourceFiles, TableFormat, TableSummary, block, import,
};
use reprove_model::digest::Sha256Digest;

/// Files larger than this are refused, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// Refused cells that are shown in text, at most.
const REFUSED_SHOWN: usize = 20;

/// Reads a file and prints the claims that are in it.
pub fn run(arguments: &ImportArgs) -> Status {
    let (table, format) = match &arguments.command {
        ImportCommand::Table(table) => (table, table.format),
        ImportCommand::Latex(table) => (table, Some(TableFormat::Latex)),
        ImportCommand::Markdown(table) => (table, Some(TableFormat::Markdown)),
        ImportCommand::Html(table) => (table, Some(TableFormat::Html)),
        ImportCommand::Csv(table) => (table, Some(TableFormat::Csv)),
        ImportCommand::Runs(runs) => return import_runs::run(runs),
    };
    match imported(table, format) {
        Ok(status) => status,
        Err((problem, hint)) => {
            print_error(&problem, hint.as_deref());
            Status::BadInput
        }
    }
}

fn imported(arguments: &TableArgs, format: Option<TableFormat>) -> Result<Status, Fault> {
    let plain = |problem: String| (problem, None);
    let options = arguments.options().map_err(plain)?;
    let tolerance = arguments.tolerance().map_err(plain)?;
    let name = arguments.file.display().to_string();
    let text =
        read(&arguments.file).map_err(|problem| (format!("{name}: {problem}"), pdf_hint(&name)))?;
    let format = format
        .or_else(|| TableFormat::of_file(&name))
        .ok_or_else(|| {
            (
                format!("{name}: the format is not known"),
                Some("--format latex|markdown|html|csv|yaml|json|layout".to_owned()),
            )
        })?;
    let file = SourceFile::new(name.as_str(), text).map_err(|error| plain(error.to_string()))?;
    let mut files = SourceFiles::with_includes(file, Box::new(Includes::of(&arguments.file)));
    let imported =
        import(&mut files, format, &options).map_err(|error| plain(error.to_string()))?;
    if arguments.list {
        print(&list(&imported.tables));
        return Ok(Status::Reproduced);
    }
    choose_table(&imported, &options, &name, arguments.json)?;
    let sources = sources(&files, arguments);
    let block_options = BlockOptions {
        heading: heading(&files, &imported, &sources),
        tolerance,
        sources,
    };
    let claims = block(&imported.findings, &block_options);
    if let Some(manifest) = &arguments.into {
        let status = status(&imported.findings, arguments);
        if status == Status::Reproduced {
            let added = import_into::add(manifest, &claims, arguments);
            tell(&imported, arguments);
            return added;
        }
        tell(&imported, arguments);
        return Ok(status);
    }
    if arguments.json {
        print(&json(&imported, &claims)?);
    } else {
        print(&claims);
        tell(&imported, arguments);
    }
    Ok(status(&imported.findings, arguments))
}

/// The first line of a block: the file with its digest, and the tables that the values are in.
fn heading(
    files: &SourceFiles,
    imported: &Imported,
    sources: &BTreeMap<String, BlockSource>,
) -> String {
    let main = files.file(files.main());
    let used: BTreeSet<usize> = imported.findings.found.iter().map(|f| f.table).collect();
    let tables = imported
        .tables
        .iter()
        .filter(|table| used.contains(&table.number));
    let tables: Vec<String> = tables
        .map(|table| {
            let label = table.label.as_ref();
            let label = label.map_or(String::new(), |label| format!(" `{label}`"));
            format!(
                "table {}{label}, lines {}-{}, ",
                table.number, table.first_line, table.last_line
            )
        })
        .collect();
    // Standard input has no source.
    let sha256 = sources.get(main.name.as_ref()).map_or_else(
        || Sha256Digest::of(main.text.as_bytes()).to_string(),
        |source| source.sha256.clone(),
    );
    format!(
        "from {} (sha256 {sha256}), {}by reprove {}",
        main.name,
        tables.concat(),
        env!("CARGO_PKG_VERSION")
    )
}

/// The files as the manifest names them: relative to it, or to the current folder where none is named.
fn sources(files: &SourceFiles, arguments: &TableArgs) -> BTreeMap<String, BlockSource> {
    if arguments.file == Path::new("-") {
        return BTreeMap::new();
    }
    let folder = match arguments.into.as_deref().map(Path::parent) {
        Some(Some(folder)) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    };
    let named = files.all().iter().filter_map(|file| {
        let source = BlockSource {
            path: relative(folder, Path::new(file.name.as_ref()))?,
            sha256: Sha256Digest::of(file.text.as_bytes()).to_string(),
        };
        Some((file.name.to_string(), source))
    });
    named.collect()
}

/// The path from a folder to a file.
fn relative(folder: &Path, file: &Path) -> Option<String> {
    let (folder, file) = (folder.canonicalize().ok()?, file.canonicalize().ok()?);
    let shared = folder
        .components()
        .zip(file.components())
        .take_while(|(of_folder, of_file)| of_folder == of_file)
        .count();
    let up = folder
        .components()
        .skip(shared)
        .map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(file.components().skip(shared)).collect();
    path.to_str().map(str::to_owned)
}

/// A file with several tables needs one to be named; JSON has all, each with its number.
fn choose_table(
    imported: &Imported,
    options: &ImportOptions,
    name: &str,
    json: bool,
) -> Result<(), Fault> {
    if let Some(wanted) = &options.table {
        let exists = imported.tables.iter().any(|table| {
            table.number.to_string() == *wanted || table.label.as_ref() == Some(wanted)
        });
        if !exists {
            return Err((
                format!("{name}: no table `{wanted}`"),
                Some(format!(
                    "`reprove import table {name} --list` lists the tables"
                )),
            ));
        }
    }
    let with_values = imported
        .findings
        .found
        .iter()
        .map(|found| found.table)
        .collect::<std::collections::BTreeSet<_>>();
    if options.table.is_none() && with_values.len() > 1 && !json {
        print_line(list(&imported.tables).trim_end());
        return Err((
            format!("{name}: {} tables with values", with_values.len()),
            Some("--table N names one".to_owned()),
        ));
    }
    Ok(())
}

/// Exit status 3 when there is no value, when a named cell is refused, and with `--strict` when anything
/// is open.
fn status(findings: &Findings, arguments: &TableArgs) -> Status {
    let named = !arguments.rows.is_empty() || !arguments.columns.is_empty();
    let refused = !findings.refused.is_empty();
    let open = refused || !findings.questions.is_empty();
    match findings.found.is_empty() || (named && refused) || (arguments.strict && open) {
        true => Status::BadInput,
        false => Status::Reproduced,
    }
}

fn read(file: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        let stdin = std::io::stdin().lock();
        stdin
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| error.to_string())?;
    } else {
        let opened = std::fs::File::open(file).map_err(|error| error.to_string())?;
        opened
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| error.to_string())?;
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("expected at most {MAX_BYTES} bytes"));
    }
    if bytes.starts_with(b"%PDF") {
        return Err("a PDF has no tables that can be read".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        format!(
            "expected UTF-8, found byte {} of another encoding",
            error.utf8_error().valid_up_to()
        )
    })
}

fn pdf_hint(name: &str) -> Option<String> {
    name.to_lowercase()
        .ends_with(".pdf")
        .then(|| "the LaTeX source, on arXiv under `Other formats`, is best; else `pdftotext -layout FILE.pdf`, and `reprove import table FILE.txt`".to_owned())
}

/// Files below the folder of the main file.
struct Includes {
    /// The folder in full.
    folder: Option<PathBuf>,
    /// The folder as the user names it.
    shown: PathBuf,
}

impl Includes {
    fn of(file: &Path) -> Self {
        let folder = file.canonicalize().ok();
        Includes {
            folder: folder.and_then(|file| Some(file.parent()?.to_owned())),
            shown: file.parent().map(Path::to_owned).unwrap_or_default(),
        }
    }
}

impl IncludeLoader for Includes {
    fn load(&self, name: &str) -> Option<IncludedFile> {
        let folder = self.folder.as_ref()?;
        let names = [name.to_owned(), format!("{name}.tex")];
        let (name, path) = names
            .iter()
            .filter_map(|name| Some((name, folder.join(name).canonicalize().ok()?)))
            .find(|(_, path)| path.starts_with(folder) && path.is_file())?;
        Some(IncludedFile {
            name: self.shown.join(name).display().to_string(),
            text: read(&path).ok()?,
        })
    }
}

/// The tables, one a line.
fn list(tables: &[TableSummary]) -> String {
    let lines = tables.iter().map(|table| {
        let label = table
            .label
            .as_ref()
            .map_or(String::new(), |label| format!(" `{label}`"));
        escape(&format!(
            "{}{label}: lines {}-{}, {} rows, {} columns: {}",
            table.number, table.first_line, table.last_line, table.rows, table.columns, table.words
        )) + "\n"
    });
    lines.collect()
}

/// Says on standard error what was found, left out and not said.
fn tell(imported: &Imported, arguments: &TableArgs) {
    let findings = &imported.findings;
    print_line(&format!(
        "{} values found, {} refused, {} missing",
        findings.found.len(),
        findings.refused.len(),
        findings.missing
    ));
    for question in &findings.questions {
        let because = if question.because.is_empty() {
            String::new()
        } else {
            format!(": {}", question.because)
        };
        print_line(&escape(&format!(
            "asked: {}{because}",
            flag(question.asked)
        )));
    }
    if arguments.tolerance.is_none() && !findings.found.is_empty() {
        print_line("asked: the tolerance, --tolerance: no file says it");
    }
    for cell in findings.refused.iter().take(REFUSED_SHOWN) {
        print_line(&escape(&format!(
            "{}:{}:{}: {} left out: {}",
            cell.file, cell.line, cell.col, cell.printed, cell.why
        )));
    }
    for warning in &findings.warnings {
        print_line(&escape(&format!(
            "{}:{}:{}: warning: {}",
            warning.file, warning.line, warning.col, warning.text
        )));
    }
    for passed in &findings.passed_over {
        let what = match (passed.labels.is_empty(), passed.numbers) {
            (true, numbers) => format!("{numbers} numbers"),
            (false, 1) => format!("1 number of `{}`", passed.labels.join(" / ")),
            (false, numbers) => format!("{numbers} numbers of `{}`", passed.labels.join(" / ")),
        };
        print_line(&escape(&format!(
            "{}:{}:{}: {what} passed over: {}",
            passed.file, passed.line, passed.col, passed.why
        )));
    }
    if let Some(more) = findings
        .refused
        .len()
        .checked_sub(REFUSED_SHOWN)
        .filter(|more| *more > 0)
    {
        print_line(&format!("… and {more} more; --json lists all"));
    }
    for problem in &imported.problems {
        print_line(&escape(&problem_line(problem)));
    }
}

/// What the reader passed over, with its place.
fn problem_line((place, problem): &(Place, String)) -> String {
    format!("{}:{}:{}: {problem}", place.file, place.line, place.column)
}

/// What is asked, with the option that answers it.
fn flag(asked: Asked) -> &'static str {
    match asked {
        Asked::Metric => "the metric, --metric",
        Asked::Spread => "what ± is, --spread",
        Asked::Runs => "the number of runs, --runs",
        Asked::Direction => "which values are better, --better",
        Asked::Scale => "percent or fraction, --scale",
        Asked::Parentheses => "what stands in parentheses, --paren",
        Asked::Pair => "the names of two values in a cell, --pair",
        Asked::Comma => "what a comma is, --decimal-comma",
    }
}

/// What is found, as JSON shows it.
#[derive(Serialize)]
struct ImportOutput<'f> {
    found: &'f [FoundClaim],
    refused: &'f [RefusedCell],
    passed_over: &'f [PassedOver],
    warnings: &'f [ImportWarning],
    questions: &'f [OpenQuestion],
    missing: usize,
    problems: Vec<String>,
    claims: &'f str,
}

fn json(imported: &Imported, claims: &str) -> Result<String, Fault> {
    let findings = &imported.findings;
    let output = ImportOutput {
        found: &findings.found,
        refused: &findings.refused,
        passed_over: &findings.passed_over,
        warnings: &findings.warnings,
        questions: &findings.questions,
        missing: findings.missing,
        problems: imported.problems.iter().map(problem_line).collect(),
        claims,
    };
    let text = serde_json::to_string_pretty(&output).map_err(|error| (error.to_string(), None))?;
    Ok(text + "\n")
}
