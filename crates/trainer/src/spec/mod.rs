//! A recipe as values, and its reader.

pub(crate) mod assumed;
pub(crate) mod data;
pub(crate) mod evaluation;
pub(crate) mod initial;
pub(crate) mod loss;
pub(crate) mod metric;
pub(crate) mod model;
pub(crate) mod pretrained;
pub(crate) mod read;
pub(crate) mod recipe;
pub(crate) mod schema;
pub(crate) mod training;
