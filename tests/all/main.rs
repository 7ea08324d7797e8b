//! The integration tests: one binary, a module a feature.

mod error_rates;
mod vectors;
