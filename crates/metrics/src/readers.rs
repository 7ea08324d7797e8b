//! The readers of metric sources, one file a kind.
//!
//! A kind of source is a variant of [`SourceKind`] with its manifest rules, an arm of [`reader`] and
//! a file below that implements [`MetricReader`] for it.

mod csv;
mod json;
mod jsonl;
mod regex;
mod tensorboard;

use reprove_model::manifest::{SourceKind, Take};

use crate::error::MetricError;
use crate::open::Outputs;
use crate::value::Readings;

/// Reads one kind of source.
pub(crate) trait MetricReader {
    /// The source as messages name it: its file, its folder or its stream.
    fn name(&self) -> String;

    /// The numbers of `metric`, or of every metric that the source names; of each those that `take`
    /// keeps.
    ///
    /// # Errors
    /// A source that cannot be read, or that has no number of `metric`.
    fn read(
        &self,
        take: &Take,
        metric: Option<&str>,
        outputs: &Outputs<'_>,
    ) -> Result<Readings, MetricError>;

    /// The files that it reads; a stream is none.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    fn files(&self, outputs: &Outputs<'_>) -> Result<Vec<String>, MetricError>;
}

/// The reader of a source.
pub(crate) fn reader(kind: &SourceKind) -> &dyn MetricReader {
    match kind {
        SourceKind::Json(json) => json,
        SourceKind::Jsonl(lines) => lines,
        SourceKind::Csv(table) => table,
        SourceKind::Regex(pattern) => pattern,
        SourceKind::Tensorboard(events) => events,
    }
}
