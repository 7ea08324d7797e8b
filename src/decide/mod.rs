//! The statistics alone, for people who already have the values of their reruns.
//!
//! What is typed becomes a [`Claim`](reprove_model::manifest::Claim) and a
//! [`Decision`](reprove_model::manifest::Decision), the file becomes
//! [`Runs`](reprove_decide::sample::Runs); the decision and its report are those of a verification.

mod claim;
mod error;
mod mlperf;
mod reported;
mod request;
mod tolerance;
mod values;

pub use claim::decide;
pub use error::DecideError;
pub use mlperf::{RuleOutcome, Submission, mlperf_rcp};
pub use reported::{Typed, parse_reported};
pub use request::{Asked, Request};
pub use tolerance::parse_tolerance;
