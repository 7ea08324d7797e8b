//! A recipe as values, and its reader.

pub(crate) mod data;
pub(crate) mod read;
pub(crate) mod recipe;
