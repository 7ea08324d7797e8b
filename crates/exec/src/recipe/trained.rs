//! Recipes, read and trained.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reprove_model::deviation::DeviationCode;
use reprove_model::digest::Sha256Digest;
use reprove_model::manifest::{ByteSize, Device, Manifest, Scalar};
use reprove_model::plan::{Configuration, Plan};
use reprove_pins::environment;
use reprove_pins::export;
use reprove_pins::source::PinnedCommit;
use reprove_pins::tree::TreeLimits;
use reprove_sandbox::scratch::Scratch;
use reprove_trainer::{Dataset, MemoryNeed, NUMERICS_VERSION, Recipe, TrainingDevice, memory_need};

use super::RecipeRuns;
use super::source;
use crate::prepare::{PrepareError, Prepared, directory};
use crate::workload_description::{SharedData, WorkloadDescription};
use crate::{Workload, WorkloadIdentity};
use reprove_model::name::ConfigurationId;

/// Size of data in bytes up to which a check reads them.
const CHECKED_DATA: u64 = 256 << 20;

/// Reads the recipe and the data of each configuration, so that their errors are found before any run.
/// Returns the memory that training needs, and what is not checked.
///
/// # Errors
/// What [`parsed`] refuses, data that do not fit, more memory than the machine has.
pub(crate) fn inspect(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    path: &Path,
) -> Result<Vec<String>, PrepareError> {
    let (origin, text) = source::text(manifest, commit, path)?;
    let recipes = parsed(&origin, &text, &plan.configurations)?;
    let sizes = files.values().filter_map(|file| file.metadata().ok());
    let size = sizes.fold(0, |sum: u64, file| sum.saturating_add(file.len()));
    if size > CHECKED_DATA {
        return Ok(vec![format!(
            "whether the data fit the recipe, and the memory that training needs, is not checked: the data have {}, \
             more than {}",
            ByteSize(size),
            ByteSize(CHECKED_DATA),
        )]);
    }
    let memory = environment::usable_memory();
    let mut most: Option<(MemoryNeed, Option<ConfigurationId>)> = None;
    for (name, recipe) in recipes {
        let data = reprove_trainer::load(&recipe, files)?;
        let need = fitting(&recipe, &data, plan.device, memory)?;
        if most
            .as_ref()
            .is_none_or(|(most, _)| need.total() > most.total())
        {
            most = Some((need, name));
        }
    }
    let note = |(need, name): (MemoryNeed, Option<ConfigurationId>)| {
        let name = name.map_or_else(String::new, |name| format!(" of `{name}`"));
        format!("training one network{name} needs at least {need}")
    };
    Ok(most.map(note).into_iter().collect())
}

/// The memory that training one network needs at least, if the machine has it.
///
/// # Errors
/// [`PrepareError::Memory`]. The memory of a GPU is not looked at.
fn fitting(
    recipe: &Recipe,
    data: &Dataset,
    device: Device,
    memory: Option<ByteSize>,
) -> Result<MemoryNeed, PrepareError> {
    let need = memory_need(recipe, data);
    let here = match device {
        Device::Cpu => need.total(),
        Device::Cuda(_) | Device::Metal => need.data,
    };
    match memory {
        Some(limit) if here > limit => Err(PrepareError::Memory {
            place: recipe.model_place().to_string(),
            need: need.to_string(),
            limit,
        }),
        Some(_) | None => Ok(need),
    }
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

/// Exports the commit, checks that what was written is what the commit pins, and reads the recipe. Where
/// `is_here`, this machine makes the runs and must have the memory.
pub(crate) fn prepare(
    manifest: &Manifest,
    plan: &Plan,
    commit: &PinnedCommit<'_>,
    files: &BTreeMap<String, PathBuf>,
    path: &Path,
    is_here: bool,
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
    if is_here {
        let memory = environment::usable_memory();
        for (recipe, data) in runs.trainings() {
            fitting(recipe, data, plan.device, memory)?;
        }
    }
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
        seed_search: None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use reprove_model::diagnostics::Hint;
    use reprove_model::obstacle::Obstacle;

    #[test]
    fn a_network_that_the_memory_cannot_hold_is_refused_before_it_is_made() {
        let text = "recipe: 1\ndata: {name: d, label: c, standardise: none, split: {fraction: {test: 0.5, order: file}}}\nmodel: {mlp: {hidden: [60000, 60000], activation: tanh, output: identity}}\ninitial: {weights: pytorch, biases: pytorch}\nloss: cross-entropy\ntraining: {optimiser: {sgd: {learning_rate: 1, momentum: 0}}, batch: 1, order: fixed, epochs: 1}\n";
        let recipe = Recipe::parse(text, "r.yaml", &BTreeMap::new()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("d.csv");
        std::fs::write(&file, "x,c\n1,a\n2,b\n3,a\n4,b\n").unwrap();
        let files = BTreeMap::from([("d".to_owned(), file)]);
        let data = reprove_trainer::load(&recipe, &files).unwrap();
        let of = |device, gib: u64| fitting(&recipe, &data, device, Some(ByteSize(gib << 30)));
        let error = of(Device::Cpu, 16).unwrap_err();
        assert_eq!(
            error.to_string(),
            "r.yaml:3:1: model: training one network needs at least 26.8 GiB (26.8 GiB of parameters, gradients \
             and optimiser, 703.1 KiB of activations, 64 B of data), expected at most 16 GiB, the memory of this \
             machine"
        );
        assert_eq!(
            error.hint().unwrap(),
            "verify it on a machine with more memory"
        );
        assert_eq!(error.obstacle(), Obstacle::NotEnoughMemory);
        assert!(of(Device::Cpu, 64).is_ok() && of(Device::Cuda(0), 16).is_ok());
        assert!(fitting(&recipe, &data, Device::Cpu, None).is_ok());
    }
}
