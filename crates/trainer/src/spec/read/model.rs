//! The part of a recipe that says what is trained: a perceptron or a list of layers.

use crate::error::RecipeError;
use crate::nn::layer::{Bias, Layer, Pooling, Window};
use crate::spec::read::node::{Fields, Node};
use crate::spec::read::sequences::{
    attention, embedding, low_rank, misplaced_embedding, positions, recurrent, step,
};
use crate::spec::recipe::{Activation, Loss, Model, OutputTransform};

const ACTIVATIONS: [(&str, Activation); 12] = [
    ("identity", Activation::Identity),
    ("sigmoid", Activation::Sigmoid),
    ("tanh", Activation::Tanh),
    ("relu", Activation::Relu),
    ("gelu", Activation::Gelu),
    ("softsign", Activation::Softsign),
    ("elu", Activation::Elu),
    ("leaky-relu", Activation::LeakyRelu),
    ("silu", Activation::Silu),
    ("softplus", Activation::Softplus),
    ("softmax", Activation::Softmax),
    ("log-softmax", Activation::LogSoftmax),
];

pub(crate) fn model(node: Node<'_>, loss: &Loss) -> Result<Model, RecipeError> {
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
    let layers = list.iter().map(layer).collect::<Result<Vec<Layer>, _>>()?;
    if let Some(index) = misplaced_embedding(&layers) {
        return Err(list[index].conflict(
            "an embedding reads the inputs themselves: only `reshape` and `flatten` may stand before it",
        ));
    }
    match conflict(output(&layers), loss) {
        Some(message) => Err(last.conflict(message)),
        None => Ok(Model::Sequential(layers)),
    }
}

/// The activation that comes last.
fn output(layers: &[Layer]) -> Activation {
    match layers.last() {
        Some(Layer::Activation(activation)) => *activation,
        Some(Layer::Frozen(layers)) => output(layers),
        _ => Activation::Identity,
    }
}

fn mlp(settings: Node<'_>, loss: &Loss) -> Result<Model, RecipeError> {
    let fields = settings.fields(&["hidden", "activation", "output"])?;
    let hidden = widths(&fields.required("hidden")?)?;
    // A network without hidden layers has no use for their activation.
    let activation = match fields.optional("activation") {
        Some(node) => node.named("activation", &ACTIVATIONS)?,
        None if hidden.is_empty() => Activation::Identity,
        None => fields
            .required("activation")?
            .named("activation", &ACTIVATIONS)?,
    };
    let output = fields.or_assume("output", Activation::Identity, "identity", |node| {
        node.named("activation", &ACTIVATIONS)
    })?;
    match conflict(output, loss) {
        Some(message) => Err(fields.node().conflict(message)),
        None => Ok(Model::Mlp {
            hidden,
            activation,
            output,
        }),
    }
}

/// Why outputs of this activation do not go with a loss, if they do not.
fn conflict(output: Activation, loss: &Loss) -> Option<&'static str> {
    match (loss.output_transform(), output) {
        (OutputTransform::Softmax, Activation::Identity)
        | (OutputTransform::Sigmoid, Activation::Identity) => None,
        (OutputTransform::Softmax, _) => {
            Some("`cross-entropy` applies softmax itself: the output must be `identity`")
        }
        (OutputTransform::Sigmoid, _) => {
            Some("`binary-cross-entropy` applies sigmoid itself: the output must be `identity`")
        }
        (OutputTransform::Exp, output) if output != Activation::LogSoftmax => {
            Some("`nll` takes logarithms of probabilities: the output must be `log-softmax`")
        }
        _ => None,
    }
}

/// A list of widths; one number stands for one layer and 0 for none.
fn widths(node: &Node<'_>) -> Result<Vec<usize>, RecipeError> {
    if node.is_list() {
        return counts(node, 1);
    }
    match node.whole() {
        Some(0) => Ok(Vec::new()),
        Some(_) => Ok(vec![node.count(1)?]),
        None => Err(node.unexpected("a list of widths or one whole number")),
    }
}

fn counts(node: &Node<'_>, least: u64) -> Result<Vec<usize>, RecipeError> {
    node.list()?.iter().map(|item| item.count(least)).collect()
}

