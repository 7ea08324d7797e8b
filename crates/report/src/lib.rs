//! The report of a verification: one serialisable value and one renderer for each format.
//!
//! [`Report`] is what `--json` prints and what every renderer formats; renderers compute nothing. Its
//! JSON has a `schema_version`; older versions stay readable, see [`schema`].

mod annotations;
mod badge;
mod card;
mod checklist;
mod claim_report;
pub mod claims;
mod csv;
mod explanation;
mod failed_runs;
#[cfg(test)]
mod fixture;
mod flag;
mod format;
mod format_spec;
mod headline;
mod html;
mod json;
mod junit;
mod latex;
mod markdown;
mod markup;
pub mod number;
mod options;
mod reason;
mod recomputation;
mod report;
mod reported_text;
pub mod schema;
mod seeds_report;
mod sources;
pub mod statements;
mod tap;
mod terminal;
mod text;
mod visible;

pub use claim_report::{
    BandReport, BasisReport, ClaimReport, DifferenceReport, LookReport, MeasureReport,
    ReasonReport, RecomputationReport, ReportedValue, Rerun, RunsNeededReport, SeedValue,
    TargetReport, TestReport, Warning,
};
pub use explanation::{ClaimExplanation, explanation, overall_text};
pub use format::{Format, render};
pub use format_spec::{FormatSpec, Input, RenderError};
pub use options::{Colour, LinkBase, RenderOptions, Undecided};
pub use report::{
    Cost, Deviation, Fact, FailureReport, LimitationReport, ManifestFacts, ProgramVersion, Report,
    RunFile, RunReport, RunSource, RunsCost,
};
pub use reprove_decide::decision::{ClaimVerdict, Counts, Overall, Role, Strictness};
pub use reprove_decide::recomputation::Recomputed;
pub use reprove_model::pin::{Pin, PinKind, PinStatus};
pub use schema::{SCHEMA_VERSION, SchemaError, claim_json, list_json};
pub use seeds_report::{SeedOrigin, SeedsReport};
pub use terminal::claim_text;
