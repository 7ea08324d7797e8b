//! The reader of recipes: YAML text to a [`Recipe`](crate::Recipe).

pub(crate) mod data;
pub(crate) mod document;
pub(crate) mod evaluation;
pub(crate) mod model;
pub(crate) mod node;
pub(crate) mod placeholders;
pub(crate) mod sequences;
pub(crate) mod split;
pub(crate) mod training;
