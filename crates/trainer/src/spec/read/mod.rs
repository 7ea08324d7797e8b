//! The reader of recipes: YAML text to a [`Recipe`](crate::Recipe).

pub(crate) mod common;
pub(crate) mod data;
pub(crate) mod document;
pub(crate) mod evaluation;
pub(crate) mod initial;
pub(crate) mod loss;
pub(crate) mod model;
pub(crate) mod node;
pub(crate) mod placeholders;
pub(crate) mod split;
pub(crate) mod training;
