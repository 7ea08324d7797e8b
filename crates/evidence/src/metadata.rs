//! The metadata of a bundle, `bundle.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::EVIDENCE_VERSION;
use reprove_model::manifest::{CommitId, Looks};
use reprove_report::Strictness;

/// The choices of the command line and the time: what a bundle needs beside manifest and report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleMetadata {
    /// [`EVIDENCE_VERSION`] of the program that wrote it.
    pub evidence_version: u32,
    /// When it was written, UTC, as `2026-01-31T23:59:59Z`: declared, not proven.
    pub declared_time: String,
    /// Only these claims; empty for all.
    pub claims: Vec<String>,
    /// At most so many runs a configuration.
    pub max_runs: Option<u32>,
    /// How the data were looked at, instead of as the manifest says.
    pub looks: Option<Looks>,
    /// The commit, where the manifest states `commit: HEAD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// The nonce of derived seeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The device of the runs, as `cpu` or `cuda:1`; none in bundles of programs that did not state it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Whether a deviation counted as a broken pin.
    pub deviations: Strictness,
    /// The files in the bundle that hold the CSV files of the manifest, by the paths that it writes.
    pub reported_values: BTreeMap<String, String>,
}

impl BundleMetadata {
    /// The metadata of a bundle that is written now, with no choices.
    pub fn now(reported_values: BTreeMap<String, String>) -> Self {
        Self {
            evidence_version: EVIDENCE_VERSION,
            declared_time: super::time::declared(),
            claims: Vec::new(),
            max_runs: None,
            looks: None,
            commit: None,
            nonce: None,
            device: None,
            deviations: Strictness::Lenient,
            reported_values,
        }
    }
}
