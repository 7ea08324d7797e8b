//! The definition of a report format, and the error of a report that cannot be written.

use super::{RenderOptions, Report};
use reprove_model::diagnostics::Hint;

/// The definition of a format, in the file of its renderer.
pub struct FormatSpec {
    /// The name, lower case.
    pub name: &'static str,
    /// The format in a few words, for a list of formats.
    pub summary: &'static str,
    /// Extensions of file names that mean this format, without the dot; they are names of it too.
    /// None for a format that shares its extension with another.
    pub extensions: &'static [&'static str],
    /// Which form of the report the renderer takes.
    pub input: Input,
    /// The renderer.
    pub render: fn(&Report, &RenderOptions) -> Result<String, RenderError>,
}

/// The form of the report that a renderer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Characters that a terminal obeys or a reader cannot see are written out in every text.
    Visible,
    /// As it is.
    Raw,
}

/// Error of a report that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// No format has this name.
    #[error("expected a format ({expected}), found `{found}`")]
    UnknownFormat {
        /// The names of the formats.
        expected: String,
        /// The name as it was given.
        found: String,
        /// The format whose name is nearest, where one is near.
        nearest: Option<&'static str>,
    },
    /// The extension of the file's name belongs to no format.
    #[error("`{file}`: the extension names no format; expected {expected}")]
    UnknownExtension {
        /// The file as it was given.
        file: String,
        /// The extensions of the formats.
        expected: String,
    },
    /// The serialiser or the template of a format failed.
    #[error("the report cannot be written as {format}: {error}")]
    Failed {
        /// The format's name.
        format: &'static str,
        /// The cause.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl RenderError {
    /// The error of a format's serialiser or template.
    pub(super) fn failed<E>(format: &FormatSpec) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let format = format.name;
        move |error| Self::Failed {
            format,
            error: Box::new(error),
        }
    }
}

impl Hint for RenderError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownFormat { nearest, .. } => {
                nearest.map(|name| format!("the nearest is `{name}`"))
            }
            Self::UnknownExtension { .. } | Self::Failed { .. } => None,
        }
    }
}
