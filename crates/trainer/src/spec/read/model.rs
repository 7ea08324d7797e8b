//! The reader of models: a perceptron or a list of layers.

use crate::error::RecipeError;
use crate::nn::activation::Activation;
use crate::nn::layer::{AnyLayer, LayerOps, OutputKind, misplaced_embedding};
use crate::nn::layers::Layer;
use crate::spec::loss::{Loss, OutputTransform};
use crate::spec::model::Model;
use crate::spec::read::common::counts;
use crate::spec::read::node::RecipeNode;

pub(crate) fn model(node: RecipeNode<'_>, loss: &Loss) -> Result<Model, RecipeError> {
    let place = node.place();
    let (kind, settings) = node.choice("model", &["mlp", "sequential"])?;
    let settings = settings.ok_or_else(|| RecipeError::MissingKey {
        at: place,
        key: kind.to_owned(),
    })?;
    if kind == "mlp" {
        return mlp(settings, loss);
    }
    let list = settings.list()?;
    let Some(last) = list.last() else {
        return Err(settings.unexpected("at least one layer"));
    };
    let layers = list
        .iter()
        .map(Layer::read_any)
        .collect::<Result<Vec<Layer>, _>>()?;
    if let Some(index) = misplaced_embedding(&layers) {
        return Err(list[index].conflict(
            "an embedding reads the inputs themselves: only `reshape` and `flatten` may stand before it",
        ));
    }
    let output = layers
        .last()
        .map_or(OutputKind::Raw, |layer| layer.properties().output);
    match conflict(output, loss) {
        Some(message) => Err(last.conflict(message)),
        None => Ok(Model::Sequential(layers)),
    }
}

fn mlp(settings: RecipeNode<'_>, loss: &Loss) -> Result<Model, RecipeError> {
    let fields = settings.fields(&["hidden", "activation", "output"])?;
    let hidden = widths(&fields.required("hidden")?)?;
    // A network without hidden layers has no use for their activation.
    let activation = match fields.optional("activation") {
        Some(node) => node.named("activation", &Activation::TABLE)?,
        None if hidden.is_empty() => Activation::Identity,
        None => fields
            .required("activation")?
            .named("activation", &Activation::TABLE)?,
    };
    let output = fields.or_assume("output", Activation::Identity, "identity", |node| {
        node.named("activation", &Activation::TABLE)
    })?;
    match conflict(output.output(), loss) {
        Some(message) => Err(fields.node().conflict(message)),
        None => Ok(Model::Mlp {
            hidden,
            activation,
            output,
        }),
    }
}

/// The reason why a loss does not take outputs of this kind, or `None` if it does.
fn conflict(output: OutputKind, loss: &Loss) -> Option<&'static str> {
    match (loss.output_transform(), output) {
        (OutputTransform::Softmax | OutputTransform::Sigmoid, OutputKind::Raw)
        | (OutputTransform::Exp, OutputKind::LogProbabilities)
        | (OutputTransform::Identity, _) => None,
        (OutputTransform::Softmax, OutputKind::LogProbabilities | OutputKind::Activated) => {
            Some("`cross-entropy` applies softmax itself: the output must be `identity`")
        }
        (OutputTransform::Sigmoid, OutputKind::LogProbabilities | OutputKind::Activated) => {
            Some("`binary-cross-entropy` applies sigmoid itself: the output must be `identity`")
        }
        (OutputTransform::Exp, OutputKind::Raw | OutputKind::Activated) => {
            Some("`nll` takes logarithms of probabilities: the output must be `log-softmax`")
        }
    }
}

/// A list of widths; one number stands for one layer and 0 for none.
fn widths(node: &RecipeNode<'_>) -> Result<Vec<usize>, RecipeError> {
    if node.is_list() {
        return counts(node, 1);
    }
    match node.whole() {
        Some(0) => Ok(Vec::new()),
        Some(_) => Ok(vec![node.count(1)?]),
        None => Err(node.unexpected("a list of widths or one whole number")),
    }
}

