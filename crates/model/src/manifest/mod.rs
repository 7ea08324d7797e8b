//! The manifest: what was claimed, of which code, data, seeds and hardware, and within which tolerance.
//!
//! [`read`] gives a [`Manifest`] whose rules hold, or a [`ManifestError`] that says where and what is wrong,
//! with all other problems of the file.

mod additions;
mod byte_size;
mod claim;
mod claim_references;
mod claim_rules;
mod claim_source;
mod claim_source_rules;
mod code;
mod code_rules;
mod command_rules;
mod commit_id;
mod common;
mod criterion_rules;
mod data;
mod decision_rules;
mod document;
mod document_forms;
mod environment;
mod error;
mod experiment;
mod failure_rules;
mod hardware;
mod hardware_rules;
mod key_likeness;
mod key_names;
mod metric_fields;
mod metric_rules;
pub mod metric_source;
mod number_text;
mod origin_rules;
mod parts;
mod placeholder_rules;
pub mod placeholders;
mod program_rules;
mod read;
mod remarks;
mod reported_rules;
mod rules;
mod scalar;
pub mod schema;
#[cfg(test)]
mod schema_tests;
mod seed_rules;
mod serde_problem;
mod shape;
mod shape_hint;
mod slurm;
mod stated_pins;
#[cfg(test)]
mod tests;
mod time_text;
mod unknown_key;
mod validated;
mod value_document;
mod yaml_brackets;
mod yaml_problem;

pub use additions::{AdditionError, ManifestAddition, ManifestAdditions, with_block};
pub use byte_size::{ByteSize, ParseByteSizeError};
pub use claim::{
    Basis, Better, Claim, Criterion, Decision, FailureThreshold, Looks, Method, MetricFacts,
    ObservationUnit, Pairing, Quantity, Reported, ReportedForm, Tolerance,
};
pub use claim_source::ClaimSource;
pub use code::{Code, Origin, Submodules};
pub use code_rules::HEAD_ALONE;
pub use commit_id::{CommitId, ParseCommitIdError};
pub use data::Data;
pub use document::PaperDoc as Paper;
pub use environment::{Environment, Unpinned};
pub use error::{ManifestError, ManifestProblem};
pub use experiment::{Experiment, Limits, Network, Program, SandboxRequirement, Seeding};
pub use hardware::{Device, Hardware, Require};
pub use metric_rules::ParseMetricsError;
pub use metric_source::{MetricSource, Metrics, SourceKind, Take};
pub use parts::ManifestParts;
pub use read::{read, read_at, read_parts, read_text};
pub use remarks::{ManifestRemark, remarks};
pub use scalar::Scalar;
pub use slurm::Slurm;
pub use stated_pins::{StatedData, StatedPins};
pub use validated::Manifest;
