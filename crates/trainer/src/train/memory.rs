//! The memory that training needs at least, known before the first update.

use std::fmt;

use crate::data::dataset::Dataset;
use crate::error::KeyPath;
use crate::nn::blueprint::{Blueprint, IoWidths};
use crate::nn::builder::BlueprintBuilder;
use crate::nn::layer::LayerOps;
use crate::nn::parameter::ParameterRole;
use crate::spec::initial::{Distribution, Initial};
use crate::spec::model::Model;
use crate::spec::recipe::Recipe;
use crate::spec::training::{BatchSize, Optimiser};
use reprove_model::manifest::ByteSize;

/// Bytes of a number in training.
const NUMBER: u64 = 4;

/// The memory that training one network needs at least.
///
/// Each part is a lower bound: what operations need in passing is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryNeed {
    /// The parameters with their gradients and the optimiser's state.
    pub parameters: ByteSize,
    /// The outputs of the layers with parameters for one batch, which the gradient needs, and the largest
    /// tensor within a layer.
    pub activations: ByteSize,
    /// The rows of all parts.
    pub data: ByteSize,
}

impl MemoryNeed {
    /// The sum of the parts.
    pub fn total(&self) -> ByteSize {
        let parts = [self.parameters, self.activations, self.data];
        ByteSize(parts.iter().fold(0, |sum, part| sum.saturating_add(part.0)))
    }
}

impl fmt::Display for MemoryNeed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} ({} of parameters, gradients and optimiser, {} of activations, {} of data)",
            self.total(),
            self.parameters,
            self.activations,
            self.data
        )
    }
}

impl Recipe {
    /// The place of the model, for messages.
    pub fn model_place(&self) -> KeyPath {
        self.key_path("model")
    }
}

/// The memory that training one network of a recipe needs at least.
pub fn memory_need(recipe: &Recipe, data: &Dataset) -> MemoryNeed {
    let rows = match recipe.training.batch {
        BatchSize::Of(count) => count.min(data.rows()),
        BatchSize::Full => data.rows(),
    };
    let widths = data.widths();
    let optimiser = recipe.training.optimiser;
    let inputs = (data.inputs.values.len() as u64).saturating_mul(size_of::<f64>() as u64);
    let targets = (data.targets.len() as u64).saturating_mul(NUMBER);
    MemoryNeed {
        parameters: ByteSize(NUMBER.saturating_mul(parameters(&recipe.model, optimiser, widths))),
        activations: ByteSize(NUMBER.saturating_mul(activations(&recipe.model, rows, widths))),
        data: ByteSize(inputs.saturating_add(targets)),
    }
}

/// Numbers of the parameters; a trained one has a gradient and the optimiser's state, too.
fn parameters(model: &Model, optimiser: Optimiser, widths: IoWidths) -> u64 {
    let Ok(blueprint) = Blueprint::new(model, &ZERO, widths) else {
        return 0;
    };
    let mut all: u64 = 0;
    for parameter in &blueprint.parameters {
        let copies = match parameter.role {
            ParameterRole::Trained => 2 + optimiser.state_tensors() as u64,
            ParameterRole::Frozen => 1,
        };
        let count = (parameter.rows as u64).saturating_mul(parameter.columns as u64);
        all = all.saturating_add(count.saturating_mul(copies));
    }
    all
}

/// Numbers of the activations of a batch of so many rows, when they are the most.
fn activations(model: &Model, rows: usize, widths: IoWidths) -> u64 {
    let (mut kept, mut most): (u64, u64) = (0, 0);
    let mut shape = vec![widths.inputs];
    for layer in model.layers(widths.outputs) {
        let Ok(after) = layer.shape(&shape) else {
            break;
        };
        let numbers = |shape: &[usize]| {
            let sizes = shape.iter().map(|size| *size as u64);
            sizes.fold(rows as u64, u64::saturating_mul)
        };
        // Without rows the largest tensor is one of the parameters, which are counted elsewhere.
        let of_parameters = layer.largest_tensor(0, &shape, &after);
        let largest = layer.largest_tensor(rows, &shape, &after);
        let largest = Some(largest as u64).filter(|_| largest > of_parameters);
        let passing = largest.unwrap_or_default().max(numbers(&after));
        most = most.max(kept.saturating_add(passing));
        // A layer without parameters may give a view of its inputs.
        let mut builder = BlueprintBuilder::new(&ZERO);
        let is_built = layer.build(&mut builder, &shape, &after).is_ok();
        if is_built && !builder.finish().0.is_empty() {
            kept = kept.saturating_add(numbers(&after));
        }
        shape = after;
    }
    most
}

/// Initial values that are not looked at.
const ZERO: Initial = Initial {
    weights: Distribution::Zero,
    biases: Distribution::Zero,
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The need of a model of sequential layers on 4 rows of 3 numbers in 2 classes.
    fn need(layers: &str, optimiser: &str, batch: &str) -> [u64; 3] {
        let text = format!(
            "recipe: 1\ndata: {{name: d, label: c, standardise: none, split: {{fraction: {{test: 0.5, order: file}}}}}}\nmodel: {{sequential: {layers}}}\ninitial: {{weights: pytorch, biases: pytorch}}\nloss: cross-entropy\ntraining: {{optimiser: {optimiser}, batch: {batch}, order: fixed, epochs: 1}}\n"
        );
        let recipe = Recipe::parse(&text, "r.yaml", &BTreeMap::new()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("d.csv");
        std::fs::write(&file, "x,y,z,c\n1,2,3,a\n2,3,4,b\n3,4,5,a\n4,5,6,b\n").unwrap();
        let data = crate::load(&recipe, &BTreeMap::from([("d".to_owned(), file)])).unwrap();
        let need = memory_need(&recipe, &data);
        assert_eq!(need.data.0, 4 * 3 * 8 + 4 * 2 * 4);
        assert_eq!(
            need.total().0,
            need.parameters.0 + need.activations.0 + need.data.0
        );
        [need.parameters.0, need.activations.0, need.data.0]
    }

    #[test]
    fn parameters_count_with_gradient_and_state() {
        let sgd = "{sgd: {learning_rate: 1, momentum: 0}}";
        let adam = "{adam: {learning_rate: 1, betas: [0.9, 0.9], epsilon: 1.0e-8}}";
        // (3 + 1) · 5 + (5 + 1) · 2 = 32 parameters.
        let layers = "[{linear: 5}, relu, {linear: 2}]";
        assert_eq!(need(layers, sgd, "2")[0], 4 * 32 * 2);
        assert_eq!(need(layers, adam, "2")[0], 4 * 32 * 4);
        let frozen = "[{frozen: [{linear: 5}]}, relu, {linear: 2}]";
        assert_eq!(need(frozen, adam, "2")[0], 4 * (20 + 12 * 4));
    }

    #[test]
    fn activations_grow_with_layers_and_batch() {
        let sgd = "{sgd: {learning_rate: 1, momentum: 0}}";
        let layers = "[{linear: 5}, relu, {linear: 2}]";
        let [_, one, _] = need(layers, sgd, "1");
        let [_, full, _] = need(layers, sgd, "full");
        assert_eq!((one, full), (4 * (5 + 5), 4 * 4 * (5 + 5)));
        let deep = "[{linear: 5}, relu, {linear: 5}, relu, {linear: 5}, relu, {linear: 2}]";
        assert_eq!(need(deep, sgd, "full")[1], full + 4 * 4 * 2 * 5);
    }
}
