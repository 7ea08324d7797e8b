//! Evidence bundles as maps of files: loaded, changed, sealed again and audited.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use reprove::bundle::{self, Bundle, BundleMetadata, Files};
use reprove::report::Report;
use serde_json::Value;
use tempfile::TempDir;

/// A new key, and the file that allows it.
pub fn key(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (file, public) = key_of(folder, name);
    let signers = folder.join(format!("{name}.signers"));
    std::fs::write(&signers, format!("{name}@example.org {public}")).unwrap();
    (file, signers)
}

/// An OpenSSH key from a fixed seed.
pub fn key_of(folder: &Path, name: &str) -> (PathBuf, String) {
    use ssh_key::private::{Ed25519Keypair, KeypairData};
    let seed = [name.as_bytes()[0]; 32];
    let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&seed));
    let key = ssh_key::PrivateKey::new(pair, name).unwrap();
    let file = folder.join(name);
    let text = key.to_openssh(ssh_key::LineEnding::LF).unwrap();
    std::fs::write(&file, text.as_bytes()).unwrap();
    (file, key.public_key().to_openssh().unwrap())
}

pub fn load(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(below) = pending.pop() {
        for entry in std::fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                files.insert(name.to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

pub fn save(files: &Files) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let place = folder.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, bytes).unwrap();
    }
    folder
}

/// What an audit of these files finds, one line a finding.
pub fn found(files: &Files, allowed: Option<&Path>) -> String {
    found_in(save(files).path(), allowed)
}

pub fn found_in(folder: &Path, allowed: Option<&Path>) -> String {
    let audit = bundle::audit(folder, allowed).expect("it is a bundle");
    assert_eq!(audit.agrees, audit.findings.is_empty());
    assert_eq!(audit.agrees, !audit.established.is_empty());
    let line =
        |f: &bundle::audit::AuditFinding| format!("{:?} {}: {}\n", f.part, f.subject, f.text);
    audit.findings.iter().map(line).collect()
}

/// Recomputes chain and list, with nobody's signature.
pub fn sealed(mut files: Files) -> Files {
    bundle::seal(&mut files, None).unwrap();
    files
}

pub fn edit(files: &mut Files, path: &str, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(&files[path]).unwrap();
    change(&mut value);
    let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
    files.insert(path.to_owned(), text.into_bytes());
}

pub fn runs(files: &Files) -> Vec<String> {
    let text = String::from_utf8(files["runs.jsonl"].clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

pub fn set_runs(files: &mut Files, lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    files.insert("runs.jsonl".to_owned(), text.into_bytes());
}

/// Changes the report of a bundle and makes everything else anew from it, as whoever forges a bundle
/// with this tool's own code would: runs, statistics, statements, pages, chain and list.
pub fn forged(files: &Files, change: impl FnOnce(&mut Report)) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.yaml");
    std::fs::write(&file, &files["manifest.yaml"]).unwrap();
    let metadata: BundleMetadata = serde_json::from_slice(&files["bundle.json"]).unwrap();
    let manifest = reprove::manifest::read(&file).unwrap();
    let choices = reprove::plan::Choices {
        claims: metadata.claims.clone(),
        max_runs: metadata.max_runs,
        ..Default::default()
    };
    let plan = reprove::plan::plan(&manifest, &choices).unwrap();
    let analysis_plans = reprove::verify::prespecify(&manifest, &plan).unwrap();
    let mut report: Report = serde_json::from_slice(&files["report.json"]).unwrap();
    change(&mut report);
    let output: BTreeSet<String> = files
        .keys()
        .filter(|path| path.starts_with("runs/"))
        .cloned()
        .collect();
    let made = |report: &Report| {
        bundle::contents(&Bundle {
            metadata: &metadata,
            manifest_bytes: &files["manifest.yaml"],
            manifest: &manifest,
            values: &Default::default(),
            analysis_plans: &analysis_plans,
            output: &output,
            report,
        })
        .unwrap()
    };
    let lines = runs(&made(&report));
    let records = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    let records = reprove::runs::Records::new(records.collect());
    let decisions = reprove::claims::decide(&plan, &analysis_plans, &records, &[]).unwrap();
    report.claims = reprove::report::claims::claims(&plan, &analysis_plans, &decisions.claims);
    report.refuted_after_correction = Some(decisions.refuted_after_correction);
    let mut forged = made(&report);
    // The repository's path is one on the machine that wrote the bundle.
    forged.insert("statement.json".to_owned(), files["statement.json"].clone());
    forged.extend(
        output
            .iter()
            .map(|path| (path.clone(), files[path].clone())),
    );
    sealed(forged)
}
