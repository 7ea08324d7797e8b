//! From the facts and statements of a verification to the files of a bundle.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{BundleMetadata, Files, SignError, Signer, crate_metadata, list, output, statement};
use reprove_decide::decision::AnalysisPlan;
use reprove_model::failure::OutcomeCode;
use reprove_model::manifest::Manifest;
use reprove_model::output::STDOUT;
use reprove_model::record::{Outcome, Record, RecordSource, Usage};
use reprove_report::{
    self as report, Format, LinkBase, RenderError, RenderOptions, Report, RunReport,
};

/// Error of bundle files that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// A file of the bundle cannot be written as JSON.
    #[error("a file of the bundle cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The report cannot be written.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// The facts and statements of a verification.
pub struct Bundle<'b> {
    /// The metadata.
    pub metadata: &'b BundleMetadata,
    /// The manifest, byte for byte.
    pub manifest_bytes: &'b [u8],
    /// The manifest, read.
    pub manifest: &'b Manifest,
    /// The CSV files of reported values, by the paths that the manifest writes.
    pub values: &'b BTreeMap<String, Vec<u8>>,
    /// What was fixed of each claim before any run.
    pub analysis_plans: &'b [AnalysisPlan],
    /// The paths in the bundle of what programs wrote: see [`output`].
    pub output: &'b BTreeSet<String>,
    /// The report.
    pub report: &'b Report,
}

/// The files of a bundle, without what programs wrote and without chain, list and signature.
///
/// # Errors
/// A report that cannot be written.
pub fn contents(bundle: &Bundle<'_>) -> Result<Files, ContentsError> {
    let (metadata, mut report) = (bundle.metadata, bundle.report.clone());
    let mut files = Files::new();
    for (index, run) in (1..).zip(&mut report.runs) {
        link(run, index, bundle.output, &mut files);
    }
    for (path, file) in &metadata.reported_values {
        if let Some(bytes) = bundle.values.get(path) {
            files.insert(file.clone(), bytes.clone());
        }
    }
    let mut add = |path: &str, bytes: Vec<u8>| files.insert(path.to_owned(), bytes);
    add("README.txt", include_bytes!("README.txt").to_vec());
    add("bundle.json", pretty(&serde_json::to_value(metadata)?)?);
    add("manifest.yaml", bundle.manifest_bytes.to_vec());
    add("pins.json", pretty(&serde_json::to_value(&report.pins)?)?);
    add("environment.json", pretty(&environment(&report))?);
    add("runs.jsonl", runs(&report)?);
    add(
        "statistics.json",
        pretty(&statistics(bundle.analysis_plans))?,
    );
    add(
        "statement.json",
        pretty(&statement::statement(bundle.manifest, &report))?,
    );
    add("report.json", report.to_json()?.into_bytes());
    let page = RenderOptions {
        links: LinkBase::Evidence,
        ..RenderOptions::default()
    };
    add(
        "report.html",
        report::render(&report, Format::Html, &page)?.into_bytes(),
    );
    let paths = files.keys().chain(bundle.output).map(String::as_str);
    let graph = crate_metadata::graph(bundle.manifest, &report, metadata, paths.collect());
    files.insert("ro-crate-metadata.json".to_owned(), pretty(&graph)?);
    Ok(files)
}

/// Says in a run of the report where in the bundle its log and its files are. Where nothing of its
/// output was kept, the last lines of its log are added.
fn link(run: &mut RunReport, index: usize, output: &BTreeSet<String>, files: &mut Files) {
    run.log = None;
    for (name, file) in &mut run.files {
        let path = output::path(run.configuration.as_deref(), run.seed, name);
        file.path = output.contains(&path).then_some(path);
        if name == STDOUT {
            run.log.clone_from(&file.path);
        }
    }
    if run.log.is_none() && !run.log_tail.is_empty() {
        let path = format!("logs/run-{index:05}.txt");
        files.insert(path.clone(), (run.log_tail.join("\n") + "\n").into_bytes());
        run.log = Some(path);
    }
}

/// Adds chain, list and, with a signer, the signature of the list; replaces those that are there.
///
/// # Errors
/// A key that does not sign.
pub fn seal(files: &mut Files, signer: Option<&Signer>) -> Result<(), SignError> {
    let chain = list::chain(files);
    files.insert(list::CHAIN.to_owned(), chain.into_bytes());
    let list = list::list(files);
    files.remove(list::SIGNATURE);
    if let Some(signer) = signer {
        let signature = signer.sign(list.as_bytes())?;
        files.insert(list::SIGNATURE.to_owned(), signature.into_bytes());
    }
    files.insert(list::LIST.to_owned(), list.into_bytes());
    Ok(())
}

fn pretty(value: &Value) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_string_pretty(value).map(|text| (text + "\n").into_bytes())
}

fn environment(report: &Report) -> Value {
    json!({
        "environment": report.environment,
        "limitations": report.limitations,
        "defaults": report.defaults,
        "reprove": report.reprove,
    })
}

fn runs(report: &Report) -> Result<Vec<u8>, serde_json::Error> {
    let mut lines = Vec::new();
    for run in &report.runs {
        serde_json::to_writer(&mut lines, &record(run))?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// The record that a run of the report was made from.
pub(super) fn record(run: &RunReport) -> Record {
    let metrics = run.metrics.clone();
    let message = run.message.clone().unwrap_or_default();
    Record {
        configuration: run.configuration.clone(),
        seed: run.seed,
        outcome: match run.outcome {
            OutcomeCode::Finished => Outcome::Finished { metrics },
            OutcomeCode::Diverged => Outcome::Diverged { metrics, message },
            OutcomeCode::Failed(kind) => Outcome::Failed {
                kind,
                message,
                log_tail: run.log_tail.clone(),
            },
        },
        origins: run.origins.clone(),
        units: run.units.clone(),
        digest: run.digest.clone(),
        output: run.output,
        repeat: run.repeat,
        files: run
            .files
            .iter()
            .filter_map(|(name, file)| Some((name.clone(), file.sha256.parse().ok()?)))
            .collect(),
        curve: run.curve.clone(),
        usage: Usage {
            wall_seconds: run.wall_seconds,
            cpu_seconds: run.cpu_seconds,
            max_rss_bytes: run.max_rss_bytes,
        },
        source: RecordSource::Stored,
    }
}

/// What was fixed of each claim before any run; every random number of its statistics comes from
/// its seed.
fn statistics(analysis_plans: &[AnalysisPlan]) -> Value {
    let claim = |analysis_plan: &AnalysisPlan| {
        let seed: String = analysis_plan
            .seed
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        json!({
            "claim": analysis_plan.id,
            "alpha": analysis_plan.alpha,
            "min_runs": analysis_plan.min_runs,
            "max_runs": analysis_plan.max_runs,
            "seed": seed,
            "generator": "ChaCha",
        })
    };
    Value::Array(analysis_plans.iter().map(claim).collect())
}
