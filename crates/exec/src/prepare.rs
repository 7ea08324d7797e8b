//! From checked pins to something that can run: a clean checkout of the commit, and the experiment
//! in it read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod program;

use super::build::BuildError;
use super::slurm::{Description, SharedData};
use super::{Artifacts, RunContext, Workload, WorkloadIdentity};
use crate::recipe::{self, RecipeError};
use reprove_model::diagnostics::{Hint, nearest_or_all};
use reprove_model::manifest::{Device, Experiment, Manifest};
use reprove_model::plan::Plan;
use reprove_pins::Pin;
use reprove_pins::export::ExportError;
use reprove_pins::fetch::{FetchError, NetworkPolicy};
use reprove_pins::source::PinnedCommit;
use reprove_pins::tree::TreeError;
use reprove_sandbox::scratch::Scratch;
use reprove_sandbox::{self as sandbox, Limitation, SandboxTier};

/// An experiment that is ready to run.
pub struct Prepared {
    /// What makes the runs.
    pub workload: Box<dyn Workload>,
    /// Values that the experiment left to the tool's defaults, by configuration key: `key` → value.
    pub assumed: BTreeMap<String, String>,
    /// What is run, as far as it determines a run's result.
    pub procedure: WorkloadIdentity,
    /// How another machine makes the workload again.
    pub description: Description,
    /// The folder of the checkout or of the runs; removed when this is dropped.
    pub folder: Option<Scratch>,
    /// Where the reruns differ from what would have been best: a stable word and a sentence each.
    pub deviations: Vec<(&'static str, String)>,
    /// What was installed, with its version.
    pub versions: BTreeMap<String, String>,
    /// Environment variables that are set for each run, as far as they do not depend on this machine's
    /// folders.
    pub variables: BTreeMap<String, String>,
    /// How a program is shut in; nothing where none is run.
    pub isolation: Option<Isolation>,
}

/// How a stranger's program is shut in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolation {
    /// The tier.
    pub tier: SandboxTier,
    /// What it leaves open on this machine.
    pub limitations: Vec<Limitation>,
}

/// Whether programs are shut in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxMode {
    /// As tightly as this machine can, and never less than the manifest asks for.
    Strongest,
    /// Not at all, because the user says so.
    None,
}

/// What preparing an experiment may use.
#[derive(Clone, Copy)]
pub struct PrepareContext<'s> {
    /// Whether anything may be fetched.
    pub reach: NetworkPolicy,
    /// Whether programs are shut in.
    pub walls: SandboxMode,
    /// The folder that all machines which make runs share, where there are others than this one.
    pub shared: Option<&'s Path>,
    /// Who is told, and who interrupts.
    pub watch: RunContext<'s>,
    /// The folder that keeps runs, where there is one.
    pub store: Option<&'s Path>,
    /// What becomes of the runs' folders.
    pub leftovers: Artifacts,
}

/// Why an experiment cannot be made ready.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The recipe, or data that do not fit it.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The commit has no such recipe, or what it has is not what it pins.
    #[error("{path}: {source}", path = path.display())]
    Commit {
        /// The file of the commit.
        path: PathBuf,
        /// What is wrong with it.
        source: TreeError,
    },
    /// This build cannot train recipes.
    #[error("`experiment.recipe`: this build of reprove has no trainer")]
    NoTrainer,
    /// The recipe is no text.
    #[error("{}: expected UTF-8 text", path.display())]
    NoText {
        /// The file of the commit.
        path: PathBuf,
    },
    /// A claim needs a metric that the recipe does not give.
    #[error("`{metric}`: no metric of `{recipe}` has this name")]
    NoMetric {
        /// The metric.
        metric: String,
        /// The recipe.
        recipe: String,
        /// The metrics that there are.
        known: Vec<String>,
    },
    /// The checkout could not be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The checkout is not what the commit pins.
    #[error("the checkout differs from the commit: {}", first(pins))]
    Checkout {
        /// The differences.
        pins: Vec<Pin>,
    },
    /// The system refused a temporary folder.
    #[error("a temporary folder: {0}")]
    Folder(std::io::Error),
    /// The device cannot be used.
    #[error("device `{device}`: {problem}")]
    Device {
        /// The device.
        device: Device,
        /// Why not.
        problem: String,
    },
    /// The program could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The sandbox cannot be had.
    #[error("`experiment.run`: {0}")]
    Sandbox(#[from] sandbox::SandboxError),
    /// Repositories that are fetched, or programs that are built, have no place to be kept.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A data file cannot be reached.
    #[error("{}: {source}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn first(pins: &[Pin]) -> String {
    pins.first()
        .map(|pin| format!("`{}`", pin.name))
        .unwrap_or_default()
}