/// The layers that take settings; activations stand beside them by their names.
const LAYERS: [&str; 21] = [
    "linear",
    "conv1d",
    "conv2d",
    "max-pool1d",
    "max-pool2d",
    "avg-pool1d",
    "avg-pool2d",
    "batch-norm",
    "layer-norm",
    "dropout",
    "reshape",
    "residual",
    "concatenate",
    "embedding",
    "rnn",
    "gru",
    "lstm",
    "attention",
    "positions",
    "step",
    "frozen",
];

/// The layers that take none.
const PLAIN: [(&str, Layer); 4] = [
    ("transpose", Layer::Transpose),
    ("flatten", Layer::Flatten),
    ("global-avg-pool", Layer::GlobalPool(Pooling::Mean)),
    ("global-max-pool", Layer::GlobalPool(Pooling::Max)),
];

fn layer(node: &Node<'_>) -> Result<Layer, RecipeError> {
    let mut known: Vec<&'static str> = LAYERS.to_vec();
    known.extend(PLAIN.iter().map(|(name, _)| *name));
    known.extend(ACTIVATIONS.iter().map(|(name, _)| *name));
    let (kind, settings) = node.choice("layer", &known)?;
    let plain = PLAIN.iter().find(|(name, _)| *name == kind);
    let activation = ACTIVATIONS.iter().find(|(name, _)| *name == kind);
    let alone = match (plain, activation) {
        (Some((_, layer)), _) => Some(layer.clone()),
        (_, Some((_, activation))) => Some(Layer::Activation(*activation)),
        _ => None,
    };
    match (alone, settings) {
        (Some(layer), None) => Ok(layer),
        (Some(_), Some(settings)) => Err(settings.conflict("takes no settings")),
        (None, Some(settings)) => with_settings(kind, settings),
        (None, None) => with_defaults(kind, node),
    }
}

/// A layer of the table that stands there by its name alone.
fn with_defaults(kind: &str, node: &Node<'_>) -> Result<Layer, RecipeError> {
    match kind {
        "batch-norm" | "layer-norm" => with_settings(kind, node.empty_mapping(kind)),
        _ => Err(RecipeError::MissingKey {
            at: node.place(),
            key: kind.to_owned(),
        }),
    }
}

fn with_settings(kind: &str, settings: Node<'_>) -> Result<Layer, RecipeError> {
    match kind {
        "linear" => linear(settings),
        "conv1d" => convolution(settings, 1),
        "conv2d" => convolution(settings, 2),
        "max-pool1d" => pool(settings, 1, Pooling::Max),
        "max-pool2d" => pool(settings, 2, Pooling::Max),
        "avg-pool1d" => pool(settings, 1, Pooling::Mean),
        "avg-pool2d" => pool(settings, 2, Pooling::Mean),
        "batch-norm" => {
            let fields = settings.fields(&["epsilon", "momentum"])?;
            Ok(Layer::BatchNorm {
                epsilon: epsilon(&fields, 1e-5)?,
                momentum: fields.or_assume("momentum", 0.1, "0.1", |node| {
                    node.number("a number above 0 and up to 1", |value| {
                        value > 0.0 && value <= 1.0
                    })
                })?,
            })
        }
        "layer-norm" => Ok(Layer::LayerNorm {
            epsilon: epsilon(&settings.fields(&["epsilon"])?, 1e-5)?,
        }),
        "dropout" => {
            let share = "a number from 0 to below 1";
            let share = settings.number(share, |share| (0.0..1.0).contains(&share))?;
            Ok(Layer::Dropout(share))
        }
        "reshape" => match counts(&settings, 1)? {
            shape if (1..=3).contains(&shape.len()) => Ok(Layer::Reshape(shape)),
            _ => Err(settings.unexpected("one to three whole numbers")),
        },
        "embedding" => embedding(settings),
        "rnn" | "gru" | "lstm" => recurrent(kind, settings),
        "attention" => attention(settings),
        "positions" => positions(settings),
        "step" => step(settings),
        _ => {
            let layers = settings.list()?;
            if layers.is_empty() {
                return Err(settings.unexpected("at least one layer"));
            }
            let layers = layers.iter().map(layer).collect::<Result<_, _>>()?;
            Ok(match kind {
                "residual" => Layer::Residual(layers),
                "frozen" => Layer::Frozen(layers),
                _ => Layer::Concatenate(layers),
            })
        }
    }
}

