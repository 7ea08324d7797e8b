//! Parts of error messages that all stages share: a location in a text, the known name nearest to one
//! that is unknown, and the suggested fix.

mod hint;
mod location;
mod nearest;
mod yaml;
mod yaml_append;
mod yaml_edit;

pub use hint::Hint;
pub use location::SourceLocation;
pub use nearest::{backticked, by_likeness, nearest, nearest_hint, nearest_or_all};
pub use yaml::YamlLocations;
pub use yaml_append::with_entries;
pub use yaml_edit::with_scalar;