#[cfg(test)]
mod sequence_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::batch_norm::BatchNorm;
    use crate::nn::bias::Bias;
    use crate::nn::convolution::Convolution;
    use crate::nn::dropout::Dropout;
    use crate::nn::global_pool::GlobalPool;
    use crate::nn::linear::Linear;
    use crate::nn::pool::Pool;
    use crate::nn::pool::Pooling;
    use crate::nn::reshape::Reshape;
    use crate::nn::residual::Residual;
    use crate::nn::window::Window;
    use crate::spec::recipe::Recipe;
    use reprove_model::diagnostics::Hint as _;
    use std::collections::BTreeMap;

    fn parse(layers: &str, loss: &str) -> Result<Recipe, RecipeError> {
        let text = format!(
            "{{recipe: 1, data: {{name: d, label: c, split: {{marks: {{column: s}}}}}}, model: {{sequential: {layers}}}, initial: {{weights: pytorch}}, loss: {loss}, training: {{optimiser: {{sgd: {{learning_rate: 1}}}}, batch: 1, epochs: 1}}}}"
        );
        crate::spec::read::document::read_text(&text, "r.yaml", &BTreeMap::new())
    }

    #[test]
    fn layers_are_read_with_their_defaults() {
        let recipe = parse(
            "[{reshape: [1, 40]}, {conv1d: {channels: 25, kernel: 5, stride: 2}}, relu, {max-pool1d: 2}, {residual: [{dropout: 0.2}, batch-norm]}, global-avg-pool, {linear: {width: 10, bias: none}}]",
            "cross-entropy",
        )
        .unwrap();
        let window = |size: usize, stride: usize| Window {
            size: vec![size],
            stride: vec![stride],
            padding: vec![0],
            dilation: vec![1],
        };
        let expected = vec![
            Layer::Reshape(Reshape(vec![1, 40])),
            Layer::Convolution(Convolution {
                channels: 25,
                window: window(5, 2),
                bias: Bias::Added,
            }),
            Layer::Activation(Activation::Relu),
            Layer::Pool(Pool {
                kind: Pooling::Max,
                window: window(2, 2),
            }),
            Layer::Residual(Residual::of(vec![
                Layer::Dropout(Dropout { p: 0.2 }),
                Layer::BatchNorm(BatchNorm {
                    epsilon: 1e-5,
                    momentum: 0.1,
                }),
            ])),
            Layer::GlobalPool(GlobalPool(Pooling::Mean)),
            Layer::Linear(Linear {
                width: 10,
                bias: Bias::None,
                adapter: None,
            }),
        ];
        assert_eq!(recipe.model, Model::Sequential(expected));
        let assumed: Vec<String> = recipe.assumed().iter().map(|a| a.path.clone()).collect();
        for path in [
            "model.sequential[1].conv1d.padding",
            "model.sequential[1].conv1d.bias",
            "model.sequential[4].residual[1].batch-norm.epsilon",
        ] {
            assert!(assumed.contains(&path.to_owned()), "{path}: {assumed:?}");
        }
    }

    #[test]
    fn every_broken_layer_gets_one_clear_message() {
        let cases = [
            (
                "[{linar: 3}]",
                "cross-entropy",
                "r.yaml: model.sequential[0]: unknown layer `linar`\nhint: did you mean `linear`?",
            ),
            (
                "[]",
                "cross-entropy",
                "r.yaml: model.sequential: expected at least one layer, found a list",
            ),
            (
                "[linear]",
                "cross-entropy",
                "r.yaml: model.sequential[0]: `linear` is missing",
            ),
            (
                "[{relu: 3}]",
                "cross-entropy",
                "r.yaml: model.sequential[0].relu: takes no settings",
            ),
            (
                "[{dropout: 1}]",
                "cross-entropy",
                "r.yaml: model.sequential[0].dropout: expected a number from 0 to below 1, found `1`",
            ),
            (
                "[{conv2d: {channels: 3, kernel: [3]}}]",
                "cross-entropy",
                "r.yaml: model.sequential[0].conv2d.kernel: expected a whole number or a list of 2, found a list",
            ),
            (
                "[{max-pool2d: 0}]",
                "cross-entropy",
                "r.yaml: model.sequential[0].max-pool2d: expected a whole number of at least 1, found `0`",
            ),
            (
                "[{residual: [{linear: {widht: 3}}]}]",
                "cross-entropy",
                "r.yaml: model.sequential[0].residual[0].linear: unknown key `widht`\nhint: did you mean `width`?",
            ),
            (
                "[{reshape: [1, 2, 3, 4]}]",
                "cross-entropy",
                "r.yaml: model.sequential[0].reshape: expected one to three whole numbers, found a list",
            ),
            (
                "[{linear: 3}, softmax]",
                "cross-entropy",
                "r.yaml: model.sequential[1]: `cross-entropy` applies softmax itself: the output must be `identity`",
            ),
            (
                "[{linear: 3}, sigmoid]",
                "binary-cross-entropy",
                "r.yaml: model.sequential[1]: `binary-cross-entropy` applies sigmoid itself: the output must be `identity`",
            ),
            (
                "[{linear: 3}]",
                "nll",
                "r.yaml: model.sequential[0]: `nll` takes logarithms of probabilities: the output must be `log-softmax`",
            ),
        ];
        for (layers, loss, expected) in cases {
            let error = parse(layers, loss).unwrap_err();
            let found = match error.hint() {
                Some(hint) => format!("{error}\nhint: {hint}"),
                None => error.to_string(),
            };
            assert_eq!(found, expected, "{layers}");
        }
    }
}