/// What an error says about the verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The manifest or the recipe is wrong.
    Input,
    /// A pin does not hold, or this machine cannot do it.
    Environment,
}

impl Hint for PrepareError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Recipe(error) => error.hint(),
            Self::Commit { source, .. } => source.hint(),
            Self::NoMetric { metric, known, .. } => {
                Some(nearest_or_all(metric, known.iter().map(String::as_str)))
            }
            Self::NoTrainer => {
                Some("install a build with the feature `recipe`, which is on by default".to_owned())
            }
            Self::Build(error) => error.hint(),
            Self::Fetch(error) => error.hint(),
            Self::Device { .. } => Some(
                "`--device cpu` runs it on the processor; `reprove doctor` shows which devices are here"
                    .to_owned(),
            ),
            Self::Sandbox(sandbox::SandboxError::Unavailable { .. }) => Some(
                "`reprove doctor` shows what this machine can do; `--no-sandbox` runs the program with your rights"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

impl PrepareError {
    /// Whether the input is wrong or the circumstances are.
    pub fn blame(&self) -> ErrorClass {
        match self {
            Self::Recipe(_) | Self::NoText { .. } | Self::NoMetric { .. } => ErrorClass::Input,
            Self::Commit { .. }
            | Self::Export(_)
            | Self::Checkout { .. }
            | Self::Folder(_)
            | Self::Device { .. }
            | Self::Build(_)
            | Self::Sandbox(_)
            | Self::Fetch(_)
            | Self::NoTrainer
            | Self::Data { .. } => ErrorClass::Environment,
        }
    }

    /// The kind of failure in a stable word, as `would_not_build`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Recipe(_) | Self::NoText { .. } | Self::NoMetric { .. } => "bad_input",
            Self::Commit {
                source: TreeError::Absent { .. },
                ..
            } => "file_missing",
            Self::Commit { .. } | Self::Export(_) | Self::Checkout { .. } => "would_not_check_out",
            Self::Folder(_) | Self::Fetch(FetchError::NoCache | FetchError::Cache { .. }) => {
                "no_working_folder"
            }
            Self::NoTrainer => "no_trainer",
            Self::Device { .. } => "no_gpu",
            Self::Build(error) => error.kind(),
            Self::Sandbox(_) => "no_sandbox",
            Self::Fetch(_) => "would_not_fetch",
            Self::Data { .. } => "data_missing",
        }
    }

    /// The last lines of a failed build's log, control characters escaped.
    pub fn log_tail(&self) -> &[String] {
        match self {
            Self::Build(error) => error.log_tail(),
            _ => &[],
        }
    }
}

/// Reads the experiment in the commit and runs nothing: what stands against it is found before any
/// run. `files` are the data by name. Returns what this build could not check, if anything.
///
/// # Errors
/// What the trainer refuses in a recipe; files of a program that are not complete, requirements that are not
/// pinned, tools that are not here.
pub fn read_experiment(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    reach: NetworkPolicy,
) -> Result<Option<&'static str>, PrepareError> {
    match &manifest.experiment {
        Experiment::Recipe(path) => recipe::inspect(manifest, commit, &plan.configurations, path),
        Experiment::Program(stated) => {
            program::inspect(manifest, commit, files, stated, reach).map(|()| None)
        }
    }
}

/// Makes the experiment of the commit ready: reads the recipe, or builds the program; `files` are
/// the data by name.
///
/// # Errors
/// What the trainer refuses in a recipe, a checkout that cannot be written or differs, data that do not fit, a
/// program that cannot be built.
pub fn prepare(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    site: &PrepareContext<'_>,
) -> Result<Prepared, PrepareError> {
    match &manifest.experiment {
        Experiment::Recipe(path) => recipe::prepare(manifest, plan, commit, files, path),
        Experiment::Program(stated) => {
            program::prepare(manifest, plan, commit, files, stated, site)
        }
    }
}

/// The experiment's folder of the commit, unless it is the root.
pub(crate) fn directory(manifest: &Manifest) -> Option<&Path> {
    (manifest.code.directory != Path::new(".")).then_some(manifest.code.directory.as_path())
}

/// The data, as a machine that shares the file system finds them.
pub(crate) fn shared(
    manifest: &Manifest,
    files: &BTreeMap<String, PathBuf>,
) -> BTreeMap<String, SharedData> {
    let entry = |(name, path): (&String, &PathBuf)| {
        let data = manifest.data.get(name)?;
        let shared = SharedData {
            // A sandbox shows the path without `..` and links; the file was just read, so it is there.
            path: path.canonicalize().unwrap_or_else(|_| path.clone()),
            sha256: data.sha256,
        };
        Some((name.clone(), shared))
    };
    files.iter().filter_map(entry).collect()
}
