//! The parts of a recipe that say what is trained and how: model, initial values, loss, training.

use super::error::RecipeError;
use super::language::{
    Activation, Batch, Distribution, Initial, Loss, Model, Optimiser, Training, Visit,
};
use super::node::{Fields, Node};

const ACTIVATIONS: &[(&str, Activation)] = &[
    ("identity", Activation::Identity),
    ("sigmoid", Activation::Sigmoid),
    ("tanh", Activation::Tanh),
    ("relu", Activation::Relu),
];

pub(super) fn model(node: Node<'_>, loss: Loss) -> Result<Model, RecipeError> {
    let place = node.place();
    let (kind, settings) = node.choice("model", &["mlp"])?;
    let settings = settings.ok_or_else(|| RecipeError::MissingKey {
        at: place,
        key: kind.to_owned(),
    })?;
    let fields = settings.fields(&["hidden", "activation", "output"])?;
    let hidden = widths(&fields.required("hidden")?)?;
    // A network without hidden layers has no use for their activation.
    let activation = match fields.optional("activation") {
        Some(node) => node.named("activation", ACTIVATIONS)?,
        None if hidden.is_empty() => Activation::Identity,
        None => fields
            .required("activation")?
            .named("activation", ACTIVATIONS)?,
    };
    let output = fields.or_assume("output", Activation::Identity, "identity", |node| {
        let output = node.named("activation", ACTIVATIONS)?;
        if loss == Loss::CrossEntropy && output != Activation::Identity {
            return Err(node_conflict_with_softmax(&fields));
        }
        Ok(output)
    })?;
    Ok(Model::Mlp {
        hidden,
        activation,
        output,
    })
}

fn node_conflict_with_softmax(fields: &Fields<'_>) -> RecipeError {
    fields
        .node()
        .conflict("`cross-entropy` applies softmax itself: the output must be `identity`")
}

/// A list of widths; one number stands for one layer and 0 for none.
fn widths(node: &Node<'_>) -> Result<Vec<usize>, RecipeError> {
    if node.is_list() {
        return node.list()?.iter().map(|width| width.count(1)).collect();
    }
    match node.whole() {
        Some(0) => Ok(Vec::new()),
        Some(_) => Ok(vec![node.count(1)?]),
        None => Err(node.unexpected("a list of widths or one whole number")),
    }
}

const DISTRIBUTIONS: &[&str] = &[
    "zero",
    "uniform",
    "normal",
    "xavier-uniform",
    "xavier-normal",
    "kaiming-uniform",
    "kaiming-normal",
    "pytorch",
];

pub(super) fn initial(fields: &Fields<'_>) -> Result<Initial, RecipeError> {
    let weights = distribution(fields.required("weights")?)?;
    let biases = fields.or_assume("biases", weights, "as the weights", |node| {
        if node.is_text("as-weights") {
            Ok(weights)
        } else {
            distribution(node)
        }
    })?;
    Ok(Initial { weights, biases })
}

fn distribution(node: Node<'_>) -> Result<Distribution, RecipeError> {
    let place = node.place();
    let (kind, settings) = node.choice("distribution", DISTRIBUTIONS)?;
    let keys: &[&str] = match kind {
        "uniform" => &["low", "high"],
        "normal" => &["mean", "sd"],
        _ => &[],
    };
    let fields = match settings {
        Some(settings) => Some(settings.fields(keys)?),
        None => None,
    };
    let number = |key: &str| match &fields {
        Some(fields) => fields.required(key)?.number("a number", |_| true),
        None => Err(RecipeError::MissingKey {
            at: place.clone(),
            key: key.to_owned(),
        }),
    };
    Ok(match kind {
        "zero" => Distribution::Zero,
        "uniform" => {
            let (low, high) = (number("low")?, number("high")?);
            if low > high {
                return Err(RecipeError::Conflict {
                    at: place,
                    message: format!("`low` {low} is above `high` {high}"),
                });
            }
            Distribution::Uniform { low, high }
        }
        "normal" => Distribution::Normal {
            mean: number("mean")?,
            sd: number("sd")?.abs(),
        },
        "xavier-uniform" => Distribution::XavierUniform,
        "xavier-normal" => Distribution::XavierNormal,
        "kaiming-uniform" => Distribution::KaimingUniform,
        "kaiming-normal" => Distribution::KaimingNormal,
        _ => Distribution::Pytorch,
    })
}

pub(super) fn loss(node: Node<'_>) -> Result<Loss, RecipeError> {
    let (kind, settings) = node.choice(
        "loss",
        &["half-squared-error", "mean-squared-error", "cross-entropy"],
    )?;
    let keys: &[&str] = if kind == "cross-entropy" {
        &[]
    } else {
        &["dead_zone"]
    };
    let zone = match settings {
        Some(settings) => settings.fields(keys)?.optional("dead_zone"),
        None => None,
    };
    let dead_zone = match zone {
        Some(zone) => zone.number("a number of at least 0", |value| value >= 0.0)?,
        None => 0.0,
    };
    Ok(match kind {
        "half-squared-error" => Loss::HalfSquaredError { dead_zone },
        "mean-squared-error" => Loss::MeanSquaredError { dead_zone },
        _ => Loss::CrossEntropy,
    })
}

pub(super) fn training(fields: &Fields<'_>) -> Result<Training, RecipeError> {
    Ok(Training {
        optimiser: optimiser(fields.required("optimiser")?)?,
        batch: batch(&fields.required("batch")?)?,
        order: fields.or_assume("order", Visit::Shuffled, "shuffled", |node| {
            node.named(
                "order",
                &[("shuffled", Visit::Shuffled), ("fixed", Visit::Fixed)],
            )
        })?,
        epochs: fields.required("epochs")?.count(1)?,
    })
}

fn batch(node: &Node<'_>) -> Result<Batch, RecipeError> {
    match node.whole() {
        Some(1..) => Ok(Batch::Of(node.count(1)?)),
        _ if node.is_text("full") => Ok(Batch::Full),
        _ => Err(node.unexpected("`full` or a whole number of at least 1")),
    }
}

fn optimiser(node: Node<'_>) -> Result<Optimiser, RecipeError> {
    let place = node.place();
    let (kind, settings) = node.choice("optimiser", &["sgd"])?;
    let settings = settings.ok_or_else(|| RecipeError::MissingKey {
        at: place,
        key: format!("{kind}.learning_rate"),
    })?;
    let fields = settings.fields(&["learning_rate", "momentum"])?;
    Ok(Optimiser::Sgd {
        learning_rate: fields
            .required("learning_rate")?
            .number("a number above 0", |rate| rate > 0.0)?,
        momentum: fields.or_assume("momentum", 0.0, "0", |node| {
            node.number("a number from 0 to below 1", |value| {
                (0.0..1.0).contains(&value)
            })
        })?,
    })
}
