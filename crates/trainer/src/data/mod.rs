//! The data of a recipe: file formats, the dataset, splits, and the inputs of one run.

pub(crate) mod arrays;
pub(crate) mod columns;
pub(crate) mod dataset;
pub(crate) mod encoding;
pub(crate) mod idx;
pub(crate) mod inputs;
pub(crate) mod load;
#[cfg(feature = "parquet")]
pub(crate) mod parquet_table;
pub(crate) mod proben1;
pub(crate) mod raw_table;
pub(crate) mod split;
pub(crate) mod table;
