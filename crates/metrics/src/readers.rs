//! The readers of metric sources, one file a kind.
//!
//! A kind of source is a variant of [`SourceKind`] with its manifest rules, an arm of [`reader`] and
//! a file below that implements [`MetricReader`] for it.

mod csv;
pub(crate) mod event_order;
mod json;
mod jsonl;
mod regex;
pub(crate) mod tensorboard;

use std::path::Path;

use reprove_model::manifest::{SourceKind, Take};

use crate::error::MetricError;
use crate::open::Outputs;
use crate::value::Readings;

/// Reads one kind of source.
pub(crate) trait MetricReader {
    /// The file or the folder that it reads, relative to the output folder; `None` for a stream.
    fn path(&self) -> Option<&Path>;

    /// Whether it reads the run's standard output.
    fn reads_stdout(&self) -> bool {
        false
    }

    /// The source as messages name it: its file or its folder. A stream has a name of its own.
    fn name(&self) -> String {
        let path = self.path();
        path.map_or_else(String::new, |path| path.display().to_string())
    }

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
    fn files(&self, _outputs: &Outputs<'_>) -> Result<Vec<String>, MetricError> {
        let path = self.path().into_iter();
        Ok(path.map(|path| path.display().to_string()).collect())
    }
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
