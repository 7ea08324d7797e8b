//! Tables: a row is a run or a step of a run; exports of TensorBoard and of W&B's panels.

use std::collections::BTreeMap;
use std::path::Path;

use reprove_metrics::{CsvTable, Header, MetricError, parse_table};

use crate::runs::error::RunImportError;
use crate::runs::files::{file_name, shown};
use crate::runs::format::RunFormat;
use crate::runs::found::{CollectedRuns, FoundRun, Located};
use crate::runs::names::{is_run_name, step_column};
use crate::runs::record::{Record, Records};
use crate::runs::table::ValuePlace;

/// The columns of TensorBoard's exports.
const TENSORBOARD: [&str; 3] = ["Wall time", "Step", "Value"];

/// Reads a table.
///
/// # Errors
/// What is wrong with the table.
pub(crate) fn read(
    path: &Path,
    text: &str,
    format: Option<RunFormat>,
    seed_key: Option<&str>,
) -> Result<CollectedRuns, RunImportError> {
    let file = shown(path);
    let malformed = |(line, reason)| MetricError::Malformed {
        file: file.clone(),
        line,
        reason,
    };
    let table = parse_table(text, &[], Header::Detected).map_err(malformed)?;
    if let Some((line, reason)) = &table.cut_off {
        return Err(malformed((*line, format!("the last row {reason}"))).into());
    }
    let names = match &table.names {
        Some(names) => names.clone(),
        None if table.width == 1 => vec!["value".to_owned()],
        None => {
            let reason = "expected a header that names the columns".to_owned();
            return Err(malformed((table.first_line, reason)).into());
        }
    };
    for name in &names {
        table.check_once(name).map_err(malformed)?;
    }
    if names == TENSORBOARD {
        return tensorboard(path, &file, &table);
    }
    if let Some(panel) = panel(&file, &names, &table) {
        return Ok(panel);
    }
    let is_log = step_column(names.iter().map(String::as_str)).is_some();
    if !is_log && names.len() > 1 {
        table.check_summaries(0).map_err(malformed)?;
    }
    let records = Records {
        records: records(&file, &names, &table),
        file,
        names,
        is_sparse: true,
    };
    let mut found = CollectedRuns {
        runs: records.runs(seed_key)?,
        notes: Vec::new(),
    };
    let is_wandb = ["Name", "State"]
        .iter()
        .all(|name| table.column(name).is_some());
    if is_wandb || format == Some(RunFormat::Wandb) {
        found
            .runs
            .iter_mut()
            .for_each(super::wandb_steps::refuse_summaries);
    }
    if table.rows.is_empty() || format == Some(RunFormat::Lightning) || is_log {
        super::parameters::add_parameters(path, &mut found)?;
    }
    Ok(found)
}

fn records(file: &str, names: &[String], table: &CsvTable) -> Vec<Record> {
    let record = |row: &reprove_metrics::TableRow| {
        let place = ValuePlace::line(file, row.line);
        let fields = names.iter().enumerate().map(|(column, name)| {
            let text = row.cell(column).to_owned();
            let place = place.clone();
            (name.clone(), Located { text, place })
        });
        Record {
            fields: fields.collect::<BTreeMap<_, _>>(),
            place,
        }
    };
    table.rows.iter().map(record).collect()
}

/// The scalars of one tag, which the name of the file tells: `run-NAME-tag-TAG.csv`.
fn tensorboard(path: &Path, file: &str, table: &CsvTable) -> Result<CollectedRuns, RunImportError> {
    let name = file_name(path);
    let stem = name
        .rsplit_once('.')
        .map_or(name.as_str(), |(stem, _)| stem);
    let tag = ["-tag-", "_tag_"]
        .into_iter()
        .find_map(|part| stem.split_once(part));
    let (run_name, tag) = tag.unwrap_or((stem, "value"));
    let mut run = FoundRun::new(run_name, ValuePlace::file(file));
    for row in &table.rows {
        let value = Located {
            text: row.cell(2).to_owned(),
            place: ValuePlace::line(file, row.line),
        };
        run.observe(tag, value, Some(format!("step {}", row.cell(1))));
    }
    Ok(run.into())
}

/// A panel of W&B: a column `RUN - METRIC` for each run, with its `__MIN` and `__MAX`.
fn panel(file: &str, names: &[String], table: &CsvTable) -> Option<CollectedRuns> {
    let (step, columns) = names.split_first()?;
    let has_bounds = columns.iter().any(|name| name.ends_with("__MIN"));
    if !has_bounds || columns.iter().any(|name| is_run_name(name)) {
        return None;
    }
    let mut found = CollectedRuns::default();
    for (column, name) in (1..).zip(columns) {
        if name.ends_with("__MIN") || name.ends_with("__MAX") {
            continue;
        }
        let (run_name, metric) = name.rsplit_once(" - ")?;
        let mut run = FoundRun::new(run_name, ValuePlace::file(file));
        run.seed_names = vec![run_name.to_owned()];
        for row in &table.rows {
            let value = Located {
                text: row.cell(column).to_owned(),
                place: ValuePlace::line(file, row.line),
            };
            if !value.text.is_empty() {
                run.observe(metric, value, Some(format!("{step} {}", row.cell(0))));
            }
        }
        found.runs.push(run);
    }
    Some(found)
}
