//! The report as one HTML page: nothing loaded from elsewhere, no script, light and dark, printable.
//!
//! The template `report.html` is checked when the crate is built and escapes every value; only the
//! figures go in as markup, and [`figure`] escapes what it writes.

mod figure;
mod looks;
mod page;
mod runs;
mod style;
mod svg;

pub(super) use page::FORMAT;
