//! Reading the data of a recipe, and checking them against it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::data::arrays::{self, Array};
use crate::data::columns;
use crate::data::dataset::Dataset;
use crate::data::encoding::EncodedInputs;
use crate::data::inputs;
use crate::data::proben1::Proben1;
use crate::data::split::{self, Partition};
use crate::data::table::DataTable;
use crate::error::RecipeError;
use crate::error::table_error;
use crate::nn::network;
use crate::nn::parameter::PretrainedWeights;
use crate::nn::pretrained;
use crate::spec::data::{Balance, DataSource, Split, TargetKind};
use crate::spec::loss::OutputTransform;
use crate::spec::metric::{Metric, SplitPart};
use crate::spec::recipe::Recipe;
use crate::spec::training::{MeasuredEpoch, Stopping};

/// Reads the data that a recipe names; `files` are the manifest's data, name to file.
///
/// ```
/// use std::collections::BTreeMap;
///
/// let recipe = r#"
/// recipe: 1
/// data: {name: table, label: class, standardise: none, split: {fraction: {test: 0.5, order: file}}}
/// model: {mlp: {hidden: 0, output: identity}}
/// initial: {weights: pytorch, biases: pytorch}
/// loss: cross-entropy
/// training: {optimiser: {sgd: {learning_rate: 1, momentum: 0}}, batch: 1, order: fixed, epochs: 1}
/// "#;
/// let recipe = reprove_trainer::Recipe::parse(recipe, "recipe.yaml", &BTreeMap::new())?;
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("table.csv");
/// std::fs::write(&file, "x,class\n0.5,a\n-0.5,b\n0.25,a\n-0.25,b\n")?;
/// let data = reprove_trainer::load(&recipe, &BTreeMap::from([("table".to_owned(), file)]))?;
/// assert_eq!((data.rows(), data.features(), data.classes().len()), (4, &["x".to_owned()][..], 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A name that the manifest does not have, a file that cannot be read or whose content is not what
/// the recipe says, a split with an empty part, a model or loss that does not take such data.
pub fn load(recipe: &Recipe, files: &BTreeMap<String, PathBuf>) -> Result<Dataset, RecipeError> {
    let plan = &recipe.data;
    let named = |path: &str, name: &str| file_of(recipe, files, path, name);
    let name = plan.name.as_deref().unwrap_or_default();
    let (mut dataset, file) = match &plan.source {
        DataSource::Table {
            format,
            columns: meaning,
        } => {
            let file = named("data.name", name)?;
            let marks = match &plan.split {
                Split::Marks {
                    file: Some(name), ..
                } => Some(DataTable::read(
                    named("data.split.marks.file", name)?,
                    *format,
                )?),
                Split::Marks { file: None, .. }
                | Split::Given
                | Split::Folds { .. }
                | Split::Fraction { .. } => None,
            };
            let table = DataTable::read(file, *format)?;
            let dataset = columns::dataset(meaning, &plan.split, &table, marks.as_ref())?;
            (dataset, file.as_path())
        }
        DataSource::Proben1 => {
            let file = named("data.name", name)?;
            (of_proben1(Proben1::read(file)?), file.as_path())
        }
        DataSource::Arrays { format, parts } if format.is_one_array() => {
            let read = |name: &str| Array::read(named("data.arrays", name)?, *format, name);
            (arrays::dataset(parts, &read)?, Path::new("the arrays"))
        }
        DataSource::Arrays { format, parts } => {
            let file = named("data.name", name)?;
            let read = |name: &str| Array::read(file, *format, name);
            (arrays::dataset(parts, &read)?, file.as_path())
        }
    };
    if plan.aim == TargetKind::Inputs {
        dataset.classes = Vec::new();
        dataset.outputs = dataset.features.len();
        let values = dataset.inputs.values.iter();
        dataset.targets = values.map(|value| *value as f32).collect();
    }
    check(recipe, &dataset, file)?;
    inputs::check(recipe, &dataset)?;
    if let Some(plan) = &recipe.pretrained {
        let file = named("initial.read.data", &plan.data)?;
        dataset.pretrained_weights = pretrained::read(recipe, plan, file, dataset.widths())?;
    }
    Ok(dataset)
}

