//! Errors of a preparation.

use std::path::PathBuf;

use super::EntryPointError;
use crate::build::BuildError;
use crate::recipe::RecipeError;
use reprove_model::diagnostics::{Hint, nearest_or_all};
use reprove_model::manifest::{ByteSize, Device};
use reprove_model::name::MetricName;
use reprove_model::obstacle::Obstacle;
use reprove_pins::Pin;
use reprove_pins::export::ExportError;
use reprove_pins::fetch::FetchError;
use reprove_pins::tree_error::TreeError;
use reprove_sandbox as sandbox;

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
    /// The command cannot start what it names.
    #[error(transparent)]
    EntryPoint(#[from] EntryPointError),
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
        metric: MetricName,
        /// The recipe.
        recipe: String,
        /// The metrics that there are.
        known: Vec<MetricName>,
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
    /// Training needs more memory than the machine has.
    #[error(
        "{place}: training one network needs at least {need}, expected at most {limit}, the memory of this machine"
    )]
    Memory {
        /// The model in the recipe.
        place: String,
        /// The least need and its parts.
        need: String,
        /// The memory that this process can have.
        limit: ByteSize,
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
            Self::EntryPoint(error) => error.hint(),
            Self::NoMetric { metric, known, .. } => {
                Some(nearest_or_all(metric, known.iter().map(MetricName::as_str)))
            }
            Self::NoTrainer => {
                Some("install a build with the feature `recipe`, which is on by default".to_owned())
            }
            Self::Memory { .. } => Some("verify it on a machine with more memory".to_owned()),
            Self::Build(error) => error.hint(),
            Self::Fetch(error) => error.hint(),
            Self::NoText { .. }
            | Self::Export(_)
            | Self::Checkout { .. }
            | Self::Folder(_)
            | Self::Device { .. }
            | Self::Sandbox(_)
            | Self::Data { .. } => None,
        }
    }
}

impl PrepareError {
    /// Whether the input is wrong or the circumstances are.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Recipe(_) | Self::NoText { .. } | Self::NoMetric { .. } => ErrorClass::Input,
            Self::Commit { .. }
            | Self::EntryPoint(_)
            | Self::Export(_)
            | Self::Checkout { .. }
            | Self::Folder(_)
            | Self::Device { .. }
            | Self::Memory { .. }
            | Self::Build(_)
            | Self::Sandbox(_)
            | Self::Fetch(_)
            | Self::NoTrainer
            | Self::Data { .. } => ErrorClass::Environment,
        }
    }

    /// The obstacle that it is to a verification.
    pub fn obstacle(&self) -> Obstacle {
        match self {
            Self::Recipe(_) | Self::NoText { .. } | Self::NoMetric { .. } => Obstacle::BadInput,
            Self::Commit { source, .. } if is_absent(source) => Obstacle::FileMissing,
            Self::EntryPoint(_) => Obstacle::FileMissing,
            Self::Commit { .. } | Self::Export(_) | Self::Checkout { .. } => {
                Obstacle::WouldNotCheckOut
            }
            Self::Folder(_) => Obstacle::NoWorkingFolder,
            Self::Fetch(error) if is_of_cache(error) => Obstacle::NoWorkingFolder,
            Self::NoTrainer => Obstacle::NoTrainer,
            Self::Device { .. } => Obstacle::NoGpu,
            Self::Memory { .. } => Obstacle::NotEnoughMemory,
            Self::Build(error) => error.obstacle(),
            Self::Sandbox(_) => Obstacle::NoSandbox,
            Self::Fetch(_) => Obstacle::WouldNotFetch,
            Self::Data { .. } => Obstacle::DataMissing,
        }
    }

    /// The last lines of a failed build's log, control characters escaped.
    pub fn log_tail(&self) -> &[String] {
        if let Self::Build(error) = self {
            error.log_tail()
        } else {
            &[]
        }
    }
}

/// Whether a commit does not have a file.
fn is_absent(error: &TreeError) -> bool {
    matches!(error, TreeError::Absent { .. })
}

/// Whether the folder of the cache cannot be used.
fn is_of_cache(error: &FetchError) -> bool {
    matches!(error, FetchError::NoCache | FetchError::Cache { .. })
}
