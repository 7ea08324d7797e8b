//! Recipes, read and trained.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reprove_model::deviation::DeviationCode;
use reprove_model::digest::Sha256Digest;
use reprove_model::manifest::{Device, Manifest, Scalar};
use reprove_model::plan::{Configuration, Plan};
use reprove_pins::export;
use reprove_pins::source::PinnedCommit;
use reprove_pins::tree::TreeLimits;
use reprove_sandbox::scratch::Scratch;
use reprove_trainer::{NUMERICS_VERSION, Recipe, TrainingDevice};

use super::RecipeRuns;
use super::source;
use crate::prepare::{PrepareError, Prepared, directory};
use crate::workload_description::{SharedData, WorkloadDescription};
use crate::{Workload, WorkloadIdentity};
use reprove_model::name::ConfigurationId;

/// Reads the recipe of each configuration, so that its errors are found before any run. Returns none: all
/// of it is checked.
///
/// # Errors
/// What [`recipes`] refuses.
pub(crate) fn inspect(
    manifest: &Manifest,
    commit: &PinnedCommit<'_>,
    configurations: &[Configuration],
    path: &Path,
) -> Result<Option<&'static str>, PrepareError> {
    recipes(manifest, commit, configurations, path).map(|_| None)
}

/// Reads the recipe of each configuration from the commit, with its values put in.
///
/// # Errors
/// A recipe that is not in the commit, cannot be read, or lacks a metric that a claim needs.
fn recipes(
    manifest: &Manifest,
    commit: &PinnedCommit<'_>,
    configurations: &[Configuration],
    path: &Path,
) -> Result<Vec<(Option<ConfigurationId>, Recipe)>, PrepareError> {
    let (origin, text) = source::text(manifest, commit, path)?;
    parsed(&origin, &text, configurations)
}

/// The recipe of each configuration, which has the metrics that claims need of it.
fn parsed(
    origin: &str,
    text: &str,
    configurations: &[Configuration],
) -> Result<Vec<(Option<ConfigurationId>, Recipe)>, PrepareError> {
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

/// A configuration's value as YAML.
fn yaml(value: &Scalar) -> serde_yaml::Value {
    match value {
        Scalar::Bool(value) => (*value).into(),
        Scalar::Integer(value) => (*value).into(),
        Scalar::Number(value) => (*value).into(),
        Scalar::Text(value) => value.as_str().into(),
    }
}

/// Exports the commit, checks that what was written is what the commit pins, and reads the recipe.
pub(crate) fn prepare(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    path: &Path,
) -> Result<Prepared, PrepareError> {
    let folder = Scratch::new().map_err(PrepareError::Folder)?;
    let checkout = folder.path().join("checkout");
    let directory = directory(manifest);
    export::export(commit, directory, &checkout, TreeLimits::default())?;
    let pins = export::verify(commit, directory, &checkout, TreeLimits::default())?;
    if !pins.is_empty() {
        return Err(PrepareError::Checkout { pins });
    }
    let (origin, text) = source::text(manifest, commit, path)?;
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
    let runs = RecipeRuns::load(recipes, files, open(plan.device)?)?;
    let repeated = runs.repeated_test_rows(&plan.seeds).into_iter();
    let deviations = repeated
        .map(|text| (DeviationCode::RepeatedTestRows, text))
        .collect();
    let procedure = WorkloadIdentity::Recipe {
        path: path.to_path_buf(),
        text: Sha256Digest::of(text.as_bytes()),
        numerics: NUMERICS_VERSION,
    };
    let description = WorkloadDescription::Recipe {
        text,
        origin,
        data: SharedData::of(manifest, files),
        device: plan.device.to_string(),
    };
    Ok(Prepared {
        seed_calls: Vec::new(),
        procedure,
        description,
        workload: Box::new(runs),
        assumed,
        folder: Some(folder),
        deviations,
        versions: BTreeMap::new(),
        variables: BTreeMap::new(),
        isolation: None,
    })
}

/// The workload of a configuration that another process described.
///
/// # Errors
/// In one line, what cannot be made again here.
pub(crate) fn workload(
    text: &str,
    origin: &str,
    device: Device,
    files: &BTreeMap<String, PathBuf>,
    configuration: &Configuration,
) -> Result<Box<dyn Workload>, String> {
    let device = open(device).map_err(|error| error.to_string())?;
    let values = configuration
        .values
        .iter()
        .map(|(k, v)| (k.clone(), yaml(v)));
    let recipe =
        Recipe::parse(text, origin, &values.collect()).map_err(|error| error.to_string())?;
    let runs = RecipeRuns::load(vec![(configuration.name.clone(), recipe)], files, device)
        .map_err(|error| error.to_string())?;
    Ok(Box::new(runs))
}

/// Opens the device that networks train on.
fn open(device: Device) -> Result<TrainingDevice, PrepareError> {
    TrainingDevice::open(device).map_err(|error| PrepareError::Device {
        device,
        problem: error.to_string(),
    })
}
