//! Reads what a bundle states: metadata, manifest, plan, records and report.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::finding::{Disagreement, readable};
use super::{BundleMetadata, EVIDENCE_VERSION, Files, list, values};
use reprove_decide::claims;
use reprove_decide::decision::AnalysisPlan;
use reprove_model::escape;
use reprove_model::manifest::{self, Manifest};
use reprove_model::plan::{self, Backends, Choices, Plan};
use reprove_model::record::Record;
use reprove_report::Report;
use reprove_report::schema::SchemaError;

/// What a bundle's statements are derived from, and the report with the statements.
pub(super) struct Inputs {
    pub metadata: BundleMetadata,
    pub manifest_bytes: Vec<u8>,
    pub values: BTreeMap<String, Vec<u8>>,
    pub manifest: Manifest,
    pub plan: Plan,
    pub analysis_plans: Vec<AnalysisPlan>,
    pub records: Vec<Record>,
    pub report: Report,
}

impl Inputs {
    /// Reads what a bundle states.
    pub(super) fn read(files: &Files) -> Result<Self, Disagreement> {
        let metadata: BundleMetadata = json(files, "bundle.json")?;
        if metadata.evidence_version != EVIDENCE_VERSION {
            let found = metadata.evidence_version;
            let text = format!("expected version {EVIDENCE_VERSION}, found {found}");
            return Err(("bundle.json".to_owned(), text));
        }
        let manifest_bytes = bytes(files, "manifest.yaml")?.to_vec();
        let (values, manifest) = read_manifest(files, &metadata, &manifest_bytes)?;
        let of_manifest = |error: String| ("manifest.yaml".to_owned(), error);
        let plan = plan::plan(&manifest, &choices(&manifest, &metadata));
        let plan = plan.map_err(|error| of_manifest(error.to_string()))?;
        let analysis_plans = claims::prespecify(&plan);
        Ok(Self {
            analysis_plans: analysis_plans.map_err(|error| of_manifest(error.to_string()))?,
            records: records(bytes(files, list::RUNS)?)?,
            report: report(files)?,
            metadata,
            manifest_bytes,
            values,
            manifest,
            plan,
        })
    }
}

/// Reads the manifest in a folder that holds only the files of the bundle.
fn read_manifest(
    files: &Files,
    metadata: &BundleMetadata,
    manifest: &[u8],
) -> Result<(BTreeMap<String, Vec<u8>>, Manifest), Disagreement> {
    let wrong = |text: String| ("manifest.yaml".to_owned(), text);
    if manifest.len() > 1 << 20 {
        return Err(wrong("expected at most 1 MiB".to_owned()));
    }
    let paths = values::paths(manifest).map_err(|error| wrong(error.to_string()))?;
    let stated: BTreeSet<String> = metadata.reported_values.keys().cloned().collect();
    let mut csv = BTreeMap::new();
    for path in paths.union(&stated) {
        let shown = escape::text(path);
        let is_known = paths.contains(path) && values::is_portable(path);
        match metadata.reported_values.get(path).filter(|_| is_known) {
            Some(file) => csv.insert(path.clone(), bytes(files, file)?.to_vec()),
            None => {
                return Err(wrong(format!(
                    "`{shown}`: the bundle does not hold this file"
                )));
            }
        };
    }
    let folder = tempfile::tempdir().map_err(|error| wrong(error.to_string()))?;
    let file = values::stage(folder.path(), manifest, &csv).map_err(|e| wrong(e.to_string()))?;
    let manifest = manifest::read_at(&file, metadata.commit.as_ref()).map_err(|error| {
        // The place is a folder that is gone when this is read.
        let prefix = file.display().to_string();
        wrong(error.to_string().replace(&prefix, "manifest.yaml"))
    })?;
    Ok((csv, manifest))
}

/// The choices of the command line. Where the runs were made does not matter to their numbers: the
/// processor stands for every device, and data that are at an address need not be found.
fn choices(manifest: &Manifest, metadata: &BundleMetadata) -> Choices {
    Choices {
        claims: metadata.claims.clone(),
        max_runs: metadata.max_runs,
        device: Some(manifest::Device::Cpu),
        looks: metadata.looks,
        data_dir: manifest.file.parent().map(Into::into),
        nonce: metadata.nonce.clone(),
        backends: Backends::default(),
    }
}

fn bytes<'f>(files: &'f Files, path: &str) -> Result<&'f [u8], Disagreement> {
    let found = files.get(path).map(Vec::as_slice);
    found.ok_or_else(|| (escape::text(path).into_owned(), "it is missing".to_owned()))
}

/// The report, of any version of the result.
fn report(files: &Files) -> Result<Report, Disagreement> {
    let place = "report.json";
    Report::from_json(bytes(files, place)?).map_err(|error| {
        let text = match error {
            SchemaError::Version(_) => error.to_string(),
            SchemaError::Syntax(error) | SchemaError::Form(error) => readable(&error),
        };
        (place.to_owned(), text)
    })
}

fn json<T: serde::de::DeserializeOwned>(files: &Files, path: &str) -> Result<T, Disagreement> {
    serde_json::from_slice(bytes(files, path)?).map_err(|e| (path.to_owned(), readable(&e)))
}

/// The value of a JSON file.
pub(super) fn as_json(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| readable(&error))
}

fn records(lines: &[u8]) -> Result<Vec<Record>, Disagreement> {
    let read = |(index, line): (usize, &[u8])| {
        serde_json::from_slice(line)
            .map_err(|error| (format!("{}:{}", list::RUNS, index + 1), readable(&error)))
    };
    let lines = lines.split_inclusive(|byte| *byte == b'\n');
    lines.enumerate().map(read).collect()
}
