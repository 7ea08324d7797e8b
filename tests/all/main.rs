//! The integration tests: one binary, a module a feature.

mod command;
mod error_rates;
mod pins;
mod program;
mod resume;
mod room;
mod sandbox;
mod sonar;
mod vectors;
