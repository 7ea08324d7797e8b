//! From checked pins to something that can run: a clean checkout of the commit, and the experiment
//! in it read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod program;

use super::build::BuildError;
use super::slurm::{Description, SharedData};
use super::{Artifacts, RecipeRuns, RunContext, Workload, WorkloadIdentity};
use reprove_model::digest::Sha256Digest;
use reprove_model::manifest::{Device, Experiment, Manifest, Scalar};
use reprove_model::plan::{Configuration, Plan};
use reprove_pins::Pin;
use reprove_pins::export::{self, ExportError, Scope};
use reprove_pins::fetch::{FetchError, NetworkPolicy};
use reprove_pins::source::PinnedCommit;
use reprove_pins::tree::{Limits, TreeError};
use reprove_sandbox::scratch::Scratch;
use reprove_sandbox::{self as sandbox, Limitation, SandboxTier};
use reprove_trainer::{self as recipe, NUMERICS_VERSION, Recipe, RecipeError};

/// Bytes of a recipe at most; the largest real ones have some kilobytes.
const RECIPE_BYTES: u64 = 4 << 20;

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
            Self::Device { .. } => "no_gpu",
            Self::Build(error) => error.kind(),
            Self::Sandbox(_) => "no_sandbox",
            Self::Fetch(_) => "would_not_fetch",
            Self::Data { .. } => "data_missing",
        }
    }

    /// What is certain to help, if anything is.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Recipe(error) => error.hint(),
            Self::Commit { source, .. } => source.hint(),
            Self::NoMetric { metric, known, .. } => {
                let nearest = reprove_model::manifest::nearest(metric, known.iter().map(String::as_str));
                Some(nearest.map_or_else(
                    || format!("the recipe's metrics are {}", known.join(", ")),
                    |name| format!("the nearest is `{name}`"),
                ))
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

    /// The last lines of a failed build's log, control characters escaped.
    pub fn log_tail(&self) -> &[String] {
        match self {
            Self::Build(error) => error.log_tail(),
            _ => &[],
        }
    }
}

/// Reads the recipe of each configuration from the commit, with its values put in.
///
/// # Errors
/// A recipe that is not in the commit, cannot be read, or lacks a metric that a claim needs.
pub fn recipes(
    manifest: &Manifest,
    commit: &PinnedCommit<'_>,
    configurations: &[Configuration],
    path: &Path,
) -> Result<Vec<(Option<String>, Recipe)>, PrepareError> {
    let (origin, text) = recipe_text(manifest, commit, path)?;
    parsed(&origin, &text, configurations)
}

/// The recipe of each configuration, which has the metrics that claims need of it.
fn parsed(
    origin: &str,
    text: &str,
    configurations: &[Configuration],
) -> Result<Vec<(Option<String>, Recipe)>, PrepareError> {
    let mut recipes = Vec::new();
    for configuration in configurations {
        let values = configuration
            .values
            .iter()
            .map(|(k, v)| (k.clone(), yaml(v)))
            .collect();
        let recipe = Recipe::parse(text, origin, &values)?;
        let known = recipe.metrics();
        if let Some(metric) = configuration
            .metrics
            .iter()
            .find(|metric| !known.contains(metric))
        {
            return Err(PrepareError::NoMetric {
                metric: metric.clone(),
                recipe: origin.to_owned(),
                known,
            });
        }
        recipes.push((configuration.name.clone(), recipe));
    }
    Ok(recipes)
}

/// The recipe's path in the commit and its text.
fn recipe_text(
    manifest: &Manifest,
    commit: &PinnedCommit<'_>,
    path: &Path,
) -> Result<(String, String), PrepareError> {
    let file = manifest.code.directory.join(path);
    let inside: PathBuf = file
        .components()
        .filter(|c| !matches!(c, std::path::Component::CurDir))
        .collect();
    let bytes = commit
        .read_file(&inside, RECIPE_BYTES)
        .map_err(|source| PrepareError::Commit {
            path: inside.clone(),
            source,
        })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((inside.display().to_string(), text)),
        Err(_) => Err(PrepareError::NoText { path: inside }),
    }
}

