//! The reader of the initial values of parameters.

use crate::error::RecipeError;
use crate::spec::initial::{Distribution, Initial};
use crate::spec::pretrained::Pretrained;
use crate::spec::read::node::{NodeFields, RecipeNode};

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

pub(crate) fn initial(fields: &NodeFields<'_>) -> Result<Initial, RecipeError> {
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

fn distribution(node: RecipeNode<'_>) -> Result<Distribution, RecipeError> {
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

/// `{data: base, tensors: {layer1.weight: fc1.weight}}`.
pub(crate) fn pretrained(node: RecipeNode<'_>) -> Result<Pretrained, RecipeError> {
    let fields = node.fields(&["data", "tensors"])?;
    let data = fields.required("data")?.text()?;
    let list = fields.required("tensors")?;
    let entries = list.entries()?;
    if entries.is_empty() {
        return Err(list.unexpected("at least one parameter"));
    }
    let tensors = entries
        .into_iter()
        .map(|(name, node)| Ok((name, node.text()?)))
        .collect::<Result<_, RecipeError>>()?;
    Ok(Pretrained { data, tensors })
}
