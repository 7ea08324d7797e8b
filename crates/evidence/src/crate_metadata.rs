//! The RO-Crate metadata: <https://w3id.org/ro/crate/1.1>, profile
//! <https://w3id.org/ro/wfrun/process/0.5>.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{BundleMetadata, list};
use reprove_model::manifest::Manifest;
use reprove_report::{Overall, Report};

const CRATE: &str = "https://w3id.org/ro/crate/1.1";
const PROCESS: &str = "https://w3id.org/ro/wfrun/process/0.5";
const PROGRAM: &str = "#reprove";
const TERMS: &str = "#terms";

/// The metadata of a bundle with these files.
pub(super) fn graph(
    manifest: &Manifest,
    report: &Report,
    metadata: &BundleMetadata,
    mut paths: BTreeSet<&str>,
) -> Value {
    paths.extend([list::CHAIN, list::LIST]);
    let mut graph = vec![
        json!({
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": CRATE},
        }),
        bundle(report, metadata, &paths),
        json!({"@id": PROCESS, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}),
        // RO-Crate wants a licence; which one, only the owners can say.
        json!({
            "@id": TERMS,
            "@type": "CreativeWork",
            "name": "No licence is stated",
            "description": "Whoever publishes this bundle says under which terms. The manifest, the code, the \
                            data and what programs wrote keep the terms of their owners.",
        }),
        json!({
            "@id": PROGRAM,
            "@type": "SoftwareApplication",
            "name": "reprove",
            "softwareVersion": report.reprove.version,
        }),
        action(manifest, report, metadata),
    ];
    graph.extend(data_sets(manifest));
    graph.extend(paths.iter().map(|path| file(path)));
    json!({"@context": format!("{CRATE}/context"), "@graph": graph})
}

fn reference(id: &str) -> Value {
    json!({"@id": id})
}

/// The root data set: the bundle.
fn bundle(report: &Report, metadata: &BundleMetadata, paths: &BTreeSet<&str>) -> Value {
    let parts: Vec<Value> = paths.iter().map(|path| reference(path)).collect();
    json!({
        "@id": "./",
        "@type": "Dataset",
        "name": report.title.as_deref().unwrap_or("Evidence of a verification"),
        "description": format!("What a verification rests on; its verdict: {}", verdict(report)),
        "datePublished": metadata.declared_time,
        "license": {"@id": TERMS},
        "conformsTo": {"@id": PROCESS},
        "hasPart": parts,
        "mentions": {"@id": "#verification"},
    })
}

/// The action: the verification, from its inputs to its results.
fn action(manifest: &Manifest, report: &Report, metadata: &BundleMetadata) -> Value {
    let mut inputs = vec![reference("manifest.yaml")];
    inputs.extend(manifest.data.keys().map(|name| reference(&data_id(name))));
    let values = metadata.reported_values.values();
    inputs.extend(values.map(|file| reference(file)));
    json!({
        "@id": "#verification",
        "@type": "CreateAction",
        "name": "Rerun of the experiment and decision of its claims",
        "description": format!("{} runs; verdict: {}", report.runs.len(), verdict(report)),
        "endTime": metadata.declared_time,
        "instrument": {"@id": PROGRAM},
        "object": inputs,
        "result": [{"@id": "report.json"}, {"@id": "runs.jsonl"}],
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
    })
}

/// The data sets of the manifest, which are described and not part of the bundle.
fn data_sets(manifest: &Manifest) -> impl Iterator<Item = Value> {
    manifest.data.iter().map(|(name, data)| {
        json!({
            "@id": data_id(name),
            "@type": "CreativeWork",
            "name": name,
            "description": "A data set that the manifest pins by its digest; not part of the bundle",
            "identifier": format!("sha256:{}", data.sha256),
        })
    })
}

/// Data are not part of the bundle: an id of a thing that is described, not of a file.
fn data_id(name: &str) -> String {
    let plain: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("#data-{plain}")
}

fn file(path: &str) -> Value {
    let format = match path.rsplit('.').next() {
        Some("json") => "application/json",
        Some("jsonl") => "application/jsonl",
        Some("yaml") => "application/yaml",
        Some("csv") => "text/csv",
        Some("html") => "text/html",
        _ => "text/plain",
    };
    json!({"@id": path, "@type": "File", "name": path, "encodingFormat": format})
}

fn verdict(report: &Report) -> &'static str {
    match report.verdict {
        Overall::Reproduced => "reproduced",
        Overall::NotReproduced => "not reproduced",
        Overall::Inconclusive => "inconclusive",
        Overall::CouldNotVerify => "could not verify",
    }
}
