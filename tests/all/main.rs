//! The integration tests: one binary, a module a feature.

mod audit;
mod command;
mod decide;
mod metrics;
mod pins;
mod plan;
mod program;
mod programs;
mod python;
mod readme;
mod resume;
mod sandbox;
mod sandbox_fixture;
mod sonar;
mod tampering;
mod unready;
