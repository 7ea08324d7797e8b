//! The vocabulary that all stages of a verification share: the manifest, the plan, the records of runs,
//! diagnostics, digests, events, and text that is safe to show.

pub mod codes;
pub mod deviation;
pub mod diagnostics;
pub mod digest;
pub mod escape;
pub mod event;
pub mod failure;
pub mod json_schema;
pub mod manifest;
pub mod name;
pub mod obstacle;
pub mod output;
pub mod pin;
pub mod plan;
pub mod record;
pub mod seeds;
