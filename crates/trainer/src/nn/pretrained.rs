//! Initial parameters out of a file, for a network that is trained further.

use std::path::Path;

use candle_core::{DType, Device, Tensor};

use crate::error::RecipeError;
use crate::error::table_error;
use crate::nn::blueprint::{Blueprint, IoWidths};
use crate::nn::parameter::ParameterSpec;
use crate::nn::parameter::{PretrainedWeights, PytorchOrder};
use crate::nn::shape::shape_text;
use crate::spec::pretrained::Pretrained;
use crate::spec::recipe::Recipe;

/// The values of the parameters that a recipe reads from this file.
///
/// # Errors
/// A parameter that the network does not have, a tensor that the file does not have or that has
/// another shape or numbers that are not finite.
pub(crate) fn read(
    recipe: &Recipe,
    plan: &Pretrained,
    file: &Path,
    widths: IoWidths,
) -> Result<PretrainedWeights, RecipeError> {
    let path = "initial.read.tensors";
    let at = |path: String| recipe.key_path(path);
    let blueprint =
        Blueprint::new(&recipe.model, &recipe.initial, widths).map_err(|shape_error| {
            RecipeError::Conflict {
                at: at(format!("model.sequential{}", shape_error.path)),
                message: shape_error.message,
            }
        })?;
    let unreadable = |error| table_error(file, format!("{error}"));
    let found = candle_core::safetensors::load(file, &Device::Cpu).map_err(unreadable)?;
    let mut pretrained_weights = PretrainedWeights::new();
    for (parameter, name) in &plan.tensors {
        let mut kinds = blueprint.parameters.iter();
        let Some(kind) = kinds.find(|kind| kind.name == *parameter) else {
            let names = blueprint.parameters.iter().map(|kind| kind.name.clone());
            return Err(RecipeError::UnknownName {
                at: at(path.to_owned()),
                what: "parameter",
                name: parameter.clone(),
                known: names.collect(),
            });
        };
        let Some(tensor) = found.get(name) else {
            let known: std::collections::BTreeSet<&String> = found.keys().collect();
            return Err(RecipeError::Table {
                file: file.to_owned(),
                message: format!("the file has no tensor `{name}`"),
                name: Some((name.clone(), known.into_iter().cloned().collect())),
            });
        };
        if tensor.dims() != kind.pytorch.shape {
            let (expected, found) = (shape_text(&kind.pytorch.shape), shape_text(tensor.dims()));
            return Err(RecipeError::Conflict {
                at: at(format!("{path}.{parameter}")),
                message: format!("expected the shape {expected}, found {found} in `{name}`"),
            });
        }
        let values = values(tensor, kind).map_err(unreadable)?;
        if !values.iter().all(|value| value.is_finite()) {
            let message = format!("the tensor `{name}` has a number that is not finite");
            return Err(table_error(file, message));
        }
        pretrained_weights.insert(parameter.clone(), values);
    }
    Ok(pretrained_weights)
}

/// The numbers in the order of a parameter's rows.
fn values(tensor: &Tensor, kind: &ParameterSpec) -> candle_core::Result<Vec<f64>> {
    let tensor = tensor.to_dtype(DType::F64)?;
    let tensor = match kind.pytorch.order {
        PytorchOrder::Rows => tensor,
        PytorchOrder::Columns => tensor.reshape((kind.columns, kind.rows))?.t()?,
    };
    tensor.flatten_all()?.to_vec1()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Dataset;
    use crate::data::load::load;
    use reprove_model::diagnostics::Hint as _;
    use std::collections::BTreeMap;
    use std::collections::HashMap;

    const RECIPE: &str = "
recipe: 1
data: {name: d, label: c, split: {marks: {column: s}}}
model: {sequential: [{linear: {width: 2, lora: {rank: 1, alpha: 1}}}]}
initial: {weights: pytorch, read: {data: base, tensors: {layer1.weight: fc.weight, layer1.bias: fc.bias}}}
loss: cross-entropy
training: {optimiser: {sgd: {learning_rate: 1}}, batch: 1, epochs: 1}
";

    /// The data, read with a file of a weight (2, 3) and a bias (2), or the message and hint.
    fn loaded(from: &str, to: &str) -> Result<Dataset, String> {
        let folder = tempfile::tempdir().unwrap();
        let (table, base) = (
            folder.path().join("d.csv"),
            folder.path().join("b.safetensors"),
        );
        std::fs::write(
            &table,
            "p,q,r,c,s\n0,1,2,x,train\n2,1,0,y,train\n1,0,0,x,test\n",
        )
        .unwrap();
        let tensor = |values: &[f32], shape: &[usize]| {
            Tensor::from_slice(values, shape, &Device::Cpu).unwrap()
        };
        let tensors = HashMap::from([
            (
                "fc.weight",
                tensor(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]),
            ),
            ("fc.bias", tensor(&[7.0, 8.0], &[2])),
            ("nan", tensor(&[7.0, f32::NAN], &[2])),
        ]);
        candle_core::safetensors::save(&tensors, &base).unwrap();
        assert!(RECIPE.contains(from));
        let told = |error: RecipeError| {
            let text = match error.hint() {
                Some(hint) => format!("{error}\nhint: {hint}"),
                None => error.to_string(),
            };
            text.replace(&format!("{}/", folder.path().display()), "")
        };
        let text = RECIPE.replace(from, to);
        let recipe = crate::spec::read::document::read_text(&text, "r.yaml", &BTreeMap::new())
            .map_err(told)?;
        let files = [("d", table), ("base", base.clone())];
        let files = files.map(|(name, file)| (name.to_owned(), file));
        load(&recipe, &BTreeMap::from(files)).map_err(told)
    }

    #[test]
    fn weights_of_pytorch_come_in_the_order_of_inputs() {
        let pretrained_weights = loaded("recipe: 1", "recipe: 1").unwrap().pretrained_weights;
        assert_eq!(
            pretrained_weights["layer1.weight"],
            [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]
        );
        assert_eq!(pretrained_weights["layer1.bias"], [7.0, 8.0]);
    }

    #[test]
    fn every_broken_reading_gets_one_clear_message() {
        let cases = [
            (
                "layer1.bias: fc",
                "layer2.bias: fc",
                "r.yaml: initial.read.tensors: unknown parameter `layer2.bias`\nhint: did you mean `layer1.bias`?",
            ),
            (
                "fc.bias",
                "fc.bais",
                "b.safetensors: the file has no tensor `fc.bais`\nhint: did you mean `fc.bias`?",
            ),
            (
                "layer1.bias: fc.bias",
                "layer1.bias: nan",
                "b.safetensors: the tensor `nan` has a number that is not finite",
            ),
            (
                "layer1.weight: fc.weight",
                "layer1.weight: fc.bias",
                "r.yaml: initial.read.tensors.layer1.weight: expected the shape (2, 3), found (2) in `fc.bias`",
            ),
            (
                "data: base",
                "data: bass",
                "r.yaml: initial.read.data: unknown data of the manifest `bass`\nhint: did you mean `base`?",
            ),
            (
                "{layer1.weight: fc.weight, layer1.bias: fc.bias}",
                "[layer1.weight]",
                "r.yaml: initial.read.tensors: expected a mapping, found a list",
            ),
        ];
        for (from, to, expected) in cases {
            assert_eq!(loaded(from, to).unwrap_err(), expected);
        }
    }
}
