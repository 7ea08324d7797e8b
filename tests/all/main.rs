//! The integration tests: one binary, a module a feature. Those of recipes need the trainer.

mod absent;
#[cfg(feature = "recipe")]
mod audit;
mod bundles;
mod circumstances;
mod cli_snapshots;
mod command;
mod concurrent;
mod decide;
mod deterministic;
mod entry_points;
#[cfg(feature = "recipe")]
mod executors;
#[cfg(feature = "recipe")]
mod fuzzing;
mod import_runs;
mod import_table;
mod interruption;
mod metrics;
mod mistakes;
mod no_false_green;
mod pin;
mod pins;
mod plan;
mod program;
mod programs;
mod published_seeds;
mod python;
#[cfg(feature = "recipe")]
mod readme;
mod reference;
#[cfg(feature = "recipe")]
mod resume;
mod runs_are_what_they_say;
mod sandbox;
mod sandbox_fixture;
mod schemas;
#[cfg(feature = "recipe")]
mod sonar;
mod tampering;
mod unready;
