//! The manifest once its rules hold.

use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;

use super::claim::{Claim, Decision};
use super::code::Code;
use super::data::Data;
use super::document::PaperDoc;
use super::experiment::Experiment;
use super::hardware::Hardware;
use super::scalar::Scalar;
use super::slurm::Slurm;
use crate::digest::Sha256Digest;
use crate::name::{ConfigurationId, MetricName};
use crate::seeds::{RunSeed, Seeds};

/// A manifest of version 1 whose rules hold.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file it was read from.
    pub file: PathBuf,
    /// Digest of the file's bytes.
    pub sha256: Sha256Digest,
    /// One line that says what is verified.
    pub title: Option<String>,
    /// What is said of the paper.
    pub paper: Option<PaperDoc>,
    /// The experiment's code.
    pub code: Code,
    /// The data by name, in the order of the manifest.
    pub data: IndexMap<String, Data>,
    /// The hardware that is asked for.
    pub hardware: Hardware,
    /// The seeds in the order of their use.
    pub seeds: Seeds,
    /// The seeds that the paper used, when it says so.
    pub reported_seeds: Option<Vec<RunSeed>>,
    /// How a run is made.
    pub experiment: Experiment,
    /// Digest of what determines the runs, besides the commit and the seeds: the scalars under
    /// `experiment` and `configurations` and the digests of the data, as they are written. Comments,
    /// claims and layout do not change it.
    pub experiment_digest: Sha256Digest,
    /// The rows of the paper's table, in the order of the manifest; empty where there is only one.
    pub configurations: IndexMap<ConfigurationId, BTreeMap<String, Scalar>>,
    /// The metrics of which the manifest states facts.
    pub metrics_with_facts: Vec<MetricName>,
    /// The claims, at least one, with unique ids.
    pub claims: Vec<Claim>,
    /// How the decision is taken.
    pub decision: Decision,
    /// The decision's keys that the manifest does not state, with the values that are used.
    pub defaults: BTreeMap<String, String>,
    /// What is asked of Slurm, where runs are made through it.
    pub slurm: Slurm,
}
