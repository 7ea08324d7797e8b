//! The integration tests: one binary, a module a feature.

mod command;
mod pins;
mod sonar;
mod vectors;
