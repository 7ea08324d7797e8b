//! The conditions on inputs that an embedding reads or an autoencoder reconstructs.

use crate::data::dataset::Dataset;
use crate::error::RecipeError;
use crate::nn::layer::index_inputs;
use crate::spec::data::{Fill, Standardise, TargetKind};
use crate::spec::loss::Loss;
use crate::spec::model::Model;
use crate::spec::recipe::Recipe;

/// Refuses data that the model cannot read or the loss cannot be applied to.
///
/// # Errors
/// For an embedding inputs that are scaled, or that are no whole numbers from 0 to below the number
/// of its lists; for probabilities as reconstructions inputs outside 0 to 1.
pub(crate) fn check(recipe: &Recipe, dataset: &Dataset) -> Result<(), RecipeError> {
    check_indices(recipe, dataset)?;
    if recipe.data.aim == TargetKind::Inputs && recipe.loss == Loss::BinaryCrossEntropy {
        check_shares(recipe, dataset)?;
    }
    Ok(())
}

/// The first input that is not as it must be, with its place in words.
fn first(dataset: &Dataset, is_right: impl Fn(f64) -> bool) -> Option<String> {
    let at = dataset
        .inputs
        .values
        .iter()
        .position(|value| !is_right(*value))?;
    let (width, found) = (dataset.features.len(), dataset.inputs.values[at]);
    let (row, column) = (at / width + 1, &dataset.features[at % width]);
    Some(format!("found {found} in row {row} of `{column}`"))
}

/// Scaling to the range of the training rows makes any inputs fit, but for a few test rows.
fn check_shares(recipe: &Recipe, dataset: &Dataset) -> Result<(), RecipeError> {
    if recipe.data.standardise == Standardise::TrainRange {
        return Ok(());
    }
    if recipe.data.standardise == Standardise::TrainMeanSd {
        let message =
            "`binary-cross-entropy` reconstructs inputs from 0 to 1: write `none` or `train-range`";
        let path = "data.standardise";
        return Err(recipe.conflict(path, message));
    }
    let by = match recipe.data.standardise {
        Standardise::Divide(by) => by,
        Standardise::None | Standardise::TrainMeanSd | Standardise::TrainRange => 1.0,
    };
    match first(dataset, |value| (0.0..=1.0).contains(&(value / by))) {
        None => Ok(()),
        Some(found) => {
            let message =
                format!("`binary-cross-entropy` reconstructs inputs from 0 to 1, {found}");
            Err(recipe.conflict("loss", message))
        }
    }
}

fn check_indices(recipe: &Recipe, dataset: &Dataset) -> Result<(), RecipeError> {
    let Model::Sequential(layers) = &recipe.model else {
        return Ok(());
    };
    let Some((path, count)) = index_inputs(layers) else {
        return Ok(());
    };
    if recipe.data.standardise != Standardise::None {
        let message = "an embedding reads the inputs as they are: write `none`";
        let path = "data.standardise";
        return Err(recipe.conflict(path, message));
    }
    let coding = dataset.inputs.coding.as_ref();
    if coding.is_some_and(|coding| !coding.missing.is_empty() && coding.fill != Fill::Zero) {
        let message = "an embedding reads whole numbers: write `drop` or `zero`";
        let path = "data.missing.then";
        return Err(recipe.conflict(path, message));
    }
    let is_index = |value: f64| (0.0..count as f64).contains(&value) && value.fract() == 0.0;
    match first(dataset, is_index) {
        None => Ok(()),
        Some(found) => {
            let message = format!("expected whole numbers from 0 to below {count}, {found}");
            Err(recipe.conflict(format!("model.sequential{path}"), message))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::data::load::load;
    use std::collections::BTreeMap;

    const RECIPE: &str = "
recipe: 1
data: {name: d, label: c, split: {marks: {column: s}}}
model: {sequential: [{frozen: [{embedding: {count: 3, width: 2}}]}, flatten, {linear: 2}]}
initial: {weights: pytorch}
loss: cross-entropy
training: {optimiser: {sgd: {learning_rate: 1}}, batch: 1, epochs: 1}
";

    /// The widths of a dataset's widths, or the message.
    fn loaded(changes: &[(&str, &str)], rows: &str) -> Result<(usize, usize), String> {
        let mut text = RECIPE.to_owned();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("d.csv");
        std::fs::write(&file, rows).unwrap();
        let recipe = crate::spec::read::document::read_text(&text, "r.yaml", &BTreeMap::new())
            .map_err(|e| e.to_string())?;
        let files = BTreeMap::from([("d".to_owned(), file)]);
        let data = load(&recipe, &files).map_err(|error| error.to_string())?;
        Ok((data.widths().inputs, data.widths().outputs))
    }

    const ROWS: &str = "a,b,c,s\n0,1,x,train\n2,1,y,train\n1,0,x,test\n";

    #[test]
    fn embeddings_read_whole_numbers_below_their_count() {
        assert_eq!(loaded(&[], ROWS), Ok((2, 2)));
        let path = "r.yaml: model.sequential[0].frozen[0].embedding: expected whole numbers from 0 to below 3, found";
        for (wrong, found) in [
            ("0,3,x", "3 in row 1 of `b`"),
            ("0.5,1,x", "0.5 in row 1 of `a`"),
        ] {
            let rows = ROWS.replacen("0,1,x", wrong, 1);
            assert_eq!(loaded(&[], &rows), Err(format!("{path} {found}")));
        }
        assert_eq!(
            loaded(&[("label: c", "label: c, standardise: train-range")], ROWS).unwrap_err(),
            "r.yaml: data.standardise: an embedding reads the inputs as they are: write `none`"
        );
    }

    #[test]
    fn an_autoencoder_needs_no_target_and_shares_for_probabilities() {
        let model =
            "sequential: [{frozen: [{embedding: {count: 3, width: 2}}]}, flatten, {linear: 2}]";
        let of = |data: &str, loss: &str, rows: &str| {
            let model_of_two = (model, "mlp: {hidden: 0, activation: tanh}");
            loaded(
                &[("label: c", data), model_of_two, ("cross-entropy", loss)],
                rows,
            )
        };
        let plain = "target: inputs, ignore: [c]";
        assert_eq!(of(plain, "mean-squared-error", ROWS), Ok((2, 2)));
        assert_eq!(
            of("label: c, target: inputs", "mean-squared-error", ROWS),
            Ok((2, 2))
        );
        assert_eq!(
            of(plain, "cross-entropy", ROWS).unwrap_err(),
            "r.yaml: loss: the loss needs classes"
        );
        assert_eq!(
            of(plain, "binary-cross-entropy", ROWS).unwrap_err(),
            "r.yaml: loss: `binary-cross-entropy` reconstructs inputs from 0 to 1, found 2 in row 2 of `a`"
        );
        let scaled = format!("{plain}, standardise: train-range");
        assert_eq!(of(&scaled, "binary-cross-entropy", ROWS), Ok((2, 2)));
        let scaled = format!("{plain}, standardise: train-mean-sd");
        assert_eq!(
            of(&scaled, "binary-cross-entropy", ROWS).unwrap_err(),
            "r.yaml: data.standardise: `binary-cross-entropy` reconstructs inputs from 0 to 1: write `none` or `train-range`"
        );
        assert_eq!(
            of("target: outputs", "mean-squared-error", ROWS).unwrap_err(),
            "r.yaml: data.target: unknown target `outputs`"
        );
    }
}
