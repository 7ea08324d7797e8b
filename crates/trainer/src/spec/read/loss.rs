//! The reader of losses.

use crate::error::RecipeError;
use crate::spec::loss::Loss;
use crate::spec::read::common::{below_one, positive};
use crate::spec::read::node::{NodeFields, RecipeNode};

pub(crate) fn loss(node: RecipeNode<'_>) -> Result<Loss, RecipeError> {
    let (kind, settings) = node.choice(
        "loss",
        &[
            "half-squared-error",
            "mean-squared-error",
            "mean-absolute-error",
            "huber",
            "cross-entropy",
            "nll",
            "binary-cross-entropy",
        ],
    )?;
    let keys: &[&str] = match kind {
        "half-squared-error" | "mean-squared-error" => &["dead_zone"],
        "huber" => &["delta"],
        "cross-entropy" => &["weights", "smoothing"],
        "nll" => &["weights"],
        _ => &[],
    };
    let fields = settings
        .unwrap_or_else(|| node.empty_mapping(kind))
        .fields(keys)?;
    // Absent dead zones, weights and smoothing are no choice that a text must state.
    let dead_zone = || match fields.optional("dead_zone") {
        Some(zone) => zone.number("a number of at least 0", |value| value >= 0.0),
        None => Ok(0.0),
    };
    Ok(match kind {
        "half-squared-error" => Loss::HalfSquaredError {
            dead_zone: dead_zone()?,
        },
        "mean-squared-error" => Loss::MeanSquaredError {
            dead_zone: dead_zone()?,
        },
        "mean-absolute-error" => Loss::MeanAbsoluteError,
        "huber" => Loss::Huber {
            delta: fields.or_assume("delta", 1.0, "1", |node| positive(&node))?,
        },
        "cross-entropy" => Loss::CrossEntropy {
            weights: class_weights(&fields)?,
            smoothing: match fields.optional("smoothing") {
                Some(node) => below_one(&node)?,
                None => 0.0,
            },
        },
        "nll" => Loss::NegativeLogLikelihood {
            weights: class_weights(&fields)?,
        },
        _ => Loss::BinaryCrossEntropy,
    })
}

fn class_weights(fields: &NodeFields<'_>) -> Result<Option<Vec<f64>>, RecipeError> {
    let Some(node) = fields.optional("weights") else {
        return Ok(None);
    };
    let weights = node.list()?;
    let weights = weights.iter().map(positive).collect::<Result<_, _>>()?;
    Ok(Some(weights))
}
