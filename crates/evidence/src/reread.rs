//! The metrics of a program's runs, read again from the logs and metric files in a bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};

use super::finding::{Disagreement, named};
use super::{Files, list, output};
use reprove_metrics::{Outputs, SelectedMetrics, read_again};
use reprove_model::digest::Sha256Digest;
use reprove_model::escape;
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
                escape::text(name)
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
type Origins = BTreeMap<MetricName, String>;

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
    let mut add = |text: String| wrong.push((at.to_owned(), format!("{run}: {text}")));
    let stated = match &record.outcome {
        Outcome::Finished { metrics } | Outcome::Diverged { metrics, .. } => metrics,
        Outcome::Failed { kind, .. } => {
            compare_failure(*kind, &found, &mut add);
            return 0;
        }
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            add(format!("its metrics are not in what it wrote: {error}"));
            return 0;
        }
    };
    let read = match &found.outcome {
        Outcome::Finished { metrics } | Outcome::Diverged { metrics, .. } => metrics,
        Outcome::Failed { message, .. } => {
            add(format!("its metrics are not in what it wrote: {message}"));
            return 0;
        }
    };
    let names: BTreeSet<&MetricName> = stated.keys().chain(read.keys()).collect();
    for name in names {
        let (stated, read) = (stated.get(name), read.get(name));
        if stated.map(|v| v.to_bits()) != read.map(|v| v.to_bits()) {
            let origin = found.origins.get(name).map_or("nothing", |origin| origin);
            add(other_number(name, stated, read, origin));
        } else if record.origins.get(name) != found.origins.get(name) {
            add(other_origin(name, &record.origins, &found.origins));
        }
    }
    if record.units != found.units {
        add("the units that are stated of its metrics are not those of what it wrote".to_owned());
    }
    let (stated, found) = (record.outcome.code(), found.outcome.code());
    if stated != found {
        add(format!(
            "stated as {stated}, and what it wrote says {found}"
        ));
    }
    read.len()
}

/// Of a failed run only the missing metric stands in its output.
fn compare_failure(kind: FailureKind, found: &Found, add: &mut impl FnMut(String)) {
    let no_metric = OutcomeCode::Failed(FailureKind::NoMetric);
    let has_metric = found
        .as_ref()
        .is_ok_and(|found| found.outcome.code() != no_metric);
    if kind == FailureKind::NoMetric && has_metric {
        add("stated to have no metric, and what it wrote has it".to_owned());
    }
}

/// A number that the record states otherwise than the output.
fn other_number(name: &str, stated: Option<&f64>, read: Option<&f64>, origin: &str) -> String {
    let number = |value: Option<&f64>| value.map_or("no number".to_owned(), f64::to_string);
    let (name, stated, read) = (escape::text(name), number(stated), number(read));
    format!("`{name}` is stated as {stated}, and what it wrote says {read} ({origin})")
}

/// A place of a number that the record states otherwise than the output.
fn other_origin(name: &MetricName, stated: &Origins, read: &Origins) -> String {
    let show = |origins: &Origins| match origins.get(name) {
        None => "nowhere".to_owned(),
        Some(origin) => escape::text(origin).into_owned(),
    };
    let (stated, read) = (show(stated), show(read));
    let name = escape::text(name);
    format!("`{name}` is stated to stand at `{stated}`, and stands at `{read}`")
}
