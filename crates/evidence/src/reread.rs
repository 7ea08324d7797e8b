//! The metrics of a program's runs, read again from the logs and metric files in a bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};

use super::finding::{Disagreement, named};
use super::{Files, list, output};
use reprove_metrics::{Outputs, SelectedMetrics, read_again};
use reprove_model::digest::Sha256Digest;
use reprove_model::failure::{FailureKind, OutcomeCode};
use reprove_model::manifest::{Experiment, Manifest, Metrics};
use reprove_model::name::MetricName;
use reprove_model::output::{STDERR, STDOUT};
use reprove_model::plan::{Configuration, Plan};
use reprove_model::record::{Outcome, Record};

/// What was read again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reread {
    /// Numbers that were read again.
    pub metrics: usize,
    /// Runs of which the bundle does not hold what they wrote.
    pub unread: Vec<String>,
}

/// Reads the metrics of every run again and compares them with what its record says. Where the
/// experiment is a recipe there is nothing to read.
pub(super) fn reread(
    manifest: &Manifest,
    plan: &Plan,
    records: &[Record],
    files: &Files,
    wrong: &mut Vec<Disagreement>,
) -> Reread {
    let mut reread = Reread::default();
    let Experiment::Program(program) = &manifest.experiment else {
        return reread;
    };
    for (line, record) in (1..).zip(records) {
        let at = format!("{}:{line}", list::RUNS);
        let is_whole = check_files(record, files, wrong);
        if !is_whole {
            reread.unread.push(named(record));
            continue;
        }
        let configuration = configuration(plan, record);
        let found = staged(record, files)
            .map(|folder| read_staged(&program.metrics, &configuration, folder.path()));
        match found {
            Err(error) => wrong.push((
                at,
                format!("{} cannot be read again: {error}", named(record)),
            )),
            Ok(found) => reread.metrics += compare(record, &at, found, wrong),
        }
    }
    reread
}

/// Whether the bundle has all files of a run; those that are other than the record says are named.
fn check_files(record: &Record, files: &Files, wrong: &mut Vec<Disagreement>) -> bool {
    let mut is_whole = !record.files.is_empty();
    for (name, digest) in &record.files {
        let path = output::path(record.configuration.as_deref(), record.seed, name);
        match files.get(&path).map(|bytes| Sha256Digest::of(bytes)) {
            None => is_whole = false,
            Some(found) if found == *digest => {}
            Some(found) => wrong.push((
                path,
                format!(
                    "it is not what {} wrote: expected sha256 {digest}, found {found}",
                    named(record)
                ),
            )),
        }
    }
    is_whole
}

/// The configuration of a run with all metrics that are known of it.
fn configuration(plan: &Plan, record: &Record) -> Configuration {
    let name = record.configuration.as_deref();
    let planned = plan
        .configurations
        .iter()
        .find(|c| c.name.as_deref() == name);
    let mut configuration = planned.cloned().unwrap_or_else(|| Configuration {
        name: record.configuration.clone(),
        values: BTreeMap::new(),
        metrics: BTreeSet::new(),
    });
    if let Outcome::Finished { metrics } | Outcome::Diverged { metrics, .. } = &record.outcome {
        configuration.metrics.extend(metrics.keys().cloned());
        // Those that are no finite numbers have a place all the same.
        configuration.metrics.extend(record.origins.keys().cloned());
    }
    configuration
}

/// Writes the files of a run into a folder of their own, as they lay when it ended.
fn staged(record: &Record, files: &Files) -> io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("out"))?;
    for name in record.files.keys() {
        let inner = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(name).components().all(inner) {
            return Err(io::Error::other(format!(
                "`{}` is no file of a run",
                name.escape_default()
            )));
        }
        let path = output::path(record.configuration.as_deref(), record.seed, name);
        if let Some(bytes) = files.get(&path) {
            let place = folder.path().join(name);
            std::fs::create_dir_all(place.parent().unwrap_or(folder.path()))?;
            std::fs::write(place, bytes)?;
        }
    }
    Ok(folder)
}

type Found = Result<SelectedMetrics, String>;

fn read_staged(metrics: &Metrics, configuration: &Configuration, folder: &Path) -> Found {
    let outputs = Outputs {
        folder: &folder.join("out"),
        stdout: &folder.join(STDOUT),
        stderr: &folder.join(STDERR),
    };
    read_again(metrics, configuration, &outputs).map_err(|error| error.to_string())
}

/// Compares what a run's output says with what its record says; gives the numbers that were read.
fn compare(record: &Record, at: &str, found: Found, wrong: &mut Vec<Disagreement>) -> usize {
    let run = named(record);
    let mut add = |text: String| wrong.push((at.to_owned(), text));
    let stated = match &record.outcome {
        Outcome::Finished { metrics } | Outcome::Diverged { metrics, .. } => metrics,
        // What else made it fail does not stand in what it wrote.
        Outcome::Failed { kind, .. } if *kind != FailureKind::NoMetric => return 0,
        Outcome::Failed { .. } => {
            match found {
                Ok(found) if found.outcome.code() != OutcomeCode::Failed(FailureKind::NoMetric) => {
                    add(format!(
                        "{run}: stated to have no metric, and what it wrote has it"
                    ));
                }
                _ => {}
            }
            return 0;
        }
    };
    let SelectedMetrics {
        outcome,
        origins,
        units,
    } = match found {
        Ok(found) => found,
        Err(error) => {
            add(format!(
                "{run}: its metrics are not in what it wrote: {error}"
            ));
            return 0;
        }
    };
    let read = match &outcome {
        Outcome::Finished { metrics } | Outcome::Diverged { metrics, .. } => metrics,
        Outcome::Failed { message, .. } => {
            add(format!(
                "{run}: its metrics are not in what it wrote: {message}"
            ));
            return 0;
        }
    };
    let names: BTreeSet<&MetricName> = stated.keys().chain(read.keys()).collect();
    let number = |value: Option<&f64>| value.map_or("no number".to_owned(), f64::to_string);
    for name in names {
        let (stated, read) = (stated.get(name), read.get(name));
        if stated.map(|v| v.to_bits()) != read.map(|v| v.to_bits()) {
            let origin = origins.get(name).map_or("nothing", |origin| origin);
            let (name, stated, read) = (name.escape_default(), number(stated), number(read));
            add(format!(
                "{run}: `{name}` is stated as {stated}, and what it wrote says {read} ({origin})"
            ));
        } else if record.origins.get(name) != origins.get(name) {
            let show = |origins: &BTreeMap<MetricName, String>| {
                origins
                    .get(name)
                    .map_or("nowhere".to_owned(), |o| o.escape_default().to_string())
            };
            let (stated, read) = (show(&record.origins), show(&origins));
            let name = name.escape_default();
            add(format!(
                "{run}: `{name}` is stated to stand at `{stated}`, and stands at `{read}`"
            ));
        }
    }
    if record.units != units {
        add(format!(
            "{run}: the units that are stated of its metrics are not those of what it wrote"
        ));
    }
    if record.outcome.code() != outcome.code() {
        let (stated, read) = (record.outcome.code(), outcome.code());
        add(format!(
            "{run}: stated as {stated}, and what it wrote says {read}"
        ));
    }
    read.len()
}
