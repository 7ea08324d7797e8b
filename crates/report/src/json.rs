//! The report as JSON: all of it, for programs.

use super::format_spec::{FormatSpec, Input};
use super::{RenderError, Report};

/// JSON.
pub(super) const FORMAT: FormatSpec = FormatSpec {
    name: "json",
    summary: "the whole report, for programs",
    extensions: &["json"],
    input: Input::Raw,
    render: |report, _| Report::to_json(report).map_err(RenderError::failed(&FORMAT)),
};
