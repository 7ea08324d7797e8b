//! Reading the data of a recipe, and checking them against it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::data::arrays::{self, Array};
use crate::data::columns;
use crate::data::dataset::Dataset;
use crate::data::encoding::Inputs;
use crate::data::inputs;
use crate::data::proben1::Proben1;
use crate::data::split::{self, Partition};
use crate::data::table::{Table, table_error};
use crate::error::{KeyPath, RecipeError};
use crate::nn::network;
use crate::nn::parameter::PretrainedWeights;
use crate::nn::pretrained;
use crate::spec::data::{Balance, Source, Split, TargetKind};
use crate::spec::loss::OutputTransform;
use crate::spec::metric::{Metric, Part};
use crate::spec::recipe::Recipe;
use crate::spec::training::{Measured, Stopping};

/// Reads the data that a recipe names; `files` are the manifest's data, name to file.
///
/// # Errors
/// A name that the manifest does not have, a file that cannot be read or whose content is not what
/// the recipe says, a split with an empty part, a model or loss that does not take such data.
pub fn load(recipe: &Recipe, files: &BTreeMap<String, PathBuf>) -> Result<Dataset, RecipeError> {
    let plan = &recipe.data;
    let named = |path: &str, name: &str| file_of(recipe, files, path, name);
    let name = plan.name.as_deref().unwrap_or_default();
    let (mut dataset, file) = match &plan.source {
        Source::Table {
            format,
            columns: meaning,
        } => {
            let file = named("data.name", name)?;
            let marks = match &plan.split {
                Split::Marks {
                    file: Some(name), ..
                } => Some(Table::read(named("data.split.marks.file", name)?, *format)?),
                _ => None,
            };
            let table = Table::read(file, *format)?;
            let dataset = columns::dataset(meaning, &plan.split, &table, marks.as_ref())?;
            (dataset, file.as_path())
        }
        Source::Proben1 => {
            let file = named("data.name", name)?;
            (of_proben1(Proben1::read(file)?), file.as_path())
        }
        Source::Arrays { format, parts } if format.is_one_array() => {
            let read = |name: &str| Array::read(named("data.arrays", name)?, *format, name);
            (arrays::dataset(parts, &read)?, Path::new("the arrays"))
        }
        Source::Arrays { format, parts } => {
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
        inputs: Inputs::numbers(
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

/// Refuses what a recipe asks of data that do not have it.
fn check(recipe: &Recipe, dataset: &Dataset, file: &Path) -> Result<(), RecipeError> {
    let conflict = |path: String, message: String| RecipeError::Conflict {
        at: KeyPath {
            origin: recipe.origin.clone(),
            path,
        },
        message,
    };
    let widths = dataset.widths();
    network::fit(&recipe.model, widths).map_err(|shape_error| {
        conflict(
            format!("model.sequential{}", shape_error.path),
            shape_error.message,
        )
    })?;
    if let Some(weights) = recipe.loss.class_weights()
        && weights.len() != widths.outputs
    {
        let message = format!(
            "expected {} weights, found {}",
            widths.outputs,
            weights.len()
        );
        return Err(conflict("loss".to_owned(), message));
    }
    let has_classes = !dataset.classes.is_empty();
    let reads_classes = matches!(
        recipe.loss.output_transform(),
        OutputTransform::Softmax | OutputTransform::Exp
    );
    if reads_classes && !has_classes {
        return Err(conflict(
            "loss".to_owned(),
            "the loss needs classes".to_owned(),
        ));
    }
    let along = recipe.curve.iter().flat_map(|curve| &curve.metrics);
    let along = along.map(|metric| ("curve.metrics", metric));
    let asked: Vec<(&str, &Metric)> = recipe
        .metrics
        .iter()
        .map(|metric| ("metrics", metric))
        .chain(along)
        .collect();
    let mut unfit = asked
        .iter()
        .filter(|(_, metric)| metric.quantity.needs_classes());
    if let Some((path, metric)) = unfit.next().filter(|_| !has_classes) {
        let message = format!("`{metric}` needs classes, the data have values");
        return Err(conflict((*path).to_owned(), message));
    }
    // Unless groups stay together, the sizes of the parts do not depend on the seed.
    let Some(partition) = dataset.partition(&recipe.data.split, 0) else {
        let rows = dataset.rows();
        let message = format!("the split leaves no rows to train or to test on, of {rows}");
        return Err(table_error(file, message));
    };
    if split::is_shared(&recipe.data.split) {
        dataset.inputs.check(&partition)?;
    }
    if recipe.data.split.balance() == Some(&Balance::Classes) && !has_classes {
        return Err(conflict(
            "data.split".to_owned(),
            "`stratify` needs classes, the data have values".to_owned(),
        ));
    }
    let training = &recipe.training;
    let mut measures_it = asked
        .iter()
        .filter(|(_, metric)| metric.part == Part::Validation);
    let path = if training.stopping != Stopping::Never {
        "training.stopping"
    } else if training.measured == Measured::BestValidation {
        "training.measured"
    } else if let Some((path, _)) = measures_it.next() {
        path
    } else {
        return Ok(());
    };
    if partition.validation.is_empty() {
        return Err(conflict(
            path.to_owned(),
            "the split leaves no validation rows".to_owned(),
        ));
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
        at: KeyPath {
            origin: recipe.origin.clone(),
            path: path.to_owned(),
        },
        what: "data of the manifest",
        name: name.to_owned(),
        known: files.keys().cloned().collect(),
    })
}
