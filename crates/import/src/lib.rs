//! Reads the reported values of a paper out of its tables, as claims of a manifest.
//!
//! The stages:
//!
//! 1. A reader ([`TableFormat`] lists them) turns a file into a [`TableDocument`]: [`Grid`]s of
//!    [`GridCell`]s, and the [`Passage`]s around each. Markup ends here: a cell's [`CellText`] has the
//!    visible characters, the place in the file of each, and [`TextMark`]s for what the markup said.
//! 2. Rows and columns get roles, and their header cells become paths of labels.
//! 3. Each value cell is read by one grammar, to a value with its spread or to a refusal.
//! 4. The passages say what the spread is and how many runs there are.
//!
//! Nothing is guessed: what the file does not say is a question, and a cell with two readings is
//! refused. Digits stay text; no value passes through binary floating point.
//!
//! The files are a stranger's: every nesting, span and size is bounded, and whatever is in a file
//! is at worst an [`ImportError`].

mod block;
mod cells;
mod checks;
mod document;
mod error;
mod format;
mod grid;
mod grid_builder;
mod import;
mod interpret;
mod names;
mod options;
mod passage;
mod prose;
mod readers;
mod runs;
mod source;
mod text;
mod words;

pub use block::{BlockOptions, BlockSource, block};
pub use document::{ReaderProblem, TableDocument};
pub use error::ImportError;
pub use format::TableFormat;
pub use grid::{ColumnHint, Grid, GridCell, GridRow, RowKind};
pub use grid_builder::{GridBuilder, SpanStyle};
pub use import::{Imported, TableSummary, import};
pub use interpret::{
    Asked, Findings, FoundClaim, FoundDirection, FoundRole, FoundScale, FoundSpread, FoundUnit,
    ImportWarning, OpenQuestion, PassedOver, RefusedCell,
};
pub use options::{ColumnAxis, ImportOptions, ParenthesisMeaning};
pub use passage::{Passage, PassageKind};
pub use runs::{
    CollectedRuns, ImportedRun, ImportedRuns, MetricRefusal, MetricSummary, RunFormat,
    RunImportError, RunOptions, RunTake, RunValue, StatedSeed, UnreadableKind, ValuePlace,
    collect_runs,
};
pub use source::{FileId, IncludeLoader, IncludedFile, Place, SourceFile, SourceFiles};
pub use text::{CellText, MarkedRange, Origin, TextMark};
