//! The integration tests: one binary, a module a feature.

mod audit;
mod command;
mod error_rates;
mod pins;
mod program;
mod room;
mod sandbox;
mod sonar;
mod vectors;
