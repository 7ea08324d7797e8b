//! Reference values, comparisons with another library and simulated error rates: one binary.

mod error_rates;
mod other_library;
mod vectors;
