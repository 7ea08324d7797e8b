//! The in-toto statement: <https://github.com/in-toto/attestation>, statement v1, test-result v0.1.

use serde_json::{Value, json};

use reprove_model::manifest::Manifest;
use reprove_report::{ClaimReport, ClaimVerdict, Overall, Report};

/// What the verification found, about the pinned commit. An undecided claim is a warning; a claim
/// whose runs could not be had has failed.
pub(super) fn statement(manifest: &Manifest, report: &Report) -> Value {
    let result = match report.verdict {
        Overall::Reproduced => "PASSED",
        Overall::Inconclusive => "WARNED",
        Overall::NotReproduced | Overall::CouldNotVerify => "FAILED",
    };
    let ids = |wanted: fn(ClaimVerdict) -> bool| -> Vec<&str> {
        let is_wanted = |claim: &&ClaimReport| wanted(claim.verdict);
        let chosen = report.claims.iter().filter(is_wanted);
        chosen.map(|claim| claim.id.as_str()).collect()
    };
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{
            "name": repository(manifest),
            "digest": {"gitCommit": manifest.code.commit.to_string()},
        }],
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": result,
            "configuration": [{
                "name": "manifest.yaml",
                "digest": {"sha256": report.manifest.sha256},
            }],
            "passedTests": ids(|verdict| verdict == ClaimVerdict::Reproduced),
            "warnedTests": ids(|verdict| verdict == ClaimVerdict::Inconclusive),
            "failedTests": ids(|verdict| {
                matches!(verdict, ClaimVerdict::NotReproduced | ClaimVerdict::CouldNotVerify)
            }),
        },
    })
}

/// The repository as the manifest writes it: a path is relative to the manifest, wherever that is.
fn repository(manifest: &Manifest) -> String {
    let name = manifest.code.repository.to_string();
    let folder = manifest
        .file
        .parent()
        .map(|folder| folder.display().to_string());
    let folder = folder.filter(|folder| !folder.is_empty());
    let below =
        folder.and_then(|folder| name.strip_prefix(&format!("{folder}/")).map(str::to_owned));
    below.unwrap_or(name)
}