/// A configuration's value as YAML.
pub(super) fn yaml(value: &Scalar) -> serde_yaml::Value {
    match value {
        Scalar::Bool(value) => (*value).into(),
        Scalar::Integer(value) => (*value).into(),
        Scalar::Number(value) => (*value).into(),
        Scalar::Text(value) => value.as_str().into(),
    }
}

/// Reads the experiment in the commit and runs nothing: what stands against it is found before any
/// run. `files` are the data by name.
///
/// # Errors
/// What [`recipes`] refuses; files of a program that are not complete, requirements that are not
/// pinned, tools that are not here.
pub fn read_experiment(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    reach: NetworkPolicy,
) -> Result<(), PrepareError> {
    match &manifest.experiment {
        Experiment::Recipe(path) => {
            recipes(manifest, commit, &plan.configurations, path).map(|_| ())
        }
        Experiment::Program(stated) => program::inspect(manifest, commit, files, stated, reach),
    }
}

/// Makes the experiment of the commit ready: reads the recipe, or builds the program; `files` are
/// the data by name.
///
/// # Errors
/// What [`recipes`] refuses, a checkout that cannot be written or differs, data that do not fit, a
/// program that cannot be built.
pub fn prepare(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    site: &PrepareContext<'_>,
) -> Result<Prepared, PrepareError> {
    match &manifest.experiment {
        Experiment::Recipe(path) => recipe(manifest, plan, commit, files, path),
        Experiment::Program(stated) => {
            program::prepare(manifest, plan, commit, files, stated, site)
        }
    }
}

/// Exports the commit, checks that what was written is what the commit pins, and reads the recipe.
fn recipe(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    path: &Path,
) -> Result<Prepared, PrepareError> {
    let folder = Scratch::new().map_err(PrepareError::Folder)?;
    let checkout = folder.path().join("checkout");
    let directory = directory(manifest);
    export::export(commit, directory, &checkout, Limits::default())?;
    let pins = export::verify(
        commit,
        directory,
        &checkout,
        Scope::Everything,
        Limits::default(),
    )?;
    if !pins.is_empty() {
        return Err(PrepareError::Checkout { pins });
    }
    let (origin, text) = recipe_text(manifest, commit, path)?;
    let recipes = parsed(&origin, &text, &plan.configurations)?;
    let mut assumed = BTreeMap::new();
    for (_, recipe) in &recipes {
        assumed.extend(
            recipe
                .assumed()
                .iter()
                .map(|a| (a.path.clone(), a.value.clone())),
        );
    }
    let runs = RecipeRuns::load(recipes, files, device(plan.device)?)?;
    let repeated = runs.repeated_test_rows(&plan.seeds).into_iter();
    let deviations = repeated.map(|text| ("repeated_test_rows", text)).collect();
    let procedure = WorkloadIdentity::Recipe {
        path: path.to_path_buf(),
        text: Sha256Digest::of(text.as_bytes()),
        numerics: NUMERICS_VERSION,
    };
    let description = Description::Recipe {
        text,
        origin,
        data: shared(manifest, files),
        device: plan.device.to_string(),
    };
    Ok(Prepared {
        procedure,
        description,
        workload: Box::new(runs),
        assumed,
        folder: Some(folder),
        deviations,
        versions: BTreeMap::new(),
        isolation: None,
    })
}

/// The experiment's folder of the commit, unless it is the root.
fn directory(manifest: &Manifest) -> Option<&Path> {
    (manifest.code.directory != Path::new(".")).then_some(manifest.code.directory.as_path())
}

/// The data, as a machine that shares the file system finds them.
fn shared(manifest: &Manifest, files: &BTreeMap<String, PathBuf>) -> BTreeMap<String, SharedData> {
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

/// The device of candle; a machine that lacks it is told so rather than met with a panic.
pub(super) fn device(device: Device) -> Result<candle_core::Device, PrepareError> {
    let opened = match device {
        Device::Cpu => Ok(candle_core::Device::Cpu),
        Device::Cuda(ordinal) => recipe::open_cuda(ordinal as usize),
        Device::Metal => recipe::open_metal(),
    };
    opened.map_err(|error| PrepareError::Device {
        device,
        problem: error.to_string(),
    })
}
