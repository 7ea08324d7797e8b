//! The parts of a manifest that are right where others are wrong.

use indexmap::IndexMap;

use super::code::Code;
use super::data::Data;
use super::experiment::Program;

/// The parts of a manifest that can be checked although others of it are wrong.
#[derive(Debug)]
pub struct ManifestParts {
    /// The repository and the commit.
    pub code: Option<Code>,
    /// The data entries that are right, by name.
    pub data: IndexMap<String, Data>,
    /// The program.
    pub program: Option<Program>,
}