fn of_proben1(content: Proben1) -> Dataset {
    let names = |count: usize| (1..=count).map(|number| number.to_string()).collect();
    let (inputs, outputs) = (content.inputs, content.outputs);
    let targets = content.rows.iter().flat_map(|row| &row[inputs..]);
    Dataset {
        features: names(inputs),
        classes: if content.classes {
            names(outputs)
        } else {
            Vec::new()
        },
        outputs,
        targets: targets.map(|target| *target as f32).collect(),
        inputs: EncodedInputs::numbers(
            inputs,
            content
                .rows
                .iter()
                .flat_map(|row| row[..inputs].to_vec())
                .collect(),
        ),
        marked: Some(Partition::consecutive(content.parts)),
        groups: Vec::new(),
        pretrained_weights: PretrainedWeights::new(),
    }
}

/// Refuses a recipe that asks for properties that the data do not have.
fn check(recipe: &Recipe, dataset: &Dataset, file: &Path) -> Result<(), RecipeError> {
    check_targets(recipe, dataset)?;
    check_parts(recipe, dataset, file)
}

/// The metrics of a recipe with the paths of their lists.
fn metrics(recipe: &Recipe) -> impl Iterator<Item = (&'static str, &Metric)> {
    let along = recipe.curve.iter().flat_map(|curve| &curve.metrics);
    let along = along.map(|metric| ("curve.metrics", metric));
    let at_end = recipe.metrics.iter().map(|metric| ("metrics", metric));
    at_end.chain(along)
}

/// Checks model, loss and metrics against the widths and targets of the data.
fn check_targets(recipe: &Recipe, dataset: &Dataset) -> Result<(), RecipeError> {
    let widths = dataset.widths();
    network::fit(&recipe.model, widths).map_err(|error| {
        recipe.conflict(format!("model.sequential{}", error.path), error.message)
    })?;
    if let Some(weights) = recipe.loss.class_weights()
        && weights.len() != widths.outputs
    {
        let message = format!(
            "expected {} weights, found {}",
            widths.outputs,
            weights.len()
        );
        return Err(recipe.conflict("loss", message));
    }
    if dataset.has_classes() {
        return Ok(());
    }
    let reads_classes = matches!(
        recipe.loss.output_transform(),
        OutputTransform::Softmax | OutputTransform::Exp
    );
    if reads_classes {
        return Err(recipe.conflict("loss", "the loss needs classes"));
    }
    let mut unfit = metrics(recipe).filter(|(_, metric)| metric.quantity.needs_classes());
    match unfit.next() {
        None => Ok(()),
        Some((path, metric)) => {
            let message = format!("`{metric}` needs classes, the data have values");
            Err(recipe.conflict(path, message))
        }
    }
}

/// Checks that the split leaves the rows that the recipe uses.
fn check_parts(recipe: &Recipe, dataset: &Dataset, file: &Path) -> Result<(), RecipeError> {
    // Unless groups stay together, the sizes of the parts do not depend on the seed.
    let Some(partition) = dataset.partition(&recipe.data.split, 0) else {
        let rows = dataset.rows();
        let message = format!("the split leaves no rows to train or to test on, of {rows}");
        return Err(table_error(file, message));
    };
    if split::is_shared(&recipe.data.split) {
        dataset.inputs.check(&partition)?;
    }
    if recipe.data.split.balance() == Some(&Balance::Classes) && !dataset.has_classes() {
        let message = "`stratify` needs classes, the data have values";
        return Err(recipe.conflict("data.split", message));
    }
    let training = &recipe.training;
    let mut measures_it =
        metrics(recipe).filter(|(_, metric)| metric.part == SplitPart::Validation);
    let path = if training.stopping != Stopping::Never {
        "training.stopping"
    } else if training.measured == MeasuredEpoch::BestValidation {
        "training.measured"
    } else if let Some((path, _)) = measures_it.next() {
        path
    } else {
        return Ok(());
    };
    if partition.validation.is_empty() {
        return Err(recipe.conflict(path, "the split leaves no validation rows"));
    }
    Ok(())
}

fn file_of<'f>(
    recipe: &Recipe,
    files: &'f BTreeMap<String, PathBuf>,
    path: &str,
    name: &str,
) -> Result<&'f PathBuf, RecipeError> {
    files.get(name).ok_or_else(|| RecipeError::UnknownName {
        at: recipe.key_path(path),
        what: "data of the manifest",
        name: name.to_owned(),
        known: files.keys().cloned().collect(),
    })
}
