//! `reprove import runs`: values of runs out of what training tools write.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::import_run_hints::hint;
use super::screen::{escape, print, print_error, print_line};
use super::status::Status;
use super::value_parsers::run_formats;
use reprove_import::{
    CollectedRuns, ImportedRun, ImportedRuns, MetricSummary, RunFormat, RunImportError, RunOptions,
    RunTake, RunValue, collect_runs,
};

/// Lost runs that are shown in text, at most.
const LOST_SHOWN: usize = 10;

/// Options of `import runs`.
///
/// Each run gives one value of each metric; a run that failed, diverged or has no value stays in the table
/// as a lost run. What was chosen is said on standard error.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// Files, and folders in the layout of a known tool; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The metric, by its name in the files, or a name for it and that: accuracy=eval_accuracy
    #[arg(long = "metric", value_name = "M[=PATH]", value_parser = metric)]
    metrics: Vec<(String, String)>,
    /// The configuration of all runs
    #[arg(long, value_name = "C", conflicts_with = "configuration_key")]
    configuration: Option<String>,
    /// The parameter or column whose value is the configuration of a run
    #[arg(long, value_name = "KEY")]
    configuration_key: Option<String>,
    /// The parameter or column that is the seed; `@path` for a name like seed_3 in the path
    #[arg(long, value_name = "KEY")]
    seed_key: Option<String>,
    /// Only the runs that have this value in this parameter or column
    #[arg(long = "where", value_name = "KEY=VALUE", value_parser = filter)]
    filters: Vec<(String, String)>,
    /// Which of several evaluations in a run counts [default: last]
    #[arg(long, value_enum)]
    take: Option<Take>,
    /// The layout of all files, instead of as names and contents say
    #[arg(long, value_name = "F", value_parser = run_formats())]
    format: Option<RunFormat>,
    /// What is printed: a table that `decide --runs` reads, or `reported: {values: […]}`
    #[arg(long = "as", value_name = "FORM", value_enum, default_value_t = Form::Csv)]
    form: Form,
    /// List the metrics of the runs
    #[arg(long)]
    list: bool,
    /// Print everything that is found as JSON
    #[arg(long, conflicts_with = "form")]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  reprove import runs outputs/ --metric accuracy=eval_accuracy > runs.csv
  reprove decide --reported '90.4±1.8/10' --tolerance 2 --runs runs.csv
  reprove import runs mlruns/ --metric val/acc --where params.lr=0.1
  reprove import runs wandb-export.csv --metric acc --configuration-key model";

/// Which of several evaluations of a run counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Take {
    /// The first
    First,
    /// The last
    Last,
    /// The least value
    Min,
    /// The greatest value
    Max,
    /// The greatest or the least value, by the direction of the metric
    Best,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// CSV: configuration, seed, metric, value, source
    Csv,
    /// The reported values of a claim
    Values,
}

fn metric(text: &str) -> Result<(String, String), String> {
    let (name, path) = text.split_once('=').unwrap_or((text, text));
    match name.is_empty() || path.is_empty() {
        true => Err("expected `NAME` or `NAME=PATH`".to_owned()),
        false => Ok((name.to_owned(), path.to_owned())),
    }
}

fn filter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("expected `KEY=VALUE`".to_owned()),
    }
}

impl RunArgs {
    fn options(&self) -> RunOptions {
        RunOptions {
            metrics: self.metrics.clone(),
            configuration: self.configuration.clone(),
            configuration_key: self.configuration_key.clone(),
            seed_key: self.seed_key.clone(),
            filters: self.filters.clone(),
            take: self.take.map(|take| match take {
                Take::First => RunTake::First,
                Take::Last => RunTake::Last,
                Take::Min => RunTake::Min,
                Take::Max => RunTake::Max,
                Take::Best => RunTake::Best,
            }),
        }
    }
}

/// Reads runs and prints their values.
pub fn run(arguments: &RunArgs) -> Status {
    match imported(arguments) {
        Ok(()) => Status::Reproduced,
        Err(error) => {
            print_error(&error, hint(&error).as_deref());
            Status::BadInput
        }
    }
}

fn imported(arguments: &RunArgs) -> Result<(), RunImportError> {
    let seed_key = arguments.seed_key.as_deref();
    let collected = collect_runs(&arguments.files, arguments.format, seed_key)?;
    if arguments.list {
        print(&list(&collected.metrics()));
        return Ok(());
    }
    let table = collected.select(&arguments.options())?;
    if arguments.json {
        print(&json(&collected, &table));
        return Ok(());
    }
    let text = match arguments.form {
        Form::Csv => table.to_csv(),
        Form::Values => table.to_values()?,
    };
    print(&text);
    tell(&collected, &table);
    Ok(())
}

/// The metrics, one a line.
fn list(metrics: &[MetricSummary]) -> String {
    let lines = metrics.iter().map(|metric| {
        let runs = counted(metric.runs, "run");
        let observations = match metric.observations {
            1 => String::new(),
            many => format!(", up to {many} observations in each"),
        };
        escape(&format!("{}: {runs}{observations}", metric.name)) + "\n"
    });
    lines.collect()
}

fn counted(number: usize, word: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {word}{end}")
}

/// Says on standard error what was chosen, and which runs are lost.
fn tell(collected: &CollectedRuns, table: &ImportedRuns) {
    let values = counted(table.runs.len(), "run value");
    let lost = table.lost();
    print_line(&format!("{values}, {lost} lost"));
    for note in collected.notes.iter().chain(&table.notes) {
        print_line(&escape(note));
    }
    let is_lost = |run: &&ImportedRun| !matches!(run.value, RunValue::Number(_));
    for run in table.runs.iter().filter(is_lost).take(LOST_SHOWN) {
        let why = match &run.value {
            RunValue::Number(text) | RunValue::Diverged(text) => format!("`{text}`"),
            RunValue::Missing => "no value".to_owned(),
            RunValue::Failed(word) => format!("the run {}", state(word)),
        };
        let metric = &run.metric;
        print_line(&escape(&format!("{}: `{metric}` lost: {why}", run.source)));
    }
    if lost > LOST_SHOWN {
        print_line(&format!(
            "… and {} more; --json lists all",
            lost - LOST_SHOWN
        ));
    }
}

/// The word of a tool for a lost run, as the end of a sentence.
fn state(word: &str) -> String {
    let is_phrase = word.contains(' ') && word.chars().all(|c| !c.is_uppercase());
    match is_phrase {
        true => word.to_owned(),
        false => format!("is `{word}`"),
    }
}

/// What is found, as JSON shows it.
#[derive(Serialize)]
struct RunsOutput<'t> {
    runs: &'t [ImportedRun],
    lost: usize,
    notes: Vec<&'t str>,
}

fn json(collected: &CollectedRuns, table: &ImportedRuns) -> String {
    let notes = collected.notes.iter().chain(&table.notes);
    let output = RunsOutput {
        runs: &table.runs,
        lost: table.lost(),
        notes: notes.map(String::as_str).collect(),
    };
    let text = serde_json::to_string_pretty(&output).unwrap_or_default();
    text + "\n"
}
