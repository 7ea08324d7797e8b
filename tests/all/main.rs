//! The integration tests, one binary: a file a feature.

mod program;
mod room;
mod sandbox;
