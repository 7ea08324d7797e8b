//! Description of a workload, from which another machine makes it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::build::Build;
use reprove_model::digest::Sha256Digest;
use reprove_model::manifest::{Manifest, Program};
use reprove_sandbox::SandboxTier;

/// Description of a workload: all that another machine needs beside the configuration and the seeds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkloadDescription {
    /// A recipe that is trained in the process of the other machine.
    Recipe {
        /// Its text, placeholders not yet filled.
        text: String,
        /// Its name in messages.
        origin: String,
        /// The data, by the name that the recipe uses.
        data: BTreeMap<String, SharedData>,
        /// The device, as the manifest writes it.
        device: String,
    },
    /// A program, built where all machines see it.
    Program(Box<SharedProgram>),
}

/// A built program on the shared file system.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SharedProgram {
    /// The program as the manifest states it.
    pub program: Program,
    /// The program as it was built.
    pub built: Build,
    /// The data, by the name that the command uses.
    pub data: BTreeMap<String, SharedData>,
    /// The device, as the manifest writes it.
    pub device: String,
    /// Threads a run, ≥ 1.
    pub threads: u32,
    /// The store, which keeps what the runs write.
    pub store: PathBuf,
    /// Sandbox tier of the runs: on every machine as where they were submitted.
    pub tier: SandboxTier,
}

/// Data on the shared file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedData {
    /// Where they are, absolute.
    pub path: PathBuf,
    /// Their pinned digest.
    pub sha256: Sha256Digest,
}

impl SharedData {
    /// The data of a manifest, by name; `files` are their paths on this machine.
    pub(crate) fn of(
        manifest: &Manifest,
        files: &BTreeMap<String, PathBuf>,
    ) -> BTreeMap<String, Self> {
        let entry = |(name, path): (&String, &PathBuf)| {
            let data = manifest.data.get(name)?;
            let shared = Self {
                // A sandbox shows the path without `..` and links; the file was just read, so it is there.
                path: path.canonicalize().unwrap_or_else(|_| path.clone()),
                sha256: data.sha256,
            };
            Some((name.clone(), shared))
        };
        files.iter().filter_map(entry).collect()
    }
}
