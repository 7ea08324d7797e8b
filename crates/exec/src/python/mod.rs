//! Python sources of a commit, read and never run: what they import, and which distributions bring it.

mod commit_sources;
mod distributions;
mod imports;
mod locked_names;
mod standard_library;
mod undeclared;

pub use undeclared::undeclared_imports;