/// `epsilon`, or the default of PyTorch.
pub(crate) fn epsilon(fields: &Fields<'_>, default: f64) -> Result<f64, RecipeError> {
    fields.or_assume("epsilon", default, format!("{default:e}"), |node| {
        node.number("a number above 0", |value| value > 0.0)
    })
}

/// `linear: 128`, or `linear: {width: 128, bias: none, lora: {rank: 4, alpha: 8}}`.
fn linear(settings: Node<'_>) -> Result<Layer, RecipeError> {
    if settings.whole().is_some() {
        return Ok(Layer::Linear {
            width: settings.count(1)?,
            bias: Bias::Added,
        });
    }
    let fields = settings.fields(&["width", "bias", "lora"])?;
    let (width, bias) = (fields.required("width")?.count(1)?, bias(&fields)?);
    match fields.optional("lora") {
        Some(settings) => low_rank(settings, width, bias),
        None => Ok(Layer::Linear { width, bias }),
    }
}

pub(crate) fn bias(fields: &Fields<'_>) -> Result<Bias, RecipeError> {
    fields.or_assume("bias", Bias::Added, "added", |node| {
        node.named("bias", &[("added", Bias::Added), ("none", Bias::None)])
    })
}

fn convolution(settings: Node<'_>, axes: usize) -> Result<Layer, RecipeError> {
    let fields = settings.fields(&[
        "channels", "kernel", "stride", "padding", "dilation", "bias",
    ])?;
    let of = |key: &str, default: usize, least: u64| {
        fields.or_assume(key, vec![default; axes], default.to_string(), |node| {
            per_axis(&node, axes, least)
        })
    };
    Ok(Layer::Convolution {
        channels: fields.required("channels")?.count(1)?,
        window: Window {
            size: per_axis(&fields.required("kernel")?, axes, 1)?,
            stride: of("stride", 1, 1)?,
            padding: of("padding", 0, 0)?,
            dilation: of("dilation", 1, 1)?,
        },
        bias: bias(&fields)?,
    })
}

/// `max-pool2d: 2`, or `max-pool2d: {size: 3, stride: 2}`; the stride is the size unless written.
fn pool(settings: Node<'_>, axes: usize, kind: Pooling) -> Result<Layer, RecipeError> {
    let (size, stride) = if settings.whole().is_some() || settings.is_list() {
        let size = per_axis(&settings, axes, 1)?;
        (size.clone(), size)
    } else {
        let fields = settings.fields(&["size", "stride"])?;
        let size = per_axis(&fields.required("size")?, axes, 1)?;
        let stride = fields.or_assume("stride", size.clone(), "the size", |node| {
            per_axis(&node, axes, 1)
        })?;
        (size, stride)
    };
    let window = Window {
        size,
        stride,
        padding: vec![0; axes],
        dilation: vec![1; axes],
    };
    Ok(Layer::Pool { kind, window })
}

/// A whole number for all axes, or a list with one for each.
fn per_axis(node: &Node<'_>, axes: usize, least: u64) -> Result<Vec<usize>, RecipeError> {
    if !node.is_list() {
        return Ok(vec![node.count(least)?; axes]);
    }
    let counts = counts(node, least)?;
    if counts.len() == axes {
        Ok(counts)
    } else {
        Err(node.unexpected(&format!("a whole number or a list of {axes}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recipe;
    use std::collections::BTreeMap;

    fn parse(layers: &str, loss: &str) -> Result<Recipe, RecipeError> {
        let text = format!(
            "{{recipe: 1, data: {{name: d, label: c, split: {{marks: {{column: s}}}}}}, model: {{sequential: {layers}}}, initial: {{weights: pytorch}}, loss: {loss}, training: {{optimiser: {{sgd: {{learning_rate: 1}}}}, batch: 1, epochs: 1}}}}"
        );
        Recipe::parse(&text, "r.yaml", &BTreeMap::new())
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
            Layer::Reshape(vec![1, 40]),
            Layer::Convolution {
                channels: 25,
                window: window(5, 2),
                bias: Bias::Added,
            },
            Layer::Activation(Activation::Relu),
            Layer::Pool {
                kind: Pooling::Max,
                window: window(2, 2),
            },
            Layer::Residual(vec![
                Layer::Dropout(0.2),
                Layer::BatchNorm {
                    epsilon: 1e-5,
                    momentum: 0.1,
                },
            ]),
            Layer::GlobalPool(Pooling::Mean),
            Layer::Linear {
                width: 10,
                bias: Bias::None,
            },
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
