//! Tests of manifests, by subject.

mod broken;
mod broken_program;
mod broken_recipe;
mod changed;
mod mistakes;
mod problems;
mod programs;
mod support;
mod values;
