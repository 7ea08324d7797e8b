//! The inputs of one run of a program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reprove_metrics::MetricRequest;
use reprove_model::seeds::RunSeed;
use reprove_sandbox::SandboxPolicy;

/// Values of the placeholders of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// `{seed}`, and `REPROVE_SEED` in the environment.
    pub seed: RunSeed,
    /// `{data.NAME}`: absolute paths.
    pub data: BTreeMap<String, PathBuf>,
    /// `{out}`, and `REPROVE_OUT`: the folder for results, beneath the work folder.
    pub out: PathBuf,
    /// `{device}`, such as `cpu` or `cuda:1`.
    pub device: String,
    /// `{threads}`.
    pub threads: u32,
    /// The configuration's values, as text.
    pub configuration: BTreeMap<String, String>,
}

/// Inputs of one run.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The program and its arguments, with placeholders.
    pub template: &'a [String],
    /// Where its metrics will stand.
    pub metrics: MetricRequest<'a>,
    /// What the placeholders stand for.
    pub values: &'a Values,
    /// The folder that the program starts in.
    pub directory: &'a Path,
    /// The sandbox policy; the data's paths and the environment of this run are added to it.
    pub policy: &'a SandboxPolicy,
}
