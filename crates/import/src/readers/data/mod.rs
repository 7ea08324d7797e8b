//! Readers of JSON and YAML: results that programs write, and metadata with results in it.
//!
//! Both are read into one tree, in which each key and each scalar has its place; [`shapes`] finds the
//! tables in the tree.

mod json;
mod shapes;
mod table;
mod tree;
mod yaml;

pub(crate) use json::{read as read_json, roots as json_roots};
pub(crate) use tree::Node;
pub(crate) use yaml::{grids as yaml_grids, read as read_yaml, roots as yaml_roots};
