//! Numbers that several parts of a recipe have.

use crate::error::RecipeError;
use crate::spec::read::node::{NodeFields, RecipeNode};

pub(crate) fn positive(node: &RecipeNode<'_>) -> Result<f64, RecipeError> {
    node.number("a number above 0", |value| value > 0.0)
}

pub(crate) fn not_negative(node: &RecipeNode<'_>) -> Result<f64, RecipeError> {
    node.number("a number of at least 0", |value| value >= 0.0)
}

/// A number from 0 to below 1.
pub(crate) fn below_one(node: &RecipeNode<'_>) -> Result<f64, RecipeError> {
    node.number("a number from 0 to below 1", |value| {
        (0.0..1.0).contains(&value)
    })
}

pub(crate) fn pair(
    node: &RecipeNode<'_>,
    read: impl Fn(&RecipeNode<'_>) -> Result<f64, RecipeError>,
) -> Result<(f64, f64), RecipeError> {
    match node.list()?.as_slice() {
        [first, second] => Ok((read(first)?, read(second)?)),
        _ => Err(node.unexpected("a list of two numbers")),
    }
}

pub(crate) fn counts(node: &RecipeNode<'_>, least: u64) -> Result<Vec<usize>, RecipeError> {
    node.list()?.iter().map(|item| item.count(least)).collect()
}

/// `epsilon`, or the default of PyTorch.
pub(crate) fn epsilon(fields: &NodeFields<'_>, default: f64) -> Result<f64, RecipeError> {
    fields.or_assume("epsilon", default, format!("{default:e}"), |node| {
        node.number("a number above 0", |value| value > 0.0)
    })
}
